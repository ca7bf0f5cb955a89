//! The step that asks for access reports: of which entities, the stalest first.

use std::collections::HashMap;

use super::{Plan, gap, not_asked, select, staged_rows};
use crate::collect::access_report::{AccessReport, ruled_out};
use crate::collect::collector::{Collector, Stage};
use crate::collect::organization::service_control_policies_enabled;
use crate::collect::task::Task;
use crate::error::Result;
use crate::model::{AccessReportJob, Entity, Fact, Resource, Root, Row, ServiceLastAccessed};
use crate::store::{GapKind, Staging, failed};

/// What is said of a scope that lies deeper than access reports were asked for.
const BEYOND_DEPTH: &str = "beyond the depth of --access-report";
/// What reports list.
const REPORTS: &str = ServiceLastAccessed::SPEC.name;

/// An entity whose report is asked for.
struct Reported {
    entity: Entity,
    id: String,
    /// `None` where it is not known, so that there is no report.
    path: Option<String>,
    is_management: bool,
}

/// The entities that reports are about.
fn entities_with_reports() -> impl Iterator<Item = Entity> {
    AccessReport::FOR_EACH.resources().iter().filter_map(|resource| Entity::of_resource(resource.name))
}

/// An entity whose report cannot be asked for.
type WithoutPath = (Entity, String);

impl Plan<'_> {
    /// Notes the entities that have no report, because it was not asked for so deep.
    pub(super) fn note_report_depth(&self, staging: &mut Staging) -> Result<()> {
        if !self.selection.has(REPORTS) {
            return Ok(());
        }
        for entity in entities_with_reports().filter(|entity| !self.selection.report_depth.reaches(*entity)) {
            staging.add_gap(&ServiceLastAccessed::SPEC.all_about(entity), &not_asked(BEYOND_DEPTH))?;
        }
        Ok(())
    }

    /// Queues the reports of the root, the management account (the root's report leaves it out), the OUs and,
    /// on request, the accounts.
    pub(super) fn ask_reports(&self, staging: &mut Staging) -> Result<()> {
        if !self.selection.has(REPORTS) {
            return Ok(());
        }
        let all = ServiceLastAccessed::SPEC.all();
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
        let (mut reports, without_path) = self.entities(staging)?;
        for (entity_type, entity_id) in without_path {
            // AWS takes a path and no id. It was asked for, so that it is no limit.
            let reason = "its path in the organization is not known";
            staging.add_gap(&all.clone().about(entity_type, &entity_id), &gap(GapKind::Failed, reason))?;
        }
        // Never reported sorts before any time; the order within equals is the tree's.
        reports.sort_by_key(|report| last_reports.get(&report.entity_id));
        self.queue(staging, reports.into_iter().map(Into::into))
    }

    /// How many reports will be asked for; `None` while the tree and the accounts are still being listed.
    pub(super) fn expected_reports(&self, staging: &Staging) -> Result<Option<usize>> {
        let none = !self.selection.has(REPORTS)
            || ruled_out(self.context, self.policies_enabled(staging)?).is_some();
        if none {
            return Ok(Some(0));
        }
        let listed = [Stage::Tree, Stage::Accounts, Stage::AccountParents].map(Stage::name);
        Ok(if staging.has_open(&listed)? { None } else { Some(self.entities(staging)?.0.len()) })
    }

    /// Whether service control policies are enabled on the root; `None` where it could not be listed.
    fn policies_enabled(&self, staging: &Staging) -> Result<Option<bool>> {
        let roots = staged_rows(staging, &Root::SPEC)?;
        let enabled = roots.iter().any(|root| service_control_policies_enabled(root.text("policy_types")));
        Ok((!roots.is_empty()).then_some(enabled))
    }

    /// Whether AWS said that there is no organization, instead of refusing to describe it.
    fn is_outside_organizations(&self, staging: &Staging) -> Result<bool> {
        let tree = staging.failures(Stage::Tree.name())?;
        Ok(tree.iter().any(|(_, failure)| failure.kind == GapKind::Unavailable))
    }

    /// The reports within the depth that is asked for, and the entities of those that cannot be asked for because
    /// their path is not known.
    fn entities(&self, staging: &Staging) -> Result<(Vec<AccessReport>, Vec<WithoutPath>)> {
        if self.context.organization_id().is_none() {
            return Ok(Default::default());
        }
        let mut asked_for = Vec::new();
        for places in AccessReport::FOR_EACH.resources() {
            asked_for.extend(staged_rows(staging, places)?.into_iter().filter_map(|row| self.reported(row)));
        }
        // The management account first, and then in the order of the tree.
        asked_for
            .sort_by(|one, other| (other.is_management, &one.path).cmp(&(one.is_management, &other.path)));
        let (mut reports, mut without_path) = (Vec::new(), Vec::new());
        for Reported { entity, id, path, .. } in asked_for {
            match path {
                Some(entity_path) => {
                    reports.push(AccessReport { entity_type: entity, entity_id: id, entity_path });
                }
                None => without_path.push((entity, id)),
            }
        }
        Ok((reports, without_path))
    }

    /// What is reported on by a staged row, if it is within the depth that is asked for.
    fn reported(&self, row: Row) -> Option<Reported> {
        let (entity, id) = row.entity()?;
        let is_management = row.columns.get("is_management_account").is_some_and(|is| *is == 1);
        let is_asked_for = is_management || self.selection.report_depth.reaches(entity);
        let path = AccessReport::of(&row, self.context).map(|report| report.entity_path);
        is_asked_for.then(|| Reported { entity, id: id.to_owned(), path, is_management })
    }

    /// When each entity's report was last tried, in any snapshot: one that keeps failing, or that does not end, must
    /// not come first for ever.
    fn last_reports(&self) -> Result<HashMap<String, String>> {
        let last_tried = |jobs: &str| {
            format!(
                "SELECT entity_id, max(coalesce(completed_at, created_at)) FROM {jobs}
                 GROUP BY entity_id HAVING max(coalesce(completed_at, created_at)) NOT NULL"
            )
        };
        let mut last: HashMap<String, String> = HashMap::new();
        for jobs in AccessReportJob::SPEC.tables() {
            let found =
                select(self.history, &last_tried(jobs), |row| Ok((row.get(0)?, row.get::<_, String>(1)?)))?;
            for (entity_id, time) in found {
                let known = last.entry(entity_id).or_default();
                *known = time.max(std::mem::take(known));
            }
        }
        Ok(last)
    }
}

/// What a person calls the entity of a report: `OU Workloads (ou-…)`.
pub(in crate::collect) fn entity_in_words(staging: &Staging, report: &AccessReport) -> Result<String> {
    let entity = report.entity_type.spec();
    let (word, table, id) = (entity.short, entity.resource, entity.id);
    let name: Option<String> = staging
        .connection()
        .query_row(&format!("SELECT max(name) FROM {table} WHERE {id} = ?1"), [&report.entity_id], |row| {
            row.get(0)
        })
        .map_err(failed)?;
    Ok(match name {
        Some(name) => format!("{word} {name} ({})", report.entity_id),
        None => format!("{word} {}", report.entity_id),
    })
}
