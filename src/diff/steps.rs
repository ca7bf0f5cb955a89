//! The adjacent pairs of snapshots between two, and the access that came and went without a trace in the net diff.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::Connection;

use super::access;
use super::change::{AccessChangeKind, Diff};
use super::compare;
use super::filter::Subject;
use super::names::Names;
use super::rows::{Judge, RowChange};
use super::rows::{VersionTable, differences};
use super::snapshot_pair::SnapshotPair;
use crate::error::Result;
use crate::model::{AccessRole, RESOURCES};
use crate::store::unreadable;

/// The roles in a path of access whose rows make it come and go.
const COMES_AND_GOES: [AccessRole; 3] = [AccessRole::User, AccessRole::Membership, AccessRole::Assignment];

/// The numbers of users' accesses that are unchanged, but were not so all along.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Between {
    /// The number of accesses that neither side has, but a snapshot between them.
    pub gained_and_lost: usize,
    /// The number of accesses that both sides have, but not every snapshot between them.
    pub lost_and_gained: usize,
}

/// Returns the adjacent pairs of kept snapshots from one to the other, in the requested direction.
pub fn pairs(connection: &Connection, from: i64, to: i64) -> Result<Vec<(i64, i64)>> {
    let pair = SnapshotPair { from, to };
    let mut statement = connection
        .prepare_cached(
            "SELECT snapshot_id FROM snapshots WHERE snapshot_id BETWEEN ?1 AND ?2 ORDER BY snapshot_id",
        )
        .map_err(unreadable)?;
    let mut kept: Vec<i64> = statement
        .query_map([pair.earlier(), pair.later()], |row| row.get(0))
        .and_then(Iterator::collect)
        .map_err(unreadable)?;
    if from > to {
        kept.reverse();
    }
    Ok(kept.windows(2).map(|pair| (pair[0], pair[1])).collect())
}

/// Returns the diff of every adjacent pair, one at a time.
pub fn each<'c>(
    connection: &'c Connection,
    from: i64,
    to: i64,
) -> Result<impl Iterator<Item = Result<Diff>> + 'c> {
    Ok(pairs(connection, from, to)?.into_iter().map(move |(from, to)| compare(connection, from, to)))
}

/// Counts the accesses that came and went between the two snapshots and that concern everything that `subjects` names
/// for a step. The work grows with the changes of the steps.
pub fn came_and_went(
    connection: &Connection,
    from: i64,
    to: i64,
    subjects: impl Fn([i64; 2]) -> Result<Vec<Subject>>,
) -> Result<Between> {
    let pairs = pairs(connection, from, to)?;
    let mut between = Between::default();
    if pairs.len() < 2 {
        return Ok(between);
    }
    // The first and the last change of each user's access show its state at the beginning and the end.
    let mut happened: BTreeMap<[Arc<str>; 3], (AccessChangeKind, AccessChangeKind)> = BTreeMap::new();
    for (from, to) in pairs {
        let pair = SnapshotPair { from, to };
        let mut rows = Vec::new();
        for spec in RESOURCES {
            // A gap over a row does not affect how often access came and went.
            if COMES_AND_GOES.contains(&spec.in_access) {
                let Some(table) = VersionTable::of(connection, spec)? else { continue };
                let differences = differences(connection, &table, pair)?;
                rows.extend(differences.into_iter().map(|difference| {
                    let fields = difference.fields(table.spec);
                    RowChange::seen(&table, difference, fields)
                }));
            }
        }
        let mut judge = Judge::new(connection, pair);
        let changes = access::changes(connection, pair, &rows, &Names::new(connection, pair), &mut judge)?;
        if changes.is_empty() {
            continue;
        }
        let subjects = subjects([pair.from, pair.to])?;
        for change in changes {
            let is_meant = subjects.iter().all(|subject| subject.concerns_access(&change));
            if is_meant && matches!(change.change, AccessChangeKind::Gained | AccessChangeKind::Lost) {
                happened
                    .entry([change.user_id, change.account_id, change.permission_set_arn])
                    .and_modify(|(_, last)| *last = change.change)
                    .or_insert((change.change, change.change));
            }
        }
    }
    for ends in happened.into_values() {
        match ends {
            (AccessChangeKind::Gained, AccessChangeKind::Lost) => between.gained_and_lost += 1,
            (AccessChangeKind::Lost, AccessChangeKind::Gained) => between.lost_and_gained += 1,
            _ => {}
        }
    }
    Ok(between)
}
