//! The SQL of the views: `<name>`, `<name>_history`, `<name>_by_snapshot` and the derived ones, now or as of
//! a snapshot.
//!
//! Every text is derived from the version tables' own columns and from [`crate::model::DERIVED_VIEWS`]; no
//! resource is named here. The permanent views answer for the latest snapshot; `reader` shadows all of them
//! by TEMP views to answer for another one, because SQLite resolves a view's tables in the view's own schema.

use rusqlite::Connection;

use super::file::{Doing, literal, quoted};
use super::schema::{Column, resource_columns, versions_table};
use crate::error::Result;
use crate::model::{DERIVED_VIEWS, RESOURCES};

/// The view with the one snapshot that all views answer for.
pub(super) const ANSWERING_SNAPSHOT: &str = "answering_snapshot";

/// Which snapshot the views answer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answering {
    /// Whatever snapshot is the newest when a statement runs.
    Latest,
    /// This one.
    AsOf(i64),
}

/// A view's name and its SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub name: String,
    pub select: String,
}

impl View {
    /// The statement as `sqlite_master` keeps it.
    fn create(&self) -> String {
        format!("CREATE VIEW {} AS\n{}", quoted(&self.name), self.select)
    }
}

/// Every view, each after those that it names. A resource whose table this file does not have yet is left
/// out: an older file is readable all the same.
pub(super) fn all(connection: &Connection, answering: Answering) -> Result<Vec<View>> {
    let mut views = vec![View { name: ANSWERING_SNAPSHOT.to_owned(), select: answering_snapshot(answering) }];
    for spec in RESOURCES {
        let columns = resource_columns(connection, spec.name)?;
        if columns.is_empty() {
            continue;
        }
        let view = |suffix: &str, select| View { name: format!("{}{suffix}", spec.name), select };
        views.push(view("", current(spec.name, &columns, answering)));
        views.push(view("_history", history(spec.name, &columns, answering)));
        views.push(view("_by_snapshot", by_snapshot(spec.name, &columns, answering)));
    }
    views.extend(
        DERIVED_VIEWS
            .iter()
            .map(|view| View { name: view.name.to_owned(), select: view.select.trim_end().to_owned() }),
    );
    Ok(views)
}

/// Makes the permanent views what this program says they are, in one transaction; does not write where they
/// are so already.
pub(super) fn make_permanent(connection: &mut Connection) -> Result<()> {
    let wanted = all(connection, Answering::Latest)?;
    let present = present(connection).doing("read the views")?;
    let stale =
        |view: &&(String, String)| !wanted.iter().any(|one| one.name == view.0 && one.create() == view.1);
    let missing = |view: &&View| !present.iter().any(|one| one.0 == view.name && one.1 == view.create());
    let drop = present.iter().filter(stale).map(|(name, _)| format!("DROP VIEW {};\n", quoted(name)));
    let create = wanted.iter().filter(missing).map(|view| format!("{};\n", view.create()));
    let script: String = drop.chain(create).collect();
    if script.is_empty() {
        return Ok(());
    }
    let mut write = || {
        let transaction = connection.transaction()?;
        transaction.execute_batch(&script)?;
        transaction.commit()
    };
    write().doing("make the views")
}

/// Whether the permanent views are those that this program would make.
pub(super) fn permanent_are_current(connection: &Connection) -> Result<bool> {
    let wanted = all(connection, Answering::Latest)?;
    let present = present(connection).doing("read the views")?;
    Ok(wanted.iter().all(|view| present.iter().any(|one| one.0 == view.name && one.1 == view.create())))
}

/// Shadows every view by a TEMP one that answers as said; a derived view that this file is too old for is
/// left out.
pub(super) fn shadow(connection: &Connection, answering: Answering) -> Result<()> {
    let views = all(connection, answering)?;
    let make = || -> rusqlite::Result<()> {
        for view in &views {
            let name = quoted(&view.name);
            connection.execute_batch(&format!(
                "DROP VIEW IF EXISTS temp.{name}; CREATE TEMP VIEW {name} AS\n{}",
                view.select
            ))?;
        }
        for view in &views {
            let name = quoted(&view.name);
            if connection.prepare(&format!("SELECT 1 FROM temp.{name}")).is_err() {
                connection.execute_batch(&format!("DROP VIEW temp.{name}"))?;
            }
        }
        Ok(())
    };
    make().doing("make the views for the snapshot")
}

fn present(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare("SELECT name, sql FROM main.sqlite_master WHERE type = 'view' ORDER BY rowid")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn answering_snapshot(answering: Answering) -> String {
    let snapshot = match answering {
        Answering::Latest => "(SELECT max(snapshot_id) FROM snapshots)".to_owned(),
        Answering::AsOf(snapshot_id) => snapshot_id.to_string(),
    };
    format!("SELECT * FROM snapshots WHERE snapshot_id = {snapshot}")
}

/// The rows alive. The plus keeps SQLite from taking `valid_from <= s`, true of nearly every version, for a
/// reason to walk the index of beginnings.
fn current(resource: &str, columns: &[Column], answering: Answering) -> String {
    let alive = match answering {
        Answering::Latest => "v.valid_to IS NULL".to_owned(),
        Answering::AsOf(s) => format!("+v.valid_from <= {s} AND (v.valid_to IS NULL OR v.valid_to > {s})"),
    };
    format!("SELECT {} FROM {} AS v WHERE {alive}", list(columns), quoted(&versions_table(resource)))
}

/// Every version that began by the answering snapshot. What ended later still holds, so `valid_to IS NULL`
/// means alive at the answering snapshot, and is the condition of the index of open versions at the latest.
fn history(resource: &str, columns: &[Column], answering: Answering) -> String {
    let (valid_to, end, began) = match answering {
        Answering::Latest => {
            ("v.valid_to".to_owned(), "coalesce(v.valid_to, 9223372036854775807)".to_owned(), String::new())
        }
        Answering::AsOf(s) => {
            let valid_to = format!("CASE WHEN v.valid_to <= {s} THEN v.valid_to END");
            let end = format!("coalesce({valid_to}, {})", s.saturating_add(1));
            (valid_to, end, format!(" WHERE +v.valid_from <= {s}"))
        }
    };
    let unseen = covered_by_gap(resource, columns);
    format!(
        "SELECT {columns}, v.valid_from, {valid_to} AS valid_to,
    (SELECT s.taken_at FROM snapshots AS s WHERE s.snapshot_id < v.valid_from AND NOT {unseen}
     ORDER BY s.snapshot_id DESC LIMIT 1) AS not_before,
    (SELECT s.completed_at FROM snapshots AS s WHERE s.snapshot_id = v.valid_from) AS first_seen_at,
    coalesce((SELECT s.completed_at FROM snapshots AS s
              WHERE s.snapshot_id >= v.valid_from AND s.snapshot_id < {end} AND NOT {unseen}
              ORDER BY s.snapshot_id DESC LIMIT 1),
             (SELECT s.completed_at FROM snapshots AS s WHERE s.snapshot_id = v.valid_from)) AS last_seen_at,
    (SELECT s.completed_at FROM snapshots AS s WHERE s.snapshot_id = {valid_to}) AS gone_at
FROM {table} AS v{began}",
        columns = list(columns),
        table = quoted(&versions_table(resource)),
    )
}

/// One row per snapshot and row alive in it.
fn by_snapshot(resource: &str, columns: &[Column], answering: Answering) -> String {
    let until = match answering {
        Answering::Latest => String::new(),
        Answering::AsOf(snapshot_id) => format!(" WHERE s.snapshot_id <= {snapshot_id}"),
    };
    format!(
        "SELECT s.snapshot_id, s.taken_at, {}
FROM snapshots AS s
JOIN {} AS v ON v.valid_from <= s.snapshot_id AND (v.valid_to IS NULL OR v.valid_to > s.snapshot_id){until}",
        list(columns),
        quoted(&versions_table(resource)),
    )
}

/// Whether a gap of snapshot `s` covers the row `v`: no column that the gap's scope names has another value.
fn covered_by_gap(resource: &str, columns: &[Column]) -> String {
    let values: String = columns
        .iter()
        .map(|column| {
            let value = match column.sql_type.as_str() {
                "TEXT" => format!("v.{}", quoted(&column.name)),
                // A scope's values are text.
                _ => format!("CAST(v.{} AS TEXT)", quoted(&column.name)),
            };
            format!(" WHEN {} THEN {value}", literal(&column.name))
        })
        .collect();
    format!(
        "EXISTS (SELECT 1 FROM gaps AS n WHERE n.snapshot_id = s.snapshot_id AND n.resource = {}
        AND NOT EXISTS (SELECT 1 FROM json_each(n.scope) AS j WHERE CASE j.key{values} END IS NOT j.value))",
        literal(resource)
    )
}

fn list(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| format!("v.{}", quoted(&column.name))).collect();
    names.join(", ")
}
