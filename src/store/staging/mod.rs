//! The collection in progress: a persisted queue of tasks and the rows that they yielded so far.
//!
//! It has its own file, `<db>.collecting`, so that the census is written once, by the publish. The queue stores tasks
//! as text; only `collect` knows their meaning. `layout` has the file's tables, `checksum` detects rows that a disk
//! damaged, `repair` has them listed again, `header` holds the state of the whole collection, `queue` queries the
//! tasks, `rows` writes staged rows and facts, and `commit` writes the outcome of a step of a task.

mod checksum;
mod commit;
mod header;
mod layout;
mod queue;
mod repair;
mod rows;
mod task;
#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, TransactionBehavior};

use self::rows::RowWriters;
use super::database::Database;
use super::file::{Doing, staging_file};
use super::{io_error, now, snapshot};
use crate::error::Result;
use crate::model::{FactRow, Scope};

pub use task::{CollectionHeader, Failure, NewTask, OpenTask, Outcome, Rejected, Rejection, TaskCounts};

/// The state that an earlier collection left beside the database.
#[derive(Debug)]
pub enum Unfinished {
    /// There is no staging.
    None,
    /// A staging that this version can resume.
    Usable(Box<Staging>),
    /// A staging that is damaged or another version's, with the reason.
    Unusable(String),
}

/// The staging database.
#[derive(Debug)]
pub struct Staging {
    connection: Connection,
    header: CollectionHeader,
    writers: RowWriters,
    damaged: Vec<&'static str>,
}

impl Staging {
    /// Opens the staging beside the database, if there is one that this version can resume.
    ///
    /// Deletes a staging that was already published. Fails on a transient error with a sound staging: a full disk, or
    /// another program's lock.
    pub fn open(database: &Database) -> Result<Unfinished> {
        let staging = match Self::open_whole(database) {
            Ok(Some(staging)) => staging,
            Ok(None) => return Ok(Unfinished::None),
            Err(error) if io_error::passes(&error) => {
                return Err(io_error::staging_stopped(error, &staging_file(database.path())));
            }
            Err(error) => return Ok(Unfinished::Unusable(error.to_string())),
        };
        if snapshot::of_collection(database.connection(), &staging.header.collection_id)?.is_some() {
            drop(staging);
            layout::discard(database)?;
            return Ok(Unfinished::None);
        }
        Ok(Unfinished::Usable(Box::new(staging)))
    }

    fn open_whole(database: &Database) -> Result<Option<Self>> {
        let Some((connection, damaged)) = layout::open(database)? else { return Ok(None) };
        let header = header::read(&connection)?;
        let writers = RowWriters::new(&connection)?;
        Ok(Some(Self { connection, header, writers, damaged }))
    }

    /// Begins a collection with an empty staging (mode 0600), replacing any other.
    pub fn create(database: &Database, header: &CollectionHeader) -> Result<Self> {
        let mut connection = layout::create(database)?;
        let script = layout::script(database.connection())?;
        // One transaction makes sure that a staging is either complete or not begun.
        let mut make = || {
            let transaction = connection.transaction()?;
            transaction.execute_batch(&script)?;
            header::write(&transaction, header)?;
            transaction.commit()
        };
        make().doing("begin a collection")?;
        let writers = RowWriters::new(&connection)?;
        Ok(Self { connection, header: header.clone(), writers, damaged: Vec::new() })
    }

    /// Returns the path of the collection in progress beside a database.
    pub fn path_beside(database: &Path) -> PathBuf {
        staging_file(database)
    }

    /// Lets another connection write to a staging, whose rows have checksums.
    pub fn register_checksum(connection: &Connection) -> Result<()> {
        checksum::register(connection).doing("prepare to write a collection")
    }

    /// Deletes the staging beside the database, if any.
    pub fn discard(database: &Database) -> Result<()> {
        layout::discard(database)
    }

    /// Returns the header that was written when the collection began.
    pub fn header(&self) -> &CollectionHeader {
        &self.header
    }

    /// Returns the resources whose staged rows were damaged when it was opened. They are listed again.
    pub fn damaged(&self) -> &[&'static str] {
        &self.damaged
    }

    /// Queues tasks; already queued tasks stay unchanged.
    pub fn add_tasks(&mut self, tasks: impl IntoIterator<Item = NewTask>) -> Result<()> {
        self.write(|connection, _| commit::queue(connection, tasks))
    }

    /// Commits outcomes in one transaction. Returns the rejected pages (a repeated token, a row without its key). These
    /// are not written and their tasks stay open; the caller fails them.
    pub fn commit(&mut self, outcomes: &[Outcome]) -> Result<Vec<Rejected>> {
        self.write(|connection, writers| {
            let mut rejected = Vec::new();
            for outcome in outcomes {
                rejected.extend(commit::outcome(connection, writers, outcome)?);
            }
            Ok(rejected)
        })
    }

    /// Stops every open task of a kind in a lane, and includes its ended tasks that failed in the same way: one gap
    /// over `scopes` replaces one per task.
    pub fn stop_kind(&mut self, kind: &str, lane: &str, failure: &Failure, scopes: &[Scope]) -> Result<()> {
        self.write(|connection, _| commit::stop_kind(connection, kind, lane, failure, scopes))
    }

    /// Notes that an operation sends empty lists, so that an answer without a list has lost it. Reopens the finished
    /// tasks with such an answer. Returns their number.
    pub fn sends_empty_lists(&mut self, operation: &str) -> Result<usize> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("write what was collected")?;
        transaction
            .execute(
                "INSERT OR IGNORE INTO notes (name, value) VALUES (?1, ?2)",
                [sends_empty(operation), now()],
            )
            .doing("note that an operation sends empty lists")?;
        let doubted = commit::doubt_left_out(&transaction, &self.writers, operation)?;
        transaction.commit().doing("write what was collected")?;
        Ok(doubted)
    }

    /// Returns true if an operation is known to send empty lists.
    pub fn knows_to_send_empty_lists(&self, operation: &str) -> Result<bool> {
        Ok(self.note(&sends_empty(operation))?.is_some())
    }

    /// Notes facts that a task reported, whatever its outcome, replacing facts with the same keys.
    pub fn note_facts(&mut self, task_id: i64, facts: &[FactRow]) -> Result<()> {
        self.write(|connection, writers| writers.write_facts(connection, task_id, facts))
    }

    /// Notes a gap that no task stands for: not requested, or unavailable.
    pub fn add_gap(&mut self, scope: &Scope, failure: &Failure) -> Result<()> {
        self.write(|connection, _| commit::gap(connection, scope, failure))
    }

    /// Notes that a scope was seen by several tasks together.
    pub fn add_seen(&mut self, scope: &Scope) -> Result<()> {
        self.write(|connection, _| commit::seen(connection, scope))
    }

    /// Returns the connection, for the plan's counts. Staged rows are in tables named after the resource, with its
    /// columns.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// Runs `step` in one transaction.
    fn write<T>(&mut self, step: impl FnOnce(&Connection, &RowWriters) -> Result<T>) -> Result<T> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("write what was collected")?;
        let done = step(&transaction, &self.writers)?;
        touch(&transaction).doing("write what was collected")?;
        transaction.commit().doing("write what was collected")?;
        Ok(done)
    }
}

fn sends_empty(operation: &str) -> String {
    format!("sends_empty_lists:{operation}")
}

fn touch(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE header SET last_written_at = ?1")?.execute([now()]).map(|_| ())
}
