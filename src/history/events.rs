//! Turns versions of rows into events.

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params_from_iter};
use serde_json::{Map, Value};

use super::threads::Thread;
use super::{Event, EventKind};
use crate::document::is_same_value;
use crate::error::Result;
use crate::model::{ResourceSpec, resource};
use crate::store::unreadable;

/// The columns of a history that bound a version.
const BOUNDS: [&str; 6] =
    ["valid_from", "valid_to", "not_before", "first_seen_at", "last_seen_at", "gone_at"];

/// Returns the events of the rows of a thread, row by row.
pub(super) fn of(connection: &Connection, thread: &Thread) -> Result<Vec<Event>> {
    let spec = resource(thread.resource).expect("a thread names a resource");
    let versions = versions(connection, spec, thread)?;
    let mut events = Vec::new();
    for (index, version) in versions.iter().enumerate() {
        let same_row = |other: &&RowVersion| other.key(spec) == version.key(spec);
        let before = index.checked_sub(1).and_then(|index| versions.get(index)).filter(same_row);
        let after = versions.get(index + 1).filter(same_row);
        match before {
            Some(before) if before.valid_to == Some(version.valid_from) => {
                events.push(Event {
                    fields: version.fields(before, spec),
                    ..version.event(spec, EventKind::Changed)
                });
            }
            _ => events.push(version.began(spec)),
        }
        if let Some(ended) =
            version.valid_to.filter(|_| after.is_none_or(|after| version.valid_to != Some(after.valid_from)))
        {
            events.push(Event {
                snapshot_id: ended,
                seen_at: version.bound("gone_at").unwrap_or_default(),
                last_seen_at: version.bound("last_seen_at"),
                not_before: None,
                ..version.event(spec, EventKind::Removed)
            });
        }
    }
    // Versions that differ only in volatile columns, or in the spelling of a document, are no change.
    events.retain(|event| event.kind != EventKind::Changed || !event.fields.is_empty());
    Ok(events)
}

/// Returns the assignments that a user's groups gained or lost while the user was a member. Assignments at the
/// beginning or the end of the membership come and go with it.
pub(super) fn through_groups(connection: &Connection, events: &[Event]) -> Result<Vec<Event>> {
    let of_memberships = || events.iter().filter(|event| event.resource == "group_memberships");
    let mut found = Vec::new();
    for joined in
        of_memberships().filter(|event| matches!(event.kind, EventKind::FirstSeen | EventKind::Added))
    {
        let left = of_memberships().find(|event| {
            event.kind == EventKind::Removed
                && event.key == joined.key
                && event.snapshot_id > joined.snapshot_id
        });
        let group_id = joined.key["group_id"].as_str().unwrap_or_default();
        let thread =
            Thread::new("account_assignments", &[("principal_id", group_id), ("principal_type", "GROUP")]);
        let while_in = |event: &Event| {
            event.snapshot_id > joined.snapshot_id
                && left.is_none_or(|left| event.snapshot_id < left.snapshot_id)
        };
        found.extend(of(connection, &thread)?.into_iter().filter(while_in));
    }
    Ok(found)
}

/// A version of a row, with its bounds.
struct RowVersion {
    row: Map<String, Value>,
    bounds: Map<String, Value>,
    valid_from: i64,
    valid_to: Option<i64>,
    /// True if the snapshot before its first one saw that the row was absent.
    is_new: bool,
}

impl RowVersion {
    fn key(&self, spec: &ResourceSpec) -> Map<String, Value> {
        spec.key.iter().map(|column| ((*column).to_owned(), self.row[*column].clone())).collect()
    }

    fn bound(&self, column: &str) -> Option<String> {
        self.bounds[column].as_str().map(str::to_owned)
    }

    fn began(&self, spec: &'static ResourceSpec) -> Event {
        self.event(spec, if self.is_new { EventKind::Added } else { EventKind::FirstSeen })
    }

    /// Creates an event at the version's first snapshot.
    fn event(&self, spec: &'static ResourceSpec, kind: EventKind) -> Event {
        Event {
            snapshot_id: self.valid_from,
            seen_at: self.bound("first_seen_at").unwrap_or_default(),
            kind,
            resource: spec.name,
            key: self.key(spec),
            row: self.row.clone(),
            fields: Vec::new(),
            not_before: self.bound("not_before"),
            last_seen_at: None,
            last_snapshot_id: None,
            gap: None,
            names: Map::new(),
        }
    }

    /// Returns the columns that changed. A value that a view derives from a column, such as the id of a document, is
    /// left out: it changes with the column, or with the mere spelling of a document.
    fn fields(&self, before: &Self, spec: &ResourceSpec) -> Vec<(String, Value, Value)> {
        let is_own = |column: &String| spec.columns.iter().any(|own| own.name == column.as_str());
        let differs = |(column, value): &(&String, &Value)| {
            let same = before.row.get(*column).is_some_and(|old| is_same_value(spec, column, old, value));
            is_own(column) && !spec.volatile.contains(&column.as_str()) && !same
        };
        let field =
            |(column, value): (&String, &Value)| (column.clone(), before.row[column].clone(), value.clone());
        self.row.iter().filter(differs).map(field).collect()
    }
}

/// Returns the versions of the thread's rows, by key and in the order of time.
fn versions(connection: &Connection, spec: &ResourceSpec, thread: &Thread) -> Result<Vec<RowVersion>> {
    let mut statement = connection.prepare_cached(&select(spec, thread)).map_err(unreadable)?;
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let rows = statement.query_map(params_from_iter(thread.values()), |row| version(row, &columns));
    let mut versions: Vec<RowVersion> = rows.and_then(Iterator::collect).map_err(unreadable)?;
    for version in versions.iter_mut().filter(|one| !one.is_new && one.bound("not_before").is_none()) {
        version.is_new = is_added(connection, spec, version).map_err(unreadable)?;
    }
    Ok(versions)
}

/// Returns true if the snapshot before a version's first one saw that its row was absent, for times that a wrong clock
/// put out of order.
fn is_added(connection: &Connection, spec: &ResourceSpec, version: &RowVersion) -> rusqlite::Result<bool> {
    let is_turned_round: bool = connection
        .prepare_cached(
            "SELECT coalesce((SELECT s.completed_at FROM snapshots AS s WHERE s.snapshot_id < t.snapshot_id
                 ORDER BY s.snapshot_id DESC LIMIT 1) > t.taken_at, 0)
             FROM snapshots AS t WHERE t.snapshot_id = ?1",
        )?
        .query_row([version.valid_from], |row| row.get(0))?;
    if !is_turned_round {
        return Ok(false);
    }
    let key: String = spec.key.iter().map(|column| format!(" AND c.\"{column}\" = ?")).collect();
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM {}_changes AS c WHERE c.snapshot_id = ?{key} AND c.change = 'added')",
        spec.name
    );
    let values = spec.key.iter().map(|column| version.row[*column].as_str().unwrap_or_default().to_owned());
    let values = std::iter::once(version.valid_from.to_string()).chain(values);
    connection.prepare_cached(&sql)?.query_row(params_from_iter(values), |row| row.get(0))
}

/// Returns the statement that finds the thread's rows.
pub(super) fn select(spec: &ResourceSpec, thread: &Thread) -> String {
    let key: Vec<String> = spec.key.iter().map(|column| format!("h.\"{column}\"")).collect();
    format!(
        "SELECT h.*, coalesce(h.not_before = (SELECT s.taken_at FROM snapshots AS s WHERE s.snapshot_id < h.valid_from
             ORDER BY s.snapshot_id DESC LIMIT 1), 0) AS is_new
         FROM {}_history AS h WHERE {} ORDER BY {}, h.valid_from",
        spec.name,
        thread.condition(),
        key.join(", ")
    )
}

fn version(row: &Row<'_>, columns: &[String]) -> rusqlite::Result<RowVersion> {
    let (mut values, mut bounds) = (Map::new(), Map::new());
    for (index, column) in columns.iter().enumerate() {
        let value = match row.get_ref(index)? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Real(number) => number.into(),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => {
                String::from_utf8_lossy(bytes).into_owned().into()
            }
        };
        match column.as_str() {
            "is_new" => {}
            bound if BOUNDS.contains(&bound) => drop(bounds.insert(column.clone(), value)),
            _ => drop(values.insert(column.clone(), value)),
        }
    }
    Ok(RowVersion {
        row: values,
        bounds,
        valid_from: row.get("valid_from")?,
        valid_to: row.get("valid_to")?,
        is_new: row.get("is_new")?,
    })
}
