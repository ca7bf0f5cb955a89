//! The last completed access report of each entity, where only snapshots that go had asked for it: its rows stay, and
//! must not read as rows of a report that was never taken.

use rusqlite::Connection;

/// Writes into `pruned_reports`, for the next snapshot that stays after each that goes, the last completed job of each
/// entity and policy that it did not complete itself. One that is noted there already is of a later snapshot. The facts
/// of the pruned snapshots must still be there.
pub(super) fn keep(connection: &Connection) -> rusqlite::Result<usize> {
    connection.execute(
        "INSERT OR IGNORE INTO main.pruned_reports (snapshot_id, entity_id, policy_id, job_status, created_at,
             completed_at, services_accessible, services_not_accessed)
         SELECT moved_to, entity_id, policy_id, job_status, created_at, completed_at, services_accessible,
             services_not_accessed
         FROM (
             -- SQLite takes the other columns from the row that has the maximum.
             SELECT moved_to, entity_id, policy_id, job_status, created_at, completed_at, services_accessible,
                 services_not_accessed, max(snapshot_id)
             FROM (
                 SELECT g.moved_to, j.snapshot_id, j.entity_id, j.policy_id, j.job_status, j.created_at,
                     j.completed_at, j.services_accessible, j.services_not_accessed
                 FROM temp.prune_gone AS g JOIN main.access_report_jobs AS j ON j.snapshot_id = g.snapshot_id
                 WHERE g.moved_to NOT NULL AND j.job_status = 'COMPLETED'
                 UNION ALL
                 -- What an earlier pruning noted is older than what the same snapshot completed.
                 SELECT g.moved_to, p.snapshot_id - 0.5, p.entity_id, p.policy_id, p.job_status, p.created_at,
                     p.completed_at, p.services_accessible, p.services_not_accessed
                 FROM temp.prune_gone AS g JOIN main.pruned_reports AS p ON p.snapshot_id = g.snapshot_id
                 WHERE g.moved_to NOT NULL
             )
             GROUP BY moved_to, entity_id, policy_id
         ) AS last
         WHERE NOT EXISTS (
             SELECT 1 FROM main.access_report_jobs AS j
             WHERE j.snapshot_id = last.moved_to AND j.entity_id = last.entity_id AND j.policy_id = last.policy_id
               AND j.job_status = 'COMPLETED')",
        [],
    )
}
