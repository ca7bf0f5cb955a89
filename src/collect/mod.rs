//! The verbs: what to call, in which order, and which rows the answers are.
//!
//! A collection is a persisted queue of tasks (`store::staging`). A task is one listing (all of its pages) or
//! one describe for one scope; running it yields typed rows and follow-up tasks.
//!
//! - [`task`]: what a task declares, and the one list of all tasks.
//! - `organization`, `accounts`, `identity_store`, `permission_sets`, `permission_set_policies`, `provisioning`,
//!   `assignments`, `tags`, `access_report`: the tasks, one file a family. A new resource's collector is a struct in
//!   one of them and a word in `task`.
//! - `convert`: AWS's values as columns.
//! - `selection`: which resources are asked for, and what they need.
//! - `plan`: what can only be decided from counts: the strategy for assignments, the remainder, the reports.
//! - `run`: the one loop that runs tasks, pages, commits, stops families and tells the progress.
//! - `collection`: a census from beginning to end: lock, preflight, stage or resume, run, publish.
//! - `probe`: what these credentials can see, for `doctor`.
//! - `preflight`: who, which organization, and which instance.
//!
//! Nothing here knows SQLite's tables beyond the plan's counts, and nothing prints: progress goes through
//! the [`Progress`] that the caller hands in.

mod access_report;
mod accounts;
mod assignments;
mod collection;
mod convert;
mod gap_names;
mod identity_store;
mod organization;
mod permission_set_policies;
mod permission_sets;
mod plan;
mod preflight;
mod probe;
mod progress;
mod provisioning;
mod report_watch;
mod run;
mod selection;
mod tags;
pub mod task;
mod unlisted_principals;

pub use collection::{Summary, TakeOptions, Taken, take};
pub use plan::{StrategyChoice, was_wanted};
pub use preflight::{Context, Groundwork, Preflight};
pub use probe::{Examination, Finding, Seen, probe};
pub use progress::{Progress, Tick};
pub use run::{Collection, Ended, RunOptions};
pub use selection::{ReportDepth, Selection};

use std::collections::BTreeSet;

use crate::aws::Operation;

/// Every operation that a collection of this selection can send: those of its tasks, and those that find out
/// whose census it is.
pub fn operations(selection: &Selection) -> BTreeSet<Operation> {
    let mut operations = task::Task::operations(selection);
    operations.retain(|operation| can_be_asked(selection, *operation));
    operations.extend([Operation::GetCallerIdentity, Operation::DescribeOrganization]);
    if selection.needs_instance() {
        operations.insert(Operation::ListInstances);
    }
    operations
}

/// Whether this selection leads to a task that is only asked because of something else: tags of what is
/// listed, a principal that an assignment names in a directory that cannot be listed, a strategy.
fn can_be_asked(selection: &Selection, operation: Operation) -> bool {
    match operation {
        // *Principals* needs both operations, for its remainder; it has to know all principals.
        Operation::ListAccountAssignmentsForPrincipal => {
            selection.strategy != StrategyChoice::Pairs && selection.has("users") && selection.has("groups")
        }
        Operation::DescribeUser | Operation::DescribeGroup => selection.has("account_assignments"),
        Operation::ListPermissionSetTags => selection.has("permission_sets"),
        Operation::ListTagsForResource => {
            ["roots", "organizational_units", "accounts"].iter().any(|resource| selection.has(resource))
        }
        _ => true,
    }
}
