//! Remembers the last fact of each key, for kinds of facts that declare it, when only pruned snapshots have it. For
//! example, the rows of an access report stay, and must not look like rows of a report that was never taken.

use rusqlite::Connection;

use crate::error::Result;
use crate::model::{FACTS, FactSpec, Remembered};
use crate::store::columns::fact_columns;
use crate::store::file::{Doing, literal, quoted};

/// Writes the facts of the pruned snapshots that must be remembered, for the next snapshot that stays after each. A
/// fact that this snapshot has itself is not noted again. An existing note there belongs to a later snapshot and wins.
/// Requires the facts of the pruned snapshots.
pub(super) fn keep(connection: &Connection) -> Result<()> {
    for spec in FACTS {
        let Some(remembered) = &spec.remembered else { continue };
        let sql = insert(connection, spec, remembered)?;
        connection.execute(&sql, []).doing(&format!("remember {}", spec.name))?;
    }
    Ok(())
}

fn insert(connection: &Connection, spec: &FactSpec, remembered: &Remembered) -> Result<String> {
    let (table, notes) = (quoted(spec.name), quoted(remembered.table));
    let noted = fact_columns(connection, remembered.table)?;
    let names: Vec<_> = noted.iter().map(|column| quoted(&column.name)).collect();
    let of = |table: &str| names.iter().map(|name| format!("{table}.{name}")).collect::<Vec<_>>().join(", ");
    let (column, value) = remembered.when;
    let when = format!("{} = {}", quoted(column), literal(value));
    let key: Vec<_> = spec.key.iter().map(|column| quoted(column)).collect();
    let same_key: String = key.iter().map(|column| format!(" AND j.{column} = last.{column}")).collect();
    Ok(format!(
        "INSERT OR IGNORE INTO main.{notes} (snapshot_id, {names})
         SELECT moved_to, {names}
         FROM (
             -- SQLite takes the other columns from the row that has the maximum.
             SELECT moved_to, {names}, max(snapshot_id)
             FROM (
                 SELECT g.moved_to, j.snapshot_id, {of_facts}
                 FROM temp.prune_gone AS g JOIN main.{table} AS j ON j.snapshot_id = g.snapshot_id
                 WHERE g.moved_to NOT NULL AND j.{when}
                 UNION ALL
                 -- What an earlier pruning noted is older than what the same snapshot found out.
                 SELECT g.moved_to, p.snapshot_id - 0.5, {of_notes}
                 FROM temp.prune_gone AS g JOIN main.{notes} AS p ON p.snapshot_id = g.snapshot_id
                 WHERE g.moved_to NOT NULL
             )
             GROUP BY moved_to, {key}
         ) AS last
         WHERE NOT EXISTS (
             SELECT 1 FROM main.{table} AS j WHERE j.snapshot_id = last.moved_to AND j.{when}{same_key})",
        names = names.join(", "),
        of_facts = of("j"),
        of_notes = of("p"),
        key = key.join(", "),
    ))
}
