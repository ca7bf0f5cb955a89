//! What a kept snapshot saw for itself, where the bounds of versions no longer tell.
//!
//! Two things are read from bounds. A row was surely seen where its version begins, even under a gap: a listing
//! that broke off had told of it. And it was surely seen to be gone where a version of it ends: nothing else
//! closes one. Neither holds of a bound that has moved to a snapshot with a gap, so what is true of that
//! snapshot is written down: `pruned_beginnings`, `pruned_endings`.

use rusqlite::Connection;

use super::PrunedTable;
use crate::store::file::literal;
use crate::store::visibility::sql::key_of;

/// Keeps what will no longer be told. The bounds and the facts of the pruned snapshots must still be there.
pub(super) fn keep(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<()> {
    keep_beginnings(connection, table)?;
    keep_unseen_endings(connection, table)?;
    keep_seen_endings(connection, table)
}

/// A version that will begin in a snapshot which only carried it was last seen in a pruned one: the newest of its
/// life without a gap over it, the one that it had for that before, or the one that it began with.
fn keep_beginnings(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<()> {
    let (versions, hidden, resource) = (&table.versions, &table.hidden, literal(table.spec.name));
    let sql = format!(
        "INSERT INTO main.pruned_beginnings (snapshot_id, resource, key, last_seen, last_seen_at)
         SELECT c.snapshot_id, {resource}, c.key, coalesce(c.seen, b.last_seen, c.began),
             coalesce((SELECT s.completed_at FROM main.snapshots AS s WHERE s.snapshot_id = c.seen), b.last_seen_at,
                 (SELECT s.completed_at FROM main.snapshots AS s WHERE s.snapshot_id = c.began))
         FROM (SELECT m.valid_from AS snapshot_id, v.valid_from AS began, {key} AS key,
                   (SELECT s.snapshot_id FROM main.snapshots AS s
                    WHERE s.snapshot_id >= v.valid_from AND s.snapshot_id < m.valid_from AND NOT {hidden}
                    ORDER BY s.snapshot_id DESC LIMIT 1) AS seen
               FROM temp.prune_moved AS m CROSS JOIN {versions} AS v ON v.rowid = m.version
               CROSS JOIN main.snapshots AS s ON s.snapshot_id = m.valid_from
               WHERE m.from_moved AND NOT m.dead AND {hidden}) AS c
         LEFT JOIN main.pruned_beginnings AS b
             ON b.snapshot_id = c.began AND b.resource = {resource} AND b.key = c.key",
        key = key_of(table.spec, "v"),
    );
    connection.execute(&sql, []).map(drop)
}

/// The end of a version moves to a snapshot that may not have seen it.
fn keep_unseen_endings(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<()> {
    let closed_another = format!(
        "EXISTS (SELECT 1 FROM {} AS x WHERE {} AND x.valid_to = m.valid_to)",
        table.versions,
        table.same_key("x", "v")
    );
    keep_endings(connection, table, &format!("m.to_moved AND NOT m.dead AND NOT {closed_another}"), false)
}

/// A version that ended in a kept snapshot goes, and with it that this one saw the end.
fn keep_seen_endings(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<()> {
    let another_ends_there = format!(
        "EXISTS (SELECT 1 FROM {} AS x CROSS JOIN temp.prune_moved AS o ON o.version = x.rowid
                 WHERE {} AND NOT o.dead AND o.valid_to = m.valid_to)",
        table.versions,
        table.same_key("x", "v")
    );
    keep_endings(connection, table, &format!("m.dead AND NOT m.to_moved AND NOT {another_ends_there}"), true)
}

/// Writes down, for the moved versions `m` with this condition, whether the snapshot that they now end in saw
/// that their row was gone: unless that snapshot has the row, or it is written down already.
fn keep_endings(
    connection: &Connection,
    table: &PrunedTable,
    condition: &str,
    seen: bool,
) -> rusqlite::Result<()> {
    let sql = format!(
        "INSERT OR IGNORE INTO main.pruned_endings (snapshot_id, resource, key, seen)
         SELECT m.valid_to, {resource}, {key}, {seen}
         FROM temp.prune_moved AS m CROSS JOIN {versions} AS v ON v.rowid = m.version
         CROSS JOIN main.snapshots AS s ON s.snapshot_id = m.valid_to
         WHERE {condition} AND {blind}
           AND NOT EXISTS (SELECT 1 FROM {versions} AS a WHERE {same_key} AND +a.valid_from <= m.valid_to
                           AND (a.valid_to IS NULL OR a.valid_to > m.valid_to))",
        resource = literal(table.spec.name),
        key = key_of(table.spec, "v"),
        seen = i64::from(seen),
        versions = table.versions,
        blind = table.may_be_blind,
        same_key = table.same_key("a", "v"),
    );
    connection.execute(&sql, []).map(drop)
}
