//! The documents, targets and tags of organization policies: read beside the core, the stalest first, and left for the
//! next run if the core finishes earlier.

use std::collections::BTreeSet;

use orgcensus::simulator::{Config, Fault, Rows};
use serde_json::Value;

use crate::fixture::Ran;
use crate::gaps::{denied, everything};
use crate::world::{World, assert_same, small};

const POLICIES: usize = 150;
/// The resources whose listings have the budget, with the operation of each.
const LISTED: [(&str, &str); 3] = [
    ("organization_policies", "DescribePolicy"),
    ("organization_policy_targets", "ListTargetsForPolicy"),
    ("tags", "ListTagsForResource"),
];

fn world() -> World {
    World::of(Config { more_policies: POLICIES, short_pages: None, ..small() })
}

/// Collects the policies so slowly that most of them are left, unless they have time of their own.
fn collect(world: &World, budget: &[&str]) -> Ran {
    let arguments = ["collect", "--rate", "organizations=40", "--only", "@organizations,@policies"];
    let ran = world
        .run(&[&arguments[..], &["--rate", "sso-admin=100000", "--rate", "iam=100000"], budget].concat());
    world.simulator.faults().clear();
    ran
}

const NO_TIME: [&str; 2] = ["--policies-budget", "0s"];
const LITTLE_TIME: [&str; 2] = ["--policies-budget", "900ms"];

fn text(rows: &Rows, column: &str) -> BTreeSet<String> {
    rows.iter().filter_map(|row| row[column].as_str()).map(str::to_owned).collect()
}

/// Returns the policies that each operation was asked about since the calls were last cleared.
fn asked(world: &World, operation: &str) -> BTreeSet<String> {
    let calls = world.simulator.calls().all();
    let of_operation = calls.iter().filter(|call| call.operation == operation);
    let id = |body: &str| {
        let input: Value = serde_json::from_str(body).unwrap();
        let id = input.get("PolicyId").or(input.get("ResourceId")).and_then(Value::as_str);
        id.filter(|id| id.starts_with("p-")).map(str::to_owned)
    };
    of_operation.filter_map(|call| id(&call.body)).collect()
}

fn status(world: &World, resource: &str) -> String {
    let sql = format!(
        "SELECT status FROM coverage WHERE resource = '{resource}' ORDER BY snapshot_id DESC LIMIT 1"
    );
    world.select(&sql)[0]["status"].as_str().unwrap().to_owned()
}

/// Returns the policies whose listings of an operation were read in the last snapshot or earlier.
fn read(world: &World, resource: &str) -> BTreeSet<String> {
    let sql = match resource {
        "organization_policies" => "SELECT policy_id FROM organization_policies WHERE document NOT NULL",
        "organization_policy_targets" => "SELECT DISTINCT policy_id FROM organization_policy_targets",
        _ => "SELECT DISTINCT resource_id AS policy_id FROM tags WHERE resource_type = 'policy'",
    };
    text(&world.select(sql), "policy_id")
}

fn assert_all_is_known(world: &World) {
    for (resource, _) in LISTED {
        let found = world.select(&format!("SELECT * FROM {resource}"));
        let expected = world.simulator.rows(0, resource, everything());
        match resource {
            // The tags of permission sets and applications are not requested.
            "tags" => {
                let of_organization = |rows: &Rows| -> Rows {
                    let kinds = ["root", "organizational_unit", "account", "policy"];
                    let is_one = |row: &&serde_json::Map<String, Value>| {
                        kinds.contains(&row["resource_type"].as_str().unwrap())
                    };
                    rows.iter().filter(is_one).cloned().collect()
                };
                assert_same(resource, &of_organization(&found), &of_organization(&expected));
            }
            _ => assert_same(resource, &found, &expected),
        }
    }
}

#[test]
fn the_stalest_come_first_until_all_is_read() {
    let world = world();
    let first = collect(&world, &LITTLE_TIME);
    assert_eq!(first.exit, Some(0), "{}", first.all());
    assert!(first.stderr.contains("left for the next run"), "{}", first.stderr);
    let mut known = LISTED.map(|(resource, _)| read(&world, resource));
    for ((resource, _), known) in LISTED.iter().zip(&known) {
        // Tags wait for the tags of accounts, with which they share a quota.
        let has_begun = !known.is_empty() || *resource == "tags";
        assert!(has_begun && known.len() < POLICIES, "{resource}: {}", known.len());
        assert_eq!(status(&world, resource), "limited", "{resource}");
    }
    assert!(
        world.number(
            "SELECT sum(listings_left) FROM exhausted_budgets WHERE budget LIKE '--policies-budget%'"
        ) > 0
    );
    // A policy that was never read comes before the ones that were.
    world.simulator.calls().clear();
    assert_eq!(collect(&world, &LITTLE_TIME).exit, Some(0));
    for ((resource, operation), known) in LISTED.iter().zip(&mut known) {
        let (asked, now) = (asked(&world, operation), read(&world, resource));
        assert!(now.is_superset(known), "{resource}: nothing was lost");
        if asked.intersection(known).next().is_some() {
            assert!(now.len() >= POLICIES, "{resource}: {} of those known were asked again", asked.len());
        }
        *known = now;
    }
    let ran = collect(&world, &[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    assert!(!ran.stderr.contains("left for the next run"), "{}", ran.stderr);
    assert_all_is_known(&world);
    for (resource, _) in LISTED {
        assert_ne!(status(&world, resource), "partial", "{resource}");
    }
    // No carried row was ever reported as removed.
    for to in [2, 3] {
        let diff = world.diff(to - 1, to);
        let changes = diff["changes"].as_array().unwrap();
        assert!(changes.iter().all(|change| change["change"] != "removed"), "{diff}");
    }
}

#[test]
fn nothing_waits_for_policies_without_time() {
    let world = world();
    assert_eq!(collect(&world, &NO_TIME).exit, Some(0));
    let calls = world.simulator.calls().all();
    let is_of_policies = |operation: &str| LISTED.iter().any(|(_, one)| *one == operation);
    let last = |of_policies: bool| {
        calls.iter().filter(|call| is_of_policies(&call.operation) == of_policies).map(|call| call.at).max()
    };
    // The tags of accounts belong to the core, so only documents and targets are compared with its end.
    let core = calls
        .iter()
        .filter(|call| !["DescribePolicy", "ListTargetsForPolicy"].contains(&call.operation.as_str()))
        .map(|call| call.at)
        .max()
        .unwrap();
    let policies = last(true).unwrap();
    assert!(policies <= core + std::time::Duration::from_secs(2), "{policies:?} after {core:?}");
    assert!(last(false).is_some());
}

#[test]
fn killed_it_goes_on() {
    let world = world();
    let mut child = world
        .command(&[
            "collect",
            "--rate",
            "organizations=40",
            "--rate",
            "sso-admin=100000",
            "--only",
            "@organizations,@policies",
        ])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    world.wait_for_calls(120);
    child.kill().unwrap();
    child.wait().unwrap();
    let ran = collect(&world, &[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    assert!(ran.stderr.contains("resuming"), "{}", ran.stderr);
    assert_all_is_known(&world);
}

#[test]
fn what_is_denied_is_no_matter_of_time() {
    let world = world();
    assert_eq!(collect(&world, &[]).exit, Some(0));
    world.simulator.faults().add(Fault::on("ListTargetsForPolicy", denied()));
    let ran = collect(&world, &NO_TIME);
    assert_eq!(ran.exit, Some(4), "{}", ran.all());
    assert_eq!(status(&world, "organization_policy_targets"), "partial");
    assert_all_is_known(&world);
}
