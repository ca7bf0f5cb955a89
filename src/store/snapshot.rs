//! The published snapshots and their gaps. Their coverage is in `coverage`.

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OptionalExtension, Row};
use serde::Serialize;

use super::columns::columns;
use super::file::Doing;
use crate::error::Result;
use crate::model::FACTS;

/// The completeness of a snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SnapshotStatus {
    /// Everything that was requested was seen.
    Complete,
    /// A listing was denied or failed: the snapshot has gaps of these kinds.
    Partial,
}

impl SnapshotStatus {
    /// Returns the value of the column `status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Partial => "partial",
        }
    }
}

/// A row of `snapshots`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Snapshot {
    /// The number of the snapshot, rising with time.
    pub snapshot_id: i64,
    /// The time of the first call, RFC 3339, UTC.
    pub taken_at: String,
    /// The time of the last call, RFC 3339, UTC.
    pub completed_at: String,
    /// The status of the whole snapshot; `coverage` has the status of each resource.
    pub status: SnapshotStatus,
    /// The organization id `o-…`; `None` if it could not be read.
    pub organization_id: Option<String>,
    /// The ARN of the Identity Center instance; `None` if there was none to read.
    pub instance_arn: Option<String>,
    /// The id `d-…` of the instance's identity store.
    pub identity_store_id: Option<String>,
    /// The region that was called: the instance's primary region if there was an instance.
    pub region: Option<String>,
    /// The ARN of the collecting principal, from sts:GetCallerIdentity.
    pub caller_arn: Option<String>,
    /// The unique id of the collecting principal, from sts:GetCallerIdentity; `None` if that call failed, and in
    /// snapshots of versions that did not store it, whose evidence lacks it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caller_user_id: Option<String>,
    /// The text from `--label`; several snapshots may share one.
    pub label: Option<String>,
    /// The version of `orgcensus` that collected it. A version that ends with `+synthetic` collected a simulated
    /// organization.
    pub tool_version: String,
    /// The number of calls sent to AWS, retries included.
    pub api_calls: i64,
    /// The number of calls that AWS throttled, included in `api_calls`.
    pub throttled_calls: i64,
    /// The strategy of listing assignments: `pairs` or `principals`; `None` if they were not collected.
    pub assignment_strategy: Option<String>,
    /// The resources that lost more rows than the limit allows; `None` if none did.
    pub suspect: Option<String>,
    /// The random id of the collection, which prevents publishing it twice.
    pub collection_id: String,
}

/// The suffix of the version in `tool_version` for a simulated organization (build metadata, in the terms of semantic
/// versioning). The version is hashed, so that removing the suffix is detected.
const SYNTHETIC: &str = "+synthetic";

/// Returns this program's version as a collection of a simulated organization records it.
pub fn synthetic_version() -> String {
    format!("{}{SYNTHETIC}", env!("CARGO_PKG_VERSION"))
}

/// Returns true if a recorded version belongs to the collection of a simulated organization.
pub fn is_synthetic(tool_version: &str) -> bool {
    tool_version.ends_with(SYNTHETIC)
}

impl Snapshot {
    /// Returns true if the snapshot is of a simulated organization, as the demo's is.
    pub fn is_synthetic(&self) -> bool {
        is_synthetic(&self.tool_version)
    }

    /// Returns the times when it was taken and completed; `None` if one of them is not a valid time.
    pub fn times(&self) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let time = |text| DateTime::parse_from_rfc3339(text).ok().map(|time| time.to_utc());
        Some((time(&self.taken_at)?, time(&self.completed_at)?))
    }

    /// Returns true if its time of completion is in the future by a minute or more, which means that a clock is wrong.
    pub fn is_to_come(&self, now: DateTime<Utc>) -> bool {
        self.times().is_some_and(|(_, completed)| (completed - now).num_minutes() >= 1)
    }
}

/// The reason why a scope was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapKind {
    /// AWS refused the call.
    Denied,
    /// The call failed permanently.
    Failed,
    /// It was not requested: a flag excluded it, or a budget ran out.
    NotAsked,
    /// The organization or the kind of credentials rules it out.
    Unavailable,
}

impl GapKind {
    /// Every kind, the most informative first: a refusal or a failure tells more than a scope that was not requested.
    pub const BY_INFORMATION: [Self; 4] = [Self::Denied, Self::Failed, Self::Unavailable, Self::NotAsked];

    /// Returns the rank of a kind as the column `kind` has it. A lower rank is more informative; an unknown kind has the
    /// highest.
    pub fn rank(kind: &str) -> usize {
        let place = Self::BY_INFORMATION.iter().position(|one| one.as_str() == kind);
        place.unwrap_or(Self::BY_INFORMATION.len())
    }

    /// Returns the value of the column `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::NotAsked => "not_asked",
            Self::Unavailable => "unavailable",
        }
    }
}

/// A row of `gaps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    /// The name of the resource with the unseen rows.
    pub resource: String,
    /// The scope, a JSON object of column to value.
    pub scope: String,
    /// The kind, which decides how the gap counts: only `Denied` and `Failed` make a resource partial.
    pub kind: GapKind,
    /// The AWS operation that failed; `None` if no call was sent.
    pub operation: Option<String>,
    /// AWS's error code, or the collector's own for a failure without a response.
    pub error_code: Option<String>,
    /// AWS's message, or the reason in words.
    pub error_message: Option<String>,
    /// The number of times the last call was sent; 0 if none was.
    pub attempts: i64,
    /// AWS's request id of the last attempt.
    pub request_id: Option<String>,
    /// The time of the failure, RFC 3339, UTC.
    pub observed_at: Option<String>,
}

/// An item that one kind of listing sent twice with different values: the later one is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubled {
    /// The name of the item's resource, e.g. `users`.
    pub resource: String,
    /// The key of the item.
    pub item: String,
    /// The columns that differ, with commas between them.
    pub differs: String,
}

/// Reads a column that holds one of a few words. The tables' CHECKs allow no other.
macro_rules! word_column {
    ($type:ty, $($variant:expr),+) => {
        impl rusqlite::types::FromSql for $type {
            fn column_result(value: rusqlite::types::ValueRef<'_>) -> rusqlite::types::FromSqlResult<Self> {
                let word = value.as_str()?;
                [$($variant),+]
                    .into_iter()
                    .find(|variant| variant.as_str() == word)
                    .ok_or(rusqlite::types::FromSqlError::InvalidType)
            }
        }
    };
}

pub(super) use word_column;

word_column!(SnapshotStatus, SnapshotStatus::Complete, SnapshotStatus::Partial);
word_column!(GapKind, GapKind::Denied, GapKind::Failed, GapKind::NotAsked, GapKind::Unavailable);

/// The store's own tables keyed by snapshot: the record of a snapshot besides its rows.
const RECORDED: &[&str] =
    &["snapshots", "coverage", "gaps", "seen_under_gaps", "gap_columns", "doubled_items"];

/// Returns the tables keyed by snapshot: the record of a snapshot besides its rows.
pub(super) fn facts() -> impl Iterator<Item = &'static str> {
    RECORDED.iter().copied().chain(FACTS.iter().map(|spec| spec.name))
}

/// Returns the tables keyed by snapshot that pruning writes: facts that the bounds of versions and the kept facts no
/// longer show.
pub(super) fn notes() -> impl Iterator<Item = &'static str> {
    let remembered =
        FACTS.iter().filter_map(|spec| spec.remembered.as_ref()).map(|remembered| remembered.table);
    ["pruned_beginnings", "pruned_endings", "pruned_full_passes"].into_iter().chain(remembered)
}

/// Returns the statement that reads snapshots, without their order. A file of an older version lacks the caller's id.
fn select(connection: &Connection) -> Result<String> {
    let is_known = columns(connection, "main", "snapshots")?.iter().any(|one| one.name == "caller_user_id");
    let user_id = if is_known { "caller_user_id" } else { "NULL" };
    Ok(format!(
        "SELECT snapshot_id, taken_at, completed_at, status, organization_id, instance_arn,
             identity_store_id, region, caller_arn, label, tool_version, api_calls, throttled_calls,
             assignment_strategy, suspect, collection_id, {user_id} FROM main.snapshots"
    ))
}

fn snapshot(row: &Row<'_>) -> rusqlite::Result<Snapshot> {
    Ok(Snapshot {
        snapshot_id: row.get(0)?,
        taken_at: row.get(1)?,
        completed_at: row.get(2)?,
        status: row.get(3)?,
        organization_id: row.get(4)?,
        instance_arn: row.get(5)?,
        identity_store_id: row.get(6)?,
        region: row.get(7)?,
        caller_arn: row.get(8)?,
        label: row.get(9)?,
        tool_version: row.get(10)?,
        api_calls: row.get(11)?,
        throttled_calls: row.get(12)?,
        assignment_strategy: row.get(13)?,
        suspect: row.get(14)?,
        collection_id: row.get(15)?,
        caller_user_id: row.get(16)?,
    })
}

/// Returns every snapshot, oldest first.
pub(super) fn all(connection: &Connection) -> Result<Vec<Snapshot>> {
    let select = select(connection)?;
    let read = || {
        connection
            .prepare_cached(&format!("{select} ORDER BY snapshot_id"))?
            .query_map([], snapshot)?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().doing("read the snapshots")
}

/// Returns the newest snapshot, if there is one.
pub(super) fn newest(connection: &Connection) -> Result<Option<Snapshot>> {
    let select = select(connection)?;
    connection
        .query_row(&format!("{select} ORDER BY snapshot_id DESC LIMIT 1"), [], snapshot)
        .optional()
        .doing("read the newest snapshot")
}

/// A snapshot that was pruned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PrunedSnapshot {
    pub snapshot_id: i64,
    pub completed_at: String,
    pub pruned_at: String,
}

/// Returns every snapshot that was pruned, oldest first.
pub(super) fn pruned(connection: &Connection) -> Result<Vec<PrunedSnapshot>> {
    if columns(connection, "main", "snapshot_hashes")?.is_empty() {
        return Ok(Vec::new());
    }
    let read = || {
        connection
            .prepare_cached(
                "SELECT snapshot_id, completed_at, pruned_at FROM main.snapshot_hashes
                 WHERE pruned_at IS NOT NULL ORDER BY snapshot_id",
            )?
            .query_map([], |row| {
                Ok(PrunedSnapshot {
                    snapshot_id: row.get(0)?,
                    completed_at: row.get(1)?,
                    pruned_at: row.get(2)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().doing("look for pruned snapshots")
}

/// Returns the snapshot that a collection was published as, if it was.
pub(super) fn of_collection(connection: &Connection, collection_id: &str) -> Result<Option<Snapshot>> {
    let select = select(connection)?;
    connection
        .query_row(&format!("{select} WHERE collection_id = ?1"), [collection_id], snapshot)
        .optional()
        .doing("look for the collection's snapshot")
}

/// Returns the items that were listed twice with different values; none in a file of an older version.
pub(super) fn doubled(connection: &Connection, snapshot_id: i64) -> Result<Vec<Doubled>> {
    if columns(connection, "main", "doubled_items")?.is_empty() {
        return Ok(Vec::new());
    }
    let read = || {
        connection
            .prepare_cached(
                "SELECT resource, item, differs FROM main.doubled_items WHERE snapshot_id = ?1
                 ORDER BY resource, item",
            )?
            .query_map([snapshot_id], |row| {
                Ok(Doubled { resource: row.get(0)?, item: row.get(1)?, differs: row.get(2)? })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().doing("read which items came twice")
}

/// Returns the gaps of the snapshot.
pub(super) fn gaps(connection: &Connection, snapshot_id: i64) -> Result<Vec<Gap>> {
    let read = || {
        connection
            .prepare_cached(
                "SELECT resource, scope, kind, operation, error_code, error_message, attempts, request_id,
                     observed_at
                 FROM main.gaps WHERE snapshot_id = ?1 ORDER BY resource, scope",
            )?
            .query_map([snapshot_id], |row| {
                Ok(Gap {
                    resource: row.get(0)?,
                    scope: row.get(1)?,
                    kind: row.get(2)?,
                    operation: row.get(3)?,
                    error_code: row.get(4)?,
                    error_message: row.get(5)?,
                    attempts: row.get(6)?,
                    request_id: row.get(7)?,
                    observed_at: row.get(8)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().doing("read the gaps")
}
