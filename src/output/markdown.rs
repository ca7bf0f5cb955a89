//! A Markdown table, for tickets and wikis.

use std::io::Write;

use rusqlite::types::ValueRef;

use super::destination::write_error;
use super::rows::RowSink;
use super::text;
use crate::error::Result;

/// Writes a Markdown table as the rows come; cells are not padded.
pub struct MarkdownSink<W: Write> {
    sink: W,
}

impl<W: Write> MarkdownSink<W> {
    /// Writes the header and the line below it.
    pub fn begin(columns: &[String], mut sink: W) -> Result<Self> {
        let names: Vec<String> = columns.iter().map(|column| cell(&text::one_line(column))).collect();
        write_line(&mut sink, &names)?;
        write_line(&mut sink, &vec!["---".to_owned(); columns.len()])?;
        Ok(Self { sink })
    }
}

impl<W: Write> RowSink for MarkdownSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        let cells: Vec<String> = values.iter().map(|value| cell(&text::of_value(*value))).collect();
        write_line(&mut self.sink, &cells)
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.flush().map_err(write_error)
    }
}

/// Text that Markdown takes neither for the end of the cell nor for HTML.
fn cell(shown: &str) -> String {
    shown.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

fn write_line(sink: &mut impl Write, cells: &[String]) -> Result<()> {
    writeln!(sink, "| {} |", cells.join(" | ")).map_err(write_error)
}
