//! Queries about the tasks: the open ones, the failed ones, their numbers, and items listed twice.

use std::collections::HashSet;

use rusqlite::params;

use super::{Failure, OpenTask, Staging, TaskCounts};
use crate::error::Result;
use crate::model::Scope;
use crate::store::file::{Doing, quoted};
use crate::store::snapshot::Doubled;

impl Staging {
    /// Returns up to `limit` open tasks of a lane, by priority and then in the order queued, without those in
    /// `running`.
    pub fn next_tasks(&self, lane: &str, limit: usize, running: &HashSet<i64>) -> Result<Vec<OpenTask>> {
        let read = || {
            let mut statement = self.connection.prepare_cached(
                "SELECT task_id, kind, body, next_token, left_out IS NOT NULL FROM tasks
                 WHERE lane = ?1 AND state = 'open' ORDER BY priority, task_id LIMIT ?2",
            )?;
            let found = statement.query_map(params![lane, (limit + running.len()) as i64], |row| {
                Ok(OpenTask {
                    task_id: row.get(0)?,
                    kind: row.get(1)?,
                    body: row.get(2)?,
                    next_token: row.get(3)?,
                    left_out: row.get(4)?,
                })
            })?;
            found
                .filter(|task| !task.as_ref().is_ok_and(|task| running.contains(&task.task_id)))
                .take(limit)
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("read the next tasks")
    }

    /// Returns true if any of these stages still has an open task.
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

    /// Returns the tasks of a stage that failed or whose kind was stopped: their bodies, and the failures.
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

    /// Returns the bodies of the tasks of a kind whose listing reached its last page.
    pub fn seen_bodies(&self, kind: &str) -> Result<Vec<String>> {
        let read = || {
            self.connection
                .prepare("SELECT body FROM tasks WHERE kind = ?1 AND state = 'done'")?
                .query_map([kind], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("read which tasks are done")
    }

    /// Returns the bodies of the finished tasks of a kind whose answer omitted its list.
    pub fn left_out_bodies(&self, kind: &str) -> Result<Vec<String>> {
        let read = || {
            self.connection
                .prepare(
                    "SELECT body FROM tasks WHERE kind = ?1 AND state = 'done' AND left_out IS NOT NULL",
                )?
                .query_map([kind], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("read which answers left their list out")
    }

    /// Returns the bodies of all tasks, including ended ones.
    pub fn bodies(&self) -> Result<Vec<String>> {
        let read = || {
            self.connection
                .prepare("SELECT body FROM tasks")?
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("read the tasks")
    }

    /// Returns true if any task of a kind was ever queued.
    pub fn has_any(&self, kind: &str) -> Result<bool> {
        self.connection
            .query_row("SELECT EXISTS (SELECT 1 FROM tasks WHERE kind = ?1)", [kind], |row| row.get(0))
            .doing("look for tasks")
    }

    /// Returns the finished tasks of a kind: their bodies, and the number of pages of each.
    pub fn pages_of(&self, kind: &str) -> Result<Vec<(String, i64)>> {
        let read = || {
            self.connection
                .prepare(
                    "SELECT body, 1 + (SELECT count(*) FROM tokens WHERE task_id = tasks.task_id)
                     FROM tasks WHERE kind = ?1 AND state = 'done'",
                )?
                .query_map([kind], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("count the pages of tasks that are done")
    }

    /// Returns true if any row in a scope is staged.
    pub fn has_rows(&self, scope: &Scope) -> Result<bool> {
        self.writers.has_rows(&self.connection, scope)
    }

    /// Returns true if a kind of task staged any row of a resource.
    pub fn has_rows_of(&self, kind: &str, resource: &str) -> Result<bool> {
        let rows = format!("{} JOIN tasks USING (task_id) WHERE tasks.kind = ?1", quoted(resource));
        self.connection
            .query_row(&format!("SELECT EXISTS (SELECT 1 FROM {rows})"), [kind], |row| row.get(0))
            .doing("look for staged rows")
    }

    /// Returns the items that were listed twice with different values, by resource.
    pub fn doubled(&self) -> Result<Vec<Doubled>> {
        let read = || {
            self.connection
                .prepare("SELECT resource, item, differs FROM doubles ORDER BY resource, item")?
                .query_map([], |row| {
                    Ok(Doubled { resource: row.get(0)?, item: row.get(1)?, differs: row.get(2)? })
                })?
                .collect::<rusqlite::Result<Vec<_>>>()
        };
        read().doing("read which items came twice")
    }

    /// Returns the numbers of open and ended tasks by kind.
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
}
