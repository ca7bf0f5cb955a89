//! The types of a diff. Their serialized form is the contract of `diff --format json`: a change here is a change of
//! that contract. `rows` has the changes of rows, `access` those of a user's access.

mod access;
mod rows;

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::snapshot_pair::SnapshotPair;
use crate::amounts::plural;
use crate::error::{Error, Result};
use crate::invocation;
use crate::model::{RESOURCES, ResourceGroup, resource};
use crate::store::{Record, is_synthetic, unreadable};

pub use crate::store::HidingGap;
pub use access::{AccessChange, AccessChangeKind, AccessPath, Cause, CauseKind};
pub use rows::{BeforeAfter, Change, ChangeKind};

/// The changes between two snapshots.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// The side that the user named first; it may be the later snapshot.
    pub from: SnapshotFacts,
    /// The side that the user named second; every change reads from `from` to `to`.
    pub to: SnapshotFacts,
    /// The changes, in the order of [`crate::model::RESOURCES`]: changed rows by key, then unknown scopes.
    pub changes: Vec<Change>,
    /// The access changes, by user, account and permission set.
    pub access_changes: Vec<AccessChange>,
    /// The entities that were deleted and created again under another id, in addition to their removed and added rows.
    pub recreations: Vec<Recreation>,
    /// The number of rows of each resource in its unknown scopes, each row counted once.
    pub not_seen: BTreeMap<&'static str, i64>,
    /// The resources that a snapshot collected only in part.
    pub limited: Vec<Limited>,
}

impl Diff {
    /// Returns true if any change is known. A new use of something is no change.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|change| change.change != ChangeKind::Unknown && !change.activity)
            || self.access_changes.iter().any(|change| change.change != AccessChangeKind::Unknown)
    }

    /// Returns the number of rows of each resource in which only the use of something is newer.
    pub fn activity(&self) -> BTreeMap<&'static str, usize> {
        let mut rows = BTreeMap::new();
        for change in self.changes.iter().filter(|change| change.activity) {
            *rows.entry(change.resource).or_default() += 1;
        }
        rows
    }

    /// Returns true if anything may have changed unseen.
    pub fn has_unknowns(&self) -> bool {
        self.changes.iter().any(|change| change.change == ChangeKind::Unknown)
            || self.access_changes.iter().any(|change| change.change == AccessChangeKind::Unknown)
    }
}

/// The snapshot on one side of the diff.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotFacts {
    /// The number of the snapshot, rising with time.
    pub snapshot_id: i64,
    /// The time of its first call, RFC 3339, UTC.
    pub taken_at: String,
    /// The time of its last call, RFC 3339, UTC.
    pub completed_at: String,
    /// The status, `complete` or `partial`.
    pub status: String,
    /// True if it is of a simulated organization, as the demo's is.
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

/// An entity that was deleted and created again under another id.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recreation {
    /// The resource: `users`, `groups` or `permission_sets`.
    pub resource: &'static str,
    /// The label for people.
    pub label: String,
    /// The key in `from`: the old id.
    pub before_key: Record,
    /// The key in `to`: the new id.
    pub after_key: Record,
    /// The most reliable property that both share.
    pub matched_by: MatchedBy,
    /// The assignments of `to` that still name the old id.
    pub dangling: Vec<DanglingAssignment>,
}

/// The property by which an entity is recognised although its id differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MatchedBy {
    /// An id that an external identity provider gave the entity (SCIM).
    ExternalId,
    /// The name by which the entity is looked up first; tried only if no external id matches.
    Name,
}

/// An assignment that names an entity which no longer exists.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DanglingAssignment {
    /// The assignment's key: account, permission set and principal.
    pub key: Record,
    /// The label for people, with the names of account and permission set if they are known.
    pub label: String,
    /// The newest kept snapshot that saw it, if `to` only carried it.
    pub last_seen: Option<i64>,
}

// It changes no result, because gaps and principals show for each row whether it could be seen. But a reader who sees
// no additions and removals must know which parts were never requested.
/// A resource whose coverage is limited in one of the two snapshots, or in both for the same reason.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Limited {
    /// The name of the resource, as in [`RESOURCES`].
    pub resource: &'static str,
    /// The reason why the rest was not requested.
    pub reason: Option<String>,
    /// The snapshots, in the order in which the diff names them.
    pub snapshots: Vec<i64>,
}

impl Limited {
    /// Reads the limited resources of the two snapshots, in the order of [`RESOURCES`].
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

    /// Returns the sentences `account_assignments is limited in snapshot 3 (listed by principal, …)`: one for all resources that
    /// are limited alike.
    pub(in crate::diff) fn lines(limited: &[Self]) -> Vec<String> {
        let mut alike: Vec<(String, Vec<&'static str>)> = Vec::new();
        for one in limited {
            let ids: Vec<_> = one.snapshots.iter().map(i64::to_string).collect();
            let noun = plural(ids.len(), "snapshot", "snapshots");
            let reason = one.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
            let said = format!("limited in {noun} {}{reason}", ids.join(" and "));
            match alike.iter_mut().find(|(other, _)| *other == said) {
                Some((_, names)) => names.push(one.resource),
                None => alike.push((said, vec![one.resource])),
            }
        }
        let line = |(said, names): (String, Vec<&'static str>)| {
            let names = ResourceGroup::shortened(&names);
            format!("{} {} {said}", names.join(", "), plural(names.len(), "is", "are"))
        };
        alike.into_iter().map(line).collect()
    }
}
