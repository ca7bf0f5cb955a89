//! The resources that a census was made without, and may continue without. A program version that has learned to
//! collect more must not report a failure every night.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::selection::Selection;
use super::task::Task;
use crate::aws::{CallFailure, FailureClass};
use crate::error::Result;
use crate::model::{RESOURCES, ResourceSpec};
use crate::store::failed;

/// The resources that were added after the core, are not requested by name, and have not been seen by any snapshot.
#[derive(Debug)]
pub struct NeverSeen(BTreeSet<&'static str>);

impl NeverSeen {
    /// Reads which resources the snapshots of a census have seen; `None` stands for a census without snapshots.
    pub fn of(selection: &Selection, census: Option<&Connection>) -> Result<Self> {
        let seen = census.map_or(Ok(BTreeSet::new()), resources_seen)?;
        let is_never_seen =
            |spec: &&&ResourceSpec| spec.is_added && !selection.names(spec.name) && !seen.contains(spec.name);
        Ok(Self(RESOURCES.iter().filter(is_never_seen).map(|spec| spec.name).collect()))
    }

    /// Returns true if the failure only means that such a resource is still unseen, because it is denied or not
    /// offered.
    pub(super) fn withholds(&self, task: &Task, failure: &CallFailure) -> bool {
        let is_withheld = failure.class == FailureClass::Denied || failure.is_not_offered();
        is_withheld && self.0.contains(task.spec().rows.name)
    }
}

fn resources_seen(census: &Connection) -> Result<BTreeSet<String>> {
    let sql = "SELECT DISTINCT resource FROM coverage
               WHERE status IN ('complete', 'limited') OR (status = 'partial' AND rows > 0)";
    let mut statement = census.prepare(sql).map_err(failed)?;
    let rows = statement.query_map([], |row| row.get(0)).map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}
