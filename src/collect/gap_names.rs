//! The readable names of gap scopes. A warning about one failed listing uses them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::model::{Entity, resource};
use crate::store::{Gap, GapKind, failed};

/// Returns the names of the scopes that were denied or failed, by the scope as its gap spells it: `Workloads (ou-…)`. A
/// scope that names no entity is left out.
pub(super) fn gap_names(connection: &Connection, gaps: &[Gap]) -> Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    for gap in gaps.iter().filter(|gap| matches!(gap.kind, GapKind::Denied | GapKind::Failed)) {
        let scope: BTreeMap<String, String> = serde_json::from_str(&gap.scope).unwrap_or_default();
        let mut parts = Vec::new();
        for (column, id) in scope.iter().filter(|(_, id)| !id.is_empty()) {
            let spec = resource(&gap.resource).and_then(|spec| spec.column(column));
            let mut entities = spec.into_iter().flat_map(|column| column.entities()).peekable();
            if entities.peek().is_none() {
                continue;
            }
            let mut name = None;
            for entity in entities {
                name = match name {
                    None => name_of(connection, entity, id)?,
                    found => found,
                };
            }
            parts.push(match name {
                None => id.clone(),
                // The name of a permission set is unique, and its ARN is long.
                Some(name) if id.starts_with("arn:") => name,
                Some(name) => format!("{name} ({id})"),
            });
        }
        if !parts.is_empty() {
            names.insert(gap.scope.clone(), parts.join(", "));
        }
    }
    Ok(names)
}

/// Returns the current name of the entity, if it has one.
fn name_of(connection: &Connection, entity: Entity, id: &str) -> Result<Option<String>> {
    let spec = entity.spec();
    let (name, table, key) = (spec.names[0].column, spec.resource, spec.id);
    let sql = format!("SELECT \"{name}\" FROM \"{table}\" WHERE \"{key}\" = ?1");
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row([id], |row| row.get(0)).optional())
        .map(Option::flatten)
        .map_err(failed)
}
