//! Counts the unchanged rows under a scope: rows that a gap makes unknown although nothing differs.
//!
//! This is the only place where the diff counts unchanged rows. It reads keys of the scope. For a whole resource it
//! uses the number that the snapshot itself recorded, less the rows of narrower scopes that were seen anyway.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension, params_from_iter};

use super::{Difference, VersionTable, quoted, version_of};
use crate::diff::change::HidingGap;
use crate::diff::snapshot_pair::{Sides, SnapshotPair};
use crate::error::Result;
use crate::store::SnapshotGaps;
use crate::store::unreadable;
use crate::store::{Record, text_of};

/// Returns the number of rows of the scope that are the same version in both snapshots and hidden in one of them.
/// `differences` are all of the resource; `gaps` are the one or two gaps of this scope, each with the columns of the
/// narrower scopes in it that were seen anyway.
pub(super) fn unchanged_rows(
    connection: &Connection,
    pair: SnapshotPair,
    table: &VersionTable,
    differences: &[Difference],
    scope: &Record,
    gaps: &[(&HidingGap, &[Vec<String>])],
) -> Result<i64> {
    if scope.keys().any(|column| !table.columns.contains(column)) {
        return Ok(0);
    }
    let in_scope = rows_in_scope(connection, pair, table, differences, scope)?;
    // A row that one of two gaps hides is unknown, whether or not the other hides it too.
    if in_scope == 0 || gaps.iter().any(|(_, seen_columns)| seen_columns.is_empty()) {
        return Ok(in_scope);
    }
    Ok((in_scope - seen_rows(connection, pair, table, scope, gaps)?).max(0))
}

/// Returns the number of rows that are the same version in both snapshots and hidden in one of them, each counted once
/// however many gaps hide it. `scopes` are the gaps of both, with the number of rows of each.
pub(super) fn distinct_unchanged(
    connection: &Connection,
    pair: SnapshotPair,
    table: &VersionTable,
    differences: &[Difference],
    unseen: &Sides<Rc<SnapshotGaps>>,
    scopes: &BTreeMap<String, (HidingGap, i64)>,
) -> Result<i64> {
    let hiding: Vec<_> = scopes.values().filter(|(_, rows)| *rows > 0).collect();
    let columns: BTreeSet<Vec<&String>> = hiding.iter().map(|(gap, _)| sorted_names(&gap.scope)).collect();
    // Two scopes that name the same columns have no row in common.
    if columns.len() <= 1 {
        return Ok(hiding.iter().map(|(_, rows)| rows).sum());
    }
    if [&unseen.from, &unseen.to].into_iter().any(|side| side.saw_nothing()) {
        return rows_in_scope(connection, pair, table, differences, &Record::default());
    }
    let mut rows = HashSet::new();
    for columns in columns {
        let mut values = vec![serde_json::to_string(&columns).expect("names are always JSON")];
        let equal: String = columns
            .iter()
            .map(|column| {
                values.push(format!("$.\"{column}\""));
                format!(" AND v.{} = json_extract(n.scope, ?{})", quoted(column), values.len())
            })
            .collect();
        let sql = format!(
            "SELECT v.*, v.rowid AS version FROM gaps AS n CROSS JOIN {} AS v
             WHERE n.snapshot_id IN ({from}, {to}) AND n.resource = '{resource}'
               AND (SELECT json_group_array(j.key) FROM json_each(n.scope) AS j) = ?1{equal}
               AND +v.valid_from <= {earlier} AND (v.valid_to IS NULL OR v.valid_to > {later})",
            quoted(&format!("{}_versions", table.spec.name)),
            from = pair.from,
            to = pair.to,
            resource = table.spec.name,
            earlier = pair.earlier(),
            later = pair.later(),
        );
        let mut statement = connection.prepare_cached(&sql).map_err(unreadable)?;
        let mut found = statement.query(params_from_iter(values)).map_err(unreadable)?;
        while let Some(one) = found.next().map_err(unreadable)? {
            let row = version_of(table, one).map_err(unreadable)?.row;
            if unseen.from.hides(&row) || unseen.to.hides(&row) {
                rows.insert(one.get::<_, i64>("version").map_err(unreadable)?);
            }
        }
    }
    Ok(rows.len() as i64)
}

/// Returns the columns that a scope names, in order.
fn sorted_names(scope: &Record) -> Vec<&String> {
    scope.keys().collect::<BTreeSet<_>>().into_iter().collect()
}

/// Returns the number of these rows in scopes that every one of the gaps' snapshots saw, found from the scopes.
fn seen_rows(
    connection: &Connection,
    pair: SnapshotPair,
    table: &VersionTable,
    scope: &Record,
    gaps: &[(&HidingGap, &[Vec<String>])],
) -> Result<i64> {
    let (earlier, later) = (pair.earlier(), pair.later());
    let mut values = Vec::new();
    let mut place = |value: String| {
        values.push(value);
        format!("?{}", values.len())
    };
    let in_scope: String = scope
        .iter()
        .map(|(column, value)| format!(" AND v.{} = {}", quoted(column), place(text_of(value))))
        .collect();
    let resource = place(table.spec.name.to_owned());
    let mut of_snapshots = Vec::new();
    for (gap, seen_columns) in gaps {
        let mut of_columns = Vec::new();
        for columns in *seen_columns {
            let equal: String = columns
                .iter()
                .map(|column| {
                    let path = place(format!("$.\"{column}\""));
                    format!(" AND v.{} = json_extract(u.scope, {path})", quoted(column))
                })
                .collect();
            let names = place(serde_json::to_string(columns).expect("names are always JSON"));
            of_columns.push(format!(
                "SELECT v.rowid FROM seen_under_gaps AS u CROSS JOIN {} AS v
                 WHERE u.snapshot_id = {} AND u.resource = {resource}
                   AND (SELECT json_group_array(j.key) FROM json_each(u.scope) AS j) = {names}{equal}{in_scope}
                   AND +v.valid_from <= {earlier} AND (v.valid_to IS NULL OR v.valid_to > {later})",
                quoted(&format!("{}_versions", table.spec.name)),
                gap.snapshot_id,
            ));
        }
        of_snapshots.push(format!("SELECT * FROM ({})", of_columns.join(" UNION ")));
    }
    let sql = format!("SELECT count(*) FROM ({})", of_snapshots.join(" INTERSECT "));
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row(params_from_iter(values), |row| row.get(0)))
        .map_err(unreadable)
}

fn rows_in_scope(
    connection: &Connection,
    pair: SnapshotPair,
    table: &VersionTable,
    differences: &[Difference],
    scope: &Record,
) -> Result<i64> {
    // There is no need to walk the whole table: the later snapshot records its number of rows.
    if scope.is_empty()
        && let Some(rows) = rows_on(connection, pair.later(), table.spec.name)?
    {
        let began = differences
            .iter()
            .filter(|difference| pair.sides(&difference.before, &difference.after).to.is_some())
            .count();
        return Ok((rows - began as i64).max(0));
    }
    let mut sql = format!(
        "SELECT count(*) FROM {} WHERE valid_from <= ?1 AND (valid_to IS NULL OR valid_to > ?2)",
        quoted(&format!("{}_versions", table.spec.name))
    );
    let mut values = vec![pair.earlier().to_string(), pair.later().to_string()];
    for (column, value) in scope.iter() {
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
