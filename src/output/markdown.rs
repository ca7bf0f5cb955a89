//! Writes a Markdown table, for tickets and wikis, and escapes text for Markdown.

use std::io::Write;

use rusqlite::types::ValueRef;

use super::column::OutputColumn;
use super::destination::write_error;
use super::format::RowSink;
use super::text;
use crate::error::Result;

/// Writes a Markdown table as the rows arrive. Cells are not padded.
pub struct MarkdownSink<W: Write> {
    sink: W,
}

impl<W: Write> MarkdownSink<W> {
    /// Writes the header and the line below it.
    pub fn begin(columns: &[OutputColumn], mut sink: W) -> Result<Self> {
        let names: Vec<String> =
            columns.iter().map(|column| inert(&text::one_line(&column.name), TextPosition::Cell)).collect();
        write_line(&mut sink, &names)?;
        write_line(&mut sink, &vec!["---".to_owned(); columns.len()])?;
        Ok(Self { sink })
    }
}

impl<W: Write> RowSink for MarkdownSink<W> {
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()> {
        let cells: Vec<String> =
            values.iter().map(|value| inert(&text::of_value(*value), TextPosition::Cell)).collect();
        write_line(&mut self.sink, &cells)
    }

    fn finish(&mut self) -> Result<()> {
        self.sink.flush().map_err(write_error)
    }
}

fn write_line(sink: &mut impl Write, cells: &[String]) -> Result<()> {
    writeln!(sink, "| {} |", cells.join(" | ")).map_err(write_error)
}

/// Escapes everything in prose that Markdown or a terminal would interpret, so that names stay readable.
pub fn escaped(prose: &str) -> String {
    inert(&text::one_line(prose), TextPosition::Line)
}

/// The position of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TextPosition {
    /// In a table cell, which ends at a `|` even within code.
    Cell,
    /// At the beginning of a line or a list item, where a character may begin a list or a heading.
    Line,
}

/// Escapes text so that it contains no markup: no emphasis, link, image, code, HTML, list or formula.
///
/// GitHub and GitLab link addresses, `@names` and `#numbers` in the finished text, where escapes are gone. Only code is
/// exempt, so a word that contains one is written as code.
fn inert(text: &str, place: TextPosition) -> String {
    let mut written = String::with_capacity(text.len() + 8);
    for piece in text.split_inclusive(' ') {
        let word = piece.trim_end_matches(' ');
        let is_code_in_cell = place == TextPosition::Line || !word.contains("\\|");
        if is_linked(word) && is_code_in_cell {
            write_code(word, place, &mut written);
        } else {
            let is_first = place == TextPosition::Line && written.is_empty();
            write_word(word, is_first, &mut written);
        }
        written.push_str(&piece[word.len()..]);
    }
    written
}

/// Returns true if a renderer may turn part of the word into a link or a mention.
fn is_linked(word: &str) -> bool {
    let has_number = |at: usize| word[at + 1..].starts_with(char::is_alphanumeric);
    let has_www = || word.as_bytes().windows(4).any(|part| part.eq_ignore_ascii_case(b"www."));
    word.contains("://")
        || word.contains('@')
        || word.match_indices('#').any(|(at, _)| has_number(at))
        || has_www()
}

fn write_code(word: &str, place: TextPosition, out: &mut String) {
    let longest = word.split(|one| one != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let space = if word.starts_with('`') || word.ends_with('`') { " " } else { "" };
    let word = if place == TextPosition::Cell { word.replace('|', "\\|") } else { word.to_owned() };
    out.extend([&fence, space, &word, space, &fence]);
}

fn write_word(word: &str, is_first: bool, out: &mut String) {
    let digits = word.len() - word.trim_start_matches(|one: char| one.is_ascii_digit()).len();
    let mut before = ' ';
    let mut characters = word.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        // An underscore within a word is not markup.
        let is_inside =
            before.is_alphanumeric() && characters.peek().is_some_and(|(_, next)| next.is_alphanumeric());
        match character {
            '<' => out.push_str("&lt;"),
            '&' => out.push_str("&amp;"),
            '_' if is_inside => out.push(character),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '~' | '$' | '@' => out.extend(['\\', character]),
            '+' | '-' | '#' | '>' | '=' if is_first && at == 0 => out.extend(['\\', character]),
            '.' | ')' if is_first && at > 0 && at == digits => out.extend(['\\', character]),
            ':' if word[at..].starts_with("://") => out.push_str("\\:"),
            _ => out.push(character),
        }
        before = character;
    }
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
        assert_eq!(escaped("<b>&\u{1b}[2J"), "&lt;b>&amp;\\\\u{1b}\\[2J");
        assert_eq!(escaped("1. first"), "1\\. first");
        assert_eq!(escaped("12) and 3. of $x$"), "12\\) and 3. of \\$x\\$");
    }

    #[test]
    fn what_a_site_would_link_is_code() {
        for (text, prose, cell) in [
            ("https://a.example/x_y", "`https://a.example/x_y`", "`https://a.example/x_y`"),
            ("see WWW.a.example now", "see `WWW.a.example` now", "see `WWW.a.example` now"),
            ("@octocat", "`@octocat`", "`@octocat`"),
            ("ana@example.com", "`ana@example.com`", "`ana@example.com`"),
            ("prod #12", "prod `#12`", "prod `#12`"),
            ("`@a`", "`` `@a` ``", "`` `@a` ``"),
            ("a|@b", "`a|@b`", "`a\\|@b`"),
            ("a\\|@b", "`a\\|@b`", "a\\\\\\|\\@b"),
            ("# 1", "\\# 1", "# 1"),
            ("a ``b`` @c``d", "a \\`\\`b\\`\\` ```@c``d```", "a \\`\\`b\\`\\` ```@c``d```"),
        ] {
            assert_eq!(escaped(text), prose, "{text}");
            assert_eq!(inert(text, TextPosition::Cell), cell, "{text}");
        }
    }

    #[test]
    fn a_policy_keeps_its_stars() {
        let policy = r#"{"Action":"*","Resource":"*"}"#;
        assert_eq!(inert(policy, TextPosition::Cell), r#"{"Action":"\*","Resource":"\*"}"#);
    }
}
