//! The answering snapshots of a query: one, or every one of a range.

use std::ops::RangeInclusive;

use crate::error::{Error, Result};
use crate::store::{Census, Snapshot};

/// The answering snapshots, oldest first; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    snapshots: Vec<Snapshot>,
    is_range: bool,
}

impl Span {
    /// Creates the span of one snapshot.
    pub fn at(snapshot: Snapshot) -> Self {
        Self { snapshots: vec![snapshot], is_range: false }
    }

    /// Creates the span of every kept snapshot from one to the other. A backward range is an error (exit 2).
    pub fn during(census: &Census, from: &Snapshot, to: &Snapshot) -> Result<Self> {
        let (from, to) = (from.snapshot_id, to.snapshot_id);
        if from > to {
            return Err(Error::usage(format!(
                "--during runs forward, and snapshot {from} is later than {to}"
            ))
            .hint(format!("--during {to} {from} is the same range")));
        }
        let mut snapshots = census.snapshots()?;
        snapshots.retain(|snapshot| (from..=to).contains(&snapshot.snapshot_id));
        Ok(Self { snapshots, is_range: true })
    }

    /// Returns the first snapshot.
    pub fn from(&self) -> &Snapshot {
        &self.snapshots[0]
    }

    /// Returns the last snapshot, which may be the only one.
    pub fn to(&self) -> &Snapshot {
        &self.snapshots[self.snapshots.len() - 1]
    }

    /// Returns the ids of the first and the last snapshot.
    pub fn ids(&self) -> RangeInclusive<i64> {
        self.from().snapshot_id..=self.to().snapshot_id
    }

    /// Returns true if a range was requested, even one of a single snapshot.
    pub fn is_range(&self) -> bool {
        self.is_range
    }

    /// Returns every snapshot, oldest first.
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// Returns `snapshot 4`, or `snapshots 1 to 4`.
    pub fn words(&self) -> String {
        match (self.from().snapshot_id, self.to().snapshot_id) {
            (from, to) if from == to => format!("snapshot {to}"),
            (from, to) => format!("snapshots {from} to {to}"),
        }
    }
}
