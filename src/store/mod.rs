//! The census on disk: open and migrate, staging, publish, views, as-of reading.
//!
//! The store is generic: it derives every statement from the tables' own columns and from
//! [`crate::model::ResourceSpec`], and names no particular resource. It never talks to AWS and never
//! prints.
//!
//! - `database`: the file opened for writing: creation with mode 0600, migrations, whose it is.
//! - `lock`: one collector at a time.
//! - `staging`: the queue of tasks and the rows of the collection in progress (`<db>.collecting`).
//! - `publish`: staged rows to versions, gaps and coverage, in one transaction.
//! - `evidence`: the hashes that prove each snapshot, and the file held against them.
//! - `retention`: which snapshots stay, how the others go, and copies of a census.
//! - `steps`: views whose rows are kept in a table, snapshot by snapshot.
//! - `views`: the SQL of the views, now or as of a snapshot.
//! - `visibility`: whether a snapshot saw that a row is not there; `record`: a row as values by column.
//! - `reader`: the file opened for reading, at one moment; `guard` keeps reading from writing.
//! - `snapshot`: the published snapshots; `when`: how a user names one.
//! - `derived`: what policies say and whom it makes privileged, worked out once.
//! - `documents`: the hash of what each document says, beside the document.
//! - `functions`: functions of SQL that canned queries ask, and no view.
//! - `scopes`: the functions by which queries ask for rules over accounts.
//! - `catalog`: every table and view with its columns and their descriptions.
//! - `schema`: the migrations, what they take, and which program can read which file; `columns`: the columns that they made; `identity`: whose census it is.
//! - `file`: names, modes and errors of the files.
//! - `filesystem`: what lies on a network; `io_error`: what passes, so that a collection can go on after it.

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
pub use publish::{CallTotals, Published, ResourceOutcome, ShrinkLimit};
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

/// The view without an answer over a range of snapshots that this error is about: SQLite says that there is no
/// such table, by the name that `views` gave it.
pub fn without_range(table: &str) -> Option<&str> {
    table.strip_suffix(views::OVER_A_RANGE)
}

/// A failure of SQLite while reading the census.
pub(crate) fn unreadable(cause: rusqlite::Error) -> crate::error::Error {
    crate::error::Error::failed("the census cannot be read").caused_by(cause)
}

/// A failure of SQLite as the user will read it.
pub fn failed(error: rusqlite::Error) -> crate::error::Error {
    crate::error::Error::failed("the database could not be read").caused_by(error)
}

/// Keeps the step of a snapshot that a test wrote by itself.
#[cfg(test)]
pub(crate) fn keep_step(connection: &rusqlite::Connection, snapshot_id: i64) {
    steps::publish(connection, snapshot_id).unwrap();
}

/// The time as the census writes it: RFC 3339, UTC, seconds.
fn now() -> String {
    chrono::Utc::now().to_rfc3339_opts(chrono::SecondsFormat::Secs, true)
}
