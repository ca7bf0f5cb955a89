//! A telling as lines of text, with a little colour on a terminal.

use std::io;

use super::super::change::ChangeKind;
use super::report::{Detail, Entry, Section};
use crate::output::{Ink, Page};

/// Writes a section after an empty line.
pub fn write_section(page: &mut Page<'_>, section: &Section) -> io::Result<()> {
    page.blank()?;
    page.line(Ink::Bold, &section.heading)?;
    for entry in &section.entries {
        write_entry(page, entry)?;
    }
    section.rest.iter().try_for_each(|rest| page.line(Ink::Faint, &format!("  {rest}")))
}

fn write_entry(page: &mut Page<'_>, entry: &Entry) -> io::Result<()> {
    let (ink, sign) = match entry.sign {
        ChangeKind::Added => (Ink::Green, '+'),
        ChangeKind::Removed => (Ink::Red, '-'),
        ChangeKind::Changed => (Ink::Yellow, '~'),
        ChangeKind::Unknown => (Ink::Magenta, '?'),
    };
    page.line(ink, &format!("  {sign} {}", entry.line))?;
    let mut is_first_cause = true;
    for detail in &entry.details {
        match detail {
            Detail::Plain(text) => page.line(Ink::Plain, &format!("      {text}"))?,
            Detail::Aside(text) => page.line(Ink::Faint, &format!("      {text}"))?,
            Detail::Because(text) => {
                let word = if std::mem::take(&mut is_first_cause) { "because: " } else { "         " };
                page.line(Ink::Plain, &format!("      {word}{text}"))?;
            }
        }
    }
    Ok(())
}
