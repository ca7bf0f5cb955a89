//! Budgets of time: what is read beside the core, the stalest first, for as long as its time lasts.
//!
//! Each has a lane of its own. When its time is up, what is left is carried forward with a gap that names the option, and
//! the next collection begins with it, for it was read the longest ago.

use std::sync::Arc;

use rusqlite::Connection;

use super::lane::{DETAILS, LaneKey, POLICY_DOCUMENTS, POLICY_TAGS, POLICY_TARGETS};
use super::task::Task;
use crate::aws::Operation;
use crate::error::Result;
use crate::model::{Entity, ExhaustedBudget, FactRow, Scope, resource};
use crate::store::{GapIndex, Record, failed, versions_table};

/// The largest rank of a task among those of its priority.
const LAST: i64 = 999_999;

/// A lane whose tasks have a time together.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Budget {
    /// The name of the lane.
    pub lane: &'static str,
    /// The option that gives the time.
    pub option: BudgetOption,
    /// What a snapshot calls it whose time was up.
    name: &'static str,
    /// What its tasks ask about.
    entity: Entity,
    /// What is read, in words.
    pub words: &'static str,
    /// Whether it goes on for as long as other things are read, too: that delays nothing.
    pub outlasts: bool,
    /// The operations whose other calls it waits for: those that list what there is, for only then is it known what is the
    /// stalest, and those with which it shares a quota.
    waits_for: &'static [Operation],
}

/// An option that gives a time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BudgetOption {
    Applications,
    Policies,
}

impl BudgetOption {
    /// What a gap says of a scope for which the time did not suffice.
    pub const fn beyond(self) -> &'static str {
        match self {
            Self::Applications => "beyond --applications-budget",
            Self::Policies => "beyond --policies-budget",
        }
    }

    /// Every option.
    pub const ALL: [Self; 2] = [Self::Applications, Self::Policies];
}

/// Every budget. Each kind of call to Organizations has a quota of its own, and so a lane.
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
    /// The budget of a lane; `None` where its tasks have all the time that they need, and of access reports.
    pub fn of(lane: &LaneKey) -> Option<&'static Self> {
        BUDGETS.iter().find(|budget| budget.lane == lane.quota)
    }

    /// The lanes that it waits for.
    pub fn waits_for(&self) -> impl Iterator<Item = LaneKey> {
        self.waits_for.iter().map(|operation| LaneKey::of(&operation.to_string()))
    }

    /// The lanes that wait for this one.
    pub fn waiting_for(lane: &LaneKey) -> impl Iterator<Item = LaneKey> {
        let waiting = BUDGETS.iter().filter(|budget| budget.waits_for().any(|other| other == *lane));
        waiting.map(|budget| LaneKey::of(budget.lane))
    }

    /// What a snapshot keeps of it that the time was up before these were asked, the first of which comes first.
    pub fn exhausted(&self, left: &[Task]) -> FactRow {
        FactRow::of(&ExhaustedBudget {
            budget: self.name.to_owned(),
            next_id: left.first().and_then(|task| task.id_of(self.entity)),
            listings_left: i64::try_from(left.len()).ok(),
        })
    }

    /// The last snapshot that saw all that a task lists, by which the stalest is found; 0 where none did.
    pub fn last_read(&self, history: &Connection, task: &Task) -> Result<i64> {
        let Some(id) = task.id_of(self.entity) else { return Ok(0) };
        let Scope { resource: name, columns } = task.scope();
        let Some(listed) = resource(&name) else { return Ok(0) };
        let spec = self.entity.spec();
        // What a snapshot did not know of, it did not read.
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

/// The place of a task among those of its priority: in a lane with a budget the stalest come first.
pub(super) fn rank(history: &Connection, task: &Task) -> Result<i64> {
    match Budget::of(&task.lane()) {
        Some(budget) => Ok(budget.last_read(history, task)?.min(LAST)),
        None => Ok(0),
    }
}
