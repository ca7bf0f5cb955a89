//! Aligned columns for reading on a terminal.
//!
//! Rows are laid out in blocks, so a million rows need no more memory than a block. The first block determines the
//! shown columns and their widths. A later block that needs more room widens them from there on.
//!
//! On a terminal that is too narrow, the widest columns are narrowed first and their cells wrap, but no number, id or
//! word is ever broken in two (`wrap`). Columns without room are omitted and named. Cells of very many lines, such as
//! policy documents, end in `…`. Everywhere else a table shows everything.

use std::io::Write;

use comfy_table::{Cell, ContentLineStyle, LineStyle};
use comfy_table::{CellAlignment, ColumnConstraint, Row, Table, TableStyle, Width};
use rusqlite::types::ValueRef;

use super::column::OutputColumn;
use super::destination::write_error;
use super::format::RowSink;
use super::wrap::{Breaks, longest_token, width, wrapped};
use super::{stderr, text};
use crate::error::Result;

/// The number of rows that are laid out together.
const BLOCK: usize = 2_000;

/// The width that the first column, which names the row, keeps on a narrow terminal if it needs it.
const FIRST: u16 = 32;

/// The width that the other columns keep likewise. It grows with the column's longest number, id or word.
const LEAST: u16 = 16;

/// The number of lines that a cell takes on a terminal, about.
const LINES: usize = 12;

/// The space between two columns.
const GAP: u16 = 2;

/// The end of a truncated cell.
const CUT: &str = "…";

const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction(' '))
    .header_separator(LineStyle::none().fill('-').junction(' '))
    .content_lines(ContentLineStyle::none().junction(' '));

/// Writes a table in blocks of rows.
pub struct TableSink<W: Write> {
    sink: W,
    columns: Vec<String>,
    /// The number of characters that fit in a line; `None` if there is no terminal.
    room: Option<u16>,
    is_terminal: bool,
    block: Vec<Vec<Shown>>,
    /// The widths that each column needs, by all blocks so far.
    needs: Vec<Needs>,
    /// The shown columns, determined by the first block.
    shown: Option<Vec<usize>>,
    /// Set when a cell was truncated.
    is_cut: bool,
}

/// A value as it is shown.
struct Shown {
    text: String,
    is_number: bool,
}

/// The widths that a column needs.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Needs {
    /// The width at which no cell wraps.
    natural: u16,
    /// The smallest readable width, at which no number, id or word is broken.
    least: u16,
}

impl<W: Write> TableSink<W> {
    /// Begins a table. Nothing is written before the first block is full.
    ///
    /// `room` is the number of characters that fit in a line, if limited. On a terminal, dates are shortened.
    pub fn begin(columns: &[OutputColumn], sink: W, room: Option<u16>, is_terminal: bool) -> Self {
        let columns: Vec<String> =
            columns.iter().map(|column| text::one_line(&column.name).into_owned()).collect();
        let needs = columns
            .iter()
            .map(|name| Needs { natural: width(name), least: longest_token(name, Breaks::Names) })
            .collect();
        Self { sink, columns, room, is_terminal, block: Vec::new(), needs, shown: None, is_cut: false }
    }

    fn write_block(&mut self) -> Result<()> {
        let block = std::mem::take(&mut self.block);
        self.measure(&block);
        let is_first = self.shown.is_none();
        let shown = self.shown.take().unwrap_or_else(|| fitting(&self.columns, &self.needs, self.room));
        let needs: Vec<Needs> = shown.iter().map(|place| self.needs[*place]).collect();
        let widths = widths(&needs, self.room);
        let mut table = Table::new();
        table.load_style(STYLE);
        table.force_no_tty();
        if is_first {
            let names = shown.iter().zip(&widths);
            table.set_header(
                names.map(|(place, width)| wrapped(&self.columns[*place], *width, Breaks::Names).join("\n")),
            );
        }
        for row in &block {
            let cells = shown.iter().zip(&widths).map(|(place, width)| self.cell(&row[*place], *width));
            table.add_row(Row::from(cells.collect::<Vec<Cell>>()));
        }
        table.discover_columns();
        for (column, width) in table.column_iter_mut().zip(&widths) {
            column.set_padding((0, 1));
            // The width includes the padding.
            column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(1))));
        }
        for line in table.lines() {
            writeln!(self.sink, "{}", line.trim_end()).map_err(write_error)?;
        }
        self.shown = Some(shown);
        Ok(())
    }

    /// Adds the widths that the block's cells need.
    fn measure(&mut self, block: &[Vec<Shown>]) {
        for row in block {
            for (place, (needs, shown)) in self.needs.iter_mut().zip(row).enumerate() {
                let natural = width(&shown.text);
                needs.natural = needs.natural.max(natural);
                if self.room.is_some() {
                    let readable = if place == 0 { FIRST } else { LEAST };
                    let token = longest_token(&shown.text, Breaks::Data);
                    needs.least = needs.least.max(token).max(natural.min(readable));
                }
            }
        }
    }

    /// Builds a cell. Numbers are aligned to the right, so that their digits line up.
    fn cell(&mut self, Shown { text, is_number }: &Shown, width: u16) -> Cell {
        let cell = match self.room {
            None => Cell::new(text),
            Some(_) => {
                let mut lines = wrapped(text, width, Breaks::Data);
                if lines.len() > LINES {
                    lines.truncate(LINES);
                    lines.push(CUT);
                    self.is_cut = true;
                }
                Cell::new(lines.join("\n"))
            }
        };
        if *is_number { cell.set_alignment(CellAlignment::Right) } else { cell }
    }
}

impl<W: Write> RowSink for TableSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        let shown = |value: &ValueRef<'_>| Shown {
            text: match text::of_value(*value) {
                text if self.is_terminal => short_time(&text).unwrap_or_else(|| text.into_owned()),
                text => text.into_owned(),
            },
            is_number: matches!(value, ValueRef::Integer(_) | ValueRef::Real(_)),
        };
        self.block.push(values.iter().map(shown).collect());
        if self.block.len() == BLOCK { self.write_block() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<()> {
        if !self.block.is_empty() || self.shown.is_none() {
            self.write_block()?;
        }
        self.sink.flush().map_err(write_error)?;
        let is_shown = |place: &usize| self.shown.as_ref().is_none_or(|shown| shown.contains(place));
        let left_out = (0..self.columns.len()).filter(|place| !is_shown(place));
        let left_out: Vec<&str> = left_out.map(|place| self.columns[place].as_str()).collect();
        let mut missing = Vec::new();
        if !left_out.is_empty() {
            missing.push(format!("columns left out: {}", left_out.join(", ")));
        }
        if self.is_cut {
            missing.push(format!("cells that end in {CUT} are cut"));
        }
        if !missing.is_empty() {
            stderr::note(format!(
                "not everything fits in {} characters ({}): --format csv or json shows it all, and a query \
                 with -x or --wide",
                self.room.unwrap_or_default(),
                missing.join("; ")
            ));
        }
        Ok(())
    }
}

/// Returns the number of characters that the columns may take. The line below the last name is one character longer
/// than its column.
fn capacity(room: u16) -> u16 {
    room.saturating_add(GAP - 1)
}

fn total(widths: impl IntoIterator<Item = u16>) -> u16 {
    widths.into_iter().fold(0, |sum, width| sum.saturating_add(width.saturating_add(GAP)))
}

/// Returns the columns that fit; the first one always does. Ids are omitted before names, because an id's entity
/// usually has a name in another column.
fn fitting(names: &[String], needs: &[Needs], room: Option<u16>) -> Vec<usize> {
    let is_id = |place: &usize| ["_id", "_arn"].iter().any(|end| names[*place].ends_with(end));
    let (ids, others): (Vec<usize>, Vec<usize>) = (1..needs.len()).partition(is_id);
    let mut shown: Vec<usize> = needs.first().map(|_| 0).into_iter().collect();
    for place in others.into_iter().chain(ids) {
        let widths = shown.iter().chain([&place]).map(|place| needs[*place].least);
        if room.is_none_or(|room| total(widths) <= capacity(room)) {
            shown.push(place);
        }
    }
    shown.sort_unstable();
    shown
}

/// Returns `2026-11-29 11:46` for a stored time, which is UTC; `None` for any other text.
fn short_time(text: &str) -> Option<String> {
    let of_time = |text: &str| {
        let pattern = b"0000-00-00T00:00";
        let fits =
            |(byte, like): (&u8, &u8)| if *like == b'0' { byte.is_ascii_digit() } else { byte == like };
        text.len() == pattern.len() && text.as_bytes().iter().zip(pattern).all(fits)
    };
    let (minutes, rest) = text.split_at_checked(16)?;
    let is_end = rest.strip_suffix('Z').is_some_and(|seconds| {
        seconds.is_empty()
            || seconds.starts_with(':')
                && seconds[1..].bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
    });
    (of_time(minutes) && is_end).then(|| minutes.replace('T', " "))
}

/// Returns widths that fit: the natural ones, or with the widest columns narrowed. No column becomes unreadable. If a
/// later block needs more room than there is, its lines are longer than the terminal.
fn widths(needs: &[Needs], room: Option<u16>) -> Vec<u16> {
    let capped = |cap: u16| needs.iter().map(move |it| it.natural.min(cap).max(it.least));
    let widest = needs.iter().map(|it| it.natural).max().unwrap_or_default();
    let fits = |cap: &u16| room.is_none_or(|room| total(capped(*cap)) <= capacity(room));
    capped((0..=widest).rev().find(fits).unwrap_or_default()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: &[Vec<ValueRef<'_>>]) -> String {
        let mut sink = Vec::new();
        let columns = ["name", "n"].map(OutputColumn::from);
        let mut table = TableSink::begin(&columns, &mut sink, None, false);
        for row in rows {
            table.row(row).unwrap();
        }
        table.finish().unwrap();
        drop(table);
        String::from_utf8(sink).unwrap()
    }

    #[test]
    fn columns_are_aligned_and_nothing_is_drawn_around_them() {
        let rows = [
            vec![ValueRef::Text(b"ana"), ValueRef::Integer(7)],
            vec![ValueRef::Text("日本 \u{1b}[2J".as_bytes()), ValueRef::Integer(1234)],
            vec![ValueRef::Null, ValueRef::Null],
        ];
        insta::assert_snapshot!(written(&rows), @r"
        name            n
        --------------- -----
        ana                7
        日本 \u{1b}[2J  1234
        -               -
        ");
    }

    /// Returns the widths of columns with these natural widths, whose cells may wrap anywhere.
    fn fit(natural: Vec<u16>, room: Option<u16>) -> Vec<u16> {
        let readable = |place| if place == 0 { FIRST } else { LEAST };
        let needs = natural.iter().enumerate();
        let needs: Vec<Needs> = needs
            .map(|(place, width)| Needs { natural: *width, least: readable(place).min(*width) })
            .collect();
        let names = vec![String::new(); needs.len()];
        let shown: Vec<Needs> = fitting(&names, &needs, room).iter().map(|place| needs[*place]).collect();
        widths(&shown, room)
    }

    #[test]
    fn a_time_is_left_out_sooner_than_broken() {
        let row = ["a", "2026-01-10T02:01:00.123Z", "2026-01-10T02:01Z or so"];
        let columns = ["n", "from", "to"].map(OutputColumn::from);
        let in_room_of = |room: u16| {
            let mut sink = Vec::new();
            let mut table = TableSink::begin(&columns, &mut sink, Some(room), false);
            table.row(&row.map(|text| ValueRef::Text(text.as_bytes()))).unwrap();
            table.finish().unwrap();
            drop(table);
            String::from_utf8(sink).unwrap().lines().nth(2).unwrap_or_default().to_owned()
        };
        assert_eq!(in_room_of(60), "a  2026-01-10T02:01:00.123Z  2026-01-10T02:01Z or so");
        assert_eq!(in_room_of(48), "a  2026-01-10T02:01:00.123Z  2026-01-10T02:01Z");
        assert_eq!(in_room_of(46), "a  2026-01-10T02:01:00.123Z");
    }

    #[test]
    fn ids_give_way_to_what_people_read() {
        let arn = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef";
        let row = ["prod", "111122223333", arn, "PowerUser", "2026-01-10T02:01:00.123Z"];
        let row = row.map(|text| ValueRef::Text(text.as_bytes())).to_vec();
        let names = ["account_name", "account_id", "permission_set_arn", "permission_set_name", "since"];
        let (columns, mut sink) = (names.map(OutputColumn::from), Vec::new());
        let mut table = TableSink::begin(&columns, &mut sink, Some(80), true);
        table.row(&row).unwrap();
        table.finish().unwrap();
        drop(table);
        insta::assert_snapshot!(String::from_utf8(sink).unwrap(), @r"
        account_name  account_id    permission_set_name  since
        ------------- ------------- -------------------- -----------------
        prod          111122223333  PowerUser            2026-01-10 02:01
        ");
    }

    #[test]
    fn only_a_time_is_shortened() {
        assert_eq!(short_time("2026-01-10T02:01:00.123Z").as_deref(), Some("2026-01-10 02:01"));
        assert_eq!(short_time("2026-01-10T02:01Z").as_deref(), Some("2026-01-10 02:01"));
        for other in ["2026-01-10", "2026-01-10T02:01", "2026-01-10T02:01:00Z or so", "éééééééé-éé", "x"]
        {
            assert_eq!(short_time(other), None, "{other}");
        }
    }

    #[test]
    fn on_a_narrow_terminal_the_widest_columns_give_way_first() {
        assert_eq!(fit(vec![10, 20, 30], None), [10, 20, 30]);
        assert_eq!(fit(vec![10, 20, 30], Some(65)), [10, 20, 30]);
        assert_eq!(fit(vec![10, 20, 30], Some(64)), [10, 20, 29]);
        assert_eq!(fit(vec![10, 90, 5], Some(80)), [10, 60, 5]);
        assert_eq!(fit(vec![30, 40, 40], Some(80)), [30, 22, 22]);
        assert_eq!(fit(vec![200, 4], Some(40)), [33, 4]);
        assert_eq!(fit(vec![200], Some(40)), [39]);
    }

    #[test]
    fn columns_that_would_become_unreadable_are_left_out_and_long_cells_are_cut() {
        assert_eq!(fit(vec![20, 20, 20, 20, 20], Some(80)), [20, 17, 17, 17]);
        assert_eq!(fit(vec![20; 9], Some(80)).len(), 4);
        let (mut sink, columns) = (Vec::new(), ["a", "b", "c"].map(OutputColumn::from));
        let mut table = TableSink::begin(&columns, &mut sink, Some(30), false);
        let long = "x".repeat(400);
        table
            .row(&[ValueRef::Text(b"one"), ValueRef::Text(long.as_bytes()), ValueRef::Text(long.as_bytes())])
            .unwrap();
        table.finish().unwrap();
        drop(table);
        let written = String::from_utf8(sink).unwrap();
        assert!(written.starts_with("a    b\n"), "{written}");
        assert!(written.lines().all(|line| line.chars().count() <= 30), "{written}");
        assert_eq!(written.lines().count(), 2 + LINES + 1, "{written}");
        assert!(written.trim_end().ends_with('…'), "{written}");
    }

    #[test]
    fn a_table_without_rows_has_its_header() {
        insta::assert_snapshot!(written(&[]), @r"
        name  n
        ----- --
        ");
    }

    #[test]
    fn later_blocks_get_the_width_that_they_need() {
        let mut rows = vec![vec![ValueRef::Text(b"abcd"), ValueRef::Integer(1)]; BLOCK];
        rows.push(vec![ValueRef::Text(b"abcdefgh ij"), ValueRef::Integer(-10_000)]);
        rows.push(vec![ValueRef::Text(b"x"), ValueRef::Integer(2)]);
        let text = written(&rows);
        let last: Vec<&str> = text.lines().skip(BLOCK + 1).collect();
        assert_eq!(last, ["abcd  1", "abcdefgh ij  -10000", "x                 2"]);
    }

    fn on_terminal(room: u16, columns: &[&str], rows: &[Vec<ValueRef<'_>>]) -> String {
        let columns: Vec<OutputColumn> = columns.iter().map(|name| (*name).into()).collect();
        let mut sink = Vec::new();
        let mut table = TableSink::begin(&columns, &mut sink, Some(room), false);
        rows.iter().for_each(|row| table.row(row).unwrap());
        table.finish().unwrap();
        drop(table);
        String::from_utf8(sink).unwrap()
    }

    #[test]
    fn no_number_id_or_word_is_broken() {
        let arn = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef";
        let ids = [
            "10000",
            "-0.000012345",
            "9067f1a2b3-0123abcd-4567-89ef-0123-456789abcdef",
            arn,
            "ana@example.com",
        ];
        let long = ids.join(" ").repeat(3);
        for room in [20, 40, 60, 80, 100, 200] {
            let mut rows = Vec::new();
            for index in 0..BLOCK + 10 {
                let id = if index < BLOCK { "1" } else { ids[index % ids.len()] };
                let text = if index == BLOCK + 1 { &long } else { id };
                rows.push(vec![
                    ValueRef::Text(id.as_bytes()),
                    ValueRef::Integer(10_i64.pow(index as u32 % 19)),
                    ValueRef::Text(text.as_bytes()),
                ]);
            }
            let text = on_terminal(room, &["id", "number", "text"], &rows);
            let known = |word: &str| {
                ids.contains(&word)
                    || word.trim_end_matches('0') == "1"
                    || word == "…"
                    || long.contains(&format!(" {word} "))
            };
            for word in text.lines().skip(2).flat_map(str::split_whitespace) {
                assert!(known(word) || long.split_whitespace().any(|one| one == word), "{room}: {word}");
            }
        }
    }

    #[test]
    fn a_column_without_room_makes_place_for_the_next() {
        let arn = "arn:aws:sso:::permissionSet/ssoins-1234567890abcdef/ps-1234567890abcdef";
        let row = ["111122223333", arn, "GROUP", "9067f1a2b3-0123abcd-4567-89ef-0123-456789abcdef"];
        let row = row.map(|text| ValueRef::Text(text.as_bytes())).to_vec();
        let names = ["account_id", "permission_set_arn", "principal_type", "principal_id"];
        let text = on_terminal(80, &names, std::slice::from_ref(&row));
        assert!(text.starts_with("account_id    principal_type  principal_id\n"), "{text}");
        // Text that does not fit at all is not broken: the terminal wraps the line.
        let alone = on_terminal(40, &["permission_set_arn"], &[vec![row[1]]]);
        assert!(alone.lines().any(|line| line == arn), "{alone}");
    }
}
