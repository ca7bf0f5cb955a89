//! What a snapshot could not see: its gaps, and what it did not collect at all.
//!
//! A gap covers a row when every column that its scope names has the value; `{}` covers all. It knows no
//! resource in particular.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension};
use serde_json::{Map, Value};

use super::change::HidingGap;
use super::rows::text_of;
use super::unreadable;
use crate::error::{Error, Result};

/// What one snapshot could not see of one resource.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    gaps: Vec<HidingGap>,
    /// Columns to values to the gap, so that a row is looked up once for each set of columns and not
    /// compared with each of ten thousand gaps.
    by_columns: BTreeMap<Vec<String>, HashMap<Vec<String>, usize>>,
}

impl Unseen {
    /// Reads the gaps of a resource; no collection at all is a gap over everything.
    pub fn read(connection: &Connection, snapshot_id: i64, resource: &str) -> Result<Self> {
        let mut unseen = Self::default();
        let mut statement = connection
            .prepare_cached(
                "SELECT scope, kind, operation, error_code, error_message FROM gaps
                 WHERE snapshot_id = ?1 AND resource = ?2 ORDER BY scope",
            )
            .map_err(unreadable)?;
        let mut rows = statement.query((snapshot_id, resource)).map_err(unreadable)?;
        while let Some(row) = rows.next().map_err(unreadable)? {
            let scope: String = row.get(0).map_err(unreadable)?;
            unseen.add(HidingGap {
                scope: parse(&scope)?,
                kind: row.get(1).map_err(unreadable)?,
                operation: row.get(2).map_err(unreadable)?,
                error_code: row.get(3).map_err(unreadable)?,
                message: row.get(4).map_err(unreadable)?,
                snapshot_id,
            });
        }
        let coverage: Option<(String, Option<String>)> = connection
            .prepare_cached("SELECT status, reason FROM coverage WHERE snapshot_id = ?1 AND resource = ?2")
            .and_then(|mut statement| {
                statement.query_row((snapshot_id, resource), |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .map_err(unreadable)?;
        let kind = match coverage.as_ref().map(|(status, _)| status.as_str()) {
            Some("complete" | "partial") => return Ok(unseen),
            Some("unavailable") => "unavailable",
            _ => "not_asked",
        };
        if !unseen.by_columns.contains_key(&Vec::new()) {
            unseen.add(HidingGap {
                scope: Map::new(),
                kind: kind.to_owned(),
                operation: None,
                error_code: None,
                message: coverage.and_then(|(_, reason)| reason),
                snapshot_id,
            });
        }
        Ok(unseen)
    }

    fn add(&mut self, gap: HidingGap) {
        let (columns, values) = sorted(&gap.scope);
        self.by_columns.entry(columns).or_default().insert(values, self.gaps.len());
        self.gaps.push(gap);
    }

    /// Every gap of the resource.
    pub fn gaps(&self) -> &[HidingGap] {
        &self.gaps
    }

    /// The gaps that cover a row; for a scope, those that cover all of it.
    pub fn over<'a>(&'a self, row: &'a Map<String, Value>) -> impl Iterator<Item = &'a HidingGap> {
        self.by_columns.iter().filter_map(|(columns, gaps)| {
            let values: Option<Vec<String>> =
                columns.iter().map(|column| row.get(column).map(text_of)).collect();
            gaps.get(&values?).map(|index| &self.gaps[*index])
        })
    }

    /// Whether any gap covers the row.
    pub fn hides(&self, row: &Map<String, Value>) -> bool {
        self.over(row).next().is_some()
    }
}

/// Reads, once each, what the snapshots up to one could not see.
pub(super) struct Sights<'c> {
    connection: &'c Connection,
    read: HashMap<(i64, &'static str), Rc<Unseen>>,
}

impl<'c> Sights<'c> {
    pub fn new(connection: &'c Connection) -> Self {
        Self { connection, read: HashMap::new() }
    }

    /// What the snapshot could not see of the resource.
    pub fn unseen(&mut self, snapshot_id: i64, resource: &'static str) -> Result<Rc<Unseen>> {
        if let Some(unseen) = self.read.get(&(snapshot_id, resource)) {
            return Ok(Rc::clone(unseen));
        }
        let unseen = Rc::new(Unseen::read(self.connection, snapshot_id, resource)?);
        self.read.insert((snapshot_id, resource), Rc::clone(&unseen));
        Ok(unseen)
    }

    /// The newest kept snapshot, not newer than `until`, without a gap over the row (or scope). A row was
    /// surely seen where its version began, so `began` ends the search.
    pub fn last_seen(
        &mut self,
        resource: &'static str,
        row: &Map<String, Value>,
        until: i64,
        began: Option<i64>,
    ) -> Result<Option<i64>> {
        let mut next = Some(until);
        while let Some(snapshot_id) = next {
            let kept: Option<i64> = self
                .connection
                .prepare_cached("SELECT max(snapshot_id) FROM snapshots WHERE snapshot_id <= ?1")
                .and_then(|mut statement| statement.query_row([snapshot_id], |row| row.get(0)))
                .map_err(unreadable)?;
            let Some(kept) = kept else { return Ok(None) };
            if began.is_some_and(|began| kept < began) {
                return Ok(None);
            }
            if began == Some(kept) || !self.unseen(kept, resource)?.hides(row) {
                return Ok(Some(kept));
            }
            next = kept.checked_sub(1);
        }
        Ok(None)
    }
}

/// A scope's columns in order, and their values.
fn sorted(scope: &Map<String, Value>) -> (Vec<String>, Vec<String>) {
    let by_column: BTreeMap<&String, &Value> = scope.iter().collect();
    by_column.into_iter().map(|(column, value)| (column.clone(), text_of(value))).unzip()
}

/// A scope's text, equal for equal scopes.
pub(super) fn canonical(scope: &Map<String, Value>) -> String {
    let by_column: BTreeMap<&String, String> = scope.iter().map(|(c, v)| (c, text_of(v))).collect();
    serde_json::to_string(&by_column).expect("a map of strings is always JSON")
}

fn parse(scope: &str) -> Result<Map<String, Value>> {
    serde_json::from_str(scope)
        .map_err(|cause| Error::failed(format!("a gap's scope is no JSON object: {scope}")).caused_by(cause))
}
