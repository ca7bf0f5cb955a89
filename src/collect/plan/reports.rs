//! The step that requests access reports: selects entities and policies, and puts the stalest first.

use std::collections::HashMap;

use super::places::{Place, WITHOUT_PATH};
use super::policy_reports::ByPolicy;
use super::{Plan, gap, not_asked, select, staged_rows};
use crate::collect::access_report::{AccessReport, ruled_out};
use crate::collect::collector::{Collector, Stage};
use crate::collect::organization::service_control_policies_enabled;
use crate::collect::task::Task;
use crate::error::Result;
use crate::model::{AccessReportJob, Entity, Fact, Resource, ResourceSpec, Root, Scope, ServiceLastAccessed};
use crate::store::{Failure, GapKind, Staging, failed};

/// The message of a gap for a scope deeper than the requested depth of access reports.
const BEYOND_DEPTH: &str = "beyond the depth of --access-report";
/// The resource that reports list.
const REPORTS: &ResourceSpec = &ServiceLastAccessed::SPEC;

/// The requested reports, and the gaps of reports that cannot be requested.
struct Wanted {
    reports: Vec<AccessReport>,
    unknown: Vec<(Scope, Failure)>,
    places: Vec<Place>,
}

/// Returns the kinds of entity that have reports.
fn entities_with_reports() -> impl Iterator<Item = Entity> {
    AccessReport::FOR_EACH.resources().iter().filter_map(|resource| Entity::of_resource(resource.name))
}

impl Plan<'_> {
    /// Records gaps for the kinds of entity that are deeper than the requested depth.
    pub(super) fn note_report_depth(&self, staging: &mut Staging) -> Result<()> {
        if !self.selection.has(REPORTS.name) {
            return Ok(());
        }
        for entity in entities_with_reports().filter(|entity| !self.selection.report_depth.reaches(*entity)) {
            staging.add_gap(&REPORTS.all_about(entity), &not_asked(BEYOND_DEPTH))?;
        }
        Ok(())
    }

    /// Queues the reports of the root, the management account (which the root's report leaves out), the OUs and, on
    /// request, the accounts.
    pub(super) fn ask_reports(&self, staging: &mut Staging) -> Result<()> {
        if !self.selection.has(REPORTS.name) {
            return Ok(());
        }
        let all = REPORTS.all();
        if let Some(reason) = ruled_out(self.context, self.policies_enabled(staging)?) {
            return staging.add_gap(&all, &gap(GapKind::Unavailable, reason));
        }
        if self.context.organization.is_none() {
            if self.is_outside_organizations(staging)? {
                let reason = "the account is in no organization";
                return staging.add_gap(&all, &gap(GapKind::Unavailable, reason));
            }
            let refused = self
                .failures(staging, Stage::Details)?
                .into_iter()
                .find(|(task, _)| matches!(task, Task::DescribeOrganization(_)));
            let reason = "the organization could not be described, so its entities' paths are not known";
            let failure = refused.map_or_else(|| gap(GapKind::Failed, reason), |(_, failure)| failure);
            return staging.add_gap(&all, &failure);
        }
        let last_reports = self.last_reports()?;
        let Wanted { mut reports, unknown, places } = self.wanted(staging)?;
        for (scope, failure) in unknown {
            staging.add_gap(&scope, &failure)?;
        }
        self.note_carried_reports(staging, &places, &reports)?;
        // A report that was never made sorts before any time. Equal ones keep the tree's order, each entity's own
        // report first.
        reports.sort_by_cached_key(|report| {
            last_reports.get(&(report.entity_id.clone(), report.policy_id.clone())).cloned()
        });
        self.queue(staging, reports.into_iter().map(Into::into))
    }

    /// Returns the number of reports to request; `None` while the tree, the accounts and the policies are still being
    /// listed.
    pub(super) fn expected_reports(&self, staging: &Staging) -> Result<Option<usize>> {
        let none = !self.selection.has(REPORTS.name)
            || ruled_out(self.context, self.policies_enabled(staging)?).is_some();
        if none {
            return Ok(Some(0));
        }
        let listed: Vec<_> = self.stages_before_reports().into_iter().map(Stage::name).collect();
        Ok(if staging.has_open(&listed)? { None } else { Some(self.wanted(staging)?.reports.len()) })
    }

    /// Decides whether service control policies are enabled on the root; `None` if it could not be listed.
    fn policies_enabled(&self, staging: &Staging) -> Result<Option<bool>> {
        let roots = staged_rows(staging, &Root::SPEC)?;
        let enabled = roots.iter().any(|root| service_control_policies_enabled(root.text("policy_types")));
        Ok((!roots.is_empty()).then_some(enabled))
    }

    /// Returns true if AWS answered that there is no organization, as opposed to denying its description.
    fn is_outside_organizations(&self, staging: &Staging) -> Result<bool> {
        let tree = staging.failures(Stage::Tree.name())?;
        Ok(tree.iter().any(|(_, failure)| failure.kind == GapKind::Unavailable))
    }

    /// Returns the requested reports: of the entities within the depth, and by policy.
    fn wanted(&self, staging: &Staging) -> Result<Wanted> {
        let mut wanted = Wanted { reports: Vec::new(), unknown: Vec::new(), places: self.places(staging)? };
        if self.context.organization_id().is_none() {
            return Ok(wanted);
        }
        for place in &wanted.places {
            if !(place.is_management || self.selection.report_depth.reaches(place.entity)) {
                continue;
            }
            match &place.own_report {
                Some(report) => wanted.reports.push(report.clone()),
                // The report was requested, so its absence is a failure.
                None => wanted
                    .unknown
                    .push((REPORTS.all().about(place.entity, &place.id), gap(GapKind::Failed, WITHOUT_PATH))),
            }
        }
        let ByPolicy { reports, unknown } = self.reports_by_policy(staging, &wanted.places)?;
        wanted.reports.extend(reports);
        wanted.unknown.extend(unknown);
        Ok(wanted)
    }

    /// Returns the time of the last attempt at each report, by entity and policy, in any snapshot. A report that keeps
    /// failing, or whose job does not end, must not always come first.
    fn last_reports(&self) -> Result<HashMap<(String, String), String>> {
        let last_tried = |jobs: &str| {
            format!(
                "SELECT entity_id, policy_id, max(coalesce(completed_at, created_at)) FROM {jobs}
                 GROUP BY entity_id, policy_id HAVING max(coalesce(completed_at, created_at)) NOT NULL"
            )
        };
        let mut last: HashMap<(String, String), String> = HashMap::new();
        for jobs in AccessReportJob::SPEC.tables() {
            let found = select(self.history, &last_tried(jobs), |row| {
                Ok(((row.get(0)?, row.get(1)?), row.get::<_, String>(2)?))
            })?;
            for (report, time) in found {
                let known = last.entry(report).or_default();
                *known = time.max(std::mem::take(known));
            }
        }
        Ok(last)
    }
}

/// Returns the subject of a report for messages: `OU Workloads (ou-…) by policy Guard (p-…)`.
pub(in crate::collect) fn report_in_words(staging: &Staging, report: &AccessReport) -> Result<String> {
    let named = |entity: Entity, id: &str| -> Result<String> {
        let spec = entity.spec();
        let (word, table, column) = (spec.short, spec.resource, spec.id);
        let sql = format!("SELECT max(name) FROM {table} WHERE {column} = ?1");
        let name: Option<String> =
            staging.connection().query_row(&sql, [id], |row| row.get(0)).map_err(failed)?;
        Ok(match name {
            Some(name) => format!("{word} {name} ({id})"),
            None => format!("{word} {id}"),
        })
    };
    let entity = named(report.entity_type, &report.entity_id)?;
    match report.policy() {
        Some(policy_id) => Ok(format!("{entity} by {}", named(Entity::Policy, policy_id)?)),
        None => Ok(entity),
    }
}
