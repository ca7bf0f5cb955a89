//! The step that asks for access reports: of which entities, the stalest first.

use std::collections::HashMap;

use super::{Plan, gap, select};
use crate::collect::access_report::{AccessReport, ruled_out};
use crate::collect::organization::service_control_policies_enabled;
use crate::collect::selection::ReportDepth;
use crate::collect::task::{Stage, Task};
use crate::error::Result;
use crate::model::{AccessReportJob, Entity, Fact, Scope, ServiceLastAccessed};
use crate::store::{GapKind, Staging, failed};

/// An entity whose report cannot be asked for.
type WithoutPath = (Entity, String);

impl Plan<'_> {
    /// Queues the reports of the root, the management account (the root's report leaves it out), the OUs and,
    /// on request, the accounts.
    pub(super) fn ask_reports(&self, staging: &mut Staging) -> Result<()> {
        if !self.selection.has("service_last_accessed") {
            return Ok(());
        }
        if let Some(reason) = ruled_out(self.context, self.policies_enabled(staging)?) {
            return staging.add_gap(&Scope::all::<ServiceLastAccessed>(), &gap(GapKind::Unavailable, reason));
        }
        if self.context.organization.is_none() {
            if self.is_outside_organizations(staging)? {
                let reason = "the account is in no organization";
                return staging
                    .add_gap(&Scope::all::<ServiceLastAccessed>(), &gap(GapKind::Unavailable, reason));
            }
            let refused = self
                .failures(staging, Stage::Details)?
                .into_iter()
                .find(|(task, _)| matches!(task, Task::DescribeOrganization(_)));
            let reason = "the organization could not be described, so its entities' paths are not known";
            let failure = refused.map_or_else(|| gap(GapKind::Failed, reason), |(_, failure)| failure);
            return staging.add_gap(&Scope::all::<ServiceLastAccessed>(), &failure);
        }
        let last_reports = self.last_reports()?;
        let (mut reports, without_path) = self.entities(staging)?;
        for (entity_type, entity_id) in without_path {
            // AWS takes a path and no id. It was asked for, so that it is no limit.
            let report = Task::from(AccessReport { entity_type, entity_id, entity_path: String::new() });
            for scope in report.covers() {
                staging
                    .add_gap(&scope, &gap(GapKind::Failed, "its path in the organization is not known"))?;
            }
        }
        // Never reported sorts before any time; the order within equals is the tree's.
        reports.sort_by_key(|report| last_reports.get(&report.entity_id));
        self.queue(staging, reports.into_iter().map(Into::into))
    }

    /// How many reports will be asked for; `None` while the tree and the accounts are still being listed.
    pub(super) fn expected_reports(&self, staging: &Staging) -> Result<Option<usize>> {
        let none = !self.selection.has("service_last_accessed")
            || ruled_out(self.context, self.policies_enabled(staging)?).is_some();
        if none {
            return Ok(Some(0));
        }
        let listed = [Stage::Tree, Stage::Accounts, Stage::AccountParents].map(Stage::name);
        Ok(if staging.has_open(&listed)? { None } else { Some(self.entities(staging)?.0.len()) })
    }

    /// Whether service control policies are enabled on the root; `None` where it could not be listed.
    fn policies_enabled(&self, staging: &Staging) -> Result<Option<bool>> {
        let roots: Vec<Option<String>> =
            select(staging.connection(), "SELECT policy_types FROM roots", |row| row.get(0))?;
        let enabled = roots.iter().any(|root| service_control_policies_enabled(root.as_deref()));
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
        let Some(organization) = self.context.organization_id() else { return Ok(Default::default()) };
        let mut statement = staging
            .connection()
            .prepare(
                "SELECT 'root', root_id, ?1 || '/' || root_id, 0 FROM roots
                 UNION ALL SELECT 'organizational_unit', ou_id, CASE WHEN whole THEN entity_path END, 0
                 FROM organizational_units
                 UNION ALL SELECT 'account', account_id, CASE WHEN whole THEN entity_path END,
                     coalesce(is_management_account, 0)
                 FROM accounts
                 ORDER BY 4 DESC, 3",
            )
            .map_err(failed)?;
        let found = statement
            .query_map([organization], |row| {
                let kind: String = row.get(0)?;
                let entity_type = Entity::of_value(&kind).expect("the statement names entities");
                let management: bool = row.get(3)?;
                let entity_path: Option<String> = row.get(2)?;
                Ok((entity_type, row.get(1)?, entity_path, management))
            })
            .and_then(Iterator::collect::<rusqlite::Result<Vec<(Entity, String, Option<String>, bool)>>>)
            .map_err(failed)?;
        let depth = self.selection.report_depth;
        let (mut reports, mut without_path) = (Vec::new(), Vec::new());
        for (entity_type, entity_id, entity_path, management) in found {
            let is_asked_for = match entity_type {
                Entity::Root => true,
                Entity::Ou => depth >= ReportDepth::Ous,
                Entity::Account => management || depth >= ReportDepth::Accounts,
                // AWS reports on places of the tree only.
                Entity::User | Entity::Group | Entity::PermissionSet => false,
            };
            match entity_path {
                _ if !is_asked_for => {}
                Some(entity_path) => reports.push(AccessReport { entity_type, entity_id, entity_path }),
                None => without_path.push((entity_type, entity_id)),
            }
        }
        Ok((reports, without_path))
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
