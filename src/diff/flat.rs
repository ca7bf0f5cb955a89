//! The answer one change after another: as flat rows, for the formats that hold only rows, and as lines of JSON, each of
//! which stands alone: it names its two snapshots.

use std::io::{self, Write};

use rusqlite::types::Value as SqlValue;
use serde::Serialize;
use serde_json::json;

use super::change::{AccessChange, Change, Diff, Recreation};

/// The columns of a flat row. What is structured in JSON is JSON text here.
pub const COLUMNS: [&str; 15] = [
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
    "details",
    "activity",
];

/// The rows of a diff: its changes, then its access changes as those of the resource `access`, whose before
/// and after are ways, then what was recreated, whose before and after are keys.
pub fn rows(diff: &Diff) -> impl Iterator<Item = [SqlValue; 15]> {
    let changes = diff.changes.iter().map(|change| of_change(diff, change));
    let access = diff.access_changes.iter().map(|change| of_access(diff, change));
    changes.chain(access).chain(diff.recreations.iter().map(|one| of_recreation(diff, one)))
}

/// Writes the changes, then the access changes as those of the resource `access`, then what was recreated; each as
/// in the object of `--format json`.
pub fn write_lines(out: &mut dyn Write, diff: &Diff) -> io::Result<()> {
    for change in &diff.changes {
        write_line(out, diff, None, None, change)?;
    }
    for change in &diff.access_changes {
        write_line(out, diff, Some("access"), None, change)?;
    }
    for recreation in &diff.recreations {
        write_line(out, diff, None, Some("recreated"), recreation)?;
    }
    Ok(())
}

fn of_change(diff: &Diff, change: &Change) -> [SqlValue; 15] {
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
        if change.statements.is_empty() { SqlValue::Null } else { text(&change.statements) },
        change.activity.into(),
    ]
}

fn of_access(diff: &Diff, change: &AccessChange) -> [SqlValue; 15] {
    let label = format!(
        "{}: {} in {}",
        change.user_name.as_ref().unwrap_or(&change.user_id),
        change.permission_set_name.as_ref().unwrap_or(&change.permission_set_arn),
        change.account_name.as_ref().unwrap_or(&change.account_id),
    );
    let key = json!({
        "user_id": &*change.user_id,
        "account_id": &*change.account_id,
        "permission_set_arn": &*change.permission_set_arn,
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
        SqlValue::Null,
        false.into(),
    ]
}

fn of_recreation(diff: &Diff, recreation: &Recreation) -> [SqlValue; 15] {
    [
        diff.from.snapshot_id.into(),
        diff.to.snapshot_id.into(),
        recreation.resource.to_owned().into(),
        "recreated".to_owned().into(),
        recreation.label.clone().into(),
        text(&recreation.after_key),
        SqlValue::Null,
        text(&recreation.before_key),
        text(&recreation.after_key),
        SqlValue::Null,
        SqlValue::Null,
        SqlValue::Null,
        SqlValue::Null,
        text(&json!({"matched_by": recreation.matched_by, "dangling": recreation.dangling})),
        false.into(),
    ]
}

fn text(value: &impl Serialize) -> SqlValue {
    serde_json::to_string(value).expect("plain values are always JSON").into()
}

/// One change, with what it cannot be understood without.
#[derive(Serialize)]
struct Line<'d, T> {
    from_snapshot: i64,
    to_snapshot: i64,
    /// For what does not say it itself: `access`.
    #[serde(skip_serializing_if = "Option::is_none")]
    resource: Option<&'static str>,
    /// Likewise: `recreated`.
    #[serde(skip_serializing_if = "Option::is_none")]
    change: Option<&'static str>,
    #[serde(flatten)]
    what: &'d T,
}

fn write_line<T: Serialize>(
    out: &mut dyn Write,
    diff: &Diff,
    resource: Option<&'static str>,
    change: Option<&'static str>,
    what: &T,
) -> io::Result<()> {
    let (from_snapshot, to_snapshot) = (diff.from.snapshot_id, diff.to.snapshot_id);
    serde_json::to_writer(&mut *out, &Line { from_snapshot, to_snapshot, resource, change, what })?;
    writeln!(out)
}
