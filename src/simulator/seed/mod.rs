//! Day 0: an organization generated from the configuration's sizes and seed.
//!
//! `tree` generates OUs and accounts, `people` users, groups and memberships, and `permissions` the permission sets and
//! their assignments. `awkward` then adds one odd item of each kind. `days` uses the same functions for new items on
//! later days.

mod awkward;
pub(super) mod names;
pub(super) mod people;
pub(super) mod permissions;
pub(super) mod tree;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::config::Config;
use super::dice::Dice;
use super::organization::{DAY, Identity, World};

/// Returns the organization on day 0.
pub(super) fn world(config: &Arc<Config>) -> World {
    let mut dice = Dice::new(config.seed);
    let identity = Identity {
        organization_id: format!("o-{}", dice.word(10)),
        root_id: format!("r-{}", dice.word(4)),
        management_account: 0,
        delegated_account: 2,
        member_account: 3,
        instance_hex: dice.hex(16),
        store_hex: format!("9{}", dice.hex(9)),
        created_at: config.start.timestamp_millis() - 1_500 * DAY,
    };
    let mut world = World {
        day: 0,
        config: config.clone(),
        identity: Arc::new(identity),
        units: Vec::new(),
        accounts: Vec::new(),
        users: Vec::new(),
        groups: Vec::new(),
        members: Vec::new(),
        sets: Vec::new(),
        pairs: BTreeMap::new(),
        synced_at: None,
        index: OnceLock::new(),
        policies: OnceLock::new(),
        applications: OnceLock::new(),
    };
    tree::grow(&mut world, &mut dice);
    people::hire(&mut world, &mut dice);
    permissions::grant(&mut world, &mut dice);
    if config.awkward {
        awkward::add(&mut world, &mut dice);
    }
    world
}
