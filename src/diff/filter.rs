//! Narrowing an answer to resources, or to access.
//!
//! What could not be seen is never filtered away with what it hides: an answer about access keeps the gaps
//! of every resource that access depends on.

use super::change::{ChangeKind, Diff};
use crate::error::{Error, Result};
use crate::model::RESOURCES;

/// The resources that decide who can reach what.
const BEHIND_ACCESS: &[&str] = &[
    "users",
    "groups",
    "group_memberships",
    "permission_sets",
    "permission_set_policies",
    "account_assignments",
];

/// What of a diff is wanted; the default is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// Only the rows of these resources; empty for all. Access changes then need `access`.
    pub resources: Vec<String>,
    /// Only access changes, beside `resources` where these are named.
    pub access: bool,
}

impl Filter {
    /// Fails (exit 2) for a resource that does not exist, with the nearest name.
    pub fn check(&self) -> Result<()> {
        for resource in &self.resources {
            if RESOURCES.iter().any(|spec| spec.name == resource) {
                continue;
            }
            let nearest = RESOURCES
                .iter()
                .map(|spec| (strsim::jaro_winkler(spec.name, resource), spec.name))
                .max_by(|one, other| one.0.total_cmp(&other.0))
                .filter(|(likeness, _)| *likeness > 0.7);
            let error = Error::unknown(format!("there is no resource \"{resource}\""));
            return Err(match nearest {
                Some((_, name)) => error.hint(format!("did you mean {name}?")),
                None => error.hint("orgcensus schema  (lists the resources)"),
            });
        }
        Ok(())
    }

    /// Leaves out what is not wanted.
    pub fn apply(&self, diff: &mut Diff) {
        let named = |resource: &str| self.resources.iter().any(|name| name == resource);
        if self.access {
            diff.changes.retain(|change| {
                named(change.resource)
                    || (change.change == ChangeKind::Unknown && BEHIND_ACCESS.contains(&change.resource))
            });
        } else if !self.resources.is_empty() {
            diff.changes.retain(|change| named(change.resource));
            diff.access_changes.clear();
        }
    }
}
