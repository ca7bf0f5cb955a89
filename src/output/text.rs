//! What may be shown on a terminal, and how everything else is written instead.
//!
//! Names come from directories that anybody may have filled: an escape sequence in a display name must not
//! reach the terminal, and a right-to-left override must not rearrange a line of evidence. In files the data
//! stays as it is; this is for tables and for words only.

use std::borrow::Cow;
use std::fmt::Write as _;

use rusqlite::types::ValueRef;

use crate::digest::hexadecimal;

/// `text` on one line, with every character that a terminal would obey written out: `\n`, `\x1b`,
/// `\u{202e}`.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, is_obeyed)
}

/// Like [`one_line`], but keeps line feeds: for messages that have several lines of their own.
pub fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| character != '\n' && is_obeyed(character))
}

/// A value as a person reads it: NULL is `-`, and text that would look like NULL or like nothing is quoted.
/// Blobs are hexadecimal, `x'…'`, as SQL writes them.
pub fn of_value(value: ValueRef<'_>) -> Cow<'static, str> {
    match value {
        ValueRef::Null => Cow::Borrowed("-"),
        ValueRef::Integer(number) => Cow::Owned(number.to_string()),
        ValueRef::Real(number) => Cow::Owned(format!("{number:?}")),
        ValueRef::Text(b"") => Cow::Borrowed("\"\""),
        ValueRef::Text(b"-") => Cow::Borrowed("\"-\""),
        ValueRef::Text(bytes) => Cow::Owned(one_line(&String::from_utf8_lossy(bytes)).into_owned()),
        ValueRef::Blob(bytes) => Cow::Owned(format!("x'{}'", hexadecimal(bytes))),
    }
}

/// A word of a command as a shell reads it back.
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |one: char| one.is_alphanumeric() || "-_./:@+=,".contains(one);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")))
}

fn escape(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.chars().any(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        match character {
            _ if !is_escaped(character) => escaped.push(character),
            '\n' => escaped.push_str("\\n"),
            '\r' => escaped.push_str("\\r"),
            '\t' => escaped.push_str("\\t"),
            _ if u32::from(character) <= 0xff => {
                let _ = write!(escaped, "\\x{:02x}", u32::from(character));
            }
            _ => {
                let _ = write!(escaped, "\\u{{{:x}}}", u32::from(character));
            }
        }
    }
    Cow::Owned(escaped)
}

/// Whether a terminal would do something with the character instead of showing it: control characters of
/// both sets, line and paragraph separators, and the bidirectional controls.
fn is_obeyed(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_written_out() {
        assert_eq!(one_line("a\u{1b}[31mred\n\t\u{9b}2J\u{7f}"), "a\\x1b[31mred\\n\\t\\x9b2J\\x7f");
        assert_eq!(one_line("abc\u{202e}txt"), "abc\\u{202e}txt");
        assert_eq!(lines("a\nb\r"), "a\nb\\r");
    }

    #[test]
    fn ordinary_text_of_any_script_is_untouched() {
        assert!(matches!(one_line("Zoë 🦀 田中, =cmd \"x\""), Cow::Borrowed(_)));
    }

    #[test]
    fn null_and_text_that_looks_like_it_differ() {
        assert_eq!(of_value(ValueRef::Null), "-");
        assert_eq!(of_value(ValueRef::Text(b"-")), "\"-\"");
        assert_eq!(of_value(ValueRef::Text(b"")), "\"\"");
        assert_eq!(of_value(ValueRef::Blob(&[0, 255])), "x'00ff'");
        assert_eq!(of_value(ValueRef::Real(1.0)), "1.0");
    }
}
