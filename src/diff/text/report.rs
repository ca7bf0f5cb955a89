//! The content of a diff's report, before its layout: sections of entries with details. Text and Markdown are two forms
//! of the same report: `markdown` writes one, [`write_section`] the other, with a little colour on a terminal.

use std::io;

use crate::diff::change::ChangeKind;
use crate::output::{Ink, Page};

/// A heading with its entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub heading: String,
    pub entries: Vec<Entry>,
    /// The omitted part, and the command that shows it.
    pub rest: Vec<String>,
}

impl Section {
    /// Returns the number of lines if none is wrapped, including the empty one before the section.
    pub fn lines(&self) -> usize {
        2 + self.entries.iter().map(|entry| 1 + entry.details.len()).sum::<usize>() + self.rest.len()
    }
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub sign: ChangeKind,
    pub line: String,
    pub details: Vec<Detail>,
}

/// A line below an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    Plain(String),
    /// A cause; several may follow each other.
    Because(String),
    /// A remark.
    Aside(String),
}

/// The maximum width of a line: longer ones are wrapped between words.
const WIDTH: usize = 100;
/// The indentation of the lines below an entry, and below a cause.
const MARGIN: usize = 6;
const BELOW_CAUSE: usize = 15;

/// Writes a section after an empty line.
pub fn write_section(page: &mut Page<'_>, section: &Section) -> io::Result<()> {
    page.blank()?;
    page.line(Ink::Bold, &section.heading)?;
    for entry in &section.entries {
        write_entry(page, entry)?;
    }
    // A command to type stays on one line.
    section.rest.iter().try_for_each(|rest| page.line(Ink::Faint, &format!("  {rest}")))
}

fn write_entry(page: &mut Page<'_>, entry: &Entry) -> io::Result<()> {
    let mut line = |ink, text: &str, margin| page.wrapped(ink, text, margin, WIDTH);
    let (ink, sign) = match entry.sign {
        ChangeKind::Added => (Ink::Green, '+'),
        ChangeKind::Removed => (Ink::Red, '-'),
        ChangeKind::Changed => (Ink::Yellow, '~'),
        ChangeKind::Unknown => (Ink::Magenta, '?'),
    };
    line(ink, &format!("  {sign} {}", entry.line), MARGIN)?;
    let mut is_first_cause = true;
    for detail in &entry.details {
        match detail {
            Detail::Plain(text) => line(Ink::Plain, &format!("      {text}"), MARGIN)?,
            Detail::Aside(text) => line(Ink::Faint, &format!("      {text}"), MARGIN)?,
            Detail::Because(text) => {
                let word = if std::mem::take(&mut is_first_cause) { "because: " } else { "         " };
                line(Ink::Plain, &format!("      {word}{text}"), BELOW_CAUSE)?;
            }
        }
    }
    Ok(())
}
