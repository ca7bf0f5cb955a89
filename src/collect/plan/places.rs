//! The staged entities of the tree that have access reports.

use super::{Plan, staged_rows};
use crate::collect::access_report::AccessReport;
use crate::collect::collector::Collector;
use crate::error::Result;
use crate::model::{Entity, Row};
use crate::store::Staging;

/// The reason why a report cannot be requested: AWS requires a path and accepts no id.
pub(super) const WITHOUT_PATH: &str = "its path in the organization is not known";

/// A staged entity that has reports.
pub(super) struct Place {
    pub entity: Entity,
    pub id: String,
    /// The entity's own report; `None` if its path is unknown, so that no report is possible.
    pub own_report: Option<AccessReport>,
    pub is_management: bool,
}

impl Plan<'_> {
    /// Returns the staged entities that have reports: the management account first, then the others in tree order.
    pub(super) fn places(&self, staging: &Staging) -> Result<Vec<Place>> {
        let mut places = Vec::new();
        for resource in AccessReport::FOR_EACH.resources() {
            places.extend(staged_rows(staging, resource)?.iter().filter_map(|row| self.place(row)));
        }
        let path = |place: &Place| place.own_report.as_ref().map(|report| report.entity_path.clone());
        places.sort_by_cached_key(|place| (!place.is_management, path(place)));
        Ok(places)
    }

    fn place(&self, row: &Row) -> Option<Place> {
        let (entity, id) = row.entity()?;
        Some(Place {
            entity,
            id: id.to_owned(),
            own_report: AccessReport::of(row, self.context),
            is_management: row.is_true("is_management_account"),
        })
    }
}
