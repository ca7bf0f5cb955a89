//! Names as of an event: of the entities that its row's columns refer to, and paths in the tree.

use std::cell::RefCell;
use std::collections::HashMap;

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::Event;
use crate::error::Result;
use crate::model::{ColumnSpec, Entity, resource};
use crate::store::unreadable;
use crate::tree::TreePaths;

/// An entity's id, and a snapshot.
type Known = (Entity, String, i64);

/// A cache of names and paths, each looked up once.
pub(super) struct NamesOfThen<'c> {
    connection: &'c Connection,
    known: RefCell<HashMap<Known, Option<String>>>,
    paths: RefCell<TreePaths<'c>>,
}

impl<'c> NamesOfThen<'c> {
    pub fn new(connection: &'c Connection) -> Self {
        Self { connection, known: RefCell::default(), paths: RefCell::new(TreePaths::new(connection)) }
    }

    /// Adds the names of its values to the event.
    pub fn add(&self, event: &mut Event) -> Result<()> {
        let mut names = serde_json::Map::new();
        let spec = resource(event.resource).expect("an event is of a resource");
        for (column, value) in event.key.iter().chain(&event.row) {
            let Some(column_spec) = spec.column(column) else { continue };
            if let Some(name) = self.referred(column_spec, value, event.snapshot_id)? {
                names.insert(column.clone(), name.into());
            }
        }
        for (column, old, new) in event.fields.iter().filter(|(column, ..)| column == "parent_id") {
            for (side, value, day) in [("old", old, event.snapshot_id - 1), ("new", new, event.snapshot_id)] {
                let id = value.as_str().unwrap_or_default();
                let path = self.paths.borrow_mut().of_place(day, id)?;
                names.insert(format!("{column} {side}"), path.as_deref().unwrap_or(id).into());
            }
        }
        event.names = names;
        Ok(())
    }

    /// Returns the newest name of an entity; `None` if there never was one.
    pub fn newest(&self, entity: Entity, id: &str) -> Result<Option<String>> {
        self.name(entity, id, i64::MAX)
    }

    fn referred(&self, column: &ColumnSpec, value: &Value, day: i64) -> Result<Option<String>> {
        let Some(id) = value.as_str() else { return Ok(None) };
        for entity in column.entities() {
            if let Some(name) = self.name(entity, id, day)? {
                return Ok(Some(name));
            }
        }
        Ok(None)
    }

    fn name(&self, entity: Entity, id: &str, day: i64) -> Result<Option<String>> {
        let key = (entity, id.to_owned(), day);
        if let Some(known) = self.known.borrow().get(&key) {
            return Ok(known.clone());
        }
        let spec = entity.spec();
        let sql = format!(
            "SELECT {} FROM {}_history WHERE {} = ?1 AND valid_from <= ?2 ORDER BY valid_from DESC LIMIT 1",
            spec.names[0].column, spec.resource, spec.id
        );
        let found = self.value(&sql, id, day)?;
        self.known.borrow_mut().insert(key, found.clone());
        Ok(found)
    }

    fn value(&self, sql: &str, id: &str, day: i64) -> Result<Option<String>> {
        let found: Option<Option<String>> = self
            .connection
            .prepare_cached(sql)
            .and_then(|mut statement| statement.query_row((id, day), |row| row.get(0)).optional())
            .map_err(unreadable)?;
        Ok(found.flatten())
    }
}
