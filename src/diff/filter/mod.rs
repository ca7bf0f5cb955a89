//! Narrows a diff to resources, to access, or to the changes of a user, account, group, permission set, OU, tag or
//! privilege.
//!
//! A filter never removes a gap that may hide matching rows. An answer about access keeps the gaps of every resource
//! that access depends on. One about a user keeps every gap that may hide a row of that user. One about an OU, a tag or
//! privilege keeps every gap over the resources that decide who is in, tagged or privileged (`hiding`). The ids of
//! these come from both sides (`meaning`).

mod hiding;
mod meaning;

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use rusqlite::Connection;
use serde_json::Value;

use super::change::Recreation;
use super::change::{AccessChange, AccessPath, Change, ChangeKind, Diff};
use crate::error::Result;
pub use crate::model::SubjectKind;
use crate::model::{self, AccessRole, Entity, EntityColumn, LimitConcerns, resource};
use crate::store::Record;

/// The wanted parts of a diff; the default is everything.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Filter {
    /// The resources to which rows are limited; empty for all. Access changes then need `access`.
    pub resources: Vec<String>,
    /// The resources whose rows are left out, except gaps that may hide access if access is wanted.
    pub skip: Vec<String>,
    /// True to show only access changes, in addition to `resources` if any are named.
    pub access: bool,
    /// The subjects that a change must all concern.
    pub subjects: Vec<Subject>,
}

/// The subject that an answer is narrowed to: one entity, which has two ids if it was deleted and created again, or all
/// entities in an OU, with a tag or with privileges, on either side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subject {
    /// The kind, which decides how `ids` are matched with rows.
    pub kind: SubjectKind,
    /// The ids or ARNs; a row concerns the subject if it names any of them.
    pub ids: HashSet<String>,
}

impl Filter {
    /// Returns true if access changes are wanted.
    pub fn shows_access(&self) -> bool {
        self.access || self.resources.is_empty()
    }

    /// Removes the parts of the diff that are not wanted.
    pub fn apply(&self, connection: &Connection, diff: &mut Diff) -> Result<()> {
        hiding::tell_what_decides(connection, diff, &self.subjects)?;
        let named = |resource: &str| self.resources.iter().any(|name| name == resource);
        let skipped = |resource: &str| self.skip.iter().any(|name| name == resource);
        let is_wanted = |change: &Change| match self.access {
            _ if skipped(change.resource) => self.shows_access() && hiding::is_behind_access(change),
            true => named(change.resource) || hiding::is_behind_access(change),
            false => self.resources.is_empty() || named(change.resource),
        };
        if !self.shows_access() {
            diff.access_changes.clear();
        }
        let mut kept = Vec::with_capacity(diff.changes.len());
        for change in std::mem::take(&mut diff.changes) {
            let decides = self.subjects.iter().any(|subject| subject.is_decided_by(&change));
            if decides || (is_wanted(&change) && self.concerns(connection, diff, &change)?) {
                kept.push(change);
            }
        }
        diff.changes = kept;
        for subject in &self.subjects {
            diff.access_changes.retain(|change| subject.concerns_access(change));
        }
        diff.limited.retain(|one| {
            let is_of_the_living =
                resource(one.resource).is_some_and(|spec| spec.limit == LimitConcerns::Deleted);
            // A filter by access or by a subject is about existing users and groups.
            let is_shown = if self.access {
                named(one.resource)
            } else {
                self.resources.is_empty() || named(one.resource)
            };
            is_shown && !skipped(one.resource) && (self.subjects.is_empty() || !is_of_the_living)
        });
        diff.recreations.retain(|one| {
            let is_wanted = match self.access {
                _ if skipped(one.resource) => false,
                true => {
                    named(one.resource) || diff.access_changes.iter().any(|change| is_behind(one, change))
                }
                false => self.resources.is_empty() || named(one.resource),
            };
            is_wanted && self.subjects.iter().all(|subject| subject.concerns_recreation(one))
        });
        Ok(())
    }

    /// Returns true if the rows concern every subject, or may hide a row that does.
    fn concerns(&self, connection: &Connection, diff: &Diff, change: &Change) -> Result<bool> {
        for subject in &self.subjects {
            let is_about = match change.change {
                ChangeKind::Unknown => {
                    subject.may_be_hidden_by(connection, diff, change, self.shows_access())?
                }
                _ => subject.concerns_rows(change),
            };
            if !is_about {
                return Ok(false);
            }
        }
        Ok(true)
    }
}

impl Subject {
    /// Returns true if the row concerns the subject.
    fn concerns_rows(&self, change: &Change) -> bool {
        let places = self.kind.places(change.resource);
        let rows = change.before.iter().chain(&change.after);
        rows.into_iter().any(|row| places.iter().any(|place| self.is_at(row, place)))
    }

    /// Returns true if the access concerns the subject.
    pub(super) fn concerns_access(&self, change: &AccessChange) -> bool {
        self.kind.named_in(change).keys().any(|id| self.ids.contains(&**id))
    }

    /// Returns true if a permission set in an account concerns the subject, for any user.
    fn concerns_entry(&self, account_id: &str, permission_set_arn: &str) -> bool {
        self.kind.in_access().into_iter().any(|role| match role {
            AccessRole::Account => self.ids.contains(account_id),
            AccessRole::PermissionSet => self.ids.contains(permission_set_arn),
            AccessRole::User | AccessRole::Group => true,
            AccessRole::Membership
            | AccessRole::Assignment
            | AccessRole::Policy
            | AccessRole::ManagedPolicy
            | AccessRole::None => false,
        })
    }

    /// Returns true if the subject was created again, or if an assignment left dangling concerns it.
    fn concerns_recreation(&self, recreation: &Recreation) -> bool {
        let is_about = |row: &Record, resource: &str| {
            self.kind.places(resource).iter().any(|place| self.is_at(row, place))
        };
        is_about(&recreation.before_key, recreation.resource)
            || is_about(&recreation.after_key, recreation.resource)
            || recreation.dangling.iter().any(|assignment| is_about(&assignment.key, "account_assignments"))
    }

    fn is_at(&self, row: &Record, place: &EntityColumn) -> bool {
        is_in(place, row) && row.get(place.id).and_then(Value::as_str).is_some_and(|id| self.ids.contains(id))
    }
}

/// Returns true if a user's access involves the recreated entity.
fn is_behind(recreation: &Recreation, change: &AccessChange) -> bool {
    let ids: Vec<&str> = [&recreation.before_key, &recreation.after_key]
        .into_iter()
        .flat_map(|key| key.values().filter_map(Value::as_str))
        .collect();
    let is_one = |id: &str| ids.contains(&id);
    is_one(&change.user_id) || is_one(&change.permission_set_arn) || groups(change).any(|(id, _)| is_one(id))
}

/// Returns the groups that access runs through on either side, with their names.
fn groups(change: &AccessChange) -> impl Iterator<Item = (&Arc<str>, &Option<Arc<str>>)> {
    change.before_ways.iter().chain(&change.after_ways).filter_map(|way| match way {
        AccessPath::Direct => None,
        AccessPath::Group { group_id, group_name } => Some((group_id, group_name)),
    })
}

/// Returns true if the row has an id of the entity in that column.
pub(super) fn is_in(place: &EntityColumn, row: &Record) -> bool {
    let says = |column: &str| row.get(column).and_then(Value::as_str);
    says(place.id).is_some() && place.of.is_none_or(|(column, value)| says(column) == Some(value))
}

impl SubjectKind {
    /// Returns the columns in which rows of the resource name such a subject, by their declarations.
    pub(super) fn places(self, resource: &str) -> Vec<EntityColumn> {
        let spec = model::resource(resource);
        self.entities()
            .into_iter()
            .flat_map(|entity| spec.into_iter().flat_map(move |spec| spec.about(entity)))
            .collect()
    }

    /// Returns the roles of these entities in access.
    fn in_access(self) -> Vec<AccessRole> {
        self.entities().into_iter().map(Entity::in_access).collect()
    }

    /// Returns true if the subject concerns accounts, and nothing else with a role in access.
    pub(super) fn is_of_accounts(self) -> bool {
        self.in_access() == [AccessRole::Account]
    }

    /// Returns the ids of such subjects in an access change, each with its name: for groups, those that the access runs
    /// through on either side.
    pub(super) fn named_in(self, change: &AccessChange) -> BTreeMap<Arc<str>, Option<Arc<str>>> {
        let mut named = BTreeMap::new();
        let mut add = |id: &Arc<str>, name: &Option<Arc<str>>| named.insert(id.clone(), name.clone());
        for role in self.in_access() {
            match role {
                AccessRole::User => drop(add(&change.user_id, &change.user_name)),
                AccessRole::Account => drop(add(&change.account_id, &change.account_name)),
                AccessRole::PermissionSet => {
                    drop(add(&change.permission_set_arn, &change.permission_set_name));
                }
                AccessRole::Group => {
                    for (id, name) in groups(change) {
                        add(id, name);
                    }
                }
                AccessRole::Membership
                | AccessRole::Assignment
                | AccessRole::Policy
                | AccessRole::ManagedPolicy
                | AccessRole::None => {}
            }
        }
        named
    }
}
