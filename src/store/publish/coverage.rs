//! The coverage of a resource in the new snapshot, and the check for a suspect loss of rows.

use rusqlite::{OptionalExtension, params};

use super::gaps::rank;
use super::{Publishing, ResourceOutcome};
use crate::error::Result;
use crate::model::ResourceSpec;
use crate::store::coverage::{CoverageStatus, reasons};
use crate::store::file::{Doing, quoted};
use crate::store::visibility::implicit::limits;

/// The number of rows up to which a resource may lose any share of them in a day.
const SMALL: i64 = 20;

/// Writes the coverage of one resource, and its number of gaps into the outcome.
pub(super) fn write(
    publishing: &Publishing<'_>,
    spec: &ResourceSpec,
    outcome: &mut ResourceOutcome,
) -> Result<()> {
    let mut run = || -> rusqlite::Result<()> {
        outcome.gaps = publishing.connection.query_row(
            "SELECT count(*) FROM main.gaps WHERE snapshot_id = ?1 AND resource = ?2 AND kind IN ('denied', 'failed')",
            params![publishing.snapshot_id, spec.name],
            |row| row.get(0),
        )?;
        let not_asked = not_asked(publishing, spec)?;
        let (status, reason) = status(publishing, spec, outcome.gaps)?;
        publishing.connection.execute(
            "INSERT INTO main.coverage (snapshot_id, resource, status, rows, gaps, reason, not_asked, carried)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            params![
                publishing.snapshot_id,
                spec.name,
                status.as_str(),
                outcome.rows,
                outcome.gaps,
                reason,
                not_asked,
                outcome.carried,
            ],
        )?;
        Ok(())
    };
    run().doing(&format!("write the coverage of {}", spec.name))
}

/// The share of its rows, in percent, that a resource may lose from one snapshot to the next. A greater loss is
/// published, but marks the snapshot as suspect. With 100 no snapshot is ever suspect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ShrinkLimit(pub u8);

impl ShrinkLimit {
    /// Returns the message for a resource that lost more. Rows that a gap carries forward are not lost.
    pub(super) fn exceeded(self, before: i64, outcome: &ResourceOutcome) -> Option<String> {
        let lost = before - outcome.rows;
        (before > SMALL && lost * 100 > before * i64::from(self.0))
            .then(|| format!("{} fell from {before} to {}", outcome.resource, outcome.rows))
    }
}

fn status(
    publishing: &Publishing<'_>,
    spec: &ResourceSpec,
    gaps: i64,
) -> rusqlite::Result<(CoverageStatus, Option<String>)> {
    if gaps > 0 {
        return Ok((CoverageStatus::Partial, reason(publishing, spec, "kind IN ('denied', 'failed')")?));
    }
    let whole_gap = reason(publishing, spec, "kind = 'unavailable' AND scope = '{}'")?;
    if whole_gap.is_some() {
        return Ok((CoverageStatus::Unavailable, whole_gap));
    }
    if !was_looked_at(publishing, spec)? {
        // Several narrower gaps may together cover the whole resource.
        let unavailable = reason(publishing, spec, "kind = 'unavailable'")?;
        if unavailable.is_some() {
            return Ok((CoverageStatus::Unavailable, unavailable));
        }
        let not_asked = reason(publishing, spec, "kind = 'not_asked'")?;
        if not_asked.is_some() {
            return Ok((CoverageStatus::NotCollected, not_asked));
        }
        // A resource whose rows other rows name is seen together with them. A resource of its own that was never listed
        // is unknown.
        if spec.parents.is_empty() && spec.named_by.is_none() {
            return Ok((CoverageStatus::NotCollected, Some("nothing was listed".to_owned())));
        }
    }
    if is_known_by_keys_alone(publishing, spec)? {
        let unavailable = reason(publishing, spec, "kind = 'unavailable'")?;
        if unavailable.is_some() {
            return Ok((CoverageStatus::Unavailable, unavailable));
        }
    }
    match why_limited(publishing, spec)? {
        None => Ok((CoverageStatus::Complete, None)),
        limited => Ok((CoverageStatus::Limited, limited)),
    }
}

/// Returns the reason why only parts of a seen resource were requested; `None` if all of it was.
fn why_limited(publishing: &Publishing<'_>, spec: &ResourceSpec) -> rusqlite::Result<Option<String>> {
    let of_it = "g.snapshot_id = ?1 AND g.resource = ?2 AND g.kind = 'not_asked'";
    let sql = format!("SELECT {}", reasons(of_it));
    let of_gaps: Option<String> =
        publishing
            .connection
            .query_row(&sql, params![publishing.snapshot_id, spec.name], |row| row.get(0))?;
    let Some((limited, reason)) = limits(spec) else { return Ok(of_gaps) };
    let sql =
        format!("SELECT EXISTS (SELECT 1 FROM main.snapshots AS s WHERE s.snapshot_id = ?1 AND {limited})");
    let is_limited: bool =
        publishing.connection.query_row(&sql, [publishing.snapshot_id], |row| row.get(0))?;
    let besides = is_limited.then(|| reason.to_owned());
    Ok(of_gaps.into_iter().chain(besides).reduce(|one, other| format!("{one}; {other}")))
}

/// Counts the scopes of the resource that were not requested. One gap may stand for a whole kind of task that was
/// stopped; then its tasks are counted.
fn not_asked(publishing: &Publishing<'_>, spec: &ResourceSpec) -> rusqlite::Result<i64> {
    publishing.connection.query_row(
        "WITH stopped AS (
             SELECT s.scope, t.error_message, t.observed_at
             FROM staging.tasks AS t JOIN staging.task_scopes AS s ON s.task_id = t.task_id
             WHERE t.state = 'stopped' AND t.failure_kind = 'not_asked' AND s.resource = ?2
         )
         SELECT count(*) FROM (
             SELECT scope FROM stopped
             UNION SELECT g.scope FROM main.gaps AS g
             WHERE g.snapshot_id = ?1 AND g.resource = ?2 AND g.kind = 'not_asked' AND NOT EXISTS (
                 SELECT 1 FROM stopped AS s
                 WHERE s.error_message IS g.error_message AND s.observed_at IS g.observed_at))",
        params![publishing.snapshot_id, spec.name],
        |row| row.get(0),
    )
}

/// Returns true if any task saw or staged part of the resource.
fn was_looked_at(publishing: &Publishing<'_>, spec: &ResourceSpec) -> rusqlite::Result<bool> {
    if publishing.seen.has_any(spec.name) {
        return Ok(true);
    }
    let sql = format!("SELECT EXISTS (SELECT 1 FROM staging.{})", quoted(spec.name));
    publishing.connection.query_row(&sql, [], |row| row.get(0))
}

/// Returns true if the resource has rows, and nothing but their keys is known.
fn is_known_by_keys_alone(publishing: &Publishing<'_>, spec: &ResourceSpec) -> rusqlite::Result<bool> {
    let staged = quoted(spec.name);
    let sql = format!(
        "SELECT EXISTS (SELECT 1 FROM staging.{staged}) AND NOT EXISTS (SELECT 1 FROM staging.{staged} WHERE whole)"
    );
    publishing.connection.query_row(&sql, [], |row| row.get(0))
}

/// Returns the reason of the first gap of a kind, the most informative one first.
fn reason(publishing: &Publishing<'_>, spec: &ResourceSpec, which: &str) -> rusqlite::Result<Option<String>> {
    publishing
        .connection
        .query_row(
            &format!(
                "SELECT coalesce(error_message, error_code, kind) FROM main.gaps
                 WHERE snapshot_id = ?1 AND resource = ?2 AND {which} ORDER BY {}, scope LIMIT 1",
                rank("kind")
            ),
            params![publishing.snapshot_id, spec.name],
            |row| row.get(0),
        )
        .optional()
}
