//! The number of remaining calls once everything is counted, and their duration: for the whole collection, and in a dry
//! run for each group of resources.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::Plan;
use crate::amounts::{counted, plural, rough_duration};
use crate::aws::Service;
use crate::collect::access_report::AccessReport;
use crate::collect::assignments::ListPairAssignments;
use crate::collect::collector::{Asked, Collector};
use crate::collect::graph::finder_of;
use crate::collect::lane::LaneKey;
use crate::collect::progress::Progress;
use crate::collect::task::COLLECTORS;
use crate::error::Result;
use crate::model::{Resource, ResourceGroup};
use crate::store::Staging;

/// The calls of one group that share a pace.
struct CallsLeft {
    group: ResourceGroup,
    lane: LaneKey,
    calls: i64,
}

impl Plan<'_> {
    /// Reports the remaining calls of the whole collection, given the number of calls for assignments, and the
    /// remaining life of the credentials. A dry run reports them for each group too.
    pub(super) fn tell_what_is_left(
        &self,
        staging: &Staging,
        assignments: i64,
        progress: &mut dyn Progress,
    ) -> Result<()> {
        let of_assignments = CallsLeft {
            group: <ListPairAssignments as Collector>::Rows::SPEC.group,
            lane: LaneKey::of(Service::SsoAdmin.name()),
            calls: assignments,
        };
        let mut left = vec![of_assignments];
        let mut unfinished = BTreeSet::new();
        for counts in staging.task_counts()?.into_iter().filter(|counts| counts.open > 0) {
            let lane = LaneKey::of(&counts.lane);
            let Some(spec) = COLLECTORS.iter().find(|spec| spec.kind == counts.kind) else { continue };
            if !lane.is_reports() {
                let calls = i64::try_from(counts.open).unwrap_or(i64::MAX);
                left.push(CallsLeft { group: spec.rows.group, lane, calls });
            }
            unfinished.insert(spec.kind);
        }
        let (calls, time) = self.sum(left.iter());
        let reports = self.reports_in_words(staging)?;
        let beside = reports.as_ref().map(|one| format!(", and {} beside them, {}", one.what, one.time));
        progress.say(&format!(
            "about {} {}, {time}{}; the credentials {}",
            counted(calls, "more call"),
            if self.dry_run { "would follow" } else { "follow" },
            beside.unwrap_or_default(),
            self.context.credentials.end()
        ));
        if !self.dry_run {
            return Ok(());
        }
        let width =
            ResourceGroup::ALL.map(|group| group.as_str().len()).into_iter().max().unwrap_or_default();
        for group in ResourceGroup::ALL {
            if !group.resources().any(|spec| self.selection.has(spec.name)) {
                continue;
            }
            let (calls, time) = self.sum(left.iter().filter(|one| one.group == group));
            let at_least = if self.may_bring_more(group, &unfinished) { "at least " } else { "" };
            let reports = reports.as_ref().filter(|_| group == <AccessReport as Collector>::Rows::SPEC.group);
            let said = match reports {
                Some(reports) => format!("{}, {}", reports.what, reports.time),
                None => format!("{at_least}{}, {time}", counted(calls, "more call")),
            };
            progress.say(&format!("  {:width$}  {said}", group.as_str()));
        }
        Ok(())
    }

    /// Returns the number of calls, and the time that the slowest lane needs for them.
    fn sum<'a>(&self, left: impl Iterator<Item = &'a CallsLeft>) -> (i64, String) {
        let mut lanes: BTreeMap<&LaneKey, i64> = BTreeMap::new();
        for CallsLeft { lane, calls, .. } in left {
            *lanes.entry(lane).or_default() += calls;
        }
        let longest =
            lanes.iter().map(|(lane, calls)| *calls as f64 / self.context.rate_of(lane)).fold(0.0, f64::max);
        (lanes.values().sum(), rough_duration(Duration::from_secs_f64(longest)))
    }

    /// Returns true if the group has tasks for each row of a listing that a dry run skips. Their number is unknown.
    fn may_bring_more(&self, group: ResourceGroup, unfinished: &BTreeSet<&str>) -> bool {
        let for_each_row = |asked| matches!(asked, Asked::AsListed | Asked::After);
        let of_group = self.selection.asked().filter(|spec| spec.rows.group == group);
        let mut listed_for = of_group.filter(|spec| for_each_row(spec.asked)).flat_map(|spec| {
            spec.for_each.resources().iter().filter(|resource| self.selection.has(resource.name))
        });
        listed_for.any(|resource| finder_of(resource).is_some_and(|finder| unfinished.contains(finder.kind)))
    }

    /// Returns the remaining access reports; `None` if there are none.
    fn reports_in_words(&self, staging: &Staging) -> Result<Option<Reports>> {
        Ok(match self.expected_reports(staging)? {
            Some(0) => None,
            Some(reports) => Some(Reports {
                what: counted(reports, "access report"),
                time: plural(reports, "2s to 11s", "2s to 11s each"),
            }),
            None => Some(Reports { what: "access reports".to_owned(), time: "2s to 11s each" }),
        })
    }
}

struct Reports {
    what: String,
    time: &'static str,
}
