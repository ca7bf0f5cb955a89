//! Lines of text for people, with a little colour on a terminal.

use std::io::{self, Write};

use unicode_width::UnicodeWidthStr;

use super::text::one_line;

/// The few colours of a text. Colour only repeats what a sign or a word says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ink {
    /// The terminal's own.
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
    /// A row or scope of which nothing can be said.
    Magenta,
}

/// Takes text by the line, and writes each as one: whatever names it holds, none can begin a line of its own, give a
/// terminal an order, or colour anything. Who writes for people is handed a page, and nothing else to write to.
pub struct Page<'w> {
    out: &'w mut dyn Write,
    is_colored: bool,
}

impl<'w> Page<'w> {
    /// Begins a page on anything but a terminal; of one, `Destination::page` does.
    pub fn new(out: &'w mut dyn Write, is_colored: bool) -> Self {
        Self { out, is_colored }
    }

    /// Writes a line; the text may be indented.
    pub fn line(&mut self, ink: Ink, text: &str) -> io::Result<()> {
        let inner = text.trim_start_matches(' ');
        self.written(ink, text.len() - inner.len(), &one_line(inner))
    }

    /// Writes a line that is escaped already.
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

    /// Writes a text in lines of at most `width` columns, broken between words; those that follow are indented by
    /// `margin`, the first by as much as it is.
    pub fn wrapped(&mut self, ink: Ink, text: &str, margin: usize, width: usize) -> io::Result<()> {
        let inner = text.trim_start_matches(' ');
        // As wide as it is written, which may be wider than what was handed over.
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
