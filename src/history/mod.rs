//! The life of one account, user, group or permission set over all snapshots.
//!
//! | module | its job |
//! | --- | --- |
//! | `threads` | which rows tell of a thing: its own, and those that refer to it |
//! | `events` | versions of rows as what happened to them |
//! | `unseen` | the snapshots that could not see a thread |
//! | `names` | names of then, and paths in the tree |
//! | [`text`] | the timeline for people; `words` says each event |
//! | [`table`] | the timeline as flat rows |
//!
//! It reads the views of the histories, so it stops where the census is made to answer as of, and finds rows by
//! index: a life costs its own versions. What is under a gap has not ended, and what is first seen after one may
//! be older: an event says as much. It never writes to the database or the terminal.

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

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum EventKind {
    /// It was there, and may have been there before: nothing saw that it was not.
    FirstSeen,
    /// It was there, and not in the snapshot before.
    Added,
    /// It has other values than in the snapshot before.
    Changed,
    /// It was seen to be gone.
    Removed,
    /// It could not be seen, from this snapshot to `last_snapshot_id`.
    NotSeen,
}

impl EventKind {
    /// The word that flat rows use.
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

/// Something that happened to a row of the life.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// The snapshot at which it happened; for `NotSeen` the first that could not see the row.
    pub snapshot_id: i64,
    /// When the snapshot was completed, UTC.
    pub seen_at: String,
    /// Decides which of the fields below have a value.
    pub kind: EventKind,
    /// Name of the resource that the row is of.
    pub resource: &'static str,
    /// The row's key; of what was not seen, the scope.
    pub key: Map<String, Value>,
    /// The row as it is then, or was; empty for what was not seen.
    pub row: Map<String, Value>,
    /// The columns that changed: name, old value, new value.
    pub fields: Vec<(String, Value, Value)>,
    /// Of what was first seen or added: it began after this time; `None`: before the first snapshot.
    pub not_before: Option<String>,
    /// Of what was removed: when it was last seen.
    pub last_seen_at: Option<String>,
    /// Of what was not seen: the last snapshot that did not.
    pub last_snapshot_id: Option<i64>,
    /// Of what was not seen: why.
    pub gap: Option<String>,
    /// The name, or path, of what the row refers to, by column; and of old and new values, by column and
    /// `old` or `new`.
    pub names: Map<String, Value>,
}

/// The life of one thing.
#[derive(Debug, Clone, PartialEq)]
pub struct Life {
    /// Kind of the thing whose life this is.
    pub kind: Entity,
    /// Id or ARN; it stays the same when the name changes.
    pub id: String,
    /// Its newest name.
    pub name: Option<String>,
    /// By snapshot; within one, the thing itself first.
    pub events: Vec<Event>,
    /// When it was seen to be gone, if it is.
    pub gone_at: Option<String>,
}

/// Tells the life of the thing of this id, up to the snapshot that the census answers for.
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
    // What went stands before what came: else who was taken out of one group and put into another of its name, made
    // again, seems to have lost it.
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

/// The statements that find the rows of a life, for a look at their plans.
#[cfg(test)]
pub(crate) fn statements(kind: Entity, id: &str) -> Vec<String> {
    let spec = |thread: &threads::Thread| crate::model::resource(thread.resource).unwrap();
    threads::of(kind, id).iter().map(|thread| events::select(spec(thread), thread)).collect()
}
