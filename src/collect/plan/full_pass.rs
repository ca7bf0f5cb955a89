//! Decides when to list every provisioned pair although principals are cheaper.
//!
//! A listing by principals shows no assignment of a deleted user or group, unless its pair holds no other row or an
//! earlier snapshot knows it. So all pairs are listed once, and again from time to time, automatically if that is cheap
//! enough.

use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::OptionalExtension;

use super::estimate::Estimate;
use super::{Plan, count};
use crate::amounts::{counted, rough_duration};
use crate::aws::Operation;
use crate::error::Result;
use crate::invocation;
use crate::store::failed;

/// The key of the staging's note about a full pass that is due but not made.
pub(in crate::collect) const FULL_PASS: &str = "full_pass";
/// The duration up to which a first full pass is always made.
const ALWAYS: Duration = Duration::from_secs(10 * 60);
/// The largest ratio of its cost to the cheaper strategy's at which a first full pass is made.
const TIMES: i64 = 3;
/// The duration up to which a due full pass is made automatically.
const BY_ITSELF: Duration = Duration::from_secs(30 * 60);
/// The default interval between full passes, which `--full-every` overrides.
const FULL_EVERY: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// The need for a full pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum FullPass {
    /// No snapshot has made a full pass.
    First,
    /// The last full pass is older than allowed.
    Due { snapshot_id: i64, age: Duration },
    /// The last full pass is recent.
    Recent,
}

impl Plan<'_> {
    /// Decides whether a full pass is wanted, from the existing snapshots and the pruned ones.
    pub(super) fn full_pass(&self) -> Result<FullPass> {
        // A read-only file of an older version has no such table.
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
        // A time that is in the future or unreadable counts as recent.
        let age = DateTime::parse_from_rfc3339(&completed_at)
            .ok()
            .and_then(|time| (Utc::now() - time.to_utc()).to_std().ok())
            .unwrap_or_default();
        Ok(match age > self.full_every.unwrap_or(FULL_EVERY) {
            true => FullPass::Due { snapshot_id, age },
            false => FullPass::Recent,
        })
    }

    /// Decides whether a wanted full pass is made automatically.
    pub(super) fn makes(&self, full_pass: &FullPass, pairs: Estimate, cheaper: i64) -> bool {
        match full_pass {
            FullPass::First => pairs.likely <= TIMES * cheaper || self.takes(pairs) <= self.patiently(ALWAYS),
            FullPass::Due { .. } => {
                self.full_every.is_some() || self.takes(pairs) <= self.patiently(BY_ITSELF)
            }
            FullPass::Recent => false,
        }
    }

    /// Returns the message about a full pass that is wanted and not made.
    pub(super) fn announcement(&self, full_pass: &FullPass, pairs: Estimate) -> Option<String> {
        let command = invocation::command("collect --assignments pairs");
        let cost = self.cost(pairs, Operation::ListAccountAssignments);
        match full_pass {
            FullPass::First => Some(format!(
                "listing by principals does not show all assignments of users and groups that were deleted earlier: \
                `{command}` lists every pair once ({cost})"
            )),
            FullPass::Due { snapshot_id, age } => Some(format!(
                "a full pass by pairs is due, but takes too long to run automatically ({cost}): the last was snapshot \
                {snapshot_id}, {} ago; `{command}` runs it, and --full-every runs it however long it takes",
                counted(age.as_secs() / (24 * 60 * 60), "day")
            )),
            FullPass::Recent => None,
        }
    }

    fn takes(&self, estimate: Estimate) -> Duration {
        let rate = self.context.aws.pacer(Operation::ListAccountAssignments).rate();
        Duration::try_from_secs_f64(estimate.likely as f64 / rate).unwrap_or(Duration::MAX)
    }

    /// Scales a duration for runs that shorten every wait for AWS.
    fn patiently(&self, time: Duration) -> Duration {
        self.context.aws.retry_policy().wait(time)
    }

    /// Formats the cost of an estimate: one number if it is nearly exact.
    pub(super) fn cost(&self, estimate: Estimate, operation: Operation) -> String {
        let rate = self.context.aws.pacer(operation).rate();
        let time = |calls: i64| rough_duration(Duration::from_secs_f64(calls as f64 / rate));
        let Estimate { least, likely, most, .. } = estimate;
        match most {
            None => format!("at least {least} calls, {} or more", time(least)),
            // A difference of up to a tenth counts as exact.
            Some(most) if most * 10 <= least * 11 => format!("{likely} calls, {}", time(likely)),
            Some(most) if time(least) == time(most) => format!("{least} to {most} calls, {}", time(most)),
            Some(most) => format!("{least} to {most} calls, {} to {}", time(least), time(most)),
        }
    }
}
