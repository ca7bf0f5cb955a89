//! Writes the values of one column unchanged, one per line, for scripts.

use std::io::Write;

use rusqlite::types::ValueRef;

use super::OutputColumn;
use super::destination::write_error;
use super::format::RowSink;
use crate::digest::hexadecimal;
use crate::error::{Error, Result};

/// Writes each value and a line feed. NULL is an empty line.
pub struct RawSink<W: Write> {
    sink: W,
}

impl<W: Write> RawSink<W> {
    /// Refuses an answer of several columns (exit 2): nothing would tell them apart.
    pub fn begin(columns: &[OutputColumn], sink: W) -> Result<Self> {
        match columns {
            [_] => Ok(Self { sink }),
            several => {
                Err(Error::usage(format!("--raw writes one column, and the answer has {}", several.len()))
                    .hint("select one column, or leave out --raw"))
            }
        }
    }
}

impl<W: Write> RowSink for RawSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        let mut write = || {
            match values.first() {
                None | Some(ValueRef::Null) => {}
                Some(ValueRef::Integer(number)) => write!(self.sink, "{number}")?,
                Some(ValueRef::Real(number)) => write!(self.sink, "{number:?}")?,
                Some(ValueRef::Text(bytes)) => self.sink.write_all(bytes)?,
                Some(ValueRef::Blob(bytes)) => self.sink.write_all(hexadecimal(bytes).as_bytes())?,
            }
            self.sink.write_all(b"\n")
        };
        write().map_err(write_error)
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.flush().map_err(write_error)
    }
}
