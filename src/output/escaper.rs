//! The filter between all output and a terminal.

use std::io::{self, Write};

use super::characters::is_hidden;
use super::text::write_out;

/// The form in which a hidden character is escaped.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// The form of `output::text`.
    #[default]
    Text,
    /// The form of a JSON string, so that text copied from the terminal is still the same JSON.
    Json,
}

/// Passes bytes on, with every hidden character except a line feed escaped, and bytes that are not UTF-8 replaced.
#[derive(Debug, Default)]
pub(super) struct Escaper {
    pub form: Form,
    /// The first bytes of a character whose other bytes have not arrived.
    begun: Vec<u8>,
}

impl Escaper {
    /// Writes all complete characters.
    pub fn pass(&mut self, bytes: &[u8], out: &mut impl Write) -> io::Result<()> {
        let mut all = std::mem::take(&mut self.begun);
        all.extend_from_slice(bytes);
        let mut rest = all.as_slice();
        let mut escaped = String::with_capacity(rest.len() + 8);
        loop {
            match std::str::from_utf8(rest) {
                Ok(text) => break self.escape(text, &mut escaped),
                Err(error) => {
                    let (valid, after) = rest.split_at(error.valid_up_to());
                    self.escape(&String::from_utf8_lossy(valid), &mut escaped);
                    let Some(length) = error.error_len() else {
                        self.begun = after.to_vec();
                        break;
                    };
                    escaped.push(char::REPLACEMENT_CHARACTER);
                    rest = &after[length..];
                }
            }
        }
        out.write_all(escaped.as_bytes())
    }

    fn escape(&self, text: &str, out: &mut String) {
        for character in text.chars() {
            match self.form {
                _ if character == '\n' || !is_hidden(character) => out.push(character),
                Form::Text => write_out(character, out),
                Form::Json => {
                    for unit in character.encode_utf16(&mut [0; 2]) {
                        out.push_str(&format!("\\u{unit:04x}"));
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn passed(form: Form, bytes: &[u8], piece: usize) -> String {
        let (mut escaper, mut out) = (Escaper { form, ..Escaper::default() }, Vec::new());
        bytes.chunks(piece).for_each(|bytes| escaper.pass(bytes, &mut out).unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_stays_the_same_json() {
        let value = serde_json::json!({"a\u{9b}": "\u{7f}\u{202e}\u{61c}\u{200b}\u{e0041}\u{ad}é🦀\n\\u"});
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            for piece in [1, 2, 3, 1_000] {
                let shown = passed(Form::Json, json.as_bytes(), piece);
                assert!(!shown.chars().any(|one| one != '\n' && is_hidden(one)), "{shown}");
                assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).unwrap(), value);
            }
        }
    }

    #[test]
    fn nothing_hidden_passes_in_pieces_of_any_length() {
        let text = "a\u{1b}[2J\u{9b}é\u{202e}\r\n🦀\u{feff}";
        for piece in 1..9 {
            assert_eq!(
                passed(Form::Text, text.as_bytes(), piece),
                "a\\u{1b}[2J\\u{9b}é\\u{202e}\\r\n🦀\\u{feff}"
            );
        }
        assert_eq!(passed(Form::Text, b"a\x9b\xffb", 1), "a\u{fffd}\u{fffd}b");
    }
}
