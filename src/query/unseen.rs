//! Decides whether a statement asks for rows that were not requested from AWS, for a resource with limited coverage.

use rusqlite::{Connection, params_from_iter};

use super::reads::Asked;
use super::reports::{Point, Reports};
use crate::error::Result;
use crate::model::{ParentWhen, ResourceSpec};
use crate::store::{Coverage, CoverageStatus, SnapshotGaps, failed};

/// The kind of the gaps over scopes that were not requested.
const NOT_ASKED: &str = "not_asked";

/// The maximum number of scopes that are checked one by one; a statement that asks for more counts as asking for
/// everything.
const MOST_SCOPES: usize = 1_000;

/// Returns true if a place in a statement asks for rows of the resource that the snapshot may not have seen because
/// they were not requested. `coverage` is that of the whole snapshot.
///
/// Returns false if each of its scopes lies outside every gap, or in a narrower scope that was seen anyway. Of several
/// parents that a row may have, those that were completely seen without such a row are ruled out. An id that is in none
/// of them is no proof, because it may be misspelt.
pub(super) fn asks_for_unseen(
    connection: &Connection,
    snapshot_id: i64,
    spec: &ResourceSpec,
    coverage: &[Coverage],
    asked: &Asked,
) -> Result<bool> {
    let Some(points) = points(asked) else { return Ok(true) };
    let gaps = SnapshotGaps::read(connection, snapshot_id, spec.name)?;
    for point in points {
        let mut has_parent = false;
        for point in by_parents(spec, point) {
            if is_empty_by_parents(connection, snapshot_id, spec, coverage, &point)? {
                continue;
            }
            has_parent = true;
            let known = point.iter().map(|(column, value)| (column.clone(), value.as_str().into())).collect();
            for gap in gaps.hiding(NOT_ASKED, &known) {
                let is_known = match Reports::of(spec) {
                    Some(reports) => reports.are_known(connection, snapshot_id, &point, &gap.scope)?,
                    None => false,
                };
                if !is_known {
                    return Ok(true);
                }
            }
        }
        if !has_parent {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns true if a place in a statement asks by name for access reports of which the snapshot knows none, because
/// they are narrowed to a policy. Such reports are taken only on request, so there is no gap for them.
pub(super) fn asks_for_untaken(
    connection: &Connection,
    snapshot_id: i64,
    spec: &ResourceSpec,
    asked: &Asked,
) -> Result<bool> {
    let Some(reports) = Reports::of(spec) else { return Ok(false) };
    for point in points(asked).unwrap_or_default() {
        if reports.is_untaken(connection, snapshot_id, &point)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Returns every combination of the requested values; `None` if there are too many, or if everything is requested.
fn points(asked: &Asked) -> Option<Vec<Point>> {
    if asked.is_empty() {
        return None;
    }
    let mut points = vec![Point::new()];
    for (column, values) in asked {
        if points.len() * values.len() > MOST_SCOPES {
            return None;
        }
        let with = |point: &Point, value: &String| {
            let mut point = point.clone();
            point.insert(column.clone(), value.clone());
            point
        };
        points = points.iter().flat_map(|point| values.iter().map(move |value| with(point, value))).collect();
    }
    Some(points)
}

/// Returns the same rows for each value of the column that distinguishes their parents, if the resource has one.
fn by_parents(spec: &ResourceSpec, point: Point) -> Vec<Point> {
    let mut kinds = Vec::new();
    for parent in spec.parents {
        match parent.when {
            ParentWhen::Column(column, value) => kinds.push((column, value)),
            ParentWhen::Always => return vec![point],
            // This parent is in addition to those.
            ParentWhen::Filled(_) => {}
        }
    }
    if kinds.is_empty() || kinds.iter().any(|(column, _)| point.contains_key(*column)) {
        return vec![point];
    }
    let with = |(column, value): &(&str, &str)| {
        let mut point = point.clone();
        point.insert((*column).to_owned(), (*value).to_owned());
        point
    };
    kinds.iter().map(with).collect()
}

/// Returns true if there can be no such row, because a parent of it was completely seen and is absent.
fn is_empty_by_parents(
    connection: &Connection,
    snapshot_id: i64,
    spec: &ResourceSpec,
    coverage: &[Coverage],
    point: &Point,
) -> Result<bool> {
    for parent in spec.parents {
        let applies = match parent.when {
            ParentWhen::Always => true,
            ParentWhen::Column(column, value) => point.get(column).is_some_and(|found| found == value),
            ParentWhen::Filled(column) => point.get(column).is_some_and(|found| !found.is_empty()),
        };
        let is_complete =
            |one: &Coverage| one.resource == parent.resource && one.status == CoverageStatus::Complete;
        let key: Option<Vec<_>> =
            parent.columns.iter().map(|(column, key)| Some((*key, point.get(*column)?))).collect();
        let Some(key) = key.filter(|_| applies && coverage.iter().any(is_complete)) else { continue };
        let is_it: String = key.iter().map(|(column, _)| format!(" AND \"{column}\" = ?")).collect();
        let sql = format!(
            "SELECT EXISTS (SELECT 1 FROM main.\"{}_versions\" WHERE valid_from <= {snapshot_id}
                 AND (valid_to IS NULL OR valid_to > {snapshot_id}){is_it})",
            parent.resource
        );
        let values = params_from_iter(key.iter().map(|(_, value)| value));
        let is_there: bool = connection.query_row(&sql, values, |row| row.get(0)).map_err(failed)?;
        if !is_there {
            return Ok(true);
        }
    }
    Ok(false)
}
