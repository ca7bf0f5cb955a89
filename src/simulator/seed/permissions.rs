//! Permission sets, their provisioning and their assignments.

use std::sync::Arc;

use super::names::{CORE_SETS, MANAGED_POLICIES, SET_ROLES, TEAMS};
use crate::simulator::dice::Dice;
use crate::simulator::organization::{Boundary, DAY, Pair, PermissionSet, PrincipalKind, World};

/// Generates permission sets, pairs and assignments.
pub fn grant(world: &mut World, dice: &mut Dice) {
    let size = world.config.size;
    for position in 0..size.permission_sets {
        let set = match CORE_SETS.get(position) {
            Some((name, description, session, policies)) => {
                let mut set = new_set(world, dice, (*name).to_owned(), 800);
                set.description = Some((*description).to_owned());
                set.session_duration = (*session).to_owned();
                set.aws_managed = policies.iter().map(|policy| (*policy).to_owned()).collect();
                set
            }
            None => {
                let number = position - CORE_SETS.len();
                let (team, role) =
                    (TEAMS[number % TEAMS.len()], SET_ROLES[number / TEAMS.len() % SET_ROLES.len()]);
                let round = number / (TEAMS.len() * SET_ROLES.len());
                let suffix = if round == 0 { String::new() } else { format!("{}", round + 1) };
                let age = 30 + dice.below(700);
                new_set(world, dice, format!("{}{role}{suffix}", capitalised(team)), age)
            }
        };
        world.sets.push(Arc::new(set));
    }
    provision(world, dice);
    assign(world, dice);
}

/// Returns a permission set with random policies, created `age` days before today.
pub fn new_set(world: &World, dice: &mut Dice, name: String, age: usize) -> PermissionSet {
    let mut aws_managed: Vec<String> =
        (0..1 + dice.below(3)).map(|_| dice.pick(MANAGED_POLICIES).to_owned()).collect();
    aws_managed.sort();
    aws_managed.dedup();
    PermissionSet {
        arn: format!(
            "arn:{}:sso:::permissionSet/ssoins-{}/ps-{}",
            world.partition(),
            world.identity.instance_hex,
            dice.hex(16)
        )
        .into(),
        exists: true,
        description: dice.percent(70).then(|| format!("Access of {name}")),
        session_duration: dice.pick(&["PT1H", "PT4H", "PT8H", "PT12H"]).to_owned(),
        relay_state: dice.percent(10).then(|| "https://console.aws.amazon.com/cloudwatch/home".to_owned()),
        created_at: world.now() - age as i64 * DAY - 60_000 * dice.below(600) as i64,
        customer_managed: if dice.percent(20) { vec![(None, format!("{name}Extra"))] } else { Vec::new() },
        inline: dice.percent(25).then(|| inline_policy(dice)),
        boundary: dice.percent(8).then(|| Boundary::Customer {
            path: Some("/boundaries/".to_owned()),
            name: "TeamBoundary".to_owned(),
        }),
        tags: if dice.percent(40) { vec![("owner".to_owned(), "platform".to_owned())] } else { Vec::new() },
        aws_managed,
        name,
    }
}

/// Returns a policy document as if typed by hand, with white space.
pub fn inline_policy(dice: &mut Dice) -> String {
    let action = dice.pick(&[
        "s3:GetObject",
        "kms:Decrypt",
        "sts:AssumeRole",
        "logs:StartQuery",
        "ecs:ExecuteCommand",
    ]);
    format!(
        "{{\"Version\":\"2012-10-17\",\n \"Statement\":[{{\"Effect\":\"Allow\",\"Action\":\"{action}\",\"Resource\":\"arn:aws:s3:::acme-{}/*\"}}]}}",
        dice.word(6)
    )
}

fn capitalised(team: &str) -> String {
    team.split('-').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

fn provision(world: &mut World, dice: &mut Dice) {
    let (sets, accounts) = (world.sets.len(), world.accounts.len());
    // The last set is provisioned nowhere. Not every possible pair is used, or the loop would be slow.
    let open = sets.saturating_sub(1);
    let wanted = world.config.size.pairs.min(open * accounts * 9 / 10);
    for _ in 0..wanted * 20 {
        if world.pairs.len() >= wanted {
            break;
        }
        let pair = (dice.skewed(open) as u32, dice.below(accounts) as u32);
        world.pairs.entry(pair).or_insert_with(|| Arc::new(Pair { latest: true, principals: Vec::new() }));
    }
}

fn assign(world: &mut World, dice: &mut Dice) {
    let (users, groups) = (world.users.len(), world.groups.len());
    let mut keys: Vec<(u32, u32)> = world.pairs.keys().copied().collect();
    if keys.is_empty() || users == 0 || groups == 0 {
        return;
    }
    let mut pairs: Vec<Vec<(PrincipalKind, u32)>> = vec![Vec::new(); keys.len()];
    // A few pairs have more principals than fit on a page of 100.
    let crowded = (keys.len() / 2_000).max(1);
    let mut left = world.config.size.assignments;
    for pair in pairs.iter_mut().skip(world.config.unassigned_pairs) {
        pair.push(principal(dice, users, groups));
        left = left.saturating_sub(1);
    }
    for _ in 0..left * 4 {
        if left == 0 {
            break;
        }
        let position = if dice.percent(10) { dice.below(crowded) } else { dice.below(pairs.len()) };
        let principal = principal(dice, users, groups);
        if !pairs[position].contains(&principal) {
            pairs[position].push(principal);
            left -= 1;
        }
    }
    for (key, mut principals) in keys.drain(..).zip(pairs) {
        principals.sort_unstable();
        principals.dedup();
        world.pairs.insert(key, Arc::new(Pair { latest: true, principals }));
    }
}

fn principal(dice: &mut Dice, users: usize, groups: usize) -> (PrincipalKind, u32) {
    if dice.percent(70) {
        (PrincipalKind::Group, dice.below(groups) as u32)
    } else {
        (PrincipalKind::User, dice.below(users) as u32)
    }
}
