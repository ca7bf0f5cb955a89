//! Derived views whose rows are stored in a table, step by step. A step compares a snapshot with the one before it.
//!
//! The rows of a step never change while both of its snapshots are kept. So each publish adds its step, and pruning
//! rebuilds a step whose earlier snapshot is removed. The view's SELECT alone defines a step: run while the
//! `<name>_changes` that it names hold this step only, it fills the table. Until the table has every step, the view is
//! its SELECT (`views`). A file that an older program wrote, that is read-only, or whose filling was interrupted gives
//! the same answers, but slower.
//!
//! The rows are not evidence: `verify` computes them again. A change of the SELECT's result, by its text or by the
//! rules that compare documents, needs a migration that empties the tables: the next collection fills them again.

use rusqlite::Connection;

use super::columns::columns;
use super::file::{Doing, quoted};
use super::views::kept::{kept, missing, snapshot_ids, table, through};
use super::views::{self, Answering};
use crate::error::Result;
use crate::model::{DerivedView, RESOURCES, ResourceSpec};

/// A snapshot and the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    before: i64,
    snapshot_id: i64,
}

/// Returns true if any table lacks a step.
pub(super) fn are_missing(connection: &Connection) -> Result<bool> {
    let mut views = kept(connection)?.into_iter();
    views.try_fold(false, |found, view| Ok(found || !missing(connection, view)?.is_empty()))
}

/// Adds the steps that the tables lack, oldest first, each in its own transaction, so that an interruption keeps the
/// finished ones. Calls `tell` with the number of steps done and the total.
///
/// Afterwards the permanent views must be made again.
pub(super) fn fill(connection: &mut Connection, mut tell: impl FnMut(usize, usize)) -> Result<()> {
    for view in kept(connection)? {
        let missing = missing(connection, view)?;
        for (done, snapshot_id) in missing.iter().enumerate() {
            tell(done, missing.len());
            let transaction = connection.transaction().doing("begin a step of a view")?;
            write(&transaction, view, *snapshot_id)?;
            write_through(&transaction, view, *snapshot_id)?;
            transaction.commit().doing("keep a step of a view")?;
        }
    }
    Ok(())
}

/// Adds the step of the snapshot that was just written, if all earlier steps exist.
pub(super) fn publish(connection: &Connection, snapshot_id: i64) -> Result<()> {
    for view in kept(connection)? {
        if missing(connection, view)? == [snapshot_id] {
            write(connection, view, snapshot_id)?;
            write_through(connection, view, snapshot_id)?;
        }
    }
    Ok(())
}

/// Rebuilds the steps of these snapshots, because the snapshots before them were removed.
pub(super) fn renew(connection: &Connection, snapshot_ids: &[i64]) -> Result<()> {
    for view in kept(connection)? {
        let through = through(connection, view)?;
        for snapshot_id in snapshot_ids.iter().filter(|id| **id <= through) {
            write(connection, view, *snapshot_id)?;
        }
    }
    Ok(())
}

/// Returns the snapshots for which a table differs from its view's SELECT, with the table's name.
pub(super) fn differing(connection: &Connection) -> Result<Vec<(i64, String)>> {
    let mut differing = Vec::new();
    for view in kept(connection)? {
        let table = table(view);
        let through = through(connection, view)?;
        let steps = steps(connection)?;
        for step in steps.iter().filter(|step| step.snapshot_id <= through) {
            if !is_as_computed(connection, view, *step)? {
                differing.push((step.snapshot_id, table.clone()));
            }
        }
        let ids = steps.iter().map(|step| step.snapshot_id).filter(|id| *id <= through);
        let ids = serde_json::to_string(&ids.collect::<Vec<_>>()).expect("numbers are always JSON");
        let strays = format!(
            "SELECT DISTINCT snapshot_id FROM main.{} WHERE snapshot_id NOT IN (SELECT value FROM json_each(?1))",
            quoted(&table)
        );
        let read = || {
            connection.prepare(&strays)?.query_map([ids], |row| row.get(0))?.collect::<rusqlite::Result<_>>()
        };
        let strays: Vec<i64> = read().doing(&format!("read {table}"))?;
        differing.extend(strays.into_iter().map(|id| (id, table.clone())));
    }
    Ok(differing)
}

fn is_as_computed(connection: &Connection, view: &DerivedView, step: Step) -> Result<bool> {
    let (table, columns) = (format!("main.{}", quoted(&table(view))), list(connection, view)?);
    at_step(connection, view, step, || {
        let computed = format!("CREATE TEMP TABLE step_rows AS SELECT {columns} FROM (\n{}\n)", view.select);
        connection.execute_batch(&computed)?;
        let kept = format!("SELECT {columns} FROM {table} WHERE snapshot_id = {}", step.snapshot_id);
        let same = connection.query_row(
            &format!(
                "SELECT NOT EXISTS (SELECT * FROM temp.step_rows EXCEPT {kept})
                 AND NOT EXISTS ({kept} EXCEPT SELECT * FROM temp.step_rows)
                 AND (SELECT count(*) FROM temp.step_rows) = (SELECT count(*) FROM ({kept}))"
            ),
            [],
            |row| row.get(0),
        );
        connection.execute_batch("DROP TABLE temp.step_rows")?;
        same
    })
}

/// Writes a snapshot's step, replacing its existing rows; the first snapshot has none.
fn write(connection: &Connection, view: &DerivedView, snapshot_id: i64) -> Result<()> {
    let (table, columns) = (format!("main.{}", quoted(&table(view))), list(connection, view)?);
    connection
        .execute(&format!("DELETE FROM {table} WHERE snapshot_id = ?1"), [snapshot_id])
        .doing(&format!("make {} anew", view.name))?;
    let Some(step) = steps(connection)?.into_iter().find(|step| step.snapshot_id == snapshot_id) else {
        return Ok(());
    };
    at_step(connection, view, step, || {
        let sql = format!("INSERT INTO {table} ({columns}) SELECT {columns} FROM (\n{}\n)", view.select);
        connection.execute(&sql, []).map(drop)
    })
}

/// Returns the columns of a view's table, for SQL.
fn list(connection: &Connection, view: &DerivedView) -> Result<String> {
    let columns = columns(connection, "main", &table(view))?;
    Ok(columns.iter().map(|column| quoted(&column.name)).collect::<Vec<_>>().join(", "))
}

/// Runs `work` while the `<name>_changes` that the view's SELECT names are small tables that hold one step, indexed by
/// the keys of their rows.
fn at_step<T>(
    connection: &Connection,
    view: &DerivedView,
    step: Step,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> Result<T> {
    let answering = Answering::During { from: step.before, to: step.snapshot_id };
    let earlier = earlier(connection, view, step)?;
    let selects = || earlier.iter().map(|(_, select)| select.as_str()).chain([view.select]);
    let named = |spec: &&&ResourceSpec| selects().any(|it| it.contains(&format!("{}_changes", spec.name)));
    let resources: Vec<&ResourceSpec> = RESOURCES.iter().filter(named).copied().collect();
    let changes = views::changes_of(connection, &resources, answering)?;
    let make = || -> rusqlite::Result<()> {
        for (spec, changes) in &changes {
            let (name, key) = (quoted(&changes.name), key(spec));
            connection.execute_batch(&format!(
                "DROP VIEW IF EXISTS temp.{name};
                 CREATE TEMP TABLE {name} AS {};
                 CREATE INDEX temp.{} ON {name} ({key});",
                changes.select,
                quoted(&format!("{}_by_key", changes.name)),
            ))?;
        }
        for (name, select) in &earlier {
            let name = quoted(name);
            connection.execute_batch(&format!(
                "DROP VIEW IF EXISTS temp.{name}; CREATE TEMP VIEW {name} AS {select};"
            ))?;
        }
        Ok(())
    };
    let done = make().and_then(|()| work());
    let drop: String = changes
        .iter()
        .map(|(_, changes)| format!("DROP TABLE IF EXISTS temp.{};\n", quoted(&changes.name)))
        .collect();
    let drop_earlier =
        earlier.iter().map(|(name, _)| format!("DROP VIEW IF EXISTS temp.{};\n", quoted(name)));
    let dropped = connection.execute_batch(&drop_earlier.chain([drop]).collect::<String>());
    let done = done.doing(&format!("compute {}", view.name))?;
    dropped.doing(&format!("clean up after {}", view.name))?;
    Ok(done)
}

/// Returns the earlier stored views that this view's SELECT names, each with a SELECT: of this step's rows in its
/// table, which is filled first, or the one that computes them.
fn earlier(connection: &Connection, view: &DerivedView, step: Step) -> Result<Vec<(String, String)>> {
    let before = kept(connection)?.into_iter().take_while(|one| one.name != view.name);
    let named = before.filter(|one| view.select.contains(one.name));
    let select = |one: &DerivedView| {
        if through(connection, one)? < step.snapshot_id {
            return Ok(one.select.to_owned());
        }
        let columns = columns(connection, "main", &table(one))?.into_iter();
        let columns = columns.map(|column| match column.name.as_str() {
            "snapshot_id" => "t.snapshot_id, t.taken_at".to_owned(),
            name => format!("r.{}", quoted(name)),
        });
        Ok(format!(
            "SELECT {} FROM main.{} AS r JOIN main.snapshots AS t ON t.snapshot_id = r.snapshot_id WHERE r.snapshot_id = {}",
            columns.collect::<Vec<_>>().join(", "),
            quoted(&table(one)),
            step.snapshot_id
        ))
    };
    named.map(|one| Ok((one.name.to_owned(), select(one)?))).collect()
}

fn key(spec: &ResourceSpec) -> String {
    spec.key.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", ")
}

/// Returns every step of the kept snapshots.
fn steps(connection: &Connection) -> Result<Vec<Step>> {
    let ids = snapshot_ids(connection)?;
    Ok(ids.windows(2).map(|pair| Step { before: pair[0], snapshot_id: pair[1] }).collect())
}

fn write_through(connection: &Connection, view: &DerivedView, snapshot_id: i64) -> Result<()> {
    let sql = "INSERT INTO main.derived_tables (view, through) VALUES (?1, ?2)
               ON CONFLICT (view) DO UPDATE SET through = excluded.through";
    connection.execute(sql, (view.name, snapshot_id)).map(drop).doing("note how far a view is kept")
}

#[cfg(test)]
mod tests;
