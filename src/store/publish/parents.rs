//! Rows whose parent is gone: if a parent is seen not to exist, the scope of its children counts as seen and empty.
//! Their open versions are closed, and staged ones (their parent was deleted during the run) are left out. The same
//! applies to rows that were found by their name in another row, when no row names them any more.

use super::Publishing;
use crate::error::Result;
use crate::model::{NamedBy, Parent, ParentWhen, ResourceSpec, resource};
use crate::store::columns::versions_table;
use crate::store::file::{Doing, literal, quoted};

/// The rows of a resource whose parent is gone, or that no row names any more.
#[derive(Debug, Default)]
pub(super) struct Dead {
    /// The SQL conditions, each on a row with the alias `x`.
    conditions: Vec<String>,
    /// The number of staged rows left out.
    pub dropped: i64,
}

impl Dead {
    /// Returns the SQL condition that the row with the alias `x` is gone with its parent or its last reference.
    pub(super) fn condition(&self) -> String {
        if self.conditions.is_empty() {
            "0".to_owned()
        } else {
            format!("({})", self.conditions.join(" OR "))
        }
    }
}

/// Finds the parents of a resource's rows that are seen not to exist, and leaves out the staged rows of these parents.
/// The parents' own publish must be done, and that of the rows that name this resource.
pub(super) fn drop_orphans(publishing: &mut Publishing<'_>, spec: &'static ResourceSpec) -> Result<Dead> {
    let mut dead = Dead::default();
    for (number, parent) in spec.parents.iter().enumerate() {
        let table = format!("publish_dead_{}_{number}", spec.name);
        if gather(publishing, spec, parent, &table).doing("look for deleted parents")? > 0 {
            let equal: Vec<_> = parent.columns.iter().map(|(column, _)| quoted(column)).collect();
            let equal: Vec<_> = equal.iter().map(|column| format!("d.{column} = x.{column}")).collect();
            dead.conditions.push(format!(
                "({} AND EXISTS (SELECT 1 FROM temp.{table} AS d WHERE {}))",
                holds(parent),
                equal.join(" AND ")
            ));
        }
    }
    dead.conditions
        .extend(spec.named_by.as_ref().map(|named_by| no_longer_named(publishing, spec, named_by)));
    if !dead.conditions.is_empty() {
        dead.dropped = leave_out(publishing, spec, &dead).doing("leave out rows of deleted parents")?;
    }
    Ok(dead)
}

/// Returns the staged rows of a resource without those left out, as a FROM item.
pub(super) fn staged(publishing: &Publishing<'_>, spec: &ResourceSpec) -> String {
    let table = format!("staging.{}", quoted(spec.name));
    if !publishing.dropped.contains(spec.name) {
        return table;
    }
    let equal: Vec<_> = spec.key.iter().map(|key| quoted(key)).collect();
    let equal: Vec<_> = equal.iter().map(|key| format!("o.{key} = i.{key}")).collect();
    format!(
        "(SELECT i.* FROM {table} AS i WHERE NOT EXISTS (SELECT 1 FROM temp.{} AS o WHERE {}))",
        dropped_table(spec),
        equal.join(" AND ")
    )
}

fn dropped_table(spec: &ResourceSpec) -> String {
    quoted(&format!("publish_dropped_{}", spec.name))
}

/// Fills `table` with the keys of parents that rows name and that are seen not to exist; returns their number.
fn gather(
    publishing: &Publishing<'_>,
    spec: &ResourceSpec,
    parent: &Parent,
    table: &str,
) -> rusqlite::Result<usize> {
    let columns: Vec<_> = parent.columns.iter().map(|(column, _)| quoted(column)).collect();
    let columns = columns.join(", ");
    let holds = holds(parent);
    let dead = dead(publishing, parent);
    publishing.connection.execute_batch(&format!(
        "CREATE TEMP TABLE {table} ({columns}, PRIMARY KEY ({columns})) WITHOUT ROWID;"
    ))?;
    let sources = [
        format!("main.{} AS x WHERE x.valid_to IS NULL AND {holds}", quoted(&versions_table(spec.name))),
        format!("staging.{} AS x WHERE {holds}", quoted(spec.name)),
    ];
    let mut found = 0;
    for source in sources {
        // DISTINCT comes first: a parent has many children, and each check below is a few index probes.
        found += publishing.connection.execute(
            &format!(
                "INSERT OR IGNORE INTO temp.{table} SELECT {columns} FROM (SELECT DISTINCT {columns} FROM {source}) AS x
                 WHERE {dead}"
            ),
            [],
        )?;
    }
    Ok(found)
}

/// Returns the SQL condition that the relation holds for the row `x`.
fn holds(parent: &Parent) -> String {
    match parent.when {
        ParentWhen::Column(column, value) => format!("x.{} = {}", quoted(column), literal(value)),
        ParentWhen::Filled(column) => format!("x.{} <> ''", quoted(column)),
        ParentWhen::Always => "1".to_owned(),
    }
}

/// Returns the SQL condition that the parent of the row `x` is seen not to exist: it is neither staged nor alive, and
/// either it was closed by this publish, or a scope over its key was seen. (No parent has a parent of its own.)
fn dead(publishing: &Publishing<'_>, parent: &Parent) -> String {
    let spec = resource(parent.resource).expect("the parents of the model are resources of the model");
    let key: Vec<(&str, String)> =
        parent.columns.iter().map(|(child, key)| (*key, format!("x.{}", quoted(child)))).collect();
    let equal: Vec<_> = key.iter().map(|(column, value)| format!("p.{} = {value}", quoted(column))).collect();
    let equal = equal.join(" AND ");
    let versions = format!("main.{}", quoted(&versions_table(spec.name)));

    let of_key = |column: &str| key.iter().find(|(name, _)| *name == column).map(|(_, value)| value.clone());
    let evidence = [
        format!(
            "EXISTS (SELECT 1 FROM {versions} AS p WHERE {equal} AND p.valid_to = {})",
            publishing.snapshot_id
        ),
        publishing.seen.cover(spec.name, &of_key),
    ];
    format!(
        "(NOT EXISTS (SELECT 1 FROM {versions} AS p WHERE {equal} AND p.valid_to IS NULL)
          AND NOT EXISTS (SELECT 1 FROM {staged} AS p WHERE {equal})
          AND ({evidence}))",
        staged = staged(publishing, spec),
        evidence = evidence.join(" OR ")
    )
}

/// Returns the SQL condition that no row names the row `x` any more. If the naming rows could not all be listed, a gap
/// of the named resource records that `x` may still be named.
fn no_longer_named(publishing: &Publishing<'_>, spec: &ResourceSpec, named_by: &NamedBy) -> String {
    let of_row = |column: &str| Some(format!("x.{}", quoted(column)));
    format!(
        "(x.{key} NOT IN (SELECT n.{column} FROM main.{versions} AS n WHERE n.valid_to IS NULL AND n.{column} IS NOT NULL)
          AND NOT {hidden})",
        key = quoted(named_by.key),
        column = quoted(named_by.column),
        versions = quoted(&versions_table(named_by.resource)),
        hidden = publishing.gaps.cover(spec.name, &of_row),
    )
}

fn leave_out(
    publishing: &mut Publishing<'_>,
    spec: &'static ResourceSpec,
    dead: &Dead,
) -> rusqlite::Result<i64> {
    let key: Vec<_> = spec.key.iter().map(|column| quoted(column)).collect();
    let key = key.join(", ");
    let table = dropped_table(spec);
    publishing
        .connection
        .execute_batch(&format!("CREATE TEMP TABLE {table} ({key}, PRIMARY KEY ({key})) WITHOUT ROWID;"))?;
    let dropped = publishing.connection.execute(
        &format!(
            "INSERT INTO temp.{table} SELECT {key} FROM staging.{} AS x WHERE {}",
            quoted(spec.name),
            dead.condition()
        ),
        [],
    )?;
    if dropped > 0 {
        publishing.dropped.insert(spec.name);
    }
    Ok(dropped as i64)
}
