//! The paths of accounts and OUs in the organization: names from the root down, joined by slashes, as in the view
//! `organization_tree`, but at any snapshot.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::model::{Entity, resource};
use crate::store::{unreadable, versions_table};

/// The maximum depth. AWS allows the root and five levels of OUs
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>). The rest is a margin for
/// a tree that was read while it changed.
const DEEPEST: usize = 16;

/// A lookup of paths that reads each path once.
#[derive(Debug)]
pub struct TreePaths<'c> {
    connection: &'c Connection,
    known: HashMap<(i64, String), Option<Arc<str>>>,
}

impl<'c> TreePaths<'c> {
    /// Creates a lookup without paths.
    pub fn new(connection: &'c Connection) -> Self {
        Self { connection, known: HashMap::new() }
    }

    /// Returns the path of a root or OU in a snapshot, or its last path if it is gone; `None` if none was ever known.
    pub fn of_place(&mut self, snapshot_id: i64, id: &str) -> Result<Option<Arc<str>>> {
        if let Some(path) = self.known.get(&(snapshot_id, id.to_owned())) {
            return Ok(path.clone());
        }
        let mut names: Vec<String> = Vec::new();
        let mut next = Some(id.to_owned());
        while let Some(id) = next.filter(|_| names.len() < DEEPEST) {
            let place = match self.row(Entity::Ou, snapshot_id, &id)? {
                None => self.row(Entity::Root, snapshot_id, &id)?,
                found => found,
            };
            let Some((name, parent)) = place else { break };
            names.push(name.unwrap_or(id));
            next = parent;
        }
        names.reverse();
        let path = (!names.is_empty()).then(|| names.join("/").into());
        Ok(self.keep(snapshot_id, id, path))
    }

    /// Returns the path of an account's root or OU; `None` if it is unknown.
    pub fn of_account(&mut self, snapshot_id: i64, account_id: &str) -> Result<Option<Arc<str>>> {
        if let Some(path) = self.known.get(&(snapshot_id, account_id.to_owned())) {
            return Ok(path.clone());
        }
        let path = match self.row(Entity::Account, snapshot_id, account_id)? {
            Some((_, Some(parent))) => self.of_place(snapshot_id, &parent)?,
            _ => None,
        };
        Ok(self.keep(snapshot_id, account_id, path))
    }

    fn keep(&mut self, snapshot_id: i64, id: &str, path: Option<Arc<str>>) -> Option<Arc<str>> {
        self.known.insert((snapshot_id, id.to_owned()), path.clone());
        path
    }

    /// Returns the name and the parent of an entity, as of the snapshot or last before it.
    fn row(
        &self,
        entity: Entity,
        snapshot_id: i64,
        id: &str,
    ) -> Result<Option<(Option<String>, Option<String>)>> {
        let spec = entity.spec();
        let parent = resource(spec.resource).and_then(|own| own.parent_column()).unwrap_or("NULL");
        let sql = format!(
            "SELECT {}, {parent} FROM {} WHERE {} = ?1 AND valid_from <= ?2 ORDER BY valid_from DESC LIMIT 1",
            spec.names[0].column,
            versions_table(spec.resource),
            spec.id,
        );
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement.query_row((id, snapshot_id), |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .map_err(unreadable)
    }
}
