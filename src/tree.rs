//! Where accounts and OUs stand in the organization: the names from the root down, joined by slashes, as the view
//! `organization_tree` has them, but of any snapshot.

use std::collections::HashMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::model::{Entity, resource};
use crate::store::{unreadable, versions_table};

/// The root and five levels of OUs are all that AWS allows
/// (<https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html>); the rest is for a tree
/// that was seen while it changed.
const DEEPEST: usize = 16;

/// Looks paths up, each once.
#[derive(Debug)]
pub struct TreePaths<'c> {
    connection: &'c Connection,
    known: HashMap<(i64, String), Option<Arc<str>>>,
}

impl<'c> TreePaths<'c> {
    /// Knows no path yet.
    pub fn new(connection: &'c Connection) -> Self {
        Self { connection, known: HashMap::new() }
    }

    /// Returns the path of a root or OU in a snapshot, of one that is gone the last one; `None` where none was ever known.
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

    /// Returns the path of the place that an account is in; `None` where it is not known.
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

    /// Returns the name of an entity and what it is in, as they are in the snapshot or were last before it.
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
