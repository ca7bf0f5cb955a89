//! The two snapshots of a diff, and the snapshots in which a version is alive.
//!
//! `from` may be the later one: a diff works in both directions of time.

/// The two snapshots, in the order in which the user named them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct SnapshotPair {
    pub from: i64,
    pub to: i64,
}

impl SnapshotPair {
    /// Returns the earlier snapshot.
    pub fn earlier(self) -> i64 {
        self.from.min(self.to)
    }

    /// Returns the later snapshot.
    pub fn later(self) -> i64 {
        self.from.max(self.to)
    }

    /// Returns the snapshot of a side.
    pub fn of(self, side: Side) -> i64 {
        match side {
            Side::From => self.from,
            Side::To => self.to,
        }
    }

    /// Returns for each snapshot true if a version with these bounds is alive in it.
    pub fn alive(self, valid_from: i64, valid_to: Option<i64>) -> Sides<bool> {
        let on = |snapshot_id| valid_from <= snapshot_id && valid_to.is_none_or(|end| end > snapshot_id);
        Sides { from: on(self.from), to: on(self.to) }
    }

    /// Assigns the values of the earlier and the later snapshot to their sides.
    pub fn sides<T>(self, earlier: T, later: T) -> Sides<T> {
        if self.from <= self.to {
            Sides { from: earlier, to: later }
        } else {
            Sides { from: later, to: earlier }
        }
    }
}

/// A value on the `from` and on the `to` side.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Sides<T> {
    pub from: T,
    pub to: T,
}

impl<T> Sides<T> {
    /// Returns the value on that side.
    pub fn on(&self, side: Side) -> &T {
        match side {
            Side::From => &self.from,
            Side::To => &self.to,
        }
    }
}

/// One of the two sides of a diff.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    From,
    To,
}
