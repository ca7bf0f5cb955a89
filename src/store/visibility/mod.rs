//! Decides whether a snapshot saw that a row is absent: the single implementation of "unknown is never absent", in Rust
//! and in SQL.
//!
//! - A gap covers a row if every column that its scope names has the same value; `{}` covers all rows. The gap hides
//!   the row unless a narrower scope that was seen anyway covers it too.
//! - A resource without any record in a snapshot was not collected, which counts as one gap over everything.
//! - Ways of listing that leave rows out ([`ImplicitGap`](crate::model::ImplicitGap)) hide those rows without a gap.
//! - Nothing hides a row from a snapshot whose own publish closed a version of it: that needs evidence. If pruning
//!   moved an end, `pruned_endings` records which snapshot saw it. If pruning moved a beginning, `pruned_beginnings`
//!   records when the row was last seen.
//!
//! `gaps` and `index` answer for single rows (`diff`). `sql` writes the same rules as conditions on all rows at once
//! (the views, pruning, coverage, `history`). `implicit` is SQL that both use. A test of `diff` compares the two on
//! random histories.

mod gaps;
pub(super) mod implicit;
mod index;
pub(super) mod sql;

pub use gaps::HidingGap;
pub(crate) use gaps::{SnapshotGaps, canonical_scope, parse_scope};
pub(crate) use index::GapIndex;

/// The conditions of [`sql`] on a resource, for the test that compares them with [`GapIndex`].
#[cfg(test)]
pub(crate) struct Conditions {
    /// The condition that the snapshot `s` cannot prove anything about the version `v` by gaps and coverage.
    pub blind: String,
    /// The condition that the snapshot `s` may merely not have seen the version `v`, which began later.
    pub unseen_before: String,
    /// The condition that the snapshot `s` may merely not have seen the end of the version `v`, which was alive in the
    /// earlier snapshot `f`.
    pub unseen_since: String,
    /// The condition that the snapshot `s` may not have seen the end of the version `v`, for any earlier snapshot.
    pub may_be_blind: String,
}

#[cfg(test)]
impl Conditions {
    /// Writes the conditions on a resource.
    pub fn on(connection: &rusqlite::Connection, spec: &crate::model::ResourceSpec) -> Self {
        let columns = super::columns::resource_columns(connection, spec.name).unwrap();
        let since = implicit::since(spec, "f.snapshot_id");
        Self {
            blind: sql::blind(spec, &columns, None),
            unseen_before: sql::unseen(spec, &columns, true),
            unseen_since: sql::unless_closed(spec, &sql::blind(spec, &columns, since), true),
            may_be_blind: sql::may_be_blind(spec, &columns),
        }
    }
}
