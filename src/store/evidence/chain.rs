//! The record that proves each snapshot, chained to the record of the one before.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};

use super::set_hash::SetHash;
use crate::digest::sha256;
use crate::error::Result;
use crate::store::columns::columns;
use crate::store::file::Doing;

/// The hash of each part: of a resource's rows, or of a table's facts. A part without rows has no entry.
pub type Parts = BTreeMap<String, String>;

/// A row of `snapshot_hashes`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The number of the snapshot, kept or pruned.
    pub snapshot_id: i64,
    /// The time of the snapshot's first call, RFC 3339, UTC.
    pub taken_at: String,
    /// The time of the snapshot's last call, RFC 3339, UTC.
    pub completed_at: String,
    /// The hash of each resource's rows, as the JSON text that `content_hash` covers.
    pub content: String,
    /// The SHA-256 of `content`, `sha256:…`.
    pub content_hash: String,
    /// The hash of the facts in each table keyed by snapshot, as the JSON text that `facts_hash` covers.
    pub facts: String,
    /// The SHA-256 of `facts`, `sha256:…`.
    pub facts_hash: String,
    /// The hash that is printed for the snapshot. It covers every earlier snapshot too.
    pub snapshot_hash: String,
    /// The time when the snapshot was removed; `None` while it is kept.
    pub pruned_at: Option<String>,
    /// The hash of the pruning notes about the snapshot; `None` if there are no notes.
    pub(super) notes_hash: Option<String>,
    /// The set hashes of `content`, concatenated in its order; `None` except in the newest link.
    pub(super) state: Option<Vec<u8>>,
}

impl Link {
    /// Returns the hash that the link must have after the link before: SHA-256 of these lines. Any tool can compute it
    /// without this program.
    pub fn chained(&self, before: Option<&str>) -> String {
        sha256(format!(
            "orgcensus snapshot {}\ntaken_at {}\ncompleted_at {}\ncontent {}\nfacts {}\nbefore {}\n",
            self.snapshot_id,
            self.taken_at,
            self.completed_at,
            self.content_hash,
            self.facts_hash,
            before.unwrap_or("nothing"),
        ))
    }

    /// Returns the hash of each resource's rows; empty if the text was altered into invalid JSON.
    pub fn content_parts(&self) -> Parts {
        serde_json::from_str(&self.content).unwrap_or_default()
    }

    /// Returns the hash of the facts in each table keyed by snapshot; empty if the text was altered into invalid JSON.
    pub fn facts_parts(&self) -> Parts {
        serde_json::from_str(&self.facts).unwrap_or_default()
    }

    /// Returns the set hash of each resource, from the state; `None` if there is no state or it does not match
    /// `content`.
    pub(super) fn set_hashes(&self) -> Option<BTreeMap<String, SetHash>> {
        let parts = self.content_parts();
        let pieces = self.state.as_ref()?.chunks(super::set_hash::BYTES);
        if pieces.len() != parts.len() {
            return None;
        }
        parts
            .into_iter()
            .zip(pieces)
            .map(|((name, digest), piece)| {
                let hash = SetHash::from_bytes(piece)?;
                (hash.digest()? == digest).then_some((name, hash))
            })
            .collect()
    }
}

/// Returns parts as the text that is recorded and hashed, sorted by name.
pub(super) fn text(parts: &Parts) -> String {
    serde_json::to_string(parts).expect("a map of strings is always JSON")
}

/// Returns every link, oldest first; none in a file that predates the hashes.
pub(in crate::store) fn links(connection: &Connection) -> Result<Vec<Link>> {
    read(connection, "ORDER BY snapshot_id")
}

/// Returns the newest link, whether its snapshot is kept or pruned.
pub(in crate::store) fn newest(connection: &Connection) -> Result<Option<Link>> {
    Ok(read(connection, "ORDER BY snapshot_id DESC LIMIT 1")?.pop())
}

fn read(connection: &Connection, which: &str) -> Result<Vec<Link>> {
    if columns(connection, "main", "snapshot_hashes")?.is_empty() {
        return Ok(Vec::new());
    }
    let read = || {
        connection
            .prepare(&format!(
                "SELECT snapshot_id, taken_at, completed_at, content, content_hash, facts, facts_hash,
                     snapshot_hash, pruned_at, notes_hash, state FROM main.snapshot_hashes {which}"
            ))?
            .query_map([], link)?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().doing("read the hashes of the snapshots")
}

fn link(row: &Row<'_>) -> rusqlite::Result<Link> {
    Ok(Link {
        snapshot_id: row.get(0)?,
        taken_at: row.get(1)?,
        completed_at: row.get(2)?,
        content: row.get(3)?,
        content_hash: row.get(4)?,
        facts: row.get(5)?,
        facts_hash: row.get(6)?,
        snapshot_hash: row.get(7)?,
        pruned_at: row.get(8)?,
        notes_hash: row.get(9)?,
        state: row.get(10)?,
    })
}

/// Writes the newest link, and clears the state of the link before, which is no longer needed.
pub(super) fn append(connection: &Connection, link: &Link) -> Result<()> {
    let write = || {
        connection.execute("UPDATE main.snapshot_hashes SET state = NULL WHERE state IS NOT NULL", [])?;
        connection.execute(
            "INSERT INTO main.snapshot_hashes (snapshot_id, taken_at, completed_at, content, content_hash,
                 facts, facts_hash, snapshot_hash, state)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                link.snapshot_id,
                link.taken_at,
                link.completed_at,
                link.content,
                link.content_hash,
                link.facts,
                link.facts_hash,
                link.snapshot_hash,
                link.state,
            ],
        )
    };
    write().map(drop).doing("write the snapshot's hash")
}
