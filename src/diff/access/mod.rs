//! Access changes: for each user, account and permission set that a changed row touches, the paths in both snapshots
//! and every cause.
//!
//! The triples to check come from the row changes alone. Each is then answered by keyed lookups (`paths`), user by
//! user, so that each user is read once. `causes` finds the row changes behind an access change; `hidden` finds the
//! rows that a snapshot may not have seen.

mod causes;
mod hidden;
pub(super) mod paths;

use std::collections::{BTreeMap, BTreeSet};
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

/// Returns every access change that follows from the row changes, by user, account and permission set.
pub(super) fn changes(
    connection: &Connection,
    pair: SnapshotPair,
    rows: &[RowChange],
    names: &Names<'_>,
    judge: &mut Judge<'_>,
) -> Result<Vec<AccessChange>> {
    let reach = AccessPaths::new(connection, pair)?;
    let mut hidden = Hidden { judge, reach: &reach, pair };
    let touched = Touched::by(rows, &reach.sets_that_attach(rows)?);
    let privileged = Subject::privileged(connection, [pair.from, pair.to], Levels::Administrator)?.ids;
    let mut changes = Vec::new();
    for (user_id, entries) in touched_entries(&reach, &touched, rows)? {
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
    Ok(changes)
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

/// The account roles that changed rows touch, by user.
type Entries = BTreeMap<Arc<str>, BTreeSet<AccountRole>>;

/// Returns the triples that a changed row touches. Some of them turn out to be unchanged.
fn touched_entries(reach: &AccessPaths<'_>, touched: &Touched<'_>, rows: &[RowChange]) -> Result<Entries> {
    let mut touched_entries = Entries::new();
    for change in rows {
        let one_sided = change.before.is_none() || change.after.is_none();
        let value = |column: &str| Arc::<str>::from(text_of(&change.key[column]));
        match change.spec.in_access {
            AccessRole::Assignment if one_sided => {
                let entry = (value("account_id"), value("permission_set_arn"));
                if let Some(owner) = Principal::new(&value("principal_type"), value("principal_id")) {
                    add_people(reach, &mut touched_entries, &owner, &entry)?;
                }
            }
            AccessRole::Membership if one_sided => {
                let entries = reach.entries_of(&Principal::Group(value("group_id")))?;
                let theirs = touched_entries.entry(value("user_id")).or_default();
                theirs.extend(entries.from.union(&entries.to).cloned());
            }
            AccessRole::User if one_sided || changes_status(change) => {
                let user_id = value("user_id");
                let groups = reach.groups_of(&user_id)?;
                let through_groups = groups.from.union(&groups.to).cloned().map(Principal::Group);
                let theirs = touched_entries.entry(Arc::clone(&user_id)).or_default();
                for owner in through_groups.chain([Principal::User(user_id)]) {
                    let entries = reach.entries_of(&owner)?;
                    theirs.extend(entries.from.union(&entries.to).cloned());
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
    }
    for (entry, owners) in reach.assignments_of_sets(&touched.sets_with_other_content())? {
        for owner in owners.from.union(&owners.to) {
            add_people(reach, &mut touched_entries, owner, &entry)?;
        }
    }
    Ok(touched_entries)
}

fn add_people(
    reach: &AccessPaths<'_>,
    touched_entries: &mut Entries,
    owner: &Principal,
    entry: &AccountRole,
) -> Result<()> {
    let mut add = |user_id: &Arc<str>| match touched_entries.get_mut(user_id) {
        Some(entries) => {
            entries.insert(entry.clone());
        }
        None => {
            touched_entries.insert(Arc::clone(user_id), BTreeSet::from([entry.clone()]));
        }
    };
    match owner {
        Principal::User(user_id) => add(user_id),
        Principal::Group(group_id) => {
            let members = reach.members_of(group_id)?;
            members.from.union(&members.to).for_each(add);
        }
    }
    Ok(())
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
