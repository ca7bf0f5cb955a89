//! Comma-separated values, quoted as RFC 4180 says, with line feeds as line ends.
//!
//! Data stays data: text that a spreadsheet would take for a formula is written as it is, because the file
//! is evidence. Only on a terminal are control characters written out.

use std::io::Write;

use rusqlite::types::ValueRef;

use super::rows::RowSink;
use super::text;
use crate::digest::hexadecimal;
use crate::error::{Error, Result};

/// Writes CSV; NULL and empty text are both an empty field (JSON keeps them apart).
pub struct CsvSink<W: Write> {
    writer: csv::Writer<W>,
    is_terminal: bool,
}

impl<W: Write> CsvSink<W> {
    /// Writes the header line.
    pub fn begin(columns: &[String], sink: W, is_terminal: bool) -> Result<Self> {
        let mut writer = csv::Writer::from_writer(sink);
        writer.write_record(columns).map_err(csv_error)?;
        Ok(Self { writer, is_terminal })
    }

    fn field(&mut self, bytes: &[u8]) -> Result<()> {
        if self.is_terminal {
            let shown = String::from_utf8_lossy(bytes);
            return self.writer.write_field(text::lines(&shown).as_bytes()).map_err(csv_error);
        }
        self.writer.write_field(bytes).map_err(csv_error)
    }
}

impl<W: Write> RowSink for CsvSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        for value in values {
            match value {
                ValueRef::Null => self.field(b"")?,
                ValueRef::Integer(number) => self.field(number.to_string().as_bytes())?,
                ValueRef::Real(number) => self.field(format!("{number:?}").as_bytes())?,
                ValueRef::Text(bytes) => self.field(bytes)?,
                ValueRef::Blob(bytes) => self.field(hexadecimal(bytes).as_bytes())?,
            }
        }
        self.writer.write_record(None::<&[u8]>).map_err(csv_error)
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.flush().map_err(|error| csv_error(error.into()))
    }
}

fn csv_error(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => super::destination::write_error(error),
        // Rows of unequal lengths and the like: a statement's rows all have its columns.
        other => Error::failed(format!("cannot write CSV: {other:?}")),
    }
}
