//! The answer as flat rows, one a change, for the formats that hold only rows.

use rusqlite::types::Value as SqlValue;
use serde::Serialize;
use serde_json::json;

use super::change::{AccessChange, Change, Diff};

/// The columns of a flat row. What is structured in JSON is JSON text here.
pub const COLUMNS: [&str; 13] = [
    "from_snapshot",
    "to_snapshot",
    "resource",
    "change",
    "label",
    "key",
    "fields",
    "before",
    "after",
    "gap",
    "last_seen",
    "rows",
    "causes",
];

/// The rows of a diff: its changes, then its access changes as those of the resource `access`, whose before
/// and after are ways.
pub fn rows(diff: &Diff) -> impl Iterator<Item = [SqlValue; 13]> {
    let changes = diff.changes.iter().map(|change| of_change(diff, change));
    changes.chain(diff.access_changes.iter().map(|change| of_access(diff, change)))
}

fn of_change(diff: &Diff, change: &Change) -> [SqlValue; 13] {
    [
        diff.from.snapshot_id.into(),
        diff.to.snapshot_id.into(),
        change.resource.to_owned().into(),
        change.change.as_str().to_owned().into(),
        change.label.clone().into(),
        text(&change.key),
        if change.fields.is_empty() { SqlValue::Null } else { text(&change.fields) },
        change.before.as_ref().map_or(SqlValue::Null, text),
        change.after.as_ref().map_or(SqlValue::Null, text),
        change.gap.as_ref().map_or(SqlValue::Null, text),
        change.last_seen.into(),
        change.rows.into(),
        SqlValue::Null,
    ]
}

fn of_access(diff: &Diff, change: &AccessChange) -> [SqlValue; 13] {
    let name = |name: &Option<String>, id: &str| name.clone().unwrap_or_else(|| id.to_owned());
    let label = format!(
        "{}: {} in {}",
        name(&change.user_name, &change.user_id),
        name(&change.permission_set_name, &change.permission_set_arn),
        name(&change.account_name, &change.account_id),
    );
    let key = json!({
        "user_id": change.user_id,
        "account_id": change.account_id,
        "permission_set_arn": change.permission_set_arn,
    });
    [
        diff.from.snapshot_id.into(),
        diff.to.snapshot_id.into(),
        "access".to_owned().into(),
        change.change.as_str().to_owned().into(),
        label.into(),
        text(&key),
        SqlValue::Null,
        text(&change.before_ways),
        text(&change.after_ways),
        change.gap.as_ref().map_or(SqlValue::Null, text),
        SqlValue::Null,
        SqlValue::Null,
        text(&change.causes),
    ]
}

fn text(value: &impl Serialize) -> SqlValue {
    serde_json::to_string(value).expect("plain values are always JSON").into()
}
