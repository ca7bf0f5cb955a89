//! Time budgets: optional reads beside the core, the stalest first, until their time is up.
//!
//! Each budget has a lane of its own. When its time is up, the remaining scopes are carried forward with a gap that
//! names the option. The next collection begins with them, because they were read the longest ago.

use std::sync::Arc;

use rusqlite::Connection;

use super::lane::{DETAILS, LaneKey, POLICY_DOCUMENTS, POLICY_TAGS, POLICY_TARGETS};
use super::task::Task;
use crate::aws::Operation;
use crate::error::Result;
use crate::model::{Entity, ExhaustedBudget, FactRow, Scope, resource};
use crate::store::{GapIndex, Record, failed, versions_table};

/// The largest rank of a task among tasks of the same priority.
const LAST: i64 = 999_999;

/// A lane whose tasks share one time limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// The name of the lane.
    pub lane: &'static str,
    /// The option that sets the time.
    pub option: BudgetOption,
    /// The name of the budget in a snapshot, once it is exhausted.
    name: &'static str,
    /// The entity that its tasks ask about.
    entity: Entity,
    /// A description of the reads, for messages.
    pub words: &'static str,
    /// True if the budget extends for as long as other reads are running, which delays nothing.
    pub outlasts: bool,
    /// The operations whose other calls must finish first. They list the entities, without which the stalest is
    /// unknown, or they share a quota with the lane.
    waits_for: &'static [Operation],
}

/// An option that sets a time budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BudgetOption {
    Applications,
    Policies,
}

impl BudgetOption {
    /// Returns the message of a gap for a scope that the time did not suffice for.
    pub const fn beyond(self) -> &'static str {
        match self {
            Self::Applications => "beyond --applications-budget",
            Self::Policies => "beyond --policies-budget",
        }
    }

    /// Every option.
    pub const ALL: [Self; 2] = [Self::Applications, Self::Policies];
}

/// Every budget. Each operation of Organizations has a quota of its own, and so a lane.
static BUDGETS: [Budget; 4] = [
    Budget {
        lane: DETAILS,
        option: BudgetOption::Applications,
        name: "--applications-budget",
        entity: Entity::Application,
        words: "how applications are set up",
        outlasts: false,
        waits_for: &[],
    },
    Budget {
        lane: POLICY_DOCUMENTS,
        option: BudgetOption::Policies,
        name: "--policies-budget: documents",
        entity: Entity::Policy,
        words: "the documents of policies",
        outlasts: true,
        waits_for: &[Operation::ListPolicies],
    },
    Budget {
        lane: POLICY_TARGETS,
        option: BudgetOption::Policies,
        name: "--policies-budget: targets",
        entity: Entity::Policy,
        words: "what policies are attached to",
        outlasts: true,
        waits_for: &[Operation::ListPolicies],
    },
    Budget {
        lane: POLICY_TAGS,
        option: BudgetOption::Policies,
        name: "--policies-budget: tags",
        entity: Entity::Policy,
        words: "the tags of policies",
        outlasts: true,
        waits_for: &[Operation::ListPolicies, Operation::ListTagsForResource],
    },
];

impl Budget {
    /// Returns the budget of a lane; `None` for lanes without a time limit, and for access reports.
    pub fn of(lane: &LaneKey) -> Option<&'static Self> {
        BUDGETS.iter().find(|budget| budget.lane == lane.quota)
    }

    /// Returns the lanes that this one waits for.
    pub fn waits_for(&self) -> impl Iterator<Item = LaneKey> {
        self.waits_for.iter().map(|operation| LaneKey::of(&operation.to_string()))
    }

    /// Returns the lanes that wait for this one.
    pub fn waiting_for(lane: &LaneKey) -> impl Iterator<Item = LaneKey> {
        let waiting = BUDGETS.iter().filter(|budget| budget.waits_for().any(|other| other == *lane));
        waiting.map(|budget| LaneKey::of(budget.lane))
    }

    /// Returns the fact recorded when the time is up before the tasks `left` were asked. The next collection begins
    /// with the first of them.
    pub fn exhausted(&self, left: &[Task]) -> FactRow {
        FactRow::of(&ExhaustedBudget {
            budget: self.name.to_owned(),
            next_id: left.first().and_then(|task| task.id_of(self.entity)),
            listings_left: i64::try_from(left.len()).ok(),
        })
    }

    /// Returns the last snapshot in which the whole scope of a task was seen, to find the stalest; 0 if there is none.
    pub fn last_read(&self, history: &Connection, task: &Task) -> Result<i64> {
        let Some(id) = task.id_of(self.entity) else { return Ok(0) };
        let Scope { resource: name, columns } = task.scope();
        let Some(listed) = resource(&name) else { return Ok(0) };
        let spec = self.entity.spec();
        // A snapshot from before the entity or its rows appeared did not read them.
        let own = [(spec.id.to_owned(), id)];
        let places = [
            (spec.resource, own.iter().map(|(column, id)| (column, id)).collect::<Vec<_>>()),
            (listed.name, columns.iter().collect()),
        ];
        let mut since: Option<i64> = None;
        for (table, named) in places {
            let is_it: Vec<_> =
                (1..).zip(&named).map(|(at, (column, _))| format!("\"{column}\" = ?{at}")).collect();
            let sql = format!(
                "SELECT min(valid_from) FROM {} WHERE {}",
                versions_table(table),
                is_it.join(" AND ")
            );
            let values = rusqlite::params_from_iter(named.iter().map(|(_, value)| value));
            let first: Option<i64> = history.query_row(&sql, values, |row| row.get(0)).map_err(failed)?;
            since = [since, first].into_iter().flatten().min();
        }
        let Some(since) = since else { return Ok(0) };
        let mut gaps = GapIndex::new(history);
        let mut statement = history
            .prepare_cached(
                "SELECT snapshot_id FROM snapshots WHERE snapshot_id >= ?1 ORDER BY snapshot_id DESC",
            )
            .map_err(failed)?;
        let mut snapshots = statement.query([since]).map_err(failed)?;
        let names: Arc<[String]> = columns.keys().cloned().collect();
        let scope = Record::new(&names, columns.into_values().map(Into::into).collect());
        while let Some(row) = snapshots.next().map_err(failed)? {
            let snapshot_id: i64 = row.get(0).map_err(failed)?;
            if !gaps.unseen(snapshot_id, listed.name)?.hides(&scope) {
                return Ok(snapshot_id);
            }
        }
        Ok(0)
    }
}

/// Returns the rank of a task among tasks of the same priority. In a lane with a budget the stalest come first.
pub(super) fn rank(history: &Connection, task: &Task) -> Result<i64> {
    match Budget::of(&task.lane()) {
        Some(budget) => Ok(budget.last_read(history, task)?.min(LAST)),
        None => Ok(0),
    }
}
