//! New rows that name somebody whom no listing showed: users and groups are listed once, and whoever came after
//! that, or was deleted long before, is named all the same. Both are worth a word in the summary.

use rusqlite::Connection;

use crate::error::Result;
use crate::invocation;
use crate::store::failed;

/// What is said of the strangers in a snapshot; `None` where there are none, or where the people were not all seen.
pub(super) fn remark(connection: &Connection, snapshot_id: i64) -> Result<Option<String>> {
    let number: i64 = connection
        .query_row(
            "WITH seen(resource) AS (
                 SELECT resource FROM coverage WHERE snapshot_id = ?1 AND status = 'complete'),
             named(resource, id) AS (
                 SELECT 'users', user_id FROM group_memberships_versions
                 WHERE valid_from = ?1 AND valid_to IS NULL
                 UNION ALL
                 SELECT CASE principal_type WHEN 'USER' THEN 'users' ELSE 'groups' END, principal_id
                 FROM account_assignments_versions WHERE valid_from = ?1 AND valid_to IS NULL)
             SELECT count(*) FROM named WHERE resource IN (SELECT resource FROM seen)
                 AND NOT EXISTS (SELECT 1 FROM users_versions
                                 WHERE resource = 'users' AND user_id = id AND valid_to IS NULL)
                 AND NOT EXISTS (SELECT 1 FROM groups_versions
                                 WHERE resource = 'groups' AND group_id = id AND valid_to IS NULL)",
            [snapshot_id],
            |row| row.get(0),
        )
        .map_err(failed)?;
    let rows = if number == 1 { "row names" } else { "rows name" };
    Ok((number > 0).then(|| {
        format!(
            "{number} new {rows} a user or group that was not listed: created in mid-run, or deleted \
             (`{}` names them)",
            invocation::command("query orphan-assignments")
        )
    }))
}
