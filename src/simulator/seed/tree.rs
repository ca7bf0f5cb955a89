//! The root, the organizational units and the accounts.

use std::collections::HashSet;
use std::sync::Arc;

use super::names::{CORE_ACCOUNTS, ENVIRONMENTS, SERVICES, TEAMS};
use crate::simulator::dice::Dice;
use crate::simulator::organization::{Account, DAY, TagPair, Unit, World};

/// Generates units and accounts.
pub fn grow(world: &mut World, dice: &mut Dice) {
    let root = Unit {
        id: world.identity.root_id.as_str().into(),
        name: "Root".to_owned(),
        parent: None,
        exists: true,
        tags: vec![("managed-by".to_owned(), "platform".to_owned())],
        denied_services: vec!["groundstation".to_owned()],
    };
    world.units.push(Arc::new(root));
    let size = world.config.size;
    // The first nine always exist. Five of them are nested as deep as AWS allows
    // (https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html).
    for (name, parent) in [
        ("Security", 0),
        ("Infrastructure", 0),
        ("Workloads", 0),
        ("Sandbox", 0),
        ("Prod", 3),
        ("NonProd", 3),
        ("Europe", 5),
        ("Payments", 7),
        ("PCI", 8),
    ] {
        add_unit(world, dice, name.to_owned(), parent);
    }
    while world.units.len() <= size.organizational_units {
        let position = world.units.len();
        let team = TEAMS[position % TEAMS.len()];
        let parent = [3, 5, 6, 7][dice.below(4)];
        let name = if position < TEAMS.len() { team.to_owned() } else { format!("{team}-{position}") };
        add_unit(world, dice, name, parent);
    }
    let mut taken = HashSet::new();
    add_account(world, dice, "acme-management", 0, &mut taken);
    for (name, unit) in CORE_ACCOUNTS {
        let parent = world.units.iter().position(|u| u.name == *unit).unwrap_or(0) as u32;
        add_account(world, dice, name, parent, &mut taken);
    }
    let mut number = 0;
    while world.accounts.len() < size.accounts {
        let (team, environment) = (TEAMS[(number / 4) % TEAMS.len()], ENVIRONMENTS[number % 4]);
        let round = number / (4 * TEAMS.len());
        let name = if round == 0 {
            format!("{team}-{environment}")
        } else {
            format!("{team}-{environment}-{}", round + 1)
        };
        let parent = place_for(world, dice, environment);
        add_account(world, dice, &name, parent, &mut taken);
        number += 1;
    }
}

/// Adds an OU. Returns its position.
pub fn add_unit(world: &mut World, dice: &mut Dice, name: String, parent: u32) -> u32 {
    let root = &world.identity.root_id;
    let id = format!("ou-{}-{}", root.trim_start_matches("r-"), dice.word(8));
    let mut denied_services = Vec::new();
    if name == "Sandbox" || dice.percent(10) {
        denied_services = vec!["braket".to_owned(), SERVICES[dice.below(SERVICES.len())].0.to_owned()];
    }
    let tags = if dice.percent(30) { vec![("purpose".to_owned(), name.to_lowercase())] } else { Vec::new() };
    world.units.push(Arc::new(Unit {
        id: id.into(),
        name,
        parent: Some(parent),
        exists: true,
        tags,
        denied_services,
    }));
    world.units.len() as u32 - 1
}

/// Returns a living OU that suits an environment.
pub fn place_for(world: &World, dice: &mut Dice, environment: &str) -> u32 {
    let fixed = match environment {
        "sandbox" => 4,
        "prod" => 5,
        _ => 6,
    };
    if dice.percent(50) {
        return fixed;
    }
    let position = 5 + dice.below(world.units.len() - 5);
    if world.units[position].exists { position as u32 } else { fixed }
}

/// Adds an account, which joined before today. Returns its position.
pub fn add_account(
    world: &mut World,
    dice: &mut Dice,
    name: &str,
    parent: u32,
    taken: &mut HashSet<String>,
) -> u32 {
    let mut id = dice.account_id();
    while !taken.insert(id.clone())
        || world.accounts.iter().any(|account| *account.id == *id && world.day > 0)
    {
        id = dice.account_id();
    }
    let first = world.accounts.is_empty();
    let age = if first { 1_500 } else { 30 + dice.below(1_300) as i64 };
    // A third of the times have milliseconds, as live ones do.
    let fraction = if dice.percent(33) { dice.below(1_000) as i64 } else { 0 };
    world.accounts.push(Arc::new(Account {
        id: id.into(),
        name: name.to_owned(),
        email: format!("aws+{name}@acme.example"),
        state: Some("ACTIVE"),
        status: Some("ACTIVE"),
        joined_method: if first || dice.percent(10) { "INVITED" } else { "CREATED" },
        joined_at: world.now() - age * DAY - 3_600_000 * dice.below(12) as i64 + fraction,
        parent,
        exists: true,
        idle_since: None,
        tags: account_tags(dice, name),
    }));
    world.accounts.len() as u32 - 1
}

fn account_tags(dice: &mut Dice, name: &str) -> Vec<TagPair> {
    let mut tags = Vec::new();
    if let Some((team, environment)) = name.rsplit_once('-') {
        if dice.percent(80) {
            tags.push(("environment".to_owned(), environment.to_owned()));
        }
        if dice.percent(70) {
            tags.push(("owner".to_owned(), format!("{team}@acme.example")));
        }
    }
    if dice.percent(50) {
        tags.push(("cost-center".to_owned(), format!("{}", 1_000 + dice.below(90))));
    }
    tags
}
