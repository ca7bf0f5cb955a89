//! What a snapshot was asked for in parts only: all that was asked for was seen, and so there is no gap that failed.
//!
//! It changes no verdict, for gaps and principals say of each row whether it could be seen. But who reads that nothing
//! came or went must know of what this was never asked.

use rusqlite::Connection;
use serde::Serialize;

use super::snapshot_pair::SnapshotPair;
use super::unreadable;
use crate::error::Result;
use crate::model::{RESOURCES, resource};

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
    pub(super) fn between(connection: &Connection, pair: SnapshotPair) -> Result<Vec<Self>> {
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
    pub(super) fn words(&self) -> String {
        let ids: Vec<_> = self.snapshots.iter().map(i64::to_string).collect();
        let noun = if ids.len() == 1 { "snapshot" } else { "snapshots" };
        let reason = self.reason.as_deref().map(|reason| format!(" ({reason})")).unwrap_or_default();
        format!("{} is limited in {noun} {}{reason}", self.resource, ids.join(" and "))
    }
}
