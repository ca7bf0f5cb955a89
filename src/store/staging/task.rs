//! What goes into the staging and comes out of it: facts, tasks, their outcomes.

use crate::model::{FactRow, Row, Scope};
use crate::store::snapshot::GapKind;

/// What was known when the collection began; a resume must agree with the identity and the selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionHeader {
    /// Random; unique in `snapshots`.
    pub collection_id: String,
    /// Time of the first call, RFC 3339, UTC.
    pub started_at: String,
    /// `o-…`; `None` where DescribeOrganization gave none: no organization, or the call was refused.
    pub organization_id: Option<String>,
    /// ARN of the Identity Center instance; `None` where there is none to read.
    pub instance_arn: Option<String>,
    /// `d-…`, as ListInstances gives it beside the instance.
    pub identity_store_id: Option<String>,
    /// Region that is called: the instance's primary one where there is an instance.
    pub region: Option<String>,
    /// ARN that sts:GetCallerIdentity returned; `None` where that call failed.
    pub caller_arn: Option<String>,
    /// Free text from `--label`; a resume may replace it.
    pub label: Option<String>,
    /// The flags that decide what is collected, canonically written.
    pub selection: String,
    /// Version of `orgcensus` that began it; another version does not resume it.
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
    /// Key in the staging's `tasks`; every [`Outcome`] of the task repeats it.
    pub task_id: i64,
    /// As in [`NewTask::kind`].
    pub kind: String,
    /// As in [`NewTask::body`]: `collect` deserializes it to run the task.
    pub body: String,
    /// Where its listing goes on; `None` at its beginning.
    pub next_token: Option<String>,
    /// Whether a page before left its list out.
    pub left_out: bool,
}

/// Why a task could not be seen to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Decides how the gap counts: only `Denied` and `Failed` make a resource partial.
    pub kind: GapKind,
    /// AWS operation that did not answer, e.g. `ListGroups`; `None` where no call was sent.
    pub operation: Option<String>,
    /// AWS's error code, or the collector's own for a failure without an answer.
    pub error_code: Option<String>,
    /// AWS's message, or the reason in words.
    pub error_message: Option<String>,
    /// Number of times the last call was sent; 0 where none was.
    pub attempts: u32,
    /// AWS's request id of the last attempt.
    pub request_id: Option<String>,
    /// RFC 3339, UTC.
    pub observed_at: String,
}

/// What one step of a task came to; committed whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A page: its rows and follow-ups, and where the listing goes on. Without a `next_token` the task is
    /// done and what it covers is seen. A key staged before is overwritten, but a row that is not whole
    /// never replaces a whole one. A token that this task has already had, or a row without its key, has
    /// the whole page rejected, see [`Staging::commit`](super::Staging::commit).
    Page {
        /// As in [`OpenTask::task_id`].
        task_id: i64,
        /// Items of the page, of one or several resources.
        rows: Vec<Row>,
        /// Tasks that the items give rise to.
        follow_ups: Vec<NewTask>,
        /// AWS's token of the page that follows; `None` ends the task.
        next_token: Option<String>,
        /// Operation whose answer left its list out, see
        /// [`Staging::sends_empty_lists`](super::Staging::sends_empty_lists).
        left_out: Option<String>,
        /// Facts of the snapshot that the page tells, in place of those of their keys.
        facts: Vec<FactRow>,
    },
    /// The listing has to begin again: its rows and tokens so far are forgotten.
    Restart {
        /// As in [`OpenTask::task_id`].
        task_id: i64,
    },
    /// What the task asks about no longer exists: what it covers is seen and empty.
    NotFound {
        /// As in [`OpenTask::task_id`].
        task_id: i64,
        /// The staged rows that this answer proves dead, as scopes over their keys.
        dropped: Vec<Scope>,
        /// Whether the answer is no evidence about the rows in the task's scope: the scope is then neither seen
        /// nor a gap, and other tasks see to its rows.
        scope_still_valid: bool,
    },
    /// The task ends unseen.
    Gap {
        /// As in [`OpenTask::task_id`].
        task_id: i64,
        /// Reason that the gaps over what it covers and hides record.
        failure: Failure,
        /// Tasks that ask for the same in another way.
        follow_ups: Vec<NewTask>,
        /// Facts of the snapshot that the failure tells.
        facts: Vec<FactRow>,
    },
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
    /// Task that asked for the page.
    pub task_id: i64,
    /// Reason to distrust the whole page.
    pub reason: Rejection,
}

/// Why a page was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// Its next token is one that the task has already had: the listing would go round in circles.
    RepeatedToken,
    /// One of its rows lacks a column of its key.
    MissingKey {
        /// Name of the row's resource.
        resource: String,
        /// Name of the column.
        column: String,
    },
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

/// How many tasks of one kind there are, for progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskCounts {
    /// As in [`NewTask::kind`].
    pub kind: String,
    /// As in [`NewTask::lane`].
    pub lane: String,
    /// Number of tasks that are still to be run or to be continued.
    pub open: u64,
    /// Number of tasks with an outcome, gaps included.
    pub ended: u64,
}
