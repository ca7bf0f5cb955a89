//! Converts tasks for the queue, within a selection.

use super::collector::{Shows, Stage};
use super::selection::Selection;
use super::task::Task;
use crate::store::NewTask;

impl Task {
    /// Returns true if the resource that this task collects is selected.
    pub fn is_wanted(&self, selection: &Selection) -> bool {
        self.spec().shows != Shows::Nothing && selection.has(self.spec().rows.name)
    }

    /// Returns the task as the queue stores it, in a stage other than its own.
    pub fn queued_in(&self, stage: Stage, rank: i64, selection: &Selection) -> NewTask {
        NewTask { stage: stage.name().to_owned(), ..self.queued(rank, selection) }
    }

    /// Returns the task as the queue stores it. `rank` moves it behind others of its priority. Its failure hides only
    /// selected resources.
    pub fn queued(&self, rank: i64, selection: &Selection) -> NewTask {
        let spec = self.spec();
        NewTask {
            kind: spec.kind.to_owned(),
            body: self.body(),
            lane: self.lane().to_string(),
            stage: spec.stage.name().to_owned(),
            priority: spec.priority(rank),
            covers: self.covers(),
            hides: self.hides().into_iter().filter(|scope| selection.has(&scope.resource)).collect(),
        }
    }
}
