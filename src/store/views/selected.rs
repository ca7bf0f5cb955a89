//! The values that a view shows of a row's version `v`: its columns, and values derived from them.

use crate::model::{DocumentColumn, ResourceSpec};
use crate::store::columns::Column;
use crate::store::file::quoted;

/// Returns the columns with the id of each policy that the version `v` holds, which follow its own columns. The id is
/// the hash of the policy's text, and finds its statements. A text is looked up by its length first, because no index
/// holds long texts.
pub(super) fn document_ids(spec: &ResourceSpec) -> String {
    let of = |held: &DocumentColumn| {
        let (id, text) = (quoted(&held.id_column()?), quoted(held.column));
        Some(format!(
            ",
    CAST((SELECT d.document_id FROM policy_documents AS d WHERE d.length = length(v.{text}) AND d.document = v.{text}) AS TEXT)
        AS {id}"
        ))
    };
    spec.documents.iter().filter_map(of).collect()
}

/// Returns the columns with NULL in place of volatile ones. Only their newest value is stored, and no snapshot may
/// answer with the value of a later day.
pub(super) fn lasting(spec: &ResourceSpec, columns: &[Column]) -> String {
    let of = |column: &Column| {
        let name = quoted(&column.name);
        match spec.volatile.contains(&column.name.as_str()) {
            true => format!("CAST(NULL AS {}) AS {name}", column.sql_type),
            false => format!("v.{name}"),
        }
    };
    columns.iter().map(of).collect::<Vec<_>>().join(", ")
}

pub(super) fn list(columns: &[Column]) -> String {
    let names: Vec<_> = columns.iter().map(|column| format!("v.{}", quoted(&column.name))).collect();
    names.join(", ")
}
