//! How many rows stand unchanged under a scope: what a gap leaves open though nothing differs.
//!
//! The one place where diff counts what did not change; it reads keys of the scope, and for a whole resource
//! the number that the snapshot itself recorded.

use rusqlite::{Connection, OptionalExtension, params_from_iter};
use serde_json::{Map, Value};

use super::days::Days;
use super::rows::{Difference, Table, quoted, text_of};
use super::unreadable;
use crate::error::Result;

/// How many rows of the scope are the same version on both days; `differences` are all of the resource.
pub(super) fn unchanged_rows(
    connection: &Connection,
    days: Days,
    table: &Table,
    differences: &[Difference],
    scope: &Map<String, Value>,
) -> Result<i64> {
    if scope.keys().any(|column| !table.columns.contains(column)) {
        return Ok(0);
    }
    // The whole table need not be walked: the later snapshot knows how many rows it has.
    if scope.is_empty()
        && let Some(rows) = rows_on(connection, days.later(), table.spec.name)?
    {
        let began = differences
            .iter()
            .filter(|difference| days.sides(&difference.before, &difference.after).to.is_some())
            .count();
        return Ok((rows - began as i64).max(0));
    }
    let mut sql = format!(
        "SELECT count(*) FROM {} WHERE valid_from <= ?1 AND (valid_to IS NULL OR valid_to > ?2)",
        quoted(&format!("{}_versions", table.spec.name))
    );
    let mut values = vec![days.earlier().to_string(), days.later().to_string()];
    for (column, value) in scope {
        values.push(text_of(value));
        sql.push_str(&format!(" AND {} = ?{}", quoted(column), values.len()));
    }
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row(params_from_iter(values), |row| row.get(0)))
        .map_err(unreadable)
}

fn rows_on(connection: &Connection, snapshot_id: i64, resource: &str) -> Result<Option<i64>> {
    connection
        .prepare_cached("SELECT rows FROM coverage WHERE snapshot_id = ?1 AND resource = ?2")
        .and_then(|mut statement| statement.query_row((snapshot_id, resource), |row| row.get(0)).optional())
        .map_err(unreadable)
}
