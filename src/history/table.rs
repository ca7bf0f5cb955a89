//! A life as flat rows, one for each event, and for each column that changed.

use rusqlite::types::Value as SqlValue;
use serde_json::Value;

use super::words::lines;
use super::{Event, Life};

/// The columns of a flat row.
pub const COLUMNS: [&str; 17] = [
    "seen_at",
    "snapshot_id",
    "event",
    "kind",
    "id",
    "resource",
    "text",
    "field",
    "old",
    "new",
    "not_before",
    "created_at",
    "created_by",
    "last_seen_at",
    "last_snapshot_id",
    "gap",
    "key",
];

/// Returns the rows of a life.
pub fn rows(life: &Life) -> impl Iterator<Item = [SqlValue; 17]> {
    life.events.iter().flat_map(move |event| {
        let changes: Vec<_> = match event.fields.as_slice() {
            [] => vec![None],
            fields => fields.iter().map(Some).collect(),
        };
        changes.into_iter().map(move |change| row(life, event, change))
    })
}

fn row(life: &Life, event: &Event, change: Option<&(String, Value, Value)>) -> [SqlValue; 17] {
    let said = |column: &str| event.row.get(column).map_or(SqlValue::Null, value);
    [
        event.seen_at.clone().into(),
        event.snapshot_id.into(),
        event.kind.as_str().to_owned().into(),
        life.kind.spec().noun.to_owned().into(),
        life.id.clone().into(),
        event.resource.to_owned().into(),
        lines(life.kind, event).join("; ").into(),
        change.map(|(column, ..)| column.clone()).into(),
        change.map_or(SqlValue::Null, |(_, old, _)| value(old)),
        change.map_or(SqlValue::Null, |(.., new)| value(new)),
        event.not_before.clone().into(),
        said("created_at"),
        said("created_by"),
        event.last_seen_at.clone().into(),
        event.last_snapshot_id.into(),
        event.gap.clone().into(),
        Value::Object(event.key.clone()).to_string().into(),
    ]
}

fn value(value: &Value) -> SqlValue {
    match value {
        Value::Null => SqlValue::Null,
        Value::String(text) => text.clone().into(),
        Value::Number(number) if number.is_i64() => number.as_i64().into(),
        other => other.to_string().into(),
    }
}
