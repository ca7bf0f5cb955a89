//! Listings with odd pages: empty ones, repeated and expired tokens, repeated items.

use std::collections::BTreeSet;

use orgcensus::simulator::{Action, Config, Fault, Rows, TruthOptions};
use serde_json::{Map, Value, json};

use crate::gaps::{
    ARGUMENTS, DAY, after_day_0, assert_hidden, assert_net_changes, assert_survived, collect, everything,
    held, key, scopes_that_follow_from_accounts, truth,
};
use crate::world::{World, assert_same, plain, small};

#[test]
fn empty_with_a_token() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    let listings = [
        "ListUsers",
        "ListPermissionSets",
        "ListAccountAssignments",
        "ListAccounts",
        "ListOrganizationalUnitsForParent",
    ];
    for operation in listings {
        faults.add(Fault::on(operation, Action::EmptyPageWithToken).times(2));
    }
    let ran = collect(&world);
    assert_eq!(faults.struck().values().sum::<usize>(), 2 * listings.len());
    assert_survived(&world, &ran);
}

#[test]
fn empty_to_the_end_where_there_must_be_something() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    for operation in ["ListRoots", "ListAccounts"] {
        faults.add(Fault::on(operation, Action::EmptyPageWithToken).times(2));
        faults.add(Fault::on(operation, Action::EmptyList));
    }
    let ran = collect(&world);
    let mut gaps = vec![
        ("roots", json!({})),
        ("organizational_units", json!({})),
        ("accounts", json!({})),
        ("organization_policies", json!({})),
        ("organization_policy_targets", json!({})),
        ("tags", json!({ "resource_type": "policy" })),
        ("tags", json!({ "resource_type": "root" })),
        ("tags", json!({ "resource_type": "organizational_unit" })),
        ("service_last_accessed", json!({})),
    ];
    gaps.extend(scopes_that_follow_from_accounts());
    assert_hidden(&world, &ran, &gaps, "failed");
}

#[test]
fn with_items_twice() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    for operation in ["ListUsers", "ListGroups", "ListPermissionSets", "ListAccounts", "ListGroupMemberships"]
    {
        faults.add(Fault::on(operation, Action::DuplicateItems));
    }
    let ran = collect(&world);
    assert!(faults.struck().values().all(|times| *times > 1), "{:?}", faults.struck());
    assert_survived(&world, &ran);
}

/// Only one row can be kept for each key. A second one is counted and named, in any listing.
#[test]
fn with_conflicting_items() {
    let listings = [
        ("ListUsers", "users", "display_name"),
        ("ListGroups", "groups", "display_name"),
        ("ListAccounts", "accounts", "name"),
        ("ListOrganizationalUnitsForParent", "organizational_units", "name"),
        ("ListGroupMemberships", "group_memberships", "membership_id"),
        ("ListManagedPoliciesInPermissionSet", "permission_set_policies", "policy_name"),
        ("organizations:ListTagsForResource", "tags", "value"),
    ];
    let world = World::of(Config { empty_pages: false, ..Config::default() });
    for (operation, resource, _) in listings {
        // From a listing that is not empty.
        let rows = world.simulator.rows(0, resource, TruthOptions::default());
        let asked = match resource {
            "group_memberships" => rows[0]["group_id"].as_str(),
            "permission_set_policies" => {
                let managed = rows.iter().find(|row| row["kind"] == "aws_managed").unwrap();
                managed["permission_set_arn"].as_str()
            }
            "tags" => {
                let of_account = rows.iter().find(|row| row["resource_type"] == "account").unwrap();
                of_account["resource_id"].as_str()
            }
            _ => None,
        };
        let fault = Fault::on(operation, Action::ConflictingItems).times(1);
        world.simulator.faults().add(match asked {
            Some(id) => fault.containing(id),
            None => fault,
        });
    }
    let ran = world.collect(&["--access-report", "none"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    for (operation, resource, column) in listings {
        let kept = world.select(&format!("SELECT * FROM {resource} WHERE {column} LIKE '% again'"));
        assert_eq!(kept.len(), 1, "{operation}: the later one is kept");
        let key = orgcensus::model::resource(resource).unwrap().key;
        let item: Vec<_> = key.iter().map(|column| kept[0][*column].as_str().unwrap()).collect();
        let told = format!(
            "{resource}: AWS listed 1 item twice with different values, and the later one is kept: {} ({column})",
            item.join(" ")
        );
        assert!(ran.stderr.contains(&told), "{told}\n{}", ran.stderr);
        let show = ["snapshots", "show", "1", "--format", "json"];
        let shown = world.run(&show);
        assert!(shown.stderr.contains(&told), "{told}\n{}", shown.stderr);
        let rows: Vec<Map<String, Value>> = serde_json::from_str(shown.data()).unwrap();
        let is_it = |row: &&Map<String, Value>| {
            row["status"] == "listed_twice" && row["resource"] == resource && row["about"] == item.join(" ")
        };
        assert_eq!(rows.iter().filter(is_it).count(), 1, "{operation}");
    }
    assert_eq!(world.run(&["snapshots", "verify"]).exit, Some(0));
}

#[test]
fn whose_token_expires_begin_again() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    for operation in ["ListUsers", "ListAccounts", "ListPermissionSets"] {
        faults.add(Fault::on(operation, Action::ExpiredToken).times(1));
    }
    let ran = collect(&world);
    let calls = world.simulator.calls().all();
    for operation in ["ListUsers", "ListAccounts", "ListPermissionSets"] {
        let is_first = |body: &str| !body.contains("NextToken");
        let begun = calls.iter().filter(|call| call.operation == operation && is_first(&call.body));
        assert_eq!(begun.count(), 2, "{operation} begins again, once");
    }
    assert_survived(&world, &ran);
}

#[test]
fn whose_token_is_never_taken() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListUsers", Action::ExpiredToken));
    let ran = collect(&world);
    assert_a_listing_without_end(&world, &ran);
}

#[test]
fn whose_token_comes_again() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListUsers", Action::RepeatToken).from_call(2));
    let ran = collect(&world);
    assert_a_listing_without_end(&world, &ran);
}

#[test]
fn whose_token_is_always_new() {
    let world = after_day_0();
    world.simulator.calls().clear();
    world.simulator.faults().add(Fault::on("ListUsers", Action::NewTokens));
    let ran = collect(&world);
    let told = world.select("SELECT error_message FROM gaps WHERE resource = 'users' AND kind = 'failed'");
    let message = "the listing has no end: 300 pages in a row brought nothing new";
    assert_eq!(told[0]["error_message"], message);
    assert_eq!(world.simulator.calls().count("ListUsers"), 301);
    assert_a_listing_without_end(&world, &ran);
}

/// The first listings cost 300 pages each, and the hundreds after them almost nothing.
#[test]
fn whose_tokens_are_new_for_every_item() {
    let world = World::of(small());
    world.collect_day(0, &ARGUMENTS);
    let resources = ["group_memberships", "tags"];
    let before = resources.map(|resource| held(&world, resource));
    world.simulator.calls().clear();
    let groups = truth(&world, 0, "groups").len();
    world.simulator.faults().add(Fault::on("ListGroupMemberships", Action::NewTokens));
    world.simulator.faults().add(Fault::on("ListTagsForResource", Action::NewTokens));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let calls = |operation: &str| world.simulator.calls().count(operation);
    assert!(calls("ListGroupMemberships") < 1_500 + 10 * groups, "{}", calls("ListGroupMemberships"));
    let tagged = truth(&world, 0, "accounts").len() + truth(&world, 0, "organizational_units").len() + 1;
    let sets = truth(&world, 0, "permission_sets").len();
    assert!(calls("ListTagsForResource") < 3_000 + 10 * (tagged + sets), "{}", calls("ListTagsForResource"));
    let gaps = crate::gaps::gaps_found(&world);
    assert!(gaps.iter().any(|(resource, _)| resource == "group_memberships"), "{gaps:?}");
    for (resource, before) in resources.iter().zip(before) {
        assert_same(resource, &held(&world, resource), &before);
    }
}

#[test]
fn of_instances_without_an_end() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on("ListInstances", Action::NewTokens));
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(1), "{}", ran.stderr);
    assert!(ran.stderr.contains("the listing has no end"), "{}", ran.stderr);
}

#[test]
fn of_groups_without_an_end() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListGroups", Action::ExpiredToken));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let failed = |resource: &str| (resource.to_owned(), "{}".to_owned(), "failed".to_owned());
    assert_eq!(world.gaps(), [failed("group_memberships"), failed("groups")]);
    world.assert_truth_but(DAY, everything(), &["groups", "group_memberships"]);
    assert_none_is_removed(&world, "groups");
}

/// Asserts that the received users are up to date, that the others are unchanged, and that none is removed.
fn assert_a_listing_without_end(world: &World, ran: &crate::fixture::Ran) {
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert_eq!(world.gaps(), [("users".to_owned(), "{}".to_owned(), "failed".to_owned())]);
    world.assert_truth_but(DAY, everything(), &["users"]);
    let (before, now) = (truth(world, 0, "users"), truth(world, DAY, "users"));
    let found = held(world, "users");
    let keys = |rows: &Rows| rows.iter().map(|row| key("users", row)).collect::<BTreeSet<_>>();
    assert!(keys(&found).is_superset(&keys(&before)));
    for row in &found {
        let same = |known: &Map<String, Value>| plain(known) == plain(row);
        assert!(before.iter().chain(&now).any(same), "{row:?}");
    }
    assert_none_is_removed(world, "users");
    world.simulator.faults().clear();
    assert_eq!(collect(world).exit, Some(0));
    world.assert_truth(DAY, everything());
    assert_net_changes(world, 1, 3);
}

fn assert_none_is_removed(world: &World, resource: &str) {
    let diff = world.diff(1, 2);
    let removed = |change: &&Value| change["resource"] == resource && change["change"] == "removed";
    assert_eq!(diff["changes"].as_array().unwrap().iter().find(removed), None);
}

#[test]
fn of_reports_that_are_lost() {
    let world = after_day_0();
    // A report's page after the first names its job and a marker.
    world
        .simulator
        .faults()
        .add(Fault::on("GetOrganizationsAccessReport", Action::NotFound).containing("Marker="));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let gaps = crate::gaps::gaps_found(&world);
    assert!(gaps.iter().all(|(resource, _)| resource == "service_last_accessed"), "{gaps:?}");
    let before = truth(&world, 0, "service_last_accessed");
    let now = truth(&world, DAY, "service_last_accessed");
    for row in held(&world, "service_last_accessed") {
        let same = |known: &Map<String, Value>| plain(known) == plain(&row);
        assert!(before.iter().chain(&now).any(same), "{row:?}");
    }
    world.assert_truth_but(DAY, everything(), &["service_last_accessed"]);
    world.simulator.faults().clear();
    assert_eq!(collect(&world).exit, Some(0));
    world.assert_truth(DAY, everything());
}
