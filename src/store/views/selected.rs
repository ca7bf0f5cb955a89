//! What a view shows of the version `v` of a row: its columns, and what follows from them.

use crate::model::{DocumentColumn, ResourceSpec};
use crate::store::columns::Column;
use crate::store::file::quoted;

/// The id of each policy that the version `v` holds, after its columns: that of its text, by which its statements are
/// found. A text is found by its length first: no index has long texts.
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

/// The columns with NULL in place of volatile ones, of which only the newest value is kept: no snapshot may answer with
/// that of a later day.
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
