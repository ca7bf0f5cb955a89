//! Counts of every snapshot, for the organization and each account: `snapshot_metrics`.
//!
//! A row holds from one snapshot until a count changes, so that a snapshot without changes costs nothing. Each publish
//! counts its own snapshot. Pruning only removes rows that hold in no kept snapshot, because the answer of a snapshot
//! never changes. `count` counts; `sight` finds what a snapshot did not see.

mod count;
mod sight;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use self::count::{Counts, Tally};
use self::sight::Sight;
use crate::document;
use crate::error::Result;
use crate::model::{DERIVED_VIEWS, Metric, MetricSources};
use crate::store::columns::{columns, versions_table};
use crate::store::file::{Doing, quoted};
use crate::store::views::{self, kept::snapshot_ids};

/// The name of the counts in `derived_rules`, which the view uses too.
const NAME: &str = "metrics";
/// The version of the counting rules. It changes whenever the same census would give another number.
const RULES: u32 = 1;

/// The text shown for a snapshot that is not counted. The migration writes it too.
const NOT_COUNTED: &str = "not counted yet: the next collection does";

/// Counts every snapshot again if one is not counted by the current rules. Calls `tell` with the number of snapshots
/// done and the total. All are counted or none, because a row holds for every later snapshot.
pub(in crate::store) fn fill(connection: &mut Connection, mut tell: impl FnMut(usize, usize)) -> Result<()> {
    if missing(connection)?.is_empty() {
        return Ok(());
    }
    let Some((table, sources)) = counted() else { return Ok(()) };
    let transaction = connection.transaction().doing("begin to count snapshots")?;
    forget_all(&transaction, &table)?;
    let ids = snapshot_ids(&transaction)?;
    let mut tally = Tally::read(&transaction, sources, ids.first().copied().unwrap_or_default())?;
    for (done, snapshot_id) in ids.iter().enumerate() {
        tell(done, ids.len());
        let rows = count(&transaction, sources, &mut tally, *snapshot_id)?;
        write(&transaction, &table, *snapshot_id, rows)?;
        write_through(&transaction, *snapshot_id)?;
    }
    transaction.commit().doing("keep the counts of snapshots")
}

/// Counts the snapshot that was just written, if all earlier ones are counted.
pub(in crate::store) fn publish(connection: &Connection, snapshot_id: i64) -> Result<()> {
    let Some((table, sources)) = counted() else { return Ok(()) };
    if columns(connection, "main", &table)?.is_empty() {
        return Ok(());
    }
    if missing(connection)? != [snapshot_id] {
        return forget_all(connection, &table);
    }
    if !is_as_before(connection, sources, snapshot_id)? {
        let mut tally = Tally::read(connection, sources, snapshot_id)?;
        let rows = count(connection, sources, &mut tally, snapshot_id)?;
        write(connection, &table, snapshot_id, rows)?;
    }
    write_through(connection, snapshot_id)
}

/// Removes rows that hold in no kept snapshot and in no future one.
pub(in crate::store) fn prune(connection: &Connection) -> Result<()> {
    let Some((table, _)) = counted() else { return Ok(()) };
    let sql = format!(
        "DELETE FROM main.{} WHERE valid_to IS NOT NULL AND NOT EXISTS (
             SELECT 1 FROM main.snapshots WHERE snapshot_id >= valid_from AND snapshot_id < valid_to)",
        quoted(&table)
    );
    connection.execute(&sql, []).map(drop).doing("forget the counts of pruned snapshots")
}

/// Returns the snapshots whose stored counts differ from their rows, each with the name of the table.
pub(in crate::store) fn differing(connection: &Connection) -> Result<Vec<(i64, String)>> {
    let Some((table, sources)) = counted() else { return Ok(Vec::new()) };
    let (through, ids) = (through(connection)?, snapshot_ids(connection)?);
    let ids: Vec<i64> = ids.into_iter().filter(|id| *id <= through).collect();
    let Some(first) = ids.first() else { return Ok(Vec::new()) };
    let mut tally = Tally::read(connection, sources, *first)?;
    let mut differing = Vec::new();
    for snapshot_id in &ids {
        let due = count(connection, sources, &mut tally, *snapshot_id)?;
        let alive = "valid_from <= ?1 AND (valid_to IS NULL OR valid_to > ?1)";
        let kept = rows_where(connection, &table, alive, *snapshot_id)?;
        let is_same = |(_, row): &(i64, Row)| due.get(&row.account) == Some(row);
        if kept.len() != due.len() || !kept.iter().all(is_same) {
            differing.push((*snapshot_id, table.clone()));
        }
    }
    Ok(differing)
}

/// Returns true if a snapshot equals the one before in everything that is counted, rows and gaps alike. That is the
/// usual case for most organizations.
fn is_as_before(connection: &Connection, sources: &MetricSources, snapshot_id: i64) -> Result<bool> {
    let before = snapshot_ids(connection)?.into_iter().rev().find(|id| *id < snapshot_id);
    let Some(before) = before.filter(|before| snapshot_id - before == 1) else { return Ok(false) };
    let facts = [
        ("coverage", "resource, status"),
        ("gaps", "resource, scope, seen_columns"),
        ("seen_under_gaps", "resource, scope"),
    ];
    let same = facts.map(|(table, columns)| {
        let of = |id: &str| {
            format!("SELECT {columns} FROM main.{table} WHERE snapshot_id = {id} AND resource IN (SELECT value FROM json_each(?3))")
        };
        let (one, other) = (of("?1"), of("?2"));
        format!("NOT EXISTS ({one} EXCEPT {other}) AND NOT EXISTS ({other} EXCEPT {one})")
    });
    let moved = sources.resources.iter().map(|resource| {
        let table = quoted(&versions_table(resource));
        format!(
            "NOT EXISTS (SELECT 1 FROM main.{table} WHERE valid_from = ?2)
             AND NOT EXISTS (SELECT 1 FROM main.{table} WHERE valid_to = ?2)"
        )
    });
    let strategy = "(SELECT assignment_strategy FROM main.snapshots WHERE snapshot_id = ?1)
        IS (SELECT assignment_strategy FROM main.snapshots WHERE snapshot_id = ?2)";
    let conditions: Vec<String> = same.into_iter().chain(moved).chain([strategy.to_owned()]).collect();
    let resources = serde_json::to_string(sources.resources).expect("texts are always JSON");
    let sql = format!("SELECT {}", conditions.join("\n AND "));
    let same = connection.query_row(&sql, (before, snapshot_id, resources), |row| row.get(0));
    same.doing("look whether anything that is counted changed")
}

/// The counts of an account, or of the organization; a value is `None` if it is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Row {
    account: Option<String>,
    values: [Option<i64>; Metric::ALL.len()],
    incomplete: Option<String>,
}

/// Returns the table of the counts, and the sources that they are made from.
fn counted() -> Option<(String, &'static MetricSources)> {
    let view = DERIVED_VIEWS.iter().find(|view| view.counted_from.is_some())?;
    Some((format!("{}_kept", view.name), view.counted_from?))
}

/// Counts a snapshot. `tally` must not have passed this snapshot yet.
fn count(
    connection: &Connection,
    sources: &MetricSources,
    tally: &mut Tally,
    snapshot_id: i64,
) -> Result<BTreeMap<Option<String>, Row>> {
    let total = tally.go_on(snapshot_id);
    let astray = astray(connection, sources, snapshot_id)?;
    let sight = Sight::of(connection, sources, tally, snapshot_id)?;
    let row = |account: Option<&str>, counts: &Counts, [orphans, unknown]: [i64; 2]| {
        let of = |metric: Metric| match metric {
            Metric::PeopleWithAccess => counts.people,
            Metric::DirectPaths => counts.direct_paths,
            Metric::GroupPaths => counts.group_paths,
            Metric::Administrators => counts.administrators,
            Metric::DirectAssignments => counts.direct_assignments,
            Metric::Orphans => orphans,
            Metric::Unknown => unknown,
        };
        let mut incomplete = sight.incomplete(account);
        incomplete.extend(counts.has_unread.then_some(sources.unread));
        Row {
            account: account.map(str::to_owned),
            values: Metric::ALL.map(|metric| sight.has(metric).then(|| of(metric))),
            incomplete: (!incomplete.is_empty()).then(|| incomplete.join(", ")),
        }
    };
    let all = astray.values().fold([0; 2], |[orphans, unknown], one| [orphans + one[0], unknown + one[1]]);
    let mut rows = BTreeMap::from([(None, row(None, &total, all))]);
    for (account, counts) in tally.accounts() {
        let astray = astray.get(&**account).copied().unwrap_or_default();
        rows.insert(Some(account.to_string()), row(Some(account), counts, astray));
    }
    Ok(rows)
}

/// Returns for each account the number of assignments that lead nowhere, and the number for which that is unknown.
fn astray(
    connection: &Connection,
    sources: &MetricSources,
    snapshot_id: i64,
) -> Result<BTreeMap<String, [i64; 2]>> {
    views::with_view_at(connection, sources.astray_view, snapshot_id, || {
        let mut astray: BTreeMap<String, [i64; 2]> = BTreeMap::new();
        let mut statement = connection.prepare(sources.astray)?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let is_unknown: bool = row.get(1)?;
            astray.entry(row.get(0)?).or_default()[usize::from(is_unknown)] += 1;
        }
        Ok(astray)
    })
}

/// Removes all counts, and records that no snapshot is counted.
fn forget_all(connection: &Connection, table: &str) -> Result<()> {
    let forget = || {
        connection.execute(&format!("DELETE FROM main.{}", quoted(table)), [])?;
        connection.execute("DELETE FROM main.derived_rules WHERE name = ?1", [NAME])?;
        let sql = format!("INSERT INTO main.{} (incomplete, valid_from) VALUES (?1, 1)", quoted(table));
        connection.execute(&sql, [NOT_COUNTED])
    };
    forget().map(drop).doing("forget counts of other rules")
}

/// Ends the rows that are no longer true, and begins those that are.
fn write(
    connection: &Connection,
    table: &str,
    snapshot_id: i64,
    mut due: BTreeMap<Option<String>, Row>,
) -> Result<()> {
    let open = rows_where(connection, table, "valid_to IS NULL AND ?1", snapshot_id)?;
    let table = quoted(table);
    let write = || -> rusqlite::Result<()> {
        let mut end =
            connection.prepare(&format!("UPDATE main.{table} SET valid_to = ?2 WHERE rowid = ?1"))?;
        for (rowid, row) in &open {
            match due.get(&row.account) == Some(row) {
                true => drop(due.remove(&row.account)),
                false => drop(end.execute([*rowid, snapshot_id])?),
            }
        }
        let metrics = Metric::ALL.map(|metric| quoted(metric.column())).join(", ");
        let places = vec!["?"; Metric::ALL.len() + 3].join(", ");
        let mut insert = connection.prepare(&format!(
            "INSERT INTO main.{table} (account_id, {metrics}, incomplete, valid_from) VALUES ({places})"
        ))?;
        // A row that began with this snapshot and is already wrong holds in no snapshot.
        connection.execute(&format!("DELETE FROM main.{table} WHERE valid_to <= valid_from"), [])?;
        for row in due.into_values() {
            let counts = row.values.into_iter().map(Into::into);
            let values: Vec<rusqlite::types::Value> = std::iter::once(row.account.into())
                .chain(counts)
                .chain([row.incomplete.into(), snapshot_id.into()])
                .collect();
            insert.execute(params_from_iter(values))?;
        }
        Ok(())
    };
    write().doing("keep the counts of a snapshot")
}

/// Returns the rows of the table that match the condition, in which `?1` is the snapshot.
fn rows_where(
    connection: &Connection,
    table: &str,
    condition: &str,
    snapshot_id: i64,
) -> Result<Vec<(i64, Row)>> {
    let metrics = Metric::ALL.map(|metric| quoted(metric.column())).join(", ");
    let sql = format!(
        "SELECT rowid, account_id, incomplete, {metrics} FROM main.{} WHERE {condition}",
        quoted(table)
    );
    let read = || {
        let mut statement = connection.prepare(&sql)?;
        let rows = statement.query_map([snapshot_id], |row| {
            let mut values = [None; Metric::ALL.len()];
            for (place, value) in values.iter_mut().enumerate() {
                *value = row.get(3 + place)?;
            }
            Ok((row.get(0)?, Row { account: row.get(1)?, incomplete: row.get(2)?, values }))
        })?;
        rows.collect::<rusqlite::Result<_>>()
    };
    read().doing("read the counts of snapshots")
}

/// Returns the snapshots that are not counted.
fn missing(connection: &Connection) -> Result<Vec<i64>> {
    let through = through(connection)?;
    Ok(snapshot_ids(connection)?.into_iter().filter(|id| *id > through).collect())
}

/// Returns the last snapshot up to which all are counted by the current rules; 0 if none is.
fn through(connection: &Connection) -> Result<i64> {
    if columns(connection, "main", "derived_rules")?.is_empty() {
        return Ok(0);
    }
    let sql = "SELECT through FROM main.derived_rules WHERE name = ?1 AND rules = ?2";
    let through = connection.query_row(sql, (NAME, rules()), |row| row.get(0)).optional();
    through.map(Option::unwrap_or_default).doing("read how far snapshots are counted")
}

fn write_through(connection: &Connection, snapshot_id: i64) -> Result<()> {
    let sql = "INSERT OR REPLACE INTO main.derived_rules (name, rules, through) VALUES (?1, ?2, ?3)";
    connection
        .execute(sql, (NAME, rules(), snapshot_id))
        .map(drop)
        .doing("note how far snapshots are counted")
}

/// Returns the version of the rules. The rules that weigh policies are part of it, because they decide which permission
/// set is an administrator's.
fn rules() -> String {
    format!("{RULES} {}", document::rules())
}
