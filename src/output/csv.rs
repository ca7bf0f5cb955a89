//! Comma-separated values: UTF-8, quoted if a field needs it, with line feeds as line ends.
//!
//! Data stays exact. Text that a spreadsheet would take for a formula is written unchanged, because the file is
//! evidence; one warning mentions such text. `--csv-for excel` adapts it for a spreadsheet instead. Hidden characters
//! are escaped only on a terminal.

use std::borrow::Cow;
use std::io::Write;

use rusqlite::types::ValueRef;

use super::column::OutputColumn;
use super::destination::{Reader, write_error};
use super::format::RowSink;
use super::{stderr, text};
use crate::digest::hexadecimal;
use crate::error::{Error, Result};

/// The first characters of text that a spreadsheet takes for a formula.
const FORMULA: [char; 7] = ['=', '+', '-', '@', '\t', '\r', '\n'];

/// The program for which a CSV file is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    /// Any program: the bytes of the data.
    Plain,
    /// Any program, with CRLF as line ends.
    Crlf,
    /// Excel and similar programs: a byte order mark, CRLF, and `'` before text that would be a formula. Numbers stay
    /// numbers.
    Excel,
}

/// Writes CSV. NULL and empty text both become an empty field (JSON distinguishes them).
pub struct CsvSink<W: Write> {
    writer: csv::Writer<W>,
    dialect: Dialect,
    reader: Reader,
    /// Set when text was written that a spreadsheet would take for a formula.
    has_formula: bool,
}

impl<W: Write> CsvSink<W> {
    /// Writes the header line.
    pub fn begin(columns: &[OutputColumn], mut sink: W, dialect: Dialect, reader: Reader) -> Result<Self> {
        let is_for_excel = dialect == Dialect::Excel && reader != Reader::Person;
        if is_for_excel {
            sink.write_all("\u{feff}".as_bytes()).map_err(write_error)?;
        }
        let has_crlf = is_for_excel || (dialect == Dialect::Crlf && reader != Reader::Person);
        let end = if has_crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') };
        let writer = csv::WriterBuilder::new().terminator(end).from_writer(sink);
        let mut it = Self { writer, dialect, reader, has_formula: false };
        columns.iter().try_for_each(|column| it.text(column.name.as_bytes()))?;
        it.end_row()?;
        Ok(it)
    }

    fn text(&mut self, bytes: &[u8]) -> Result<()> {
        let begins_formula = bytes.first().is_some_and(|first| FORMULA.contains(&char::from(*first)));
        self.has_formula |= begins_formula;
        let mut field = Cow::Borrowed(bytes);
        if begins_formula && self.dialect == Dialect::Excel {
            field = Cow::Owned([b"'", bytes].concat());
        }
        if self.reader == Reader::Person {
            let shown = text::one_line(&String::from_utf8_lossy(&field)).into_owned();
            field = Cow::Owned(shown.into_bytes());
        }
        self.field(&field)
    }

    fn field(&mut self, bytes: &[u8]) -> Result<()> {
        self.writer.write_field(bytes).map_err(csv_error)
    }

    fn end_row(&mut self) -> Result<()> {
        self.writer.write_record(None::<&[u8]>).map_err(csv_error)
    }
}

impl<W: Write> RowSink for CsvSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        for value in values {
            match value {
                ValueRef::Null => self.field(b"")?,
                ValueRef::Integer(number) => self.field(number.to_string().as_bytes())?,
                ValueRef::Real(number) => self.field(format!("{number:?}").as_bytes())?,
                ValueRef::Text(bytes) => self.text(bytes)?,
                ValueRef::Blob(bytes) => self.field(hexadecimal(bytes).as_bytes())?,
            }
        }
        self.end_row()
    }

    fn finish(&mut self) -> Result<()> {
        self.writer.flush().map_err(|error| csv_error(error.into()))?;
        if self.has_formula && self.dialect != Dialect::Excel && self.reader == Reader::File {
            stderr::warn(
                "the CSV file has text that a spreadsheet takes for formulas (it begins with = + - or @): \
                 --csv-for excel writes it so that none is run",
            );
        }
        Ok(())
    }
}

fn csv_error(error: csv::Error) -> Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => write_error(error),
        // For example rows of unequal lengths; but the rows of a statement all have its columns.
        other => Error::failed(format!("cannot write CSV: {other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(dialect: Dialect, reader: Reader, values: &[ValueRef<'_>]) -> String {
        let columns: Vec<OutputColumn> = (0..values.len()).map(|index| format!("={index}").into()).collect();
        let mut out = Vec::new();
        let mut sink = CsvSink::begin(&columns, &mut out, dialect, reader).unwrap();
        sink.row(values).unwrap();
        sink.finish().unwrap();
        drop(sink);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_spreadsheet_runs_nothing() {
        for text in ["=1+1", "+1", "-1", "@SUM(1)", "\tx", "\rx", "\nx", "-"] {
            let csv = written(Dialect::Excel, Reader::Program, &[ValueRef::Text(text.as_bytes())]);
            let rest = csv.strip_prefix("\u{feff}'=0\r\n").unwrap().strip_suffix("\r\n").unwrap();
            let field = rest.trim_matches('"');
            assert_eq!(field.strip_prefix('\''), Some(text), "{csv:?}");
            let plain = written(Dialect::Plain, Reader::Program, &[ValueRef::Text(text.as_bytes())]);
            let field = plain.strip_prefix("=0\n").unwrap().strip_suffix('\n').unwrap();
            assert_eq!(field.trim_matches('"'), text, "{plain:?}");
        }
        for (value, field) in [
            (ValueRef::Integer(-5), "-5"),
            (ValueRef::Real(-0.5), "-0.5"),
            (ValueRef::Text(b"a=1"), "a=1"),
            (ValueRef::Text(b" =1"), " =1"),
            (ValueRef::Null, "\"\""),
        ] {
            assert_eq!(
                written(Dialect::Excel, Reader::File, &[value]),
                format!("\u{feff}'=0\r\n{field}\r\n")
            );
        }
    }

    #[test]
    fn a_terminal_is_shown_no_mark() {
        let csv = written(Dialect::Excel, Reader::Person, &[ValueRef::Text(b"=1\x1b\n")]);
        assert_eq!(csv, "'=0\n'=1\\u{1b}\\n\n");
    }
}
