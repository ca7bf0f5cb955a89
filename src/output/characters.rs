//! The characters that a person cannot see, or that a terminal would interpret.

/// Returns true if a character must be written as an escape where people read.
///
/// This includes characters that a terminal interprets instead of showing (control characters, bidirectional controls,
/// line and paragraph separators). It also includes characters that show nothing, or only a space, so that two
/// different names would look the same: the zero-width characters of category Cf, Unicode's default ignorable
/// characters, and spaces other than the common one and the wide one of East Asian text.
pub(super) fn is_hidden(character: char) -> bool {
    match character {
        ' '..='~' => false,
        '\0'..='\u{a0}' => true,
        _ => {
            let of = HIDDEN.partition_point(|(first, _)| *first <= character);
            of > 0 && character <= HIDDEN[of - 1].1
        }
    }
}

/// The ranges of hidden characters beyond the control characters, in order. A test compares them with Unicode's own
/// tables.
const HIDDEN: &[(char, char)] = &[
    ('\u{ad}', '\u{ad}'),
    ('\u{34f}', '\u{34f}'),
    ('\u{61c}', '\u{61c}'),
    ('\u{115f}', '\u{1160}'),
    ('\u{1680}', '\u{1680}'),
    ('\u{17b4}', '\u{17b5}'),
    ('\u{180b}', '\u{180f}'),
    ('\u{2000}', '\u{200f}'),
    ('\u{2028}', '\u{202f}'),
    ('\u{205f}', '\u{206f}'),
    // A braille cell without a dot.
    ('\u{2800}', '\u{2800}'),
    ('\u{3164}', '\u{3164}'),
    ('\u{fe00}', '\u{fe0f}'),
    ('\u{feff}', '\u{feff}'),
    ('\u{ffa0}', '\u{ffa0}'),
    ('\u{fff0}', '\u{fffb}'),
    ('\u{13430}', '\u{1343f}'),
    ('\u{1bca0}', '\u{1bca3}'),
    ('\u{1d173}', '\u{1d17a}'),
    ('\u{e0000}', '\u{e0fff}'),
];

#[cfg(test)]
mod tests {
    use regex_syntax::hir::{Class, HirKind};

    use super::*;

    /// Returns the characters of a class such as `\p{Cf}`, by Unicode's tables.
    fn class(pattern: &str) -> Vec<char> {
        match regex_syntax::parse(pattern).unwrap().into_kind() {
            HirKind::Class(Class::Unicode(class)) => {
                class.ranges().iter().flat_map(|range| range.start()..=range.end()).collect()
            }
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_unicode_calls_invisible_is_hidden() {
        // The signs before Arabic, Syriac or Kaithi digits are visible, although they are in category Cf.
        let visible = r"[\p{Cf}\p{Default_Ignorable_Code_Point}--\p{Prepended_Concatenation_Mark}]";
        let spaces = r"[\p{Cc}\p{Zl}\p{Zp}\p{Zs}--[\x20\u3000]]";
        let mut hidden = [class(visible), class(spaces), vec!['\u{2800}']].concat();
        hidden.sort_unstable();
        hidden.dedup();
        let all = '\0'..=char::MAX;
        let is_listed = |one: &char| hidden.binary_search(one).is_ok();
        let wrong: Vec<char> = all.filter(|one| is_hidden(*one) != is_listed(one)).collect();
        assert!(wrong.iter().all(|one| ('\u{fff0}'..='\u{fff8}').contains(one)), "{wrong:?}");
    }

    #[test]
    fn letters_of_any_script_are_shown() {
        for text in ["Zoë", "田中　太郎", "🦀", "محمد ١٢٣", "Ωμέγα", "e\u{301}", "=cmd \"x\"", "\u{600}"]
        {
            assert!(!text.chars().any(is_hidden), "{text}");
        }
    }
}
