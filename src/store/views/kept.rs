//! Derived views whose rows are stored in a table, step by step: their list, how far their tables are filled, and the
//! SELECT that reads one. `steps` fills them.

use rusqlite::{Connection, OptionalExtension};

use super::Answering;
use crate::error::Result;
use crate::model::{DERIVED_VIEWS, DerivedView};
use crate::store::columns::columns;
use crate::store::file::{Doing, literal, quoted};

/// Returns the SELECT that reads a view's rows from its table; `None` if a step is missing.
pub(super) fn stored(
    connection: &Connection,
    view: &DerivedView,
    answering: Answering,
) -> Result<Option<String>> {
    let is_kept = view.by_step && kept(connection)?.iter().any(|one| one.name == view.name);
    if !is_kept || !missing(connection, view)?.is_empty() {
        return Ok(None);
    }
    let columns =
        columns(connection, "main", &table(view))?.into_iter().map(|column| match column.name.as_str() {
            "snapshot_id" => "t.snapshot_id, t.taken_at".to_owned(),
            name => format!("r.{}", quoted(name)),
        });
    Ok(Some(format!(
        "SELECT {}
FROM snapshots AS t
CROSS JOIN {} AS r ON r.snapshot_id = t.snapshot_id
WHERE {}",
        columns.collect::<Vec<_>>().join(", "),
        quoted(&table(view)),
        answering.changes()
    )))
}

/// Returns the views with stored rows, if the file has a table for them.
pub(in crate::store) fn kept(connection: &Connection) -> Result<Vec<&'static DerivedView>> {
    if columns(connection, "main", "derived_tables")?.is_empty() {
        return Ok(Vec::new());
    }
    let has_table = |view: &DerivedView| Ok(!columns(connection, "main", &table(view))?.is_empty());
    let mut kept = Vec::new();
    for view in DERIVED_VIEWS.iter().filter(|view| view.by_step) {
        if has_table(view)? {
            kept.push(view);
        }
    }
    Ok(kept)
}

/// Returns the name of the table that stores a view's rows.
pub(in crate::store) fn table(view: &DerivedView) -> String {
    format!("{}_steps", view.name)
}

/// Returns the snapshots whose steps the table lacks.
pub(in crate::store) fn missing(connection: &Connection, view: &DerivedView) -> Result<Vec<i64>> {
    let through = through(connection, view)?;
    Ok(snapshot_ids(connection)?.into_iter().filter(|id| *id > through).collect())
}

/// Returns the number of the snapshot up to which the table has every step.
pub(in crate::store) fn through(connection: &Connection, view: &DerivedView) -> Result<i64> {
    let sql = format!("SELECT through FROM main.derived_tables WHERE view = {}", literal(view.name));
    let through = connection.query_row(&sql, [], |row| row.get(0)).optional();
    through.map(Option::unwrap_or_default).doing("read how far a view is kept")
}

/// Returns every kept snapshot.
pub(in crate::store) fn snapshot_ids(connection: &Connection) -> Result<Vec<i64>> {
    let read = || {
        connection
            .prepare("SELECT snapshot_id FROM main.snapshots ORDER BY snapshot_id")?
            .query_map([], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()
    };
    read().doing("read the snapshots")
}
