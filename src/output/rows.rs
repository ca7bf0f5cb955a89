//! Columns and rows in any format, written as they arrive.

use rusqlite::types::{Value, ValueRef};

use super::column::OutputColumn;
use super::csv::{CsvSink, Dialect};
use super::destination::Destination;
use super::format::{Format, RowSink};
use super::json::{JsonSink, Shape};
use super::markdown::MarkdownSink;
use super::raw::RawSink;
use super::table::TableSink;
use super::vertical::VerticalSink;
use super::workbook::WorkbookSink;
use crate::error::{Error, Result};

/// Writes rows to a destination and counts them.
pub struct RowWriter<'a> {
    sink: Box<dyn RowSink + 'a>,
    rows: u64,
}

impl<'a> RowWriter<'a> {
    /// Begins the output. A header, if the format has one, is written even if no row follows.
    pub fn begin<C: Into<OutputColumn>>(
        format: Format,
        columns: impl IntoIterator<Item = C>,
        destination: &'a mut Destination,
    ) -> Result<Self> {
        let columns: Vec<OutputColumn> = columns.into_iter().map(Into::into).collect();
        let columns = columns.as_slice();
        destination.require_open()?;
        if matches!(format, Format::Json | Format::Jsonl) {
            destination.speak_json();
        }
        let (room, is_terminal) = (destination.room(), destination.is_terminal());
        let reader = destination.reader();
        let csv = |dialect, destination| CsvSink::begin(columns, destination, dialect, reader);
        let sink: Box<dyn RowSink + 'a> = match format {
            Format::Table => Box::new(TableSink::begin(columns, destination, room, is_terminal)),
            Format::Csv => Box::new(csv(Dialect::Plain, destination)?),
            Format::CsvCrlf => Box::new(csv(Dialect::Crlf, destination)?),
            Format::CsvForExcel => Box::new(csv(Dialect::Excel, destination)?),
            Format::Json => Box::new(JsonSink::begin(columns, destination, Shape::Array)?),
            Format::Jsonl => Box::new(JsonSink::begin(columns, destination, Shape::Lines)?),
            Format::Vertical => Box::new(VerticalSink::begin(columns, destination, room)),
            Format::Raw => Box::new(RawSink::begin(columns, destination)?),
            Format::Xlsx => Box::new(WorkbookSink::begin(columns, destination)?),
            Format::Dbt => {
                return Err(Error::usage("dbt is a form of the data dictionary alone")
                    .hint("orgcensus schema --all --format dbt"));
            }
            Format::Markdown => Box::new(MarkdownSink::begin(columns, destination)?),
        };
        Ok(Self { sink, rows: 0 })
    }

    /// Writes a row of SQLite's values.
    pub fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        self.rows += 1;
        self.sink.row(values)
    }

    /// Writes a row of the caller's values.
    pub fn values(&mut self, values: &[Value]) -> Result<()> {
        let values: Vec<ValueRef<'_>> = values.iter().map(ValueRef::from).collect();
        self.row(&values)
    }

    /// Writes the text after the last row. Returns the number of rows.
    pub fn finish(mut self) -> Result<u64> {
        self.sink.finish()?;
        Ok(self.rows)
    }
}
