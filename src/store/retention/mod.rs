//! Which snapshots stay, and how the others go: every one that stays answers exactly as before.
//!
//! - `rules`: which snapshots a rule such as "the last of each of 30 days" keeps.
//! - `bounds`: versions come to begin and end at kept snapshots, and those that no kept one holds are deleted.
//! - `visibility`: what a kept snapshot saw for itself, where the bounds alone no longer tell.
//! - `remembered`: the last fact of each key that only pruned snapshots had, such as a completed access report.
//! - `full_passes`: the last pruned snapshot that saw completely what others see in part.
//! - `merge`: versions that became alike and adjacent are one.
//! - `copy`: a whole census, or some of its snapshots, as one file.
//!
//! What a kept snapshot answers stays: its rows, coverage and gaps, the derived views, and the diff to any other
//! kept one. Only the times at which something was seen may change (`not_before`, `first_seen_at`,
//! `last_seen_at`, `gone_at`, a diff's `last_seen`): they are those of kept snapshots, and of a pruned one where
//! no kept one saw the row. Names of what is in no kept snapshot are forgotten with it.
//!
//! Every statement is made from the tables' own columns and works on all rows at once.

mod bounds;
mod copy;
mod full_passes;
mod merge;
mod remembered;
mod rules;
#[cfg(test)]
pub(in crate::store) mod tests;
mod visibility;

use rusqlite::{Connection, TransactionBehavior};

pub use self::copy::Watch;
pub(super) use self::copy::{copy, make_room};
pub use self::rules::{KeepRules, Verdict};
use super::columns::{columns, resource_columns, versions_table};
use super::file::{Doing, quoted};
use super::visibility::sql;
use super::{derived, evidence, now, snapshot, steps};
use crate::error::{Error, Result};
use crate::model::{RESOURCES, ResourceSpec};

/// What pruning did to the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// Versions that no kept snapshot held, or that became one with another.
    pub versions: i64,
    /// Bytes of the file that coming snapshots fill before it grows.
    pub free_bytes: i64,
    /// Bytes of the file.
    pub bytes: i64,
}

/// Removes snapshots, in one transaction: whatever ends it before leaves all of them.
///
/// Fails where one of them does not exist, and where none would stay.
pub(super) fn prune(connection: &mut Connection, snapshot_ids: &[i64]) -> Result<Pruned> {
    let transaction =
        connection.transaction_with_behavior(TransactionBehavior::Immediate).doing("begin to prune")?;
    let newest = snapshot::newest(&transaction)?;
    mark(&transaction, snapshot_ids)?;
    let mut versions = 0;
    for spec in RESOURCES {
        let table = PrunedTable::of(&transaction, spec)?;
        versions += prune_versions(&transaction, &table).doing(&format!("prune {}", spec.name))?;
    }
    remembered::keep(&transaction)?;
    full_passes::keep(&transaction).doing("keep the last full pass")?;
    delete_facts(&transaction)?;
    if newest.is_some_and(|newest| snapshot_ids.contains(&newest.snapshot_id)) {
        forget_volatile(&transaction)?;
    }
    evidence::record_notes(&transaction)?;
    steps::renew(&transaction, &moved_to(&transaction)?)?;
    derived::fill(&transaction, derived::Place::File)?;
    derived::metrics::prune(&transaction)?;
    let clean_up = "DROP TABLE temp.prune_gone; DROP TABLE IF EXISTS temp.prune_moved";
    transaction.execute_batch(clean_up).doing("clean up after pruning")?;
    transaction.commit().doing("prune the snapshots")?;
    // Leaves one file to copy; a reader that holds the journal back only puts it off.
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let size = || Ok((pragma("page_size")?, pragma("freelist_count")?, pragma("page_count")?));
    let (page, free, pages) = size().doing("read the size of the database")?;
    Ok(Pruned { versions, free_bytes: free * page, bytes: pages * page })
}

/// Writes into `temp.prune_gone` which snapshots go, each with the next one that stays: `moved_to`, NULL after
/// the last of them.
fn mark(connection: &Connection, snapshot_ids: &[i64]) -> Result<()> {
    let ids = serde_json::to_string(snapshot_ids).expect("numbers are always JSON");
    let write = || {
        connection.execute_batch(
            "CREATE TEMP TABLE prune_gone (snapshot_id INTEGER PRIMARY KEY, moved_to INTEGER) STRICT",
        )?;
        connection.execute(
            "INSERT INTO temp.prune_gone
             SELECT s.snapshot_id, (SELECT min(k.snapshot_id) FROM main.snapshots AS k
                                    WHERE k.snapshot_id > s.snapshot_id
                                      AND k.snapshot_id NOT IN (SELECT value FROM json_each(?1)))
             FROM main.snapshots AS s WHERE s.snapshot_id IN (SELECT value FROM json_each(?1))",
            [ids],
        )
    };
    let marked = write().doing("look for the snapshots to prune")?;
    if let Some(missing) = first_missing(connection, snapshot_ids)? {
        return Err(Error::unknown(format!("there is no snapshot {missing}")));
    }
    if marked == snapshot::all(connection)?.len() {
        return Err(nothing_left());
    }
    Ok(())
}

/// The snapshots that stay and whose one before goes.
fn moved_to(connection: &Connection) -> Result<Vec<i64>> {
    let sql = "SELECT DISTINCT moved_to FROM temp.prune_gone WHERE moved_to IS NOT NULL ORDER BY 1";
    let read = || connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>();
    read().doing("look for the snapshots after the pruned ones")
}

fn first_missing(connection: &Connection, snapshot_ids: &[i64]) -> Result<Option<i64>> {
    let known: Vec<i64> = snapshot::all(connection)?.iter().map(|one| one.snapshot_id).collect();
    Ok(snapshot_ids.iter().copied().find(|id| !known.contains(id)))
}

/// Forgets the values of volatile columns: they are those of the newest snapshot, and no other may answer with them.
fn forget_volatile(connection: &Connection) -> Result<()> {
    for spec in RESOURCES.iter().filter(|spec| !spec.volatile.is_empty()) {
        let known = resource_columns(connection, spec.name)?;
        let volatile =
            known.iter().map(|column| &column.name).filter(|name| spec.volatile.contains(&name.as_str()));
        let (sets, filled): (Vec<_>, Vec<_>) = volatile
            .map(|name| (format!("{} = NULL", quoted(name)), format!("{} IS NOT NULL", quoted(name))))
            .unzip();
        if sets.is_empty() {
            continue;
        }
        let table = quoted(&versions_table(spec.name));
        let sql = format!("UPDATE main.{table} SET {} WHERE {}", sets.join(", "), filled.join(" OR "));
        connection.execute(&sql, []).doing(&format!("forget the newest values of {}", spec.name))?;
    }
    Ok(())
}

/// A census without a snapshot answers nothing.
fn nothing_left() -> Error {
    Error::usage("no snapshot would be left").hint("keep at least one, or delete the file")
}

/// A resource's versions table as these statements need it.
struct PrunedTable {
    spec: &'static ResourceSpec,
    /// The table's name in SQL.
    versions: String,
    /// The names in SQL of all columns but the two bounds.
    columns: Vec<String>,
    /// Whether a snapshot `s` did not see the row of the version `v`, in SQL.
    hidden: String,
    /// Whether it may not have seen that the row was gone.
    may_be_blind: String,
}

impl PrunedTable {
    fn of(connection: &Connection, spec: &'static ResourceSpec) -> Result<Self> {
        let columns = resource_columns(connection, spec.name)?;
        Ok(Self {
            spec,
            versions: format!("main.{}", quoted(&versions_table(spec.name))),
            hidden: sql::hidden(spec.name, &columns),
            may_be_blind: sql::may_be_blind(spec, &columns),
            columns: columns.iter().map(|column| quoted(&column.name)).collect(),
        })
    }

    /// The condition that two versions are of one row.
    fn same_key(&self, one: &str, other: &str) -> String {
        let equal: Vec<_> = self.spec.key.iter().map(|column| quoted(column)).collect();
        let equal: Vec<_> = equal.iter().map(|column| format!("{one}.{column} = {other}.{column}")).collect();
        equal.join(" AND ")
    }
}

/// Prunes one resource; returns how many versions fewer there are.
fn prune_versions(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<i64> {
    let moved = bounds::find(connection, table)?;
    if moved == 0 {
        return Ok(0);
    }
    visibility::keep(connection, table)?;
    let deleted = bounds::set(connection, table)?;
    let merged = merge::merge(connection, table)?;
    Ok(deleted + merged)
}

/// Deletes the rows of every table that is keyed by snapshot. Where a table marks them as pruned, they stay: so
/// a snapshot's hashes do, for the chain to be followed.
fn delete_facts(connection: &Connection) -> Result<()> {
    let pruned = "snapshot_id IN (SELECT snapshot_id FROM temp.prune_gone)";
    for name in tables_by_snapshot(connection)? {
        let table = format!("main.{}", quoted(&name));
        let is_tombstone =
            columns(connection, "main", &name)?.iter().any(|column| column.name == "pruned_at");
        let written = match is_tombstone {
            true => connection.execute(&format!("UPDATE {table} SET pruned_at = ?1 WHERE {pruned}"), [now()]),
            false => connection.execute(&format!("DELETE FROM {table} WHERE {pruned}"), []),
        };
        written.doing(&format!("delete the pruned snapshots from {name}"))?;
    }
    Ok(())
}

/// The tables with a column `snapshot_id`, those first that refer to `snapshots`.
fn tables_by_snapshot(connection: &Connection) -> Result<Vec<String>> {
    let read = || {
        connection
            .prepare(
                "SELECT m.name FROM main.sqlite_master AS m
                 WHERE m.type = 'table'
                   AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) AS c WHERE c.name = 'snapshot_id')
                 ORDER BY m.name = 'snapshots', m.name",
            )?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()
    };
    read().doing("read the tables")
}
