//! What listing assignments by principal cannot see: those of principals that nobody knows.
//!
//! Of all that tells removed from not seen, this alone knows which resource it is about.

use rusqlite::Connection;

use super::change::HidingGap;
use super::record::Record;
use super::rows::{Table, text_of};
use super::snapshot_pair::SnapshotPair;
use super::unreadable;
use crate::error::Result;

/// What hides an assignment from a snapshot that listed by principal: it asks only for principals that are
/// known, so it says nothing of one that is in no table on either day. `None` for any other row.
pub(super) fn unlisted_principal(
    connection: &Connection,
    pair: SnapshotPair,
    table: &Table,
    row: &Record,
    snapshot_id: i64,
) -> Result<Option<HidingGap>> {
    if table.spec.name != "account_assignments" {
        return Ok(None);
    }
    let (principal_type, principal_id) = (text_of(&row["principal_type"]), text_of(&row["principal_id"]));
    let (principals, key) = match principal_type.as_str() {
        "GROUP" => ("groups_versions", "group_id"),
        _ => ("users_versions", "user_id"),
    };
    let is_known: bool = connection
        .prepare_cached(&format!(
            "SELECT EXISTS (SELECT 1 FROM {principals} WHERE {key} = ?1
             AND ((valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2))
               OR (valid_from <= ?3 AND (valid_to IS NULL OR valid_to > ?3))))"
        ))
        .and_then(|mut statement| statement.query_row((&principal_id, pair.from, pair.to), |row| row.get(0)))
        .map_err(unreadable)?;
    if is_known {
        return Ok(None);
    }
    let scope = [("principal_id", principal_id), ("principal_type", principal_type)];
    let scope = scope.map(|(column, value)| (column.to_owned(), value.into())).into_iter().collect();
    Ok(Some(HidingGap {
        scope,
        kind: "unavailable".to_owned(),
        operation: None,
        error_code: None,
        message: Some("assignments were listed by principal, and this principal is not known".to_owned()),
        snapshot_id,
    }))
}
