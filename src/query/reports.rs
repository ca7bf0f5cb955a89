//! The access reports that a snapshot knows. A report that was completed for it, or for an earlier one, holds until
//! there is a newer one.

use std::collections::BTreeMap;

use rusqlite::Connection;

use crate::error::Result;
use crate::model::{FactSpec, LimitConcerns, Remembered, ResourceSpec};
use crate::store::{Record, failed};

/// A map of column to value: the rows that have all of these values.
pub(super) type Point = BTreeMap<String, String>;

/// The reports of a resource.
pub(super) struct Reports {
    entity: &'static str,
    narrowed_to: &'static str,
    jobs: &'static FactSpec,
    remembered: &'static Remembered,
}

/// The jobs that count.
#[derive(Clone, Copy)]
enum Job {
    Completed,
    Any,
}

impl Reports {
    /// Returns the reports of the resource; `None` if its rows do not come from reports.
    pub fn of(spec: &ResourceSpec) -> Option<Self> {
        let LimitConcerns::UntakenReports { entity, narrowed_to, jobs } = spec.limit else { return None };
        Some(Self { entity, narrowed_to, jobs, remembered: jobs.remembered.as_ref()? })
    }

    /// Returns true if the reports that the point asks for are known, although the gap marks them as not requested.
    pub fn are_known(
        &self,
        connection: &Connection,
        snapshot_id: i64,
        point: &Point,
        gap: &Record,
    ) -> Result<bool> {
        let of_gap = |column: &str| gap.get(column).and_then(|value| value.as_str());
        let of_both = |column: &str| point.get(column).map(String::as_str).or_else(|| of_gap(column));
        let has = |entity, policy, job| self.has(connection, snapshot_id, entity, policy, job);
        Ok(match (of_both(self.entity), of_both(self.narrowed_to)) {
            (Some(entity), None) => has(Some(entity), "", Job::Completed)?,
            // A gap over one policy concerns only the entities whose report by that policy was ever requested.
            (Some(entity), Some(policy))
                if !point.contains_key(self.narrowed_to) && of_gap(self.entity).is_none() =>
            {
                !has(Some(entity), policy, Job::Any)? || has(Some(entity), policy, Job::Completed)?
            }
            (Some(entity), Some(policy)) => has(Some(entity), policy, Job::Completed)?,
            (None, Some(policy)) if !policy.is_empty() => has(None, policy, Job::Completed)?,
            (None, _) => false,
        })
    }

    /// Returns true if the point asks for reports narrowed to a policy, by its id, and there is none.
    pub fn is_untaken(&self, connection: &Connection, snapshot_id: i64, point: &Point) -> Result<bool> {
        let Some(policy) = point.get(self.narrowed_to).filter(|policy| !policy.is_empty()) else {
            return Ok(false);
        };
        let entity = point.get(self.entity).map(String::as_str);
        Ok(!self.has(connection, snapshot_id, entity, policy, Job::Completed)?)
    }

    /// Returns true if there is a job of the report for this snapshot or an earlier one; without an entity, of any
    /// entity.
    fn has(
        &self,
        connection: &Connection,
        snapshot_id: i64,
        entity: Option<&str>,
        policy: &str,
        job: Job,
    ) -> Result<bool> {
        let (column, completed) = self.remembered.when;
        let is_it = match job {
            Job::Completed => format!(" AND \"{column}\" = '{completed}'"),
            Job::Any => String::new(),
        };
        let of_it = format!(
            "snapshot_id <= ?1 AND \"{}\" = coalesce(?2, \"{0}\") AND \"{}\" = ?3{is_it}",
            self.entity, self.narrowed_to
        );
        connection
            .prepare_cached(&format!(
                "SELECT EXISTS (SELECT 1 FROM main.\"{}\" WHERE {of_it})
                     OR EXISTS (SELECT 1 FROM \"{}\" WHERE {of_it})",
                self.jobs.name, self.remembered.table
            ))
            .and_then(|mut statement| statement.query_row((snapshot_id, entity, policy), |row| row.get(0)))
            .map_err(failed)
    }
}
