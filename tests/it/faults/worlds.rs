//! Organizations and instances of other shapes. (`crate::truth` covers partitions, and accounts without `State`,
//! `Status` or `Paths`.)

use std::collections::BTreeSet;

use orgcensus::simulator::{Config, Instances, TruthOptions};
use serde_json::Value;

use crate::world::{World, small};

const QUICK: [&str; 4] = ["--assignments", "pairs", "--access-report", "none"];
const SETS: [&str; 4] =
    ["permission_sets", "permission_set_policies", "provisioned_permission_sets", "account_assignments"];

fn ids(rows: &[serde_json::Map<String, Value>], column: &str) -> BTreeSet<String> {
    rows.iter().map(|row| row[column].as_str().unwrap().to_owned()).collect()
}

fn assert_unavailable(world: &World, resources: &[&str]) {
    for resource in resources {
        let sql = format!(
            "SELECT count(*) FROM coverage WHERE resource = '{resource}' AND status = 'unavailable'
             AND reason IS NOT NULL AND snapshot_id = (SELECT max(snapshot_id) FROM snapshots)"
        );
        assert_eq!(world.number(&sql), 1, "{resource}");
    }
}

#[test]
fn an_account_instance() {
    let world = World::of(Config { instances: Instances::Account, ..small() });
    for day in [0, 3] {
        world.collect_day(day, &QUICK);
        assert_eq!(world.gaps(), []);
        let but: Vec<&str> = SETS
            .into_iter()
            .chain(["tags", "users", "groups", "group_memberships", "service_last_accessed"])
            .collect();
        world.assert_truth_but(day, TruthOptions::default(), &but);
        // Their ARNs name the instance, but the people are the same.
        for (resource, column) in [("users", "user_id"), ("groups", "group_id")] {
            let held = world.select(&format!("SELECT * FROM {resource}"));
            let truth = world.simulator.rows(day, resource, TruthOptions::default());
            assert_eq!(ids(&held, column), ids(&truth, column), "{resource}");
        }
        assert_unavailable(&world, &SETS);
        // AWS was asked once for permission sets, and its answer was trusted.
        assert!(world.simulator.calls().count("ListPermissionSets") <= 2);
        assert_eq!(world.simulator.calls().count("DescribePermissionSet"), 0);
    }
    let changes = world.diff(1, 2)["changes"].as_array().unwrap().clone();
    assert!(
        changes.iter().all(|change| !SETS.contains(&change["resource"].as_str().unwrap())),
        "{changes:?}"
    );
}

#[test]
fn a_legacy_directory() {
    for legacy_describes in [true, false] {
        let world = World::of(Config { legacy_directory: true, legacy_describes, ..small() });
        for day in [0, 3] {
            world.collect_day(day, &QUICK);
            assert_eq!(world.gaps(), []);
            let directory = ["users", "groups", "group_memberships"];
            let but: Vec<&str> = directory.into_iter().chain(["service_last_accessed"]).collect();
            world.assert_truth_but(day, TruthOptions::default(), &but);
            assert_unavailable(&world, &directory);
            let assignments = world.simulator.rows(day, "account_assignments", TruthOptions::default());
            for (resource, column, principal_type) in
                [("users", "user_id", "USER"), ("groups", "group_id", "GROUP")]
            {
                let mut named = assignments.clone();
                named.retain(|row| row["principal_type"] == principal_type);
                let truth = world.simulator.rows(day, resource, TruthOptions::default());
                let lives = ids(&truth, column);
                let expected: BTreeSet<String> = ids(&named, "principal_id")
                    .into_iter()
                    .filter(|id| legacy_describes && lives.contains(id))
                    .collect();
                let held = ids(&world.select(&format!("SELECT * FROM {resource}")), column);
                // A principal that assignments no longer name was not looked up, and so is not reported as deleted.
                assert!(held.is_superset(&expected), "{resource}: {held:?} {expected:?}");
                assert!(day > 0 || held == expected, "{resource}: {held:?} {expected:?}");
            }
        }
        let described = world.simulator.calls().count("DescribeUser");
        assert!(described > 0, "the users that assignments name are asked for");
        let removed = |change: &&Value| {
            change["change"] == "removed" && matches!(change["resource"].as_str(), Some("users" | "groups"))
        };
        let diff = world.diff(1, 2);
        assert_eq!(diff["changes"].as_array().unwrap().iter().find(removed), None);
    }
}

#[test]
fn an_instance_in_several_regions() {
    let config = Config {
        region: "eu-central-1".to_owned(),
        additional_regions: vec!["us-east-1".to_owned(), "us-west-2".to_owned()],
        ..small()
    };
    let world = World::of(config);
    // No Region, an additional one, and one without the instance.
    for region in [None, Some("us-west-2"), Some("ap-southeast-2")] {
        let mut command = world.collect_command(&QUICK);
        if let Some(region) = region {
            command.env("AWS_REGION", region);
        }
        let ran = world.sandbox.ran(command.output().unwrap());
        assert_eq!(ran.exit, Some(0), "{region:?}: {}", ran.stderr);
        assert_eq!(world.gaps(), []);
        world.assert_truth_but(0, TruthOptions::default(), &["service_last_accessed"]);
    }
    let regions = world.select("SELECT DISTINCT region FROM snapshots");
    assert_eq!(ids(&regions, "region"), BTreeSet::from(["eu-central-1".to_owned()]));
    assert_eq!(world.diff(1, 3)["changes"].as_array().unwrap().len(), 0);
    // No call was sent only to be refused because of its Region.
    assert_eq!(world.simulator.calls().errors("ValidationException"), 0);
}

#[test]
fn several_instances() {
    let world = World::of(Config { instances: Instances::Several, ..small() });
    world.collect_day(0, &QUICK);
    let arn = world.simulator.instance_arn();
    world.collect_day(2, &[&QUICK[..], &["--instance-arn", &arn]].concat());
    assert_eq!(world.gaps(), []);
    world.assert_truth_but(2, TruthOptions::default(), &["service_last_accessed"]);
    let arns = world.select("SELECT DISTINCT instance_arn FROM snapshots");
    assert_eq!(ids(&arns, "instance_arn"), BTreeSet::from([arn]));
}
