//! What a bench is asked on its command line: which of its parts, and values by name.

use std::str::FromStr;

/// The words after `--`.
pub struct Arguments(Vec<String>);

impl Arguments {
    /// As given, without what cargo adds.
    pub fn given() -> Self {
        Self(std::env::args().skip(1).filter(|argument| argument != "--bench").collect())
    }

    /// Whether one of `parts` is to run: all do where none is named.
    pub fn ask_for(&self, part: &str, parts: &[&str]) -> bool {
        let named = |part: &str| self.0.iter().any(|argument| argument == part);
        named(part) || !parts.iter().any(|part| named(part))
    }

    /// The word after `name`.
    pub fn text(&self, name: &str) -> Option<&str> {
        let at = self.0.iter().position(|argument| argument == name)?;
        self.0.get(at + 1).map(String::as_str)
    }

    /// The number after `name`, or else `otherwise`.
    pub fn number<T: FromStr>(&self, name: &str, otherwise: T) -> T {
        let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{name} takes a number"));
        self.text(name).map_or(otherwise, number)
    }
}
