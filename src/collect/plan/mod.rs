//! The decisions that need counts, as steps between the stages of the queue.
//!
//! A step waits until its stages have no open task. It is then a pure function of the staging and the last snapshot, so
//! that a resumed collection decides the same. Only the choice of a strategy is stored, because counts may still
//! change.

mod accounts_asked;
mod assignments;
mod calls_left;
mod details;
mod estimate;
mod full_pass;
mod places;
mod policy_reports;
mod remainder;
mod reports;
mod spread;
mod strategy;
mod tree;
mod trial;

use std::collections::BTreeSet;
use std::time::Duration;

use rusqlite::Connection;
use rusqlite::types::ValueRef;
use serde_json::{Map, Value};

use super::budget::BudgetOption;
use super::collector::{ForEach, Stage};
use super::context::Context;
use super::convert::now;
use super::graph;
use super::never_seen::NeverSeen;
use super::progress::Progress;
use super::selection::Selection;
use super::task::{COLLECTORS, Task};
use crate::aws::CallFailure;
use crate::error::Result;
use crate::model::{Completeness, RESOURCES, ResourceSpec, Row};
use crate::store::{Failure, Gap, GapKind, Staging, failed};

pub(super) use full_pass::FULL_PASS;
pub(super) use reports::report_in_words;

/// The plan of one collection.
pub(super) struct Plan<'a> {
    pub context: &'a Context,
    pub selection: &'a Selection,
    /// The database with the earlier snapshots.
    pub history: &'a Connection,
    /// The resources that may stay unseen without being a failure.
    pub unseen: NeverSeen,
    /// True to only count: take the steps that lead to an estimate, and list no assignments or reports.
    pub dry_run: bool,
    /// The maximum age of the last full pass by pairs; `None` for the default.
    pub full_every: Option<Duration>,
    /// The steps known to be taken, so that the staging is asked once.
    pub taken: BTreeSet<&'static str>,
    /// The number of checks for a certain choice of the strategy.
    pub looks: u32,
}

impl Plan<'_> {
    /// Returns the record of this failure in a gap.
    pub fn failure(&self, task: &Task, failure: &CallFailure) -> Failure {
        let recorded = task.failure(failure);
        match self.unseen.withholds(task, failure) {
            true => Failure { kind: GapKind::Unavailable, ..recorded },
            false => recorded,
        }
    }

    /// Queues the first tasks, and records gaps for the resources that are not selected.
    pub fn begin(&self, staging: &mut Staging) -> Result<()> {
        self.queue(staging, graph::first_tasks())?;
        for spec in RESOURCES.iter().filter(|spec| !self.selection.has(spec.name)) {
            staging
                .add_gap(&spec.all(), &not_asked("left out by --only, --skip, --access-report or --iam"))?;
        }
        // A resource that depends on any of several others is collected without the ones that are left out.
        for spec in COLLECTORS.iter().filter(|spec| self.selection.has(spec.rows.name)) {
            let ForEach::Any(resources) = spec.for_each else { continue };
            for left_out in resources.iter().filter(|resource| !self.selection.has(resource.name)) {
                let reason = format!("{} are left out", left_out.name);
                staging.add_gap(&spec.scope_for(left_out), &not_asked(&reason))?;
            }
        }
        if let Some(why) = self.context.accounts.leaves_out() {
            for scope in self.scopes_in_accounts() {
                staging.add_gap(&scope, &not_asked(why.reason()))?;
            }
        }
        self.note_report_depth(staging)
    }

    /// Takes every step whose stages have closed. Must be called whenever a task has ended or something was counted.
    /// Returns true if it took a step.
    pub fn advance(&mut self, staging: &mut Staging, progress: &mut dyn Progress) -> Result<bool> {
        use Stage::{
            AccountParents, Accounts, ApplicationList, Assignments, Memberships, Pairs, Principals,
            Remainder, Sample, Tree,
        };
        let before = self.taken.len();
        self.step(staging, "tree", &[Tree], |plan, staging| plan.close_tree(staging))?;
        self.step(staging, "account_parents", &[Tree, Accounts], |plan, staging| plan.ask_parents(staging))?;
        self.step(staging, "lost_accounts", &[Tree, Accounts, AccountParents], |plan, staging| {
            plan.give_up_on_parents(staging)
        })?;
        self.step(staging, "accounts_asked", &[Tree, Accounts, AccountParents], |plan, staging| {
            plan.close_accounts(staging)
        })?;
        self.step(staging, "trial", &[Principals, Pairs], |plan, staging| plan.begin_trial(staging))?;
        let tried: &[Stage] = match self.waits_for_memberships(staging)? {
            true => &[Principals, Pairs, Sample, Memberships],
            false => &[Principals, Pairs, Sample],
        };
        self.step(staging, "end_of_trial", tried, |plan, staging| plan.end_trial(staging))?;
        // A dry run is not in a hurry, and also reports the number of access reports.
        let counted = if self.dry_run {
            [&[Principals, Pairs, Sample, Tree, Accounts], self.stages_of_policies()].concat()
        } else if self.pairs_are_certain(staging)? {
            vec![Pairs]
        } else {
            tried.to_vec()
        };
        self.step(staging, "assignments", &counted, |plan, staging| plan.choose_strategy(staging, progress))?;
        if self.dry_run {
            return Ok(self.taken.len() > before);
        }
        self.step(staging, "reports", &self.stages_before_reports(), |plan, staging| {
            plan.ask_reports(staging)
        })?;
        self.step(staging, "remainder", &[Principals, Pairs, Sample, Assignments], |plan, staging| {
            plan.list_remainder(staging)
        })?;
        self.step(
            staging,
            "names",
            &[Principals, Pairs, Sample, Assignments, Remainder],
            |plan, staging| plan.name_principals(staging),
        )?;
        // These tasks share the quota of the assignments, and must not delay them.
        if self.taken.contains("assignments") {
            self.step(staging, "details", &[Assignments, Remainder, ApplicationList], |plan, staging| {
                plan.ask_details(staging)
            })?;
        }
        Ok(self.taken.len() > before)
    }

    /// Returns true if the number of remaining calls depends on the rows that the task finds.
    pub fn counts(&self, task: &Task) -> bool {
        task.is_counted() || self.stages_of_policies().contains(&task.spec().stage)
    }

    /// Returns true if all remaining tasks are known, so that the estimated time is reliable.
    pub fn is_counted(&self) -> bool {
        self.taken.contains("assignments")
    }

    fn step(
        &mut self,
        staging: &mut Staging,
        name: &'static str,
        stages: &[Stage],
        take: impl FnOnce(&Self, &mut Staging) -> Result<()>,
    ) -> Result<()> {
        if self.taken.contains(name) {
            return Ok(());
        }
        let note = format!("planned:{name}");
        if staging.note(&note)?.is_none() {
            let stages: Vec<_> = stages.iter().map(|stage| stage.name()).collect();
            if staging.has_open(&stages)? {
                return Ok(());
            }
            take(self, staging)?;
            staging.set_note(&note, &now())?;
        }
        self.taken.insert(name);
        Ok(())
    }

    /// Queues the tasks that are selected, ranked in the given order.
    fn queue(&self, staging: &mut Staging, tasks: impl IntoIterator<Item = Task>) -> Result<()> {
        let wanted = tasks.into_iter().filter(|task| task.is_wanted(self.selection));
        staging.add_tasks(wanted.zip(0..).map(|(task, rank)| task.queued(rank, self.selection)))
    }
}

/// The message of a gap for a scope that the time for access reports did not suffice for.
pub(super) const BEYOND_BUDGET: &str = "beyond --access-report-budget";

/// Returns true if the flags selected the scope of a gap, even if AWS was not asked about it.
pub fn was_wanted(gap: &Gap) -> bool {
    let beyond = BudgetOption::ALL.map(BudgetOption::beyond);
    let mut budgets = beyond.into_iter().chain([BEYOND_BUDGET]);
    let is_beyond_budget = |message: &str| budgets.any(|budget| message.starts_with(budget));
    gap.kind != GapKind::NotAsked || gap.error_message.as_deref().is_some_and(is_beyond_budget)
}

/// Returns the record of a gap that is not a failure.
pub fn not_asked(reason: &str) -> Failure {
    gap(GapKind::NotAsked, reason)
}

fn gap(kind: GapKind, reason: &str) -> Failure {
    Failure {
        kind,
        operation: None,
        error_code: None,
        error_message: Some(reason.to_owned()),
        attempts: 0,
        request_id: None,
        observed_at: now(),
    }
}

/// Returns the rows of a statement without parameters.
fn select<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let rows = statement.query_map([], read).map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

/// Returns the staged rows of a resource, ordered by key.
fn staged_rows(staging: &Staging, spec: &'static ResourceSpec) -> Result<Vec<Row>> {
    let names: Vec<_> = spec.columns.iter().map(|column| column.name).collect();
    let columns: Vec<_> = names.iter().map(|name| format!("\"{name}\"")).collect();
    let sql = format!(
        "SELECT whole, {} FROM \"{}\" ORDER BY {}",
        columns.join(", "),
        spec.name,
        spec.key.join(", ")
    );
    select(staging.connection(), &sql, |row| {
        let is_whole: bool = row.get(0)?;
        let mut values = Map::new();
        for (index, name) in names.iter().enumerate() {
            let value = match row.get_ref(index + 1)? {
                ValueRef::Integer(number) => Value::from(number),
                ValueRef::Text(text) => Value::from(String::from_utf8_lossy(text)),
                ValueRef::Null | ValueRef::Real(_) | ValueRef::Blob(_) => Value::Null,
            };
            values.insert((*name).to_owned(), value);
        }
        let completeness = if is_whole { Completeness::Full } else { Completeness::KeyOnly };
        Ok(Row { resource: spec.name, columns: values, completeness })
    })
}

/// Returns the single number that a statement yields.
fn count(connection: &Connection, sql: &str) -> Result<i64> {
    connection.query_row(sql, [], |row| row.get(0)).map_err(failed)
}
