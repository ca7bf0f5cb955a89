//! The few colours of a diff. Colour only repeats what a sign or a word says.

use super::super::change::ChangeKind;

/// Colours text, or leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    pub is_colored: bool,
}

impl Paint {
    pub fn heading(self, text: &str) -> String {
        self.with("1", text.to_owned())
    }

    pub fn aside(self, text: &str) -> String {
        self.with("2", text.to_owned())
    }

    /// A line about something that happened, with its sign before it.
    pub fn entry(self, change: ChangeKind, text: &str) -> String {
        let (code, sign) = match change {
            ChangeKind::Added => ("32", "+ "),
            ChangeKind::Removed => ("31", "- "),
            ChangeKind::Changed => ("33", "~ "),
            ChangeKind::Unknown => ("35", "? "),
        };
        self.with(code, [sign, text].concat())
    }

    fn with(self, code: &str, text: String) -> String {
        if self.is_colored { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text }
    }
}
