//! Aligned columns, for reading on a terminal.
//!
//! The first rows settle the widths; what follows is laid out with the same widths, a block at a time, and
//! longer cells wrap. So a million rows need no more memory than a block.
//!
//! On a terminal, columns that do not fit beside the first ones are left out, and named: a dozen columns
//! wrapped to six characters each help nobody. Every other way to write a table shows them all.

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

/// A column wider than this wraps where the terminal is too narrow for all.
const WIDE: u16 = 48;

/// Between two columns.
const GAP: u16 = 2;

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
    block: Vec<Row>,
    /// The columns' widths, once the first block settled them; 0 for one that does not fit.
    widths: Option<Vec<u16>>,
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
        Self { sink, columns, room, block: Vec::new(), widths: None }
    }

    fn write_block(&mut self) -> Result<()> {
        let mut table = Table::new();
        table.load_style(STYLE);
        if self.widths.is_none() {
            table.set_header(&self.columns);
        }
        table.force_no_tty();
        table.add_rows(std::mem::take(&mut self.block));
        table.discover_columns();
        let widths = self.widths.take().unwrap_or_else(|| fit(table.column_max_content_widths(), self.room));
        for (column, width) in table.column_iter_mut().zip(&widths) {
            column.set_padding((0, 1));
            column.set_constraint(match width {
                0 => ColumnConstraint::Hidden,
                // The width includes the padding.
                width => ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(1))),
            });
        }
        for line in table.lines() {
            writeln!(self.sink, "{}", line.trim_end()).map_err(write_error)?;
        }
        self.widths = Some(widths);
        Ok(())
    }
}

impl<W: Write> RowSink for TableSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        self.block.push(values.iter().map(|value| cell(*value)).collect::<Vec<Cell>>().into());
        if self.block.len() == BLOCK { self.write_block() } else { Ok(()) }
    }

    fn finish(&mut self) -> Result<()> {
        if !self.block.is_empty() || self.widths.is_none() {
            self.write_block()?;
        }
        self.sink.flush().map_err(write_error)?;
        let widths = self.widths.as_deref().unwrap_or_default();
        let left_out: Vec<_> = self
            .columns
            .iter()
            .zip(widths)
            .filter(|(_, width)| **width == 0)
            .map(|(name, _)| name.as_str())
            .collect();
        if !left_out.is_empty() {
            words::say(format!(
                "not shown for want of room: {} (widen the window, or --format csv)",
                left_out.join(", ")
            ));
        }
        Ok(())
    }
}

/// The widths that fit: all as they are, or the first ones, with wide columns wrapped, and 0 for the rest.
fn fit(natural: Vec<u16>, room: Option<u16>) -> Vec<u16> {
    let needed = |widths: &[u16]| {
        widths.iter().fold(0_u16, |sum, width| sum.saturating_add(width.saturating_add(GAP)))
    };
    let Some(room) = room.map(|room| room.saturating_add(GAP)) else { return natural };
    if needed(&natural) <= room {
        return natural;
    }
    let mut widths: Vec<u16> = natural.into_iter().map(|width| width.min(WIDE)).collect();
    let mut shown = widths.len();
    while shown > 1 && needed(&widths[..shown]) > room {
        shown -= 1;
    }
    widths[shown..].fill(0);
    widths[0] = widths[0].min(room.saturating_sub(GAP)).max(1);
    widths
}

/// Numbers stand to the right, so that their digits line up.
fn cell(value: ValueRef<'_>) -> Cell {
    let shown = Cell::new(text::of_value(value));
    match value {
        ValueRef::Integer(_) | ValueRef::Real(_) => shown.set_alignment(CellAlignment::Right),
        _ => shown,
    }
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

    #[test]
    fn on_a_narrow_terminal_the_first_columns_are_readable_and_the_last_left_out() {
        assert_eq!(fit(vec![10, 20, 30], None), [10, 20, 30]);
        assert_eq!(fit(vec![10, 20, 30], Some(64)), [10, 20, 30]);
        assert_eq!(fit(vec![10, 20, 30], Some(63)), [10, 20, 0]);
        assert_eq!(fit(vec![10, 90, 5], Some(80)), [10, 48, 5]);
        assert_eq!(fit(vec![200, 4], Some(40)), [40, 0]);
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
