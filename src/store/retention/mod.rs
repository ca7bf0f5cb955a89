//! Decides which snapshots stay, and removes the others. Every remaining snapshot answers exactly as before.
//!
//! - `rules`: the snapshots that a rule such as "the last of each of 30 days" keeps.
//! - `bounds`: moves the bounds of versions to kept snapshots, and deletes versions that no kept snapshot holds.
//! - `visibility`: records what a kept snapshot saw itself, when the bounds alone no longer show it.
//! - `remembered`: the last fact of each key that only pruned snapshots had, such as a completed access report.
//! - `full_passes`: the last pruned snapshot that saw completely what others see in part.
//! - `merge`: merges equal versions that became adjacent.
//! - `copy`: a whole census, or some of its snapshots, as one file.
//!
//! The answers of a kept snapshot stay the same: its rows, coverage and gaps, the derived views, and the diff to any
//! other kept one. Only the times at which a row was seen may change (`not_before`, `first_seen_at`, `last_seen_at`,
//! `gone_at`, a diff's `last_seen`): they are those of kept snapshots, and of a pruned one if no kept one saw the row.
//! Names that are in no kept snapshot are removed.
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

/// The effect of pruning on the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pruned {
    /// The number of versions that no kept snapshot held, or that were merged into another.
    pub versions: i64,
    /// The number of bytes that future snapshots fill before the file grows.
    pub free_bytes: i64,
    /// The size of the file in bytes.
    pub bytes: i64,
}

/// Removes snapshots, in one transaction: an interruption leaves all of them.
///
/// Fails if one of them does not exist, and if none would remain.
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
    // The checkpoint leaves one file to copy. An open reader only delays it.
    let _ = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()));
    let pragma = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let size = || Ok((pragma("page_size")?, pragma("freelist_count")?, pragma("page_count")?));
    let (page, free, pages) = size().doing("read the size of the database")?;
    Ok(Pruned { versions, free_bytes: free * page, bytes: pages * page })
}

/// Writes the pruned snapshots into `temp.prune_gone`, each with the next one that stays: `moved_to`, NULL if there is
/// none.
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

/// Returns the kept snapshots whose predecessor is pruned.
fn moved_to(connection: &Connection) -> Result<Vec<i64>> {
    let sql = "SELECT DISTINCT moved_to FROM temp.prune_gone WHERE moved_to IS NOT NULL ORDER BY 1";
    let read = || connection.prepare(sql)?.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<_>>();
    read().doing("look for the snapshots after the pruned ones")
}

fn first_missing(connection: &Connection, snapshot_ids: &[i64]) -> Result<Option<i64>> {
    let known: Vec<i64> = snapshot::all(connection)?.iter().map(|one| one.snapshot_id).collect();
    Ok(snapshot_ids.iter().copied().find(|id| !known.contains(id)))
}

/// Removes the values of volatile columns: they belong to the newest snapshot, and no other may answer with them.
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

/// Returns the error for pruning all snapshots: a census without a snapshot has no answers.
fn nothing_left() -> Error {
    Error::usage("no snapshot would be left").hint("keep at least one, or delete the file")
}

/// The versions table of a resource, in the form that the pruning statements need.
struct PrunedTable {
    spec: &'static ResourceSpec,
    /// The table's name in SQL.
    versions: String,
    /// The SQL names of all columns, except the two bounds.
    columns: Vec<String>,
    /// The SQL condition that a snapshot `s` did not see the row of the version `v`.
    hidden: String,
    /// The SQL condition that a snapshot `s` may not have seen that the row of the version `v` was gone.
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

    /// Returns the condition that two versions belong to one row.
    fn same_key(&self, one: &str, other: &str) -> String {
        let equal: Vec<_> = self.spec.key.iter().map(|column| quoted(column)).collect();
        let equal: Vec<_> = equal.iter().map(|column| format!("{one}.{column} = {other}.{column}")).collect();
        equal.join(" AND ")
    }
}

/// Prunes one resource; returns by how many its versions decrease.
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

/// Deletes the pruned rows of every table that is keyed by snapshot. A table with a `pruned_at` column keeps its rows
/// and marks them: the hashes of a pruned snapshot stay, so that the chain can be followed.
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

/// Returns the tables with a column `snapshot_id`. Those that refer to `snapshots` come first.
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
