//! Writes a report as Markdown, for a pull request or a ticket: headings, a table of numbers, nested lists.

use std::io::{self, Write};

use super::super::change::{ChangeKind, Diff};
use super::super::steps::Between;
use super::report::{Detail, Section};
use super::{Body, TextOptions, body, facts, summary};
use crate::output::escaped_markdown as escaped;

/// Writes the diff.
pub fn write(out: &mut dyn Write, diff: &Diff, options: TextOptions<'_>) -> io::Result<()> {
    let (from, to) = (facts(&diff.from, "Snapshot "), facts(&diff.to, "snapshot "));
    writeln!(out, "## {} → {}\n", escaped(&from), escaped(&to))?;
    let body = body(diff, options);
    write_summary(out, diff, options.between, &body)?;
    body.sections.iter().try_for_each(|section| write_section(out, section))
}

fn write_summary(out: &mut dyn Write, diff: &Diff, between: Between, body: &Body) -> io::Result<()> {
    let summary = summary(diff, between, body);
    if let Some(words) = summary.words {
        writeln!(out, "{}", escaped(words))?;
    }
    if !summary.counts.is_empty() {
        // A table needs an empty line before it.
        if summary.words.is_some() {
            writeln!(out)?;
        }
        writeln!(out, "| what | changes |\n| --- | --- |")?;
        for (what, counts) in &summary.counts {
            writeln!(out, "| {} | {} |", escaped(what), escaped(counts))?;
        }
    }
    if let Some(also) = summary.also {
        writeln!(out, "\n{}", escaped(&also))?;
    }
    if !summary.meanings.is_empty() {
        writeln!(out)?;
    }
    summary.meanings.iter().try_for_each(|meaning| writeln!(out, "*{}*  ", escaped(meaning)))
}

fn write_section(out: &mut dyn Write, section: &Section) -> io::Result<()> {
    writeln!(out, "\n### {}\n", escaped(&section.heading))?;
    for entry in &section.entries {
        let sign = match entry.sign {
            ChangeKind::Added => "+",
            ChangeKind::Removed => "-",
            ChangeKind::Changed => "~",
            ChangeKind::Unknown => "?",
        };
        writeln!(out, "- `{sign}` {}", escaped(&entry.line))?;
        for detail in &entry.details {
            match detail {
                Detail::Plain(text) => writeln!(out, "  - {}", escaped(text))?,
                Detail::Because(text) => writeln!(out, "  - because {}", escaped(text))?,
                Detail::Aside(text) => writeln!(out, "  - *{}*", escaped(text))?,
            }
        }
    }
    section.rest.iter().try_for_each(|rest| writeln!(out, "- {}", escaped(rest)))
}
