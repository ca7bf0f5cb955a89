//! Entities that were deleted and created again: the same name or external id under another id.
//!
//! Identity Center gives a new id to an entity that is created again, and assignments name ids. The assignments of the
//! old id remain and grant nothing, although the name is unchanged.

use std::collections::HashMap;

use rusqlite::Connection;
use serde_json::Value;

use super::change::{ChangeKind, DanglingAssignment, MatchedBy, Recreation};
use super::names::{Names, label};
use super::rows::RowChange;
use super::snapshot_pair::SnapshotPair;
use crate::error::Result;
use crate::model::{AccountAssignment, Entity, RecreatedBy, Resource};
use crate::store::GapIndex;
use crate::store::unreadable;
use crate::store::{Record, text_of};

/// Returns the entities that can be recognized under another id, each with the properties used.
fn recognized() -> impl Iterator<Item = (Entity, &'static RecreatedBy)> {
    Entity::ALL.into_iter().filter_map(|entity| Some((entity, entity.spec().recreated.as_ref()?)))
}

/// Returns every recreated entity, with the assignments left dangling.
pub(super) fn recreations(
    connection: &Connection,
    pair: SnapshotPair,
    rows: &[RowChange],
    names: &Names<'_>,
) -> Result<Vec<Recreation>> {
    let mut recreations = Vec::new();
    let mut gap_index = GapIndex::new(connection);
    for (entity, by) in recognized() {
        for (old, new, matched_by) in matched(rows, entity, by) {
            let id = id_of(old);
            recreations.push(Recreation {
                resource: entity.spec().resource,
                label: label(new.spec, new.row(), &names.in_row(new.spec, new.row())?),
                before_key: old.key.clone(),
                after_key: new.key.clone(),
                matched_by,
                dangling: dangling(connection, pair, entity, &id, names, &mut gap_index)?,
            });
        }
    }
    Ok(recreations)
}

/// Returns the removed rows of a resource, each with the added row that replaces it.
pub(super) fn pairs<'r>(rows: &'r [RowChange], resource: &str) -> Vec<(&'r RowChange, &'r RowChange)> {
    let of_it = recognized().filter(|(entity, _)| entity.spec().resource == resource);
    of_it.flat_map(|(entity, by)| matched(rows, entity, by)).map(|(old, new, _)| (old, new)).collect()
}

/// Pairs rows known to be removed with rows known to be added: by external id first, each once.
fn matched<'r>(
    rows: &'r [RowChange],
    entity: Entity,
    recreated: &RecreatedBy,
) -> Vec<(&'r RowChange, &'r RowChange, MatchedBy)> {
    let of_kind = |change| {
        rows.iter()
            .filter(move |row| row.spec.name == entity.spec().resource && row.kind == change)
            .collect::<Vec<_>>()
    };
    let (mut gone, came) = (of_kind(ChangeKind::Removed), of_kind(ChangeKind::Added));
    let mut taken = vec![false; came.len()];
    let mut matched = Vec::new();
    for by in [MatchedBy::ExternalId, MatchedBy::Name] {
        let mut places: HashMap<String, Vec<usize>> = HashMap::new();
        for (place, new) in came.iter().enumerate().rev().filter(|(place, _)| !taken[*place]) {
            for mark in marks(new, entity, recreated, by) {
                places.entry(mark).or_default().push(place);
            }
        }
        gone.retain(|old| {
            let found = marks(old, entity, recreated, by).iter().find_map(|mark| {
                let places = places.get_mut(mark)?;
                while let Some(place) = places.pop() {
                    if !std::mem::replace(&mut taken[place], true) {
                        return Some(place);
                    }
                }
                None
            });
            matched.extend(found.map(|place| (*old, came[place], by)));
            found.is_none()
        });
    }
    matched.sort_by_key(|(old, ..)| id_of(old));
    matched
}

/// Returns the key of a row whose key is one column.
fn id_of(row: &RowChange) -> String {
    row.key.values().map(text_of).collect()
}

/// Returns the values by which a row is recognised.
fn marks(row: &RowChange, entity: Entity, recreated: &RecreatedBy, by: MatchedBy) -> Vec<String> {
    let said = |column: &str| row.row().get(column).and_then(Value::as_str);
    match by {
        MatchedBy::Name => said(entity.spec().names[0].column).map(str::to_owned).into_iter().collect(),
        MatchedBy::ExternalId => match recreated.external_ids.and_then(said).map(serde_json::from_str) {
            Some(Ok(Value::Array(ids))) => ids.iter().map(Value::to_string).collect(),
            _ => Vec::new(),
        },
    }
}

/// Returns the assignments alive in `to` that name the id.
fn dangling(
    connection: &Connection,
    pair: SnapshotPair,
    entity: Entity,
    id: &str,
    names: &Names<'_>,
    gap_index: &mut GapIndex<'_>,
) -> Result<Vec<DanglingAssignment>> {
    let spec = &AccountAssignment::SPEC;
    let columns = spec.key.join(", ");
    let Some(assigned) = spec.about(entity).next() else { return Ok(Vec::new()) };
    let of_type = assigned.of.map(|(column, value)| format!(" AND {column} = '{value}'")).unwrap_or_default();
    let sql = format!(
        "SELECT {columns}, valid_from FROM {}_versions
         WHERE {} = ?1{of_type} AND +valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2) ORDER BY {columns}",
        spec.name, assigned.id
    );
    let mut statement = connection.prepare_cached(&sql).map_err(unreadable)?;
    let mut rows = statement.query((id, pair.to)).map_err(unreadable)?;
    let mut dangling = Vec::new();
    while let Some(row) = rows.next().map_err(unreadable)? {
        let value =
            |(place, column): (usize, &&str)| Ok(((*column).to_owned(), row.get::<_, String>(place)?.into()));
        let key = spec.key.iter().enumerate().map(value);
        let key: Record = key.collect::<rusqlite::Result<_>>().map_err(unreadable)?;
        let began: i64 = row.get(spec.key.len()).map_err(unreadable)?;
        let last_seen = gap_index.carried(spec, &key, pair.to, began)?;
        dangling.push(DanglingAssignment {
            label: label(spec, &key, &names.in_row(spec, &key)?),
            key,
            last_seen,
        });
    }
    Ok(dangling)
}
