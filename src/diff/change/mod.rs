//! The answer's types. Their serialized form is the contract of `diff --format json`: a change here is a
//! change of that contract. `rows` what happened to a row, `access` what happened to a user's access.

mod access;
mod rows;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::snapshot_pair::SnapshotPair;
use crate::error::{Error, Result};
use crate::invocation;
use crate::model::{RESOURCES, resource};
use crate::store::{Record, is_synthetic, unreadable};

pub use crate::store::HidingGap;
pub use access::{AccessChange, AccessChangeKind, AccessPath, Cause, CauseKind};
pub use rows::{BeforeAfter, Change, ChangeKind};

/// What changed between two snapshots.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Side that the user named first; it may be the later snapshot.
    pub from: SnapshotFacts,
    /// Side that the user named second; every change reads from `from` to `to`.
    pub to: SnapshotFacts,
    /// In the order of [`crate::model::RESOURCES`]: changed rows by key, then what is unknown by scope.
    pub changes: Vec<Change>,
    /// By user, account and permission set.
    pub access_changes: Vec<AccessChange>,
    /// What was deleted and made again under another id, beside its removed and its added row.
    pub recreations: Vec<Recreation>,
    /// By resource: how many rows its unknown scopes leave open, each counted once.
    pub not_seen: BTreeMap<&'static str, i64>,
    /// What the snapshots were asked for in parts only, by resource.
    pub limited: Vec<Limited>,
}

impl Diff {
    /// Whether anything is known to have changed: that something was used again is no change.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|change| change.change != ChangeKind::Unknown && !change.activity)
            || self.access_changes.iter().any(|change| change.change != AccessChangeKind::Unknown)
    }

    /// How many rows of each resource tell only that something was used again.
    pub fn activity(&self) -> BTreeMap<&'static str, usize> {
        let mut rows = BTreeMap::new();
        for change in self.changes.iter().filter(|change| change.activity) {
            *rows.entry(change.resource).or_default() += 1;
        }
        rows
    }

    /// Whether anything may have changed and could not be seen.
    pub fn has_unknowns(&self) -> bool {
        self.changes.iter().any(|change| change.change == ChangeKind::Unknown)
            || self.access_changes.iter().any(|change| change.change == AccessChangeKind::Unknown)
    }
}

/// Which snapshot a side of the diff is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotFacts {
    /// Number of the snapshot, rising with time.
    pub snapshot_id: i64,
    /// RFC 3339, UTC.
    pub taken_at: String,
    /// RFC 3339, UTC.
    pub completed_at: String,
    /// `complete` or `partial`.
    pub status: String,
    /// Whether it is of a simulated organization: the demo's.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub synthetic: bool,
}

impl SnapshotFacts {
    /// Reads a snapshot; one that does not exist is an error (exit 2).
    pub fn read(connection: &Connection, snapshot_id: i64) -> Result<Self> {
        connection
            .query_row(
                "SELECT snapshot_id, taken_at, completed_at, status, tool_version
                 FROM snapshots WHERE snapshot_id = ?1",
                [snapshot_id],
                |row| {
                    Ok(Self {
                        snapshot_id: row.get(0)?,
                        taken_at: row.get(1)?,
                        completed_at: row.get(2)?,
                        status: row.get(3)?,
                        synthetic: is_synthetic(&row.get::<_, String>(4)?),
                    })
                },
            )
            .optional()
            .map_err(unreadable)?
            .ok_or_else(|| {
                Error::unknown(format!("there is no snapshot {snapshot_id}"))
                    .hint(format!("{} lists them", invocation::command("snapshots")))
            })
    }
}

/// One thing that was deleted and made again under another id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recreation {
    /// `users`, `groups` or `permission_sets`.
    pub resource: &'static str,
    /// What a person calls it.
    pub label: String,
    /// The key in `from`: the old id.
    pub before_key: Record,
    /// The key in `to`: the new id.
    pub after_key: Record,
    /// The surest that both share.
    pub matched_by: MatchedBy,
    /// The assignments of `to` that still name the old one.
    pub dangling: Vec<DanglingAssignment>,
}

/// By what a thing is recognised though its id is another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// One of the ids that an external identity provider gave it (SCIM).
    ExternalId,
    /// The name that the entity is found by first; tried only where no external id matches.
    Name,
}

/// An assignment that names what does not exist any more.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DanglingAssignment {
    /// The assignment's key: account, permission set and principal.
    pub key: Record,
    /// What a person calls it, with the names of account and permission set as far as they are known.
    pub label: String,
    /// The newest kept snapshot that saw it, where `to` only carried it.
    pub last_seen: Option<i64>,
}

// It changes no verdict, for gaps and principals say of each row whether it could be seen. But who reads that nothing
// came or went must know of what this was never asked.
/// A resource whose coverage is limited in one of the two snapshots, or in both for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Limited {
    /// Name of the resource, as in [`RESOURCES`].
    pub resource: &'static str,
    /// Why nobody asked for the rest.
    pub reason: Option<String>,
    /// The snapshots, in the order in which the diff names them.
    pub snapshots: Vec<i64>,
}

impl Limited {
    /// Reads them, in the order of [`RESOURCES`].
    pub(in crate::diff) fn between(connection: &Connection, pair: SnapshotPair) -> Result<Vec<Self>> {
        let mut found: Vec<Self> = Vec::new();
        let mut pair = vec![pair.from, pair.to];
        pair.dedup();
        for snapshot_id in pair {
            let mut statement = connection
                .prepare_cached(
                    "SELECT resource, reason FROM coverage WHERE snapshot_id = ?1 AND status = 'limited'",
                )
                .map_err(unreadable)?;
            let mut rows = statement.query([snapshot_id]).map_err(unreadable)?;
            while let Some(row) = rows.next().map_err(unreadable)? {
                let name: String = row.get(0).map_err(unreadable)?;
                let reason: Option<String> = row.get(1).map_err(unreadable)?;
                let Some(spec) = resource(&name) else { continue };
                match found.iter_mut().find(|one| one.resource == spec.name && one.reason == reason) {
                    Some(one) => one.snapshots.push(snapshot_id),
                    None => found.push(Self { resource: spec.name, reason, snapshots: vec![snapshot_id] }),
                }
            }
        }
        found.sort_by_key(|one| RESOURCES.iter().position(|spec| spec.name == one.resource));
        Ok(found)
    }

    /// `account_assignments was asked for in parts only in snapshot 3 (listed by principal, …)`.
    pub(in crate::diff) fn words(&self) -> String {
        let ids: Vec<_> = self.snapshots.iter().map(i64::to_string).collect();
        let noun = if ids.len() == 1 { "snapshot" } else { "snapshots" };
        let reason = self.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{} is limited in {noun} {}{reason}", self.resource, ids.join(" and "))
    }
}
