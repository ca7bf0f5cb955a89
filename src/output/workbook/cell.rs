//! Converts a value to a cell.

use std::borrow::Cow;

use chrono::{DateTime, NaiveDate, Timelike};
use rusqlite::types::ValueRef;

use super::super::column::OutputColumn;
use crate::digest::hexadecimal;
use crate::model::ColumnKind;

/// The longest text of a cell, in UTF-16 code units.
pub const LONGEST: usize = 32_767;

/// The end of a truncated text.
const CUT: &str = "… [cut]";

/// The largest absolute value of a whole number that a cell stores exactly.
const EXACT: u64 = 1 << 53;

/// A cell.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell<'v> {
    /// An empty cell.
    Blank,
    /// Text, which is never a formula, and true if it was truncated.
    Text(Cow<'v, str>, bool),
    /// A number.
    Number(f64),
    /// True or false.
    Boolean(bool),
    /// A time in UTC as the days since 1899-12-30, and true if it has a fraction of a second.
    Time(f64, bool),
}

impl<'v> Cell<'v> {
    /// Returns the cell for a value in this column.
    pub fn of(value: ValueRef<'v>, column: &OutputColumn) -> Self {
        match value {
            ValueRef::Null => Self::Blank,
            ValueRef::Integer(number @ (0 | 1)) if column.kind == Some(ColumnKind::Boolean) => {
                Self::Boolean(number == 1)
            }
            ValueRef::Integer(number) if number.unsigned_abs() <= EXACT => Self::Number(number as f64),
            ValueRef::Integer(number) => Self::Text(number.to_string().into(), false),
            ValueRef::Real(number) if number.is_finite() => Self::Number(number),
            ValueRef::Real(number) => Self::Text(number.to_string().into(), false),
            ValueRef::Blob(bytes) => Self::text(hexadecimal(bytes)),
            ValueRef::Text(bytes) => {
                let text = String::from_utf8_lossy(bytes);
                let time = is_time(column).then(|| serial(&text)).flatten();
                time.map_or_else(|| Self::text(text), |(days, has_part)| Self::Time(days, has_part))
            }
        }
    }

    fn text(text: impl Into<Cow<'v, str>>) -> Self {
        let text = text.into();
        match clipped(&text) {
            (Cow::Borrowed(_), false) => Self::Text(text, false),
            (clipped, is_cut) => Self::Text(Cow::Owned(clipped.into_owned()), is_cut),
        }
    }
}

/// Returns true if the column has times, so that its header says UTC. Without a declaration, the name decides.
pub fn is_time(column: &OutputColumn) -> bool {
    match column.kind {
        Some(kind) => kind == ColumnKind::Time,
        None => column.name.ends_with("_at") || column.name == "not_before",
    }
}

/// Returns a text that a cell can store, and true if it was truncated. A character that XML cannot contain becomes
/// U+FFFD.
pub fn clipped(text: &str) -> (Cow<'_, str>, bool) {
    let text = match text.contains(['\u{fffe}', '\u{ffff}']) {
        true => Cow::Owned(text.replace(['\u{fffe}', '\u{ffff}'], "\u{fffd}")),
        false => Cow::Borrowed(text),
    };
    // A text has at most as many code units as bytes.
    if text.len() <= LONGEST || text.encode_utf16().count() <= LONGEST {
        return (text, false);
    }
    let room = LONGEST - CUT.encode_utf16().count();
    let mut units = 0;
    let kept: String = text
        .chars()
        .take_while(|one| {
            units += one.len_utf16();
            units <= room
        })
        .collect();
    (Cow::Owned(kept + CUT), true)
}

/// Returns a time in a spreadsheet's count; `None` for text that is not a time, for times before March 1900, on which
/// spreadsheets disagree, and for times more exact than a millisecond, which would be rounded.
fn serial(text: &str) -> Option<(f64, bool)> {
    let time = DateTime::parse_from_rfc3339(text).ok()?.naive_utc();
    let first = NaiveDate::from_ymd_opt(1899, 12, 30)?;
    let since = time - first.and_hms_opt(0, 0, 0)?;
    let is_in_reach = (61..2_958_466).contains(&since.num_days());
    let nanoseconds = time.nanosecond();
    let is_exact = nanoseconds < 1_000_000_000 && nanoseconds % 1_000_000 == 0;
    let days = since.num_milliseconds() as f64 / 86_400_000.0;
    (is_in_reach && is_exact).then_some((days, nanoseconds > 0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(value: ValueRef<'static>, kind: Option<ColumnKind>) -> Cell<'static> {
        Cell::of(value, &OutputColumn { name: "x".to_owned(), kind })
    }

    #[test]
    fn text_stays_text() {
        for text in ["012345678901", "=1+1", "2026-01-01", "1e5", "TRUE", " x ", "_x000D_"] {
            let expected = Cell::Text(text.into(), false);
            assert_eq!(cell(ValueRef::Text(text.as_bytes()), Some(ColumnKind::Text)), expected);
            assert_eq!(cell(ValueRef::Text(text.as_bytes()), Some(ColumnKind::Time)), expected);
        }
    }

    #[test]
    fn numbers_that_a_cell_would_round_are_text() {
        let number = |number| cell(ValueRef::Integer(number), None);
        assert_eq!(number(9_007_199_254_740_992), Cell::Number(9_007_199_254_740_992.0));
        assert_eq!(number(9_007_199_254_740_993), Cell::Text("9007199254740993".into(), false));
        assert_eq!(number(i64::MIN), Cell::Text("-9223372036854775808".into(), false));
        assert_eq!(cell(ValueRef::Integer(1), Some(ColumnKind::Boolean)), Cell::Boolean(true));
        assert_eq!(cell(ValueRef::Real(f64::INFINITY), None), Cell::Text("inf".into(), false));
        assert_eq!(cell(ValueRef::Null, None), Cell::Blank);
    }

    #[test]
    fn a_time_is_a_date_where_nothing_is_lost() {
        let time = |text: &'static str| cell(ValueRef::Text(text.as_bytes()), Some(ColumnKind::Time));
        assert_eq!(time("2026-01-01T12:00:00Z"), Cell::Time(46_023.5, false));
        assert_eq!(time("2026-01-01T14:00:00+02:00"), Cell::Time(46_023.5, false));
        assert!(matches!(time("2026-01-01T12:00:00.250Z"), Cell::Time(_, true)));
        for text in ["2026-01-01T12:00:00.000001Z", "1899-01-01T00:00:00Z", "1900-01-31T00:00:00Z", "never"] {
            assert_eq!(time(text), Cell::Text(text.into(), false));
        }
    }

    #[test]
    fn long_text_is_cut_and_says_so() {
        let longest = "x".repeat(LONGEST);
        assert_eq!(clipped(&longest), (longest.as_str().into(), false));
        let (cut, is_cut) = {
            let text = "é𝄞".repeat(12_000);
            let (cut, is_cut) = clipped(&text);
            (cut.into_owned(), is_cut)
        };
        assert!(is_cut && cut.ends_with(CUT));
        assert!((LONGEST - 2..=LONGEST).contains(&cut.encode_utf16().count()));
        assert_eq!(clipped("a\u{ffff}").0, "a\u{fffd}");
    }
}
