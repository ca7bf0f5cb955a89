//! A life for people: the events at each snapshot, oldest first, like a log.
//!
//! A sign shows the kind of an event: `+` added, `-` removed, `~` changed, `?` not seen, `·` already present at the
//! first sight. Names come from directories with arbitrary content: a page treats them as plain text.

use std::io;

use super::words::lines;
use super::{Event, EventKind, Life};
use crate::output::{Ink, Page};

/// The number of events of one kind that are listed one by one at one snapshot: an account may have thousands of
/// assignments.
const TOLD: usize = 20;

/// Writes the life.
pub fn write(page: &mut Page<'_>, life: &Life) -> io::Result<()> {
    let name = life.name.as_deref().map(|name| format!("{name} ")).unwrap_or_default();
    let end = life.gone_at.as_deref().map(|time| format!(", gone by {time}")).unwrap_or_default();
    page.line(Ink::Plain, &format!("{} {name}({}){end}", life.kind.spec().noun, life.id))?;
    for of_snapshot in life.events.chunk_by(|one, other| one.snapshot_id == other.snapshot_id) {
        let first = &of_snapshot[0];
        page.blank()?;
        page.line(Ink::Plain, &format!("{}  snapshot {}", first.seen_at, first.snapshot_id))?;
        let alike = |one: &Event, other: &Event| (one.resource, one.kind) == (other.resource, other.kind);
        for of_kind in of_snapshot.chunk_by(alike) {
            write_alike(page, life, of_kind)?;
        }
    }
    Ok(())
}

fn write_alike(page: &mut Page<'_>, life: &Life, events: &[Event]) -> io::Result<()> {
    for event in events.iter().take(TOLD) {
        for line in lines(life.kind, event) {
            page.line(Ink::Plain, &format!("  {} {line}", sign(event.kind)))?;
        }
    }
    match events.len().checked_sub(TOLD) {
        None | Some(0) => Ok(()),
        Some(rest) => {
            let resource = events[0].resource;
            let more = format!("    … and {rest} more of {resource}: --format csv tells them all");
            page.line(Ink::Plain, &more)
        }
    }
}

fn sign(kind: EventKind) -> char {
    match kind {
        EventKind::FirstSeen => '·',
        EventKind::Added => '+',
        EventKind::Changed => '~',
        EventKind::Removed => '-',
        EventKind::NotSeen => '?',
    }
}
