//! A telling as lines of text, with a little colour on a terminal.

use std::io::{self, Write};

use super::Paint;
use super::telling::{Detail, Entry, Section};
use crate::output::text::one_line;

/// Writes a section after an empty line.
pub fn write_section(out: &mut dyn Write, section: &Section, paint: Paint) -> io::Result<()> {
    writeln!(out, "\n{}", paint.heading(&one_line(&section.heading)))?;
    for entry in &section.entries {
        write_entry(out, entry, paint)?;
    }
    for rest in &section.rest {
        writeln!(out, "  {}", paint.aside(&one_line(rest)))?;
    }
    Ok(())
}

fn write_entry(out: &mut dyn Write, entry: &Entry, paint: Paint) -> io::Result<()> {
    writeln!(out, "  {}", paint.entry(entry.sign, &one_line(&entry.line)))?;
    let mut is_first_cause = true;
    for detail in &entry.details {
        match detail {
            Detail::Plain(text) => writeln!(out, "      {}", one_line(text))?,
            Detail::Aside(text) => writeln!(out, "      {}", paint.aside(&one_line(text)))?,
            Detail::Because(text) => {
                let word = if std::mem::take(&mut is_first_cause) { "because: " } else { "         " };
                writeln!(out, "      {word}{}", one_line(text))?;
            }
        }
    }
    Ok(())
}
