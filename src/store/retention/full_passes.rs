//! Remembers the last snapshot that saw a resource completely, for resources that some strategies see only in part.
//! When that snapshot is pruned, a later collection must still know how long ago it was.

use rusqlite::Connection;

use crate::model::RESOURCES;
use crate::store::file::literal;
use crate::store::visibility::implicit::limits;

/// Notes the last snapshot that saw such a resource completely. The note belongs to the next snapshot that stays after
/// each pruned one, or to the newest kept one if there is none. Requires the facts of the pruned snapshots.
pub(super) fn keep(connection: &Connection) -> rusqlite::Result<()> {
    for spec in RESOURCES {
        let Some((limited, _)) = limits(spec) else { continue };
        let name = literal(spec.name);
        connection.execute(
            &format!(
                "INSERT OR REPLACE INTO main.pruned_full_passes (snapshot_id, resource, full_pass_id, completed_at)
                 SELECT noted_with, {name}, full_pass_id, completed_at FROM (
                     -- SQLite takes the other columns from the row that has the maximum.
                     SELECT noted_with, max(full_pass_id) AS full_pass_id, completed_at FROM (
                         SELECT g.snapshot_id, s.snapshot_id AS full_pass_id, s.completed_at
                         FROM temp.prune_gone AS g
                         JOIN main.snapshots AS s ON s.snapshot_id = g.snapshot_id
                         JOIN main.coverage AS c ON c.snapshot_id = s.snapshot_id
                         WHERE c.resource = {name} AND c.status = 'complete' AND NOT ({limited})
                         UNION ALL
                         SELECT g.snapshot_id, p.full_pass_id, p.completed_at
                         FROM temp.prune_gone AS g
                         JOIN main.pruned_full_passes AS p ON p.snapshot_id = g.snapshot_id AND p.resource = {name}
                     ) JOIN (
                         SELECT snapshot_id, coalesce(moved_to, (
                             SELECT max(k.snapshot_id) FROM main.snapshots AS k
                             WHERE k.snapshot_id NOT IN (SELECT snapshot_id FROM temp.prune_gone))) AS noted_with
                         FROM temp.prune_gone
                     ) USING (snapshot_id)
                     GROUP BY noted_with
                 ) AS last
                 WHERE NOT EXISTS (
                     SELECT 1 FROM main.pruned_full_passes AS p
                     WHERE p.snapshot_id = last.noted_with AND p.resource = {name}
                       AND p.full_pass_id > last.full_pass_id)"
            ),
            [],
        )?;
    }
    Ok(())
}
