//! Changes OUs, accounts and their tags.

use std::collections::HashSet;
use std::sync::Arc;

use super::find;
use crate::simulator::dice::Dice;
use crate::simulator::organization::{DAY, World};
use crate::simulator::seed::names::{ENVIRONMENTS, TEAMS};
use crate::simulator::seed::tree;

pub(super) fn add_account(world: &mut World, dice: &mut Dice) {
    let environment = dice.pick(ENVIRONMENTS);
    let name = format!("{}-{environment}-{}", dice.pick(TEAMS), world.accounts.len());
    let parent = tree::place_for(world, dice, environment);
    let position = tree::add_account(world, dice, &name, parent, &mut HashSet::new());
    let now = world.now();
    let account = Arc::make_mut(&mut world.accounts[position as usize]);
    account.joined_at = now - 3_600_000 * (1 + dice.below(12) as i64);
}

pub(super) fn move_account(world: &mut World, dice: &mut Dice) {
    let Some(position) = active_account(world, dice) else { return };
    let old = world.accounts[position].parent;
    let found = find(dice, world.units.len(), |at| at != 0 && at != old as usize && world.units[at].exists);
    if let Some(parent) = found {
        Arc::make_mut(&mut world.accounts[position]).parent = parent as u32;
    }
}

pub(super) fn rename_account(world: &mut World, dice: &mut Dice) {
    let Some(position) = active_account(world, dice) else { return };
    let day = world.day;
    let account = Arc::make_mut(&mut world.accounts[position]);
    let base = account.name.split("-renamed").next().unwrap_or_default().to_owned();
    account.name = format!("{base}-renamed-{day}");
}

pub(super) fn suspend_account(world: &mut World, dice: &mut Dice) {
    let Some(position) = active_account(world, dice) else { return };
    let now = world.now();
    let account = Arc::make_mut(&mut world.accounts[position]);
    (account.state, account.status) = (Some("SUSPENDED"), Some("SUSPENDED"));
    account.idle_since = Some(now - DAY);
}

/// Closes a suspended account. An account that is already closed disappears from the organization, but keeps its
/// assignments in Identity Center (AWS lists closed accounts for about 90 days).
pub(super) fn close_account(world: &mut World, dice: &mut Dice) {
    let in_state = |world: &World, at: usize, state| {
        at != 0 && world.accounts[at].exists && world.accounts[at].state == Some(state)
    };
    let closed = find(dice, world.accounts.len(), |at| in_state(world, at, "CLOSED"));
    if let Some(position) = closed.filter(|_| world.day.is_multiple_of(2)) {
        Arc::make_mut(&mut world.accounts[position]).exists = false;
    }
    let suspended = find(dice, world.accounts.len(), |at| in_state(world, at, "SUSPENDED"));
    if let Some(position) = suspended {
        Arc::make_mut(&mut world.accounts[position]).state = Some("CLOSED");
    }
}

pub(super) fn add_unit(world: &mut World, dice: &mut Dice) {
    let name = format!("{}-{}", dice.pick(TEAMS), world.units.len());
    tree::add_unit(world, dice, name, 3);
}

pub(super) fn rename_unit(world: &mut World, dice: &mut Dice) {
    let Some(position) = find(dice, world.units.len(), |at| at != 0 && world.units[at].exists) else {
        return;
    };
    let day = world.day;
    let unit = Arc::make_mut(&mut world.units[position]);
    let base = unit.name.split(" v").next().unwrap_or_default().to_owned();
    unit.name = format!("{base} v{day}");
}

/// Changes the value of one tag, adds one, and removes one if there are several.
pub(super) fn change_tags(world: &mut World, dice: &mut Dice) {
    let Some(position) = active_account(world, dice) else { return };
    let day = world.day;
    let tags = &mut Arc::make_mut(&mut world.accounts[position]).tags;
    if tags.len() > 2 {
        tags.remove(0);
    }
    match tags.iter_mut().find(|(key, _)| key == "reviewed-by") {
        Some((_, value)) => *value = format!("team-{day}"),
        None => tags.push(("reviewed-by".to_owned(), format!("team-{day}"))),
    }
    if let Some(position) = find(dice, world.accounts.len(), |at| {
        world.accounts[at].exists && world.accounts[at].tags.iter().any(|(key, _)| key == "cost-center")
    }) {
        let tags = &mut Arc::make_mut(&mut world.accounts[position]).tags;
        if let Some((_, value)) = tags.iter_mut().find(|(key, _)| key == "cost-center") {
            *value = format!("{}", 2_000 + day);
        }
    }
}

/// Returns an active account, except for the few that the simulation needs.
fn active_account(world: &World, dice: &mut Dice) -> Option<usize> {
    find(dice, world.accounts.len(), |at| {
        at > 3 && world.accounts[at].exists && world.accounts[at].state == Some("ACTIVE")
    })
}
