//! Merges equal versions that became adjacent, because the snapshots between them are pruned.
//!
//! All columns of the resource count, including volatile ones: the newest version keeps its own. Documents are compared
//! by text, because a kept snapshot shows its document as it was sent.

use rusqlite::Connection;

use super::PrunedTable;
use crate::store::file::literal;
use crate::store::visibility::sql::key_of;

/// Merges versions with a moved bound with their neighbours; returns by how many the versions decrease.
pub(super) fn merge(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<i64> {
    if find(connection, table)? == 0 {
        return drop_tables(connection).map(|()| 0);
    }
    let versions = &table.versions;
    // For each run of equal versions: the first one, and the end of the last one.
    connection.execute_batch(&format!(
        "CREATE TEMP TABLE prune_first AS
         WITH RECURSIVE chain (first, last) AS (
             SELECT a.before, a.version FROM temp.prune_alike AS a
             WHERE a.before NOT IN (SELECT version FROM temp.prune_alike)
             UNION ALL
             SELECT c.first, a.version FROM chain AS c JOIN temp.prune_alike AS a ON a.before = c.last
         )
         SELECT c.first, v.valid_to FROM chain AS c JOIN {versions} AS v ON v.rowid = c.last
         WHERE c.last NOT IN (SELECT before FROM temp.prune_alike)"
    ))?;
    // A version that now continues the one before it has no beginning any more, so the note about its beginning is
    // removed.
    connection.execute(
        &format!(
            "DELETE FROM main.pruned_beginnings WHERE resource = {} AND (snapshot_id, key) IN
                 (SELECT v.valid_from, {} FROM temp.prune_alike AS a JOIN {versions} AS v ON v.rowid = a.version)",
            literal(table.spec.name),
            key_of(table.spec, "v")
        ),
        [],
    )?;
    let merged = connection.execute(
        &format!("DELETE FROM {versions} WHERE rowid IN (SELECT version FROM temp.prune_alike)"),
        [],
    )?;
    connection.execute(
        &format!(
            "UPDATE {versions} AS v SET valid_to = f.valid_to FROM temp.prune_first AS f WHERE v.rowid = f.first"
        ),
        [],
    )?;
    drop_tables(connection)?;
    Ok(merged as i64)
}

/// Writes into `temp.prune_alike` each version that continues the version `before` it; returns their number.
///
/// A version that really began under a gap stays separate: its beginning is the only record that the row was seen then.
fn find(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<usize> {
    connection.execute_batch(
        "CREATE TEMP TABLE prune_alike (version INTEGER PRIMARY KEY, before INTEGER NOT NULL UNIQUE) STRICT",
    )?;
    let alike: String = table.columns.iter().map(|column| format!(" AND v.{column} IS b.{column}")).collect();
    let sql = format!(
        "INSERT INTO temp.prune_alike
         SELECT v.rowid, b.rowid
         FROM temp.prune_moved AS m CROSS JOIN {versions} AS b ON b.rowid = m.version
         CROSS JOIN {versions} AS v ON {same_key} AND v.valid_from = b.valid_to
         CROSS JOIN main.snapshots AS s ON s.snapshot_id = v.valid_from
         WHERE m.to_moved AND NOT m.dead{alike}
           AND (NOT {hidden} OR EXISTS (
               SELECT 1 FROM main.pruned_beginnings AS p
               WHERE p.snapshot_id = v.valid_from AND p.resource = {resource} AND p.key = {key}))",
        versions = table.versions,
        same_key = table.same_key("v", "b"),
        hidden = table.hidden,
        resource = literal(table.spec.name),
        key = key_of(table.spec, "v"),
    );
    connection.execute(&sql, [])
}

fn drop_tables(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch("DROP TABLE IF EXISTS temp.prune_first; DROP TABLE temp.prune_alike")
}
