//! Lines of text for people, with a few colours on a terminal.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::text::one_line;

/// The colours of a text. A colour only repeats the meaning of a sign or a word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// The terminal's own colour.
    Plain,
    /// A heading.
    Bold,
    /// An aside.
    Faint,
    /// An added row.
    Green,
    /// A removed row.
    Red,
    /// A changed row.
    Yellow,
    /// A row or scope whose state is unknown.
    Magenta,
}

/// Takes text line by line, and writes each as one line. A name in the text can never begin a line, send a control
/// sequence to a terminal, or change colours. Code that writes for people receives a page as its only output.
pub struct Page<'w> {
    out: &'w mut dyn Write,
    is_colored: bool,
}

impl<'w> Page<'w> {
    /// Begins a page, except on a terminal, where `Destination::page` does.
    pub fn new(out: &'w mut dyn Write, is_colored: bool) -> Self {
        Self { out, is_colored }
    }

    /// Writes a line. The text may be indented.
    pub fn line(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        let inner = text.trim_start_matches(' ');
        self.written(ink, text.len() - inner.len(), &one_line(inner))
    }

    /// Writes a line that is already escaped.
    fn written(&mut self, ink: Ink, indent: usize, inner: &str) -> io::Result<()> {
        let indent = " ".repeat(indent);
        let code = match ink {
            _ if !self.is_colored => None,
            Ink::Plain => None,
            Ink::Bold => Some("1"),
            Ink::Faint => Some("2"),
            Ink::Green => Some("32"),
            Ink::Red => Some("31"),
            Ink::Yellow => Some("33"),
            Ink::Magenta => Some("35"),
        };
        match code {
            None => writeln!(self.out, "{indent}{inner}"),
            Some(code) => writeln!(self.out, "{indent}\u{1b}[{code}m{inner}\u{1b}[0m"),
        }
    }

    /// Writes a text in lines of at most `width` columns, broken between words. The first line keeps its indentation,
    /// and the others are indented by `margin`.
    pub fn wrapped(&mut self, ink: Ink, text: &str, margin: usize, width: usize) -> io::Result<()> {
        let inner = text.trim_start_matches(' ');
        // The width of the escaped text, which may be longer than the given text.
        let (mut indent, escaped) = (text.len() - inner.len(), one_line(inner));
        let (mut line, mut column) = (String::new(), indent);
        for word in escaped.split(' ') {
            if !line.is_empty() && column + 1 + word.width() > width {
                self.written(ink, indent, &line)?;
                line.clear();
                (indent, column) = (margin, margin);
            }
            if !line.is_empty() {
                line.push(' ');
                column += 1;
            }
            line.push_str(word);
            column += word.width();
        }
        self.written(ink, indent, &line)
    }

    /// Writes an empty line.
    pub fn blank(&mut self) -> io::Result<()> {
        writeln!(self.out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_never_more_than_a_part_of_its_line() {
        let mut out = Vec::new();
        Page::new(&mut out, true).line(Ink::Green, "  + Eve\nerror: \u{1b}[2J").unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "  \u{1b}[32m+ Eve\\nerror: \\u{1b}[2J\u{1b}[0m\n");
    }
}
