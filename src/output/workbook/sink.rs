//! Writes one answer as a workbook: its rows on a sheet of their own, after the one that describes them.

use rusqlite::types::ValueRef;

use super::super::column::OutputColumn;
use super::super::destination::Destination;
use super::super::format::RowSink;
use super::WorkbookWriter;
use crate::error::{Error, Result};

/// Writes the rows of an answer.
pub struct WorkbookSink<'d>(WorkbookWriter<'d>);

impl<'d> WorkbookSink<'d> {
    /// Begins the workbook. Fails if the destination has no description of the answer: only commands that name the
    /// snapshot that answered write workbooks (exit 2).
    pub fn begin(columns: &[OutputColumn], destination: &'d mut Destination) -> Result<Self> {
        let about = destination.take_about().ok_or_else(|| {
            Error::usage("workbooks are for the answers of query, diff and history")
                .hint("--format csv --csv-for excel opens in a spreadsheet too")
        })?;
        let title = about.title.clone();
        let mut writer = WorkbookWriter::begin(about, destination)?;
        writer.sheet(&title, columns, Vec::new())?;
        Ok(Self(writer))
    }
}

impl RowSink for WorkbookSink<'_> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        self.0.row(values)
    }

    fn finish(&mut self) -> Result<()> {
        self.0.finish()
    }
}
