//! The input and output of the staging: facts, tasks, and their outcomes.

use crate::model::{FactRow, Row, Scope};
use crate::store::snapshot::GapKind;

/// The header of a collection, written when it began; a resume must agree with the identity and the selection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CollectionHeader {
    /// The random id, unique in `snapshots`.
    pub collection_id: String,
    /// The time of the first call, RFC 3339, UTC.
    pub started_at: String,
    /// The organization id `o-…`; `None` if DescribeOrganization gave none: no organization, or the call was refused.
    pub organization_id: Option<String>,
    /// The ARN of the Identity Center instance; `None` if there is none to read.
    pub instance_arn: Option<String>,
    /// The identity store `d-…`, as ListInstances gives it beside the instance.
    pub identity_store_id: Option<String>,
    /// The region that is called: the instance's primary region if there is an instance.
    pub region: Option<String>,
    /// The ARN that sts:GetCallerIdentity returned; `None` if that call failed.
    pub caller_arn: Option<String>,
    /// The unique id that sts:GetCallerIdentity returned; `None` if that call failed.
    pub caller_user_id: Option<String>,
    /// The text from `--label`; a resume may replace it.
    pub label: Option<String>,
    /// The flags that decide what is collected, in canonical form.
    pub selection: String,
    /// The version of `orgcensus` that began it; another version does not resume it.
    pub tool_version: String,
}

/// A task to queue. Tasks are unique by kind and body: queueing one again does nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTask {
    /// The task's kind, e.g. `list_groups`.
    pub kind: String,
    /// The task itself, as `collect` serializes it.
    pub body: String,
    /// The pacer and concurrency limit that it runs under.
    pub lane: String,
    /// The stage that waits for it: the plan checks for open tasks by stage.
    pub stage: String,
    /// The priority; lower runs first.
    pub priority: i64,
    /// The scopes that are seen once its last page is in.
    pub covers: Vec<Scope>,
    /// Further scopes that stay unseen if it fails: those of the follow-ups that it would have had.
    pub hides: Vec<Scope>,
}

/// A task that has not ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenTask {
    /// The key in the staging's `tasks`; every [`Outcome`] of the task repeats it.
    pub task_id: i64,
    /// The kind, as in [`NewTask::kind`].
    pub kind: String,
    /// The body, as in [`NewTask::body`]: `collect` deserializes it to run the task.
    pub body: String,
    /// The token at which its listing continues; `None` at its beginning.
    pub next_token: Option<String>,
    /// True if an earlier page omitted its list.
    pub left_out: bool,
}

/// The reason why a task did not finish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// The kind, which decides how the gap counts: only `Denied` and `Failed` make a resource partial.
    pub kind: GapKind,
    /// The AWS operation that failed, e.g. `ListGroups`; `None` if no call was sent.
    pub operation: Option<String>,
    /// AWS's error code, or the collector's own for a failure without a response.
    pub error_code: Option<String>,
    /// AWS's message, or the reason in words.
    pub error_message: Option<String>,
    /// The number of times the last call was sent; 0 if none was.
    pub attempts: u32,
    /// AWS's request id of the last attempt.
    pub request_id: Option<String>,
    /// The time of the failure, RFC 3339, UTC.
    pub observed_at: String,
}

/// The outcome of one step of a task, committed as a whole.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A page: its rows and follow-ups, and the token at which the listing continues. Without a `next_token` the task
    /// is done and its scopes are seen. A key staged before is overwritten, but an incomplete row never replaces a
    /// complete one. A token that this task has already had, or a row without its key, rejects the whole page; see
    /// [`Staging::commit`](super::Staging::commit).
    Page {
        /// The task, as in [`OpenTask::task_id`].
        task_id: i64,
        /// The items of the page, of one or several resources.
        rows: Vec<Row>,
        /// The tasks that follow from the items.
        follow_ups: Vec<NewTask>,
        /// AWS's token of the next page; `None` ends the task.
        next_token: Option<String>,
        /// The operation whose answer omitted its list, see
        /// [`Staging::sends_empty_lists`](super::Staging::sends_empty_lists).
        left_out: Option<String>,
        /// The facts of the snapshot that the page reports, replacing facts with the same keys.
        facts: Vec<FactRow>,
    },
    /// The listing has to begin again: its rows and tokens so far are removed.
    Restart {
        /// The task, as in [`OpenTask::task_id`].
        task_id: i64,
    },
    /// The thing that the task lists no longer exists: its scopes are seen and empty.
    NotFound {
        /// The task, as in [`OpenTask::task_id`].
        task_id: i64,
        /// The staged rows that this answer proves to be gone, as scopes over their keys.
        dropped: Vec<Scope>,
        /// True if the answer is no evidence about the rows in the task's scope. The scope is then neither seen nor a
        /// gap, and other tasks cover its rows.
        scope_still_valid: bool,
    },
    /// The task ends unseen.
    Gap {
        /// The task, as in [`OpenTask::task_id`].
        task_id: i64,
        /// The reason, recorded in the gaps over the scopes that the task covers and hides.
        failure: Failure,
        /// The tasks that request the same rows in another way.
        follow_ups: Vec<NewTask>,
        /// The facts of the snapshot that the failure reports.
        facts: Vec<FactRow>,
    },
}

impl Outcome {
    /// Returns the task that the outcome belongs to.
    pub fn task_id(&self) -> i64 {
        match self {
            Self::Page { task_id, .. }
            | Self::Restart { task_id }
            | Self::NotFound { task_id, .. }
            | Self::Gap { task_id, .. } => *task_id,
        }
    }
}

/// A page that was not written, because none of it can be trusted. The caller fails its task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejected {
    /// The task that requested the page.
    pub task_id: i64,
    /// The reason to distrust the whole page.
    pub reason: Rejection,
}

/// The reason why a page was not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rejection {
    /// The task has already had the page's next token: the listing would loop.
    RepeatedToken,
    /// One of its rows lacks a column of its key.
    MissingKey {
        /// The name of the row's resource.
        resource: String,
        /// The name of the column.
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

/// The number of tasks of one kind, for progress.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskCounts {
    /// The kind, as in [`NewTask::kind`].
    pub kind: String,
    /// The lane, as in [`NewTask::lane`].
    pub lane: String,
    /// The number of tasks that are still to be run or continued.
    pub open: u64,
    /// The number of tasks with an outcome, gaps included.
    pub ended: u64,
}
