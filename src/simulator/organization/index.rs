//! The lookups that answers need: by id, by parent, by principal.

use std::collections::HashMap;
use std::sync::Arc;

use super::{Millis, PrincipalKind, Unit, World, numbered};

/// The lookups that answers need, built when a day is first used.
#[derive(Debug, Default)]
pub(in crate::simulator) struct Index {
    pub units: HashMap<Arc<str>, u32>,
    pub accounts: HashMap<Arc<str>, u32>,
    pub users: HashMap<Arc<str>, u32>,
    pub groups: HashMap<Arc<str>, u32>,
    pub sets: HashMap<Arc<str>, u32>,
    pub living_accounts: Vec<u32>,
    pub living_users: Vec<u32>,
    pub living_groups: Vec<u32>,
    pub living_sets: Vec<u32>,
    /// The ids from the organization down, without a trailing slash, by unit.
    pub unit_paths: Vec<String>,
    pub units_of: Vec<Vec<u32>>,
    pub accounts_of: Vec<Vec<u32>>,
    /// By permission set: the account, and true if it is at the latest version.
    pub accounts_of_set: Vec<Vec<(u32, bool)>>,
    /// By account: the permission set, and true if it is at the latest version.
    pub sets_of_account: Vec<Vec<(u32, bool)>>,
    /// By principal: the account and the permission set.
    pub grants: HashMap<(PrincipalKind, u32), Vec<(u32, u32)>>,
    /// By user: the groups and the time of joining.
    pub groups_of: Vec<Vec<(u32, Millis)>>,
}

impl Index {
    /// Indexes a day's world.
    pub fn of(world: &World) -> Self {
        let mut index = Self {
            unit_paths: Vec::with_capacity(world.units.len()),
            units_of: vec![Vec::new(); world.units.len()],
            accounts_of: vec![Vec::new(); world.units.len()],
            accounts_of_set: vec![Vec::new(); world.sets.len()],
            sets_of_account: vec![Vec::new(); world.accounts.len()],
            groups_of: vec![Vec::new(); world.users.len()],
            ..Self::default()
        };
        for (position, unit) in numbered(&world.units) {
            index.unit_paths.push(path_of(world, unit));
            if unit.exists {
                index.units.insert(unit.id.clone(), position);
                if let Some(parent) = unit.parent {
                    index.units_of[parent as usize].push(position);
                }
            }
        }
        for (position, account) in numbered(&world.accounts).filter(|(_, account)| account.exists) {
            index.accounts.insert(account.id.clone(), position);
            index.living_accounts.push(position);
            index.accounts_of[account.parent as usize].push(position);
        }
        for (position, user) in numbered(&world.users).filter(|(_, user)| user.exists) {
            index.users.insert(user.id.clone(), position);
            index.living_users.push(position);
        }
        for (position, group) in numbered(&world.groups).filter(|(_, group)| group.exists) {
            index.groups.insert(group.id.clone(), position);
            index.living_groups.push(position);
            for member in world.members[position as usize].iter() {
                index.groups_of[member.user as usize].push((position, member.since));
            }
        }
        for (position, set) in numbered(&world.sets).filter(|(_, set)| set.exists) {
            index.sets.insert(set.arn.clone(), position);
            if world.lists_set(position) {
                index.living_sets.push(position);
            }
        }
        for (&(set, account), pair) in &world.pairs {
            if world.lists_pair(set, account) {
                index.accounts_of_set[set as usize].push((account, pair.latest));
                index.sets_of_account[account as usize].push((set, pair.latest));
            }
            for principal in &pair.principals {
                index.grants.entry(*principal).or_default().push((account, set));
            }
        }
        for grants in index.grants.values_mut() {
            grants.sort_unstable();
        }
        index
    }
}

fn path_of(world: &World, unit: &Unit) -> String {
    match unit.parent {
        Some(parent) => format!("{}/{}", path_of(world, &world.units[parent as usize]), unit.id),
        None => format!("{}/{}", world.identity.organization_id, unit.id),
    }
}
