//! When a task, or a whole kind of task, is given up.

use std::time::Duration;

use tokio::time::Instant;

use super::{Collection, Running};
use crate::collect::progress::Progress;
use crate::error::Result;
use crate::store::{Failure, GapKind, OpenTask};

/// So many refusals of one kind of task, with no success between, stop the rest: one gap, not 100,000 calls.
const REFUSALS: u32 = 5;
/// Failures that may pass stop a kind only when they have gone on for this long: a blip ends by itself.
const LASTING: Duration = Duration::from_secs(30);

/// Failures of one kind of task with no success between.
#[derive(Debug)]
pub(super) struct Refusals {
    number: u32,
    /// Those of tasks that had been put aside before.
    again: u32,
    since: Instant,
}

impl Collection<'_> {
    /// Takes a task off its lane, to be tried once more when the lane has nothing else to do: what failed for
    /// some seconds is no reason for a gap in a collection of hours.
    pub(super) fn put_aside(
        &mut self,
        task_id: i64,
        failure: &Failure,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let Some((running, open)) = self.take_off(task_id) else { return Ok(()) };
        if let Some(lane) = self.lanes.get_mut(&running.lane) {
            lane.aside.push(open);
        }
        self.refused(&running, failure, false, progress)
    }

    /// Takes a running task off its lane, still open.
    pub(super) fn take_off(&mut self, task_id: i64) -> Option<(Running, OpenTask)> {
        let running = self.running.remove(&task_id)?;
        let body = serde_json::to_string(&*running.task).expect("a task is a struct of plain values");
        let open = OpenTask {
            task_id,
            kind: running.kind.clone(),
            body,
            next_token: running.token.clone(),
            left_out: running.left_out,
        };
        if let Some(lane) = self.lanes.get_mut(&running.lane) {
            lane.under_way -= 1;
        }
        Some((running, open))
    }

    /// Counts a refusal, and stops the kind of task when nothing but refusals comes: at once where AWS said no,
    /// after a while, or when the second chances fail too, where it may pass.
    pub(super) fn refused(
        &mut self,
        running: &Running,
        failure: &Failure,
        is_again: bool,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let refusals = self.refusals.entry(running.kind.clone()).or_insert_with(|| Refusals {
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
        if self.stopped_kinds.insert(running.kind.clone(), (failure.clone(), scopes.clone())).is_none() {
            let operation = failure.operation.as_deref().unwrap_or("the operation");
            let code = failure.error_code.as_deref().unwrap_or("an error");
            let gap = if scopes.is_empty() { "" } else { "; recorded as a gap" };
            progress.say(&format!(
                "{operation} was refused {} times in a row ({code}): not asking again{gap}",
                refusals.number
            ));
        }
        self.staging.stop_kind(&running.kind, failure, &scopes)?;
        self.forget(&running.kind);
        Ok(())
    }

    /// Takes every task of a kind off the lanes: the staging has ended them.
    pub(super) fn forget(&mut self, kind: &str) {
        let ended: Vec<i64> =
            self.running.iter().filter(|(_, running)| running.kind == kind).map(|(id, _)| *id).collect();
        for task_id in ended {
            if let Some(running) = self.running.remove(&task_id) {
                running.handle.abort();
                if let Some(lane) = self.lanes.get_mut(&running.lane) {
                    lane.under_way -= 1;
                }
            }
        }
        for lane in self.lanes.values_mut() {
            lane.buffer.retain(|open| open.kind != kind);
            lane.aside.retain(|open| open.kind != kind);
            lane.doubted.retain(|open| open.kind != kind);
        }
    }
}
