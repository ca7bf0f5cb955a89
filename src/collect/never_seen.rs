//! What a census was made without, and may go on without: a program that has learned to collect more does not report every
//! night that something broke.

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::selection::Selection;
use super::task::Task;
use crate::aws::{CallFailure, FailureClass};
use crate::error::Result;
use crate::model::{RESOURCES, ResourceSpec};
use crate::store::failed;

/// The resources that came later than the core, are not asked for by name, and that no snapshot has seen anything of.
#[derive(Debug)]
pub struct NeverSeen(BTreeSet<&'static str>);

impl NeverSeen {
    /// Reads what the snapshots of a census have seen; there are none yet where it is `None`.
    pub fn of(selection: &Selection, census: Option<&Connection>) -> Result<Self> {
        let seen = census.map_or(Ok(BTreeSet::new()), resources_seen)?;
        let is_never_seen =
            |spec: &&&ResourceSpec| spec.is_added && !selection.names(spec.name) && !seen.contains(spec.name);
        Ok(Self(RESOURCES.iter().filter(is_never_seen).map(|spec| spec.name).collect()))
    }

    /// Whether the failure says no more than that such a resource is still out of sight: it is not allowed, or not offered.
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
