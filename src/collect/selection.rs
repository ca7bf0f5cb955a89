//! The selected resources of a collection: `--only`, `--skip`, and the resources that these depend on.

use std::collections::BTreeSet;

use clap::ValueEnum;
use serde_json::{Value, json};

use super::access_report::AccessReport;
use super::accounts_asked::AccountsAsked;
use super::collector::{Asked, Collector, ForEach, In, Shows, Strategy};
use super::graph::{hangs_on, needs};
use super::policies::{ListPolicies, ListTargetsForPolicy};
use super::report_policies::ReportPolicies;
use super::task::{COLLECTORS, CollectorSpec};
use crate::aws::{Operation, RoleInAccounts};
use crate::error::{Error, Result};
use crate::model::{self, Entity, RESOURCES, Resource, ResourceGroup, ResourceSpec};

/// How deep the access reports go: `--access-report`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub enum ReportDepth {
    /// No report.
    None,
    /// The root and the management account, which the root's report leaves out.
    Root,
    /// The root, the management account and every OU.
    Ous,
    /// Every account too: 2 to 11 seconds each.
    Accounts,
}

impl ReportDepth {
    /// Returns true if every entity of this kind has a report.
    pub fn reaches(self, entity: Entity) -> bool {
        match entity {
            Entity::Root => self >= Self::Root,
            Entity::Ou => self >= Self::Ous,
            Entity::Account => self >= Self::Accounts,
            // AWS reports only on entities of the tree.
            Entity::User | Entity::Group | Entity::PermissionSet | Entity::Policy | Entity::Application => {
                false
            }
        }
    }
}

/// Of which accounts IAM is read: `--iam`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum IamAccounts {
    /// The account of the credentials.
    Caller,
    /// No account.
    None,
}

/// How assignments are to be listed: `--assignments`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StrategyChoice {
    /// Count, then take the cheaper; every provisioned pair at first and then every --full-every.
    Auto,
    /// Every provisioned pair of account and permission set.
    Pairs,
    /// Every user and group; management account only.
    Principals,
}

impl StrategyChoice {
    /// Returns true if assignments may be listed with this strategy. Some pairs are listed in any case.
    fn allows(self, strategy: Strategy) -> bool {
        match strategy {
            Strategy::Pairs => true,
            Strategy::Principals => self != Self::Pairs,
        }
    }
}

/// The selected resources and options of a collection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    resources: BTreeSet<&'static str>,
    /// The resources requested by name, some of which may be left out.
    named: BTreeSet<&'static str>,
    /// The depth of the access reports.
    pub report_depth: ReportDepth,
    /// The policies of further access reports.
    pub report_policies: ReportPolicies,
    /// The choice of the strategy for assignments.
    pub strategy: StrategyChoice,
    /// The accounts that are asked themselves.
    pub accounts: AccountsAsked,
}

impl Selection {
    /// Builds a selection. `only` includes the resources that its resources depend on. `skip` also leaves out the
    /// resources that depend on the skipped ones.
    ///
    /// Fails for an unknown resource name, and if no resource is left.
    pub fn new(
        only: &[String],
        skip: &[String],
        report_depth: ReportDepth,
        strategy: StrategyChoice,
    ) -> Result<Self> {
        let named = resources_named(only)?;
        let skip = resources_named(skip)?;
        let mut resources = BTreeSet::new();
        for spec in RESOURCES {
            if only.is_empty() || named.contains(spec.name) {
                include(spec.name, &mut resources);
            }
        }
        loop {
            let before = resources.len();
            resources.retain(|name| !skip.contains(name) && needs(name).is_disjoint(&skip));
            let lost: Vec<_> = resources
                .iter()
                .copied()
                .filter(|name| needs(name).iter().any(|need| !resources.contains(need)))
                .collect();
            for name in lost {
                resources.remove(name);
            }
            if resources.len() == before {
                break;
            }
        }
        if report_depth == ReportDepth::None {
            resources.remove(<AccessReport as Collector>::Rows::SPEC.name);
        }
        if resources.is_empty() {
            return Err(Error::usage("nothing is left to collect")
                .hint("drop a --skip, or name other resources with --only"));
        }
        let (report_policies, accounts) = (ReportPolicies::None, AccountsAsked::Caller);
        Ok(Self { resources, named, report_depth, report_policies, strategy, accounts })
    }

    /// Adds access reports by these policies to the selection. The resources that determine the policies are included
    /// as if they were requested by name.
    ///
    /// Fails if there are no reports, and if `skip`, with which the selection was made, leaves out such a resource.
    pub fn with_reports_by(mut self, policies: ReportPolicies, skip: &[String]) -> Result<Self> {
        if !policies.are_asked() {
            return Ok(self);
        }
        let (reports, flag) = (<AccessReport as Collector>::Rows::SPEC.name, "--access-report-policies");
        if !self.has(reports) {
            return Err(Error::usage(format!(
                "{flag} {policies}, but --only, --skip or --access-report leaves {reports} out"
            ))
            .hint(format!("drop {flag}, or take access reports: --access-report root")));
        }
        self.report_policies = policies;
        let told_by = self.told_by();
        for spec in &told_by {
            include(spec.name, &mut self.resources);
        }
        if let Some(skipped) = resources_named(skip)?.into_iter().find(|name| self.has(name)) {
            return Err(Error::usage(format!(
                "{flag} {} depends on {skipped}, but --skip leaves it out",
                self.report_policies
            ))
            .hint(format!("give --skip without {skipped}")));
        }
        self.named.extend(told_by.iter().map(|spec| spec.name));
        Ok(self)
    }

    /// Selects the accounts that are asked themselves. A role to assume there requests what is asked there by name.
    ///
    /// Fails if nothing is asked in accounts.
    pub fn in_accounts(mut self, accounts: AccountsAsked) -> Result<Self> {
        let Some(role) = accounts.role() else { return Ok(self) };
        let resources: BTreeSet<_> = self.asked_in_accounts().map(|spec| spec.rows.name).collect();
        if resources.is_empty() {
            return Err(Error::usage(format!(
                "--iam-role {role}, but --iam, --only or --skip leaves {} out",
                ResourceGroup::Iam.as_str()
            ))
            .hint(format!("drop --iam-role, or collect {} too", ResourceGroup::Iam.as_str())));
        }
        self.named.extend(resources);
        self.accounts = accounts;
        Ok(self)
    }

    /// Returns true if reports by policy depend on the targets of the policies.
    pub fn needs_policy_targets(&self) -> bool {
        self.report_policies.need_targets(self.reports_at_targets())
    }

    /// Returns true if reports by policy are made at each target, and not at the root alone.
    pub fn reports_at_targets(&self) -> bool {
        self.report_depth == ReportDepth::Accounts
    }

    /// Returns the resources that determine which reports by policy there are.
    fn told_by(&self) -> Vec<&'static ResourceSpec> {
        let policies = &<ListPolicies as Collector>::Rows::SPEC;
        let targets = &<ListTargetsForPolicy as Collector>::Rows::SPEC;
        match self.report_policies {
            ReportPolicies::None => Vec::new(),
            _ if self.needs_policy_targets() => vec![policies, targets],
            ReportPolicies::All => vec![policies],
            // The root's reports use the ids as they are given.
            ReportPolicies::Attached | ReportPolicies::These(_) => Vec::new(),
        }
    }

    /// Adds these resources to the ones requested by name.
    #[must_use]
    pub fn requiring(mut self, required: impl IntoIterator<Item = &'static str>) -> Self {
        self.named.extend(required);
        self
    }

    /// Returns true if a resource was requested by its name, or that of its group.
    pub fn names(&self, resource: &str) -> bool {
        self.named.contains(resource)
    }

    /// Returns true if a resource is collected.
    pub fn has(&self, resource: &str) -> bool {
        self.resources.contains(resource)
    }

    /// Returns true if any selected resource needs the Identity Center instance.
    pub fn needs_instance(&self) -> bool {
        self.asked().any(|spec| spec.place == In::Instance)
    }

    /// Returns the kinds of task that may be asked.
    pub(super) fn asked(&self) -> impl Iterator<Item = &'static CollectorSpec> {
        COLLECTORS.iter().filter(|spec| self.may_ask(spec))
    }

    /// Returns the kinds of task that may be asked in accounts.
    pub(super) fn asked_in_accounts(&self) -> impl Iterator<Item = &'static CollectorSpec> {
        self.asked().filter(|spec| spec.place == In::EachAccount)
    }

    /// Returns true if tasks of this kind may be asked: rows that give rise to them may exist, and the strategy allows
    /// them.
    fn may_ask(&self, spec: &CollectorSpec) -> bool {
        let has_rows = match spec.for_each {
            ForEach::Once => true,
            ForEach::Any(resources) => resources.iter().any(|resource| self.has(resource.name)),
            ForEach::All(resources) | ForEach::Where(resources) => {
                resources.iter().all(|resource| self.has(resource.name))
            }
        };
        let is_allowed = match spec.asked {
            Asked::By(strategy) => self.strategy.allows(strategy),
            Asked::AsListed | Asked::After | Asked::Planned | Asked::WithinBudget | Asked::Instead { .. } => {
                true
            }
        };
        spec.shows != Shows::Nothing && self.has(spec.rows.name) && has_rows && is_allowed
    }

    /// Returns the role to assume in accounts, if one is named, with a session policy of exactly the reads that the
    /// selection needs there: a role that may do more can do no more in such a session.
    pub fn account_role(&self) -> Option<RoleInAccounts> {
        let role = self.accounts.role()?;
        Some(RoleInAccounts { name: role.to_string(), session_policy: self.account_policy().to_string() })
    }

    /// Returns the permissions that the role in each account needs, as a policy.
    pub fn account_policy(&self) -> Value {
        let operations = self.asked_in_accounts().flat_map(|spec| spec.operations.iter().copied()).collect();
        json!({ "Version": "2012-10-17", "Statement": [statement_of(&operations)] })
    }

    /// Returns the selection in one canonical line. A staging of another selection is not resumed.
    pub fn canonical(&self) -> String {
        let resources: Vec<_> = self.resources.iter().copied().collect();
        let by_policy = match self.report_policies.are_asked() {
            true => format!(" by={}", self.report_policies),
            // The line of program versions without such reports.
            false => String::new(),
        };
        // Likewise.
        let in_accounts =
            self.accounts.canonical().map(|accounts| format!(" {accounts}")).unwrap_or_default();
        format!(
            "{} report={:?}{by_policy} assignments={:?}{in_accounts}",
            resources.join(","),
            self.report_depth,
            self.strategy
        )
    }
}

/// Returns the statement of a policy that allows these operations, and no other.
pub fn statement_of(operations: &BTreeSet<Operation>) -> Value {
    json!({
        "Sid": "OrgcensusReads",
        "Effect": "Allow",
        "Action": operations.iter().filter_map(|operation| operation.action()).collect::<Vec<_>>(),
        "Resource": "*",
    })
}

/// Returns the resources with these names, and of these groups.
fn resources_named(names: &[String]) -> Result<BTreeSet<&'static str>> {
    let mut resources = BTreeSet::new();
    for name in names {
        resources.extend(model::all_named(name)?.iter().map(|spec| spec.name));
    }
    Ok(resources)
}

fn include(name: &'static str, resources: &mut BTreeSet<&'static str>) {
    if resources.insert(name) {
        for need in needs(name).into_iter().chain(hangs_on(name)) {
            include(need, resources);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn select(only: &[&str], skip: &[&str]) -> Result<Selection> {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
        Selection::new(&owned(only), &owned(skip), ReportDepth::Ous, StrategyChoice::Auto)
    }

    #[test]
    fn only_brings_what_its_resources_need() {
        let selection = select(&["account_assignments"], &[]).unwrap();
        assert!(selection.has("provisioned_permission_sets") && selection.has("permission_sets"));
        assert!(!selection.has("accounts") && !selection.has("group_memberships"));
    }

    #[test]
    fn tags_alone_bring_what_they_are_tags_of() {
        let selection = select(&["tags"], &["permission_sets"]).unwrap();
        assert!(selection.has("tags") && selection.has("accounts") && selection.has("organizational_units"));
        assert!(!selection.has("permission_sets") && !selection.has("users"));
    }

    #[test]
    fn skip_takes_with_it_what_needs_the_skipped() {
        let selection = select(&[], &["permission_sets"]).unwrap();
        for gone in ["permission_sets", "permission_set_policies", "account_assignments"] {
            assert!(!selection.has(gone), "{gone}");
        }
        assert!(selection.has("users") && selection.has("tags"));
    }

    #[test]
    fn a_group_is_its_resources() {
        let selection = select(&["@identity"], &[]).unwrap();
        assert!(selection.has("users") && selection.has("groups") && selection.has("group_memberships"));
        assert!(!selection.has("accounts") && selection.names("users") && !selection.names("accounts"));
        let selection = select(&[], &["@policies", "@permission-sets"]).unwrap();
        assert!(!selection.has("organization_policy_targets") && !selection.has("account_assignments"));
        assert!(selection.has("trusted_services") && selection.has("tags"));
        let error = select(&["@polices"], &[]).unwrap_err();
        assert_eq!(error.hints()[0], "did you mean @policies?");
    }

    #[test]
    fn reports_by_policy_bring_what_tells_them() {
        let by = |only: &[&str], skip: &[&str], depth, policies: &str| {
            let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
            Selection::new(&owned(only), &owned(skip), depth, StrategyChoice::Auto)
                .and_then(|selection| selection.with_reports_by(policies.parse().unwrap(), &owned(skip)))
        };
        let (policies, targets) = ("organization_policies", "organization_policy_targets");
        let told = |depth, which: &str| {
            let selection = by(&["service_last_accessed"], &[], depth, which).unwrap();
            [policies, targets].map(|resource| selection.has(resource) && selection.names(resource))
        };
        assert_eq!(told(ReportDepth::Ous, "attached"), [true, true]);
        assert_eq!(told(ReportDepth::Ous, "all"), [true, false]);
        assert_eq!(told(ReportDepth::Accounts, "all"), [true, true]);
        assert_eq!(told(ReportDepth::Root, "p-FullAWSAccess"), [false, false]);
        assert_eq!(told(ReportDepth::Accounts, "p-FullAWSAccess"), [true, true]);
        for (only, skip, depth, which) in [
            (&[][..], &[][..], ReportDepth::None, "all"),
            (&["users"], &[], ReportDepth::Ous, "all"),
            (&[], &["service_last_accessed"], ReportDepth::Ous, "p-FullAWSAccess"),
            (&[], &["@policies"], ReportDepth::Ous, "all"),
            (&[], &[targets], ReportDepth::Ous, "attached"),
            (&[], &[policies], ReportDepth::Accounts, "p-FullAWSAccess"),
        ] {
            let error = by(only, skip, depth, which).unwrap_err();
            assert!(error.to_string().starts_with("--access-report-policies "), "{error}");
            assert_eq!(error.hints().len(), 1, "{error}");
        }
        assert!(by(&[], &["@policies"], ReportDepth::Ous, "p-FullAWSAccess").is_ok());
    }

    /// A collection that an older program version began can be resumed.
    #[test]
    fn without_policies_the_line_is_as_it_was() {
        let selection = select(&["roots"], &[]).unwrap();
        assert_eq!(selection.canonical(), "roots report=Ous assignments=Auto");
    }

    #[test]
    fn an_unknown_resource_is_named_with_the_nearest() {
        let error = select(&["acounts"], &[]).unwrap_err();
        assert_eq!(error.to_string(), "there is no resource \"acounts\"");
        assert_eq!(error.hints()[0], "did you mean accounts?");
    }
}
