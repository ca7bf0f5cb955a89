//! Adds one odd item of each kind, all of which exist in live directories and organizations.
//!
//! Each replaces or supplements an item of the other seeders, so the sizes grow by a few.

use std::collections::HashMap;
use std::sync::Arc;

use serde_json::json;

use super::people::{add_group, person, principal_id};
use super::permissions::new_set;
use crate::simulator::dice::Dice;
use crate::simulator::organization::{Boundary, DAY, Member, PrincipalKind, User, World};

/// Adds the items.
pub fn add(world: &mut World, dice: &mut Dice) {
    accounts(world);
    users(world, dice);
    groups(world, dice);
    permission_sets(world, dice);
    assignments(world, dice);
}

fn accounts(world: &mut World) {
    let last = world.accounts.len() - 1;
    let now = world.now();
    let change = |world: &mut World, position: usize, state, status, idle: i64| {
        let account = Arc::make_mut(&mut world.accounts[position]);
        (account.state, account.status, account.idle_since) = (state, status, Some(now - idle * DAY));
    };
    change(world, last, Some("SUSPENDED"), Some("SUSPENDED"), 20);
    // Closed while the retired Status was still the only one
    // (https://docs.aws.amazon.com/organizations/latest/APIReference/API_Account.html).
    change(world, last - 1, None, Some("SUSPENDED"), 60);
    change(world, last - 2, Some("CLOSED"), Some("SUSPENDED"), 40);
    let named = Arc::make_mut(&mut world.accounts[last - 3]);
    named.name = "Data, \"Lake\" & <Co> 🚀".to_owned();
    named.tags.push(("empty".to_owned(), String::new()));
    named.tags.push(("note".to_owned(), "=cmd|'/c calc'!A0".to_owned()));
    let twin = world.accounts[last - 4].name.clone();
    Arc::make_mut(&mut world.accounts[last - 5]).name = twin;
}

fn users(world: &mut World, dice: &mut Dice) {
    let mut taken = HashMap::new();
    let mut odd = |world: &mut World, dice: &mut Dice, user_name: &str, change: &dyn Fn(&mut User)| {
        let mut user = person(world, dice, &mut taken, 200 * DAY);
        user.user_name = user_name.to_owned();
        user.status = Some("ENABLED");
        user.extensions = None;
        change(&mut user);
        world.users.push(Arc::new(user));
    };
    odd(world, dice, "svc-terraform", &|user| {
        *user = User {
            id: user.id.clone(),
            exists: true,
            user_name: user.user_name.clone(),
            created_at: user.created_at,
            updated_at: user.created_at,
            ..User::default()
        };
    });
    for name in ["alex.doe", "alex.doe2"] {
        odd(world, dice, name, &|user| {
            user.display_name = Some("Alex Doe".to_owned());
            user.emails = Some(json!([{"Value": "alex@acme.example", "Type": "work", "Primary": true}]));
        });
    }
    odd(world, dice, "o,connor\"quoted\"", &|user| {
        user.display_name = Some("=cmd|'/c calc'!A0".to_owned());
        user.title = Some("Engineer,\n\"second line\"\t\\ 🦀".to_owned());
        user.nick_name = Some("<b>&amp;</b>".to_owned());
    });
    odd(world, dice, "complete@acme.example", &|user| {
        user.middle_name = Some("Q.".to_owned());
        user.honorific_prefix = Some("Dr.".to_owned());
        user.honorific_suffix = Some("III".to_owned());
        user.nick_name = Some("Complete".to_owned());
        user.profile_url = Some("https://people.acme.example/complete".to_owned());
        user.website = Some("https://complete.example".to_owned());
        user.birthdate = Some("1990-02-28".to_owned());
        user.emails = Some(json!([{"Value": "complete@acme.example", "Type": "work", "Primary": false}]));
        user.phone_numbers = Some(json!([{"Value": "+1 555 0100", "Type": "mobile", "Primary": true}]));
        user.addresses = Some(json!([{
            "StreetAddress": "1 Main St", "Locality": "Berlin", "Region": "BE", "PostalCode": "10115",
            "Country": "DE", "Formatted": "1 Main St\n10115 Berlin", "Type": "work", "Primary": true,
        }]));
        user.photos = Some(
            json!([{"Value": "https://photos.example/1.png", "Type": "photo", "Display": "me", "Primary": true}]),
        );
        user.roles = Some(json!([{"Value": "approver", "Type": "hr", "Primary": true}]));
    });
    odd(world, dice, "disabled.dora", &|user| user.status = Some("DISABLED"));
    if world.config.extensions {
        let user = Arc::make_mut(world.users.last_mut().expect("one was added above"));
        user.extensions = Some(json!({"aws:identitystore:enterprise": {
            "costCenter": "1077", "department": "Ünïcode, \"Ltd\"", "employeeNumber": "000042",
            "manager": {"value": "00u0000000000000000x"},
        }}));
    }
    // Members and assignments of the odd users.
    let first = world.users.len() as u32 - 6;
    let since = world.now() - 100 * DAY;
    for (group, user) in [(0, first), (1, first + 1), (1, first + 5), (2, first + 3)] {
        Arc::make_mut(&mut world.members[group]).push(Member { user, since });
    }
    let pairs: Vec<(u32, u32)> = world.pairs.keys().copied().take(40).collect();
    for (pair, user) in [(3, first), (4, first + 5), (5, first + 3)] {
        assign(world, pairs[pair % pairs.len()], PrincipalKind::User, user);
    }
}

fn groups(world: &mut World, dice: &mut Dice) {
    add_group(
        world,
        dice,
        "empty, \"quoted\" group 🦀".to_owned(),
        Some("=1+1\nsecond line".to_owned()),
        300 * DAY,
    );
    let twin = world.groups[1].display_name.to_lowercase();
    add_group(world, dice, twin, None, 10 * DAY);
}

fn permission_sets(world: &mut World, dice: &mut Dice) {
    let mut set = new_set(world, dice, "Customer_Managed=+,.@-".to_owned(), 90);
    set.customer_managed = vec![
        (Some("/team/".to_owned()), "TeamPolicy".to_owned()),
        (None, "DefaultPathPolicy".to_owned()),
        (Some("/other/".to_owned()), "TeamPolicy".to_owned()),
        (Some("/".to_owned()), "ReadOnlyAccess".to_owned()),
    ];
    set.aws_managed = vec!["ReadOnlyAccess".to_owned(), "aws-service-role/ReadOnlyAccess".to_owned()];
    set.boundary = Some(Boundary::Managed(world.managed_policy_arn("PowerUserAccess")));
    set.inline = Some("{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Deny\",\"Action\":\"iam:*\",\"Resource\":\"*\",\"Condition\":{\"StringLike\":{\"aws:PrincipalTag/team\":\"ü,\\\"x\\\"\"}}}]}".to_owned());
    set.tags =
        vec![("empty".to_owned(), String::new()), ("Ünïcode".to_owned(), "line\nbreak, \"q\"".to_owned())];
    world.sets.push(Arc::new(set));
    let mut bounded = new_set(world, dice, "BoundedDefaultPath".to_owned(), 80);
    bounded.boundary = Some(Boundary::Customer { path: None, name: "OrgBoundary".to_owned() });
    bounded.description = None;
    world.sets.push(Arc::new(bounded));
    // No policies, no description, no tags, no provisioning.
    let mut bare = new_set(world, dice, "Unused".to_owned(), 400);
    (bare.aws_managed, bare.customer_managed, bare.inline, bare.boundary) =
        (Vec::new(), Vec::new(), None, None);
    (bare.description, bare.relay_state, bare.tags) = (None, None, Vec::new());
    world.sets.push(Arc::new(bare));
    let sets = world.sets.len() as u32;
    for account in [1, 2, 3] {
        assign(world, (sets - 3, account), PrincipalKind::Group, 0);
        assign(world, (sets - 2, account), PrincipalKind::Group, 1);
    }
}

fn assignments(world: &mut World, dice: &mut Dice) {
    // Deleted in the directory while assigned (https://github.com/benkehoe/aws-sso-util/issues/93). One pair has only
    // orphans, and another has an orphan beside living principals.
    let mut ghost = person(world, dice, &mut HashMap::new(), 500 * DAY);
    (ghost.id, ghost.exists, ghost.user_name) = (principal_id(world, dice), false, "ghost".to_owned());
    world.users.push(Arc::new(ghost));
    let ghost = world.users.len() as u32 - 1;
    let gone = add_group(world, dice, "Contractors-2024".to_owned(), None, 700 * DAY);
    Arc::make_mut(&mut world.groups[gone as usize]).exists = false;
    let pairs: Vec<(u32, u32)> = world.pairs.keys().copied().take(12).collect();
    for pair in pairs.iter().take(2) {
        assign(world, *pair, PrincipalKind::Group, gone);
        assign(world, *pair, PrincipalKind::User, ghost);
    }
    let lonely = (world.sets.len() as u32 - 3, 4);
    assign(world, lonely, PrincipalKind::User, ghost);
    // Provisioned without assignments, and not at the latest version.
    if let Some(pair) = pairs.get(6).and_then(|key| world.pairs.get_mut(key)) {
        Arc::make_mut(pair).principals.clear();
    }
    for key in pairs.iter().skip(7).take(4) {
        if let Some(pair) = world.pairs.get_mut(key) {
            Arc::make_mut(pair).latest = false;
        }
    }
    // The suspended account keeps its assignments.
    let suspended = world.accounts.len() as u32 - 1;
    assign(world, (1, suspended), PrincipalKind::Group, 1);
}

/// Assigns a principal, and provisions the pair if needed.
fn assign(world: &mut World, pair: (u32, u32), kind: PrincipalKind, position: u32) {
    let pair = world.pairs.entry(pair).or_insert_with(|| {
        Arc::new(crate::simulator::organization::Pair { latest: true, principals: Vec::new() })
    });
    let principals = &mut Arc::make_mut(pair).principals;
    if let Err(place) = principals.binary_search(&(kind, position)) {
        principals.insert(place, (kind, position));
    }
}
