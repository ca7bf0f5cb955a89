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

/// Prose with everything escaped that Markdown or a terminal would interpret, so that names read as they are.
pub fn escaped(prose: &str) -> String {
    let prose = text::one_line(prose);
    let mut escaped = String::with_capacity(prose.len() + 8);
    let mut before = ' ';
    let mut characters = prose.chars().peekable();
    while let Some(character) = characters.next() {
        let is_first = escaped.is_empty();
        // An underscore within a word is one.
        let is_inside =
            before.is_alphanumeric() && characters.peek().is_some_and(|next| next.is_alphanumeric());
        match character {
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '_' if is_inside => escaped.push(character),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' => escaped.extend(['\\', character]),
            '+' | '-' | '#' | '>' | '=' if is_first => escaped.extend(['\\', character]),
            _ => escaped.push(character),
        }
        before = character;
    }
    escaped
}

/// Text that Markdown takes neither for the end of the cell nor for HTML.
fn cell(shown: &str) -> String {
    shown.replace('\\', "\\\\").replace('|', "\\|").replace('<', "&lt;")
}

fn write_line(sink: &mut impl Write, cells: &[String]) -> Result<()> {
    writeln!(sink, "| {} |", cells.join(" | ")).map_err(write_error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_is_neither_marked_up_nor_obeyed() {
        assert_eq!(
            escaped("+ group_memberships of *Ops* | _x_"),
            "\\+ group_memberships of \\*Ops\\* \\| \\_x\\_"
        );
        assert_eq!(escaped("<b>&\u{1b}[2J"), "&lt;b>&amp;\\\\x1b\\[2J");
    }
}
