//! A value of the census in the type that its column has in an export.

use chrono::{DateTime, NaiveDate};
use rusqlite::types::ValueRef;

use super::FieldKind;

/// A value of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cell<'v> {
    /// NULL.
    Null,
    /// Text, or JSON.
    Text(&'v str),
    /// A whole number.
    Integer(i64),
    /// True or false.
    Boolean(bool),
    /// Milliseconds since 1970, UTC.
    Time(i64),
    /// Days since 1970.
    Date(i32),
}

impl<'v> Cell<'v> {
    /// Reads a value of the census; `None` if it does not have the type.
    pub fn read(value: ValueRef<'v>, kind: FieldKind) -> Option<Self> {
        match (value, kind) {
            (ValueRef::Null, _) => Some(Self::Null),
            (ValueRef::Integer(number), FieldKind::Integer) => Some(Self::Integer(number)),
            (ValueRef::Integer(number), FieldKind::Boolean) => Some(Self::Boolean(number != 0)),
            (ValueRef::Text(bytes), kind) => {
                let text = std::str::from_utf8(bytes).ok()?;
                match kind {
                    FieldKind::Text | FieldKind::Json => Some(Self::Text(text)),
                    FieldKind::Time => {
                        let time = DateTime::parse_from_rfc3339(text).ok()?;
                        Some(Self::Time(time.timestamp_millis()))
                    }
                    FieldKind::Date => {
                        let days =
                            text.parse::<NaiveDate>().ok()?.signed_duration_since(NaiveDate::default());
                        Some(Self::Date(i32::try_from(days.num_days()).ok()?))
                    }
                    FieldKind::Integer | FieldKind::Boolean => None,
                }
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_read_as_its_type_or_not_at_all() {
        let text = |text: &'static str| ValueRef::Text(text.as_bytes());
        for (value, kind, read) in [
            (text("007"), FieldKind::Text, Some(Cell::Text("007"))),
            (text("1970-01-01T00:00:01Z"), FieldKind::Time, Some(Cell::Time(1000))),
            (text("1970-01-01T01:00:00.1234+01:00"), FieldKind::Time, Some(Cell::Time(123))),
            (text("1969-12-31"), FieldKind::Date, Some(Cell::Date(-1))),
            (text("soon"), FieldKind::Time, None),
            (text("1"), FieldKind::Integer, None),
            (ValueRef::Integer(2), FieldKind::Boolean, Some(Cell::Boolean(true))),
            (ValueRef::Integer(2), FieldKind::Text, None),
            (ValueRef::Null, FieldKind::Date, Some(Cell::Null)),
            (ValueRef::Text(&[0xff]), FieldKind::Text, None),
        ] {
            assert_eq!(Cell::read(value, kind), read, "{value:?} {kind:?}");
        }
    }
}
