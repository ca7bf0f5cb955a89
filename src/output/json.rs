//! JSON: one array of objects, or one object a line.
//!
//! Integers and reals are numbers, NULL is null, text is a string and a blob a string of hexadecimal digits.
//! Multi-valued attributes stay the JSON text that the column holds.

use std::io::Write;

use rusqlite::types::ValueRef;
use serde_json::Value;

use super::destination::write_error;
use super::format::RowSink;
use crate::digest::hexadecimal;
use crate::error::Result;

/// Which of the two JSON shapes is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `[{…},{…}]`, one object a line for whoever reads it by eye.
    Array,
    /// `{…}` a line.
    Lines,
}

/// Writes JSON as the rows come.
pub struct JsonSink<W: Write> {
    sink: W,
    shape: Shape,
    /// Every column's name as JSON, with the colon.
    names: Vec<String>,
    is_first: bool,
}

impl<W: Write> JsonSink<W> {
    /// Writes what comes before the first row.
    pub fn begin(columns: &[String], mut sink: W, shape: Shape) -> Result<Self> {
        if shape == Shape::Array {
            sink.write_all(b"[").map_err(write_error)?;
        }
        let names = distinct(columns).into_iter().map(|name| format!("{}:", Value::from(name))).collect();
        Ok(Self { sink, shape, names, is_first: true })
    }

    fn write_row(&mut self, values: &[ValueRef<'_>]) -> std::io::Result<()> {
        match (self.shape, std::mem::replace(&mut self.is_first, false)) {
            (Shape::Array, true) => self.sink.write_all(b"\n")?,
            (Shape::Array, false) => self.sink.write_all(b",\n")?,
            (Shape::Lines, _) => {}
        }
        for (position, (name, value)) in self.names.iter().zip(values).enumerate() {
            self.sink.write_all(if position == 0 { b"{" } else { b"," })?;
            self.sink.write_all(name.as_bytes())?;
            write_value(&mut self.sink, *value)?;
        }
        self.sink.write_all(if self.shape == Shape::Lines { b"}\n" } else { b"}" })
    }
}

impl<W: Write> RowSink for JsonSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        self.write_row(values).map_err(write_error)
    }

    fn finish(&mut self) -> Result<()> {
        let end: &[u8] = match (self.shape, self.is_first) {
            (Shape::Array, true) => b"]\n",
            (Shape::Array, false) => b"\n]\n",
            (Shape::Lines, _) => b"",
        };
        self.sink.write_all(end).and_then(|()| self.sink.flush()).map_err(write_error)
    }
}

/// Writes the value as it stands, without a copy: most of an answer is text.
fn write_value(sink: &mut impl Write, value: ValueRef<'_>) -> std::io::Result<()> {
    match value {
        ValueRef::Null => sink.write_all(b"null"),
        ValueRef::Integer(number) => write!(sink, "{number}"),
        // A number that JSON has no word for is null.
        ValueRef::Real(number) => Ok(serde_json::to_writer(sink, &number)?),
        ValueRef::Text(bytes) => Ok(serde_json::to_writer(sink, &*String::from_utf8_lossy(bytes))?),
        ValueRef::Blob(bytes) => write!(sink, "\"{}\"", hexadecimal(bytes)),
    }
}

/// The columns with a number after every name that came before (`name`, `name_2`): two members of one name
/// would lose the first one's values in most JSON readers.
fn distinct(columns: &[String]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for column in columns {
        let mut name = column.clone();
        let mut number = 2;
        while names.contains(&name) {
            name = format!("{column}_{number}");
            number += 1;
        }
        names.push(name);
    }
    names
}
