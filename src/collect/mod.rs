//! The verbs: what to call, in which order, and which rows the answers are.
//!
//! A collection is a persisted queue of tasks (`store::staging`). A task is one listing (all of its pages) or
//! one describe for one scope; running it yields typed rows and follow-up tasks.
//!
//! - [`task`]: what a task declares, and the one list of all tasks.
//! - `organization`, `identity_store`, `permission_sets`, `assignments`, `tags`, `access_report`: the tasks,
//!   one file a family. A new resource's collector is a struct in one of them and a word in `task`.
//! - `wire`: AWS's values as columns.
//! - `selection`: which resources are asked for, and what they need.
//! - `plan`: what can only be decided from counts: the strategy for assignments, the remainder, the reports.
//! - `run`: the one loop that runs tasks, pages, commits, stops families and tells the progress.
//! - `preflight`: who, which organization, which instance, and whether a staging can be resumed.
//!
//! Nothing here knows SQLite's tables beyond the plan's counts, and nothing prints: progress goes through
//! the [`Progress`] that the caller hands in.

mod access_report;
mod assignments;
mod identity_store;
mod organization;
mod permission_sets;
mod plan;
mod preflight;
mod progress;
mod run;
mod selection;
mod tags;
pub mod task;
mod wire;

pub use plan::{Estimate, StrategyChoice};
pub use preflight::{Context, Preflight};
pub use progress::{Progress, Tick};
pub use run::{Collection, Ended, RunOptions};
pub use selection::{ReportDepth, Selection};
