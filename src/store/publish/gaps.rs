//! The gaps of a snapshot: those of tasks that did not finish, and those that no task stands for.

use rusqlite::Connection;

use super::scopes::{Scopes, json_path};
use crate::error::Result;
use crate::model::RESOURCES;
use crate::store::GapKind;
use crate::store::columns::resource_columns;
use crate::store::file::{Doing, literal};

/// The columns of a gap, except its scope.
const REASON_COLUMNS: &str = "kind, operation, error_code, error_message, attempts, request_id, observed_at";

/// Writes the snapshot's gaps, one per scope, and returns their scopes.
///
/// If several gaps have the same scope, the most informative one stays: a refusal or failure wins over a scope that was
/// not requested. The gaps of a stopped kind of task are merged into one wide gap, if there is one. A wide gap of what was not asked is no such gap: a refusal inside it
/// tells more. A gap stays even if
/// another task saw the same scope: that task reported which keys exist, and this one would have reported the rest. The
/// same holds beside a wide gap. Otherwise that scope would count as a part that was seen in spite of the wide gap.
pub(super) fn gather(connection: &Connection, snapshot_id: i64) -> Result<Scopes> {
    let explicit = gather_explicit(connection)?;
    connection
        .execute_batch(&format!(
            "CREATE TEMP TABLE publish_unseen AS
                 SELECT s.resource, s.scope, t.failure_kind AS kind, t.operation, t.error_code,
                     t.error_message, t.attempts, t.request_id, t.observed_at
                 FROM staging.tasks AS t JOIN staging.task_scopes AS s ON s.task_id = t.task_id
                 WHERE t.state = 'gap';
             INSERT INTO temp.publish_unseen (resource, scope, kind, error_message, attempts)
                 SELECT s.resource, s.scope, 'failed', 'the collection ended before this was listed', 0
                 FROM staging.tasks AS t JOIN staging.task_scopes AS s ON s.task_id = t.task_id
                 WHERE t.state = 'open';
             INSERT INTO temp.publish_unseen
                 SELECT s.resource, s.scope, t.failure_kind, t.operation, t.error_code, t.error_message,
                     t.attempts, t.request_id, t.observed_at
                 FROM staging.tasks AS t JOIN staging.task_scopes AS s ON s.task_id = t.task_id
                 WHERE t.state = 'stopped' AND (NOT ({covered}) OR EXISTS (
                     SELECT 1 FROM temp.publish_seen AS p WHERE p.resource = s.resource AND p.scope = s.scope));
             INSERT INTO temp.publish_unseen SELECT resource, scope, {REASON_COLUMNS} FROM staging.gaps;",
            covered = covered_scope(connection, &explicit)?
        ))
        .doing("gather what was not seen")?;
    // SQLite takes the other columns from the row that has the minimum.
    connection
        .execute(
            &format!(
                "INSERT INTO main.gaps (snapshot_id, resource, scope, {REASON_COLUMNS})
                 SELECT ?1, resource, scope, {REASON_COLUMNS} FROM (
                     SELECT resource, scope, {REASON_COLUMNS}, min({rank}) FROM temp.publish_unseen GROUP BY resource, scope
                 )",
                rank = rank("kind")
            ),
            [snapshot_id],
        )
        .doing("write the gaps")?;
    connection
        .execute_batch(&format!(
            "CREATE TEMP TABLE publish_gap AS SELECT resource, scope FROM main.gaps WHERE snapshot_id = {snapshot_id}"
        ))
        .doing("group the gaps")?;
    Scopes::of(connection, "publish_gap")
}

/// Returns the SQL of [`GapKind::rank`].
pub(super) fn rank(kind: &str) -> String {
    let ranks = GapKind::BY_INFORMATION.iter().enumerate();
    let ranks: String =
        ranks.map(|(rank, one)| format!(" WHEN {} THEN {rank}", literal(one.as_str()))).collect();
    format!("CASE {kind}{ranks} ELSE {} END", GapKind::BY_INFORMATION.len())
}

fn gather_explicit(connection: &Connection) -> Result<Scopes> {
    connection
        .execute_batch(
            "CREATE TEMP TABLE publish_explicit AS
                 SELECT DISTINCT resource, scope FROM staging.gaps WHERE kind <> 'not_asked'",
        )
        .doing("gather what was not seen")?;
    Scopes::of(connection, "publish_explicit")
}

/// Returns the SQL condition that an explicit gap of the same or a wider scope covers the scope `s`: `s` names each of
/// the gap's columns with the same value.
fn covered_scope(connection: &Connection, explicit: &Scopes) -> Result<String> {
    let mut cases = String::new();
    for spec in RESOURCES.iter().filter(|spec| explicit.has_any(spec.name)) {
        let columns = resource_columns(connection, spec.name)?;
        let value_of = |name: &str| {
            columns
                .iter()
                .any(|column| column.name == name)
                .then(|| format!("json_extract(s.scope, {})", json_path(name)))
        };
        cases.push_str(&format!(
            " WHEN {} THEN {}",
            literal(spec.name),
            explicit.cover(spec.name, &value_of)
        ));
    }
    Ok(if cases.is_empty() { "0".to_owned() } else { format!("CASE s.resource{cases} ELSE 0 END") })
}
