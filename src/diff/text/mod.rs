//! A diff for people: first how much, then who gained or lost access and why, then the rows, then what could
//! not be seen.
//!
//! As readable without colour as with it. Names come from directories that anybody may have filled, so every
//! one is neutralised (`output::text`). It writes to whatever it is given, and asks the database nothing.

mod access;
mod paint;
mod rows;

use std::collections::BTreeMap;
use std::io::{self, Write};

use super::change::{AccessChangeKind, ChangeKind, Diff, SnapshotFacts};
use super::steps::Between;
use crate::output::text::one_line;
pub(super) use paint::Paint;

/// How the text is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextOptions<'o> {
    /// Whether changes are coloured.
    pub is_colored: bool,
    /// What came and went between, where it was counted.
    pub between: Between,
    /// How many rows of a resource are told one by one; `None` for all of them.
    pub rows: Option<usize>,
    /// What else the command that lists all of them needs, each option after a space.
    pub options: &'o str,
}

/// Writes the diff.
pub fn write(out: &mut dyn Write, diff: &Diff, options: TextOptions<'_>) -> io::Result<()> {
    let paint = Paint { is_colored: options.is_colored };
    writeln!(
        out,
        "{}",
        paint.heading(&format!("{} → {}", facts(&diff.from, "snapshot "), facts(&diff.to, "")))
    )?;
    writeln!(out)?;
    summary(out, diff, options.between)?;
    access::write(out, diff, paint)?;
    rows::write_changes(out, diff, options, paint)?;
    rows::write_unknown(out, diff, paint)
}

/// `snapshot 41 (2026-11-17T02:00:00Z, complete)`.
fn facts(snapshot: &SnapshotFacts, word: &str) -> String {
    one_line(&format!("{word}{} ({}, {})", snapshot.snapshot_id, snapshot.completed_at, snapshot.status))
        .into_owned()
}

fn summary(out: &mut dyn Write, diff: &Diff, between: Between) -> io::Result<()> {
    if !diff.has_changes() {
        let words = if diff.has_unknowns() {
            "no change was seen, but not everything was"
        } else {
            "nothing changed"
        };
        writeln!(out, "  {words}")?;
    }
    let mut access: BTreeMap<AccessChangeKind, u64> = BTreeMap::new();
    for change in &diff.access_changes {
        *access.entry(change.change).or_default() += 1;
    }
    if !access.is_empty() {
        let counts: Vec<String> = access.iter().map(|(kind, n)| format!("{n} {}", kind.as_str())).collect();
        writeln!(out, "  {:28} {}", "access", counts.join(", "))?;
    }
    let mut resources: Vec<(&str, BTreeMap<ChangeKind, i64>)> = Vec::new();
    for change in &diff.changes {
        if resources.last().is_none_or(|(resource, _)| *resource != change.resource) {
            resources.push((change.resource, BTreeMap::new()));
        }
        let (_, counts) = resources.last_mut().expect("one was pushed");
        *counts.entry(change.change).or_default() += change.rows.unwrap_or(1);
    }
    for (resource, counts) in resources {
        let counts: Vec<String> = counts
            .iter()
            .map(|(kind, n)| match kind {
                ChangeKind::Unknown => format!("{n} not seen"),
                kind => format!("{n} {}", kind.as_str()),
            })
            .collect();
        writeln!(out, "  {resource:28} {}", counts.join(", "))?;
    }
    let mut also = Vec::new();
    if between.gained_and_lost > 0 {
        also.push(format!("{} gained and lost again", between.gained_and_lost));
    }
    if between.lost_and_gained > 0 {
        also.push(format!("{} lost and gained again", between.lost_and_gained));
    }
    if !also.is_empty() {
        writeln!(out, "  also {}: --steps", also.join(", "))?;
    }
    Ok(())
}
