//! The scopes that were seen under a wider gap, so that a reader does not take a seen row for a hidden one.
//!
//! Only the scopes under a gap are stored. A record of every scope of every snapshot would be larger than the rows, and
//! without a gap everything was seen. For two kinds of scope it was only seen which keys they hold, while the gap
//! belongs to the task that would have reported the rest: a scope that is the gap's own, and a scope in which a row was
//! listed by its key and never described.

use rusqlite::{Connection, params};

use super::scopes::{Group, Scopes, json_path};
use crate::error::Result;
use crate::store::file::{Doing, literal, quoted};

/// Writes the seen scopes that are narrower than a gap, and records on the gaps the columns of these scopes.
pub(super) fn write(connection: &Connection, snapshot_id: i64, seen: &Scopes, gaps: &Scopes) -> Result<()> {
    for gap in gaps.groups() {
        for scope in seen.groups().filter(|scope| lies_under(scope, gap)) {
            keep(connection, snapshot_id, scope, gap).doing("keep what was seen under the gaps")?;
        }
    }
    Ok(())
}

/// Returns true if scopes with the columns of `scope` can be narrower than gaps with the columns of `gap`.
fn lies_under(scope: &Group, gap: &Group) -> bool {
    scope.resource == gap.resource
        && scope.columns.len() > gap.columns.len()
        && gap.columns.iter().all(|column| scope.columns.contains(column))
}

fn keep(connection: &Connection, snapshot_id: i64, scope: &Group, gap: &Group) -> rusqlite::Result<()> {
    let of_scope = |column: &str| Some(format!("x.{}", quoted(column)));
    let in_a_gap = gap.covers(&of_scope).expect("a narrower scope has every column of the gap");
    let members: Vec<_> =
        scope.columns.iter().map(|column| format!("{}, x.{}", literal(column), quoted(column))).collect();
    let found = connection.execute(
        &format!(
            "INSERT INTO main.seen_under_gaps (snapshot_id, resource, scope)
             SELECT ?1, ?2, json_object({}) FROM temp.{} AS x WHERE {in_a_gap} AND {}
             ON CONFLICT DO UPDATE SET scope = excluded.scope",
            members.join(", "),
            scope.table,
            is_described(scope)
        ),
        params![snapshot_id, scope.resource],
    )?;
    if found == 0 {
        return Ok(());
    }
    let names = |group: &Group| serde_json::to_string(&group.columns).expect("names are always JSON");
    let values: Vec<_> =
        gap.columns.iter().map(|column| format!("json_extract(scope, {})", json_path(column))).collect();
    let columns: Vec<_> = gap.columns.iter().map(|column| quoted(column)).collect();
    let holds_some = match gap.columns.as_slice() {
        [] => "1".to_owned(),
        _ => format!("({}) IN (SELECT {} FROM temp.{})", values.join(", "), columns.join(", "), scope.table),
    };
    connection
        .execute(
            &format!(
                "UPDATE main.gaps SET seen_columns = json_insert(coalesce(seen_columns, '[]'), '$[#]', json(?4))
                 WHERE snapshot_id = ?1 AND resource = ?2
                   AND (SELECT json_group_array(j.key) FROM json_each(scope) AS j) = ?3 AND {holds_some}"
            ),
            params![snapshot_id, scope.resource, names(gap), names(scope)],
        )
        .map(|_| ())
}

/// Returns the SQL condition that no row in the scope `x` was staged by its key alone. The listing that saw the scope
/// gave its rows the scope's values.
fn is_described(scope: &Group) -> String {
    let list = |of: &str| -> String {
        let columns = scope.columns.iter().map(|column| format!("{of}{}", quoted(column)));
        columns.collect::<Vec<_>>().join(", ")
    };
    let known: String =
        scope.columns.iter().map(|column| format!(" AND t.{} IS NOT NULL", quoted(column))).collect();
    format!(
        "({}) NOT IN (SELECT {} FROM staging.{} AS t WHERE t.whole = 0{known})",
        list("x."),
        list("t."),
        quoted(&scope.resource)
    )
}
