//! Wraps text to a width, without breaking a number, id or word.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// The width above which an unbreakable run is not an id but data, such as a key, and is broken at the end of the line.
const ID: u16 = 200;

/// The places where text may be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breaks {
    /// At white space, after the brackets and commas of a document, and beside characters of East Asian scripts.
    Data,
    /// At the same places, and after an underscore: for names of columns.
    Names,
    /// At white space alone: for messages.
    Words,
}

impl Breaks {
    fn is_after(self, character: char) -> bool {
        match character {
            _ if self == Self::Words => character == ' ',
            ' ' | ',' | ';' | '|' | '{' | '}' | '[' | ']' | '(' | ')' => true,
            '_' => self == Self::Names,
            _ => character.width().unwrap_or_default() > 1,
        }
    }
}

/// Returns the number of terminal columns that the text takes.
pub(super) fn width(text: &str) -> u16 {
    text.width().try_into().unwrap_or(u16::MAX)
}

/// Returns the width of the longest number, id or word.
pub(super) fn longest_token(text: &str, breaks: Breaks) -> u16 {
    tokens(text, breaks)
        .map(|token| width(token.trim_end_matches(' ')))
        .filter(|width| *width <= ID)
        .max()
        .unwrap_or(1)
}

/// Returns the lines. A line is wider than `room` only if a token is.
pub(super) fn wrapped(text: &str, room: u16, breaks: Breaks) -> Vec<&str> {
    let room = room.max(1);
    let (mut lines, mut start, mut end) = (Vec::new(), 0, 0);
    let mut finish = |start: usize, end: usize| lines.push(text[start..end].trim_end_matches(' '));
    for token in tokens(text, breaks) {
        let next = end + token.len();
        if end > start && width(text[start..next].trim_end_matches(' ')) > room {
            finish(start, end);
            start = end;
        }
        end = next;
        // A run that is longer than a line, and not an id, fills lines.
        while width(token) > ID && width(&text[start..end]) > room {
            let next = start + filled(&text[start..end], room);
            finish(start, next);
            start = next;
        }
    }
    if end > start || text.is_empty() {
        finish(start, end);
    }
    lines
}

/// Returns the number of bytes of the text that fill a line; at least one character.
fn filled(text: &str, room: u16) -> usize {
    let mut taken = 0;
    for (at, character) in text.char_indices() {
        taken += character.width().unwrap_or_default();
        if taken > usize::from(room) && at > 0 {
            return at;
        }
    }
    text.len()
}

/// Returns the parts between two breakable places, each with the spaces after it.
fn tokens(text: &str, breaks: Breaks) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut characters = rest.char_indices().peekable();
        while let Some((at, character)) = characters.next() {
            let after = at + character.len_utf8();
            let next = characters.peek().map(|(_, next)| *next);
            let is_end = match next {
                None => true,
                // Spaces and closing brackets stay with the preceding text.
                Some(' ' | ',' | ';' | '}' | ']' | ')') => false,
                Some(next) => breaks.is_after(character) || breaks.is_after(next) && next.width() > Some(1),
            };
            if is_end {
                let (token, others) = rest.split_at(after);
                rest = others;
                return Some(token);
            }
        }
        None
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_end_between_tokens() {
        for (text, room, lines) in [
            ("one two three", 7, &["one two", "three"][..]),
            ("arn:aws:iam::1:role/x y", 5, &["arn:aws:iam::1:role/x", "y"]),
            ("10000", 2, &["10000"]),
            ("", 5, &[""]),
            ("a  b", 10, &["a  b"]),
            (r#"{"a":["b","c"]}"#, 9, &[r#"{"a":["#, r#""b","c"]}"#]),
            ("田中太郎", 4, &["田中", "太郎"]),
            ("-0.5, 17", 4, &["-0.5,", "17"]),
        ] {
            assert_eq!(wrapped(text, room, Breaks::Data), lines, "{text}");
        }
        assert_eq!(wrapped("permission_set_name", 12, Breaks::Names), ["permission_", "set_name"]);
        let key = "x".repeat(500);
        assert!(wrapped(&key, 30, Breaks::Data).iter().all(|line| line.len() <= 30));
        assert_eq!(wrapped(&key, 30, Breaks::Data).concat(), key);
    }

    #[test]
    fn the_longest_token_is_what_a_column_needs() {
        assert_eq!(longest_token("2026-01-10T02:01:00.123Z or so", Breaks::Data), 24);
        assert_eq!(longest_token("permission_set_name", Breaks::Names), 11);
        assert_eq!(longest_token(&"x".repeat(500), Breaks::Data), 1);
    }
}
