//! The two snapshots of a diff, and on which of them a version is alive.
//!
//! `from` may be the later one: a diff reads in both directions of time.

/// The two snapshots, in the order in which the user named them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SnapshotPair {
    pub from: i64,
    pub to: i64,
}

impl SnapshotPair {
    /// The earlier snapshot.
    pub fn earlier(self) -> i64 {
        self.from.min(self.to)
    }

    /// The later snapshot.
    pub fn later(self) -> i64 {
        self.from.max(self.to)
    }

    /// The snapshot of a side.
    pub fn of(self, side: Side) -> i64 {
        match side {
            Side::From => self.from,
            Side::To => self.to,
        }
    }

    /// Whether a version with these bounds is alive on each day.
    pub fn alive(self, valid_from: i64, valid_to: Option<i64>) -> Sides<bool> {
        let on = |snapshot_id| valid_from <= snapshot_id && valid_to.is_none_or(|end| end > snapshot_id);
        Sides { from: on(self.from), to: on(self.to) }
    }

    /// Puts what is known of the earlier and of the later snapshot on their sides.
    pub fn sides<T>(self, earlier: T, later: T) -> Sides<T> {
        if self.from <= self.to {
            Sides { from: earlier, to: later }
        } else {
            Sides { from: later, to: earlier }
        }
    }
}

/// The same thing on the `from` and on the `to` side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sides<T> {
    pub from: T,
    pub to: T,
}

impl<T> Sides<T> {
    /// What is on that side.
    pub fn on(&self, side: Side) -> &T {
        match side {
            Side::From => &self.from,
            Side::To => &self.to,
        }
    }
}

/// One of the two ends of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    From,
    To,
}
