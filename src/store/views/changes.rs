//! The SQL of `<name>_changes` and of `changes`: the versions that began and ended at each snapshot, against the one
//! before.
//!
//! Both start from the snapshots and use the indexes on the beginnings and ends of versions, so their cost grows with
//! the number of changes. A row that ended was seen to be gone, because nothing else closes it; if only a pruned
//! snapshot saw that, it is `unknown`. A row that began is `added` only if the snapshot before saw that it was absent;
//! otherwise it is `unknown`.

use super::label::label;
use super::{Answering, File, list};
use crate::model::{DerivedView, OverRange, ResourceSpec};
use crate::store::columns::{Column, versions_table};
use crate::store::documents;
use crate::store::file::{literal, quoted};
use crate::store::visibility::sql::{end_unseen, same_key, unseen};

/// The view with the changes of all resources. `select` is its beginning; the rest is made from the views of the
/// resources.
pub(in crate::store) const CHANGES: DerivedView = DerivedView {
    name: "changes",
    description: "What changed at each snapshot against the one before it, one row for each row of a resource.",
    select: "-- The first snapshot changed nothing. A row under a gap is never removed; changes by resource are in
-- <name>_changes, with the resource's own columns.
SELECT
    c.snapshot_id, -- the snapshot that saw the change
    c.taken_at, -- time of its first call, UTC
    c.resource, -- name of the resource
    c.change, -- added, removed, changed (a policy: in what it says, not in its spelling), or unknown: first seen, and a gap of the snapshot before may have hidden it
    c.key, -- the row's key, a JSON object of column to value
    c.label, -- a readable label of the row, with the names of that time
    c.fields -- of a changed row: a JSON object of column to {old, new}; NULL otherwise
FROM (",
    over_range: OverRange::Same,
    ..DerivedView::PLAIN
};

/// Returns the resource's part of [`CHANGES`].
pub(super) fn of_all(spec: &ResourceSpec) -> String {
    let key: Vec<_> =
        spec.key.iter().map(|column| format!("{}, c.{}", literal(column), quoted(column))).collect();
    format!(
        "SELECT c.snapshot_id, c.taken_at, CAST({} AS TEXT) AS resource, c.change, CAST(json_object({}) AS TEXT) AS key, c.label, c.fields
FROM {} AS c",
        literal(spec.name),
        key.join(", "),
        quoted(&format!("{}_changes", spec.name)),
    )
}

/// Returns the SELECT of `<name>_changes`: each changed row as it is in the snapshot, or as it was before its removal.
///
/// The snapshots come first in the join (CROSS JOIN). The pluses keep SQLite from looking for a row's other version
/// among everything that ended then. `t` is the snapshot. The one before it is `s` in conditions on what it saw, and
/// `f` if the row was in it.
pub(super) fn of_resource(
    spec: &ResourceSpec,
    columns: &[Column],
    answering: Answering,
    file: File,
) -> String {
    let kept: Vec<Column> =
        columns.iter().filter(|column| !spec.volatile.contains(&column.name.as_str())).cloned().collect();
    let table = quoted(&versions_table(spec.name));
    let same_key = same_key(spec, "b");
    let pairs = |before: &str| {
        format!(
            "FROM snapshots AS t
CROSS JOIN snapshots AS {before} ON {before}.snapshot_id = (
    SELECT max(q.snapshot_id) FROM snapshots AS q WHERE q.snapshot_id < t.snapshot_id)"
        )
    };
    format!(
        "SELECT t.snapshot_id, t.taken_at, s.snapshot_id AS previous_snapshot_id,
    CASE WHEN b.valid_to IS NOT NULL THEN 'changed' WHEN {unseen} THEN 'unknown' ELSE 'added' END AS change,
    {rows}, {label} AS label,
    CASE WHEN b.valid_to IS NOT NULL THEN {fields} END AS fields
{pairs}
CROSS JOIN {table} AS v ON v.valid_from = t.snapshot_id
LEFT JOIN {table} AS b ON +b.valid_to = t.snapshot_id{same_key}
WHERE {within} AND (b.valid_to IS NULL OR {differs})
UNION ALL
SELECT t.snapshot_id, t.taken_at, f.snapshot_id, CASE WHEN {end_unseen} THEN 'unknown' ELSE 'removed' END,
    {rows}, {label}, NULL
{after}
CROSS JOIN {table} AS v ON v.valid_to = t.snapshot_id
WHERE {within}
    AND NOT EXISTS (SELECT 1 FROM {table} AS b WHERE b.valid_from = t.snapshot_id{same_key})",
        unseen = unseen(spec, columns, file.knows_pruned),
        end_unseen = end_unseen(spec, columns, file.knows_pruned),
        after = pairs("f"),
        pairs = pairs("s"),
        differs = differs(spec, &kept, file),
        rows = list(&kept),
        label = label(spec, "t.snapshot_id"),
        fields = fields(spec, &kept, file),
        within = answering.changes(),
    )
}

/// Returns the condition that the versions `b` and `v` differ. They can be equal: a row was closed and seen again
/// unchanged, and the snapshots in between were pruned.
fn differs(spec: &ResourceSpec, columns: &[Column], file: File) -> String {
    let values = columns.iter().filter(|column| !spec.key.contains(&column.name.as_str()));
    let differ: Vec<_> = values.map(|column| differ_in(spec, &column.name, file)).collect();
    if differ.is_empty() { "0".to_owned() } else { format!("({})", differ.join(" OR ")) }
}

/// Returns the condition that the versions `b` and `v` differ in a column. Documents differ only by meaning.
fn differ_in(spec: &ResourceSpec, column: &str, file: File) -> String {
    let name = quoted(column);
    match spec.document(column) {
        None => format!("b.{name} IS NOT v.{name}"),
        Some(held) if file.hashes_documents => {
            format!("{} IS NOT {}", documents::stored(held, "b"), documents::stored(held, "v"))
        }
        Some(held) => {
            let (before, after) = (documents::computed(held, "b"), documents::computed(held, "v"));
            format!("b.{name} IS NOT v.{name} AND {before} IS NOT {after}")
        }
    }
}

/// Returns the SQL of the columns that differ between the versions `b` and `v`, as a JSON object of column to old and
/// new value.
fn fields(spec: &ResourceSpec, columns: &[Column], file: File) -> String {
    let values: Vec<String> = columns
        .iter()
        .filter(|column| !spec.key.contains(&column.name.as_str()))
        .map(|column| {
            let (text, name) = (literal(&column.name), quoted(&column.name));
            let differs = differ_in(spec, &column.name, file);
            format!("SELECT {text} AS name, b.{name} AS old, v.{name} AS new WHERE {differs}")
        })
        .collect();
    if values.is_empty() {
        return "NULL".to_owned();
    }
    format!(
        "(SELECT json_group_object(f.name, json_object('old', f.old, 'new', f.new))
        FROM ({}) AS f)",
        values.join(" UNION ALL ")
    )
}
