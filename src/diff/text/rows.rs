//! The changed rows and the unseen scopes, with the gaps that hide them.

use super::super::change::{Change, ChangeKind, Diff, HidingGap, Limited};
use super::report::{Detail, Entry, Section};
use super::row_details::details;
use super::{TextOptions, command};
use crate::amounts::counted;
use crate::output::text;

/// Returns the known changes, a section for each resource. Each has at most as many rows as `options` allow, and the
/// command that shows the others.
pub fn sections(diff: &Diff, changes: &[&Change], options: TextOptions<'_>) -> Vec<Section> {
    changes
        .chunk_by(|one, other| one.resource == other.resource)
        .map(|of_resource| {
            let resource = of_resource[0].resource;
            let (entries, rest) = entries(diff, of_resource, options, |change| change.label.clone());
            Section { heading: resource.to_owned(), entries, rest }
        })
        .collect()
}

/// Returns entries for the rows, which are of one resource, and the note about those that `options` leave out.
pub fn entries(
    diff: &Diff,
    of_resource: &[&Change],
    options: TextOptions<'_>,
    line: impl Fn(&Change) -> String,
) -> (Vec<Entry>, Vec<String>) {
    let (told, rest) = of_resource.split_at(options.rows.unwrap_or(usize::MAX).min(of_resource.len()));
    let entries = told
        .iter()
        .map(|change| {
            let mut line = line(change);
            if let Some(snapshot) = change.last_seen {
                line.push_str(&format!(" (last seen before in snapshot {snapshot})"));
            }
            if change.activity {
                line.push_str(" (not counted as a change)");
            }
            Entry { sign: change.change, line, details: details(change) }
        })
        .collect();
    let left_out = (!rest.is_empty()).then(|| {
        let all = command(diff, &format!(" --resource {}", rest[0].resource), options);
        format!("… and {} more of {}; to see them all: {all}", rest.len(), of_resource.len())
    });
    (entries, left_out.into_iter().collect())
}

/// Returns the section of scopes that one side did not see.
pub fn not_seen(diff: &Diff) -> Option<Section> {
    let unknown = diff.changes.iter().filter(|change| change.change == ChangeKind::Unknown);
    let entries: Vec<Entry> = unknown.map(unknown_entry).collect();
    (!entries.is_empty()).then(|| Section { heading: "not seen".to_owned(), entries, rest: Vec::new() })
}

/// Returns the section of resources that were requested only in part.
pub fn limited(diff: &Diff) -> Option<Section> {
    let entry = |line| Entry { sign: ChangeKind::Unknown, line, details: Vec::new() };
    let entries: Vec<Entry> = Limited::lines(&diff.limited).into_iter().map(entry).collect();
    (!entries.is_empty()).then(|| Section { heading: "not asked for".to_owned(), entries, rest: Vec::new() })
}

/// Returns the entry of a scope that one side did not see.
pub fn unknown_entry(change: &Change) -> Entry {
    let subject = if change.key.is_empty() {
        change.resource.to_owned()
    } else {
        format!("{} of {}", change.resource, change.label)
    };
    let rows = left_open(change.rows.unwrap_or(0));
    let details = change.gap.iter().map(|gap| Detail::Aside(reason(gap, change))).collect();
    Entry { sign: ChangeKind::Unknown, line: format!("{subject}: {rows}"), details }
}

/// Returns the words for this number of unseen rows.
pub fn left_open(rows: i64) -> String {
    match rows {
        0 => "nothing is known of it".to_owned(),
        rows => format!("{} neither added nor removed: not seen", counted(rows, "row")),
    }
}

/// Returns the gap that hides a scope, and the snapshot that last saw it.
fn reason(gap: &HidingGap, change: &Change) -> String {
    match change.last_seen {
        Some(snapshot) => format!("{}; last seen in snapshot {snapshot}", hidden_by(gap)),
        None => hidden_by(gap),
    }
}

/// Returns `because ListGroupMemberships was denied (AccessDeniedException) in snapshot 41`.
pub fn hidden_by(gap: &HidingGap) -> String {
    let operation = gap.operation.as_deref().unwrap_or("the listing");
    let mut words = match gap.kind.as_str() {
        "denied" => format!("because {operation} was denied"),
        "failed" => format!("because {operation} failed"),
        "unavailable" => "because it cannot be seen from there".to_owned(),
        _ => "because it was not asked for".to_owned(),
    };
    let said: Vec<&str> = [&gap.error_code, &gap.message].into_iter().flatten().map(String::as_str).collect();
    if !said.is_empty() {
        words.push_str(&format!(" ({})", text::shortened(&said.join(": "))));
    }
    words + &format!(" in snapshot {}", gap.snapshot_id)
}
