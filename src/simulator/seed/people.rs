//! Users, groups and memberships.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::{Value, json};

use super::names::{CORE_GROUPS, FAMILY, GIVEN, ROLES_OF_GROUPS, TEAMS, TITLES};
use crate::simulator::dice::Dice;
use crate::simulator::organization::{DAY, Group, Member, User, World};

/// The size at which "Everyone" stops growing, so that one group does not dominate a large organization.
const LARGEST_GROUP: usize = 2_000;

/// Generates users, groups and memberships.
pub fn hire(world: &mut World, dice: &mut Dice) {
    let size = world.config.size;
    let mut taken = HashMap::new();
    for _ in 0..size.users {
        let age = dice.below(1_400) as i64 * DAY + DAY;
        let user = person(world, dice, &mut taken, age);
        world.users.push(Arc::new(user));
    }
    for position in 0..size.groups {
        let (name, description) = match CORE_GROUPS.get(position) {
            Some((name, description)) => ((*name).to_owned(), Some((*description).to_owned())),
            None => {
                let number = position - CORE_GROUPS.len();
                let (team, role) = (
                    TEAMS[number % TEAMS.len()],
                    ROLES_OF_GROUPS[number / TEAMS.len() % ROLES_OF_GROUPS.len()],
                );
                let round = number / (TEAMS.len() * ROLES_OF_GROUPS.len());
                let suffix = if round == 0 { String::new() } else { format!("-{}", round + 1) };
                let description = dice.percent(60).then(|| format!("{role} of {team}"));
                (format!("{team}-{role}{suffix}"), description)
            }
        };
        let age = dice.below(1_400) as i64 * DAY + DAY;
        add_group(world, dice, name, description, age);
    }
    join(world, dice, size.memberships);
}

/// Returns a new user, created `age` before today.
pub fn person(world: &World, dice: &mut Dice, taken: &mut HashMap<String, usize>, age: i64) -> User {
    let (given, family) = (dice.pick(GIVEN), dice.pick(FAMILY));
    let base = format!("{given}.{family}").to_lowercase().replace([' ', '\''], "");
    let count = taken.entry(base.clone()).and_modify(|count| *count += 1).or_insert(1);
    let user_name = if *count == 1 { base } else { format!("{base}{count}") };
    let email = format!("{user_name}@acme.example");
    let fraction = if dice.percent(50) { dice.below(1_000) as i64 } else { 0 };
    let created_at = world.now() - age + fraction;
    let mut user = User {
        id: principal_id(world, dice),
        exists: true,
        formatted: dice.percent(60).then(|| format!("{given} {family}")),
        family_name: Some(family.to_owned()),
        given_name: Some(given.to_owned()),
        display_name: Some(format!("{given} {family}")),
        emails: Some(json!([{"Value": email, "Type": "work", "Primary": true}])),
        external_ids: dice.percent(70).then(
            || json!([{"Issuer": "https://scim.acme.example/v2", "Id": format!("00u{}", dice.word(17))}]),
        ),
        user_type: dice.percent(80).then(|| dice.pick(&["Employee", "Contractor"]).to_owned()),
        title: dice.percent(90).then(|| dice.pick(TITLES).to_owned()),
        preferred_language: dice.percent(40).then(|| "en".to_owned()),
        locale: dice.percent(40).then(|| dice.pick(&["en-GB", "de-DE", "es-ES"]).to_owned()),
        timezone: dice.percent(40).then(|| dice.pick(&["Europe/Berlin", "Europe/Madrid", "UTC"]).to_owned()),
        status: Some(if dice.percent(4) { "DISABLED" } else { "ENABLED" }),
        created_at,
        updated_at: created_at + dice.below(age.max(1) as usize) as i64 / 1_000 * 1_000,
        user_name,
        ..User::default()
    };
    if dice.percent(15) {
        user.phone_numbers = Some(
            json!([{"Value": format!("+49 30 {:07}", dice.below(10_000_000)), "Type": "work", "Primary": true}]),
        );
    }
    if world.config.extensions && dice.percent(15) {
        user.extensions = Some(enterprise(dice));
    }
    user
}

/// Returns the enterprise extension. Its members are sorted, because the SDK loses their order.
fn enterprise(dice: &mut Dice) -> Value {
    json!({"aws:identitystore:enterprise": {
        "costCenter": format!("{}", 1_000 + dice.below(90)),
        "department": dice.pick(TEAMS),
        "employeeNumber": format!("{:06}", dice.below(1_000_000)),
    }})
}

/// Returns a new id of a user or group.
pub fn principal_id(world: &World, dice: &mut Dice) -> Arc<str> {
    format!("{}-{}", world.identity.store_hex, dice.uuid()).into()
}

/// Adds an empty group. Returns its position.
pub fn add_group(
    world: &mut World,
    dice: &mut Dice,
    display_name: String,
    description: Option<String>,
    age: i64,
) -> u32 {
    let created_at = world.now() - age;
    let group = Group {
        id: principal_id(world, dice),
        exists: true,
        external_ids: dice.percent(40).then(
            || json!([{"Issuer": "https://scim.acme.example/v2", "Id": format!("00g{}", dice.word(17))}]),
        ),
        display_name,
        description,
        created_at,
        updated_at: created_at + 60_000,
    };
    world.groups.push(Arc::new(group));
    world.members.push(Arc::new(Vec::new()));
    world.groups.len() as u32 - 1
}

fn join(world: &mut World, dice: &mut Dice, memberships: usize) {
    let (users, groups) = (world.users.len(), world.groups.len());
    if users == 0 || groups == 0 {
        return;
    }
    let everyone = CORE_GROUPS.len() - 1;
    let mut members: Vec<Vec<Member>> = vec![Vec::new(); groups];
    let mut taken = HashSet::new();
    let mut put = |members: &mut Vec<Vec<Member>>, group: usize, user: usize, dice: &mut Dice| {
        if !taken.insert((group, user)) {
            return false;
        }
        let age = dice.below(900) as i64 * DAY + 60_000 * dice.below(600) as i64;
        let since = (world.now() - age).max(world.users[user].created_at);
        members[group].push(Member { user: user as u32, since });
        true
    };
    let mut left = memberships;
    if groups > everyone {
        for user in 0..users.min(LARGEST_GROUP).min(left) {
            put(&mut members, everyone, user, dice);
            left -= 1;
        }
    }
    // The last group stays empty. The number of attempts is limited, because full groups would make the loop endless.
    let open = groups.saturating_sub(1).max(1);
    for _ in 0..left * 4 {
        if left == 0 {
            break;
        }
        let group = dice.below(open);
        let user = dice.below(users);
        if group != everyone && put(&mut members, group, user, dice) {
            left -= 1;
        }
    }
    world.members = members.into_iter().map(Arc::new).collect();
}
