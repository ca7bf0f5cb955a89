//! Which resources a collection asks for: `--only`, `--skip`, and what the chosen ones need.

use std::collections::BTreeSet;

use clap::ValueEnum;

use super::plan::StrategyChoice;
use crate::error::{Error, Result};
use crate::model::{self, RESOURCES};

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

/// What a collection asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    resources: BTreeSet<&'static str>,
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
        for name in only.iter().chain(skip) {
            model::named(name)?;
        }
        let mut resources = BTreeSet::new();
        for spec in RESOURCES {
            if only.is_empty() || only.iter().any(|name| name == spec.name) {
                include(spec.name, &mut resources);
            }
        }
        loop {
            let before = resources.len();
            resources.retain(|name| {
                !skip.iter().any(|skipped| skipped == name)
                    && !needs(name).iter().any(|need| skip.iter().any(|skipped| skipped == need))
            });
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
            resources.remove("service_last_accessed");
        }
        if resources.is_empty() {
            return Err(Error::usage("nothing is left to collect")
                .hint("drop a --skip, or name other resources with --only"));
        }
        Ok(Self { resources, report_depth, strategy })
    }

    /// Whether a resource is collected.
    pub fn has(&self, resource: &str) -> bool {
        self.resources.contains(resource)
    }

    /// Whether anything needs the Identity Center instance.
    pub fn needs_instance(&self) -> bool {
        ["users", "groups", "permission_sets"].iter().any(|name| self.has(name))
    }

    /// The selection in one canonical line: a staging of another selection is not resumed.
    pub fn canonical(&self) -> String {
        let resources: Vec<_> = self.resources.iter().copied().collect();
        format!("{} report={:?} assignments={:?}", resources.join(","), self.report_depth, self.strategy)
    }
}

fn include(name: &'static str, resources: &mut BTreeSet<&'static str>) {
    if resources.insert(name) {
        for need in needs(name) {
            include(need, resources);
        }
    }
}

/// What a resource cannot be collected without: whatever its tasks follow from.
fn needs(name: &str) -> &'static [&'static str] {
    match name {
        "organizational_units" => &["roots"],
        // The parents' listing gives the paths where AWS does not send them.
        "accounts" => &["roots", "organizational_units"],
        "group_memberships" => &["groups"],
        "permission_set_policies" | "provisioned_permission_sets" => &["permission_sets"],
        "account_assignments" => &["provisioned_permission_sets"],
        "service_last_accessed" => &["organization", "roots", "organizational_units", "accounts"],
        _ => &[],
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
    fn skip_takes_with_it_what_needs_the_skipped() {
        let selection = select(&[], &["permission_sets"]).unwrap();
        for gone in ["permission_sets", "permission_set_policies", "account_assignments"] {
            assert!(!selection.has(gone), "{gone}");
        }
        assert!(selection.has("users") && selection.has("tags"));
    }

    #[test]
    fn an_unknown_resource_is_named_with_the_nearest() {
        let error = select(&["acounts"], &[]).unwrap_err();
        assert_eq!(error.to_string(), "there is no resource \"acounts\"");
        assert_eq!(error.hints()[0], "did you mean accounts?");
    }
}
