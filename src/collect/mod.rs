//! The collection: the calls to make, their order, and the rows in their answers.
//!
//! A collection is a persisted queue of tasks (`store::staging`). A task is one listing (all of its pages) or one
//! describe for one scope. Running a task yields typed rows and follow-up tasks.
//!
//! - `collector`: the declarations of a task, above all the rows it is asked for and the place where it is asked.
//! - `organization`, `accounts`, `identity_store`, `permission_sets`, `permission_set_policies`, `provisioning`,
//!   `assignments`, `tags`, `policies`, `delegation`, `identity_center`, `applications`, `application_details`,
//!   `assignment_requests`, `iam` (its answers as rows: `iam_rows`), `iam_credentials` (the report: `credential_report`),
//!   `access_report`: the tasks, one file per family; none knows another. A new resource's collector is a struct in one
//!   of them and a line in `task`.
//! - `services`: the rules for all operations of a service. `convert`: AWS's values as columns.
//! - `task`: the one list of all tasks, and a task as the queue stores it.
//! - `graph`: derivations from the declarations: first tasks, follow-ups, dependencies, the scopes that a failure
//!   hides.
//! - `selection`: the selected resources, and the tasks that may run for them. `accounts_asked`: the accounts whose IAM is
//!   asked for, and the role there. `queued`: the tasks that it queues.
//! - `never_seen`: the resources that a census was made without. `context`: the facts that every task may use.
//! - `plan`: decisions that need counts: the strategy for assignments, the remainder, the reports.
//! - `budget`: optional reads beside the core, the stalest first, until their time is up.
//! - `run`: the one loop that runs tasks, pages, commits, stops families and reports the progress.
//! - `collection`: a census from beginning to end: lock, preflight, stage or resume, run, publish.
//! - `probe`: the resources that these credentials can see, for `doctor`.
//! - `preflight`: the caller, the organization and the instance.
//!
//! Nothing here knows SQLite's tables beyond the plan's counts, and nothing prints: progress goes through the
//! [`Progress`] that the caller passes in.

mod access_report;
mod accounts;
mod accounts_asked;
mod application_details;
mod applications;
mod assignment_requests;
mod assignments;
mod budget;
mod collection;
mod collector;
mod context;
mod convert;
mod credential_report;
mod delegation;
mod gap_names;
mod graph;
mod iam;
mod iam_credentials;
mod iam_rows;
mod identity_center;
mod identity_store;
mod lane;
mod managed_policies;
mod never_seen;
mod organization;
mod permission_set_policies;
mod permission_sets;
mod plan;
mod policies;
mod preflight;
mod probe;
mod progress;
mod provisioning;
mod queued;
mod report_policies;
mod report_watch;
mod run;
mod selection;
mod services;
mod stopping;
mod tags;
mod task;
#[cfg(test)]
mod tests;
mod unlisted_principals;

pub use accounts_asked::{AccountsAsked, NotAsked, Place, RoleName};
pub use collection::{Summary, TakeOptions, Taken, take};
pub use context::Context;
pub use never_seen::NeverSeen;
pub use plan::{not_asked, was_wanted};
pub use preflight::{Groundwork, Preflight};
pub use probe::{Examination, Finding, Seen, probe};
pub use progress::{Progress, Tick};
pub use report_policies::ReportPolicies;
pub use run::{Collection, Ended, RunOptions};
pub use selection::{IamAccounts, ReportDepth, Selection, StrategyChoice, statement_of};

use std::collections::BTreeSet;

use crate::aws::Operation;

/// Returns every operation that a collection of this selection can send: those of its tasks, and those that identify
/// the census.
pub fn operations(selection: &Selection) -> BTreeSet<Operation> {
    let mut operations: BTreeSet<_> =
        selection.asked().flat_map(|spec| spec.operations.iter().copied()).collect();
    let of_preflight = graph::PREFLIGHT.into_iter();
    operations.extend(
        of_preflight.filter(|operation| *operation != Operation::ListInstances || selection.needs_instance()),
    );
    operations
}
