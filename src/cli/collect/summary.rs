//! The closing summary of a collection, on standard error: the seen resources, the gaps, and the next command.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;

use crate::amounts::{counted, exact_duration, plural};
use crate::aws::{FailureClass, Operation};
use crate::cli::snapshot_line::limited_in_words;
use crate::collect::Summary;
use crate::error::Result;
use crate::invocation;
use crate::model;
use crate::output::{Destination, stderr, write_error};
use crate::store::{CoverageStatus, Doubled, Gap, GapKind, Published, SnapshotStatus};

/// The number of items of one kind that the summary names before it counts the rest.
const NAMED: usize = 5;

/// Reports the resources that were seen, and those that were not.
pub fn tell(summary: &Summary) {
    let published = &summary.published;
    let width = published.resources.iter().map(|outcome| outcome.resource.len()).max().unwrap_or_default();
    stderr::say(format!("{:width$}  {:>8}  {:>7} {:>7} {:>7}", "resource", "rows", "new", "gone", "changed"));
    let is_left_out = |resource: &str| {
        let mut coverage = summary.coverage.iter();
        coverage.any(|one| one.resource == resource && one.status == CoverageStatus::NotCollected)
    };
    // A row of zeros for a resource that was not selected would read as "there are none".
    let (left_out, asked): (Vec<_>, Vec<_>) =
        published.resources.iter().partition(|outcome| is_left_out(&outcome.resource));
    for outcome in asked {
        let mut line = format!(
            "{:width$}  {:>8}  {:>7} {:>7} {:>7}",
            outcome.resource, outcome.rows, outcome.added, outcome.removed, outcome.changed
        );
        for (number, what) in [
            (outcome.carried, "carried forward unseen"),
            (outcome.dropped, "dropped: their parent was deleted during the run"),
            (outcome.gaps, plural(outcome.gaps, "gap", "gaps")),
        ] {
            if number > 0 {
                line.push_str(&format!("  {number} {what}"));
            }
        }
        stderr::say(line);
    }
    limited_in_words(&summary.coverage).into_iter().for_each(stderr::say);
    if !left_out.is_empty() {
        let names: Vec<_> = left_out.iter().map(|outcome| outcome.resource.as_str()).collect();
        stderr::say(format!("not collected: {}", names.join(", ")));
    }
    tell_never_seen(summary);
    let total: u64 = summary.calls.values().sum();
    let mut services: Vec<(&str, u64)> = Vec::new();
    for (operation, calls) in &summary.calls {
        let service = operation.split(':').next().unwrap_or(operation);
        match services.last_mut() {
            Some((last, sum)) if *last == service => *sum += calls,
            _ => services.push((service, *calls)),
        }
    }
    let services: Vec<_> = services.iter().map(|(service, calls)| format!("{service} {calls}")).collect();
    stderr::say(format!(
        "{} ({}), {} throttled, {}",
        counted(total, "call"),
        services.join(", "),
        summary.throttled,
        exact_duration(summary.elapsed)
    ));
    let id = published.snapshot_id;
    stderr::say(format!("snapshot {id}, {}", published.status.as_str()));
    if published.status == SnapshotStatus::Partial {
        stderr::warn(format!(
            "something could not be seen and is unknown, not absent: {} lists the gaps",
            invocation::command(format_args!("snapshots show {id}"))
        ));
    }
    if let Some(suspect) = &published.suspect {
        stderr::warn(format!(
            "snapshot {id} is suspect: {suspect}; see what is gone: {}",
            invocation::command(format_args!("diff {} {id}", id - 1))
        ));
    }
    tell_gaps(&summary.gaps, &summary.gap_names);
    if let Some(before) = &summary.after_this {
        stderr::warn(format!(
            "snapshot {} claims to have been completed at {}, after this one: a clock was wrong, and an earlier date \
            does not find that snapshot",
            before.snapshot_id, before.completed_at
        ));
    }
    tell_doubled(&summary.doubled);
}

/// Prints the hash, which is to be kept where the holder of the file cannot change it, and then the next command.
pub fn tell_end(published: &Published) {
    if let Some(hash) = &published.snapshot_hash {
        stderr::say(format!("snapshot {} {hash}", published.snapshot_id));
    }
    stderr::say(next_command(published));
}

/// Prints the hash alone.
pub fn print_hash(published: &Published, mut destination: Destination) -> Result<()> {
    match &published.snapshot_hash {
        Some(hash) => writeln!(destination, "{hash}").map_err(write_error)?,
        None => stderr::warn(format!("snapshot {} has no hash", published.snapshot_id)),
    }
    destination.finish()
}

/// Returns a summary of the changes, with the command that shows more.
fn next_command(published: &Published) -> String {
    if published.snapshot_id == 1 {
        return format!("the first snapshot: {}", invocation::command("query --list"));
    }
    let mut changed: Vec<(i64, &str)> = published
        .resources
        .iter()
        .map(|one| (one.added + one.removed + one.changed, one.resource.as_str()))
        .filter(|(rows, _)| *rows > 0)
        .collect();
    let others: i64 = changed.iter().skip(NAMED).map(|(rows, _)| rows).sum();
    changed.truncate(NAMED);
    let mut parts: Vec<String> =
        changed.into_iter().map(|(rows, name)| model::counted_rows(name, rows)).collect();
    if others > 0 {
        parts.push(counted(others, "more row"));
    }
    match parts.split_last() {
        None => format!("nothing changed: {} shows what the census has", invocation::command("snapshots")),
        Some((one, [])) => format!("{one} changed: {}", invocation::command("diff")),
        Some((last, before)) => {
            format!("{} and {last} changed: {}", before.join(", "), invocation::command("diff"))
        }
    }
}

/// Names the resources that AWS does not show and never did, with the actions that would allow it.
fn tell_never_seen(summary: &Summary) {
    let is_unavailable = |resource: &str| {
        let covered = summary.coverage.iter().find(|one| one.resource == resource);
        covered.is_some_and(|one| one.status == CoverageStatus::Unavailable)
            && model::resource(resource).is_some_and(|spec| spec.is_added)
    };
    let mut by_operation: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let is_denied = |gap: &&Gap| {
        gap.error_code.as_deref().is_some_and(|code| FailureClass::of_code(code) == FailureClass::Denied)
    };
    for gap in summary.gaps.iter().filter(|gap| is_unavailable(&gap.resource)).filter(is_denied) {
        let resources = by_operation.entry(gap.operation.as_deref().unwrap_or_default()).or_default();
        if !resources.contains(&gap.resource.as_str()) {
            resources.push(&gap.resource);
        }
    }
    for (operation, resources) in by_operation {
        let action = Operation::named(operation).and_then(Operation::action).unwrap_or_default();
        stderr::say(format!(
            "not collected without {action}, which is not a failure: {}",
            resources.join(", ")
        ));
    }
}

/// Names the failures, once for each operation and answer, with some of their scopes: the first place to look.
fn tell_gaps(gaps: &[Gap], names: &BTreeMap<String, String>) {
    let mut told: Vec<(&str, &str, &str, Vec<&str>)> = Vec::new();
    for gap in gaps.iter().filter(|gap| matches!(gap.kind, GapKind::Denied | GapKind::Failed)) {
        let operation = gap.operation.as_deref().unwrap_or("not seen");
        let answer = gap.error_code.as_deref().or(gap.error_message.as_deref()).unwrap_or("no answer");
        let name = names.get(&gap.scope).map(String::as_str);
        match told.iter_mut().find(|(_, of, with, _)| (*of, *with) == (operation, answer)) {
            Some((_, _, _, known)) => known.extend(name),
            None => told.push((&gap.resource, operation, answer, Vec::from_iter(name))),
        }
    }
    for (resource, operation, answer, mut names) in told {
        // One account may be named by several of its listings.
        let mut known = BTreeSet::new();
        names.retain(|name| known.insert(*name));
        let mut about = names.iter().take(NAMED).copied().collect::<Vec<_>>().join("; ");
        if names.len() > NAMED {
            about.push_str(&format!("; and {} more", names.len() - NAMED));
        }
        let about = if about.is_empty() { about } else { format!(": {about}") };
        stderr::warn(format!("{resource}: {operation}: {answer}{about}"));
    }
}

/// Counts and names the items that AWS returned twice with different values. One of the two values is in no snapshot.
fn tell_doubled(doubled: &[Doubled]) {
    doubled_in_words(doubled).into_iter().for_each(stderr::warn);
}

/// Returns the warnings about such items, by resource.
pub fn doubled_in_words(doubled: &[Doubled]) -> Vec<String> {
    let mut lines = Vec::new();
    for of_resource in doubled.chunk_by(|one, other| one.resource == other.resource) {
        let number = of_resource.len();
        let items = counted(number, "item");
        let named = of_resource.iter().take(NAMED).map(|one| format!("{} ({})", one.item, one.differs));
        let mut names = named.collect::<Vec<_>>().join("; ");
        if number > NAMED {
            names.push_str(&format!("; and {} more", number - NAMED));
        }
        lines.push(format!(
            "{}: AWS listed {items} twice with different values, and the later one is kept: {names}",
            of_resource[0].resource
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::ResourceOutcome;

    fn published(snapshot_id: i64, changes: &[(&str, i64, i64, i64)]) -> Published {
        let outcome = |(name, added, removed, changed): &(&str, i64, i64, i64)| ResourceOutcome {
            resource: (*name).to_owned(),
            rows: 9,
            added: *added,
            removed: *removed,
            changed: *changed,
            carried: 0,
            dropped: 0,
            gaps: 0,
        };
        Published {
            snapshot_id,
            status: SnapshotStatus::Complete,
            snapshot_hash: None,
            suspect: None,
            resources: changes.iter().map(outcome).collect(),
        }
    }

    #[test]
    fn the_summary_ends_with_the_next_command() {
        for (id, changes, says) in [
            (2, &[("accounts", 1, 1, 0), ("users", 0, 0, 0)][..], "2 accounts changed: orgcensus diff"),
            (2, &[("accounts", 0, 0, 1)], "1 account changed: orgcensus diff"),
            (
                7,
                &[("organization_policies", 1, 0, 0), ("group_memberships", 3, 4, 0)],
                "1 organization policy and 7 group memberships changed: orgcensus diff",
            ),
            (
                7,
                &[("accounts", 1, 0, 0), ("users", 2, 0, 0), ("service_last_accessed", 0, 0, 14)],
                "1 account, 2 users and 14 rows of service_last_accessed changed: orgcensus diff",
            ),
            (
                7,
                &[
                    ("accounts", 1, 0, 0),
                    ("tags", 1, 0, 0),
                    ("users", 1, 0, 0),
                    ("groups", 1, 0, 0),
                    ("permission_sets", 1, 0, 0),
                    ("applications", 2, 0, 0),
                    ("account_assignments", 2, 2, 0),
                ],
                "1 account, 1 tag, 1 user, 1 group, 1 permission set and 6 more rows changed: orgcensus diff",
            ),
            (1, &[("accounts", 9, 0, 0)], "the first snapshot: orgcensus query --list"),
            (3, &[("accounts", 0, 0, 0)], "nothing changed: orgcensus snapshots shows what the census has"),
        ] {
            assert_eq!(next_command(&published(id, changes)), says);
        }
    }
}
