//! When every provisioned pair is listed although principals are cheaper.
//!
//! By principals no assignment of a deleted user or group is seen, unless its pair holds no other row or a former
//! snapshot knows it. So all pairs are listed once, and again now and then: where that is cheap enough, by itself.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

use super::estimate::Estimate;
use super::{Plan, count, duration};
use crate::aws::Operation;
use crate::error::Result;
use crate::invocation;
use crate::store::failed;

/// The note under which the staging keeps what is to be said of a full pass that is not made.
pub(in crate::collect) const FULL_PASS: &str = "full_pass";
/// A first full pass of no more than this is made whatever else costs.
const ALWAYS: Duration = Duration::from_secs(10 * 60);
/// A first full pass is made where it costs at most so many times as much.
const TIMES: i64 = 3;
/// A full pass that is due is made by itself only where it takes no longer.
const BY_ITSELF: Duration = Duration::from_secs(30 * 60);
/// How often, unless `--full-every` says otherwise.
const FULL_EVERY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Whether a full pass is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FullPass {
    /// No snapshot has one.
    First,
    /// The last one is older than it may be.
    Due { snapshot_id: i64, age: Duration },
    /// There was one not long ago.
    Recent,
}

impl Plan<'_> {
    /// Whether a full pass is wanted, by the snapshots there are, and those that were pruned.
    pub(super) fn full_pass(&self) -> Result<FullPass> {
        // A file that is only read, of an older version, has no such table.
        let keeps_pruned = "SELECT count(*) FROM main.sqlite_schema WHERE name = 'pruned_full_passes'";
        let pruned = match count(self.history, keeps_pruned)? {
            0 => "",
            _ => "UNION ALL SELECT full_pass_id, completed_at FROM main.pruned_full_passes",
        };
        let last: Option<(i64, String)> = self
            .history
            .query_row(
                &format!(
                    "SELECT snapshot_id, completed_at FROM snapshots JOIN coverage USING (snapshot_id)
                     WHERE assignment_strategy = 'pairs' AND resource = 'account_assignments'
                       AND coverage.status = 'complete'
                     {pruned} ORDER BY snapshot_id DESC LIMIT 1"
                ),
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()
            .map_err(failed)?;
        let Some((snapshot_id, completed_at)) = last else { return Ok(FullPass::First) };
        // A time in the future, or one that cannot be read, says nothing of how long ago it was.
        let age = DateTime::parse_from_rfc3339(&completed_at)
            .ok()
            .and_then(|time| (Utc::now() - time.to_utc()).to_std().ok())
            .unwrap_or_default();
        Ok(match age > self.full_every.unwrap_or(FULL_EVERY) {
            true => FullPass::Due { snapshot_id, age },
            false => FullPass::Recent,
        })
    }

    /// Whether a full pass that is wanted is made by itself.
    pub(super) fn makes(&self, full_pass: &FullPass, pairs: Estimate, cheaper: i64) -> bool {
        match full_pass {
            FullPass::First => pairs.likely <= TIMES * cheaper || self.takes(pairs) <= self.patiently(ALWAYS),
            FullPass::Due { .. } => {
                self.full_every.is_some() || self.takes(pairs) <= self.patiently(BY_ITSELF)
            }
            FullPass::Recent => false,
        }
    }

    /// What to say of a full pass that is wanted and not made.
    pub(super) fn announcement(&self, full_pass: &FullPass, pairs: Estimate) -> Option<String> {
        let command = invocation::command("collect --assignments pairs");
        let cost = self.cost(pairs, Operation::ListAccountAssignments);
        match full_pass {
            FullPass::First => Some(format!(
                "assignments of users and groups that were deleted before are not all seen by principals: \
                 `{command}` lists every pair once ({cost})"
            )),
            FullPass::Due { snapshot_id, age } => Some(format!(
                "a full pass by pairs is due, and not made by itself ({cost}): the last was snapshot {snapshot_id}, \
                 {} days ago; `{command}` makes it, and --full-every has it made whatever it takes",
                age.as_secs() / (24 * 60 * 60)
            )),
            FullPass::Recent => None,
        }
    }

    fn takes(&self, estimate: Estimate) -> Duration {
        let rate = self.context.aws.pacer(Operation::ListAccountAssignments).rate();
        Duration::try_from_secs_f64(estimate.likely as f64 / rate).unwrap_or(Duration::MAX)
    }

    /// How long is as long as this, for whoever shortens every wait for AWS.
    fn patiently(&self, time: Duration) -> Duration {
        self.context.aws.retry_policy().wait(time)
    }

    /// A time as people say it, of the calls of an estimate: one number where it is nearly known.
    pub(super) fn cost(&self, estimate: Estimate, operation: Operation) -> String {
        let rate = self.context.aws.pacer(operation).rate();
        let time = |calls: i64| duration(Duration::from_secs_f64(calls as f64 / rate));
        let Estimate { least, likely, most, .. } = estimate;
        match most {
            None => format!("at least {least} calls, {} or more", time(least)),
            // A tenth is near enough.
            Some(most) if most * 10 <= least * 11 => format!("{likely} calls, {}", time(likely)),
            Some(most) if time(least) == time(most) => format!("{least} to {most} calls, {}", time(most)),
            Some(most) => format!("{least} to {most} calls, {} to {}", time(least), time(most)),
        }
    }
}
