//! Finds the flaw that keeps a value from being sent in a header. Its description does not repeat the value, which may
//! be a secret.

use std::fmt;

/// The reason why a value cannot be sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flaw {
    Empty,
    /// A carriage return at its end.
    CarriageReturn,
    /// A character other than visible ASCII.
    Character(char),
}

/// Returns the flaw that keeps the value from being sent, if any. Keys, tokens, Regions and URLs are visible ASCII; any
/// other character came in by copying or from a file.
pub fn flaw_of(value: &str) -> Option<Flaw> {
    if value.is_empty() {
        return Some(Flaw::Empty);
    }
    let odd = value.chars().find(|character| !character.is_ascii_graphic())?;
    let is_line_end = value.trim_end_matches(['\r', '\n']).chars().all(|one| one.is_ascii_graphic());
    Some(if is_line_end && value.contains('\r') { Flaw::CarriageReturn } else { Flaw::Character(odd) })
}

impl Flaw {
    /// Returns the remedy.
    pub fn remedy(self) -> &'static str {
        match self {
            Self::Empty => "set it, or remove it",
            Self::CarriageReturn => {
                "a file with Windows line endings is the usual cause: remove its carriage returns, e.g. \
                 sed -i 's/\\r$//' FILE"
            }
            Self::Character(_) => "set it again without that character; it may have come with a copied text",
        }
    }
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => f.write_str("is empty"),
            Self::CarriageReturn => f.write_str("ends with a carriage return (CR)"),
            Self::Character(' ') => f.write_str("holds a space"),
            Self::Character('\n') => f.write_str("holds a line feed"),
            Self::Character('\r') => f.write_str("holds a carriage return (CR)"),
            Self::Character('\t') => f.write_str("holds a tab"),
            Self::Character(odd) if odd.is_control() => {
                write!(f, "holds a control character (U+{:04X})", u32::from(*odd))
            }
            Self::Character(odd) => write!(f, "holds U+{:04X}, which is not ASCII", u32::from(*odd)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flaw_is_told_without_the_value() {
        let told = |value: &str| flaw_of(value).map(|flaw| flaw.to_string());
        assert_eq!(told("AKIA/+="), None);
        assert_eq!(told("").as_deref(), Some("is empty"));
        for value in ["AKIA\r", "AKIA\r\n"] {
            assert_eq!(told(value).as_deref(), Some("ends with a carriage return (CR)"));
        }
        assert_eq!(told("AK\rIA").as_deref(), Some("holds a carriage return (CR)"));
        assert_eq!(told("AKIA\n").as_deref(), Some("holds a line feed"));
        assert_eq!(told("AKIA ").as_deref(), Some("holds a space"));
        assert_eq!(told("AK\u{0}IA").as_deref(), Some("holds a control character (U+0000)"));
        assert_eq!(told("\u{feff}AKIA").as_deref(), Some("holds U+FEFF, which is not ASCII"));
    }
}
