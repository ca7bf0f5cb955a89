//! Resources added after the core: a census made without them, with the permissions of that time, continues without any
//! failure until it has seen them once, or until they are requested by name.

use orgcensus::model::ResourceGroup;
use orgcensus::simulator::{Action, Fault};
use serde_json::Value;

use crate::gaps::{denied, everything};
use crate::world::{World, small};

const ADDED: [&str; 5] = [
    "organizations:ListPolicies",
    "organizations:DescribeResourcePolicy",
    "organizations:ListAWSServiceAccessForOrganization",
    "iam:ListOrganizationsFeatures",
    "iam:GetPolicy",
];
const DEPTH: [&str; 2] = ["--access-report", "accounts"];

/// Returns a world in which these operations are denied.
fn without(operations: &[&str]) -> World {
    let world = World::of(small());
    deny(&world, operations);
    world
}

fn deny(world: &World, operations: &[&str]) {
    for operation in operations {
        world.simulator.faults().add(Fault::on(operation, denied()));
    }
}

fn status(world: &World, resource: &str, snapshot_id: u32) -> String {
    let sql =
        format!("SELECT status FROM coverage WHERE resource = '{resource}' AND snapshot_id = {snapshot_id}");
    world.select(&sql)[0]["status"].as_str().unwrap().to_owned()
}

fn assert_all_unknown(diff: &Value) {
    let changes = diff["changes"].as_array().unwrap();
    assert!(!changes.is_empty() && changes.iter().all(|change| change["change"] == "unknown"), "{diff}");
}

#[test]
fn what_was_never_seen_is_no_failure() {
    let world = without(&ADDED);
    for snapshot_id in [1, 2] {
        let ran = world.collect(&DEPTH);
        assert_eq!(ran.exit, Some(0), "{}", ran.all());
        for action in ADDED {
            let (_, name) = action.split_once(':').unwrap();
            assert!(
                ran.stderr.contains(&format!("not collected without {}", action)),
                "{name}: {}",
                ran.stderr
            );
        }
        for resource in [
            "organization_policies",
            "organization_policy_targets",
            "organization_resource_policies",
            "trusted_services",
            "organization_features",
            "managed_policies",
        ] {
            assert_eq!(status(&world, resource, snapshot_id), "unavailable", "{resource}");
        }
        assert_eq!(status(&world, "delegated_administrators", snapshot_id), "complete");
    }
    assert_eq!(world.number("SELECT count(*) FROM snapshots WHERE status = 'complete'"), 2);
    assert_eq!(world.number("SELECT count(*) FROM organization_policies"), 0);

    // On the first sight, rows that were not visible before are not reported as new.
    world.simulator.faults().clear();
    assert_eq!(world.collect(&DEPTH).exit, Some(0));
    world.assert_truth(0, everything());
    assert_all_unknown(&world.diff(2, 3));

    // Once the resource was seen, a denial is a gap, and nothing is removed.
    deny(&world, &ADDED);
    assert_eq!(world.collect(&DEPTH).exit, Some(4));
    world.assert_truth(0, everything());
    assert_eq!(status(&world, "organization_policies", 4), "partial");
    assert_all_unknown(&world.diff(3, 4));
}

#[test]
fn what_is_asked_for_by_name_is_a_gap() {
    for arguments in [
        &["--only", "organization_policies"][..],
        &["--only", "@policies"],
        &["--require", "organization_policies"],
        &["--require", "@policies"],
    ] {
        let world = without(&["organizations:ListPolicies"]);
        let ran = world.collect(arguments);
        assert_eq!(ran.exit, Some(4), "{arguments:?}: {}", ran.all());
        assert_eq!(status(&world, "organization_policies", 1), "partial", "{arguments:?}");
    }
}

#[test]
fn what_aws_does_not_offer_there_is_no_failure() {
    let world = World::of(small());
    for operation in ADDED {
        world.simulator.faults().add(Fault::on(operation, Action::UnknownOperation));
    }
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    assert_eq!(status(&world, "trusted_services", 1), "unavailable");
}

/// An endpoint may stand in for AWS without all of IAM. Each says so in its own way.
#[test]
fn an_endpoint_without_iam_is_no_failure() {
    use Action::{NoBody, Status, UnknownOperation};
    for action in [UnknownOperation, Status(501), NoBody(400), NoBody(404), NoBody(405), NoBody(501)] {
        let world = World::of(small());
        for operation in ["GetAccountAuthorizationDetails", "ListRoles", "GenerateCredentialReport"] {
            world.simulator.faults().add(Fault::on(operation, action.clone()));
        }
        let arguments = ["--access-report", "none", "--haste", "100"];
        let ran = world.collect(&arguments);
        assert_eq!(ran.exit, Some(0), "{action:?}: {}", ran.all());
        for spec in ResourceGroup::Iam.resources() {
            assert_eq!(status(&world, spec.name, 1), "unavailable", "{action:?}: {}", spec.name);
        }
        // Once it was seen, the same answer is a gap, and nothing is removed.
        world.simulator.faults().clear();
        assert_eq!(world.collect(&arguments).exit, Some(0));
        let rows =
            |world: &World| world.number("SELECT count(*) FROM iam_roles_versions WHERE valid_to IS NULL");
        let known = rows(&world);
        world.simulator.faults().add(Fault::on("GetAccountAuthorizationDetails", action.clone()));
        assert_eq!(world.collect(&arguments).exit, Some(4), "{action:?}");
        assert!(known > 0 && rows(&world) == known, "{action:?}");
    }
    for action in [Status(500), NoBody(500), NoBody(408)] {
        let world = World::of(small());
        world.simulator.faults().add(Fault::on("GetAccountAuthorizationDetails", action.clone()));
        let ran = world.collect(&["--access-report", "none", "--haste", "100"]);
        assert_eq!(ran.exit, Some(4), "{action:?}: {}", ran.all());
        assert_eq!(status(&world, "iam_users", 1), "partial", "{action:?}");
    }
}

#[test]
fn a_failure_that_is_no_refusal_is_a_gap() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on("organizations:DescribeResourcePolicy", Action::MalformedBody));
    let ran = world.collect(&["--haste", "100"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.all());
    assert_eq!(status(&world, "organization_resource_policies", 1), "partial");
}
