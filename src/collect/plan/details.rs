//! The step that asks how applications are set up: within a budget of time, what was read the longest ago first.
//!
//! They are read in the order of their ids, round and round: where the time was up, the next collection goes on, so that
//! what it begins with was read the longest ago. What the last snapshot did not know goes before that.

use std::collections::BTreeSet;

use rusqlite::OptionalExtension;

use super::{DETAILS_BUDGET, Plan, select, staged_rows};
use crate::collect::collector::Asked;
use crate::collect::graph;
use crate::collect::task::Task;
use crate::error::Result;
use crate::model::{Application, Entity, ExhaustedBudget, FactRow, Resource, Row};
use crate::store::{Staging, failed};

impl Plan<'_> {
    /// Queues what is asked within the budget, all of one application after all of another.
    pub(super) fn ask_details(&self, staging: &mut Staging) -> Result<()> {
        let mut rows = staged_rows(staging, &Application::SPEC)?;
        let (known, next) = (self.known_applications()?, self.next_application()?);
        // Those from where the time was up come before those that were read then.
        let place = |row: &Row| {
            let id = row.entity().map(|(_, id)| id.to_owned()).unwrap_or_default();
            let was_read_then = next.as_ref().is_some_and(|next| id < *next);
            (known.contains(&id), was_read_then, id)
        };
        rows.sort_by_cached_key(place);
        let asked = graph::asked_for_each(Application::SPEC.name).iter();
        let asked: Vec<_> = asked.filter(|spec| spec.asked == Asked::WithinBudget).collect();
        let tasks = rows.iter().flat_map(|row| asked.iter().flat_map(|spec| (spec.of)(row, self.context)));
        self.queue(staging, tasks.collect::<Vec<_>>())
    }

    /// The applications that the last snapshot knew.
    fn known_applications(&self) -> Result<BTreeSet<String>> {
        let sql = format!("SELECT {} FROM {}", Entity::Application.spec().id, Application::SPEC.name);
        Ok(select(self.history, &sql, |row| row.get(0))?.into_iter().collect())
    }

    /// Where the time was up the last time that it was.
    fn next_application(&self) -> Result<Option<String>> {
        let sql = format!(
            "SELECT next_id FROM {} WHERE budget = ?1 ORDER BY snapshot_id DESC LIMIT 1",
            <ExhaustedBudget as crate::model::Fact>::SPEC.name
        );
        let found = self.history.query_row(&sql, [DETAILS_BUDGET], |row| row.get(0)).optional();
        Ok(found.map_err(failed)?.flatten())
    }
}

/// What a snapshot keeps of it that the time was up before these were asked, the first of which comes first.
pub(in crate::collect) fn exhausted(left: &[Task]) -> FactRow {
    FactRow::of(&ExhaustedBudget {
        budget: DETAILS_BUDGET.to_owned(),
        next_id: left.first().and_then(|task| task.id_of(Entity::Application)),
        listings_left: i64::try_from(left.len()).ok(),
    })
}
