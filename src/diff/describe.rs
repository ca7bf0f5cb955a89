//! Descriptions beside ids, values and names: an account's location in the organization, and the differences within a
//! policy document.

use rusqlite::Connection;

use super::change::{AccessChange, BeforeAfter, Change, ChangeKind};
use super::snapshot_pair::SnapshotPair;
use crate::document::{self, StatementChange};
use crate::error::{Error, Result};
use crate::model::{ResourceSpec, resource};
use crate::store::{Record, text_of};
use crate::tree::TreePaths;

/// Adds the descriptions to every change.
pub(super) fn describe(
    connection: &Connection,
    pair: SnapshotPair,
    changes: &mut [Change],
    access_changes: &mut [AccessChange],
) -> Result<()> {
    let mut paths = TreePaths::new(connection);
    for change in changes {
        change.ou_path = ou_path(&mut paths, pair, change)?;
        change.statements = statements(change);
    }
    for change in access_changes {
        change.ou_path = match paths.of_account(pair.to, &change.account_id)? {
            None => paths.of_account(pair.from, &change.account_id)?,
            found => found,
        };
    }
    Ok(())
}

fn statements(change: &Change) -> Vec<StatementChange> {
    let Some(spec) = resource(change.resource) else { return Vec::new() };
    let policies = spec.documents.iter().map(|held| held.column).filter(|column| spec.is_policy(column));
    let is_told = |column: &&str| {
        change.change != ChangeKind::Changed || change.fields.iter().any(|field| field == column)
    };
    let of_column = |column: &str| {
        let document = |row: &'_ Option<Record>| row.as_ref()?.get(column)?.as_str().map(str::to_owned);
        let (before, after) = (document(&change.before), document(&change.after));
        document::between(before.as_deref(), after.as_deref()).unwrap_or_default()
    };
    policies.filter(is_told).flat_map(of_column).collect()
}

fn ou_path(paths: &mut TreePaths<'_>, pair: SnapshotPair, change: &Change) -> Result<Option<BeforeAfter>> {
    let Some(column) = resource(change.resource).and_then(ResourceSpec::ou_column) else {
        return Ok(None);
    };
    let mut on = |snapshot_id: i64, row: &Option<Record>| {
        let id = row.as_ref().and_then(|row| row.get(column)).filter(|id| !id.is_null());
        let path = id.map_or(Ok(None), |id| paths.of_place(snapshot_id, &text_of(id)))?;
        Ok::<_, Error>(path.map(|path| path.to_string()))
    };
    let (before, after) = (on(pair.from, &change.before)?, on(pair.to, &change.after)?);
    let is_known = before.is_some() || after.is_some();
    Ok(is_known.then_some(BeforeAfter { before, after }))
}
