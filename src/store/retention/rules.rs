//! Which snapshots stay, by rules such as "the last one of each of 30 days" or by naming those that go.
//!
//! A rule counts periods that have a snapshot, the newest first, and keeps the last snapshot of each: so what is
//! kept does not depend on when it is asked. Days, ISO weeks, months and years are those of UTC, by the time when
//! a snapshot was completed.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::nothing_left;
use crate::error::{Error, Result};
use crate::invocation;
use crate::store::Snapshot;
use crate::store::file::staging_file;

/// What a snapshot is kept for whose time says nothing of its day.
const UNCERTAIN: &str = "time not certain";

/// How many snapshots of each kind are kept; what several rules keep counts for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeepRules {
    /// Number of newest snapshots to keep, whatever their times.
    pub last: usize,
    /// Number of days, counted back from the newest that has a snapshot.
    pub daily: usize,
    /// Number of ISO weeks, counted the same.
    pub weekly: usize,
    /// Number of months, counted the same.
    pub monthly: usize,
    /// Number of years, counted the same.
    pub yearly: usize,
    /// Every snapshot with one of these labels is kept.
    pub labels: Vec<String>,
    /// Whether snapshots are merged into periods by times that are not certain, too.
    pub trusts_all_times: bool,
}

/// What becomes of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The snapshot that the rules are applied to.
    pub snapshot: Snapshot,
    /// `false` where it is to be pruned.
    pub kept: bool,
    /// Why it is kept: `daily 2026-11-17`; none where no rule was asked.
    pub reasons: Vec<String>,
    /// Whether its time says of which day it is: not where it is to come, or turned round against a neighbour's, for
    /// then a clock was wrong.
    pub is_certain: bool,
}

/// A rule's name, how many it keeps, and how the period of a time is written.
type Period = (&'static str, usize, &'static str);

impl KeepRules {
    /// Whether no rule is given: that would keep nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self { trusts_all_times: self.trusts_all_times, ..Self::default() }
    }

    /// What becomes of each snapshot; `snapshots` and the answer are both sorted, oldest first. One whose time is
    /// not certain is in no period, and stays unless all times are trusted.
    pub fn judge(&self, snapshots: Vec<Snapshot>, now: DateTime<Utc>) -> Vec<Verdict> {
        let certain = certain(&snapshots, now);
        let mut verdicts: Vec<Verdict> = snapshots
            .into_iter()
            .zip(certain)
            .map(|(snapshot, is_certain)| Verdict { snapshot, kept: false, reasons: Vec::new(), is_certain })
            .collect();
        for verdict in verdicts.iter_mut().rev().take(self.last) {
            verdict.reasons.push("last".to_owned());
        }
        for period in self.periods() {
            keep_last_of_each(&mut verdicts, period, self.trusts_all_times);
        }
        if !self.trusts_all_times && self.periods().iter().any(|(_, number, _)| *number > 0) {
            for verdict in verdicts.iter_mut().filter(|one| !one.is_certain) {
                verdict.reasons.push(UNCERTAIN.to_owned());
            }
        }
        for verdict in &mut verdicts {
            let label = verdict.snapshot.label.as_ref().filter(|label| self.labels.contains(label));
            verdict.reasons.extend(label.map(|label| format!("label {label}")));
            verdict.kept = !verdict.reasons.is_empty();
        }
        verdicts
    }

    fn periods(&self) -> [Period; 4] {
        [
            ("daily", self.daily, "%Y-%m-%d"),
            ("weekly", self.weekly, "%G-W%V"),
            ("monthly", self.monthly, "%Y-%m"),
            ("yearly", self.yearly, "%Y"),
        ]
    }
}

fn keep_last_of_each(verdicts: &mut [Verdict], (name, mut number, format): Period, trusts_all_times: bool) {
    // Where times are turned round, a period may come again.
    let mut seen = BTreeSet::new();
    for verdict in verdicts.iter_mut().rev().filter(|one| one.is_certain || trusts_all_times) {
        let Ok(completed) = DateTime::parse_from_rfc3339(&verdict.snapshot.completed_at) else { continue };
        let period = completed.with_timezone(&Utc).format(format).to_string();
        if number == 0 || !seen.insert(period.clone()) {
            continue;
        }
        verdict.reasons.push(format!("{name} {period}"));
        number -= 1;
    }
}

/// Of which snapshots the time is certain. Versions of this program that let no time go backward gave every snapshot
/// after one in the future its time: those overlap.
fn certain(snapshots: &[Snapshot], now: DateTime<Utc>) -> Vec<bool> {
    let times: Vec<_> = snapshots.iter().map(Snapshot::times).collect();
    let mut certain: Vec<bool> =
        times.iter().map(|times| times.is_some_and(|(_, completed)| completed <= now)).collect();
    for (index, pair) in times.windows(2).enumerate() {
        let is_in_order = matches!(pair, [Some((_, completed)), Some((taken, _))] if completed <= taken);
        if !is_in_order {
            certain[index] = false;
            certain[index + 1] = false;
        }
    }
    certain
}

impl Verdict {
    /// The same where the snapshots that go are named.
    pub fn but(snapshots: Vec<Snapshot>, pruned: &[i64]) -> Vec<Self> {
        let verdict = |snapshot: Snapshot| Self {
            kept: !pruned.contains(&snapshot.snapshot_id),
            snapshot,
            reasons: Vec::new(),
            is_certain: true,
        };
        snapshots.into_iter().map(verdict).collect()
    }

    /// The snapshots that go.
    pub fn pruned(verdicts: &[Self]) -> Vec<i64> {
        verdicts.iter().filter(|one| !one.kept).map(|one| one.snapshot.snapshot_id).collect()
    }

    /// Refuses what must not be pruned from the census at `path`: all snapshots, and the newest while a collection
    /// is unfinished. That one was begun with what the newest snapshot holds, or even was published as it.
    pub fn check(verdicts: &[Self], path: &Path) -> Result<()> {
        if !verdicts.iter().any(|one| one.kept) {
            return Err(nothing_left());
        }
        let newest = verdicts.last().filter(|newest| !newest.kept);
        match newest {
            Some(newest) if staging_file(path).exists() => Err(Error::failed(format!(
                "a collection is unfinished that began after snapshot {}",
                newest.snapshot.snapshot_id
            ))
            .hint(format!("finish it with {}, then prune", invocation::command("collect")))),
            _ => Ok(()),
        }
    }
}
