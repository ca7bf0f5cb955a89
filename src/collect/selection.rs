//! Which resources a collection asks for: `--only`, `--skip`, and what the chosen ones need.

use std::collections::BTreeSet;

use clap::ValueEnum;

use super::access_report::AccessReport;
use super::collector::{Asked, Collector, ForEach, In, Shows, Strategy};
use super::graph::{hangs_on, needs};
use super::task::{COLLECTORS, CollectorSpec};
use crate::error::{Error, Result};
use crate::model::{self, Entity, RESOURCES, Resource};

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
    /// Whether every entity of this kind has a report.
    pub fn reaches(self, entity: Entity) -> bool {
        match entity {
            Entity::Root => self >= Self::Root,
            Entity::Ou => self >= Self::Ous,
            Entity::Account => self >= Self::Accounts,
            // AWS reports on places of the tree only.
            Entity::User | Entity::Group | Entity::PermissionSet | Entity::Policy => false,
        }
    }
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
    /// Whether assignments may be listed so. Some pairs are listed in any case.
    fn allows(self, strategy: Strategy) -> bool {
        match strategy {
            Strategy::Pairs => true,
            Strategy::Principals => self != Self::Pairs,
        }
    }
}

/// What a collection asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    resources: BTreeSet<&'static str>,
    /// Those that were asked for by name, among them some that are left out.
    named: BTreeSet<&'static str>,
    /// How deep the access reports go.
    pub report_depth: ReportDepth,
    /// How assignments are to be listed.
    pub strategy: StrategyChoice,
}

impl Selection {
    /// Makes a selection. `only` brings what its resources need with it; `skip` takes with it what needs
    /// the skipped ones.
    ///
    /// Fails for a name that is no resource, and when nothing is left.
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
        Ok(Self { resources, named, report_depth, strategy })
    }

    /// The selection where these resources were asked for by name, too.
    #[must_use]
    pub fn requiring(mut self, required: impl IntoIterator<Item = &'static str>) -> Self {
        self.named.extend(required);
        self
    }

    /// Whether a resource was asked for by its name, or that of its group.
    pub fn names(&self, resource: &str) -> bool {
        self.named.contains(resource)
    }

    /// Whether a resource is collected.
    pub fn has(&self, resource: &str) -> bool {
        self.resources.contains(resource)
    }

    /// Whether anything needs the Identity Center instance.
    pub fn needs_instance(&self) -> bool {
        self.asked().any(|spec| spec.place == In::Instance)
    }

    /// The kinds of task that may be asked.
    pub(super) fn asked(&self) -> impl Iterator<Item = &'static CollectorSpec> {
        COLLECTORS.iter().filter(|spec| self.may_ask(spec))
    }

    /// Whether anything leads to tasks of this kind: there may be rows to ask for, and a strategy that asks.
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
            Asked::AsListed | Asked::After | Asked::Planned | Asked::Instead { .. } => true,
        };
        spec.shows != Shows::Nothing && self.has(spec.rows.name) && has_rows && is_allowed
    }

    /// The selection in one canonical line: a staging of another selection is not resumed.
    pub fn canonical(&self) -> String {
        let resources: Vec<_> = self.resources.iter().copied().collect();
        format!("{} report={:?} assignments={:?}", resources.join(","), self.report_depth, self.strategy)
    }
}

/// The resources of these names, and of these groups.
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
    fn an_unknown_resource_is_named_with_the_nearest() {
        let error = select(&["acounts"], &[]).unwrap_err();
        assert_eq!(error.to_string(), "there is no resource \"acounts\"");
        assert_eq!(error.hints()[0], "did you mean accounts?");
    }
}
