//! Whether a snapshot saw that a row is not there: the one home of "unknown is never absent", in Rust and in SQL.
//!
//! - A gap covers a row when every column that its scope names has the value; `{}` covers all. It hides the row unless a
//!   narrower scope, seen all the same, covers it too.
//! - A resource that a snapshot did not collect, and of which it says nothing, is one gap over everything.
//! - Ways of listing that leave rows out ([`ImplicitGap`](crate::model::ImplicitGap)) hide those rows without a gap.
//! - Nothing hides a row from a snapshot whose own publish closed a version of it: that needs evidence. Where pruning moved
//!   an end, `pruned_endings` says which snapshot saw it; where it moved a beginning, `pruned_beginnings` says when the row
//!   was last seen.
//!
//! `gaps` and `index` answer for one row after another (`diff`); `sql` writes the same as conditions on all rows at once
//! (the views, pruning, coverage, `history`). `implicit` is SQL that both ask. A test of `diff` holds the two to one
//! another, for histories that it makes up.

mod gaps;
pub(super) mod implicit;
mod index;
pub(super) mod sql;

pub use gaps::HidingGap;
pub(crate) use gaps::{SnapshotGaps, canonical_scope, parse_scope};
pub(crate) use index::GapIndex;

/// The conditions of [`sql`] on a resource, for the test that holds them to what [`GapIndex`] answers.
#[cfg(test)]
pub(crate) struct Conditions {
    /// That the snapshot `s` cannot prove anything of the version `v` by gaps and coverage.
    pub blind: String,
    /// That the snapshot `s` may only not have seen the version `v`, which began later.
    pub unseen_before: String,
    /// That the snapshot `s` may only not have seen that the version `v` is gone, which was alive in the earlier one `f`.
    pub unseen_since: String,
    /// The same, whatever the earlier one is: it may be.
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
