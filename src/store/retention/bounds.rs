//! Makes versions begin and end at kept snapshots: each bound moves to the next snapshot that stays.
//!
//! A version that lived only between two kept snapshots was in neither. It now begins where it ends, and is deleted, as
//! is a version that began after the last kept snapshot. A version that ended after the last kept snapshot is open
//! again.

use rusqlite::Connection;

use super::PrunedTable;

/// Writes into `temp.prune_moved` the versions with a pruned bound, with both of their new bounds; a version to delete
/// is `dead`. Returns their number.
pub(super) fn find(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<usize> {
    connection.execute_batch(
        "DROP TABLE IF EXISTS temp.prune_moved;
         CREATE TEMP TABLE prune_moved (version INTEGER PRIMARY KEY, valid_from INTEGER, valid_to INTEGER,
             from_moved INTEGER NOT NULL, to_moved INTEGER NOT NULL,
             dead INTEGER AS (valid_from IS NULL OR valid_from IS valid_to) STORED) STRICT",
    )?;
    // These are two ranges of the indexes on beginnings and ends: unchanged versions are not read.
    let sql = format!(
        "INSERT INTO temp.prune_moved
         SELECT v.rowid, CASE WHEN f.snapshot_id IS NULL THEN v.valid_from ELSE f.moved_to END,
             CASE WHEN t.snapshot_id IS NULL THEN v.valid_to ELSE t.moved_to END,
             f.snapshot_id IS NOT NULL, t.snapshot_id IS NOT NULL
         FROM (SELECT x.rowid AS version FROM temp.prune_gone AS g CROSS JOIN {versions} AS x
                   ON x.valid_from = g.snapshot_id
               UNION SELECT x.rowid FROM temp.prune_gone AS g CROSS JOIN {versions} AS x
                   ON x.valid_to = g.snapshot_id) AS m
         CROSS JOIN {versions} AS v ON v.rowid = m.version
         LEFT JOIN temp.prune_gone AS f ON f.snapshot_id = v.valid_from
         LEFT JOIN temp.prune_gone AS t ON t.snapshot_id = v.valid_to",
        versions = table.versions
    );
    connection.execute(&sql, [])
}

/// Deletes the dead versions, and moves the bounds of the others; returns the number deleted.
pub(super) fn set(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<i64> {
    let versions = &table.versions;
    // Deleting comes first, so that an earlier version of a key may become open again: the version that began after it
    // is dead.
    let deleted = connection.execute(
        &format!("DELETE FROM {versions} WHERE rowid IN (SELECT version FROM temp.prune_moved WHERE dead)"),
        [],
    )?;
    connection.execute(
        &format!(
            "UPDATE {versions} AS v SET valid_from = m.valid_from, valid_to = m.valid_to
             FROM temp.prune_moved AS m WHERE NOT m.dead AND v.rowid = m.version"
        ),
        [],
    )?;
    Ok(deleted as i64)
}
