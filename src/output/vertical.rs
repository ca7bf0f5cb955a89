//! Writes one value per line, row after row, for rows that are wider than any terminal.

use std::io::Write;

use rusqlite::types::ValueRef;

use super::column::OutputColumn;
use super::destination::write_error;
use super::format::RowSink;
use super::text;
use super::wrap::{Breaks, width, wrapped};
use crate::error::Result;

/// The space between a name and its value.
const GAP: u16 = 2;

/// Writes each row as lines of names and values, with an empty line between two rows. On a terminal, long values wrap
/// below their beginning.
pub struct VerticalSink<W: Write> {
    sink: W,
    names: Vec<String>,
    /// The number of characters that fit in a line; `None` if there is no terminal.
    room: Option<u16>,
    is_begun: bool,
}

impl<W: Write> VerticalSink<W> {
    /// Begins the output. Nothing is written before the first row.
    pub fn begin(columns: &[OutputColumn], sink: W, room: Option<u16>) -> Self {
        let widest =
            columns.iter().map(|column| width(&text::one_line(&column.name))).max().unwrap_or_default();
        let padded = |column: &OutputColumn| {
            let name = text::one_line(&column.name);
            format!("{name}{}", " ".repeat(usize::from(widest - width(&name) + GAP)))
        };
        Self { sink, names: columns.iter().map(padded).collect(), room, is_begun: false }
    }
}

impl<W: Write> RowSink for VerticalSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        let mut write = || {
            if std::mem::replace(&mut self.is_begun, true) {
                writeln!(self.sink)?;
            }
            for (name, value) in self.names.iter().zip(values) {
                let value = text::of_value(*value);
                let margin = width(name);
                let lines = match self.room {
                    Some(room) => wrapped(&value, room.saturating_sub(margin).max(1), Breaks::Data),
                    None => vec![&*value],
                };
                for (index, line) in lines.iter().enumerate() {
                    let before = if index == 0 { name } else { &" ".repeat(usize::from(margin)) };
                    writeln!(self.sink, "{before}{line}")?;
                }
            }
            Ok(())
        };
        write().map_err(write_error)
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.flush().map_err(write_error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(room: Option<u16>) -> String {
        let mut sink = Vec::new();
        let columns = ["name", "permission set"].map(OutputColumn::from);
        let mut vertical = VerticalSink::begin(&columns, &mut sink, room);
        for row in [["ana", "PowerUser of the whole team"], ["日本\u{1b}", "x"]] {
            vertical.row(&row.map(|text| ValueRef::Text(text.as_bytes()))).unwrap();
        }
        vertical.row(&[ValueRef::Null, ValueRef::Integer(7)]).unwrap();
        vertical.finish().unwrap();
        String::from_utf8(sink).unwrap()
    }

    #[test]
    fn each_value_has_a_line() {
        insta::assert_snapshot!(written(None), @r"
        name            ana
        permission set  PowerUser of the whole team

        name            日本\u{1b}
        permission set  x

        name            -
        permission set  7
        ");
    }

    #[test]
    fn on_a_terminal_a_long_value_goes_on_below() {
        let text = written(Some(32));
        assert!(text.contains("permission set  PowerUser of the\n                whole team\n"), "{text}");
    }
}
