//! The few colours of a diff. Colour only repeats what a sign or a word says.

use super::super::change::ChangeKind;

/// Colours text, or leaves it as it is.
#[derive(Debug, Clone, Copy)]
pub struct Paint {
    pub is_colored: bool,
}

impl Paint {
    pub fn heading(self, text: &str) -> String {
        self.with("1", text)
    }

    pub fn aside(self, text: &str) -> String {
        self.with("2", text)
    }

    /// A line about something that happened, with its sign before it.
    pub fn entry(self, change: ChangeKind, text: &str) -> String {
        match change {
            ChangeKind::Added => self.with("32", &format!("+ {text}")),
            ChangeKind::Removed => self.with("31", &format!("- {text}")),
            ChangeKind::Changed => self.with("33", &format!("~ {text}")),
            ChangeKind::Unknown => self.with("35", &format!("? {text}")),
        }
    }

    fn with(self, code: &str, text: &str) -> String {
        if self.is_colored { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
}
