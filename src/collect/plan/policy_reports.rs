//! Selects the access reports by policy, and records why others are not requested.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::places::{Place, WITHOUT_PATH};
use super::{Plan, gap, not_asked, select, staged_rows};
use crate::collect::access_report::AccessReport;
use crate::collect::collector::{Collector, Stage};
use crate::collect::policies::{ListPolicies, ListTargetsForPolicy};
use crate::collect::report_policies::ReportPolicies;
use crate::collect::services::organizations::SERVICE_CONTROL_POLICY;
use crate::collect::task::Task;
use crate::error::Result;
use crate::model::{Entity, Resource, ResourceSpec, Scope};
use crate::store::{Failure, GapKind, Staging};

/// The message of a gap for a report that an earlier snapshot has and this collection does not request.
const NOT_ASKED_FOR: &str = "not asked for by --access-report-policies";
/// The number of carried reports up to which each has its own gap. Beyond it there is one gap per policy, or one for
/// all.
const CARRIED_GAPS: usize = 100;

/// The resource that reports list.
const REPORTS: &ResourceSpec = &<AccessReport as Collector>::Rows::SPEC;
const POLICIES: &ResourceSpec = &<ListPolicies as Collector>::Rows::SPEC;
const TARGETS: &ResourceSpec = &<ListTargetsForPolicy as Collector>::Rows::SPEC;

/// The requested reports by policy, and the gaps of reports that cannot be requested.
#[derive(Debug, Default)]
pub(super) struct ByPolicy {
    pub reports: Vec<AccessReport>,
    pub unknown: Vec<(Scope, Failure)>,
}

impl ByPolicy {
    fn cannot(&mut self, policy_id: &str, kind: GapKind, reason: &str) {
        self.unknown.push((by(policy_id), gap(kind, reason)));
    }
}

/// The policies as they were listed.
#[derive(Default)]
struct Listed {
    /// The type of each policy.
    types: BTreeMap<String, String>,
    /// The targets of each policy.
    targets: HashMap<String, Vec<String>>,
    /// The failure to list service control policies.
    refused: Option<Failure>,
    /// The failure to list the targets of a policy.
    without_targets: HashMap<String, Failure>,
}

impl Listed {
    fn is_scp(&self, policy_id: &str) -> bool {
        self.types.get(policy_id).is_some_and(|kind| kind == SERVICE_CONTROL_POLICY)
    }

    /// Returns true if all service control policies are known.
    fn is_complete(&self) -> bool {
        !self.types.is_empty() && self.refused.is_none()
    }
}

impl Plan<'_> {
    /// Returns the stages that must close before the list of reports is known.
    pub(super) fn stages_before_reports(&self) -> Vec<Stage> {
        let mut stages = vec![Stage::Tree, Stage::Accounts, Stage::AccountParents];
        stages.extend(self.stages_of_policies());
        stages
    }

    /// Returns the stages that must close before the policies of reports by policy are known.
    pub(super) fn stages_of_policies(&self) -> &'static [Stage] {
        match (self.selection.report_policies.are_asked(), self.selection.needs_policy_targets()) {
            (false, _) => &[],
            (true, false) => &[Stage::Policies],
            (true, true) => &[Stage::Policies, Stage::PolicyTargets],
        }
    }

    /// Returns the reports by policy of these entities: at the root, and also at each target if accounts have reports.
    /// AWS ignores the policy for the management account, to which no policy applies.
    pub(super) fn reports_by_policy(&self, staging: &Staging, places: &[Place]) -> Result<ByPolicy> {
        let mut by_policy = ByPolicy::default();
        let chosen = &self.selection.report_policies;
        if !chosen.are_asked() {
            return Ok(by_policy);
        }
        let listed = self.listed_policies(staging)?;
        let by_id: HashMap<&str, &Place> = places.iter().map(|place| (place.id.as_str(), place)).collect();
        let roots = || places.iter().filter(|place| place.entity == Entity::Root);
        let is_deep = self.selection.reports_at_targets();
        for policy_id in self.chosen_policies(&listed, &mut by_policy) {
            if self.selection.needs_policy_targets()
                && let Some(refused) = listed.without_targets.get(&policy_id)
            {
                by_policy.unknown.push((by(&policy_id), refused.clone()));
                if *chosen == ReportPolicies::Attached {
                    continue;
                }
            }
            let targets = listed.targets.get(&policy_id).map_or(&[][..], Vec::as_slice);
            if *chosen == ReportPolicies::Attached && targets.is_empty() {
                continue;
            }
            let deep =
                targets.iter().filter(|_| is_deep).filter_map(|target| by_id.get(target.as_str()).copied());
            let below = deep.filter(|place| place.entity != Entity::Root && !place.is_management);
            for place in roots().chain(below) {
                match &place.own_report {
                    Some(own) => by_policy.reports.push(own.by_policy(&policy_id)),
                    None => by_policy.unknown.push((
                        by(&policy_id).about(place.entity, &place.id),
                        gap(GapKind::Failed, WITHOUT_PATH),
                    )),
                }
            }
        }
        Ok(by_policy)
    }

    /// Records gaps for the reports by policy that an earlier snapshot has and this collection does not request. Their
    /// rows are carried forward. A report whose entity or policy was deleted is no gap.
    pub(super) fn note_carried_reports(
        &self,
        staging: &mut Staging,
        places: &[Place],
        asked: &[AccessReport],
    ) -> Result<()> {
        let taken: Vec<(String, String)> = select(
            self.history,
            &format!(
                "SELECT DISTINCT entity_id, policy_id FROM {}_versions WHERE valid_to IS NULL AND policy_id <> ''",
                REPORTS.name
            ),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        if taken.is_empty() {
            return Ok(());
        }
        let gone = self.policies_gone(staging)?;
        let places: HashMap<&str, Entity> =
            places.iter().map(|place| (place.id.as_str(), place.entity)).collect();
        let asked: HashSet<(&str, &str)> =
            asked.iter().map(|report| (report.entity_id.as_str(), report.policy_id.as_str())).collect();
        let mut scopes = BTreeSet::new();
        for (entity_id, policy_id) in &taken {
            let Some(entity) = places.get(entity_id.as_str()) else { continue };
            // Another gap covers everything deeper than the reports go.
            if !self.selection.report_depth.reaches(*entity) {
                continue;
            }
            if !gone.contains(policy_id) && !asked.contains(&(entity_id.as_str(), policy_id.as_str())) {
                scopes.insert((by(policy_id).about(*entity, entity_id), by(policy_id)));
            }
        }
        let policies: BTreeSet<&Scope> = scopes.iter().map(|(_, of_policy)| of_policy).collect();
        let scopes: Vec<Scope> = match (scopes.len(), policies.len()) {
            (..=CARRIED_GAPS, _) => scopes.into_iter().map(|(own, _)| own).collect(),
            (_, ..=CARRIED_GAPS) => policies.into_iter().cloned().collect(),
            _ => vec![REPORTS.all()],
        };
        scopes.iter().try_for_each(|scope| staging.add_gap(scope, &not_asked(NOT_ASKED_FOR)))
    }

    /// Returns the ids of the chosen policies for which reports can be requested.
    fn chosen_policies(&self, listed: &Listed, by_policy: &mut ByPolicy) -> Vec<String> {
        let ReportPolicies::These(ids) = &self.selection.report_policies else {
            if let Some(refused) = &listed.refused {
                by_policy.unknown.push((REPORTS.all(), refused.clone()));
            }
            return listed.types.keys().filter(|policy_id| listed.is_scp(policy_id)).cloned().collect();
        };
        let mut chosen = Vec::new();
        for policy_id in ids {
            match listed.types.get(policy_id) {
                Some(other) if other != SERVICE_CONTROL_POLICY => {
                    let reason = format!(
                        "it is a policy of type {other}: reports exist only for service control policies"
                    );
                    by_policy.cannot(policy_id, GapKind::Failed, &reason);
                }
                None if listed.is_complete() => {
                    let reason = "no service control policy has this id: --access-report-policies";
                    by_policy.cannot(policy_id, GapKind::Failed, reason);
                }
                // A policy that could not be listed may exist. AWS's answer to the report will show it.
                Some(_) | None => chosen.push(policy_id.clone()),
            }
        }
        chosen
    }

    fn listed_policies(&self, staging: &Staging) -> Result<Listed> {
        let mut listed = Listed::default();
        if !self.selection.has(POLICIES.name) {
            return Ok(listed);
        }
        for row in staged_rows(staging, POLICIES)? {
            if let (Some((_, id)), Some(kind)) = (row.entity(), row.text("type")) {
                listed.types.insert(id.to_owned(), kind.to_owned());
            }
        }
        for (task, failure) in self.failures(staging, Stage::Policies)? {
            if let Task::ListPolicies(ListPolicies { policy_type, .. }) = task
                && policy_type == SERVICE_CONTROL_POLICY
            {
                listed.refused = Some(failure);
            }
        }
        for row in staged_rows(staging, TARGETS)? {
            if let (Some(policy_id), Some(target)) = (row.text("policy_id"), row.text("target_id")) {
                listed.targets.entry(policy_id.to_owned()).or_default().push(target.to_owned());
            }
        }
        for (task, failure) in self.failures(staging, Stage::PolicyTargets)? {
            if let Task::ListTargetsForPolicy(ListTargetsForPolicy { policy_id }) = task {
                listed.without_targets.insert(policy_id, failure);
            }
        }
        Ok(listed)
    }

    /// Returns the service control policies of the last snapshot that are proven deleted.
    fn policies_gone(&self, staging: &Staging) -> Result<HashSet<String>> {
        let listed = self.listed_policies(staging)?;
        if !listed.is_complete() || staging.has_open(&[Stage::Policies.name()])? {
            return Ok(HashSet::new());
        }
        let known: Vec<String> = select(
            self.history,
            &format!(
                "SELECT policy_id FROM {}_versions WHERE valid_to IS NULL AND type = '{SERVICE_CONTROL_POLICY}'",
                POLICIES.name
            ),
            |row| row.get(0),
        )?;
        Ok(known.into_iter().filter(|policy_id| !listed.types.contains_key(policy_id)).collect())
    }
}

/// Returns the scope of the rows of reports by a policy.
fn by(policy_id: &str) -> Scope {
    REPORTS.all().about(Entity::Policy, policy_id)
}
