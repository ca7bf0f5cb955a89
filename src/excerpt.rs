//! The beginning of a text from outside, which may be as long as it likes.

use std::borrow::Cow;

/// How many characters of an error's message are kept and shown. AWS's longest known ones, which repeat a signed
/// request, have about 1,500.
pub const MESSAGE: usize = 2_000;
/// How many characters of a code, an id or another single word of an answer are kept.
pub const WORD: usize = 200;

/// At most so many characters of a text; one that is cut ends with an ellipsis, which is counted.
pub fn excerpt(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        None => Cow::Borrowed(text),
        Some(_) => {
            let end = text.char_indices().nth(most - 1).map_or(0, |(position, _)| position);
            Cow::Owned(format!("{}…", &text[..end]))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        assert_eq!(excerpt("äöü", 3), "äöü");
        assert_eq!(excerpt("äöüß", 3), "äö…");
        assert_eq!(excerpt("", 3), "");
        assert_eq!(excerpt(&"🦀".repeat(5_000), MESSAGE).chars().count(), MESSAGE);
    }
}
