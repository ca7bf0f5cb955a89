//! Records what a kept snapshot saw itself, when the bounds of versions no longer show it.
//!
//! Two facts are read from bounds. A row was surely seen where its version begins, even under a gap: a listing reported
//! it before it broke off. A row was surely seen to be gone where its version ends, because nothing else closes a
//! version. Neither holds for a bound that has moved to a snapshot with a gap, so the facts about that snapshot are
//! recorded in `pruned_beginnings` and `pruned_endings`.

use rusqlite::Connection;

use super::PrunedTable;
use crate::store::file::literal;
use crate::store::visibility::sql::key_of;

/// Records the facts that the bounds will no longer show. Requires the bounds and the facts of the pruned snapshots.
pub(super) fn keep(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<()> {
    keep_beginnings(connection, table)?;
    keep_unseen_endings(connection, table)?;
    keep_seen_endings(connection, table)
}

/// Records the beginnings of versions that will begin in a snapshot which only carried them. A pruned snapshot saw such
/// a version last: the newest of its life without a gap over it, else the one already recorded for it, else the one in
/// which it began.
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

/// Records the ends of versions that move to a snapshot which may not have seen them.
fn keep_unseen_endings(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<()> {
    let closed_another = format!(
        "EXISTS (SELECT 1 FROM {} AS x WHERE {} AND x.valid_to = m.valid_to)",
        table.versions,
        table.same_key("x", "v")
    );
    keep_endings(connection, table, &format!("m.to_moved AND NOT m.dead AND NOT {closed_another}"), false)
}

/// Records the ends of deleted versions that a kept snapshot saw.
fn keep_seen_endings(connection: &Connection, table: &PrunedTable) -> rusqlite::Result<()> {
    let another_ends_there = format!(
        "EXISTS (SELECT 1 FROM {} AS x CROSS JOIN temp.prune_moved AS o ON o.version = x.rowid
                 WHERE {} AND NOT o.dead AND o.valid_to = m.valid_to)",
        table.versions,
        table.same_key("x", "v")
    );
    keep_endings(connection, table, &format!("m.dead AND NOT m.to_moved AND NOT {another_ends_there}"), true)
}

/// Records, for the moved versions `m` with this condition, whether the snapshot in which they now end saw that their
/// row was gone. Skips a snapshot that has the row, and existing records.
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
