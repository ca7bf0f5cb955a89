//! The life of one account, user, group or permission set over all snapshots.
//!
//! | module | its job |
//! | --- | --- |
//! | `threads` | the rows that describe an entity: its own, and those that refer to it |
//! | `events` | turns versions of rows into events |
//! | `unseen` | the snapshots that could not see a thread |
//! | `names` | names as of the event, and paths in the tree |
//! | [`text`] | the timeline for people; `words` describes each event |
//! | [`table`] | the timeline as flat rows |
//!
//! This module reads the history views, so it stops at the snapshot that the census answers for. It finds rows by
//! index, so a life costs its own versions. A row under a gap has not ended, and a row first seen after a gap may be
//! older: the events show both. This module never writes to the database or the terminal.

mod events;
mod names;
pub mod table;
pub mod text;
mod threads;
mod unseen;
mod words;

use serde_json::{Map, Value};

use crate::error::Result;
use crate::model::{AccessRole, Entity};
use crate::store::Census;

/// The kind of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// The row existed, and may be older: no snapshot saw its absence.
    FirstSeen,
    /// The row existed, and not in the snapshot before.
    Added,
    /// The row has other values than in the snapshot before.
    Changed,
    /// The row was seen to be gone.
    Removed,
    /// The row could not be seen, from this snapshot to `last_snapshot_id`.
    NotSeen,
}

impl EventKind {
    /// Returns the word that flat rows use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::FirstSeen => "first_seen",
            Self::Added => "added",
            Self::Changed => "changed",
            Self::Removed => "removed",
            Self::NotSeen => "not_seen",
        }
    }
}

/// An event in the life, about one row.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The snapshot of the event; for `NotSeen` the first that could not see the row.
    pub snapshot_id: i64,
    /// The time when the snapshot was completed, UTC.
    pub seen_at: String,
    /// The kind, which decides which of the fields below have a value.
    pub kind: EventKind,
    /// The name of the row's resource.
    pub resource: &'static str,
    /// The row's key; for `NotSeen`, the scope.
    pub key: Map<String, Value>,
    /// The row after the event, or before its removal; empty for `NotSeen`.
    pub row: Map<String, Value>,
    /// The columns that changed: name, old value, new value.
    pub fields: Vec<(String, Value, Value)>,
    /// For `FirstSeen` and `Added`: the row began after this time; `None` means before the first snapshot.
    pub not_before: Option<String>,
    /// For `Removed`: the time when it was last seen.
    pub last_seen_at: Option<String>,
    /// For `NotSeen`: the last snapshot that could not see it.
    pub last_snapshot_id: Option<i64>,
    /// For `NotSeen`: the reason.
    pub gap: Option<String>,
    /// The names, or paths, of the entities that the row refers to, by column; and of old and new values, by column and
    /// `old` or `new`.
    pub names: Map<String, Value>,
}

/// The life of one entity.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// The kind of the entity.
    pub kind: Entity,
    /// The id or ARN, which stays the same when the name changes.
    pub id: String,
    /// The newest name.
    pub name: Option<String>,
    /// The events, by snapshot; within one, the entity's own row first.
    pub events: Vec<Event>,
    /// The time when it was seen to be gone, if it is gone.
    pub gone_at: Option<String>,
}

/// Returns the life of the entity with this id, up to the snapshot that the census answers for.
pub fn of(census: &Census, kind: Entity, id: &str) -> Result<Life> {
    let connection = census.connection();
    let threads = threads::of(kind, id);
    let mut events = Vec::new();
    for thread in &threads {
        events.extend(events::of(connection, thread)?);
    }
    if kind.in_access() == AccessRole::User {
        events.extend(events::through_groups(connection, &events)?);
    }
    events.sort_by_key(|event: &Event| event.snapshot_id);
    let own = kind.spec().resource;
    let last = events.iter().rev().find(|event| event.resource == own);
    let gone = last.filter(|event| event.kind == EventKind::Removed);
    let (gone_at, until) = (gone.map(|event| event.seen_at.clone()), gone.map(|event| event.snapshot_id));
    if let Some(first) = events.first().map(|event| event.snapshot_id) {
        for thread in &threads {
            events.extend(unseen::of(connection, thread, first, until)?);
        }
    }
    let place = |event: &Event| threads.iter().position(|thread| thread.resource == event.resource);
    // Removals come before additions. Otherwise a user who moved from one group to a recreated one of the same name
    // would seem to have lost the membership.
    let order = |event: &Event| match event.kind {
        EventKind::Removed => 0,
        EventKind::NotSeen => 2,
        _ => 1,
    };
    events.sort_by_key(|event| (event.snapshot_id, place(event), order(event)));
    let names = names::NamesOfThen::new(connection);
    for event in &mut events {
        names.add(event)?;
    }
    Ok(Life { kind, id: id.to_owned(), name: names.newest(kind, id)?, events, gone_at })
}

/// Returns the statements that find the rows of a life, for tests of their query plans.
#[cfg(test)]
pub(crate) fn statements(kind: Entity, id: &str) -> Vec<String> {
    let spec = |thread: &threads::Thread| crate::model::resource(thread.resource).unwrap();
    threads::of(kind, id).iter().map(|thread| events::select(spec(thread), thread)).collect()
}
