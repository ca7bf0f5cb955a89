//! The rows that differ between two snapshots, for any resource: the SQL comes from the table's own columns.
//!
//! A row that is not the same version on both days either ended in between or began in between, and both are
//! ranges of an index (`<name>_ended`, `<name>_began`). So nothing that stayed is looked at. What a
//! difference means (removed, or not seen?) is decided in `unknown`.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};
use serde_json::{Map, Value};

use super::days::Days;
use super::{policy, unreadable};
use crate::error::Result;
use crate::model::ResourceSpec;

/// One resource's version table, as far as diff looks at it.
#[derive(Debug)]
pub(super) struct Table {
    pub spec: &'static ResourceSpec,
    /// The columns, key included, volatile ones and the versions' bounds left out.
    pub columns: Vec<String>,
    /// Where each column stands in the table.
    places: Vec<usize>,
    /// Where `valid_from` does.
    valid_from: usize,
}

impl Table {
    /// Reads the columns of the resource's table; `None` in a file that is older than the resource.
    pub fn of(connection: &Connection, spec: &'static ResourceSpec) -> Result<Option<Self>> {
        if !connection.table_exists(None, &*format!("{}_versions", spec.name)).map_err(unreadable)? {
            return Ok(None);
        }
        let mut table = Self { spec, columns: Vec::new(), places: Vec::new(), valid_from: 0 };
        // What will be asked for anyway tells the columns without a question of its own.
        let statement = connection.prepare_cached(&table.ended_sql()).map_err(unreadable)?;
        for (place, column) in statement.column_names().into_iter().enumerate() {
            match column {
                "valid_from" => table.valid_from = place,
                "valid_to" => {}
                _ if spec.volatile.contains(&column) => {}
                _ => {
                    table.columns.push(column.to_owned());
                    table.places.push(place);
                }
            }
        }
        Ok(Some(table))
    }

    /// The versions alive on the earlier day that ended by the later one.
    pub fn ended_sql(&self) -> String {
        // The unary plus keeps SQLite from walking everything that began early.
        self.select("valid_to > ?1 AND valid_to <= ?2 AND +valid_from <= ?1")
    }

    /// The versions alive on the later day that began after the earlier one.
    pub fn began_sql(&self) -> String {
        self.select("valid_from > ?1 AND valid_from <= ?2 AND (+valid_to IS NULL OR +valid_to > ?2)")
    }

    fn select(&self, condition: &str) -> String {
        format!("SELECT * FROM {} WHERE {condition}", quoted(&format!("{}_versions", self.spec.name)))
    }

    /// The key of a row, in the order that [`ResourceSpec::key`] declares.
    pub fn key_of(&self, row: &Map<String, Value>) -> Map<String, Value> {
        self.spec
            .key
            .iter()
            .map(|column| ((*column).to_owned(), row.get(*column).cloned().unwrap_or(Value::Null)))
            .collect()
    }
}

/// A version on one day.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Version {
    pub row: Map<String, Value>,
    /// The snapshot that first saw it.
    pub valid_from: i64,
}

/// A key whose version is not the same on both days.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Difference {
    pub before: Option<Version>,
    pub after: Option<Version>,
}

impl Difference {
    /// The columns that differ; none where a row was closed and seen again as it was, or its policy document in
    /// another order.
    pub fn fields(&self) -> Vec<String> {
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => before
                .row
                .iter()
                .filter(|(column, value)| differs(column, value, &after.row))
                .map(|(column, _)| column.clone())
                .collect(),
            _ => Vec::new(),
        }
    }
}

fn differs(column: &str, value: &Value, after: &Map<String, Value>) -> bool {
    match after.get(column) {
        Some(other) if other == value => false,
        Some(other) if column == policy::COLUMN => !policy::same(value, other),
        _ => true,
    }
}

/// Every key whose version differs between the two days, by key.
pub(super) fn differences(connection: &Connection, table: &Table, days: Days) -> Result<Vec<Difference>> {
    let mut by_key: BTreeMap<Vec<String>, Difference> = BTreeMap::new();
    for (sql, of_earlier) in [(table.ended_sql(), true), (table.began_sql(), false)] {
        let mut statement = connection.prepare_cached(&sql).map_err(unreadable)?;
        let mut rows = statement.query([days.earlier(), days.later()]).map_err(unreadable)?;
        while let Some(row) = rows.next().map_err(unreadable)? {
            let version = version_of(table, row).map_err(unreadable)?;
            let key = table.spec.key.iter().map(|column| text_of(&version.row[*column])).collect();
            let difference = by_key.entry(key).or_default();
            if of_earlier == (days.from <= days.to) {
                difference.before = Some(version);
            } else {
                difference.after = Some(version);
            }
        }
    }
    Ok(by_key.into_values().collect())
}

fn version_of(table: &Table, row: &Row<'_>) -> rusqlite::Result<Version> {
    let mut columns = Map::with_capacity(table.columns.len());
    for (column, place) in table.columns.iter().zip(&table.places) {
        columns.insert(column.clone(), json_of(row.get_ref(*place)?));
    }
    Ok(Version { row: columns, valid_from: row.get(table.valid_from)? })
}

fn json_of(value: ValueRef<'_>) -> Value {
    match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => number.into(),
        ValueRef::Real(number) => number.into(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned().into(),
    }
}

/// A column's value as a scope writes it.
pub(super) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// An identifier for SQL: names come from the schema, but `key` and `value` are words of SQL.
pub(super) fn quoted(identifier: &str) -> String {
    format!("\"{}\"", identifier.replace('"', "\"\""))
}
