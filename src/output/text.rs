//! Escapes text for people: no character is interpreted, and none is invisible.
//!
//! Names come from directories that anyone may have filled. An escape sequence in a display name must not reach the
//! terminal, a right-to-left override must not rearrange a line of evidence, a line feed must not forge a line, and two
//! different names must not look the same. In files, data stays exact.
//!
//! Every hidden character (`characters`) is escaped in the one form `\n`, `\r`, `\t`, `\0` or `\u{200b}`, as Rust's
//! `{:?}` does in quoted words. In a value, a backslash that would read as the beginning of such an escape is itself
//! escaped, so that no two values look the same.

use std::borrow::Cow;
use std::fmt::Write as _;

use rusqlite::types::ValueRef;

use super::characters::is_hidden;
use crate::digest::hexadecimal;

/// Escapes a value, or a line of values, on one line.
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, true)
}

/// Escapes a message on one line. Its quotations may already be escaped, so backslashes stay unchanged.
pub fn message(text: &str) -> Cow<'_, str> {
    escape(text, false)
}

/// The number of characters shown of one text. AWS's messages are shorter, and a damaged answer may be endless.
const MOST: usize = 2_000;

/// Truncates a text for people. A longer text ends in `…` and its length.
pub fn shortened(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(MOST) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{}… ({} bytes in all)", &text[..end], text.len())),
    }
}

/// Formats a value for people. NULL is `-`, and text that looks like NULL or is empty is quoted. White space at either
/// end is escaped. Blobs are hexadecimal, `x'…'`, as in SQL.
pub fn of_value(value: ValueRef<'_>) -> Cow<'static, str> {
    match value {
        ValueRef::Null => Cow::Borrowed("-"),
        ValueRef::Integer(number) => Cow::Owned(number.to_string()),
        ValueRef::Real(number) => Cow::Owned(format!("{number:?}")),
        ValueRef::Text(b"") => Cow::Borrowed("\"\""),
        ValueRef::Text(b"-") => Cow::Borrowed("\"-\""),
        ValueRef::Text(bytes) => {
            let text = String::from_utf8_lossy(bytes);
            let inner = text.trim_matches([' ', '\u{3000}']);
            let start = text.len() - text.trim_start_matches([' ', '\u{3000}']).len();
            let end = start.min(text.len()) + inner.len();
            let mut shown = String::with_capacity(text.len());
            text[..start].chars().for_each(|space| write_out(space, &mut shown));
            shown.push_str(&one_line(&text[start..end]));
            text[end..].chars().for_each(|space| write_out(space, &mut shown));
            Cow::Owned(shown)
        }
        ValueRef::Blob(bytes) => Cow::Owned(format!("x'{}'", hexadecimal(bytes))),
    }
}

/// Quotes a word of a command so that a shell reads it back.
pub fn shell_word(word: &str) -> Cow<'_, str> {
    let is_plain = |one: char| one.is_alphanumeric() || "-_./:@+=,".contains(one);
    if !word.is_empty() && word.chars().all(is_plain) {
        return Cow::Borrowed(word);
    }
    if !word.chars().any(is_hidden) {
        return Cow::Owned(format!("'{}'", word.replace('\'', "'\\''")));
    }
    // The quoting with escapes of bash, zsh and ksh; by bytes, because older versions do not support \u.
    let mut quoted = String::from("$'");
    for character in word.chars() {
        match character {
            '\'' | '\\' => quoted.extend(['\\', character]),
            _ if is_hidden(character) => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    let _ = write!(quoted, "\\x{byte:02x}");
                }
            }
            _ => quoted.push(character),
        }
    }
    quoted.push('\'');
    Cow::Owned(quoted)
}

/// Writes an option and its value so that a shell and the parser read them back. A value that begins with a dash needs
/// an equals sign in front, or it would be taken for another option.
pub fn shell_option(option: &str, value: &str) -> String {
    let between = if value.starts_with('-') { '=' } else { ' ' };
    format!("{option}{between}{}", shell_word(value))
}

fn escape(text: &str, is_value: bool) -> Cow<'_, str> {
    let reads_as_escape = |rest: &str| rest.starts_with(['n', 'r', 't', '0']) || rest.starts_with("u{");
    let is_kept = |(at, character): (usize, char)| match character {
        '\\' => !(is_value && reads_as_escape(&text[at + 1..])),
        _ => !is_hidden(character),
    };
    if text.char_indices().all(is_kept) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for (at, character) in text.char_indices() {
        match is_kept((at, character)) {
            true => escaped.push(character),
            false => write_out(character, &mut escaped),
        }
    }
    Cow::Owned(escaped)
}

/// Writes the escape of a hidden character.
pub(super) fn write_out(character: char, out: &mut String) {
    match character {
        '\n' => out.push_str("\\n"),
        '\r' => out.push_str("\\r"),
        '\t' => out.push_str("\\t"),
        '\0' => out.push_str("\\0"),
        _ => {
            let _ = write!(out, "\\u{{{:x}}}", u32::from(character));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn hidden_characters_are_written_out() {
        assert_eq!(one_line("a\u{1b}[31mred\n\t\u{9b}2J\u{7f}"), "a\\u{1b}[31mred\\n\\t\\u{9b}2J\\u{7f}");
        assert_eq!(one_line("abc\u{202e}txt\u{61c}\u{200b}"), "abc\\u{202e}txt\\u{61c}\\u{200b}");
        assert_eq!(message("\"a\\nb\"\nerror: c"), "\"a\\nb\"\\nerror: c");
    }

    #[test]
    fn what_nobody_reads_to_its_end_is_cut() {
        assert_eq!(shortened("a short one"), "a short one");
        assert_eq!(shortened(&"é".repeat(MOST)), "é".repeat(MOST));
        let long = "é".repeat(10_000_000);
        assert_eq!(shortened(&long), format!("{}… (20000000 bytes in all)", "é".repeat(MOST)));
    }

    #[test]
    fn ordinary_text_of_any_script_is_untouched() {
        assert!(matches!(one_line("Zoë 🦀 田中, =cmd \"x\" CORP\\ana \\\\host"), Cow::Borrowed(_)));
    }

    #[test]
    fn the_form_is_that_of_quoted_words() {
        for hidden in ["\n", "\r", "\t", "\0", "\u{1b}", "\u{200b}", "\u{e0041}", "\u{a0}", "\u{feff}"] {
            assert_eq!(format!("{hidden:?}"), format!("\"{}\"", one_line(hidden)));
        }
    }

    /// Parses an escaped value.
    fn read(shown: &str) -> String {
        let mut text = String::new();
        let mut rest = shown;
        while let Some(first) = rest.chars().next() {
            let plain = [("\\n", '\n'), ("\\r", '\r'), ("\\t", '\t'), ("\\0", '\0')];
            let found = plain.iter().find(|(form, _)| rest.starts_with(form));
            if let Some((form, character)) = found {
                text.push(*character);
                rest = &rest[form.len()..];
            } else if let Some((code, after)) = rest.strip_prefix("\\u{").and_then(|it| it.split_once('}')) {
                text.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
                rest = after;
            } else {
                text.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
        text
    }

    proptest! {
        #[test]
        fn no_two_values_are_written_alike(value in r"([ \\nrt0u{}b\n\u{200b}\u{1b}a-]|[^x]){0,12}") {
            prop_assert_eq!(read(&one_line(&value)), value.clone());
            let cell = of_value(ValueRef::Text(value.as_bytes()));
            prop_assert!(!cell.chars().any(is_hidden));
            if !matches!(value.as_str(), "" | "-") {
                prop_assert_eq!(read(&cell), value);
            }
        }
    }

    #[test]
    fn white_space_at_the_ends_is_seen() {
        assert_eq!(of_value(ValueRef::Text(b"Trail Space ")), "Trail Space\\u{20}");
        assert_eq!(of_value(ValueRef::Text(b" a  b")), "\\u{20}a  b");
        assert_eq!(of_value(ValueRef::Text(b"  ")), "\\u{20}\\u{20}");
    }

    #[test]
    fn null_and_text_that_looks_like_it_differ() {
        assert_eq!(of_value(ValueRef::Null), "-");
        assert_eq!(of_value(ValueRef::Text(b"-")), "\"-\"");
        assert_eq!(of_value(ValueRef::Text(b"")), "\"\"");
        assert_eq!(of_value(ValueRef::Blob(&[0, 255])), "x'00ff'");
        assert_eq!(of_value(ValueRef::Real(1.0)), "1.0");
    }

    #[test]
    fn a_shell_reads_back_what_is_printed() {
        for word in ["ana", "", "a b", "it's", "a\nb", "\u{202e}x\\y'z", "-x", "$HOME `id`", "Trail Space "] {
            let line = format!("printf %s {}", shell_word(word));
            let read = std::process::Command::new("bash").args(["-c", &line]).output().unwrap();
            let is_option = word.starts_with('-');
            assert!(is_option || String::from_utf8_lossy(&read.stdout) == word, "{line}");
            assert!(!line.chars().any(is_hidden), "{line}");
        }
        assert_eq!(shell_option("--user", "-x y"), "--user='-x y'");
        assert_eq!(shell_option("--user", "ana"), "--user ana");
    }
}
