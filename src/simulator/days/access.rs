//! Changes permission sets, their provisioning and their assignments.

use std::sync::Arc;

use super::find;
use crate::simulator::dice::Dice;
use crate::simulator::organization::{Pair, PermissionSet, PrincipalKind, World};
use crate::simulator::seed::names::{MANAGED_POLICIES, SET_ROLES, TEAMS};
use crate::simulator::seed::permissions::{inline_policy, new_set};

pub(super) fn grant_to_group(world: &mut World, dice: &mut Dice) {
    let group = find(dice, world.groups.len(), |at| world.groups[at].exists);
    if let Some(group) = group {
        grant(world, dice, PrincipalKind::Group, group as u32);
    }
}

pub(super) fn grant_to_user(world: &mut World, dice: &mut Dice) {
    let user = find(dice, world.users.len(), |at| world.users[at].exists);
    if let Some(user) = user {
        grant(world, dice, PrincipalKind::User, user as u32);
    }
}

fn grant(world: &mut World, dice: &mut Dice, kind: PrincipalKind, principal: u32) {
    let (Some(set), Some(account)) = (
        living_set(world, dice),
        find(dice, world.accounts.len(), |at| {
            world.accounts[at].exists && world.accounts[at].state == Some("ACTIVE")
        }),
    ) else {
        return;
    };
    let fresh = || Arc::new(Pair { latest: true, principals: Vec::new() });
    let pair = world.pairs.entry((set as u32, account as u32)).or_insert_with(fresh);
    let principals = &mut Arc::make_mut(pair).principals;
    if let Err(place) = principals.binary_search(&(kind, principal)) {
        principals.insert(place, (kind, principal));
    }
}

/// Removes one assignment. The pair stays provisioned, possibly without principals.
pub(super) fn revoke(world: &mut World, dice: &mut Dice) {
    let Some(key) = a_pair(world, dice, |pair| !pair.principals.is_empty()) else { return };
    if let Some(pair) = world.pairs.get_mut(&key) {
        let principals = &mut Arc::make_mut(pair).principals;
        let position = dice.below(principals.len());
        principals.remove(position);
    }
}

/// Removes a pair with all of its assignments.
pub(super) fn deprovision(world: &mut World, dice: &mut Dice) {
    if let Some(key) = a_pair(world, dice, |_| true) {
        world.pairs.remove(&key);
    }
}

/// Brings a pair to its set's latest version, and makes another one outdated.
pub(super) fn reprovision(world: &mut World, dice: &mut Dice) {
    for latest in [true, false] {
        let key = a_pair(world, dice, |pair| pair.latest != latest);
        if let Some(pair) = key.and_then(|key| world.pairs.get_mut(&key)) {
            Arc::make_mut(pair).latest = latest;
        }
    }
}

pub(super) fn change_session_duration(world: &mut World, dice: &mut Dice) {
    change(world, dice, |set, _| {
        set.session_duration = if set.session_duration == "PT2H" { "PT6H" } else { "PT2H" }.to_owned();
    });
}

pub(super) fn attach_policy(world: &mut World, dice: &mut Dice) {
    change(world, dice, |set, dice| {
        let policy = dice.pick(MANAGED_POLICIES).to_owned();
        if !set.aws_managed.contains(&policy) {
            set.aws_managed.push(policy);
        }
        if !set.customer_managed.iter().any(|(_, name)| name == "Incident") {
            set.customer_managed.push((Some("/temporary/".to_owned()), "Incident".to_owned()));
        }
    });
}

pub(super) fn detach_policy(world: &mut World, dice: &mut Dice) {
    let found =
        find(dice, world.sets.len(), |at| world.sets[at].exists && world.sets[at].aws_managed.len() > 1);
    if let Some(set) = found {
        Arc::make_mut(&mut world.sets[set]).aws_managed.pop();
    }
}

/// Changes an inline policy, or removes it every third time.
pub(super) fn change_inline_policy(world: &mut World, dice: &mut Dice) {
    change(world, dice, |set, dice| {
        set.inline = if set.inline.is_some() && dice.percent(33) { None } else { Some(inline_policy(dice)) };
    });
}

pub(super) fn change_permission_set_tags(world: &mut World, dice: &mut Dice) {
    let day = world.day;
    change(world, dice, |set, _| match set.tags.first_mut() {
        Some((_, value)) => *value = format!("team-{day}"),
        None => set.tags.push(("owner".to_owned(), format!("team-{day}"))),
    });
}

pub(super) fn create_permission_set(world: &mut World, dice: &mut Dice) {
    let name = format!("{}{}", dice.pick(SET_ROLES), world.sets.len());
    let mut set = new_set(world, dice, name, 0);
    set.description = Some(format!("For {}", dice.pick(TEAMS)));
    set.created_at = super::earlier_today(world, dice);
    world.sets.push(Arc::new(set));
    let set = world.sets.len() as u32 - 1;
    let (group, account) = (
        find(dice, world.groups.len(), |at| world.groups[at].exists),
        find(dice, world.accounts.len(), |at| world.accounts[at].exists),
    );
    if let (Some(group), Some(account)) = (group, account) {
        let pair = Pair { latest: true, principals: vec![(PrincipalKind::Group, group as u32)] };
        world.pairs.insert((set, account as u32), Arc::new(pair));
    }
}

/// Deletes a permission set. AWS deletes one only when it is provisioned nowhere, so its pairs are removed first. The
/// first, well-known sets stay.
pub(super) fn delete_permission_set(world: &mut World, dice: &mut Dice) {
    let Some(position) = find(dice, world.sets.len(), |at| at > 2 && world.sets[at].exists) else { return };
    let set = position as u32;
    let keys: Vec<(u32, u32)> = world.pairs.range((set, 0)..=(set, u32::MAX)).map(|(key, _)| *key).collect();
    for key in keys {
        world.pairs.remove(&key);
    }
    Arc::make_mut(&mut world.sets[position]).exists = false;
}

/// Changes a set. Its provisioned copies stay outdated until they are provisioned again.
fn change(world: &mut World, dice: &mut Dice, change: impl FnOnce(&mut PermissionSet, &mut Dice)) {
    let Some(set) = living_set(world, dice) else { return };
    change(Arc::make_mut(&mut world.sets[set]), dice);
}

fn living_set(world: &World, dice: &mut Dice) -> Option<usize> {
    find(dice, world.sets.len(), |at| world.sets[at].exists)
}

fn a_pair(world: &World, dice: &mut Dice, suits: impl Fn(&Pair) -> bool) -> Option<(u32, u32)> {
    let start = dice.below(world.pairs.len());
    let from_start = world.pairs.iter().skip(start).chain(world.pairs.iter().take(start));
    from_start.filter(|(_, pair)| suits(pair)).map(|(key, _)| *key).next()
}
