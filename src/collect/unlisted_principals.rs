//! The references in a snapshot to rows that no listing showed. Users, groups, accounts and permission sets are listed
//! once; a row that was created later, or deleted long before, may still be referenced. The summary mentions them.

use rusqlite::Connection;

use crate::amounts::{counted_as, plural};
use crate::error::Result;
use crate::invocation;
use crate::store::failed;

/// The proven reasons for an orphaned assignment, with the words for one assignment and for several.
const ORPHANS: [(&str, &str, &str); 3] = [
    ("principal_deleted", "of a user or group that was deleted", "of users or groups that were deleted"),
    (
        "account_missing",
        "in an account that is not in the organization's list",
        "in accounts that are not in the organization's list",
    ),
    (
        "permission_set_missing",
        "of a permission set that is in no list",
        "of permission sets that are in no list",
    ),
];

/// Returns the remarks about unlisted principals in a snapshot, which is the latest. Resources that were not seen
/// completely have none.
pub(super) fn remarks(connection: &Connection, snapshot_id: i64) -> Result<Vec<String>> {
    Ok(members(connection, snapshot_id)?.into_iter().chain(orphans(connection)?).collect())
}

fn members(connection: &Connection, snapshot_id: i64) -> Result<Option<String>> {
    let number: i64 = connection
        .query_row(
            "SELECT count(*) FROM group_memberships_versions AS m
             WHERE m.valid_from = ?1 AND m.valid_to IS NULL
               AND EXISTS (SELECT 1 FROM coverage
                           WHERE snapshot_id = ?1 AND resource = 'users' AND status = 'complete')
               AND NOT EXISTS (SELECT 1 FROM users_versions AS u
                               WHERE u.user_id = m.user_id AND u.valid_to IS NULL)",
            [snapshot_id],
            |row| row.get(0),
        )
        .map_err(failed)?;
    let names = plural(number, "membership names", "memberships name");
    Ok((number > 0)
        .then(|| format!("{number} new {names} a user that was not listed: created in mid-run, or deleted")))
}

fn orphans(connection: &Connection) -> Result<Option<String>> {
    let read = || -> rusqlite::Result<Vec<(String, i64)>> {
        connection
            .prepare("SELECT reason, count(*) FROM orphan_assignments GROUP BY reason")?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect()
    };
    let found = read().map_err(failed)?;
    let number_of = |reason: &str| found.iter().find(|(known, _)| known == reason).map_or(0, |one| one.1);
    let parts: Vec<_> = ORPHANS
        .iter()
        .map(|(reason, one, several)| (number_of(reason), *one, *several))
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, several)| counted_as(number, one, several))
        .collect();
    Ok((!parts.is_empty()).then(|| {
        format!(
            "assignments that lead nowhere: {} (`{}` names them)",
            parts.join(", "),
            invocation::command("query orphan-assignments")
        )
    }))
}
