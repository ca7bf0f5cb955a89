//! Aligned columns, for reading on a terminal.
//!
//! The first rows settle the widths; what follows is laid out with the same widths, a block at a time, and
//! longer cells wrap. So a million rows need no more memory than a block.

use std::io::Write;

use comfy_table::{Cell, ContentLineStyle, LineStyle};
use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Row, Table, TableStyle, Width};
use rusqlite::types::ValueRef;

use super::destination::write_error;
use super::rows::RowSink;
use super::text;
use crate::error::Result;

/// How many rows are laid out together.
const BLOCK: usize = 2_000;

const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction(' '))
    .header_separator(LineStyle::none().fill('-').junction(' '))
    .content_lines(ContentLineStyle::none().junction(' '));

/// Writes a table, a block of rows at a time.
pub struct TableSink<W: Write> {
    sink: W,
    columns: Vec<String>,
    is_terminal: bool,
    block: Vec<Row>,
    /// The columns' widths, once the first block settled them.
    widths: Option<Vec<u16>>,
}

impl<W: Write> TableSink<W> {
    /// Nothing is written before the first block is full. On a terminal, cells wrap to its width.
    pub fn begin(columns: &[String], sink: W, is_terminal: bool) -> Self {
        let columns = columns.iter().map(|column| text::one_line(column).into_owned()).collect();
        Self { sink, columns, is_terminal, block: Vec::new(), widths: None }
    }

    fn write_block(&mut self) -> Result<()> {
        let mut table = Table::new();
        table.load_style(STYLE);
        match &self.widths {
            None => {
                table.set_header(&self.columns);
                if self.is_terminal {
                    table.set_content_arrangement(ContentArrangement::Dynamic);
                } else {
                    table.force_no_tty();
                }
            }
            Some(_) => {
                table.force_no_tty();
            }
        }
        table.add_rows(std::mem::take(&mut self.block));
        table.discover_columns();
        let widths = self.widths.clone().unwrap_or_else(|| table.column_max_content_widths());
        let is_first = self.widths.is_none();
        for (column, width) in table.column_iter_mut().zip(&widths) {
            column.set_padding((0, 1));
            if !is_first {
                // The width includes the padding.
                column.set_constraint(ColumnConstraint::Absolute(Width::Fixed(width.saturating_add(1))));
            }
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
        self.sink.flush().map_err(write_error)
    }
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
