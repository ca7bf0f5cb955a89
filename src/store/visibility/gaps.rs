//! The gaps of one snapshot in one resource, including a resource that was not collected at all.

use std::collections::{BTreeMap, HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::store::record::{Record, text_of};
use crate::store::unreadable;

/// The reason why a scope could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HidingGap {
    /// The scope, a map of column to value.
    pub scope: Record,
    /// The kind: `denied`, `failed`, `not_asked` or `unavailable`.
    pub kind: String,
    /// The AWS operation that failed; `None` if no call was sent.
    pub operation: Option<String>,
    /// AWS's error code; `None` if no call failed.
    pub error_code: Option<String>,
    /// AWS's message, or the reason in words.
    #[serde(skip)]
    pub message: Option<String>,
    /// The snapshot that could not see the scope.
    #[serde(skip)]
    pub snapshot_id: i64,
}

/// The gaps of one snapshot in one resource.
#[derive(Debug, Default)]
pub(crate) struct SnapshotGaps {
    gaps: Vec<HidingGap>,
    /// For each gap, the column sets of narrower scopes in it that were seen anyway.
    seen_columns: Vec<Vec<Vec<String>>>,
    /// The scopes that were seen in spite of a wider gap.
    seen: HashSet<String>,
    /// The gaps by columns and values. A row is looked up once for each set of columns, and not compared with each of
    /// ten thousand gaps.
    by_columns: BTreeMap<Vec<String>, HashMap<Vec<String>, usize>>,
}

impl SnapshotGaps {
    /// Reads the gaps of a resource. A resource that was not collected is one gap over everything.
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

    /// Returns every gap of the resource.
    pub fn gaps(&self) -> &[HidingGap] {
        &self.gaps
    }

    /// Returns the gap of exactly this scope, if there is one, with the column sets of narrower scopes that were seen
    /// anyway.
    pub fn gap_of(&self, scope: &Record) -> Option<(&HidingGap, &[Vec<String>])> {
        let (columns, values) = sorted(scope);
        let index = *self.by_columns.get(&columns)?.get(&values)?;
        Some((&self.gaps[index], &self.seen_columns[index]))
    }

    /// Returns the gaps that hide a row; for a scope, those that hide all of it.
    pub fn over<'a>(&'a self, row: &'a Record) -> impl Iterator<Item = &'a HidingGap> {
        self.by_columns.iter().filter_map(|(columns, gaps)| {
            let values: Option<Vec<String>> =
                columns.iter().map(|column| row.get(column).map(text_of)).collect();
            let index = *gaps.get(&values?)?;
            (!self.seen_by(&self.seen_columns[index], row)).then(|| &self.gaps[index])
        })
    }

    /// Returns true if a scope that was seen in spite of a wider gap covers the row.
    fn saw(&self, row: &Record) -> bool {
        self.seen_columns.iter().any(|columns| self.seen_by(columns, row))
    }

    fn seen_by(&self, columns: &[Vec<String>], row: &Record) -> bool {
        columns.iter().any(|columns| {
            let scope: Option<Record> =
                columns.iter().map(|column| Some((column.clone(), row.get(column)?.clone()))).collect();
            scope.is_some_and(|scope| self.seen.contains(&canonical_scope(&scope)))
        })
    }

    /// Returns the gaps of this kind that may hide a row with these values, whatever its other values are. Such a gap
    /// names none of these columns with another value, and no scope that was seen anyway covers all rows that match
    /// both.
    pub fn hiding<'a>(&'a self, kind: &'a str, known: &'a Record) -> impl Iterator<Item = &'a HidingGap> {
        self.gaps.iter().filter(move |gap| gap.kind == kind).filter(|gap| {
            let is_beside = |(column, value): (&String, &Value)| {
                known.get(column).is_some_and(|other| text_of(other) != text_of(value))
            };
            let both =
                || known.iter().chain(gap.scope.iter().filter(|(column, _)| !known.contains_key(column)));
            let both = || both().map(|(column, value)| (column.clone(), value.clone())).collect();
            !gap.scope.iter().any(is_beside) && !self.saw(&both())
        })
    }

    /// Returns true if a gap hides every row.
    pub fn saw_nothing(&self) -> bool {
        self.gap_of(&Record::default()).is_some_and(|(_, seen_columns)| seen_columns.is_empty())
    }

    /// Returns true if any gap hides the row.
    pub fn hides(&self, row: &Record) -> bool {
        self.over(row).next().is_some()
    }
}

/// Returns a scope's columns in order, and their values.
fn sorted(scope: &Record) -> (Vec<String>, Vec<String>) {
    let by_column: BTreeMap<&String, &Value> = scope.iter().collect();
    by_column.into_iter().map(|(column, value)| (column.clone(), text_of(value))).unzip()
}

/// Parses a scope from its text.
pub(crate) fn parse_scope(text: &str) -> Result<Record> {
    parse(text)
}

/// Returns a scope's text, equal for equal scopes.
pub(crate) fn canonical_scope(scope: &Record) -> String {
    let by_column: BTreeMap<&String, String> = scope.iter().map(|(c, v)| (c, text_of(v))).collect();
    serde_json::to_string(&by_column).expect("a map of strings is always JSON")
}

fn parse<T: serde::de::DeserializeOwned>(text: &str) -> Result<T> {
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
