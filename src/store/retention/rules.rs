//! Decides which snapshots stay, by rules such as "the last one of each of 30 days" or by naming the pruned ones.
//!
//! A rule counts periods that have a snapshot, the newest first, and keeps the last snapshot of each. The result
//! therefore does not depend on the time of the request. Days, ISO weeks, months and years are those of UTC, by the
//! time when a snapshot was completed.

use std::collections::BTreeSet;
use std::path::Path;

use chrono::{DateTime, Utc};

use super::nothing_left;
use crate::error::{Error, Result};
use crate::invocation;
use crate::store::Snapshot;
use crate::store::file::staging_file;

/// The reason for keeping a snapshot whose time does not determine its day.
const UNCERTAIN: &str = "time not certain";

/// The number of snapshots to keep of each kind. A snapshot that several rules keep counts for all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeepRules {
    /// The number of newest snapshots to keep, whatever their times.
    pub last: usize,
    /// The number of days, counted back from the newest with a snapshot.
    pub daily: usize,
    /// The number of ISO weeks, counted in the same way.
    pub weekly: usize,
    /// The number of months, counted in the same way.
    pub monthly: usize,
    /// The number of years, counted in the same way.
    pub yearly: usize,
    /// The labels whose snapshots are all kept.
    pub labels: Vec<String>,
    /// True if snapshots with uncertain times are merged into periods too.
    pub trusts_all_times: bool,
}

/// The decision about a snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The snapshot that the rules are applied to.
    pub snapshot: Snapshot,
    /// True if it is kept, false if it is to be pruned.
    pub kept: bool,
    /// The reasons to keep it: `daily 2026-11-17`; empty if no rule was applied.
    pub reasons: Vec<String>,
    /// True if its time determines its day. A time in the future, or out of order with a neighbour's, is uncertain,
    /// because a clock was wrong.
    pub is_certain: bool,
}

/// The name of a rule, the number that it keeps, and the format of its period.
type Period = (&'static str, usize, &'static str);

impl KeepRules {
    /// Returns true if no rule is given, which would keep nothing.
    pub fn is_empty(&self) -> bool {
        *self == Self { trusts_all_times: self.trusts_all_times, ..Self::default() }
    }

    /// Decides about each snapshot; `snapshots` and the result are both sorted, oldest first. A snapshot with an
    /// uncertain time is in no period, and stays unless all times are trusted.
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
    // If times are out of order, a period may come again.
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

/// Returns for each snapshot true if its time is certain. Early versions of this program let no time go backward: they
/// gave every snapshot after one in the future that snapshot's time, so these times overlap.
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
    /// Returns the verdicts for named snapshots to prune.
    pub fn but(snapshots: Vec<Snapshot>, pruned: &[i64]) -> Vec<Self> {
        let verdict = |snapshot: Snapshot| Self {
            kept: !pruned.contains(&snapshot.snapshot_id),
            snapshot,
            reasons: Vec::new(),
            is_certain: true,
        };
        snapshots.into_iter().map(verdict).collect()
    }

    /// Returns the pruned snapshots.
    pub fn pruned(verdicts: &[Self]) -> Vec<i64> {
        verdicts.iter().filter(|one| !one.kept).map(|one| one.snapshot.snapshot_id).collect()
    }

    /// Refuses to prune all snapshots of the census at `path`, or the newest one while a collection is unfinished. That
    /// collection began with the contents of the newest snapshot, or was even published as it.
    pub fn check(verdicts: &[Self], path: &Path) -> Result<()> {
        if !verdicts.iter().any(|one| one.kept) {
            return Err(nothing_left());
        }
        let newest = verdicts.last().filter(|newest| !newest.kept);
        match newest {
            Some(newest) if staging_file(path).exists() => Err(Error::failed(format!(
                "a collection that began after snapshot {} is unfinished",
                newest.snapshot.snapshot_id
            ))
            .hint(format!("finish it with {}, then prune", invocation::command("collect")))),
            _ => Ok(()),
        }
    }
}
