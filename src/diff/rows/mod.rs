//! The rows that differ between two snapshots, for any resource: the SQL comes from the table's own columns.
//!
//! A row that is not the same version in both snapshots either ended or began in between, and both are ranges of an
//! index (`<name>_ended`, `<name>_began`). So unchanged rows are not read. `judge` decides the meaning of a difference
//! (removed, or not seen).

mod judge;
mod row_change;
mod unchanged;

use std::cmp::Ordering;
use std::sync::Arc;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::Value;

use crate::diff::snapshot_pair::{Sides, SnapshotPair};
use crate::document::is_same_value;
use crate::error::Result;
use crate::model::ResourceSpec;
use crate::store::unreadable;
use crate::store::{Record, text_of};
pub(super) use judge::Judge;
pub(super) use row_change::RowChange;

/// The version table of one resource, as far as the diff reads it.
#[derive(Debug)]
pub(super) struct VersionTable {
    pub spec: &'static ResourceSpec,
    /// The columns, including the key, without volatile and derived ones and the versions' bounds.
    pub columns: Arc<[String]>,
    /// The position of each column in the table.
    places: Vec<usize>,
    /// The position of `valid_from` in the table.
    valid_from: usize,
    /// The columns of the key, in the order that [`ResourceSpec::key`] declares.
    key: Arc<[String]>,
    /// The position of each key column among [`Self::columns`].
    key_places: Vec<usize>,
}

impl VersionTable {
    /// Reads the columns of the resource's table; `None` in a file that is older than the resource.
    pub fn of(connection: &Connection, spec: &'static ResourceSpec) -> Result<Option<Self>> {
        if !connection.table_exists(None, &*format!("{}_versions", spec.name)).map_err(unreadable)? {
            return Ok(None);
        }
        // This statement runs later anyway, and gives the columns without a query of its own.
        let statement = connection.prepare_cached(&ended_sql(spec)).map_err(unreadable)?;
        let (mut columns, mut places, mut valid_from) = (Vec::new(), Vec::new(), 0);
        for (place, column) in statement.column_names().into_iter().enumerate() {
            match column {
                "valid_from" => valid_from = place,
                "valid_to" => {}
                _ if spec.volatile.contains(&column) || spec.is_derived(column) => {}
                _ => {
                    columns.push(column.to_owned());
                    places.push(place);
                }
            }
        }
        let place_of = |column: &str| columns.iter().position(|name| name == column);
        let of_key = spec.key.iter().filter_map(|column| Some(((*column).to_owned(), place_of(column)?)));
        let (key, key_places): (Vec<String>, Vec<usize>) = of_key.unzip();
        Ok(Some(Self { spec, columns: columns.into(), places, valid_from, key: key.into(), key_places }))
    }

    /// Returns the key of a row.
    pub fn key_of(&self, row: &Record) -> Record {
        Record::new(&self.key, self.key_places.iter().map(|place| row.at(*place).clone()).collect())
    }

    /// Compares two versions by their keys.
    fn by_key(&self, one: &Version, other: &Version) -> Ordering {
        let compare = |place: &usize| match (one.row.at(*place), other.row.at(*place)) {
            (Value::String(one), Value::String(other)) => one.cmp(other),
            (one, other) => text_of(one).cmp(&text_of(other)),
        };
        self.key_places.iter().map(compare).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }
}

/// Returns the statement for versions alive in the earlier snapshot that ended by the later one.
pub(super) fn ended_sql(spec: &ResourceSpec) -> String {
    // The unary plus keeps SQLite from walking everything that began early.
    select(spec, "valid_to > ?1 AND valid_to <= ?2 AND +valid_from <= ?1")
}

/// Returns the statement for versions alive in the later snapshot that began after the earlier one.
pub(super) fn began_sql(spec: &ResourceSpec) -> String {
    select(spec, "valid_from > ?1 AND valid_from <= ?2 AND (+valid_to IS NULL OR +valid_to > ?2)")
}

fn select(spec: &ResourceSpec, condition: &str) -> String {
    format!("SELECT * FROM {} WHERE {condition}", quoted(&format!("{}_versions", spec.name)))
}

/// A version in one snapshot.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Version {
    pub row: Record,
    /// The first snapshot that saw it.
    pub valid_from: i64,
}

/// A key whose version differs between the snapshots.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Difference {
    pub before: Option<Version>,
    pub after: Option<Version>,
}

impl Difference {
    /// Returns the columns that differ. There are none if a row was closed and seen again unchanged, or with its
    /// document in another spelling.
    pub fn fields(&self, spec: &ResourceSpec) -> Vec<String> {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before
                .row
                .iter()
                .filter(|(column, value)| differs(spec, column, value, &after.row))
                .map(|(column, _)| column.clone())
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn differs(spec: &ResourceSpec, column: &str, value: &Value, after: &Record) -> bool {
    after.get(column).is_none_or(|other| !is_same_value(spec, column, value, other))
}

/// Returns every key whose version differs between the two snapshots, by key.
pub(super) fn differences(
    connection: &Connection,
    table: &VersionTable,
    pair: SnapshotPair,
) -> Result<Vec<Difference>> {
    let ended = versions(connection, table, pair, &ended_sql(table.spec))?;
    let began = versions(connection, table, pair, &began_sql(table.spec))?;
    let Sides { from, to } = pair.sides(ended, began);
    let (mut from, mut to) = (from.into_iter().peekable(), to.into_iter().peekable());
    let mut differences = Vec::with_capacity(from.len().max(to.len()));
    loop {
        let order = match (from.peek(), to.peek()) {
            (None, None) => return Ok(differences),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(before), Some(after)) => table.by_key(before, after),
        };
        let before = if order.is_le() { from.next() } else { None };
        let after = if order.is_ge() { to.next() } else { None };
        differences.push(Difference { before, after });
    }
}

/// Returns the versions that a statement finds, by key.
fn versions(
    connection: &Connection,
    table: &VersionTable,
    pair: SnapshotPair,
    sql: &str,
) -> Result<Vec<Version>> {
    let mut versions = connection
        .prepare_cached(sql)
        .and_then(|mut statement| {
            statement
                .query_map([pair.earlier(), pair.later()], |row| version_of(table, row))?
                .collect::<rusqlite::Result<Vec<_>>>()
        })
        .map_err(unreadable)?;
    versions.sort_unstable_by(|one, other| table.by_key(one, other));
    Ok(versions)
}

/// Reads a version from a row of `SELECT *`.
pub(super) fn version_of(table: &VersionTable, row: &Row<'_>) -> rusqlite::Result<Version> {
    let mut values = Vec::with_capacity(table.places.len());
    for place in &table.places {
        values.push(json_of(row.get_ref(*place)?));
    }
    Ok(Version { row: Record::new(&table.columns, values), valid_from: row.get(table.valid_from)? })
}

fn json_of(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(_) => String::from_utf8_lossy(bytes).into_owned().into(),
        },
    }
}

/// Quotes an identifier for SQL: names come from the schema, but `key` and `value` are words of SQL.
pub(super) fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
