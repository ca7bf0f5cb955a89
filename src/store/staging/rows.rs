//! Staged rows: checked for their key, and written so that a whole row is never replaced by less.

use std::collections::BTreeMap;

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, params_from_iter};
use serde_json::Value;

use super::task::Rejection;
use crate::error::{Error, Result};
use crate::model::{RESOURCES, Row, Scope};
use crate::store::file::{Doing, quoted};
use crate::store::schema::columns;

/// The statements that write the staged rows, by resource.
#[derive(Debug)]
pub(super) struct RowWriters(BTreeMap<&'static str, RowWriter>);

#[derive(Debug)]
struct RowWriter {
    columns: Vec<String>,
    key: &'static [&'static str],
    upsert: String,
}

impl RowWriters {
    /// Derives the statements from the staging's own tables.
    pub(super) fn new(connection: &Connection) -> Result<Self> {
        let mut writers = BTreeMap::new();
        for spec in RESOURCES {
            let mut columns: Vec<_> =
                columns(connection, "main", spec.name)?.into_iter().map(|column| column.name).collect();
            columns.truncate(columns.len().saturating_sub(2));
            let upsert = upsert(spec.name, &columns, spec.key);
            writers.insert(spec.name, RowWriter { columns, key: spec.key, upsert });
        }
        Ok(Self(writers))
    }

    fn of(&self, resource: &str) -> Result<&RowWriter> {
        self.0
            .get(resource)
            .ok_or_else(|| Error::failed(format!("\"{resource}\" is no resource of this version")))
    }

    /// Why the page with these rows cannot be staged, if so. An empty text is a value, except as the key's
    /// first column: that one names the thing itself.
    pub(super) fn rejection(&self, rows: &[Row]) -> Result<Option<Rejection>> {
        for row in rows {
            for (position, column) in self.of(row.resource)?.key.iter().enumerate() {
                let missing = match row.columns.get(*column) {
                    None | Some(Value::Null) => true,
                    Some(Value::String(text)) => position == 0 && text.is_empty(),
                    Some(_) => false,
                };
                if missing {
                    let (resource, column) = (row.resource.to_owned(), (*column).to_owned());
                    return Ok(Some(Rejection::MissingKey { resource, column }));
                }
            }
        }
        Ok(None)
    }

    /// Stages one row for a task.
    pub(super) fn write(&self, connection: &Connection, task_id: i64, row: &Row) -> Result<()> {
        let writer = self.of(row.resource)?;
        if let Some(unknown) = row.columns.keys().find(|name| !writer.columns.contains(name)) {
            return Err(Error::failed(format!("{} have no column \"{unknown}\"", row.resource)));
        }
        let values = writer.columns.iter().map(|column| sql_value(row.columns.get(column)));
        let values = values.chain([SqlValue::Integer(task_id), SqlValue::Integer(row.whole.into())]);
        connection
            .prepare_cached(&writer.upsert)
            .and_then(|mut statement| statement.execute(params_from_iter(values)))
            .doing(&format!("stage a row of {}", row.resource))?;
        Ok(())
    }

    /// Takes back every row of a task.
    pub(super) fn forget(&self, connection: &Connection, task_id: i64) -> Result<()> {
        for resource in self.0.keys() {
            connection
                .prepare_cached(&format!("DELETE FROM {} WHERE task_id = ?1", quoted(resource)))
                .and_then(|mut statement| statement.execute([task_id]))
                .doing(&format!("take back staged rows of {resource}"))?;
        }
        Ok(())
    }

    /// Takes back every row in a scope.
    pub(super) fn drop_scope(&self, connection: &Connection, scope: &Scope) -> Result<()> {
        let writer = self.of(&scope.resource)?;
        if let Some(unknown) = scope.columns.keys().find(|name| !writer.columns.contains(name)) {
            return Err(Error::failed(format!("{} have no column \"{unknown}\"", scope.resource)));
        }
        let conditions: Vec<_> = scope.columns.keys().map(|name| format!("{} = ?", quoted(name))).collect();
        let filter = if conditions.is_empty() { "1".to_owned() } else { conditions.join(" AND ") };
        connection
            .prepare_cached(&format!("DELETE FROM {} WHERE {filter}", quoted(&scope.resource)))
            .and_then(|mut statement| statement.execute(params_from_iter(scope.columns.values())))
            .doing(&format!("take back staged rows of {}", scope.resource))?;
        Ok(())
    }
}

fn upsert(resource: &str, columns: &[String], key: &[&str]) -> String {
    let names: Vec<_> = columns.iter().map(String::as_str).chain(["task_id", "whole"]).map(quoted).collect();
    let places = vec!["?"; names.len()].join(", ");
    let key: Vec<_> = key.iter().map(|name| quoted(name)).collect();
    let sets: Vec<_> = names
        .iter()
        .filter(|name| !key.contains(name))
        .map(|name| format!("{name} = excluded.{name}"))
        .collect();
    format!(
        "INSERT INTO {table} ({}) VALUES ({places}) ON CONFLICT ({}) DO UPDATE SET {} \
         WHERE excluded.whole >= {table}.whole",
        names.join(", "),
        key.join(", "),
        sets.join(", "),
        table = quoted(resource),
    )
}

fn sql_value(value: Option<&Value>) -> SqlValue {
    match value {
        None | Some(Value::Null) => SqlValue::Null,
        Some(Value::Bool(yes)) => SqlValue::Integer((*yes).into()),
        Some(Value::String(text)) => SqlValue::Text(text.clone()),
        Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => SqlValue::Integer(integer),
            (None, Some(real)) => SqlValue::Real(real),
            (None, None) => SqlValue::Text(number.to_string()),
        },
        Some(json @ (Value::Array(_) | Value::Object(_))) => SqlValue::Text(json.to_string()),
    }
}
