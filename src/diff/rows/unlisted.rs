//! What neither way of listing assignments can see: by principal those of principals that nobody knows, by pair those
//! of pairs that are not provisioned, unless a former snapshot knows them.
//!
//! Of all that tells removed from not seen, this alone knows which resource it is about.

use rusqlite::{Connection, ToSql};

use super::Table;
use crate::diff::change::HidingGap;
use crate::diff::record::{Record, text_of};
use crate::diff::snapshot_pair::SnapshotPair;
use crate::diff::unreadable;
use crate::error::Result;

/// What hides an assignment from a snapshot that listed by this strategy; `None` for any other row.
pub(super) fn unlisted(
    connection: &Connection,
    pair: SnapshotPair,
    table: &Table,
    row: &Record,
    snapshot_id: i64,
    strategy: Option<&str>,
) -> Result<Option<HidingGap>> {
    if table.spec.name != "account_assignments" {
        return Ok(None);
    }
    let (columns, message) = match strategy {
        Some("principals") if !knows_principal(connection, pair, row)? => (
            ["principal_id", "principal_type"],
            "assignments were listed by principal, and this principal is not known",
        ),
        // What the snapshot before knew was asked for by name.
        Some("pairs")
            if snapshot_id == pair.from.min(pair.to) && !knows_pair(connection, pair, row, snapshot_id)? =>
        {
            (
                ["account_id", "permission_set_arn"],
                "assignments were listed by account and permission set, and this pair is not provisioned",
            )
        }
        _ => return Ok(None),
    };
    let scope = columns.map(|column| (column.to_owned(), text_of(&row[column]).into())).into_iter().collect();
    Ok(Some(HidingGap {
        scope,
        kind: "unavailable".to_owned(),
        operation: None,
        error_code: None,
        message: Some(message.to_owned()),
        snapshot_id,
    }))
}

/// Whether the principal is in its table on either day: by principal only those are asked for.
fn knows_principal(connection: &Connection, pair: SnapshotPair, row: &Record) -> Result<bool> {
    let (principals, key) = match text_of(&row["principal_type"]).as_str() {
        "GROUP" => ("groups_versions", "group_id"),
        _ => ("users_versions", "user_id"),
    };
    let sql = format!("SELECT EXISTS (SELECT 1 FROM {principals} WHERE {key} = ?3 AND {ON_EITHER_DAY})");
    is_so(connection, &sql, &[&pair.from, &pair.to, &text_of(&row["principal_id"])])
}

/// Whether the pair is provisioned on either day, or nothing at all is on that of the snapshot.
fn knows_pair(connection: &Connection, pair: SnapshotPair, row: &Record, snapshot_id: i64) -> Result<bool> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM provisioned_permission_sets_versions
             WHERE account_id = ?3 AND permission_set_arn = ?4 AND {ON_EITHER_DAY})
         OR NOT EXISTS (SELECT 1 FROM provisioned_permission_sets_versions
             WHERE valid_from <= ?5 AND (valid_to IS NULL OR valid_to > ?5))"
    );
    let (account_id, set) = (text_of(&row["account_id"]), text_of(&row["permission_set_arn"]));
    is_so(connection, &sql, &[&pair.from, &pair.to, &account_id, &set, &snapshot_id])
}

const ON_EITHER_DAY: &str = "((valid_from <= ?1 AND (valid_to IS NULL OR valid_to > ?1))
               OR (valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)))";

fn is_so(connection: &Connection, sql: &str, values: &[&dyn ToSql]) -> Result<bool> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row(values, |row| row.get(0)))
        .map_err(unreadable)
}
