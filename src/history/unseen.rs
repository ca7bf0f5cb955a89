//! The snapshots that could not see a thread, as events.

use rusqlite::{Connection, params_from_iter};
use serde_json::{Map, Value};

use super::threads::Thread;
use super::{Event, EventKind};
use crate::error::Result;
use crate::store::{hides_all, unreadable};

/// Returns the runs of snapshots, from `first` on and before `until`, in which a gap hid all of the thread and no
/// narrower scope was seen anyway. Both are looked up by the possible scopes: those of some of its columns.
pub(super) fn of(
    connection: &Connection,
    thread: &Thread,
    first: i64,
    until: Option<i64>,
) -> Result<Vec<Event>> {
    let scopes = scopes(&thread.scope);
    let marks: Vec<String> = (1..=scopes.len()).map(|number| format!("?{}", number + 3)).collect();
    let sql = format!(
        "SELECT s.snapshot_id, s.completed_at, n.kind, n.operation, n.error_code, min(n.scope),
             (SELECT max(q.snapshot_id) FROM snapshots AS q WHERE q.snapshot_id < s.snapshot_id) AS previous
         FROM snapshots AS s
         JOIN gaps AS n ON n.snapshot_id = s.snapshot_id AND n.resource = ?1 AND {hides_all}
         WHERE s.snapshot_id >= ?2 AND s.snapshot_id < ?3
             AND s.snapshot_id <= (SELECT a.snapshot_id FROM answering_snapshot AS a)
         GROUP BY s.snapshot_id
         ORDER BY s.snapshot_id",
        hides_all = hides_all(&marks.join(", "))
    );
    let mut values =
        vec![thread.resource.to_owned(), first.to_string(), until.unwrap_or(i64::MAX).to_string()];
    values.extend(scopes);
    // A text parameter beside an integer key takes the key's type.
    let mut statement = connection.prepare_cached(&sql).map_err(unreadable)?;
    let mut rows = statement.query(params_from_iter(values)).map_err(unreadable)?;
    let mut events: Vec<Event> = Vec::new();
    while let Some(row) = rows.next().map_err(unreadable)? {
        let event = event(row, thread).map_err(unreadable)?;
        let previous: Option<i64> = row.get("previous").map_err(unreadable)?;
        match events.last_mut() {
            Some(last) if last.gap == event.gap && last.last_snapshot_id == previous => {
                last.last_snapshot_id = event.last_snapshot_id;
            }
            _ => events.push(event),
        }
    }
    Ok(events)
}

fn event(row: &rusqlite::Row<'_>, thread: &Thread) -> rusqlite::Result<Event> {
    let snapshot_id = row.get(0)?;
    let said = [row.get::<_, Option<String>>(2)?, row.get(3)?, row.get(4)?];
    Ok(Event {
        snapshot_id,
        seen_at: row.get(1)?,
        kind: EventKind::NotSeen,
        resource: thread.resource,
        key: thread.scope.clone(),
        row: Map::new(),
        fields: Vec::new(),
        not_before: None,
        last_seen_at: None,
        last_snapshot_id: Some(snapshot_id),
        gap: Some(said.into_iter().flatten().collect::<Vec<_>>().join(" ")),
        names: Map::new(),
    })
}

/// Returns the scopes that name some of the columns, or none, as the text of a gap.
fn scopes(scope: &Map<String, Value>) -> Vec<String> {
    let columns: std::collections::BTreeMap<&String, &Value> = scope.iter().collect();
    let some = |chosen: usize| {
        let of = columns.iter().enumerate().filter(|(place, _)| chosen >> place & 1 == 1);
        of.map(|(_, (column, value))| ((*column).clone(), (*value).clone())).collect::<Map<_, _>>()
    };
    (0..1 << columns.len()).map(|chosen| Value::Object(some(chosen)).to_string()).collect()
}
