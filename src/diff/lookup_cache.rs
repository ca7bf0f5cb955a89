//! The results of a statement by key in the two snapshots of a diff, each key looked up once. This module knows no
//! table.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::hash::Hash;
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::{CachedStatement, Connection, Params, Row};

use super::snapshot_pair::{Sides, SnapshotPair};
use crate::error::Result;
use crate::store::unreadable;

/// A map by ids. Ids are long and looked up again and again: the standard library's hashing would take a quarter of a
/// diff of access. No attacker can choose AWS's ids so that they collide.
pub(super) type HashMap<K, V> = std::collections::HashMap<K, V, foldhash::fast::RandomState>;

/// The values that exist in each of the two snapshots.
pub(super) type OnBoth<T> = Rc<Sides<BTreeSet<T>>>;

/// The results of a statement in the two snapshots. Each key is looked up once, by a statement that is prepared once.
pub(super) struct LookupCache<'c, K, T> {
    statement: RefCell<CachedStatement<'c>>,
    pair: SnapshotPair,
    read: fn(&Row<'_>) -> rusqlite::Result<Option<T>>,
    known: RefCell<HashMap<K, OnBoth<T>>>,
}

impl<'c, K: Hash + Eq + Clone, T: Ord + Clone> LookupCache<'c, K, T> {
    /// Creates a cache for a statement whose rows begin with the bounds of a version; `read` reads the other columns.
    pub fn new(
        connection: &'c Connection,
        pair: SnapshotPair,
        sql: &str,
        read: fn(&Row<'_>) -> rusqlite::Result<Option<T>>,
    ) -> Result<Self> {
        let statement = RefCell::new(connection.prepare_cached(sql).map_err(unreadable)?);
        Ok(Self { statement, pair, read, known: RefCell::default() })
    }

    /// Returns the values for the key; the parameters are made from it.
    pub fn of(&self, key: &K, parameters: impl Params) -> Result<OnBoth<T>> {
        if let Some(found) = self.known.borrow().get(key) {
            return Ok(Rc::clone(found));
        }
        let found = self.ask(parameters).map_err(unreadable)?;
        Ok(self.keep(key.clone(), found))
    }

    /// Stores the values that were found for the key in another way.
    pub fn keep(&self, key: K, found: Sides<BTreeSet<T>>) -> OnBoth<T> {
        let found = Rc::new(found);
        self.known.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    fn ask(&self, parameters: impl Params) -> rusqlite::Result<Sides<BTreeSet<T>>> {
        let mut found = Sides::default();
        let mut statement = self.statement.borrow_mut();
        let mut rows = statement.query(parameters)?;
        while let Some(row) = rows.next()? {
            add(&mut found, self.pair, row, &self.read)?;
        }
        Ok(found)
    }
}

impl<T: Ord + Clone> LookupCache<'_, Arc<str>, T> {
    /// Returns the values for the id.
    pub fn of_id(&self, id: &Arc<str>) -> Result<OnBoth<T>> {
        self.of(id, (id, self.pair.later(), self.pair.earlier()))
    }
}

/// Adds a row's value to the snapshots in which its version is alive.
pub(super) fn add<T: Ord + Clone>(
    found: &mut Sides<BTreeSet<T>>,
    pair: SnapshotPair,
    row: &Row<'_>,
    read: &impl Fn(&Row<'_>) -> rusqlite::Result<Option<T>>,
) -> rusqlite::Result<()> {
    let alive = pair.alive(row.get(0)?, row.get(1)?);
    let Some(value) = read(row)? else { return Ok(()) };
    if alive.from && alive.to {
        found.from.insert(value.clone());
        found.to.insert(value);
    } else if alive.from {
        found.from.insert(value);
    } else if alive.to {
        found.to.insert(value);
    }
    Ok(())
}
