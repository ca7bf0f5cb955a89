//! Writes the outcome of a step of a task. Every function here runs inside the caller's transaction.

use std::borrow::Borrow;

use rusqlite::{Connection, Params, params};

use super::rows::RowWriters;
use super::task::{Failure, NewTask, Outcome, Rejected, Rejection};
use crate::error::{Error, Result};
use crate::model::Scope;
use crate::store::file::Doing;

/// Writes one outcome. A rejected page is not written, and the reason is returned.
pub(super) fn outcome(
    connection: &Connection,
    writers: &RowWriters,
    outcome: &Outcome,
) -> Result<Option<Rejected>> {
    match outcome {
        Outcome::Page { task_id, rows, follow_ups, next_token, left_out, facts } => {
            let reason = match next_token {
                Some(token) if has_had(connection, *task_id, token)? => Some(Rejection::RepeatedToken),
                _ => writers.rejection(rows)?,
            };
            if let Some(reason) = reason {
                return Ok(Some(Rejected { task_id: *task_id, reason }));
            }
            writers.write(connection, *task_id, rows)?;
            queue(connection, follow_ups)?;
            writers.write_facts(connection, *task_id, facts)?;
            if let Some(operation) = left_out {
                let sql = "UPDATE tasks SET left_out = ?2 WHERE task_id = ?1";
                execute(connection, sql, params![task_id, operation])?;
            }
            match next_token {
                Some(token) => go_on(connection, *task_id, token)?,
                // This applies to a stopped task too: its answer has arrived, so its scope is seen.
                None => end(connection, *task_id, "done")?,
            }
        }
        Outcome::Restart { task_id } => {
            forget(connection, writers, *task_id)?;
            begin_again(connection, *task_id)?;
        }
        Outcome::NotFound { task_id, dropped, scope_still_valid } => {
            // The scope of the task is empty, so the pages before this answer are no longer facts.
            forget(connection, writers, *task_id)?;
            end(connection, *task_id, if *scope_still_valid { "moot" } else { "gone" })?;
            for scope in dropped {
                writers.drop_scope(connection, scope)?;
                seen(connection, scope)?;
            }
        }
        Outcome::Gap { task_id, failure, follow_ups, facts } => {
            queue(connection, follow_ups)?;
            writers.write_facts(connection, *task_id, facts)?;
            fail(connection, *task_id, failure)?;
        }
    }
    Ok(None)
}

/// Reopens a task at its beginning, unless its kind was stopped.
pub(super) fn begin_again(connection: &Connection, task_id: i64) -> Result<()> {
    execute(connection, "DELETE FROM tokens WHERE task_id = ?1", [task_id])?;
    execute(
        connection,
        "UPDATE tasks SET next_token = NULL, left_out = NULL,
             state = CASE state WHEN 'stopped' THEN state ELSE 'open' END
         WHERE task_id = ?1",
        [task_id],
    )
    .map(|_| ())
}

/// Reopens the finished tasks that had an answer of this operation without its list. Returns their number.
pub(super) fn doubt_left_out(
    connection: &Connection,
    writers: &RowWriters,
    operation: &str,
) -> Result<usize> {
    let find = || -> rusqlite::Result<Vec<i64>> {
        connection
            .prepare(
                "SELECT task_id FROM tasks WHERE left_out = ?1 AND state = 'done'
                     AND EXISTS (SELECT 1 FROM task_scopes WHERE task_scopes.task_id = tasks.task_id)",
            )?
            .query_map([operation], |row| row.get(0))?
            .collect()
    };
    let doubted = find().doing("look for answers without a list")?;
    for task_id in &doubted {
        forget(connection, writers, *task_id)?;
        begin_again(connection, *task_id)?;
    }
    Ok(doubted.len())
}

/// Queues tasks that are not queued yet.
pub(super) fn queue(
    connection: &Connection,
    tasks: impl IntoIterator<Item = impl Borrow<NewTask>>,
) -> Result<()> {
    let write = || -> rusqlite::Result<()> {
        let mut insert = connection.prepare_cached(
            "INSERT INTO tasks (kind, body, lane, stage, priority, state) VALUES (?1, ?2, ?3, ?4, ?5, 'open')
             ON CONFLICT (kind, body) DO NOTHING",
        )?;
        let mut scope = connection.prepare_cached(
            "INSERT OR IGNORE INTO task_scopes (task_id, role, resource, scope) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for task in tasks {
            let task = task.borrow();
            if insert.execute(params![task.kind, task.body, task.lane, task.stage, task.priority])? == 0 {
                continue;
            }
            let task_id = connection.last_insert_rowid();
            for (role, scopes) in [("covers", &task.covers), ("hides", &task.hides)] {
                for one in scopes {
                    scope.execute(params![task_id, role, one.resource, one.json()])?;
                }
            }
        }
        Ok(())
    };
    write().doing("queue tasks")
}

/// Notes a gap that no task stands for.
pub(super) fn gap(connection: &Connection, scope: &Scope, failure: &Failure) -> Result<()> {
    execute(
        connection,
        "INSERT OR REPLACE INTO gaps (resource, scope, kind, operation, error_code, error_message, attempts,
             request_id, observed_at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            scope.resource,
            scope.json(),
            failure.kind.as_str(),
            failure.operation,
            failure.error_code,
            failure.error_message,
            failure.attempts,
            failure.request_id,
            failure.observed_at,
        ],
    )
    .map(|_| ())
}

/// Notes that a scope was seen.
pub(super) fn seen(connection: &Connection, scope: &Scope) -> Result<()> {
    execute(
        connection,
        "INSERT OR IGNORE INTO seen (resource, scope) VALUES (?1, ?2)",
        params![scope.resource, scope.json()],
    )
    .map(|_| ())
}

/// Stops a kind of task: see [`super::Staging::stop_kind`].
pub(super) fn stop_kind(
    connection: &Connection,
    kind: &str,
    lane: &str,
    failure: &Failure,
    scopes: &[Scope],
) -> Result<()> {
    // Each statement uses an index of the lane: there may be thousands of lanes with tasks of the kind.
    for (index, state) in
        [("tasks_to_run", "state = 'open'"), ("tasks_failed", "state = 'gap' AND failure_kind = ?2")]
    {
        execute(
            connection,
            &format!(
                "UPDATE tasks INDEXED BY {index} SET state = 'stopped', failure_kind = ?2, operation = ?3,
                     error_code = ?4, error_message = ?5, attempts = ?6, request_id = ?7, observed_at = ?8
                 WHERE kind = ?1 AND lane = ?9 AND {state}"
            ),
            params![
                kind,
                failure.kind.as_str(),
                failure.operation,
                failure.error_code,
                failure.error_message,
                failure.attempts,
                failure.request_id,
                failure.observed_at,
                lane,
            ],
        )?;
    }
    scopes.iter().try_for_each(|scope| gap(connection, scope, failure))
}

fn has_had(connection: &Connection, task_id: i64, token: &str) -> Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM tokens WHERE task_id = ?1 AND token = ?2)")
        .and_then(|mut statement| statement.query_row(params![task_id, token], |row| row.get(0)))
        .doing("look for a repeated token")
}

fn go_on(connection: &Connection, task_id: i64, token: &str) -> Result<()> {
    execute(connection, "INSERT INTO tokens (task_id, token) VALUES (?1, ?2)", params![task_id, token])?;
    let sql = "UPDATE tasks SET next_token = ?2 WHERE task_id = ?1";
    known(task_id, execute(connection, sql, params![task_id, token])?)
}

fn end(connection: &Connection, task_id: i64, state: &str) -> Result<()> {
    let sql = "UPDATE tasks SET state = ?2, next_token = NULL WHERE task_id = ?1";
    known(task_id, execute(connection, sql, params![task_id, state])?)
}

/// Records the failure of a task. A stopped task stays stopped: its kind already has one gap.
fn fail(connection: &Connection, task_id: i64, failure: &Failure) -> Result<()> {
    let updated = execute(
        connection,
        "UPDATE tasks SET state = CASE state WHEN 'stopped' THEN state ELSE 'gap' END, failure_kind = ?2,
             operation = ?3, error_code = ?4, error_message = ?5, attempts = ?6, request_id = ?7,
             observed_at = ?8
         WHERE task_id = ?1",
        params![
            task_id,
            failure.kind.as_str(),
            failure.operation,
            failure.error_code,
            failure.error_message,
            failure.attempts,
            failure.request_id,
            failure.observed_at,
        ],
    )?;
    known(task_id, updated)
}

/// Removes the rows of a task. Finding them walks all staged rows, so it is done only for a task that has staged a page
/// before.
fn forget(connection: &Connection, writers: &RowWriters, task_id: i64) -> Result<()> {
    let staged: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM tokens WHERE task_id = ?1)")
        .and_then(|mut statement| statement.query_row([task_id], |row| row.get(0)))
        .doing("look for the task's pages")?;
    if staged { writers.forget(connection, task_id) } else { Ok(()) }
}

fn execute(connection: &Connection, sql: &str, params: impl Params) -> Result<usize> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute(params))
        .doing("write what was collected")
}

fn known(task_id: i64, updated: usize) -> Result<()> {
    match updated {
        0 => Err(Error::failed(format!("the collection has no task {task_id}"))),
        _ => Ok(()),
    }
}
