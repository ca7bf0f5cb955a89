//! What a collection sends only reads, is exactly what the program declares, and is what `iam-policy` allows.

use std::collections::BTreeSet;

use orgcensus::aws::Operation;
use orgcensus::simulator::{Action, Config, Fault};
use serde_json::Value;

use crate::world::{World, awkward, small};

/// The IAM actions of the calls that the simulator received.
fn sent(world: &World) -> BTreeSet<String> {
    let declared = |service: &str, operation: &str| {
        Operation::ALL
            .iter()
            .find(|known| known.service().name() == service && known.name() == operation)
            .copied()
    };
    world
        .simulator
        .calls()
        .counts()
        .into_keys()
        .filter_map(|(service, operation)| {
            let found = declared(service.as_str(), &operation);
            let known = found.unwrap_or_else(|| panic!("{}:{operation} is not declared", service.as_str()));
            let reads = ["List", "Describe", "Get"].iter().any(|verb| operation.starts_with(verb));
            assert!(reads || operation == "GenerateOrganizationsAccessReport", "{operation}");
            known.action()
        })
        .collect()
}

/// What `iam-policy` with these flags allows the caller to send.
fn allowed(world: &World, arguments: &[&str]) -> BTreeSet<String> {
    let ran = world.run(&[&["iam-policy"], arguments].concat());
    let policy: Value = serde_json::from_str(ran.data()).unwrap();
    let actions = policy["Statement"][0]["Action"].as_array().unwrap().iter();
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// Sent where something rules the usual way out: no paths, or a directory that cannot be listed.
const FALLBACKS: [&str; 3] =
    ["organizations:ListAccountsForParent", "identitystore:DescribeUser", "identitystore:DescribeGroup"];

#[test]
fn everything_that_is_sent_is_declared_and_allowed_and_nothing_else_is() {
    let world = awkward();
    world.collect_day(0, &["--assignments", "principals", "--access-report", "accounts"]);
    world.collect_day(1, &["--assignments", "pairs", "--access-report", "accounts"]);
    world.run(&["doctor"]).data();
    let mut allowed = allowed(&world, &["--access-report", "accounts"]);
    for fallback in FALLBACKS {
        assert!(allowed.remove(fallback), "{fallback} is allowed too");
    }
    assert_eq!(sent(&world), allowed);
}

#[test]
fn the_fallbacks_are_sent_where_they_are_needed() {
    let pathless = World::of(Config { paths: false, ..small() });
    pathless.collect_day(0, &["--access-report", "none"]);
    assert!(sent(&pathless).contains(FALLBACKS[0]));
    let legacy = World::of(Config { legacy_directory: true, ..small() });
    legacy.collect(&["--access-report", "none"]);
    assert!(sent(&legacy).is_superset(&FALLBACKS[1..].iter().map(|&action| action.to_owned()).collect()));
}

#[test]
fn a_selection_sends_what_its_policy_allows() {
    for flags in [
        &["--only", "users"][..],
        &["--only", "group_memberships"],
        &["--only", "accounts"],
        &["--only", "tags", "--access-report", "none"],
        &["--only", "service_last_accessed"],
        &["--skip", "permission_sets", "--access-report", "none"],
        &["--assignments", "pairs", "--access-report", "none"],
        &["--only", "account_assignments", "--assignments", "pairs"],
    ] {
        let world = World::of(small());
        let ran = world.collect(flags);
        assert_eq!(ran.exit, Some(0), "{flags:?}: {}", ran.stderr);
        let mut allowed = allowed(&world, flags);
        let sent = sent(&world);
        for fallback in FALLBACKS {
            assert!(!sent.contains(fallback));
            allowed.remove(fallback);
        }
        assert_eq!(sent, allowed, "{flags:?}");
    }
}

#[test]
fn without_any_one_of_the_actions_something_is_missing_and_its_operation_is_named() {
    let world = World::of(small());
    let flags = ["--assignments", "pairs", "--access-report", "root"];
    let allowed = allowed(&world, &flags);
    let operations = Operation::ALL.iter().filter(|operation| {
        operation
            .action()
            .is_some_and(|action| allowed.contains(&action) && !FALLBACKS.contains(&action.as_str()))
    });
    for operation in operations {
        let _ = std::fs::remove_file(world.sandbox.path("orgcensus.db"));
        world.simulator.faults().clear();
        world.simulator.faults().add(Fault::on(&operation.to_string(), Action::Denied { kms_reason: None }));
        let ran = world.collect(&flags);
        if *operation == Operation::ListInstances {
            let hint = "hint: allow the action sso:ListInstances";
            assert!(ran.exit == Some(1) && ran.stderr.contains(hint), "{}", ran.stderr);
            continue;
        }
        assert_eq!(ran.exit, Some(4), "{operation}: {}", ran.stderr);
        let sql = format!("SELECT count(*) FROM gaps WHERE kind = 'denied' AND operation = '{operation}'");
        assert!(world.number(&sql) > 0, "{operation}");
    }
}
