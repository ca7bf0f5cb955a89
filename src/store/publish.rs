//! From staged rows to versions, gaps and coverage, in one transaction, by the rules of gaps.

use super::database::Database;
use super::snapshot::SnapshotStatus;
use super::staging::Staging;
use crate::error::Result;

/// What the whole collection, resumed parts included, called and how long it took.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CallTotals {
    pub api_calls: i64,
    pub throttled_calls: i64,
    /// Time of the last call, RFC 3339, UTC.
    pub completed_at: String,
}

/// What publishing did to one resource.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ResourceOutcome {
    pub resource: String,
    /// Rows alive in the new snapshot, carried ones included.
    pub rows: i64,
    pub added: i64,
    pub removed: i64,
    pub changed: i64,
    /// Rows carried forward because a gap hides them.
    pub carried: i64,
    /// Staged rows whose parent vanished in mid-run, left out.
    pub dropped: i64,
    /// Gaps of kind denied or failed.
    pub gaps: i64,
}

/// The snapshot that was published.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    pub snapshot_id: i64,
    pub status: SnapshotStatus,
    pub suspect: Option<String>,
    pub resources: Vec<ResourceOutcome>,
}

pub(super) fn publish(database: &mut Database, staging: &Staging, totals: &CallTotals) -> Result<Published> {
    todo!("{:?} {staging:p} {totals:?}", database.connection_mut())
}
