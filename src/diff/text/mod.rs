//! A diff for people: first a summary, then gained and lost access with the causes, then the rows, then the unseen
//! scopes. It has two forms: text ([`write()`]) and Markdown ([`write_markdown`]).
//!
//! The text is as readable without colour as with it. Names come from directories with arbitrary content: text is
//! written to a page and Markdown is escaped, so that a name is never interpreted. This module does not query the
//! database.
//!
//! `report` defines the content and writes it as text; `markdown` writes it as Markdown. `access`, `rows`,
//! `row_details` and `by` give all details; `brief` and `causes` give the short form.

mod access;
mod brief;
mod by;
pub(super) mod causes;
mod markdown;
mod report;
mod row_details;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::io;

use super::change::{AccessChangeKind, Change, ChangeKind, Diff, MatchedBy, Recreation, SnapshotFacts};
use super::steps::Between;
use crate::amounts::{counted, plural};
use crate::invocation;
use crate::model::{self, Entity};
use crate::output::{Ink, Page};
use crate::store::Record;
pub use by::Grouping;
pub use causes::{AccessByCause, NamedThing, by_cause};
pub use markdown::write as write_markdown;
use report::{Detail, Entry, Section};

/// The extent of the report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Extent {
    /// Only the numbers of changes.
    Numbers,
    /// A report that fits on a screen: many accesses by cause, many rows by number.
    Brief,
    /// Every access with its paths, and every row.
    #[default]
    Details,
}

/// The options of the text.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TextOptions<'o> {
    /// The extent of the report.
    pub extent: Extent,
    /// The grouping of the details.
    pub by: Grouping,
    /// The accesses that came and went in between, if they were counted.
    pub between: Between,
    /// The number of rows of a resource that are listed, without rows that only report use; `None` for all rows.
    pub rows: Option<usize>,
    /// Further options for the command that lists all rows, each after a space.
    pub options: &'o str,
}

/// Writes the diff as text.
pub fn write(page: &mut Page<'_>, diff: &Diff, options: TextOptions<'_>) -> io::Result<()> {
    let heading = format!("{} → {}", facts(&diff.from, "snapshot "), facts(&diff.to, ""));
    page.line(Ink::Bold, &heading)?;
    page.blank()?;
    let body = body(diff, options);
    let summary = summary(diff, options.between, &body);
    if let Some(words) = summary.words {
        page.line(Ink::Plain, &format!("  {words}"))?;
    }
    let width = summary.counts.iter().map(|(what, _)| what.len()).max().unwrap_or_default().max(28);
    for (what, counts) in &summary.counts {
        page.line(Ink::Plain, &format!("  {what:width$} {counts}"))?;
    }
    if let Some(also) = &summary.also {
        page.line(Ink::Plain, &format!("  {also}"))?;
    }
    for meaning in &summary.meanings {
        page.line(Ink::Faint, &format!("  {meaning}"))?;
    }
    body.sections.iter().try_for_each(|section| report::write_section(page, section))
}

/// A run of steps in which nothing changed.
#[derive(Debug, Clone)]
pub struct Unchanged {
    /// The snapshot with which the first step begins.
    pub from: SnapshotFacts,
    /// The snapshot with which the last step ends.
    pub to: SnapshotFacts,
    /// The number of steps in the run, each from one snapshot to the next.
    pub steps: usize,
    /// The number of rows of each resource in which only use is newer, added up over the steps.
    pub activity: BTreeMap<&'static str, usize>,
    /// The resources that one of the snapshots requested only in part.
    pub limited: BTreeSet<&'static str>,
}

/// Writes that nothing changed in a number of steps.
pub fn write_unchanged(page: &mut Page<'_>, unchanged: &Unchanged) -> io::Result<()> {
    let Unchanged { from, to, steps, activity: used, limited } = unchanged;
    let steps = if *steps == 1 { String::new() } else { format!(" in {steps} steps") };
    let ends = format!("{} → {}", facts(from, "snapshot "), facts(to, ""));
    let used = used.iter().filter_map(|(resource, rows)| {
        activity(resource, *rows).map(|words| format!("; {resource}: {words}"))
    });
    let limited: Vec<_> = limited.iter().copied().collect();
    let limited = match limited.as_slice() {
        [] => String::new(),
        limited => format!("; limited: {}", limited.join(", ")),
    };
    page.line(Ink::Plain, &format!("{ends}: nothing changed{steps}{}{limited}", used.collect::<String>()))
}

/// Returns `snapshot 41 (2026-11-17T02:00:00Z, complete)`.
fn facts(snapshot: &SnapshotFacts, word: &str) -> String {
    let synthetic = if snapshot.synthetic { ", synthetic" } else { "" };
    format!("{word}{} ({}, {}{synthetic})", snapshot.snapshot_id, snapshot.completed_at, snapshot.status)
}

/// The content below the summary.
#[derive(Default)]
struct Body {
    sections: Vec<Section>,
    /// True if the rows are counted there, and so need no count in the summary.
    counts_rows: bool,
}

/// Returns everything but the summary.
fn body(diff: &Diff, options: TextOptions<'_>) -> Body {
    // If the resource was not requested by name, its summary counts the rows in which only use is newer.
    let is_told = |change: &&Change| {
        change.change != ChangeKind::Unknown && (!change.activity || options.rows.is_none())
    };
    let known: Vec<&Change> = diff.changes.iter().filter(is_told).collect();
    let mut body = match options.extent {
        Extent::Numbers => return Body::default(),
        Extent::Brief => brief::body(diff, &known, options),
        Extent::Details => Body { sections: details(diff, &known, options), counts_rows: false },
    };
    body.sections.extend(rows::limited(diff));
    body.sections.retain(|section| !section.entries.is_empty());
    body
}

fn details(diff: &Diff, known: &[&Change], options: TextOptions<'_>) -> Vec<Section> {
    let recreated = recreated(&diff.recreations);
    let mut sections = match options.by.subject() {
        None => vec![access::section(&diff.access_changes), recreated],
        Some(_) => vec![recreated],
    };
    sections.extend(match options.by.subject() {
        None => rows::sections(diff, known, options),
        Some(kind) => by::sections(diff, known, kind, options),
    });
    sections.extend(rows::not_seen(diff));
    sections
}

/// Returns the command that shows more of the diff with these further options.
fn command(diff: &Diff, further: &str, options: TextOptions<'_>) -> String {
    let (from, to, options) = (diff.from.snapshot_id, diff.to.snapshot_id, options.options);
    invocation::command(format_args!("diff {from} {to}{further}{options}")).to_string()
}

/// Returns the section of entities that were deleted and created again under the same name.
fn recreated(recreations: &[Recreation]) -> Section {
    let entries = recreations.iter().map(|one| {
        let id = |key: &Record| key.values().filter_map(serde_json::Value::as_str).collect::<String>();
        let noun = Entity::of_resource(one.resource).map_or(one.resource, |entity| entity.spec().noun);
        let matched = match one.matched_by {
            MatchedBy::ExternalId => "same external id",
            MatchedBy::Name => "same name",
        };
        let mut details =
            vec![Detail::Plain(format!("{matched}: {} → {}", id(&one.before_key), id(&one.after_key)))];
        details.extend(one.dangling.iter().map(|assignment| {
            let seen = assignment.last_seen.map(|id| format!(", last seen in snapshot {id}"));
            let seen = seen.unwrap_or_default();
            Detail::Plain(format!("dangling, it gives no access: {}{seen}", assignment.label))
        }));
        let line = format!("{noun} {} was deleted and created again", one.label);
        Entry { sign: ChangeKind::Changed, line, details }
    });
    Section { heading: "recreated".to_owned(), entries: entries.collect(), rest: Vec::new() }
}

/// The numbers of changes, in words and numbers.
struct Summary {
    words: Option<&'static str>,
    counts: Vec<(String, String)>,
    also: Option<String>,
    /// The explanations of words in the summary.
    meanings: Vec<&'static str>,
}

/// Returns the summary above the body.
fn summary(diff: &Diff, between: Between, body: &Body) -> Summary {
    let words = match (diff.has_changes(), diff.has_unknowns()) {
        (true, _) => None,
        (_, true) => Some("no change was seen, but not everything was"),
        _ if !diff.limited.is_empty() => Some("no change was seen, but not everything was requested"),
        _ => Some("nothing changed"),
    };
    let mut also = Vec::new();
    if between.gained_and_lost > 0 {
        also.push(format!("{} gained and lost again", between.gained_and_lost));
    }
    if between.lost_and_gained > 0 {
        also.push(format!("{} lost and gained again", between.lost_and_gained));
    }
    let also = (!also.is_empty()).then(|| format!("also {}: --steps", also.join(", ")));
    let of_rows = if body.counts_rows { Vec::new() } else { row_counts(diff) };
    let counts = access_counts(diff).into_iter().chain(of_rows).collect();
    let meanings = [
        (
            AccessChangeKind::Altered,
            "altered: the same access, but its policies, its session or the user's status differ",
        ),
        (AccessChangeKind::Rerouted, "rerouted: the same access, by another group or assignment"),
    ];
    let is_told = |kind| diff.access_changes.iter().any(|change| change.change == kind);
    let meanings = meanings.into_iter().filter(|(kind, _)| is_told(*kind)).map(|(_, words)| words).collect();
    Summary { words, counts, also, meanings }
}

fn access_counts(diff: &Diff) -> Option<(String, String)> {
    let mut access: BTreeMap<AccessChangeKind, u64> = BTreeMap::new();
    for change in &diff.access_changes {
        *access.entry(change.change).or_default() += 1;
    }
    let counts: Vec<String> = access.iter().map(|(kind, n)| format!("{n} {}", kind.as_str())).collect();
    (!counts.is_empty()).then(|| ("access".to_owned(), counts.join(", ")))
}

fn row_counts(diff: &Diff) -> Vec<(String, String)> {
    let recreated = |resource: &str| diff.recreations.iter().filter(|one| one.resource == resource).count();
    diff.changes
        .chunk_by(|one, other| one.resource == other.resource)
        .map(|of_resource| {
            let resource = of_resource[0].resource;
            let mut counts: BTreeMap<ChangeKind, i64> = BTreeMap::new();
            for change in of_resource.iter().filter(|change| !change.activity) {
                *counts.entry(change.change).or_default() += change.rows.unwrap_or(1);
            }
            // A row under several gaps is counted in each of them.
            if let Some(unknown) = counts.get_mut(&ChangeKind::Unknown) {
                *unknown = (*unknown).min(diff.not_seen.get(resource).copied().unwrap_or(i64::MAX));
            }
            let mut words: Vec<String> = counts
                .iter()
                .map(|(kind, n)| match kind {
                    ChangeKind::Unknown if *n == 0 => "not seen".to_owned(),
                    ChangeKind::Unknown => format!("{n} not seen"),
                    kind => format!("{n} {}", kind.as_str()),
                })
                .collect();
            let used = of_resource.iter().filter(|change| change.activity).count();
            words.extend(activity(resource, used));
            match recreated(resource) {
                0 => {}
                recreated => words.push(format!("of these {recreated} recreated")),
            }
            (resource.to_owned(), words.join(", "))
        })
        .collect()
}

/// Returns `412 rows with a newer attempt (not counted as changes)`; `None` for no row.
fn activity(resource: &str, rows: usize) -> Option<String> {
    let noun = model::resource(resource)?.activity.as_ref()?.noun;
    let changes = plural(rows, "a change", "changes");
    let rows = (rows > 0).then(|| counted(rows, "row"))?;
    Some(format!("{rows} with a newer {noun} (not counted as {changes})"))
}
