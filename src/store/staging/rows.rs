//! Staged rows: checked for their key, and written so that a whole row is never replaced by less.

use std::collections::BTreeMap;

use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::Value;

use super::task::Rejection;
use crate::error::{Error, Result};
use crate::model::{Completeness, RESOURCES, Row, Scope};
use crate::store::columns::columns;
use crate::store::file::{Doing, in_scope, quoted};

/// The statements that write the staged rows, by resource.
#[derive(Debug)]
pub(super) struct RowWriters(BTreeMap<&'static str, RowWriter>);

#[derive(Debug)]
struct RowWriter {
    columns: Vec<String>,
    key: &'static [&'static str],
    /// Takes the place of what says less, or as much.
    replace: String,
    /// Takes the place of a key alone.
    complete: String,
}

impl RowWriters {
    /// Derives the statements from the staging's own tables.
    pub(super) fn new(connection: &Connection) -> Result<Self> {
        let mut writers = BTreeMap::new();
        for spec in RESOURCES {
            let mut columns: Vec<_> =
                columns(connection, "main", spec.name)?.into_iter().map(|column| column.name).collect();
            columns.truncate(columns.len().saturating_sub(2));
            let replace = upsert(spec.name, &columns, spec.key, "excluded.whole >=");
            let complete = upsert(spec.name, &columns, spec.key, "0 =");
            writers.insert(spec.name, RowWriter { columns, key: spec.key, replace, complete });
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

    /// Stages the rows of a page for a task.
    pub(super) fn write(&self, connection: &Connection, task_id: i64, rows: &[Row]) -> Result<()> {
        let alike =
            |one: &Row, other: &Row| (one.resource, one.completeness) == (other.resource, other.completeness);
        for rows in rows.chunk_by(alike) {
            let resource = rows[0].resource;
            let writer = self.of(resource)?;
            let (upsert, whole) = match rows[0].completeness {
                Completeness::Full => (&writer.replace, 1),
                Completeness::FullUnlessStaged => (&writer.complete, 1),
                Completeness::KeyOnly => (&writer.replace, 0),
            };
            for row in rows {
                writer.check(row)?;
            }
            let stage = || -> rusqlite::Result<()> {
                let mut statement = connection.prepare_cached(upsert)?;
                statement.raw_bind_parameter(writer.columns.len() + 1, task_id)?;
                statement.raw_bind_parameter(writer.columns.len() + 2, whole)?;
                for row in rows {
                    for (column, place) in writer.columns.iter().zip(1..) {
                        statement.raw_bind_parameter(place, sql_value(row.columns.get(column)))?;
                    }
                    statement.raw_execute()?;
                }
                Ok(())
            };
            stage().doing(&format!("stage a row of {resource}"))?;
        }
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
        connection
            .prepare_cached("DELETE FROM doubles WHERE task_id = ?1")
            .and_then(|mut statement| statement.execute([task_id]))
            .doing("take back what came twice")
            .map(drop)
    }

    /// Takes back every row in a scope.
    pub(super) fn drop_scope(&self, connection: &Connection, scope: &Scope) -> Result<()> {
        let rows = self.rows_in(scope)?;
        connection
            .prepare_cached(&format!("DELETE FROM {rows}"))
            .and_then(|mut statement| statement.execute(params_from_iter(scope.columns.values())))
            .doing(&format!("take back staged rows of {}", scope.resource))?;
        Ok(())
    }

    /// Whether there is any row in a scope.
    pub(super) fn has_rows(&self, connection: &Connection, scope: &Scope) -> Result<bool> {
        let rows = self.rows_in(scope)?;
        connection
            .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {rows})"))
            .and_then(|mut statement| {
                statement.query_row(params_from_iter(scope.columns.values()), |row| row.get(0))
            })
            .doing(&format!("look for staged rows of {}", scope.resource))
    }

    /// The table of a scope's resource, filtered to the scope's values, which are its parameters.
    fn rows_in(&self, scope: &Scope) -> Result<String> {
        let writer = self.of(&scope.resource)?;
        if let Some(unknown) = scope.columns.keys().find(|name| !writer.columns.contains(name)) {
            return Err(Error::failed(format!("{} have no column \"{unknown}\"", scope.resource)));
        }
        Ok(format!("{} WHERE {}", quoted(&scope.resource), in_scope(scope)))
    }
}

impl RowWriter {
    /// Refuses a row with a column that the table does not have. The columns of a row are a struct's fields, in
    /// the table's order, so that they are mostly compared once each.
    fn check(&self, row: &Row) -> Result<()> {
        let mut columns = self.columns.iter();
        let unknown =
            row.columns.keys().find(|name| !columns.any(|one| one == *name) && !self.columns.contains(name));
        match unknown {
            None => Ok(()),
            Some(unknown) => Err(Error::failed(format!("{} have no column \"{unknown}\"", row.resource))),
        }
    }
}

/// A staged row gives way where `outranks` holds of its own `whole`.
fn upsert(resource: &str, columns: &[String], key: &[&str], outranks: &str) -> String {
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
         WHERE {outranks} {table}.whole",
        names.join(", "),
        key.join(", "),
        sets.join(", "),
        table = quoted(resource),
    )
}

fn sql_value(value: Option<&Value>) -> ToSqlOutput<'_> {
    let owned = match value {
        None | Some(Value::Null) => SqlValue::Null,
        Some(Value::String(text)) => return ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
        Some(Value::Bool(yes)) => SqlValue::Integer((*yes).into()),
        Some(Value::Number(number)) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => SqlValue::Integer(integer),
            (None, Some(real)) => SqlValue::Real(real),
            (None, None) => SqlValue::Text(number.to_string()),
        },
        Some(json @ (Value::Array(_) | Value::Object(_))) => SqlValue::Text(json.to_string()),
    };
    ToSqlOutput::Owned(owned)
}
