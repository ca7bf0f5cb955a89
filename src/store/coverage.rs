//! The coverage: how much of each resource a snapshot saw.
//!
//! A snapshot that predates the counts of scopes not requested has the status `complete` where the status would now be
//! `limited`. Its rows are hashed and never change, so the status is derived from the gaps when it is read.

use rusqlite::Connection;
use serde::Serialize;

use super::columns::{columns, resource_columns, versions_table};
use super::file::{Doing, literal, quoted};
use super::snapshot::word_column;
use super::visibility::implicit::limits;
use super::visibility::sql::hidden;
use crate::amounts::counted;
use crate::error::Result;
use crate::model::RESOURCES;

/// The extent to which a snapshot saw a resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CoverageStatus {
    /// Everything was seen.
    Complete,
    /// Everything that was requested was seen, but only parts were requested.
    Limited,
    /// Less than requested was seen: a listing was denied or failed.
    Partial,
    /// Nothing was seen, because the resource was not requested.
    NotCollected,
    /// Nothing was seen: the organization or the kind of credentials rules it out.
    Unavailable,
}

impl CoverageStatus {
    /// Returns the value of the column `status`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Complete => "complete",
            Self::Limited => "limited",
            Self::Partial => "partial",
            Self::NotCollected => "not_collected",
            Self::Unavailable => "unavailable",
        }
    }
}

word_column!(
    CoverageStatus,
    CoverageStatus::Complete,
    CoverageStatus::Limited,
    CoverageStatus::Partial,
    CoverageStatus::NotCollected,
    CoverageStatus::Unavailable
);

/// A row of `coverage`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Coverage {
    /// The name of the resource, as in [`RESOURCES`].
    pub resource: String,
    /// The status, derived when it is read (see the module).
    pub status: CoverageStatus,
    /// The number of rows alive in the snapshot, including carried ones.
    pub rows: i64,
    /// The number of gaps of kind denied or failed.
    pub gaps: i64,
    /// The reason why the coverage is not complete; `None` if it is.
    pub reason: Option<String>,
    /// The number of scopes that were not requested.
    pub not_asked: i64,
    /// The number of rows carried forward without being seen; `None` if the snapshot did not count them.
    pub carried: Option<i64>,
}

impl Coverage {
    /// Returns the counts of scopes not requested and rows carried: `2 scopes not asked for, 17 of 20 rows carried
    /// forward`. Returns `None` if everything was requested.
    pub fn limits(&self) -> Option<String> {
        let scopes = match self.not_asked {
            0 => None,
            scopes => Some(format!("{} not asked for", counted(scopes, "scope"))),
        };
        let carried = self.carried.filter(|carried| *carried > 0);
        let carried = carried.map(|carried| format!("{carried} of {} rows carried forward", self.rows));
        let parts: Vec<_> = [scopes, carried].into_iter().flatten().collect();
        (self.status == CoverageStatus::Limited && !parts.is_empty()).then(|| parts.join(", "))
    }
}

/// Reads the coverage of a snapshot, in the order in which resources are shown.
pub(super) fn of_snapshot(connection: &Connection, snapshot_id: i64) -> Result<Vec<Coverage>> {
    let sql = format!(
        "SELECT resource, status, rows, gaps, reason, not_asked, carried FROM ({}) WHERE snapshot_id = ?1",
        select(connection)?
    );
    let read = || {
        connection
            .prepare_cached(&sql)?
            .query_map([snapshot_id], |row| {
                Ok(Coverage {
                    resource: row.get(0)?,
                    status: row.get(1)?,
                    rows: row.get(2)?,
                    gaps: row.get(3)?,
                    reason: row.get(4)?,
                    not_asked: row.get(5)?,
                    carried: row.get(6)?,
                })
            })?
            .collect::<rusqlite::Result<Vec<_>>>()
    };
    let mut coverage = read().doing("read the coverage")?;
    // Without a scope that was not requested no row is hidden, and counting could walk millions of rows.
    let is_uncounted = |one: &&mut Coverage| {
        one.status == CoverageStatus::Limited && one.not_asked > 0 && one.carried.is_none()
    };
    for one in coverage.iter_mut().filter(is_uncounted) {
        one.carried = count_hidden(connection, snapshot_id, &one.resource)?;
    }
    coverage.sort_by_key(|one| RESOURCES.iter().position(|spec| spec.name == one.resource));
    Ok(coverage)
}

/// Counts the rows of a resource that a snapshot carried without seeing them, for a snapshot that did not store this
/// count.
fn count_hidden(connection: &Connection, snapshot_id: i64, resource: &str) -> Result<Option<i64>> {
    let columns = resource_columns(connection, resource)?;
    if columns.is_empty() {
        return Ok(None);
    }
    let sql = format!(
        "SELECT count(*) FROM main.snapshots AS s CROSS JOIN main.{} AS v
         WHERE s.snapshot_id = ?1 AND +v.valid_from <= ?1 AND (v.valid_to IS NULL OR v.valid_to > ?1) AND {}",
        quoted(&versions_table(resource)),
        hidden(resource, &columns)
    );
    let count = connection.query_row(&sql, [snapshot_id], |row| row.get(0));
    count.map(Some).doing("count what was not seen")
}

/// Gives older snapshots the same `coverage` as new ones, for the statements of this connection.
pub(super) fn derive_older(connection: &Connection) -> Result<()> {
    let counts = columns(connection, "main", "coverage")?.iter().any(|column| column.name == "not_asked");
    let older = if counts { "not_asked IS NULL" } else { "1" };
    let has_older: bool = connection
        .query_row(&format!("SELECT EXISTS (SELECT 1 FROM main.coverage WHERE {older})"), [], |row| {
            row.get(0)
        })
        .doing("read the coverage")?;
    if !has_older {
        return Ok(());
    }
    connection
        .execute_batch(&format!("CREATE TEMP VIEW coverage AS\n{}", select(connection)?))
        .doing("derive the coverage of older snapshots")
}

/// Returns the SELECT of the coverage of all snapshots, with derived status and counts for older snapshots.
pub(super) fn select(connection: &Connection) -> Result<String> {
    // A file of an older version has no columns for the counts.
    let counts = columns(connection, "main", "coverage")?.iter().any(|column| column.name == "not_asked");
    let (not_asked, carried) = if counts { ("c.not_asked", "c.carried") } else { ("NULL", "NULL") };
    let older = format!("{not_asked} IS NULL AND c.status = 'complete'");
    let of_it = "g.snapshot_id = c.snapshot_id AND g.resource = c.resource AND g.kind = 'not_asked'";
    let besides: String = RESOURCES
        .iter()
        .filter_map(|spec| Some((spec.name, limits(spec)?)))
        .map(|(name, (limited, reason))| {
            let (name, reason) = (literal(name), literal(reason));
            format!("WHEN c.resource = {name} AND {limited} THEN {reason} ")
        })
        .collect();
    let besides =
        format!("(SELECT CASE {besides}END FROM main.snapshots AS s WHERE s.snapshot_id = c.snapshot_id)");
    Ok(format!(
        "SELECT c.snapshot_id, c.resource,
    CASE WHEN {older} AND (EXISTS (SELECT 1 FROM main.gaps AS g WHERE {of_it}) OR {besides} IS NOT NULL)
         THEN 'limited' ELSE c.status END AS status,
    c.rows, c.gaps,
    CASE WHEN {older} THEN coalesce({reasons}, {besides}) ELSE c.reason END AS reason,
    coalesce({not_asked}, (SELECT count(*) FROM main.gaps AS g WHERE {of_it})) AS not_asked,
    {carried} AS carried
FROM main.coverage AS c",
        reasons = reasons(of_it),
    ))
}

/// Returns the SQL of the distinct reasons of the gaps `g` that match this condition.
pub(super) fn reasons(condition: &str) -> String {
    format!(
        "(SELECT group_concat(reason, '; ') FROM (
        SELECT DISTINCT coalesce(g.error_message, g.error_code, g.kind) AS reason
        FROM main.gaps AS g WHERE {condition} ORDER BY 1))"
    )
}
