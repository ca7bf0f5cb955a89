//! Which snapshots answer a question: one, or every one of a range.

use std::ops::RangeInclusive;

use crate::error::{Error, Result};
use crate::store::{Census, Snapshot};

/// The snapshots that answer, oldest first; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Span {
    snapshots: Vec<Snapshot>,
    is_range: bool,
}

impl Span {
    /// One snapshot.
    pub fn at(snapshot: Snapshot) -> Self {
        Self { snapshots: vec![snapshot], is_range: false }
    }

    /// Every kept snapshot from one to the other. One that runs backward is an error (exit 2).
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

    /// The first snapshot.
    pub fn from(&self) -> &Snapshot {
        &self.snapshots[0]
    }

    /// The last snapshot: the only one, where it is one.
    pub fn to(&self) -> &Snapshot {
        &self.snapshots[self.snapshots.len() - 1]
    }

    /// The ids of the first and the last.
    pub fn ids(&self) -> RangeInclusive<i64> {
        self.from().snapshot_id..=self.to().snapshot_id
    }

    /// Whether a range was asked for, be it of one snapshot.
    pub fn is_range(&self) -> bool {
        self.is_range
    }

    /// Every snapshot, oldest first.
    pub fn snapshots(&self) -> &[Snapshot] {
        &self.snapshots
    }

    /// `snapshot 4`, or `snapshots 1 to 4`.
    pub fn words(&self) -> String {
        match (self.from().snapshot_id, self.to().snapshot_id) {
            (from, to) if from == to => format!("snapshot {to}"),
            (from, to) => format!("snapshots {from} to {to}"),
        }
    }
}
