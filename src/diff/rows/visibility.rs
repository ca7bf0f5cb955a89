//! What a snapshot could not see: its gaps, and what it did not collect at all.
//!
//! A gap covers a row when every column that its scope names has the value; `{}` covers all. It hides the row
//! unless a narrower scope, seen all the same, covers it too. It knows no resource in particular.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde_json::Value;

use crate::diff::change::HidingGap;
use crate::diff::record::{Record, text_of};
use crate::diff::unreadable;
use crate::error::{Error, Result};
use crate::model::ResourceSpec;

/// What one snapshot could not see of one resource.
#[derive(Debug, Default)]
pub(in crate::diff) struct SnapshotGaps {
    gaps: Vec<HidingGap>,
    /// By gap: which columns the narrower scopes in it name that were seen all the same.
    seen_columns: Vec<Vec<Vec<String>>>,
    /// The scopes that were seen in spite of a wider gap.
    seen: HashSet<String>,
    /// Columns to values to the gap, so that a row is looked up once for each set of columns and not
    /// compared with each of ten thousand gaps.
    by_columns: BTreeMap<Vec<String>, HashMap<Vec<String>, usize>>,
}

impl SnapshotGaps {
    /// Reads the gaps of a resource; no collection at all is a gap over everything.
    pub fn read(connection: &Connection, snapshot_id: i64, resource: &str) -> Result<Self> {
        let mut unseen = Self::default();
        let mut statement = connection
            .prepare_cached(
                "SELECT scope, kind, operation, error_code, error_message, seen_columns FROM gaps
                 WHERE snapshot_id = ?1 AND resource = ?2 ORDER BY scope",
            )
            .map_err(unreadable)?;
        let mut rows = statement.query((snapshot_id, resource)).map_err(unreadable)?;
        while let Some(row) = rows.next().map_err(unreadable)? {
            let scope: String = row.get(0).map_err(unreadable)?;
            let seen_columns: Option<String> = row.get(5).map_err(unreadable)?;
            let gap = HidingGap {
                scope: parse(&scope)?,
                kind: row.get(1).map_err(unreadable)?,
                operation: row.get(2).map_err(unreadable)?,
                error_code: row.get(3).map_err(unreadable)?,
                message: row.get(4).map_err(unreadable)?,
                snapshot_id,
            };
            unseen.add(gap, seen_columns.as_deref().map(parse).transpose()?.unwrap_or_default());
        }
        if unseen.seen_columns.iter().any(|columns| !columns.is_empty()) {
            unseen.seen = seen_under_gaps(connection, snapshot_id, resource).map_err(unreadable)?;
        }
        let coverage: Option<(String, Option<String>)> = connection
            .prepare_cached("SELECT status, reason FROM coverage WHERE snapshot_id = ?1 AND resource = ?2")
            .and_then(|mut statement| {
                statement.query_row((snapshot_id, resource), |row| Ok((row.get(0)?, row.get(1)?))).optional()
            })
            .map_err(unreadable)?;
        let kind = match coverage.as_ref().map(|(status, _)| status.as_str()) {
            Some("complete" | "limited" | "partial") => return Ok(unseen),
            Some("unavailable") => "unavailable",
            _ => "not_asked",
        };
        if !unseen.by_columns.contains_key(&Vec::new()) {
            let gap = HidingGap {
                scope: Record::default(),
                kind: kind.to_owned(),
                operation: None,
                error_code: None,
                message: coverage.and_then(|(_, reason)| reason),
                snapshot_id,
            };
            unseen.add(gap, Vec::new());
        }
        Ok(unseen)
    }

    fn add(&mut self, gap: HidingGap, seen_columns: Vec<Vec<String>>) {
        let (columns, values) = sorted(&gap.scope);
        self.by_columns.entry(columns).or_default().insert(values, self.gaps.len());
        self.gaps.push(gap);
        self.seen_columns.push(seen_columns);
    }

    /// Every gap of the resource.
    pub fn gaps(&self) -> &[HidingGap] {
        &self.gaps
    }

    /// The gap of exactly this scope, if there is one, with the columns that the narrower scopes name that were
    /// seen all the same.
    pub fn gap_of(&self, scope: &Record) -> Option<(&HidingGap, &[Vec<String>])> {
        let (columns, values) = sorted(scope);
        let index = *self.by_columns.get(&columns)?.get(&values)?;
        Some((&self.gaps[index], &self.seen_columns[index]))
    }

    /// The gaps that hide a row; for a scope, those that hide all of it.
    pub fn over<'a>(&'a self, row: &'a Record) -> impl Iterator<Item = &'a HidingGap> {
        self.by_columns.iter().filter_map(|(columns, gaps)| {
            let values: Option<Vec<String>> =
                columns.iter().map(|column| row.get(column).map(text_of)).collect();
            let index = *gaps.get(&values?)?;
            (!self.seen_by(&self.seen_columns[index], row)).then(|| &self.gaps[index])
        })
    }

    /// Whether a scope that was seen in spite of a wider gap covers the row.
    pub fn saw(&self, row: &Record) -> bool {
        self.seen_columns.iter().any(|columns| self.seen_by(columns, row))
    }

    fn seen_by(&self, columns: &[Vec<String>], row: &Record) -> bool {
        columns.iter().any(|columns| {
            let scope: Option<Record> =
                columns.iter().map(|column| Some((column.clone(), row.get(column)?.clone()))).collect();
            scope.is_some_and(|scope| self.seen.contains(&canonical(&scope)))
        })
    }

    /// Whether a gap hides every row.
    pub fn saw_nothing(&self) -> bool {
        self.gap_of(&Record::default()).is_some_and(|(_, seen_columns)| seen_columns.is_empty())
    }

    /// Whether any gap hides the row.
    pub fn hides(&self, row: &Record) -> bool {
        self.over(row).next().is_some()
    }
}

/// Reads, once each, what the snapshots up to one could not see.
pub(in crate::diff) struct GapIndex<'c> {
    connection: &'c Connection,
    read: HashMap<(i64, &'static str), Rc<SnapshotGaps>>,
}

impl<'c> GapIndex<'c> {
    pub fn new(connection: &'c Connection) -> Self {
        Self { connection, read: HashMap::new() }
    }

    /// What the snapshot could not see of the resource.
    pub fn unseen(&mut self, snapshot_id: i64, resource: &'static str) -> Result<Rc<SnapshotGaps>> {
        if let Some(unseen) = self.read.get(&(snapshot_id, resource)) {
            return Ok(Rc::clone(unseen));
        }
        let unseen = Rc::new(SnapshotGaps::read(self.connection, snapshot_id, resource)?);
        self.read.insert((snapshot_id, resource), Rc::clone(&unseen));
        Ok(unseen)
    }

    /// The newest kept snapshot, not newer than `until`, without a gap over the row (or scope). A row was
    /// surely seen where its version began, so `began` ends the search: there, or in a pruned snapshot before.
    pub fn last_seen(
        &mut self,
        spec: &'static ResourceSpec,
        row: &Record,
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
            if !self.unseen(kept, spec.name)?.hides(row) {
                return Ok(Some(kept));
            }
            if began == Some(kept) {
                return Ok(Some(self.seen_before(spec, row, kept)?.unwrap_or(kept)));
            }
            next = kept.checked_sub(1);
        }
        Ok(None)
    }

    /// When the row of a version that began in `began` was last seen, where the snapshot only carried it.
    pub fn carried(
        &mut self,
        spec: &'static ResourceSpec,
        row: &Record,
        snapshot_id: i64,
        began: i64,
    ) -> Result<Option<i64>> {
        if !self.unseen(snapshot_id, spec.name)?.hides(row) {
            return Ok(None);
        }
        Ok(self.last_seen(spec, row, snapshot_id, Some(began))?.filter(|seen| *seen != snapshot_id))
    }

    /// Whether this file says what pruning hides: an older one does not.
    pub fn knows_pruned(&self) -> Result<bool> {
        self.connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM pragma_table_info('pruned_beginnings'))")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(unreadable)
    }

    /// The pruned snapshot that saw the row last, where the version that begins in `began` was only carried then.
    fn seen_before(&self, spec: &ResourceSpec, row: &Record, began: i64) -> Result<Option<i64>> {
        if !self.knows_pruned()? {
            return Ok(None);
        }
        let sql = format!(
            "SELECT last_seen FROM pruned_beginnings
             WHERE snapshot_id = CAST(?1 AS INTEGER) AND resource = '{}' AND key = {}",
            spec.name,
            json_key(spec)
        );
        let values = std::iter::once(began.to_string()).chain(spec.key.iter().map(|key| text_of(&row[*key])));
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement.query_row(params_from_iter(values), |row| row.get(0)).optional()
            })
            .map_err(unreadable)
    }
}

/// The key of a row as JSON, in SQL; the values are the parameters from the second on.
pub(in crate::diff) fn json_key(spec: &ResourceSpec) -> String {
    let member = |(index, column): (usize, &&str)| format!("'{column}', ?{}", index + 2);
    let members: Vec<_> = spec.key.iter().enumerate().map(member).collect();
    format!("json_object({})", members.join(", "))
}

/// A scope's columns in order, and their values.
fn sorted(scope: &Record) -> (Vec<String>, Vec<String>) {
    let by_column: BTreeMap<&String, &Value> = scope.iter().collect();
    by_column.into_iter().map(|(column, value)| (column.clone(), text_of(value))).unzip()
}

/// A scope's text, equal for equal scopes.
pub(in crate::diff) fn canonical(scope: &Record) -> String {
    let by_column: BTreeMap<&String, String> = scope.iter().map(|(c, v)| (c, text_of(v))).collect();
    serde_json::to_string(&by_column).expect("a map of strings is always JSON")
}

pub(in crate::diff) fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
    serde_json::from_str(text)
        .map_err(|cause| Error::failed(format!("a gap's scope is no JSON: {text}")).caused_by(cause))
}

fn seen_under_gaps(
    connection: &Connection,
    snapshot_id: i64,
    resource: &str,
) -> rusqlite::Result<HashSet<String>> {
    connection
        .prepare_cached("SELECT scope FROM seen_under_gaps WHERE snapshot_id = ?1 AND resource = ?2")?
        .query_map((snapshot_id, resource), |row| row.get(0))?
        .collect()
}
