//! The collection in progress: a persisted queue of tasks and the rows that they yielded so far.
//!
//! It lives in its own file, `<db>.collecting`, so that the census is written once, by the publish. The
//! queue knows tasks only as text: what they mean is `collect`'s business.

use std::collections::{BTreeMap, HashSet};

use rusqlite::Connection;

use super::database::Database;
use super::snapshot::GapKind;
use crate::error::Result;
use crate::model::{Row, Scope};

/// What was known when the collection began; a resume must agree with the identity and the selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionFacts {
    /// Random; unique in `snapshots`.
    pub collection_id: String,
    /// Time of the first call, RFC 3339, UTC.
    pub started_at: String,
    pub organization_id: Option<String>,
    pub instance_arn: Option<String>,
    pub identity_store_id: Option<String>,
    pub region: Option<String>,
    pub caller_arn: Option<String>,
    pub label: Option<String>,
    /// The flags that decide what is collected, canonically written.
    pub selection: String,
    pub tool_version: String,
}

/// A task to queue. Tasks are unique by kind and body: queueing one again does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// The task's kind, e.g. `list_groups`.
    pub kind: String,
    /// The task itself, as `collect` serializes it.
    pub body: String,
    /// Which pacer and concurrency limit it runs under.
    pub lane: String,
    /// What waits for it: the plan asks whether a stage still has open tasks.
    pub stage: String,
    /// Lower runs first.
    pub priority: i64,
    /// The scopes that are seen once its last page is in.
    pub covers: Vec<Scope>,
    /// Further scopes that stay unseen when it fails: those of the follow-ups that it would have had.
    pub hides: Vec<Scope>,
}

/// A task that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTask {
    pub task_id: i64,
    pub kind: String,
    pub body: String,
    /// Where its listing goes on; `None` at its beginning.
    pub next_token: Option<String>,
}

/// Why a task could not be seen to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: GapKind,
    pub operation: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub attempts: u32,
    pub request_id: Option<String>,
    /// RFC 3339, UTC.
    pub observed_at: String,
}

/// One row of `access_report_jobs`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessReportJob {
    pub entity_id: String,
    pub policy_id: String,
    pub job_status: String,
    pub created_at: Option<String>,
    pub completed_at: Option<String>,
    pub services_accessible: Option<i64>,
    pub services_not_accessed: Option<i64>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
}

/// What one step of a task came to; committed whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A page: its rows and follow-ups, and where the listing goes on. Without a `next_token` the task is
    /// done and what it covers is seen. A key staged before is overwritten, but a row that is not whole
    /// never replaces a whole one. A token that this task has already had fails the commit with
    /// `RepeatedToken`, see [`Staging::commit`].
    Page {
        task_id: i64,
        rows: Vec<Row>,
        follow_ups: Vec<NewTask>,
        next_token: Option<String>,
        job: Option<AccessReportJob>,
    },
    /// The listing has to begin again: its rows and tokens so far are forgotten.
    Restart { task_id: i64 },
    /// What the task asks about no longer exists: what it covers is seen and empty. `dropped` are the staged
    /// rows that this answer proves dead, as scopes over their keys.
    /// Where `scope_survives`, the answer is no evidence about the scope: it is neither seen nor a gap.
    Gone { task_id: i64, dropped: Vec<Scope>, scope_survives: bool },
    /// The task ends unseen, and `follow_ups` try another way.
    Gap { task_id: i64, failure: Failure, follow_ups: Vec<NewTask>, job: Option<AccessReportJob> },
}

impl Outcome {
    /// The task that it is an outcome of.
    pub fn task_id(&self) -> i64 {
        match self {
            Self::Page { task_id, .. }
            | Self::Restart { task_id }
            | Self::Gone { task_id, .. }
            | Self::Gap { task_id, .. } => *task_id,
        }
    }
}

/// A page that could not be staged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    pub task_id: i64,
    pub reason: String,
}

/// How many tasks of one kind there are, for progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskCounts {
    pub kind: String,
    pub lane: String,
    pub open: u64,
    pub ended: u64,
}

/// The staging database.
pub struct Staging {}

impl Staging {
    /// Opens the staging beside the database, if there is one that this version can go on with. `None`
    /// where there is none; an unreadable or incompatible one is an error that `discard` resolves.
    pub fn open(database: &Database) -> Result<Option<Self>> {
        todo!("{:?}", database.path())
    }

    /// Begins a collection with an empty staging (mode 0600), replacing any other.
    pub fn create(database: &Database, facts: &CollectionFacts) -> Result<Self> {
        todo!("{:?} {facts:?}", database.path())
    }

    /// Deletes the staging beside the database, if any.
    pub fn discard(database: &Database) -> Result<()> {
        todo!("{:?}", database.path())
    }

    /// What was known when the collection began.
    pub fn facts(&self) -> &CollectionFacts {
        todo!()
    }

    /// When a step was last committed, RFC 3339, UTC.
    pub fn last_written_at(&self) -> Result<String> {
        todo!()
    }

    /// A choice that the plan stored, e.g. `assignment_strategy`.
    pub fn note(&self, name: &str) -> Result<Option<String>> {
        todo!("{name}")
    }

    /// Stores a choice once and for all (a later value is ignored); returns the one that holds.
    pub fn set_note(&mut self, name: &str, value: &str) -> Result<String> {
        todo!("{name} {value}")
    }

    /// Queues tasks; those queued before are left as they are.
    pub fn add_tasks(&mut self, tasks: &[NewTask]) -> Result<()> {
        todo!("{tasks:?}")
    }

    /// Up to `limit` open tasks of a lane, by priority and then in the order queued, without those in
    /// `running`.
    pub fn next_tasks(&self, lane: &str, limit: usize, running: &HashSet<i64>) -> Result<Vec<OpenTask>> {
        todo!("{lane} {limit} {running:?}")
    }

    /// Whether any of these stages still has an open task.
    pub fn has_open(&self, stages: &[&str]) -> Result<bool> {
        todo!("{stages:?}")
    }

    /// The tasks of a stage that failed or were stopped: their bodies, and why.
    pub fn failures(&self, stage: &str) -> Result<Vec<(String, Failure)>> {
        todo!("{stage}")
    }

    /// The bodies of the tasks of a kind whose listing reached its last page.
    pub fn seen_bodies(&self, kind: &str) -> Result<Vec<String>> {
        todo!("{kind}")
    }

    /// Where the staging beside a database is.
    pub fn path_for(database: &std::path::Path) -> std::path::PathBuf {
        todo!("{database:?}")
    }

    /// Tasks by kind, open and ended.
    pub fn task_counts(&self) -> Result<Vec<TaskCounts>> {
        todo!()
    }

    /// Commits outcomes in one transaction. Returns the ids of the tasks whose page repeated a token: for
    /// these nothing of the page was written, and the caller fails them.
    pub fn commit(&mut self, outcomes: &[Outcome]) -> Result<Vec<Rejected>> {
        todo!("{outcomes:?}")
    }

    /// Ends every open task of a kind, and takes those of its ended tasks that failed with `denied` with
    /// them: one gap over `scopes` instead of one a task.
    pub fn stop_kind(&mut self, kind: &str, failure: &Failure, scopes: &[Scope]) -> Result<()> {
        todo!("{kind} {failure:?} {scopes:?}")
    }

    /// Notes a gap that no task stands for: not asked, or unavailable.
    pub fn add_gap(&mut self, scope: &Scope, failure: &Failure) -> Result<()> {
        todo!("{scope:?} {failure:?}")
    }

    /// Notes that a scope was seen by several tasks together.
    pub fn add_seen(&mut self, scope: &Scope) -> Result<()> {
        todo!("{scope:?}")
    }

    /// Adds to the collection's running totals; resumed parts count too.
    pub fn add_calls(&mut self, api_calls: &BTreeMap<String, u64>, throttled: u64) -> Result<()> {
        todo!("{api_calls:?} {throttled}")
    }

    /// The totals so far: calls by operation (`service:Operation`), and throttled ones.
    pub fn calls(&self) -> Result<(BTreeMap<String, u64>, u64)> {
        todo!()
    }

    /// The connection, for the plan's counts. Staged rows are in tables named as the resource, with its columns.
    pub fn connection(&self) -> &Connection {
        todo!()
    }
}
