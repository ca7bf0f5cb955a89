//! The command line of a bench: the selected parts, and values by name.

use std::str::FromStr;

/// The words after `--`.
pub struct Arguments(Vec<String>);

impl Arguments {
    /// Returns the arguments as given, without those that cargo adds.
    pub fn given() -> Self {
        Self(std::env::args().skip(1).filter(|argument| argument != "--bench").collect())
    }

    /// Returns true if this one of `parts` is selected. Without a selection, all are.
    pub fn ask_for(&self, part: &str, parts: &[&str]) -> bool {
        let named = |part: &str| self.0.iter().any(|argument| argument == part);
        named(part) || !parts.iter().any(|part| named(part))
    }

    /// Returns the word after `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        let at = self.0.iter().position(|argument| argument == name)?;
        self.0.get(at + 1).map(String::as_str)
    }

    /// Returns the number after `name`, or else `otherwise`.
    pub fn number<T: FromStr>(&self, name: &str, otherwise: T) -> T {
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{name} takes a number"));
        self.text(name).map_or(otherwise, number)
    }
}
