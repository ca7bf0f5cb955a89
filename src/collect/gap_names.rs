//! What a person calls the scope of a gap: where a listing fails for one thing, the warning names it.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension};

use crate::error::Result;
use crate::model::{referred_to, resource};
use crate::store::{Gap, GapKind, failed};

/// Returns the names of the scopes of what was denied or failed, by the scope as its gap has it: `Workloads (ou-…)`.
/// A scope that names nothing in particular is left out.
pub(super) fn gap_names(connection: &Connection, gaps: &[Gap]) -> Result<BTreeMap<String, String>> {
    let mut names = BTreeMap::new();
    for gap in gaps.iter().filter(|gap| matches!(gap.kind, GapKind::Denied | GapKind::Failed)) {
        let scope: BTreeMap<String, String> = serde_json::from_str(&gap.scope).unwrap_or_default();
        let mut parts = Vec::new();
        for (column, id) in &scope {
            let referred = referred_to(column);
            if referred.is_empty() {
                continue;
            }
            let mut name = None;
            for other in referred {
                name = match name {
                    None => name_of(connection, other, id)?,
                    found => found,
                };
            }
            parts.push(match name {
                None => id.clone(),
                // A set's name is its own, and its ARN is long.
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

/// What names the row of a resource whose key is this one value, as it is now.
fn name_of(connection: &Connection, name: &str, id: &str) -> Result<Option<String>> {
    let Some(spec) = resource(name) else { return Ok(None) };
    let ([key], [label, ..]) = (spec.key, spec.label) else { return Ok(None) };
    let sql = format!("SELECT \"{label}\" FROM \"{name}\" WHERE \"{key}\" = ?1");
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_row([id], |row| row.get(0)).optional())
        .map(Option::flatten)
        .map_err(failed)
}
