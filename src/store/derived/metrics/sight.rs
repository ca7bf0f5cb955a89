//! The parts of a snapshot's sources that it did not see.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use rusqlite::Connection;

use super::count::Tally;
use crate::error::Result;
use crate::model::{Metric, MetricSources};
use crate::store::coverage::{self, CoverageStatus};
use crate::store::record::text_of;
use crate::store::visibility::SnapshotGaps;

/// The resources that hide part of the counts of one snapshot.
pub(super) struct Sight {
    /// The resources of which the snapshot saw nothing.
    blind: BTreeSet<&'static str>,
    /// The resources that it did not see completely, each with the affected accounts; `None` for all accounts.
    hidden: BTreeMap<&'static str, Option<BTreeSet<Rc<str>>>>,
}

impl Sight {
    pub(super) fn of(
        connection: &Connection,
        sources: &MetricSources,
        tally: &Tally,
        snapshot_id: i64,
    ) -> Result<Self> {
        let mut sight = Self { blind: BTreeSet::new(), hidden: BTreeMap::new() };
        let coverage = coverage::of_snapshot(connection, snapshot_id)?;
        for &resource in sources.resources {
            let unseen = SnapshotGaps::read(connection, snapshot_id, resource)?;
            let status = coverage.iter().find(|one| one.resource == resource).map(|one| one.status);
            if unseen.saw_nothing() {
                sight.blind.insert(resource);
                sight.hidden.insert(resource, None);
                continue;
            }
            let mut accounts = Some(BTreeSet::new());
            for gap in unseen.gaps() {
                let (group, before_id) = sources.group;
                let concerned = match (gap.scope.get(sources.account), gap.scope.get(group)) {
                    (Some(account), _) => Some(vec![Rc::from(text_of(account))]),
                    (None, Some(group)) => Some(tally.accounts_of(&format!("{before_id}{}", text_of(group)))),
                    (None, None) => None,
                };
                accounts = accounts.zip(concerned).map(|(mut all, these)| {
                    all.extend(these);
                    all
                });
            }
            // A snapshot may be limited without a gap that names the missing scopes.
            let is_limited = status == Some(CoverageStatus::Limited) && unseen.gaps().is_empty();
            if is_limited {
                sight.hidden.insert(resource, None);
            } else if !unseen.gaps().is_empty() {
                sight.hidden.insert(resource, accounts);
            }
        }
        Ok(sight)
    }

    /// Returns true if the metric has a count at all.
    pub(super) fn has(&self, metric: Metric) -> bool {
        !metric.rests_on().iter().any(|resource| self.blind.contains(resource))
    }

    /// Returns the resources that were not seen completely and affect the account; `None` is the organization.
    pub(super) fn incomplete(&self, account: Option<&str>) -> Vec<&'static str> {
        let concerns = |accounts: &Option<BTreeSet<Rc<str>>>| match (accounts, account) {
            (Some(accounts), Some(account)) => accounts.contains(account),
            (None, _) | (_, None) => true,
        };
        self.hidden.iter().filter(|(_, accounts)| concerns(accounts)).map(|(resource, _)| *resource).collect()
    }
}
