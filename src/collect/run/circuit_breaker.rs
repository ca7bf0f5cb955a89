//! Decides when to give up a task, or a whole kind of task.

use std::time::Duration;

use tokio::time::Instant;

use super::{Collection, Running, Stoppable};
use crate::collect::lane::LaneKey;
use crate::collect::progress::Progress;
use crate::error::Result;
use crate::model::Scope;
use crate::store::{Failure, GapKind, OpenTask};

/// The number of consecutive refusals of one kind of task that stop the rest: one gap, not 100,000 calls.
const REFUSALS: u32 = 5;
/// The time for which transient failures must continue before they stop a kind. A brief disturbance ends by itself.
const LASTING: Duration = Duration::from_secs(30);

/// The failures of one kind of task since its last success.
#[derive(Debug)]
pub(super) struct Refusals {
    number: u32,
    /// The failures of tasks that had been set aside before.
    again: u32,
    since: Instant,
}

impl Collection<'_> {
    /// Takes a task off its lane, to retry it when the lane has nothing else to do. A failure of a few seconds is no
    /// reason for a gap in a collection of hours.
    pub(super) fn put_aside(
        &mut self,
        task_id: i64,
        failure: &Failure,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let Some((running, open)) = self.take_off(task_id) else { return Ok(()) };
        self.lanes.put_aside(&running.lane, open);
        self.refused(&running, failure, false, progress)
    }

    /// Takes a running task off its lane, still open.
    pub(super) fn take_off(&mut self, task_id: i64) -> Option<(Running, OpenTask)> {
        let running = self.running.remove(&task_id)?;
        let open = OpenTask {
            task_id,
            kind: running.task.kind().to_owned(),
            body: running.task.body(),
            next_token: running.token.clone(),
            left_out: running.left_out,
        };
        self.lanes.end(&running.lane, task_id);
        Some((running, open))
    }

    /// Counts a refusal, and stops the kind of task when it meets only refusals. A denial stops it at once; a transient
    /// failure after some time, or when the second attempts fail too.
    pub(super) fn refused(
        &mut self,
        running: &Running,
        failure: &Failure,
        is_again: bool,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let stoppable = running.stoppable();
        let refusals = self.refusals.entry(stoppable.clone()).or_insert_with(|| Refusals {
            number: 0,
            again: 0,
            since: Instant::now(),
        });
        refusals.number += 1;
        refusals.again += u32::from(is_again);
        let is_final = matches!(failure.kind, GapKind::Denied | GapKind::Unavailable);
        let lasting = self.context.aws.retry_policy().wait(LASTING);
        let lasts = refusals.again >= REFUSALS || refusals.since.elapsed() >= lasting;
        if refusals.number < REFUSALS || !(is_final || lasts) {
            return Ok(());
        }
        let scopes = running.task.family();
        if self.stopped_kinds.insert(stoppable.clone(), (failure.clone(), scopes.clone())).is_none() {
            let operation = failure.operation.as_deref().unwrap_or("the operation");
            let code = failure.error_code.as_deref().unwrap_or("an error");
            let gap = if scopes.is_empty() { "" } else { "; recorded as a gap" };
            progress.say(&format!(
                "{operation} was refused {} times in a row ({code}): not asking again{gap}",
                refusals.number
            ));
        }
        self.stop(&stoppable, failure, &scopes)
    }

    /// Ends the tasks of all stopped kinds again, because some may have been queued since.
    pub(super) fn stop_all_again(&mut self) {
        self.stop_again.extend(self.stopped_kinds.keys().cloned());
    }

    /// Ends every task of a kind in its lane, with one gap.
    pub(super) fn stop(&mut self, stoppable: &Stoppable, failure: &Failure, scopes: &[Scope]) -> Result<()> {
        let (kind, lane) = stoppable;
        self.staging.stop_kind(kind, &lane.to_string(), failure, scopes)?;
        self.forget(kind, lane);
        Ok(())
    }

    /// Takes every task of a kind off its lane, after the staging has ended them.
    pub(super) fn forget(&mut self, kind: &str, lane: &LaneKey) {
        let is_of_kind = |running: &Running| running.task.kind() == kind && running.lane == *lane;
        let ended: Vec<i64> =
            self.running.iter().filter(|(_, running)| is_of_kind(running)).map(|(id, _)| *id).collect();
        for task_id in ended {
            if let Some(running) = self.running.remove(&task_id) {
                running.handle.abort();
                self.lanes.end(lane, task_id);
            }
        }
        self.lanes.forget(lane, kind);
    }
}

impl Running {
    /// Returns the kind and lane with which the task is given up.
    pub(super) fn stoppable(&self) -> Stoppable {
        (self.task.kind(), self.lane.clone())
    }
}
