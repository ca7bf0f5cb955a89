//! The changes between two snapshots, and the reasons for changes of access.
//!
//! Two states are compared; the snapshots in between do not matter ([`steps`] lists them). The work grows with the
//! number of changes: rows come from the indexes on the beginnings and ends of versions, and access comes from those
//! rows by keyed lookups.
//!
//! | module | its job |
//! | --- | --- |
//! | `change` | the types of a diff; their JSON is the contract of `diff --format json` |
//! | `snapshot_pair` | the two snapshots, and those in which a version is alive |
//! | `rows` | the rows that differ, for any resource; tells removed rows from unseen ones |
//! | `access` | the access changes, and the row changes behind them |
//! | `recreated` | deleted and recreated entities, and the assignments left dangling |
//! | `lookup_cache` | the results of a statement by key, each key looked up once |
//! | `describe` | descriptions beside ids and values |
//! | `names` | names for people |
//! | [`policy`] | one policy in two states, or two documents |
//! | [`steps`] | adjacent pairs, and the access that came and went between |
//! | [`filter`] | narrowing a diff to resources or subjects |
//! | [`text`] | the diff for people, as text or Markdown |
//! | [`flat`] | the diff as flat rows, and as lines of JSON |
//!
//! It never writes to the database or the terminal. It never reads more of a table than changed, except to count the
//! rows under a gap. Row changes know no resource; `access` and `names` do.

mod access;
mod change;
mod describe;
pub mod filter;
pub mod flat;
mod lookup_cache;
mod names;
pub mod policy;
mod recreated;
mod rows;
mod snapshot_pair;
pub mod steps;
#[cfg(test)]
mod tests;
pub mod text;

use std::collections::BTreeMap;

use rusqlite::Connection;

pub use crate::store::Record;
pub use access::AccessLimits;
pub use change::{
    AccessChange, AccessChangeKind, AccessPath, BeforeAfter, Cause, CauseKind, Change, ChangeKind,
    DanglingAssignment, Diff, HidingGap, Limited, MatchedBy, Recreation, SnapshotFacts,
};

use crate::error::Result;
use crate::model;
use crate::model::compared;
use crate::store::parse_scope;
use names::Names;
use rows::{Judge, RowChange};
use snapshot_pair::SnapshotPair;

/// Compares snapshot `from` with snapshot `to`, in either order of time, for every resource and for access.
///
/// Fails (exit 2) for a snapshot that does not exist.
pub fn compare(connection: &Connection, from: i64, to: i64) -> Result<Diff> {
    let diff = compare_within(connection, from, to, AccessLimits::NONE)?;
    Ok(diff.expect("without a limit, nothing is too much"))
}

/// Compares two snapshots as [`compare`] does, and their access within limits; `None` if more access changed.
pub fn compare_within(
    connection: &Connection,
    from: i64,
    to: i64,
    limits: AccessLimits<'_>,
) -> Result<Option<Diff>> {
    compare_either(connection, from, to, |connection, pair, rows, names, judge| {
        access::changes_within(connection, pair, rows, names, judge, limits)
    })
}

/// Compares two snapshots without access. A changed row of a group touches the access of all its members, and finding
/// that takes longer than finding the row.
pub fn compare_rows(connection: &Connection, from: i64, to: i64) -> Result<Diff> {
    let diff = compare_either(connection, from, to, |_, _, _, _, _| Ok(Some(Vec::new())))?;
    Ok(diff.expect("no access is within any limit"))
}

fn compare_either(
    connection: &Connection,
    from: i64,
    to: i64,
    access: impl FnOnce(
        &Connection,
        SnapshotPair,
        &[RowChange],
        &Names<'_>,
        &mut Judge<'_>,
    ) -> Result<Option<Vec<AccessChange>>>,
) -> Result<Option<Diff>> {
    let from = SnapshotFacts::read(connection, from)?;
    let to = SnapshotFacts::read(connection, to)?;
    let pair = SnapshotPair { from: from.snapshot_id, to: to.snapshot_id };
    let names = Names::new(connection, pair);
    let mut judge = Judge::new(connection, pair);

    let (mut rows, mut unknown, mut not_seen) = (Vec::new(), Vec::new(), BTreeMap::new());
    for spec in compared() {
        let Some(table) = rows::VersionTable::of(connection, spec)? else { continue };
        let differences = rows::differences(connection, &table, pair)?;
        let judged = judge.judge(&table, differences)?;
        rows.extend(judged.changes);
        if !judged.unknown.is_empty() {
            not_seen.insert(spec.name, judged.not_seen);
        }
        unknown.push((spec, judged.unknown));
    }
    let Some(mut access_changes) = access(connection, pair, &rows, &names, &mut judge)? else {
        return Ok(None);
    };
    let recreations = recreated::recreations(connection, pair, &rows, &names)?;
    let mut changes = Vec::with_capacity(rows.len());
    let mut rows = rows.into_iter().peekable();
    for (spec, scopes) in unknown {
        while let Some(row) = rows.next_if(|row| row.spec.name == spec.name) {
            changes.extend(row.into_change(&names)?);
        }
        for scope in scopes {
            changes.push(scope.into_change(&names)?);
        }
    }
    describe::describe(connection, pair, &mut changes, &mut access_changes)?;
    let limited = Limited::between(connection, pair)?;
    Ok(Some(Diff { from, to, changes, access_changes, recreations, not_seen, limited }))
}

/// Returns the label of a scope of a resource, with the names known in a snapshot: `group Platform`.
pub fn scope_label(connection: &Connection, snapshot_id: i64, resource: &str, scope: &str) -> Result<String> {
    let pair = SnapshotPair { from: snapshot_id, to: snapshot_id };
    let scope = parse_scope(scope)?;
    let Some(spec) = model::resource(resource) else { return Ok(format!("{resource} {scope:?}")) };
    let names = Names::new(connection, pair).in_row(spec, &scope)?;
    Ok(names::scope_label(spec, &scope, &names))
}
