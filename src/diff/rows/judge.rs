//! Tells removed rows from unseen ones, and added rows from ones that were not seen before.
//!
//! A row on one side only is `unknown` if the other side's snapshot has a gap over it, or collected none of its
//! resource, unless there is evidence (see `store::visibility`). Unknown rows are reported by scope: one entry for each
//! gap, with the number of hidden rows, including those that are equal on both sides.
//!
//! Both directions of time work alike, so that `diff(a, b)` mirrors `diff(b, a)`.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::rc::Rc;

use rusqlite::Connection;

use super::row_change::{Judged, RowChange, UnknownScope, is_all_activity};
use super::unchanged::{distinct_unchanged, unchanged_rows};
use super::{Difference, VersionTable};
use crate::diff::change::{ChangeKind, HidingGap};
use crate::diff::snapshot_pair::{Side, Sides, SnapshotPair};
use crate::error::Result;
use crate::model::ResourceSpec;
use crate::store::{GapIndex, GapKind, Record, SnapshotGaps, canonical_scope};

/// The decision about the meaning of differences, with the gaps that it depends on.
pub(in crate::diff) struct Judge<'c> {
    connection: &'c Connection,
    pair: SnapshotPair,
    gap_index: GapIndex<'c>,
}

impl<'c> Judge<'c> {
    pub fn new(connection: &'c Connection, pair: SnapshotPair) -> Self {
        Self { connection, pair, gap_index: GapIndex::new(connection) }
    }

    /// Decides the meaning of a resource's differences.
    pub fn judge(&mut self, table: &VersionTable, differences: Vec<Difference>) -> Result<Judged> {
        let resource = table.spec.name;
        let unseen = Sides {
            from: self.gap_index.unseen(self.pair.from, resource)?,
            to: self.gap_index.unseen(self.pair.to, resource)?,
        };
        let mut scopes = self.scopes(table, &differences, &unseen)?;
        let mut not_seen =
            distinct_unchanged(self.connection, self.pair, table, &differences, &unseen, &scopes)?;
        let mut changes = Vec::new();
        for difference in differences {
            let fields = difference.fields(table.spec);
            let hiding = match (&difference.before, &difference.after) {
                (Some(_), Some(after)) if fields.is_empty() => {
                    // The row was closed and seen again unchanged. That is no change, but it counts under its gaps like
                    // any other row.
                    let covering = covering(&unseen, &after.row);
                    not_seen += i64::from(!covering.is_empty());
                    for scope in covering {
                        scopes.entry(scope).and_modify(|(_, rows)| *rows += 1);
                    }
                    continue;
                }
                (Some(_), Some(_)) => Vec::new(),
                (Some(before), None) => self.hiding(table, &before.row, Side::To)?,
                (None, Some(after)) => self.hiding(table, &after.row, Side::From)?,
                (None, None) => unreachable!("a difference has at least one side"),
            };
            let activity = is_all_activity(table.spec, self.pair, &difference, &fields);
            let mut change = RowChange { activity, ..RowChange::seen(table, difference, fields) };
            if let Some(gap) = hiding.first() {
                not_seen += 1;
                change.kind = ChangeKind::Unknown;
                change.gap = Some(gap.clone());
            } else if let Some(before) = &change.before {
                change.last_seen =
                    self.gap_index.carried(table.spec, &before.row, self.pair.from, before.valid_from)?;
            }
            for gap in hiding {
                scopes.entry(canonical_scope(&gap.scope)).or_insert((gap, 0)).1 += 1;
            }
            changes.push(change);
        }
        let mut unknown = Vec::new();
        for (gap, rows) in scopes.into_values() {
            // A refusal may hide rows that were never seen; a scope that was not requested hides only the rows that it
            // carries.
            if rows == 0 && gap.kind != "denied" && gap.kind != "failed" {
                continue;
            }
            let last_seen = if unseen.from.hides(&gap.scope) {
                self.gap_index.last_seen(table.spec, &gap.scope, self.pair.from, None)?
            } else {
                None
            };
            unknown.push(UnknownScope { resource, gap, rows, last_seen });
        }
        Ok(Judged { changes, unknown, not_seen })
    }

    /// Returns the gaps of both sides by scope, with the number of rows that they hide and that are the same version in
    /// both snapshots. If both sides have a gap of one scope, the more informative one is used, or else the later one.
    fn scopes(
        &self,
        table: &VersionTable,
        differences: &[Difference],
        unseen: &Sides<Rc<SnapshotGaps>>,
    ) -> Result<BTreeMap<String, (HidingGap, i64)>> {
        let (earlier, later) = if self.pair.from <= self.pair.to {
            (&unseen.from, &unseen.to)
        } else {
            (&unseen.to, &unseen.from)
        };
        let mut scopes = BTreeMap::new();
        for gap in earlier.gaps().iter().chain(later.gaps()) {
            match scopes.entry(canonical_scope(&gap.scope)) {
                Entry::Occupied(mut known) => {
                    let (told, _): &mut (HidingGap, i64) = known.get_mut();
                    if GapKind::rank(&gap.kind) <= GapKind::rank(&told.kind) {
                        *told = gap.clone();
                    }
                }
                Entry::Vacant(new) => {
                    let of_both = [earlier.gap_of(&gap.scope), later.gap_of(&gap.scope)];
                    let of_both: Vec<_> = of_both.into_iter().flatten().collect();
                    let rows =
                        unchanged_rows(self.connection, self.pair, table, differences, &gap.scope, &of_both)?;
                    new.insert((gap.clone(), rows));
                }
            }
        }
        Ok(scopes)
    }

    /// Returns true if the snapshot has no gap in the resource.
    pub fn saw_all(&mut self, spec: &'static ResourceSpec, snapshot_id: i64) -> Result<bool> {
        Ok(self.gap_index.unseen(snapshot_id, spec.name)?.gaps().is_empty())
    }

    /// Returns the gap of the snapshot that hides the row of this key, which it lacks; `None` if its absence was seen.
    pub fn hides(
        &mut self,
        spec: &'static ResourceSpec,
        key: &Record,
        snapshot_id: i64,
    ) -> Result<Option<HidingGap>> {
        self.gap_index.hides(spec, key, snapshot_id)
    }

    /// Returns the gaps of a side that hide a row which only the other side has; empty if its absence was seen.
    fn hiding(&mut self, table: &VersionTable, row: &Record, absent: Side) -> Result<Vec<HidingGap>> {
        let (absent, present) = match absent {
            Side::From => (self.pair.from, self.pair.to),
            Side::To => (self.pair.to, self.pair.from),
        };
        self.gap_index.hiding(table.spec, row, absent, present)
    }

    /// Returns the gap of the snapshot that may hide a row that was never seen, of which only these columns are known;
    /// `None` if there surely is none.
    pub fn hides_any(
        &mut self,
        spec: &'static ResourceSpec,
        known: &Record,
        snapshot_id: i64,
    ) -> Result<Option<HidingGap>> {
        Ok(self.gap_index.unseen(snapshot_id, spec.name)?.over(known).next().cloned())
    }
}

/// Returns the scopes, each once, of the gaps of either side that hide a row.
fn covering(unseen: &Sides<Rc<SnapshotGaps>>, row: &Record) -> std::collections::BTreeSet<String> {
    unseen.from.over(row).chain(unseen.to.over(row)).map(|gap| canonical_scope(&gap.scope)).collect()
}
