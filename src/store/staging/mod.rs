//! The collection in progress: a persisted queue of tasks and the rows that they yielded so far.
//!
//! It lives in its own file, `<db>.collecting`, so that the census is written once, by the publish. The
//! queue knows tasks only as text: what they mean is `collect`'s business. `layout` has the file's tables,
//! `rows` writes staged rows, `commit` writes what a step of a task came to.

mod commit;
mod layout;
mod rows;
mod task;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use self::rows::RowWriters;
use super::database::Database;
use super::file::{Doing, quoted};
use super::{now, snapshot, trouble};
use crate::error::Result;
use crate::model::Scope;

pub(super) use layout::path;
pub use task::{
    AccessReportJob, CollectionFacts, Failure, NewTask, OpenTask, Outcome, Rejected, Rejection, TaskCounts,
};

/// What an earlier collection left beside the database.
#[derive(Debug)]
pub enum Unfinished {
    /// Nothing.
    None,
    /// A staging that this version can go on with.
    Usable(Box<Staging>),
    /// One that is damaged or another version's, and why.
    Unusable(String),
}

/// The staging database.
#[derive(Debug)]
pub struct Staging {
    connection: Connection,
    facts: CollectionFacts,
    writers: RowWriters,
}

impl Staging {
    /// Opens the staging beside the database, if there is one that this version can go on with.
    ///
    /// A staging that was published already, but not deleted since, is deleted. Fails where it is the moment
    /// that is wrong and not the staging: a full disk, or another program's lock.
    pub fn open(database: &Database) -> Result<Unfinished> {
        let staging = match Self::open_whole(database) {
            Ok(Some(staging)) => staging,
            Ok(None) => return Ok(Unfinished::None),
            Err(error) if trouble::passes(&error) => {
                return Err(trouble::staging_stopped(error, &layout::path(database.path())));
            }
            Err(error) => return Ok(Unfinished::Unusable(error.to_string())),
        };
        if snapshot::of_collection(database.connection(), &staging.facts.collection_id)?.is_some() {
            drop(staging);
            layout::discard(database)?;
            return Ok(Unfinished::None);
        }
        Ok(Unfinished::Usable(Box::new(staging)))
    }

    fn open_whole(database: &Database) -> Result<Option<Self>> {
        let Some(connection) = layout::open(database)? else { return Ok(None) };
        let facts = read_facts(&connection)?;
        let writers = RowWriters::new(&connection)?;
        Ok(Some(Self { connection, facts, writers }))
    }

    /// Begins a collection with an empty staging (mode 0600), replacing any other.
    pub fn create(database: &Database, facts: &CollectionFacts) -> Result<Self> {
        let mut connection = layout::create(database)?;
        let script = layout::script(database.connection())?;
        // In one transaction: a staging is begun or it is not.
        let mut make = || {
            let transaction = connection.transaction()?;
            transaction.execute_batch(&script)?;
            write_facts(&transaction, facts)?;
            transaction.commit()
        };
        make().doing("begin a collection")?;
        let writers = RowWriters::new(&connection)?;
        Ok(Self { connection, facts: facts.clone(), writers })
    }

    /// The file of the collection in progress beside a database.
    pub fn path_beside(database: &Path) -> PathBuf {
        layout::path(database)
    }

    /// Deletes the staging beside the database, if any.
    pub fn discard(database: &Database) -> Result<()> {
        layout::discard(database)
    }

    /// What was known when the collection began.
    pub fn facts(&self) -> &CollectionFacts {
        &self.facts
    }

    /// Takes another label for the snapshot.
    pub fn set_label(&mut self, label: &str) -> Result<()> {
        self.write(|connection| {
            connection.execute("UPDATE facts SET label = ?1", [label]).doing("note the label").map(|_| ())
        })?;
        self.facts.label = Some(label.to_owned());
        Ok(())
    }

    /// When a step was last committed, RFC 3339, UTC.
    pub fn last_written_at(&self) -> Result<String> {
        self.connection
            .query_row("SELECT last_written_at FROM facts", [], |row| row.get(0))
            .doing("read when the collection was last written")
    }

    /// A choice that the plan stored, e.g. `assignment_strategy`.
    pub fn note(&self, name: &str) -> Result<Option<String>> {
        self.connection
            .query_row("SELECT value FROM notes WHERE name = ?1", [name], |row| row.get(0))
            .optional()
            .doing("read a choice of the collection")
    }

    /// Stores a choice once and for all (a later value is ignored); returns the one that holds.
    pub fn set_note(&mut self, name: &str, value: &str) -> Result<String> {
        self.connection
            .execute("INSERT OR IGNORE INTO notes (name, value) VALUES (?1, ?2)", [name, value])
            .doing("store a choice of the collection")?;
        Ok(self.note(name)?.expect("it was stored just now, if not before"))
    }

    /// Queues tasks; those queued before are left as they are.
    pub fn add_tasks(&mut self, tasks: impl IntoIterator<Item = NewTask>) -> Result<()> {
        self.write(|connection| commit::queue(connection, tasks))
    }

    /// Up to `limit` open tasks of a lane, by priority and then in the order queued, without those in
    /// `running`.
    pub fn next_tasks(&self, lane: &str, limit: usize, running: &HashSet<i64>) -> Result<Vec<OpenTask>> {
        let read = || {
            let mut statement = self.connection.prepare_cached(
                "SELECT task_id, kind, body, next_token FROM tasks
                 WHERE lane = ?1 AND state = 'open' ORDER BY priority, task_id LIMIT ?2",
            )?;
            let found = statement.query_map(params![lane, (limit + running.len()) as i64], |row| {
                Ok(OpenTask {
                    task_id: row.get(0)?,
                    kind: row.get(1)?,
                    body: row.get(2)?,
                    next_token: row.get(3)?,
                })
            })?;
            found
                .filter(|task| !task.as_ref().is_ok_and(|task| running.contains(&task.task_id)))
                .take(limit)
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("read the next tasks")
    }

    /// Whether any of these stages still has an open task.
    pub fn has_open(&self, stages: &[&str]) -> Result<bool> {
        for stage in stages {
            let open: bool = self
                .connection
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM tasks WHERE stage = ?1 AND state = 'open')")
                .and_then(|mut statement| statement.query_row([stage], |row| row.get(0)))
                .doing("look for open tasks")?;
            if open {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The tasks of a stage that failed, or whose kind was given up: their bodies, and why.
    pub fn failures(&self, stage: &str) -> Result<Vec<(String, Failure)>> {
        let read = || {
            self.connection
                .prepare(
                    "SELECT body, failure_kind, operation, error_code, error_message, attempts, request_id, observed_at
                     FROM tasks WHERE stage = ?1 AND state IN ('gap', 'stopped') ORDER BY task_id",
                )?
                .query_map([stage], |row| {
                    let failure = Failure {
                        kind: row.get(1)?,
                        operation: row.get(2)?,
                        error_code: row.get(3)?,
                        error_message: row.get(4)?,
                        attempts: row.get(5)?,
                        request_id: row.get(6)?,
                        observed_at: row.get(7)?,
                    };
                    Ok((row.get(0)?, failure))
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("read which tasks failed")
    }

    /// The bodies of the tasks of a kind whose listing reached its last page.
    pub fn seen_bodies(&self, kind: &str) -> Result<Vec<String>> {
        let read = || {
            self.connection
                .prepare("SELECT body FROM tasks WHERE kind = ?1 AND state = 'done'")?
                .query_map([kind], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("read which tasks are done")
    }

    /// How many tasks of a kind are done, and how many pages they had together.
    pub fn pages(&self, kind: &str) -> Result<(i64, i64)> {
        self.connection
            .query_row(
                "SELECT count(*), count(*) + coalesce(sum((SELECT count(*) FROM tokens WHERE task_id = tasks.task_id)), 0)
                 FROM tasks WHERE kind = ?1 AND state = 'done'",
                [kind],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .doing("count the pages of tasks that are done")
    }

    /// Whether any row in a scope is staged.
    pub fn has_rows(&self, scope: &Scope) -> Result<bool> {
        self.writers.has_rows(&self.connection, scope)
    }

    /// Whether any row of a resource was staged by a kind of task.
    pub fn has_rows_of(&self, kind: &str, resource: &str) -> Result<bool> {
        let rows = format!("{} JOIN tasks USING (task_id) WHERE tasks.kind = ?1", quoted(resource));
        self.connection
            .query_row(&format!("SELECT EXISTS (SELECT 1 FROM {rows})"), [kind], |row| row.get(0))
            .doing("look for staged rows")
    }

    /// Tasks by kind, open and ended.
    pub fn task_counts(&self) -> Result<Vec<TaskCounts>> {
        let read = || {
            self.connection
                .prepare_cached("SELECT kind, lane, open, ended FROM task_counts ORDER BY kind, lane")?
                .query_map([], |row| {
                    let count = |index| row.get::<_, i64>(index).map(i64::unsigned_abs);
                    Ok(TaskCounts { kind: row.get(0)?, lane: row.get(1)?, open: count(2)?, ended: count(3)? })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("count the tasks")
    }

    /// Commits outcomes in one transaction. Returns the pages that were rejected (a repeated token, a row
    /// without its key): of these nothing was written, their tasks are still open, and the caller fails them.
    pub fn commit(&mut self, outcomes: &[Outcome]) -> Result<Vec<Rejected>> {
        let mut rejected = Vec::new();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("write what was collected")?;
        for outcome in outcomes {
            rejected.extend(commit::outcome(&transaction, &self.writers, outcome)?);
        }
        touch(&transaction).doing("write what was collected")?;
        transaction.commit().doing("write what was collected")?;
        Ok(rejected)
    }

    /// Ends every open task of a kind, and takes those of its ended tasks that failed in the same way with
    /// them: one gap over `scopes` instead of one a task.
    pub fn stop_kind(&mut self, kind: &str, failure: &Failure, scopes: &[Scope]) -> Result<()> {
        self.write(|connection| commit::stop_kind(connection, kind, failure, scopes))
    }

    /// Notes a gap that no task stands for: not asked, or unavailable.
    pub fn add_gap(&mut self, scope: &Scope, failure: &Failure) -> Result<()> {
        self.write(|connection| commit::gap(connection, scope, failure))
    }

    /// Notes that a scope was seen by several tasks together.
    pub fn add_seen(&mut self, scope: &Scope) -> Result<()> {
        self.write(|connection| commit::seen(connection, scope))
    }

    /// Adds to the collection's running totals; resumed parts count too.
    pub fn add_calls(&mut self, api_calls: &BTreeMap<String, u64>, throttled: u64) -> Result<()> {
        self.write(|connection| {
            let add = || -> rusqlite::Result<()> {
                let mut statement = connection.prepare_cached(
                    "INSERT INTO calls (operation, calls) VALUES (?1, ?2)
                     ON CONFLICT (operation) DO UPDATE SET calls = calls + excluded.calls",
                )?;
                for (operation, calls) in api_calls {
                    statement.execute(params![operation, *calls as i64])?;
                }
                connection
                    .execute("UPDATE facts SET throttled_calls = throttled_calls + ?1", [throttled as i64])
                    .map(|_| ())
            };
            add().doing("count the calls")
        })
    }

    /// The totals so far: calls by operation (`service:Operation`), and throttled ones.
    pub fn calls(&self) -> Result<(BTreeMap<String, u64>, u64)> {
        let read = || {
            let calls = self
                .connection
                .prepare_cached("SELECT operation, calls FROM calls")?
                .query_map([], |row| Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs())))?
                .collect::<rusqlite::Result<BTreeMap<_, _>>>()?;
            let throttled = self
                .connection
                .query_row("SELECT throttled_calls FROM facts", [], |row| row.get::<_, i64>(0))?;
            Ok((calls, throttled.unsigned_abs()))
        };
        read().doing("read the calls' totals")
    }

    /// The connection, for the plan's counts. Staged rows are in tables named as the resource, with its columns.
    pub fn connection(&self) -> &Connection {
        &self.connection
    }

    /// One transaction around `step`.
    fn write(&mut self, step: impl FnOnce(&Connection) -> Result<()>) -> Result<()> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .doing("write what was collected")?;
        step(&transaction)?;
        touch(&transaction).doing("write what was collected")?;
        transaction.commit().doing("write what was collected")
    }
}

fn touch(connection: &Connection) -> rusqlite::Result<()> {
    connection.prepare_cached("UPDATE facts SET last_written_at = ?1")?.execute([now()]).map(|_| ())
}

fn write_facts(connection: &Connection, facts: &CollectionFacts) -> rusqlite::Result<()> {
    connection
        .execute(
            "INSERT INTO facts (only_row, collection_id, started_at, organization_id, instance_arn,
                 identity_store_id, region, caller_arn, label, selection, tool_version, throttled_calls,
                 last_written_at)
             VALUES (1, ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, 0, ?11)",
            params![
                facts.collection_id,
                facts.started_at,
                facts.organization_id,
                facts.instance_arn,
                facts.identity_store_id,
                facts.region,
                facts.caller_arn,
                facts.label,
                facts.selection,
                facts.tool_version,
                now(),
            ],
        )
        .map(|_| ())
}

fn read_facts(connection: &Connection) -> Result<CollectionFacts> {
    connection
        .query_row(
            "SELECT collection_id, started_at, organization_id, instance_arn, identity_store_id, region,
                 caller_arn, label, selection, tool_version
             FROM facts",
            [],
            |row| {
                Ok(CollectionFacts {
                    collection_id: row.get(0)?,
                    started_at: row.get(1)?,
                    organization_id: row.get(2)?,
                    instance_arn: row.get(3)?,
                    identity_store_id: row.get(4)?,
                    region: row.get(5)?,
                    caller_arn: row.get(6)?,
                    label: row.get(7)?,
                    selection: row.get(8)?,
                    tool_version: row.get(9)?,
                })
            },
        )
        .doing("read the unfinished collection")
}
