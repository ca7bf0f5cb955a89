//! Aligned columns, for reading on a terminal.
//!
//! The first rows settle the widths; what follows is laid out with the same widths, a block at a time, and
//! longer cells wrap. So a million rows need no more memory than a block.
//!
//! On a terminal that is too narrow the widest columns give way first and their cells wrap. Columns that would
//! become unreadable are left out, from the last one on, and named. Cells of very many lines, such as policy
//! documents, end in `…`. Every other way to write a table shows everything.

use std::io::Write;

use comfy_table::{Cell, ContentLineStyle, LineStyle};
use comfy_table::{CellAlignment, ColumnConstraint, Row, Table, TableStyle, Width};
use rusqlite::types::ValueRef;

use super::destination::write_error;
use super::rows::RowSink;
use super::{text, words};
use crate::error::Result;

/// How many rows are laid out together.
const BLOCK: usize = 2_000;

/// On a narrow terminal the first column, which names the row, keeps this width if it needs it.
const FIRST: u16 = 32;

/// And every other one this.
const LEAST: u16 = 16;

/// Or as much as its longest word needs, up to the width of a time: a time in two lines is unreadable.
const WORD: u16 = 24;

/// On a terminal a cell takes about this many lines at most.
const LINES: usize = 12;

/// Between two columns.
const GAP: u16 = 2;

/// What ends a cell that is cut.
const CUT: &str = "…";

const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction(' '))
    .header_separator(LineStyle::none().fill('-').junction(' '))
    .content_lines(ContentLineStyle::none().junction(' '));

/// Writes a table, a block of rows at a time.
pub struct TableSink<W: Write> {
    sink: W,
    columns: Vec<String>,
    /// How many characters fit in a line; `None` where there is no terminal.
    room: Option<u16>,
    block: Vec<Vec<Shown>>,
    /// The columns' widths, once the first block settled them; the columns beyond do not fit.
    widths: Option<Vec<u16>>,
    /// Whether a cell was cut.
    is_cut: bool,
}

/// A value as it is shown.
struct Shown {
    text: String,
    is_number: bool,
}

impl<W: Write> TableSink<W> {
    /// Nothing is written before the first block is full.
    pub fn begin(columns: &[String], sink: W, is_terminal: bool) -> Self {
        // A terminal that does not know its width says 0.
        let room = if is_terminal { Table::new().width().filter(|width| *width > 0) } else { None };
        Self::fitting(columns, sink, room)
    }

    fn fitting(columns: &[String], sink: W, room: Option<u16>) -> Self {
        let columns = columns.iter().map(|column| text::one_line(column).into_owned()).collect();
        Self { sink, columns, room, block: Vec::new(), widths: None, is_cut: false }
    }

    fn write_block(&mut self) -> Result<()> {
        let block = std::mem::take(&mut self.block);
        let is_first = self.widths.is_none();
        let widths =
            self.widths.take().unwrap_or_else(|| fit(self.natural_widths(&block), &block, self.room));
        let mut table = Table::new();
        table.load_style(STYLE);
        table.force_no_tty();
        if is_first {
            table.set_header(self.columns.iter().take(widths.len()));
        }
        for shown in block {
            let cells = shown.into_iter().zip(&widths).map(|(shown, width)| self.cell(shown, *width));
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
        self.widths = Some(widths);
        Ok(())
    }

    /// The width of each column's widest cell, its name included.
    fn natural_widths(&self, block: &[Vec<Shown>]) -> Vec<u16> {
        let mut table = Table::new();
        table.set_header(&self.columns);
        table.add_rows(block.iter().map(|row| row.iter().map(|shown| &shown.text)));
        table.column_max_content_widths()
    }

    /// Numbers stand to the right, so that their digits line up.
    fn cell(&mut self, Shown { mut text, is_number }: Shown, width: u16) -> Cell {
        let most = usize::from(width) * LINES;
        if self.room.is_some()
            && let Some((end, _)) = text.char_indices().nth(most)
        {
            text.truncate(end);
            text.push_str(CUT);
            self.is_cut = true;
        }
        let cell = Cell::new(text);
        if is_number { cell.set_alignment(CellAlignment::Right) } else { cell }
    }
}

impl<W: Write> RowSink for TableSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        let shown = |value: &ValueRef<'_>| Shown {
            text: text::of_value(*value).into_owned(),
            is_number: matches!(value, ValueRef::Integer(_) | ValueRef::Real(_)),
        };
        self.block.push(values.iter().map(shown).collect());
        if self.block.len() == BLOCK { self.write_block() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<()> {
        if !self.block.is_empty() || self.widths.is_none() {
            self.write_block()?;
        }
        self.sink.flush().map_err(write_error)?;
        let shown = self.widths.as_ref().map_or(0, Vec::len);
        let mut missing = Vec::new();
        if shown < self.columns.len() {
            missing.push(format!("columns left out: {}", self.columns[shown..].join(", ")));
        }
        if self.is_cut {
            missing.push(format!("cells that end in {CUT} are cut"));
        }
        if !missing.is_empty() {
            words::note(format!(
                "not everything fits in {} characters ({}): --format csv or json shows it all",
                self.room.unwrap_or_default(),
                missing.join("; ")
            ));
        }
        Ok(())
    }
}

/// The widths below which columns would become unreadable.
fn least_widths(natural: &[u16], block: &[Vec<Shown>]) -> Vec<u16> {
    let longest_word = |place: usize| {
        let words = block.iter().flat_map(|row| row[place].text.split_whitespace());
        words.map(|word| word.chars().count()).filter(|length| *length <= usize::from(WORD)).max()
    };
    let least = |(place, width): (usize, &u16)| {
        let word = longest_word(place).map_or(0, |length| length as u16);
        (*width).min(if place == 0 { FIRST } else { word.max(LEAST) })
    };
    natural.iter().enumerate().map(least).collect()
}

/// The widths that fit: all as they are; or with the widest made narrower; or those of the first columns only.
fn fit(natural: Vec<u16>, block: &[Vec<Shown>], room: Option<u16>) -> Vec<u16> {
    let needed = |widths: &[u16]| {
        widths.iter().fold(0_u16, |sum, width| sum.saturating_add(width.saturating_add(GAP)))
    };
    // The line below the last name is one longer than its column.
    let Some(room) = room.map(|room| room.saturating_add(GAP - 1)) else { return natural };
    let mut least = least_widths(&natural, block);
    while least.len() > 1 && needed(&least) > room {
        least.pop();
    }
    let capped = |cap: u16| -> Vec<u16> {
        natural.iter().zip(&least).map(|(width, least)| (*width).min(cap).max(*least)).collect()
    };
    let widest = natural.iter().take(least.len()).copied().max().unwrap_or_default();
    let mut widths = (0..=widest).rev().map(capped).find(|widths| needed(widths) <= room).unwrap_or(least);
    // A single column always fits: it wraps.
    widths[0] = widths[0].min(room.saturating_sub(GAP)).max(1);
    widths
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: &[Vec<ValueRef<'_>>]) -> String {
        let mut sink = Vec::new();
        let columns = ["name".to_owned(), "n".to_owned()];
        let mut table = TableSink::begin(&columns, &mut sink, false);
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
        name          n
        ------------- -----
        ana              7
        日本 \x1b[2J  1234
        -             -
        ");
    }

    fn fit(natural: Vec<u16>, room: Option<u16>) -> Vec<u16> {
        super::fit(natural, &[], room)
    }

    #[test]
    fn a_time_is_left_out_sooner_than_broken() {
        let row = ["a", "2026-01-10T02:01:00.123Z", "2026-01-10T02:01Z or so"];
        let columns = ["n", "from", "to"].map(str::to_owned);
        let in_room_of = |room: u16| {
            let mut sink = Vec::new();
            let mut table = TableSink::fitting(&columns, &mut sink, Some(room));
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
        let (mut sink, columns) = (Vec::new(), ["a", "b", "c"].map(str::to_owned));
        let mut table = TableSink::fitting(&columns, &mut sink, Some(30));
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
    fn later_blocks_keep_the_widths_of_the_first_and_lose_nothing() {
        let mut rows = vec![vec![ValueRef::Text(b"abcd"), ValueRef::Integer(1)]; BLOCK];
        rows.push(vec![ValueRef::Text(b"abcdefgh"), ValueRef::Integer(2)]);
        let text = written(&rows);
        let last: Vec<&str> = text.lines().skip(BLOCK + 1).collect();
        assert_eq!(last, ["abcd  1", "abcd  2", "efgh"]);
    }
}
