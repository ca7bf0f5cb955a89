//! The census on disk: opening and migrating, staging, publishing, views, and reading as of a snapshot.
//!
//! The store is generic: it derives every statement from the tables' own columns and from
//! [`crate::model::ResourceSpec`], and names no particular resource. It never talks to AWS and never prints.
//!
//! - `database`: the file opened for writing: creation with mode 0600, migrations, identity.
//! - `lock`: one collector at a time.
//! - `staging`: the queue of tasks and the rows of the collection in progress (`<db>.collecting`).
//! - `publish`: staged rows become versions, gaps and coverage, in one transaction.
//! - `evidence`: the hashes that prove each snapshot, and the check of the file against them.
//! - `retention`: the choice of snapshots to keep, the removal of others, and copies of a census.
//! - `steps`: views whose rows are stored in a table, snapshot by snapshot.
//! - `views`: the SQL of the views, for the latest snapshot or as of any other.
//! - `visibility`: whether a snapshot saw that a row is absent; `record`: a row as values by column.
//! - `reader`: the file opened for reading, at one moment; `guard` keeps reading from writing.
//! - `snapshot`: the published snapshots; `when`: the ways in which a user names one.
//! - `derived`: the statements of policies and the privileged permission sets, derived once.
//! - `documents`: the hash of each document's meaning, beside the document.
//! - `functions`: SQL functions that canned queries call, and no view.
//! - `scopes`: the functions with which queries look up rules over accounts.
//! - `catalog`: every table and view with its columns and their descriptions.
//! - `schema`: the migrations, the space they take, and which program can read which file; `columns`: the columns of
//!   the tables; `identity`: the organization and instance of a census.
//! - `file`: names, modes and errors of the files.
//! - `filesystem`: network file systems and free space; `io_error`: transient errors, after which a collection can
//!   resume.

mod catalog;
mod columns;
mod coverage;
mod database;
mod derived;
mod documents;
mod evidence;
mod file;
mod filesystem;
mod functions;
mod guard;
mod identity;
mod io_error;
mod lock;
mod publish;
mod reader;
mod record;
mod retention;
mod schema;
mod scopes;
mod snapshot;
mod staging;
mod steps;
#[cfg(test)]
mod testing;
mod views;
mod visibility;
mod when;

pub use catalog::{Reference, Table, TableColumn, TableKind};
pub(crate) use columns::versions_table;
pub use columns::{find_open_row, has_open_rows};
pub use coverage::{Coverage, CoverageStatus};
pub use database::Database;
pub use derived::privileged_on;
pub use evidence::{Link, Parts, Verified};
pub use file::{data_files, database_of, files};
pub(crate) use file::{literal, quoted};
pub use guard::{QUERY_MEMORY, views_read};
pub use identity::Identity;
pub use io_error::{staging_stopped, stopped};
pub use lock::CollectorLock;
pub use publish::{ActivityStep, CallTotals, Published, ResourceOutcome, ShrinkLimit};
pub use reader::Census;
#[cfg(test)]
pub(crate) use reader::stops;
pub use record::Record;
pub(crate) use record::text_of;
pub use retention::{KeepRules, Pruned, Verdict, Watch};
pub use schema::Upgrade;
pub use snapshot::{Doubled, Gap, GapKind, Snapshot, SnapshotStatus, is_synthetic, synthetic_version};
pub use staging::{
    CollectionHeader, Failure, NewTask, OpenTask, Outcome, Rejected, Rejection, Staging, TaskCounts,
    Unfinished,
};
pub use views::{Tells, shows_every_resource, tells};
#[cfg(test)]
pub(crate) use visibility::Conditions;
pub use visibility::HidingGap;
pub(crate) use visibility::sql::hides_all;
pub(crate) use visibility::{GapIndex, SnapshotGaps, canonical_scope, parse_scope};
pub use when::{When, beginning, check_label};

/// Returns the view with no answer over a range of snapshots that this error is about. SQLite reports the name that
/// `views` gave it as a missing table.
pub fn without_range(table: &str) -> Option<&str> {
    table.strip_suffix(views::OVER_A_RANGE)
}

/// Returns the error for a failure of SQLite while reading the census.
pub(crate) fn unreadable(cause: rusqlite::Error) -> crate::error::Error {
    crate::error::Error::failed("the census cannot be read").caused_by(cause)
}

/// Returns the error for a failure of SQLite, as shown to the user.
pub fn failed(error: rusqlite::Error) -> crate::error::Error {
    crate::error::Error::failed("the database could not be read").caused_by(error)
}

/// Stores the step of a snapshot that a test wrote itself.
#[cfg(test)]
pub(crate) fn keep_step(connection: &rusqlite::Connection, snapshot_id: i64) {
    steps::publish(connection, snapshot_id).unwrap();
}

/// Returns the current time in the census's format: RFC 3339, UTC, seconds.
fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
