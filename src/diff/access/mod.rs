//! Access changes: for each user, account and permission set that a changed row touches, the paths in both snapshots
//! and every cause.
//!
//! The triples to check come from the row changes alone. Each is then answered by keyed lookups (`paths`), user by
//! user, so that each user is read once. `causes` finds the row changes behind an access change; `hidden` finds the
//! rows that a snapshot may not have seen.

mod causes;
mod hidden;
pub(super) mod paths;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::sync::Arc;

use rusqlite::Connection;

use crate::diff::change::{AccessChange, AccessChangeKind, AccessPath, Cause, CauseKind};
use crate::diff::filter::Subject;
use crate::diff::names::Names;
use crate::diff::rows::{Judge, RowChange};
use crate::diff::snapshot_pair::{Side, Sides, SnapshotPair};
use crate::document::privileges::Levels;
use crate::error::Result;
use crate::model::{AccessRole, Entity};
use crate::store::text_of;
use causes::{Touched, is_disabled};
use hidden::Hidden;
use paths::{AccessPathIds, AccessPaths, AccountRole, Principal};

/// The limits of a comparison of access.
#[derive(Debug, Clone, Copy)]
pub struct AccessLimits<'l> {
    /// The only accounts, by id; `None` for all.
    pub accounts: Option<&'l HashSet<String>>,
    /// The most changes of access. Each takes about half a kilobyte of memory.
    pub most: usize,
}

impl AccessLimits<'_> {
    /// All access.
    pub const NONE: Self = Self { accounts: None, most: usize::MAX };
}

/// Returns every access change that follows from the row changes, by user, account and permission set.
pub(super) fn changes(
    connection: &Connection,
    pair: SnapshotPair,
    rows: &[RowChange],
    names: &Names<'_>,
    judge: &mut Judge<'_>,
) -> Result<Vec<AccessChange>> {
    let changes = changes_within(connection, pair, rows, names, judge, AccessLimits::NONE)?;
    Ok(changes.expect("without a limit, nothing is too much"))
}

/// Returns the access changes within limits; `None` if the rows touch more access.
pub(super) fn changes_within(
    connection: &Connection,
    pair: SnapshotPair,
    rows: &[RowChange],
    names: &Names<'_>,
    judge: &mut Judge<'_>,
    limits: AccessLimits<'_>,
) -> Result<Option<Vec<AccessChange>>> {
    let reach = AccessPaths::new(connection, pair)?;
    let mut hidden = Hidden { judge, reach: &reach, pair };
    let touched = Touched::by(rows, &reach.sets_that_attach(rows)?);
    let privileged = Subject::privileged(connection, [pair.from, pair.to], Levels::Administrator)?.ids;
    let mut changes = Vec::new();
    let entries = touched_entries(&reach, &touched, rows, limits)?;
    if entries.is_full() {
        return Ok(None);
    }
    for (user_id, entries) in entries.by_user {
        let person = reach.person(&user_id)?;
        let user_name = names.name(Entity::User, &user_id)?;
        for entry in entries {
            let ways = reach.ways(&person, &entry)?;
            let Some((mut change, causes)) = seen_change(&touched, &user_id, &entry, &ways) else { continue };
            let mut gap = causes.iter().find_map(|cause| cause.gap.clone());
            let empty_side = match change {
                AccessChangeKind::Gained => Some(Side::From),
                AccessChangeKind::Lost => Some(Side::To),
                _ => None,
            };
            if let Some(side) = empty_side
                && !causes.iter().any(|cause| had_no_permission_set(cause))
                && let Some(hiding) = hidden.way(&user_id, &entry, side)?
            {
                change = AccessChangeKind::Unknown;
                gap = Some(hiding);
            }
            changes.push(AccessChange {
                change,
                user_id: Arc::clone(&user_id),
                user_name: user_name.clone(),
                account_name: names.name(Entity::Account, &entry.0)?,
                ou_path: None,
                permission_set_name: names.name(Entity::PermissionSet, &entry.1)?,
                before_ways: with_names(names, pair.from, ways.from)?,
                after_ways: with_names(names, pair.to, ways.to)?,
                privileged: privileged.contains(&*entry.1),
                gap,
                causes,
                account_id: entry.0,
                permission_set_arn: entry.1,
            });
        }
    }
    Ok(Some(changes))
}

/// Returns the change of the triple by everything that was seen, with its causes; `None` if its access is unchanged.
fn seen_change(
    touched: &Touched<'_>,
    user_id: &Arc<str>,
    entry: &AccountRole,
    ways: &Sides<Vec<AccessPathIds>>,
) -> Option<(AccessChangeKind, Vec<Arc<Cause>>)> {
    let differ = ways.from != ways.to;
    let of_ways = if differ { touched.of_ways(user_id, entry, ways) } else { Vec::new() };
    let stays = !ways.from.is_empty() && !ways.to.is_empty();
    let of_content = if stays { touched.of_content(user_id, entry) } else { Vec::new() };
    let known = |causes: &[Arc<Cause>]| causes.iter().any(|cause| !cause.is_unknown());
    // A single path whose addition or removal was not seen is enough: access may have existed all along.
    let all_known =
        |ways: &[AccessPathIds], came| ways.iter().all(|way| touched.is_known(user_id, entry, way, came));
    let change = match (ways.from.is_empty(), ways.to.is_empty()) {
        _ if of_ways.is_empty() && of_content.is_empty() => return None,
        _ if !known(&of_ways) && !known(&of_content) => AccessChangeKind::Unknown,
        (true, _) if all_known(&ways.to, true) => AccessChangeKind::Gained,
        (_, true) if all_known(&ways.from, false) => AccessChangeKind::Lost,
        (true, _) | (_, true) => AccessChangeKind::Unknown,
        // Other paths whose addition or removal was not seen are no fact, but the different content is.
        _ if known(&of_ways) => AccessChangeKind::Rerouted,
        _ => AccessChangeKind::Altered,
    };
    let of_account = if differ && !stays { touched.of_account(entry) } else { None };
    Some((change, of_ways.into_iter().chain(of_content).chain(of_account).collect()))
}

/// Returns true if the cause shows that the permission set surely did not exist on one side: AWS deletes none that is
/// assigned.
fn had_no_permission_set(cause: &Cause) -> bool {
    let is_of_set = matches!(cause.kind, CauseKind::PermissionSetCreated | CauseKind::PermissionSetDeleted);
    is_of_set && !cause.is_unknown()
}

/// The account roles that changed rows touch, by user. It stops growing once there are more than the limits allow.
struct Entries<'l> {
    by_user: BTreeMap<Arc<str>, BTreeSet<AccountRole>>,
    count: usize,
    limits: AccessLimits<'l>,
}

impl Entries<'_> {
    fn is_full(&self) -> bool {
        self.count > self.limits.most
    }

    fn add(&mut self, user_id: &Arc<str>, entry: &AccountRole) {
        let is_outside = |accounts: &HashSet<String>| !accounts.contains(&*entry.0);
        if self.is_full() || self.limits.accounts.is_some_and(is_outside) {
            return;
        }
        let is_new = match self.by_user.get_mut(user_id) {
            Some(entries) => entries.insert(entry.clone()),
            None => {
                self.by_user.insert(Arc::clone(user_id), BTreeSet::from([entry.clone()]));
                true
            }
        };
        self.count += usize::from(is_new);
    }

    /// Adds an account role for its principal: the user, or every member of the group.
    fn add_people(&mut self, reach: &AccessPaths<'_>, owner: &Principal, entry: &AccountRole) -> Result<()> {
        match owner {
            Principal::User(user_id) => self.add(user_id, entry),
            Principal::Group(group_id) => {
                let members = reach.members_of(group_id)?;
                members.from.union(&members.to).for_each(|user_id| self.add(user_id, entry));
            }
        }
        Ok(())
    }

    /// Adds all account roles of a principal for a user.
    fn add_roles(&mut self, reach: &AccessPaths<'_>, owner: &Principal, user_id: &Arc<str>) -> Result<()> {
        let entries = reach.entries_of(owner)?;
        entries.from.union(&entries.to).for_each(|entry| self.add(user_id, entry));
        Ok(())
    }
}

/// Returns the triples that a changed row touches. Some of them turn out to be unchanged.
fn touched_entries<'l>(
    reach: &AccessPaths<'_>,
    touched: &Touched<'_>,
    rows: &[RowChange],
    limits: AccessLimits<'l>,
) -> Result<Entries<'l>> {
    let mut found = Entries { by_user: BTreeMap::new(), count: 0, limits };
    for change in rows {
        let one_sided = change.before.is_none() || change.after.is_none();
        let value = |column: &str| Arc::<str>::from(text_of(&change.key[column]));
        match change.spec.in_access {
            AccessRole::Assignment if one_sided => {
                let entry = (value("account_id"), value("permission_set_arn"));
                if let Some(owner) = Principal::new(&value("principal_type"), value("principal_id")) {
                    found.add_people(reach, &owner, &entry)?;
                }
            }
            AccessRole::Membership if one_sided => {
                found.add_roles(reach, &Principal::Group(value("group_id")), &value("user_id"))?;
            }
            AccessRole::User if one_sided || changes_status(change) => {
                let user_id = value("user_id");
                let groups = reach.groups_of(&user_id)?;
                let through_groups = groups.from.union(&groups.to).cloned().map(Principal::Group);
                for owner in through_groups.chain([Principal::User(Arc::clone(&user_id))]) {
                    found.add_roles(reach, &owner, &user_id)?;
                }
            }
            AccessRole::Assignment | AccessRole::Membership | AccessRole::User => {}
            // A group is added or removed with its memberships, which are rows of their own. A permission set and its
            // policies are looked up below.
            AccessRole::Group
            | AccessRole::PermissionSet
            | AccessRole::Policy
            | AccessRole::ManagedPolicy => {}
            AccessRole::Account | AccessRole::None => {}
        }
        if found.is_full() {
            return Ok(found);
        }
    }
    for (entry, owners) in reach.assignments_of_sets(&touched.sets_with_other_content())? {
        for owner in owners.from.union(&owners.to) {
            found.add_people(reach, owner, &entry)?;
        }
        if found.is_full() {
            break;
        }
    }
    Ok(found)
}

fn changes_status(change: &RowChange) -> bool {
    match (&change.before, &change.after) {
        (Some(before), Some(after)) => is_disabled(&before.row) != is_disabled(&after.row),
        _ => false,
    }
}

fn with_names(names: &Names<'_>, snapshot_id: i64, ways: Vec<AccessPathIds>) -> Result<Vec<AccessPath>> {
    ways.into_iter()
        .map(|way| {
            Ok(match way {
                AccessPathIds::Direct => AccessPath::Direct,
                AccessPathIds::Group(group_id) => {
                    let group_name = names.name_on(snapshot_id, Entity::Group, &group_id)?;
                    AccessPath::Group { group_id, group_name }
                }
            })
        })
        .collect()
}
