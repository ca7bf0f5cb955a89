//! SQL conditions on what a snapshot `s` saw of a version `v`: whether a gap, here `n`, hides its row.

use super::implicit;
use crate::model::ResourceSpec;
use crate::store::columns::{Column, versions_table};
use crate::store::file::{literal, quoted};

/// Returns the condition that the snapshot `s`, in which the version `v` had not begun, may merely not have seen its
/// row: a gap hides it, or an older program that did not know the resource collected none of it. The absence was surely
/// seen if the snapshot closed another version of the row.
pub(in crate::store) fn unseen(spec: &ResourceSpec, columns: &[Column], knows_pruned: bool) -> String {
    unless_closed(spec, &blind(spec, columns, implicit::before(spec, "v.valid_from")), knows_pruned)
}

/// Returns the condition, except for a snapshot `s` that itself closed a version of `v`'s row, which needs evidence.
pub(super) fn unless_closed(spec: &ResourceSpec, condition: &str, knows_pruned: bool) -> String {
    format!(
        "({condition}
    AND NOT coalesce({written_down},
        EXISTS (SELECT 1 FROM {table} AS e WHERE +e.valid_to = s.snapshot_id{same_key})))",
        written_down = ending_seen(spec, "s", knows_pruned),
        table = quoted(&versions_table(spec.name)),
        same_key = same_key(spec, "e"),
    )
}

/// Returns the condition that the snapshot `t` may merely not have seen the row of the version `v`, which was alive in
/// the snapshot `f` before it and ended by `t`: only a pruned snapshot saw that it was gone.
pub(in crate::store) fn end_unseen(spec: &ResourceSpec, columns: &[Column], knows_pruned: bool) -> String {
    format!(
        "({written_down} IS 0 AND EXISTS (SELECT 1 FROM snapshots AS s WHERE s.snapshot_id = t.snapshot_id
    AND {blind}))",
        written_down = ending_seen(spec, "t", knows_pruned),
        blind = blind(spec, columns, implicit::since(spec, "f.snapshot_id")),
    )
}

/// Returns the condition that a gap hides the row of the version `v` from the snapshot `s`, that the resource was not
/// collected, or that `besides` holds.
pub(super) fn blind(spec: &ResourceSpec, columns: &[Column], besides: Option<String>) -> String {
    let besides = besides.map(|why| format!(" OR ({why})")).unwrap_or_default();
    format!(
        "({hidden}
    OR NOT EXISTS (SELECT 1 FROM coverage AS c
        WHERE c.snapshot_id = s.snapshot_id AND c.resource = {resource} AND c.status IN ('complete', 'limited', 'partial'))
    AND NOT EXISTS (SELECT 1 FROM gap_columns AS o
        WHERE o.snapshot_id = s.snapshot_id AND o.resource = {resource} AND o.columns = '[]'){besides})",
        resource = literal(spec.name),
        hidden = hidden(spec.name, columns),
    )
}

/// Returns the condition that the snapshot `s` may not have seen that the row of the version `v` is gone, whatever
/// snapshot it was alive in.
pub(in crate::store) fn may_be_blind(spec: &ResourceSpec, columns: &[Column]) -> String {
    blind(spec, columns, implicit::ever(spec))
}

/// Returns the SQL of whether the snapshot with this alias itself saw that the row of the version `v` was gone, if
/// pruning recorded that; else NULL.
fn ending_seen(spec: &ResourceSpec, snapshot: &str, knows_pruned: bool) -> String {
    if !knows_pruned {
        return "NULL".to_owned();
    }
    format!(
        "CASE WHEN EXISTS (SELECT 1 FROM pruned_endings) THEN (SELECT p.seen FROM pruned_endings AS p
        WHERE p.snapshot_id = {snapshot}.snapshot_id AND p.resource = {} AND p.key = {}) END",
        literal(spec.name),
        key_of(spec, "v")
    )
}

/// Returns the SQL of when the version `v` was last seen before the snapshot in which it begins, if that one only
/// carried it and those that saw it are pruned; else NULL. Few files have such a version, and in others no row is
/// looked up.
pub(in crate::store) fn seen_before(spec: &ResourceSpec, knows_pruned: bool) -> String {
    if !knows_pruned {
        return "NULL".to_owned();
    }
    format!(
        "CASE WHEN EXISTS (SELECT 1 FROM pruned_beginnings) THEN (SELECT b.last_seen_at FROM pruned_beginnings AS b
        WHERE b.snapshot_id = v.valid_from AND b.resource = {} AND b.key = {}) END",
        literal(spec.name),
        key_of(spec, "v")
    )
}

/// Returns the key of the row with this alias, as JSON.
pub(in crate::store) fn key_of(spec: &ResourceSpec, alias: &str) -> String {
    let member = |column: &&str| format!("{}, {alias}.{}", literal(column), quoted(column));
    let members: Vec<_> = spec.key.iter().map(member).collect();
    format!("json_object({})", members.join(", "))
}

/// Returns ` AND b.x = v.x` for each column of the key.
pub(in crate::store) fn same_key(spec: &ResourceSpec, other: &str) -> String {
    let same = |column: &&str| format!(" AND {other}.{column} = v.{column}", column = quoted(column));
    spec.key.iter().map(same).collect()
}

/// Returns the condition that the snapshot `s` did not see the row `v`: a gap covers it, and no narrower scope that was
/// seen anyway does. The snapshot records the column sets of its gaps, so a row needs one probe for each set, however
/// many gaps there are.
pub(in crate::store) fn hidden(resource: &str, columns: &[Column]) -> String {
    format!(
        "EXISTS (SELECT 1 FROM gap_columns AS o CROSS JOIN gaps AS n
        WHERE o.snapshot_id = s.snapshot_id AND o.resource = {resource}
        AND n.snapshot_id = o.snapshot_id AND n.resource = o.resource AND n.scope = {scope}
        AND NOT {seen})",
        resource = literal(resource),
        scope = scope_of("o.columns", columns),
        seen = seen_all_the_same(columns)
    )
}

/// Returns the condition that the gap `n` covers the row `v`: no column that its scope names has another value.
pub(in crate::store) fn covers(columns: &[Column]) -> String {
    format!(
        "NOT EXISTS (SELECT 1 FROM json_each(n.scope) AS j WHERE {} IS NOT j.value)",
        value_of("j.key", columns)
    )
}

/// Returns the condition that a scope narrower than that of the gap `n` was seen and covers the row `v`. The gap
/// records the column sets of such scopes, so a row needs one probe for each set, however many scopes there are.
pub(in crate::store) fn seen_all_the_same(columns: &[Column]) -> String {
    format!(
        "EXISTS (SELECT 1 FROM json_each(n.seen_columns) AS k JOIN seen_under_gaps AS u
            ON u.snapshot_id = n.snapshot_id AND u.resource = n.resource AND u.scope = {})",
        scope_of("k.value", columns)
    )
}

/// Returns the condition that the gap `n` hides all of a scope from its snapshot: no narrower scope was seen anyway.
/// `scopes` is a list of the texts of all scopes that cover that one.
pub(crate) fn hides_all(scopes: &str) -> String {
    format!(
        "n.scope IN ({scopes})
             AND NOT EXISTS (SELECT 1 FROM seen_under_gaps AS u
                 WHERE u.snapshot_id = n.snapshot_id AND u.resource = n.resource AND u.scope IN ({scopes})
                     AND u.scope <> n.scope AND NOT EXISTS (
                         SELECT 1 FROM json_each(n.scope) AS j
                         WHERE j.key NOT IN (SELECT k.key FROM json_each(u.scope) AS k)))"
    )
}

/// Returns the scope, as its text, that names the columns of the JSON array `names` and has the values of the row `v`.
fn scope_of(names: &str, columns: &[Column]) -> String {
    format!(
        "(SELECT json_group_object(c.value, {}) FROM json_each({names}) AS c)",
        value_of("c.value", columns)
    )
}

/// Returns the value, as text, of the column of `v` that the SQL `name` names; a scope's values are text.
fn value_of(name: &str, columns: &[Column]) -> String {
    let values: String = columns
        .iter()
        .map(|column| {
            let value = match column.sql_type.as_str() {
                "TEXT" => format!("v.{}", quoted(&column.name)),
                _ => format!("CAST(v.{} AS TEXT)", quoted(&column.name)),
            };
            format!(" WHEN {} THEN {value}", literal(&column.name))
        })
        .collect();
    format!("CASE {name}{values} END")
}
