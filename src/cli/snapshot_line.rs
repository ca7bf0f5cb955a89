//! Names the snapshot that answered, and formats times and ages.

use std::path::Path;

use chrono::{DateTime, NaiveTime, TimeDelta, Utc};

use crate::amounts::{counted, in_one_unit, plural};
use crate::error::Result;
use crate::model::{ResourceGroup, resource};
use crate::output::stderr;
use crate::query::Span;
use crate::store::{Census, Coverage, CoverageStatus, Snapshot, When};

/// Returns `snapshot 41, 2026-11-17T02:00Z, 5 days old, complete`.
pub fn answering(snapshot: &Snapshot) -> String {
    format!("snapshot {}, {}", snapshot.snapshot_id, details(snapshot))
}

/// Returns the snapshot that `when` names, and warns if a wrong clock affects it.
pub fn resolve(census: &Census, when: &When) -> Result<Snapshot> {
    let found = census.resolve(when)?;
    if let Some(gone) = census.passed_over(when, &found)? {
        stderr::note(format!("note: {gone}: snapshot {} answers in its place", found.snapshot_id));
    }
    let now = Utc::now();
    if !warn_if_to_come(&found, now) && matches!(when, When::By { .. }) {
        // A date skips every snapshot with a later completion time.
        let snapshots = census.snapshots()?;
        let mut passed =
            snapshots.iter().filter(|one| one.snapshot_id > found.snapshot_id && one.is_to_come(now));
        if let Some(passed) = passed.next_back() {
            stderr::warn(format!(
                "snapshot {} claims to have been completed at {}, in the future: until then only its id finds it",
                passed.snapshot_id,
                minute(&passed.completed_at)
            ));
        }
    }
    Ok(found)
}

/// Warns of a snapshot from the future. Returns true if it is one.
pub fn warn_if_to_come(snapshot: &Snapshot, now: DateTime<Utc>) -> bool {
    let is_to_come = snapshot.is_to_come(now);
    if is_to_come {
        stderr::warn(format!(
            "snapshot {} claims to have been completed at {}, in the future: this clock is wrong, or that of its \
            collection was",
            snapshot.snapshot_id,
            minute(&snapshot.completed_at)
        ));
    }
    is_to_come
}

/// Names the snapshot that answers, after `role`, and the date as understood. If the snapshot is a day or more older
/// than the requested time, the line is yellow and includes the distance.
pub fn say_answering(role: &str, snapshot: &Snapshot, asked: Option<&When>) {
    let resolved = asked.and_then(When::resolved).map(|date| format!(" ({date})")).unwrap_or_default();
    let line = format!("{role}{}{resolved}", answering(snapshot));
    match asked.and_then(|when| distance(snapshot, when, Utc::now())) {
        Some(distance) => stderr::caution(format!("{line}, {distance}")),
        None => stderr::say(line),
    }
}

/// Returns every snapshot up to the requested one, which is then named, oldest first.
pub fn snapshots_by(census: &Census, asked: Option<&When>) -> Result<Vec<Snapshot>> {
    let mut snapshots = census.snapshots()?;
    if let (None, Some(newest)) = (asked, snapshots.last()) {
        warn_if_to_come(newest, Utc::now());
    }
    if let Some(when) = asked {
        let newest = resolve(census, when)?;
        say_answering("", &newest, asked);
        snapshots.retain(|one| one.snapshot_id <= newest.snapshot_id);
    }
    Ok(snapshots)
}

/// Returns the distance of a snapshot from the requested time, if it is a day or more, or if that time is in the
/// future.
pub fn distance(snapshot: &Snapshot, asked: &When, now: DateTime<Utc>) -> Option<String> {
    let When::By { instant, begins, typed } = asked else { return None };
    // Today, this month and this quarter are not over, but only "today" certainly means "now".
    let tomorrow = (now + TimeDelta::days(1)).with_time(NaiveTime::MIN).single()?;
    if *instant >= tomorrow {
        return Some(format!("the latest one: {typed} is not over yet"));
    }
    let is_long = begins.is_some_and(|begins| *instant - begins > TimeDelta::days(1));
    let typed = if is_long { format!("the end of {typed}") } else { typed.clone() };
    match instant.signed_duration_since(parse(&snapshot.completed_at)?).num_days() {
        ..=0 => None,
        days => Some(format!("{} before {typed}", counted(days, "day"))),
    }
}

/// Returns `0 rows in snapshot 41 (2026-11-17T02:00Z, 5 days old, complete)`, or for a range both times.
pub fn no_rows_in(span: &Span) -> String {
    let (from, to) = (span.from(), span.to());
    let details = if from == to {
        details(to)
    } else {
        format!("{} to {}", minute(&from.completed_at), minute(&to.completed_at))
    };
    format!("0 rows in {} ({details})", span.words())
}

/// Returns `service_last_accessed is limited: 2 scopes not asked for, 17 of 20 rows carried forward (beyond the depth …)`:
/// one line for all resources that are limited alike.
pub fn limited_in_words(coverage: &[Coverage]) -> Vec<String> {
    let mut alike: Vec<(String, Vec<&'static str>)> = Vec::new();
    for one in coverage.iter().filter(|one| one.status == CoverageStatus::Limited) {
        let Some(spec) = resource(&one.resource) else { continue };
        let limits = one.limits().unwrap_or_else(|| "not all of it was asked for".to_owned());
        let reason = one.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        let said = format!("{limits}{reason}");
        match alike.iter_mut().find(|(other, _)| *other == said) {
            Some((_, names)) => names.push(spec.name),
            None => alike.push((said, vec![spec.name])),
        }
    }
    let line = |(said, names): (String, Vec<&'static str>)| {
        let names = ResourceGroup::shortened(&names);
        format!("{} {} limited: {said}", names.join(", "), plural(names.len(), "is", "are"))
    };
    alike.into_iter().map(line).collect()
}

/// Returns a time to the minute, `2026-11-17T02:00Z`. Text that is not a time stays unchanged.
pub fn minute(time: &str) -> String {
    match parse(time) {
        Some(time) => time.format("%Y-%m-%dT%H:%MZ").to_string(),
        None => time.to_owned(),
    }
}

/// Returns the age of a time in its largest whole unit: `5 days old`.
pub fn age(time: &str, now: DateTime<Utc>) -> String {
    let Some(time) = parse(time) else { return "of unknown age".to_owned() };
    let age = now.signed_duration_since(time);
    match age.num_minutes() {
        ..0 => "from the future: check the clocks".to_owned(),
        0 => "less than a minute old".to_owned(),
        _ => format!("{} old", in_one_unit(age)),
    }
}

/// Returns a file's size for the end of a message: `, 12 MB`; empty if unknown.
pub fn file_size(file: &Path) -> String {
    std::fs::metadata(file).map(|metadata| format!(", {}", bytes(metadata.len()))).unwrap_or_default()
}

/// Formats a number of bytes.
pub fn bytes(bytes: u64) -> String {
    match bytes {
        ..1_000_000 => format!("{} kB", bytes.div_ceil(1_000)),
        _ => format!("{} MB", bytes.div_ceil(1_000_000)),
    }
}

fn details(snapshot: &Snapshot) -> String {
    let time = minute(&snapshot.completed_at);
    let age = age(&snapshot.completed_at, Utc::now());
    let suspect = snapshot.suspect.as_deref().map(|why| format!(", suspect: {why}")).unwrap_or_default();
    let synthetic = if snapshot.is_synthetic() { ", synthetic" } else { "" };
    format!("{time}, {age}, {}{synthetic}{suspect}", snapshot.status.as_str())
}

fn parse(time: &str) -> Option<DateTime<Utc>> {
    Some(DateTime::parse_from_rfc3339(time).ok()?.with_timezone(&Utc))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::SnapshotStatus;

    #[test]
    fn ages_are_told_in_their_largest_whole_unit() {
        let now = parse("2026-11-22T02:30:00Z").unwrap();
        for (time, expected) in [
            ("2026-11-22T02:29:30Z", "less than a minute old"),
            ("2026-11-22T02:29:00Z", "1 minute old"),
            ("2026-11-21T03:00:00Z", "23 hours old"),
            ("2026-11-17T02:00:00Z", "5 days old"),
            ("2026-11-23T02:00:00Z", "from the future: check the clocks"),
            ("yesterday", "of unknown age"),
        ] {
            assert_eq!(age(time, now), expected, "{time}");
        }
    }

    #[test]
    fn a_snapshot_of_another_day_than_asked_for_says_so() {
        let now = parse("2026-11-22T02:30:00Z").unwrap();
        let snapshot = Snapshot {
            snapshot_id: 1,
            taken_at: "2026-11-20T02:00:00Z".to_owned(),
            completed_at: "2026-11-20T03:00:00Z".to_owned(),
            status: SnapshotStatus::Complete,
            organization_id: None,
            instance_arn: None,
            identity_store_id: None,
            region: None,
            caller_arn: None,
            caller_user_id: None,
            label: None,
            tool_version: String::new(),
            api_calls: 0,
            throttled_calls: 0,
            assignment_strategy: None,
            suspect: None,
            collection_id: String::new(),
        };
        for (typed, expected) in [
            ("2026-11-20", None),
            ("2026-11-21T02:59:59Z", None),
            ("2026-11-21", Some("1 day before 2026-11-21")),
            ("today", Some("2 days before today")),
            ("2026-11-23", Some("the latest one: 2026-11-23 is not over yet")),
            ("2026-Q4", Some("the latest one: 2026-Q4 is not over yet")),
            ("1", None),
        ] {
            let when = When::parse(typed, now).unwrap();
            assert_eq!(distance(&snapshot, &when, now).as_deref(), expected, "{typed}");
        }
    }

    #[test]
    fn times_are_shown_to_the_minute_in_utc() {
        assert_eq!(minute("2026-11-17T04:00:59+02:00"), "2026-11-17T02:00Z");
    }
}
