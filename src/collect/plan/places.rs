//! The staged places of the tree that have access reports.

use super::{Plan, staged_rows};
use crate::collect::access_report::AccessReport;
use crate::collect::collector::Collector;
use crate::error::Result;
use crate::model::{Entity, Row};
use crate::store::Staging;

/// Why a report cannot be asked for: AWS takes a path and no id.
pub(super) const WITHOUT_PATH: &str = "its path in the organization is not known";

/// A staged entity that has reports.
pub(super) struct Place {
    pub entity: Entity,
    pub id: String,
    /// Its own report; `None` where its path is not known, so that there is none.
    pub own_report: Option<AccessReport>,
    pub is_management: bool,
}

impl Plan<'_> {
    /// The staged entities that have reports: the management account first, and then in the order of the tree.
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
