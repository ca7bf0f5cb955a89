//! What goes into the staging and comes out of it: facts, tasks, their outcomes.

use crate::model::{Row, Scope};
use crate::store::snapshot::GapKind;

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
    /// Whether a page before left its list out.
    pub left_out: bool,
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
    /// never replaces a whole one. A token that this task has already had, or a row without its key, has
    /// the whole page rejected, see [`Staging::commit`](super::Staging::commit). `left_out` is the operation
    /// whose answer left its list out, see [`Staging::sends_empty_lists`](super::Staging::sends_empty_lists).
    Page {
        task_id: i64,
        rows: Vec<Row>,
        follow_ups: Vec<NewTask>,
        next_token: Option<String>,
        left_out: Option<String>,
        job: Option<AccessReportJob>,
    },
    /// The listing has to begin again: its rows and tokens so far are forgotten.
    Restart { task_id: i64 },
    /// What the task asks about no longer exists: what it covers is seen and empty. `dropped` are the staged
    /// rows that this answer proves dead, as scopes over their keys. Where `scope_survives` the answer is no
    /// evidence about the rows in the scope: it is neither seen nor a gap, and other tasks see to them.
    NotFound { task_id: i64, dropped: Vec<Scope>, scope_still_valid: bool },
    /// The task ends unseen, and `follow_ups` try another way.
    Gap { task_id: i64, failure: Failure, follow_ups: Vec<NewTask>, job: Option<AccessReportJob> },
}

impl Outcome {
    /// The task that it is an outcome of.
    pub fn task_id(&self) -> i64 {
        match self {
            Self::Page { task_id, .. }
            | Self::Restart { task_id }
            | Self::NotFound { task_id, .. }
            | Self::Gap { task_id, .. } => *task_id,
        }
    }
}

/// A page that was not written, because nothing of it can be trusted. The caller fails its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    pub task_id: i64,
    pub reason: Rejection,
}

/// Why a page was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Its next token is one that the task has already had: the listing would go round in circles.
    RepeatedToken,
    /// One of its rows lacks a column of its key.
    MissingKey { resource: String, column: String },
}

impl std::fmt::Display for Rejection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::RepeatedToken => f.write_str("AWS repeated a page's token, so that the listing has no end"),
            Self::MissingKey { resource, column } => {
                write!(f, "AWS left out {column} of one of the {resource}")
            }
        }
    }
}

/// An item that one kind of listing sent twice with different values: the later one is staged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubled {
    pub resource: String,
    /// Its key.
    pub item: String,
    /// The columns that differ, with commas between them.
    pub differs: String,
}

/// How many tasks of one kind there are, for progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskCounts {
    pub kind: String,
    pub lane: String,
    pub open: u64,
    pub ended: u64,
}
