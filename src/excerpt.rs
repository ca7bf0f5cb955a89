//! The beginning of a text from outside, which may have any length.

use std::borrow::Cow;

/// The maximum number of characters of an error's message that are kept and shown. AWS's longest known messages, which
/// repeat a signed request, have about 1,500.
pub const MESSAGE: usize = 2_000;
/// The maximum number of characters kept of a code, an id or another single word of a response.
pub const WORD: usize = 200;

/// Returns the text, cut to at most `most` characters. A cut text ends with an ellipsis, which is counted.
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
