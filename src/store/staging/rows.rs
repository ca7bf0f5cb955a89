//! Staged rows and facts. Their keys are checked, and a complete row is never replaced by a less complete one.

use std::collections::BTreeMap;

use rusqlite::types::{ToSqlOutput, Value as SqlValue, ValueRef};
use rusqlite::{Connection, params_from_iter};
use serde_json::{Map, Value};

use super::task::Rejection;
use crate::error::{Error, Result};
use crate::model::{Completeness, FACTS, FactRow, RESOURCES, Row, Scope};
use crate::store::columns::columns;
use crate::store::file::{Doing, in_scope, quoted};

/// The statements that write the staged rows and facts.
#[derive(Debug)]
pub(super) struct RowWriters {
    by_resource: BTreeMap<&'static str, RowWriter>,
    by_facts: BTreeMap<&'static str, FactWriter>,
}

#[derive(Debug)]
struct RowWriter {
    columns: Vec<String>,
    key: &'static [&'static str],
    /// The statement that replaces a row that is less or equally complete.
    replace: String,
    /// The statement that replaces a row of a key alone.
    complete: String,
    /// Adds to a key that is staged what is not known of it, and makes it whole; stages a key that is not.
    supplement: String,
}

#[derive(Debug)]
struct FactWriter {
    columns: Vec<String>,
    replace: String,
}

impl RowWriters {
    /// Derives the statements from the staging's own tables.
    pub(super) fn new(connection: &Connection) -> Result<Self> {
        // Leaves out the columns at the end of a staged table: the task, and whether the row is complete.
        let of_table = |name, added: usize| -> Result<Vec<String>> {
            let mut columns: Vec<_> =
                columns(connection, "main", name)?.into_iter().map(|column| column.name).collect();
            columns.truncate(columns.len().saturating_sub(added));
            Ok(columns)
        };
        let mut by_resource = BTreeMap::new();
        for spec in RESOURCES {
            let columns = of_table(spec.name, 2)?;
            let replace = upsert(spec.name, &columns, spec.key, "excluded.whole >=");
            let complete = upsert(spec.name, &columns, spec.key, "0 =");
            let supplement = supplement(spec.name, &columns, spec.key);
            let writer = RowWriter { columns, key: spec.key, replace, complete, supplement };
            by_resource.insert(spec.name, writer);
        }
        let mut by_facts = BTreeMap::new();
        for spec in FACTS {
            let columns = of_table(spec.name, 1)?;
            let names: Vec<_> = columns.iter().map(String::as_str).chain(["task_id"]).map(quoted).collect();
            let replace = format!(
                "INSERT OR REPLACE INTO {} ({}) VALUES ({})",
                quoted(spec.name),
                names.join(", "),
                vec!["?"; names.len()].join(", ")
            );
            by_facts.insert(spec.name, FactWriter { columns, replace });
        }
        Ok(Self { by_resource, by_facts })
    }

    fn of(&self, resource: &str) -> Result<&RowWriter> {
        self.by_resource
            .get(resource)
            .ok_or_else(|| Error::failed(format!("\"{resource}\" is no resource of this version")))
    }

    /// Returns the reason why a page with these rows cannot be staged, if there is one. An empty text is a value,
    /// except in the key's first column, which names the thing itself.
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
                Completeness::FullWithStaged => (&writer.supplement, 0),
                Completeness::KeyOnly => (&writer.replace, 0),
            };
            for row in rows {
                check(&writer.columns, resource, &row.columns)?;
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

    /// Stages facts that a task reported, replacing facts with the same keys.
    pub(super) fn write_facts(&self, connection: &Connection, task_id: i64, facts: &[FactRow]) -> Result<()> {
        for fact in facts {
            let writer = self
                .by_facts
                .get(fact.facts)
                .ok_or_else(|| Error::failed(format!("this version has no facts \"{}\"", fact.facts)))?;
            check(&writer.columns, fact.facts, &fact.columns)?;
            let values = writer.columns.iter().map(|column| sql_value(fact.columns.get(column)));
            let values = values.chain([ToSqlOutput::from(task_id)]);
            connection
                .prepare_cached(&writer.replace)
                .and_then(|mut statement| statement.execute(params_from_iter(values)))
                .doing(&format!("stage one of the {}", fact.facts))?;
        }
        Ok(())
    }

    /// Removes every row and fact of a task.
    pub(super) fn forget(&self, connection: &Connection, task_id: i64) -> Result<()> {
        for table in self.by_resource.keys().chain(self.by_facts.keys()) {
            connection
                .prepare_cached(&format!("DELETE FROM {} WHERE task_id = ?1", quoted(table)))
                .and_then(|mut statement| statement.execute([task_id]))
                .doing(&format!("take back what was staged of {table}"))?;
        }
        connection
            .prepare_cached("DELETE FROM doubles WHERE task_id = ?1")
            .and_then(|mut statement| statement.execute([task_id]))
            .doing("take back what came twice")
            .map(drop)
    }

    /// Removes every row in a scope.
    pub(super) fn drop_scope(&self, connection: &Connection, scope: &Scope) -> Result<()> {
        let rows = self.rows_in(scope)?;
        connection
            .prepare_cached(&format!("DELETE FROM {rows}"))
            .and_then(|mut statement| statement.execute(params_from_iter(scope.columns.values())))
            .doing(&format!("take back staged rows of {}", scope.resource))?;
        Ok(())
    }

    /// Returns true if there is any row in a scope.
    pub(super) fn has_rows(&self, connection: &Connection, scope: &Scope) -> Result<bool> {
        let rows = self.rows_in(scope)?;
        connection
            .prepare_cached(&format!("SELECT EXISTS (SELECT 1 FROM {rows})"))
            .and_then(|mut statement| {
                statement.query_row(params_from_iter(scope.columns.values()), |row| row.get(0))
            })
            .doing(&format!("look for staged rows of {}", scope.resource))
    }

    /// Returns the table of a scope's resource, filtered to the scope's values, which are its parameters.
    fn rows_in(&self, scope: &Scope) -> Result<String> {
        let writer = self.of(&scope.resource)?;
        if let Some(unknown) = scope.columns.keys().find(|name| !writer.columns.contains(name)) {
            return Err(Error::failed(format!("{} have no column \"{unknown}\"", scope.resource)));
        }
        Ok(format!("{} WHERE {}", quoted(&scope.resource), in_scope(scope)))
    }
}

/// Refuses a row with a column that its table does not have. The columns of a row are a struct's fields, in the table's
/// order, so most are compared only once.
fn check(columns: &[String], table: &str, row: &Map<String, Value>) -> Result<()> {
    let mut next = columns.iter();
    let unknown = row.keys().find(|name| !next.any(|one| one == *name) && !columns.contains(name));
    match unknown {
        None => Ok(()),
        Some(unknown) => Err(Error::failed(format!("{table} have no column \"{unknown}\""))),
    }
}

/// Returns the statement that stages a row. It replaces a staged row if `outranks` holds for that row's `whole`.
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

/// The row stays the earlier task's: it is whole by both, and that one has ended.
fn supplement(resource: &str, columns: &[String], key: &[&str]) -> String {
    let names: Vec<_> = columns.iter().map(String::as_str).chain(["task_id", "whole"]).map(quoted).collect();
    let places = vec!["?"; names.len()].join(", ");
    let sets = columns.iter().filter(|name| !key.contains(&name.as_str())).map(|name| quoted(name));
    let sets: Vec<_> = sets
        .map(|name| format!("{name} = coalesce(excluded.{name}, {table}.{name})", table = quoted(resource)))
        .collect();
    let key: Vec<_> = key.iter().map(|name| quoted(name)).collect();
    format!(
        "INSERT INTO {} ({}) VALUES ({places}) ON CONFLICT ({}) DO UPDATE SET {}, whole = 1",
        quoted(resource),
        names.join(", "),
        key.join(", "),
        sets.join(", "),
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
