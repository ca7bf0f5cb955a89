//! Narrowing an answer to resources, or to access.
//!
//! What could not be seen is never filtered away with what it hides: an answer about access keeps the gaps
//! of every resource that access depends on.

use super::change::{ChangeKind, Diff};

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
    /// Whether access changes are wanted.
    pub fn shows_access(&self) -> bool {
        self.access || self.resources.is_empty()
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
