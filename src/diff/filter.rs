//! Narrowing an answer to resources, to access, or to what concerns a user, account, group or permission set.
//!
//! What could not be seen is never filtered away with what it hides: an answer about access keeps the gaps
//! of every resource that access depends on, and one about a user every gap that a row of theirs may be under.

use serde_json::{Map, Value};

use super::change::{AccessChange, Change, ChangeKind, Diff, Way};

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
    /// Only what concerns all of these.
    pub subjects: Vec<Subject>,
}

/// One thing that an answer is narrowed to. It has two ids where it was deleted and made again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    pub kind: SubjectKind,
    pub ids: Vec<String>,
}

/// What an answer can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    User,
    Account,
    Group,
    PermissionSet,
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
        for subject in &self.subjects {
            diff.changes.retain(|change| subject.concerns_rows(change));
            diff.access_changes.retain(|change| subject.concerns_access(change));
        }
    }
}

impl Subject {
    /// Whether the row is about the subject, or the scope may hide a row that is.
    fn concerns_rows(&self, change: &Change) -> bool {
        let places = self.kind.places(change.resource);
        if change.change == ChangeKind::Unknown {
            return places.iter().any(|place| self.may_be_under(&change.key, place));
        }
        let rows = change.before.iter().chain(&change.after);
        rows.into_iter().any(|row| places.iter().any(|place| self.is_at(row, place)))
    }

    fn concerns_access(&self, change: &AccessChange) -> bool {
        let is_it = |id: &String| self.ids.contains(id);
        match self.kind {
            SubjectKind::User => is_it(&change.user_id),
            SubjectKind::Account => is_it(&change.account_id),
            SubjectKind::PermissionSet => is_it(&change.permission_set_arn),
            SubjectKind::Group => change.before_ways.iter().chain(&change.after_ways).any(|way| match way {
                Way::Direct => false,
                Way::Group { group_id, .. } => is_it(group_id),
            }),
        }
    }

    fn is_at(&self, row: &Map<String, Value>, place: &Place) -> bool {
        let says = |column: &str| row.get(column).and_then(Value::as_str);
        says(place.id).is_some_and(|id| self.ids.iter().any(|own| own == id))
            && place.of.is_none_or(|(column, kind)| says(column) == Some(kind))
    }

    /// A scope that does not name the column covers every value of it.
    fn may_be_under(&self, scope: &Map<String, Value>, place: &Place) -> bool {
        let allows = |column: &str, wanted: &dyn Fn(&str) -> bool| {
            scope.get(column).and_then(Value::as_str).is_none_or(wanted)
        };
        allows(place.id, &|id| self.ids.iter().any(|own| own == id))
            && place.of.is_none_or(|(column, kind)| allows(column, &|said| said == kind))
    }
}

/// A column that holds a subject's id, and the value of another column that says so.
struct Place {
    id: &'static str,
    of: Option<(&'static str, &'static str)>,
}

impl SubjectKind {
    fn places(self, resource: &str) -> Vec<Place> {
        let plain = |id| vec![Place { id, of: None }];
        let of = |id, column, kind| vec![Place { id, of: Some((column, kind)) }];
        match (self, resource) {
            (Self::User, "users" | "group_memberships") => plain("user_id"),
            (Self::User, "account_assignments") => of("principal_id", "principal_type", "USER"),
            (Self::Group, "groups" | "group_memberships") => plain("group_id"),
            (Self::Group, "account_assignments") => of("principal_id", "principal_type", "GROUP"),
            (Self::Account, "accounts" | "provisioned_permission_sets" | "account_assignments") => {
                plain("account_id")
            }
            (Self::Account, "service_last_accessed") => of("entity_id", "entity_type", "account"),
            (Self::Account, "tags") => of("resource_id", "resource_type", "account"),
            (
                Self::PermissionSet,
                "permission_sets"
                | "permission_set_policies"
                | "provisioned_permission_sets"
                | "account_assignments",
            ) => plain("permission_set_arn"),
            (Self::PermissionSet, "tags") => of("resource_id", "resource_type", "permission_set"),
            _ => Vec::new(),
        }
    }
}
