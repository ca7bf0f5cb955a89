//! The step that reads the settings of applications within a time budget, the stalest first.

use super::{Plan, staged_rows};
use crate::collect::budget::rank;
use crate::collect::collector::Asked;
use crate::collect::graph;
use crate::collect::task::Task;
use crate::error::Result;
use crate::model::{Application, Resource};
use crate::store::Staging;

impl Plan<'_> {
    /// Queues the reads within the budget, application by application.
    pub(super) fn ask_details(&self, staging: &mut Staging) -> Result<()> {
        let asked = graph::asked_for_each(Application::SPEC.name).iter();
        let asked: Vec<_> = asked.filter(|spec| spec.asked == Asked::WithinBudget).collect();
        let mut of_each = Vec::new();
        for row in staged_rows(staging, &Application::SPEC)? {
            let tasks: Vec<Task> = asked.iter().flat_map(|spec| (spec.of)(&row, self.context)).collect();
            let mut stalest = i64::MAX;
            for task in tasks.iter().filter(|task| task.is_wanted(self.selection)) {
                stalest = stalest.min(rank(self.history, task)?);
            }
            of_each.push((stalest, tasks));
        }
        // Applications of the same age stay in the order of their ids.
        of_each.sort_by_key(|(stalest, _)| *stalest);
        self.queue(staging, of_each.into_iter().flat_map(|(_, tasks)| tasks).collect::<Vec<_>>())
    }
}
