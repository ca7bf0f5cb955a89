//! The row changes behind an access change.
//!
//! A cause is a row that really differs between the two snapshots (or may, under a gap) and that a path of the user's
//! access runs through. This module reads only the row changes, never the database.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::Value;

use super::paths::{AccessPathIds, AccountRole};
use crate::diff::change::{Cause, CauseKind, ChangeKind};
use crate::diff::lookup_cache::HashMap;
use crate::diff::recreated;
use crate::diff::rows::RowChange;
use crate::diff::snapshot_pair::Sides;
use crate::model::AccessRole;
use crate::store::{Record, text_of};

/// The number of columns of the longest key: that of an assignment.
const LONGEST_KEY: usize = 4;

/// The row changes that access can depend on, indexed by the changed thing.
#[derive(Default)]
pub(super) struct Touched<'r> {
    /// The change of each role and key.
    by_key: HashMap<(AccessRole, [&'r str; LONGEST_KEY]), &'r RowChange>,
    /// The changes of a permission set's content, for those who have it: its policies and session duration.
    content: HashMap<String, Vec<&'r RowChange>>,
    /// The replacing group on the `to` side, by the id of the removed group and by its own id.
    recreated: HashMap<String, &'r RowChange>,
    /// The causes already built: a policy's cause is the same for thousands of users.
    told: RefCell<HashMap<(*const RowChange, CauseKind), Arc<Cause>>>,
}

impl<'r> Touched<'r> {
    /// Indexes the changes. `attaching` holds the permission sets that attach a managed policy in both snapshots.
    pub fn by(changes: &'r [RowChange], attaching: &BTreeMap<String, BTreeSet<String>>) -> Self {
        let mut touched = Self::default();
        for change in changes {
            match change.spec.in_access {
                AccessRole::User
                | AccessRole::Group
                | AccessRole::Membership
                | AccessRole::Assignment
                | AccessRole::Account => {}
                AccessRole::PermissionSet => {
                    if change.fields.iter().any(|field| field == "session_duration") {
                        touched.content.entry(text(change, "permission_set_arn")).or_default().push(change);
                    }
                }
                AccessRole::Policy => {
                    touched.content.entry(text(change, "permission_set_arn")).or_default().push(change);
                    continue;
                }
                AccessRole::ManagedPolicy => {
                    let sets = attaching.get(&text(change, "policy_arn"));
                    for set in sets.into_iter().flatten().filter(|_| says_another_thing(change)) {
                        touched.content.entry(set.clone()).or_default().push(change);
                    }
                    continue;
                }
                AccessRole::None => continue,
            }
            let key: Vec<&str> = change.key.values().filter_map(Value::as_str).collect();
            touched.by_key.insert((change.spec.in_access, padded(&key)), change);
        }
        for (old, new) in recreated::pairs(changes, AccessRole::Group.resource().name) {
            touched.recreated.insert(text(old, "group_id"), new);
            touched.recreated.insert(text(new, "group_id"), new);
        }
        touched
    }

    /// Returns the permission sets whose policies or session changed.
    pub fn sets_with_other_content(&self) -> BTreeSet<String> {
        self.content.keys().cloned().collect()
    }

    /// Returns the causes of a difference between the paths. They are never empty if the paths differ.
    pub fn of_ways(
        &self,
        user_id: &str,
        entry: &AccountRole,
        ways: &Sides<Vec<AccessPathIds>>,
    ) -> Vec<Arc<Cause>> {
        let came = ways.to.iter().filter(|way| !ways.from.contains(way)).map(|way| (way, true));
        let went = ways.from.iter().filter(|way| !ways.to.contains(way)).map(|way| (way, false));
        in_order(came.chain(went).flat_map(|(way, came)| self.of_way(user_id, entry, way, came)).collect())
    }

    /// Returns true if a path on one side only is known to be missing on the other, because a row that it runs through
    /// is. `came` is true if the path is on the `to` side.
    pub fn is_known(&self, user_id: &str, entry: &AccountRole, way: &AccessPathIds, came: bool) -> bool {
        self.of_way(user_id, entry, way, came).iter().any(|cause| !cause.is_unknown())
    }

    /// Returns the causes among the path's rows that were added, or removed, together with it. A row that was removed
    /// while the path was added is no cause: a gap can carry an assignment beyond the end of its permission set.
    fn of_way(&self, user_id: &str, entry: &AccountRole, way: &AccessPathIds, came: bool) -> Vec<Arc<Cause>> {
        let with_it =
            |role, key: &[&str]| self.one_sided(role, key).filter(|change| change.after.is_some() == came);
        let mut causes = Vec::new();
        if let Some(change) = with_it(AccessRole::User, &[user_id]) {
            causes.push(self.cause(change, CauseKind::UserCreated, CauseKind::UserDeleted));
        }
        if let Some(change) = with_it(AccessRole::PermissionSet, &[&entry.1]) {
            causes.push(self.cause(change, CauseKind::PermissionSetCreated, CauseKind::PermissionSetDeleted));
        }
        let (principal_type, principal_id) = match way {
            AccessPathIds::Direct => ("USER", user_id),
            AccessPathIds::Group(group_id) => ("GROUP", &**group_id),
        };
        let assignment = [&entry.0, &entry.1, principal_type, principal_id];
        if let Some(change) = with_it(AccessRole::Assignment, &assignment) {
            causes.push(self.cause(change, CauseKind::AssignmentGranted, CauseKind::AssignmentRevoked));
        }
        let AccessPathIds::Group(group_id) = way else { return causes };
        if let Some(change) = with_it(AccessRole::Membership, &[group_id, user_id]) {
            causes.push(self.cause(change, CauseKind::MembershipAdded, CauseKind::MembershipRemoved));
        }
        let Some(change) = with_it(AccessRole::Group, &[group_id]) else { return causes };
        causes.push(match self.recreated.get(&**group_id) {
            Some(again) => self.cause(again, CauseKind::GroupRecreated, CauseKind::GroupRecreated),
            None => self.cause(change, CauseKind::GroupCreated, CauseKind::GroupDeleted),
        });
        causes
    }

    /// Returns the cause that the account itself is known to have been added or removed. Access does not depend on that
    /// row, so this cause is reported beside the others and proves nothing.
    pub fn of_account(&self, entry: &AccountRole) -> Option<Arc<Cause>> {
        let change = self.one_sided(AccessRole::Account, &[&entry.0])?;
        let is_known = change.kind != ChangeKind::Unknown;
        is_known.then(|| self.cause(change, CauseKind::AccountCreated, CauseKind::AccountDeleted))
    }

    /// Returns the causes for which remaining access differs: policies, session, the user's status.
    pub fn of_content(&self, user_id: &str, entry: &AccountRole) -> Vec<Arc<Cause>> {
        let mut causes = Vec::new();
        for change in self.content.get(&*entry.1).into_iter().flatten() {
            causes.push(self.cause(change, CauseKind::PolicyChanged, CauseKind::PolicyChanged));
        }
        if let Some(change) = self.get(AccessRole::User, &[user_id])
            && let (Some(before), Some(after)) = (&change.before, &change.after)
        {
            let kind = match (is_disabled(&before.row), is_disabled(&after.row)) {
                (true, false) => Some(CauseKind::UserEnabled),
                (false, true) => Some(CauseKind::UserDisabled),
                _ => None,
            };
            causes.extend(kind.map(|kind| self.cause(change, kind, kind)));
        }
        in_order(causes)
    }

    fn get(&self, role: AccessRole, key: &[&str]) -> Option<&'r RowChange> {
        self.by_key.get(&(role, padded(key))).copied()
    }

    fn cause(&self, change: &RowChange, came: CauseKind, went: CauseKind) -> Arc<Cause> {
        let kind = if change.after.is_some() { came } else { went };
        let mut told = self.told.borrow_mut();
        Arc::clone(told.entry((change, kind)).or_insert_with(|| Arc::new(cause(change, kind))))
    }

    fn one_sided(&self, role: AccessRole, key: &[&str]) -> Option<&'r RowChange> {
        self.get(role, key).filter(|change| change.before.is_none() || change.after.is_none())
    }
}

/// Returns true if a policy known in both snapshots has another meaning than before. An added or removed policy changed
/// with the row that attaches it, and a policy that only one snapshot could read shows no change.
fn says_another_thing(change: &RowChange) -> bool {
    change.fields.iter().any(|field| change.spec.is_policy(field))
}

/// Returns a key padded with empty values to the longest length.
fn padded<'k>(key: &[&'k str]) -> [&'k str; LONGEST_KEY] {
    std::array::from_fn(|place| key.get(place).copied().unwrap_or_default())
}

/// Returns true if the user is known to be disabled; AWS does not always report the status.
pub(super) fn is_disabled(user: &Record) -> bool {
    user.get("user_status").and_then(Value::as_str) == Some("DISABLED")
}

fn cause(change: &RowChange, kind: CauseKind) -> Cause {
    let row = change.after.as_ref().map(|version| &version.row);
    let said = |column: &str| text_in(row?, column);
    Cause {
        kind,
        resource: change.spec.name,
        key: change.key.clone(),
        group_name: (change.spec.in_access == AccessRole::Group)
            .then(|| text_in(change.row(), "display_name"))
            .flatten(),
        by: said("created_by").filter(|_| change.before.is_none()),
        at: said("created_at").filter(|_| change.before.is_none()),
        change: change.kind,
        gap: change.gap.clone(),
        last_seen: change.last_seen,
    }
}

fn in_order(mut causes: Vec<Arc<Cause>>) -> Vec<Arc<Cause>> {
    let place = |cause: &Arc<Cause>| {
        (cause.kind, cause.resource, cause.key.values().map(text_of).collect::<Vec<_>>())
    };
    if causes.len() > 1 {
        causes.sort_by_cached_key(place);
        causes.dedup_by(|one, other| place(one) == place(other));
    }
    causes
}

fn text_in(row: &Record, column: &str) -> Option<String> {
    row.get(column)?.as_str().map(str::to_owned)
}

fn text(change: &RowChange, column: &str) -> String {
    change.key.get(column).map(text_of).unwrap_or_default()
}
