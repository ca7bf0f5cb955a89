//! The columns of a census's tables, as the database reports them, and the open rows found by these columns.

use rusqlite::{Connection, params_from_iter};

use super::file::{Doing, in_scope, literal, quoted};
use crate::error::Result;
use crate::model::{ColumnSpec, ResourceSpec, Role, Scope, resource};

/// A column as the database declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Column {
    pub name: String,
    /// The type, `TEXT` or `INTEGER`; empty for an expression of a view.
    pub sql_type: String,
    pub not_null: bool,
    /// True if the column is part of the primary key.
    pub in_key: bool,
}

/// Returns the columns of a table or view of `main` or `temp`, in order; none if there is no such table.
pub(super) fn columns(connection: &Connection, schema: &str, table: &str) -> Result<Vec<Column>> {
    let sql = format!(
        "SELECT name, type, \"notnull\", pk FROM pragma_table_info({}, {}) ORDER BY cid",
        literal(table),
        literal(schema)
    );
    let read = || {
        connection
            .prepare(&sql)?
            .query_map([], |row| {
                Ok(Column {
                    name: row.get(0)?,
                    sql_type: row.get(1)?,
                    not_null: row.get(2)?,
                    in_key: row.get::<_, i64>(3)? > 0,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    read().doing(&format!("read the columns of {table}"))
}

/// Returns the columns of a resource: those of its versions table, except the two bounds of a version and derived
/// columns.
pub(super) fn resource_columns(connection: &Connection, name: &str) -> Result<Vec<Column>> {
    let mut columns = columns(connection, "main", &versions_table(name))?;
    let is_derived = |column: &str| resource(name).is_some_and(|spec| spec.is_derived(column));
    columns.retain(|column| {
        !["valid_from", "valid_to"].contains(&column.name.as_str()) && !is_derived(&column.name)
    });
    Ok(columns)
}

/// Returns the columns of a resource as declared, for a file without the resource's table.
pub(super) fn declared_columns(spec: &ResourceSpec) -> Vec<Column> {
    let column = |column: &ColumnSpec| Column {
        name: column.name.to_owned(),
        sql_type: column.sql_type().to_owned(),
        not_null: column.role == Role::Key,
        in_key: column.role == Role::Key,
    };
    spec.columns.iter().map(column).collect()
}

/// Returns the columns of a table of facts (see [`FactSpec::tables`](crate::model::FactSpec::tables)), except the
/// snapshot id.
pub(super) fn fact_columns(connection: &Connection, table: &str) -> Result<Vec<Column>> {
    let mut columns = columns(connection, "main", table)?;
    columns.retain(|column| column.name != "snapshot_id");
    Ok(columns)
}

/// Returns true if any row in a scope is alive in the newest snapshot.
pub fn has_open_rows(connection: &Connection, scope: &Scope) -> Result<bool> {
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM {} WHERE valid_to IS NULL AND {})",
        quoted(&versions_table(&scope.resource)),
        in_scope(scope)
    );
    connection
        .query_row(&sql, params_from_iter(scope.columns.values()), |row| row.get(0))
        .doing(&format!("look for rows of {}", scope.resource))
}

/// Returns the first open row of a resource in a scope that `wanted` accepts, as the scope of its key.
pub fn find_open_row(
    connection: &Connection,
    scope: &Scope,
    mut wanted: impl FnMut(&Scope) -> Result<bool>,
) -> Result<Option<Scope>> {
    let key = resource(&scope.resource).map_or(&[][..], |spec| spec.key);
    let sql = format!(
        "SELECT {} FROM {} WHERE valid_to IS NULL AND {}",
        key.iter().map(|column| quoted(column)).collect::<Vec<_>>().join(", "),
        quoted(&versions_table(&scope.resource)),
        in_scope(scope)
    );
    let looking = format!("look for rows of {}", scope.resource);
    let mut statement = connection.prepare_cached(&sql).doing(&looking)?;
    let mut rows = statement.query(params_from_iter(scope.columns.values())).doing(&looking)?;
    while let Some(row) = rows.next().doing(&looking)? {
        let mut of_row = Scope { resource: scope.resource.clone(), columns: Default::default() };
        for (index, column) in key.iter().enumerate() {
            of_row = of_row.with(column, &row.get::<_, String>(index).doing(&looking)?);
        }
        if wanted(&of_row)? {
            return Ok(Some(of_row));
        }
    }
    Ok(None)
}

/// Returns the name of the table that stores a resource's versions.
pub(crate) fn versions_table(resource: &str) -> String {
    format!("{resource}_versions")
}
