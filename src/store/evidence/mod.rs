//! The proof of a snapshot: hashes that the publish writes and `verify` checks against the file.
//!
//! - `set_hash`: a hash of a set of rows that can be updated row by row.
//! - `rows`: a row as the bytes that are hashed.
//! - `chain`: the record of each snapshot (`snapshot_hashes`), chained to the one before.
//! - `verify`: the check of the whole file against the record.
//!
//! The *content* of a snapshot is, for each resource, the set hash of the rows alive in it, without `valid_from`,
//! `valid_to` and volatile columns. Its *facts* are, for each table keyed by snapshot, the set hash of the table's rows
//! about the snapshot, without the label. The text of each is hashed, and `snapshot_hash` covers both and the
//! `snapshot_hash` before. A person with write access to the file could change it and compute all hashes again: the
//! hash proves something only if it was also noted elsewhere, in a job's log or a ticket.
//!
//! Rules that other modules must follow, so that the file can be verified:
//!
//! - A removed snapshot keeps its row here, with `pruned_at` set and nothing else changed. Its facts are deleted, and
//!   versions are bounded by kept snapshots alone: a version that began in the removed snapshot begins in the next kept
//!   one, and a version that ended in it ends there. A version that no kept snapshot saw is deleted. The rows alive in
//!   a kept snapshot, and its facts, stay unchanged.
//! - The pruning notes about kept snapshots are hashed when they are written ([`record_notes`]). They are outside the
//!   chain, because the snapshots were published and chained earlier.
//! - A snapshot's number is never reused: the next snapshot's number is above every row here.
//! - In a published snapshot only the label and volatile columns may change.
//! - A column that a migration adds is NULL in the existing rows, because NULL is not hashed. A derived column is no
//!   column of the resource and is not hashed: `verify` checks it against its source.

mod chain;
mod rows;
mod set_hash;
#[cfg(test)]
mod tests;
mod verify;

use std::collections::BTreeMap;

use rusqlite::Connection;

pub use chain::{Link, Parts};
pub(super) use chain::{links, newest};
pub use verify::Verified;
pub(super) use verify::verify;

use self::rows::HashedTable;
use self::set_hash::SetHash;
use super::file::Doing;
use super::snapshot::{self, Snapshot};
use crate::digest::sha256;
use crate::error::Result;
use crate::model::RESOURCES;

/// Records the hashes that prove the snapshot just written, and returns its hash. Reads the rows that began or ended in
/// the snapshot, or all rows alive if the snapshot before left no state to continue from.
pub(super) fn record(connection: &Connection, snapshot: &Snapshot) -> Result<String> {
    let before = newest(connection)?;
    // The rows of a pruned snapshot are gone, and with them the state to continue from.
    let counted = before.as_ref().filter(|link| link.pruned_at.is_none()).and_then(Link::set_hashes);
    let mut content = BTreeMap::new();
    for spec in RESOURCES {
        let Some(table) = HashedTable::of_resource(connection, spec)? else { continue };
        let former = counted.as_ref().map(|counted| counted.get(spec.name).cloned().unwrap_or_default());
        let alive = match former {
            Some(former) => count_on(connection, &table, former, snapshot.snapshot_id),
            None => count_anew(connection, &table),
        };
        content.insert(spec.name, alive.doing(&format!("hash {}", spec.name))?);
    }
    let mut facts = BTreeMap::new();
    for name in snapshot::facts() {
        let Some(table) = HashedTable::of_facts(connection, name)? else { continue };
        facts
            .insert(name, facts_of(connection, &table, snapshot.snapshot_id).doing(&format!("hash {name}"))?);
    }
    let state = content.values().filter(|hash| hash.digest().is_some()).flat_map(SetHash::to_bytes);
    let (content, facts, state) = (parts(&content), parts(&facts), state.collect());
    let mut link = Link {
        snapshot_id: snapshot.snapshot_id,
        taken_at: snapshot.taken_at.clone(),
        completed_at: snapshot.completed_at.clone(),
        content_hash: sha256(&content),
        content,
        facts_hash: sha256(&facts),
        facts,
        snapshot_hash: String::new(),
        pruned_at: None,
        notes_hash: None,
        state: Some(state),
    };
    link.snapshot_hash = link.chained(before.as_ref().map(|before| before.snapshot_hash.as_str()));
    chain::append(connection, &link)?;
    Ok(link.snapshot_hash)
}

fn count_on(
    connection: &Connection,
    table: &HashedTable,
    mut alive: SetHash,
    snapshot_id: i64,
) -> rusqlite::Result<SetHash> {
    table.walk(connection, [], "WHERE valid_from = ?1", [snapshot_id], |[], row| alive.add(&row))?;
    table.walk(connection, [], "WHERE valid_to = ?1", [snapshot_id], |[], row| alive.remove(&row))?;
    Ok(alive)
}

fn count_anew(connection: &Connection, table: &HashedTable) -> rusqlite::Result<SetHash> {
    let mut alive = SetHash::default();
    // Most rows are alive, so scanning the table in its own order is faster than an index of the live rows.
    table.walk(connection, [], "NOT INDEXED WHERE valid_to IS NULL", [], |[], row| alive.add(&row))?;
    Ok(alive)
}

fn facts_of(connection: &Connection, table: &HashedTable, snapshot_id: i64) -> rusqlite::Result<SetHash> {
    let mut facts = SetHash::default();
    table.walk(connection, [], "WHERE snapshot_id = ?1", [snapshot_id], |[], row| facts.add(&row))?;
    Ok(facts)
}

/// Records the hash of the pruning notes about each snapshot.
pub(super) fn record_notes(connection: &Connection) -> Result<()> {
    let notes = notes(connection)?;
    for link in links(connection)? {
        let noted = notes.get(&link.snapshot_id);
        if link.notes_hash.as_ref() != noted {
            let sql = "UPDATE main.snapshot_hashes SET notes_hash = ?2 WHERE snapshot_id = ?1";
            connection.execute(sql, (link.snapshot_id, noted)).doing("write the hash of what was noted")?;
        }
    }
    Ok(())
}

/// Returns the hash of the pruning notes about each snapshot that has any.
fn notes(connection: &Connection) -> Result<BTreeMap<i64, String>> {
    let mut notes: BTreeMap<i64, BTreeMap<&str, SetHash>> = BTreeMap::new();
    for name in snapshot::notes() {
        let Some(table) = HashedTable::of_facts(connection, name)? else { continue };
        let add = |[id]: [Option<i64>; 1], row| {
            notes.entry(id.unwrap_or_default()).or_default().entry(name).or_default().add(&row);
        };
        table.walk(connection, ["snapshot_id"], "", [], add).doing(&format!("hash {name}"))?;
    }
    Ok(notes.into_iter().map(|(id, hashes)| (id, sha256(parts(&hashes)))).collect())
}

/// Returns the text of the parts: the digests of non-empty parts, sorted by name.
fn parts(hashes: &BTreeMap<&str, SetHash>) -> String {
    let digests = hashes.iter().filter_map(|(name, hash)| Some(((*name).to_owned(), hash.digest()?)));
    chain::text(&digests.collect())
}
