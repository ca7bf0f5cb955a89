//! Paths of access that a snapshot could not see: reasons why access that it does not show may have existed.
//!
//! A path runs through a user, an assignment and, for a group, the group and a membership. Each of these rows exists,
//! is surely absent, or is hidden by a gap. A path may exist if none of its rows is surely absent. This is checked only
//! for users without a visible path, and only in a snapshot with gaps.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::paths::{AccessPaths, AccountRole, Principal};
use crate::diff::change::HidingGap;
use crate::diff::rows::Judge;
use crate::diff::snapshot_pair::{Side, SnapshotPair};
use crate::error::Result;
use crate::model::{AccessRole, ResourceSpec};
use crate::store::Record;

/// The lookup of rows that a snapshot could not see.
pub(super) struct Hidden<'a, 'j, 'r> {
    pub judge: &'a mut Judge<'j>,
    pub reach: &'a AccessPaths<'r>,
    pub pair: SnapshotPair,
}

impl Hidden<'_, '_, '_> {
    /// Returns the gap that hides a path of the user to the permission set in the account in that snapshot, if no path
    /// was seen; `None` if there surely is none.
    pub fn way(&mut self, user_id: &Arc<str>, entry: &AccountRole, side: Side) -> Result<Option<HidingGap>> {
        if self.saw_everything(side)? {
            return Ok(None);
        }
        let exists = !self.reach.user(user_id)?.on(side).is_empty();
        let user = self.row(exists, AccessRole::User.resource(), &[("user_id", user_id)], side)?;
        if user == Row::Absent {
            return Ok(None);
        }
        let direct = self.assignment(entry, Principal::User(Arc::clone(user_id)), side)?;
        if let Some(gap) = hiding([&user, &direct]) {
            return Ok(Some(gap));
        }
        for group_id in self.groups(user_id, entry, side)? {
            let exists = !self.reach.group(&group_id)?.on(side).is_empty();
            let is_member = self.reach.groups_of(user_id)?.on(side).contains(&group_id);
            let key = [("group_id", &*group_id), ("user_id", user_id)];
            let group = self.row(exists, AccessRole::Group.resource(), &key[..1], side)?;
            let membership = self.row(is_member, AccessRole::Membership.resource(), &key, side)?;
            let assignment = self.assignment(entry, Principal::Group(group_id), side)?;
            if let Some(gap) = hiding([&user, &group, &membership, &assignment]) {
                return Ok(Some(gap));
            }
        }
        let any = self.any_group(user_id, entry, side)?;
        Ok(hiding([&user].into_iter().chain(&any)))
    }

    /// Returns the state, in the snapshot, of a group that was never seen, of the user's membership in it, and of its
    /// assignment.
    fn any_group(&mut self, user_id: &Arc<str>, entry: &AccountRole, side: Side) -> Result<[Row; 3]> {
        let mut row = |spec: &'static ResourceSpec, known: &[(&str, &str)]| {
            let known: Record =
                known.iter().map(|(column, value)| ((*column).to_owned(), (*value).into())).collect();
            let gap = self.judge.hides_any(spec, &known, self.pair.of(side))?;
            Ok(gap.map_or(Row::Absent, Row::Hidden))
        };
        Ok([
            row(AccessRole::Group.resource(), &[])?,
            row(AccessRole::Membership.resource(), &[("user_id", user_id)])?,
            row(
                AccessRole::Assignment.resource(),
                &[("account_id", &entry.0), ("permission_set_arn", &entry.1), ("principal_type", "GROUP")],
            )?,
        ])
    }

    fn saw_everything(&mut self, side: Side) -> Result<bool> {
        for spec in [
            AccessRole::User.resource(),
            AccessRole::Membership.resource(),
            AccessRole::Assignment.resource(),
        ] {
            if !self.judge.saw_all(spec, self.pair.of(side))? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Returns the groups that a path may run through: the assigned ones, those of the user, and every other group if
    /// both memberships and assignments may be hidden.
    fn groups(&mut self, user_id: &Arc<str>, entry: &AccountRole, side: Side) -> Result<BTreeSet<Arc<str>>> {
        let mut groups = self.reach.groups_of(user_id)?.on(side).clone();
        let assigned = self.reach.owners_of(entry)?;
        groups.extend(assigned.on(side).iter().filter_map(|owner| match owner {
            Principal::User(_) => None,
            Principal::Group(group_id) => Some(Arc::clone(group_id)),
        }));
        let snapshot_id = self.pair.of(side);
        let saw_memberships = self.judge.saw_all(AccessRole::Membership.resource(), snapshot_id)?;
        if !saw_memberships && !self.judge.saw_all(AccessRole::Assignment.resource(), snapshot_id)? {
            groups.extend(self.reach.all_groups()?.iter().cloned());
        }
        Ok(groups)
    }

    fn assignment(&mut self, entry: &AccountRole, owner: Principal, side: Side) -> Result<Row> {
        let (principal_type, principal_id) = owner.parts();
        let is_assigned = self.reach.owners_of(entry)?.on(side).contains(&owner);
        let key = [
            ("account_id", &*entry.0),
            ("permission_set_arn", &*entry.1),
            ("principal_type", principal_type),
            ("principal_id", principal_id),
        ];
        self.row(is_assigned, AccessRole::Assignment.resource(), &key, side)
    }

    fn row(
        &mut self,
        is_there: bool,
        spec: &'static ResourceSpec,
        key: &[(&str, &str)],
        side: Side,
    ) -> Result<Row> {
        if is_there {
            return Ok(Row::There);
        }
        let key: Record = key.iter().map(|(column, value)| ((*column).to_owned(), (*value).into())).collect();
        let gap = self.judge.hides(spec, &key, self.pair.of(side))?;
        Ok(gap.map_or(Row::Absent, Row::Hidden))
    }
}

/// The state of one row in a snapshot.
#[derive(Debug, PartialEq, Eq)]
enum Row {
    There,
    Absent,
    Hidden(HidingGap),
}

/// Returns the gap that hides the path through these rows; `None` if one of them is surely absent, or all of them
/// exist.
fn hiding<'r>(rows: impl IntoIterator<Item = &'r Row>) -> Option<HidingGap> {
    let mut first = None;
    for row in rows {
        match row {
            Row::There => {}
            Row::Absent => return None,
            Row::Hidden(gap) => first = first.or(Some(gap)),
        }
    }
    first.cloned()
}
