//! What is said beside ids, values and names: where an account is in the organization, and what differs within a
//! policy document.

use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use super::change::{AccessChange, BeforeAfter, Change, ChangeKind};
use super::lookup_cache::HashMap;
use super::snapshot_pair::SnapshotPair;
use crate::document::{self, StatementChange};
use crate::error::{Error, Result};
use crate::model::{ResourceSpec, resource};
use crate::store::unreadable;
use crate::store::{Record, text_of};

/// Says it of every change.
pub(super) fn describe(
    connection: &Connection,
    pair: SnapshotPair,
    changes: &mut [Change],
    access_changes: &mut [AccessChange],
) -> Result<()> {
    let mut paths = Paths { connection, pair: HashMap::default() };
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

fn ou_path(paths: &mut Paths<'_>, pair: SnapshotPair, change: &Change) -> Result<Option<BeforeAfter>> {
    let Some(column) = resource(change.resource).and_then(ResourceSpec::ou_column) else {
        return Ok(None);
    };
    let mut on = |snapshot_id: i64, row: &Option<Record>| {
        let id = row.as_ref().and_then(|row| row.get(column)).filter(|id| !id.is_null());
        let path = id.map_or(Ok(None), |id| paths.of(snapshot_id, &text_of(id)))?;
        Ok::<_, Error>(path.map(|path| path.to_string()))
    };
    let (before, after) = (on(pair.from, &change.before)?, on(pair.to, &change.after)?);
    let is_known = before.is_some() || after.is_some();
    Ok(is_known.then_some(BeforeAfter { before, after }))
}

/// Where OUs stand: names from the root down, joined by slashes, as the view `organization_tree` has them.
struct Paths<'c> {
    connection: &'c Connection,
    pair: HashMap<i64, HashMap<String, Option<Arc<str>>>>,
}

/// The root and five levels of OUs are all that AWS allows
/// (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html); the rest is for a tree
/// that was seen while it changed.
const DEEPEST: usize = 16;

impl Paths<'_> {
    /// The path of an OU or root on a day; `None` where it was not known.
    fn of(&mut self, snapshot_id: i64, id: &str) -> Result<Option<Arc<str>>> {
        if let Some(path) = self.known(snapshot_id, id) {
            return Ok(path);
        }
        let mut names: Vec<String> = Vec::new();
        let mut next = Some(id.to_owned());
        while let Some(id) = next.filter(|_| names.len() < DEEPEST) {
            let Some((name, parent)) = self.unit(snapshot_id, &id)? else { break };
            names.push(name.unwrap_or(id));
            next = parent;
        }
        names.reverse();
        let path = (!names.is_empty()).then(|| names.join("/").into());
        Ok(self.keep(snapshot_id, id, path))
    }

    fn of_account(&mut self, snapshot_id: i64, account_id: &str) -> Result<Option<Arc<str>>> {
        if let Some(path) = self.known(snapshot_id, account_id) {
            return Ok(path);
        }
        let parent: Option<Option<String>> = self.one(
            "SELECT parent_id FROM accounts_versions
             WHERE account_id = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)",
            account_id,
            snapshot_id,
            |row| row.get(0),
        )?;
        let path = parent.flatten().map_or(Ok(None), |parent| self.of(snapshot_id, &parent))?;
        Ok(self.keep(snapshot_id, account_id, path))
    }

    fn known(&self, snapshot_id: i64, id: &str) -> Option<Option<Arc<str>>> {
        self.pair.get(&snapshot_id)?.get(id).cloned()
    }

    fn keep(&mut self, snapshot_id: i64, id: &str, path: Option<Arc<str>>) -> Option<Arc<str>> {
        self.pair.entry(snapshot_id).or_default().insert(id.to_owned(), path.clone());
        path
    }

    /// An OU's or root's name and parent.
    fn unit(&self, snapshot_id: i64, id: &str) -> Result<Option<(Option<String>, Option<String>)>> {
        self.one(
            "SELECT name, parent_id FROM organizational_units_versions
             WHERE ou_id = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)
             UNION ALL
             SELECT name, NULL FROM roots_versions
             WHERE root_id = ?1 AND valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2)",
            id,
            snapshot_id,
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
    }

    fn one<T>(
        &self,
        sql: &str,
        id: &str,
        snapshot_id: i64,
        read: impl FnOnce(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>> {
        self.connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row((id, snapshot_id), read).optional())
            .map_err(unreadable)
    }
}
