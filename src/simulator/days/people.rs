//! Changes users, groups and memberships.

use std::collections::HashMap;
use std::sync::Arc;

use super::{earlier_today, find};
use crate::simulator::dice::Dice;
use crate::simulator::organization::{Group, Member, User, World};
use crate::simulator::seed::names::{TEAMS, TITLES};
use crate::simulator::seed::people::{add_group, person};

/// Adds a user, with one or two groups.
pub(super) fn somebody_joins(world: &mut World, dice: &mut Dice) {
    let age = world.now() - earlier_today(world, dice);
    let mut user = person(world, dice, &mut HashMap::new(), age);
    user.updated_at = user.created_at;
    user.status = Some("ENABLED");
    // Names must be unique in a store, so the position is appended.
    user.user_name = format!("{}.{}", user.user_name, world.users.len());
    world.users.push(Arc::new(user));
    let position = world.users.len() as u32 - 1;
    for _ in 0..1 + dice.below(2) {
        if let Some(group) = living_group(world, dice) {
            join(world, dice, group, position);
        }
    }
}

/// Deletes a user and the memberships. Direct assignments stay as orphans.
pub(super) fn somebody_leaves(world: &mut World, dice: &mut Dice) {
    let Some(position) = living_user(world, dice) else { return };
    Arc::make_mut(&mut world.users[position as usize]).exists = false;
    for members in &mut world.members {
        if members.iter().any(|member| member.user == position) {
            Arc::make_mut(members).retain(|member| member.user != position);
        }
    }
}

pub(super) fn somebody_joins_a_group(world: &mut World, dice: &mut Dice) {
    if let (Some(group), Some(user)) = (living_group(world, dice), living_user(world, dice)) {
        join(world, dice, group, user);
    }
}

pub(super) fn somebody_leaves_a_group(world: &mut World, dice: &mut Dice) {
    let Some(group) = peopled_group(world, dice) else { return };
    let members = Arc::make_mut(&mut world.members[group as usize]);
    let position = dice.below(members.len());
    members.remove(position);
}

/// Moves a user from one group to another.
pub(super) fn somebody_changes_groups(world: &mut World, dice: &mut Dice) {
    let (Some(from), Some(to)) = (peopled_group(world, dice), living_group(world, dice)) else { return };
    let members = Arc::make_mut(&mut world.members[from as usize]);
    let position = dice.below(members.len());
    let member = members.remove(position);
    join(world, dice, to, member.user);
}

pub(super) fn disable_somebody(world: &mut World, dice: &mut Dice) {
    set_status(world, dice, "ENABLED", "DISABLED");
}

pub(super) fn enable_somebody(world: &mut World, dice: &mut Dice) {
    set_status(world, dice, "DISABLED", "ENABLED");
}

fn set_status(world: &mut World, dice: &mut Dice, from: &str, to: &'static str) {
    let found =
        find(dice, world.users.len(), |at| world.users[at].exists && world.users[at].status == Some(from));
    if let Some(position) = found {
        change_user(world, dice, position, |user| user.status = Some(to));
    }
}

pub(super) fn change_title(world: &mut World, dice: &mut Dice) {
    let Some(position) = living_user(world, dice) else { return };
    let title = format!("{} ({})", dice.pick(TITLES), dice.pick(TEAMS));
    change_user(world, dice, position as usize, |user| user.title = Some(title));
}

pub(super) fn create_group(world: &mut World, dice: &mut Dice) {
    let age = world.now() - earlier_today(world, dice);
    let name = format!("{}-Project-{}", dice.pick(TEAMS), world.groups.len());
    let group = add_group(world, dice, name, Some("A project of this year".to_owned()), age);
    for _ in 0..3 {
        if let Some(user) = living_user(world, dice) {
            join(world, dice, group, user);
        }
    }
}

pub(super) fn rename_group(world: &mut World, dice: &mut Dice) {
    let Some(position) = living_group(world, dice) else { return };
    let now = earlier_today(world, dice);
    let group: &mut Group = Arc::make_mut(&mut world.groups[position as usize]);
    let base = group.display_name.split(" (was").next().unwrap_or_default().to_owned();
    group.display_name = format!("{base} (was renamed {:x})", now / 60_000);
    group.updated_at = now;
}

/// Deletes a group. Its assignments stay.
pub(super) fn delete_group(world: &mut World, dice: &mut Dice) {
    if let Some(position) = assigned_group(world, dice) {
        remove_group(world, position);
    }
}

/// Deletes a group and creates it again with its name: with another id, the same members and no assignments.
pub(super) fn recreate_group(world: &mut World, dice: &mut Dice) {
    let Some(old) = assigned_group(world, dice) else { return };
    let members: Vec<u32> = world.members[old as usize].iter().map(|member| member.user).collect();
    let name = world.groups[old as usize].display_name.clone();
    let description = world.groups[old as usize].description.clone();
    remove_group(world, old);
    let age = world.now() - earlier_today(world, dice);
    let new = add_group(world, dice, name, description, age);
    for user in members {
        join(world, dice, new, user);
    }
}

fn remove_group(world: &mut World, position: u32) {
    Arc::make_mut(&mut world.groups[position as usize]).exists = false;
    world.members[position as usize] = Arc::new(Vec::new());
}

fn change_user(world: &mut World, dice: &mut Dice, position: usize, change: impl FnOnce(&mut User)) {
    let now = earlier_today(world, dice);
    let user = Arc::make_mut(&mut world.users[position]);
    change(user);
    user.updated_at = now;
}

fn join(world: &mut World, dice: &mut Dice, group: u32, user: u32) {
    let since = earlier_today(world, dice);
    let members = Arc::make_mut(&mut world.members[group as usize]);
    if !members.iter().any(|member| member.user == user) {
        members.push(Member { user, since });
    }
}

fn living_user(world: &World, dice: &mut Dice) -> Option<u32> {
    find(dice, world.users.len(), |at| world.users[at].exists).map(|at| at as u32)
}

fn living_group(world: &World, dice: &mut Dice) -> Option<u32> {
    find(dice, world.groups.len(), |at| world.groups[at].exists).map(|at| at as u32)
}

fn peopled_group(world: &World, dice: &mut Dice) -> Option<u32> {
    find(dice, world.groups.len(), |at| world.groups[at].exists && !world.members[at].is_empty())
        .map(|at| at as u32)
}

/// Returns a living group, preferably one with assignments.
fn assigned_group(world: &World, dice: &mut Dice) -> Option<u32> {
    use crate::simulator::organization::PrincipalKind;
    let start = dice.below(world.pairs.len());
    let assigned = world.pairs.values().skip(start).flat_map(|pair| &pair.principals);
    let found = assigned
        .filter(|(kind, at)| *kind == PrincipalKind::Group && world.groups[*at as usize].exists)
        .map(|(_, at)| *at)
        .next();
    found.or_else(|| living_group(world, dice))
}
