//! JSON: one array of objects, or one object per line.
//!
//! Integers and reals are numbers, NULL is null, text is a string, and a blob is a string of hexadecimal digits. A
//! column declared as JSON is written as the JSON that it contains. Text that is not JSON, or that has a key twice in
//! one object, stays a string.

use std::io::Write;

use rusqlite::types::ValueRef;
use serde_json::Value;

use super::column::OutputColumn;
use super::destination::write_error;
use super::format::RowSink;
use crate::digest::hexadecimal;
use crate::error::Result;
use crate::json_keys::check;

/// The shape of the JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// `[{…},{…}]`, with one object per line to be readable.
    Array,
    /// `{…}` per line.
    Lines,
}

/// Writes JSON as the rows arrive.
pub struct JsonSink<W: Write> {
    sink: W,
    shape: Shape,
    /// Every column's name as JSON, with the colon.
    names: Vec<String>,
    /// True for each column that contains JSON.
    is_json: Vec<bool>,
    is_first: bool,
}

impl<W: Write> JsonSink<W> {
    /// Writes the text before the first row.
    pub fn begin(columns: &[OutputColumn], mut sink: W, shape: Shape) -> Result<Self> {
        if shape == Shape::Array {
            sink.write_all(b"[").map_err(write_error)?;
        }
        let names = distinct(columns).into_iter().map(|name| format!("{}:", Value::from(name))).collect();
        let is_json = columns.iter().map(OutputColumn::is_json).collect();
        Ok(Self { sink, shape, names, is_json, is_first: true })
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
            match value {
                ValueRef::Text(text) if self.is_json[position] && check(text).is_ok() => {
                    write_compact(&mut self.sink, text)?;
                }
                value => write_value(&mut self.sink, *value)?,
            }
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

/// Writes a value without copying it: most of an answer is text.
fn write_value(sink: &mut impl Write, value: ValueRef<'_>) -> std::io::Result<()> {
    match value {
        ValueRef::Null => sink.write_all(b"null"),
        ValueRef::Integer(number) => write!(sink, "{number}"),
        // A number that JSON cannot represent becomes null.
        ValueRef::Real(number) => Ok(serde_json::to_writer(sink, &number)?),
        ValueRef::Text(bytes) => Ok(serde_json::to_writer(sink, &*String::from_utf8_lossy(bytes))?),
        ValueRef::Blob(bytes) => write!(sink, "\"{}\"", hexadecimal(bytes)),
    }
}

/// Writes JSON without the white space between its parts, which may include line feeds.
fn write_compact(sink: &mut impl Write, json: &[u8]) -> std::io::Result<()> {
    let (mut is_in_string, mut is_escaped, mut begun) = (false, false, 0);
    for (at, byte) in json.iter().enumerate() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_in_string => is_escaped = true,
            b'"' => is_in_string = !is_in_string,
            b' ' | b'\t' | b'\n' | b'\r' if !is_in_string => {
                sink.write_all(&json[begun..at])?;
                begun = at + 1;
            }
            _ => {}
        }
    }
    sink.write_all(&json[begun..])
}

/// Returns the names of the columns, with a number after every repeated name (`name`, `name_2`). With two members of
/// the same name, most JSON readers would lose the first one's values.
fn distinct(columns: &[OutputColumn]) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for OutputColumn { name: column, .. } in columns {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::ColumnKind;

    #[test]
    fn json_that_readers_read_apart_stays_a_string() {
        let column = OutputColumn { name: "held".to_owned(), kind: Some(ColumnKind::Json) };
        let written = |text: &str| {
            let mut out = Vec::new();
            let mut sink = JsonSink::begin(std::slice::from_ref(&column), &mut out, Shape::Lines).unwrap();
            sink.row(&[ValueRef::Text(text.as_bytes())]).unwrap();
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written("{\"n\": 1e400,\n\"a\": \" \"}"), "{\"held\":{\"n\":1e400,\"a\":\" \"}}\n");
        for text in
            ["{\"n\": 1e400, \"a\": 1, \"a\": 2}", "[-1e999, {\"a\": 1, \"\\u0061\": 2}]", "[1e400", "1 2"]
        {
            assert_eq!(written(text), format!("{{\"held\":{}}}\n", Value::from(text)));
        }
    }
}
