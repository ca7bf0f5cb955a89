//! `permission-set-summary`: the permissions of a set, by service and access level, and the policies that were not
//! read.

use std::collections::BTreeSet;

use orgcensus::simulator::{Fault, Rows};

use crate::gaps::denied;
use crate::world::{World, small};

const ALONE: [&str; 3] = ["--only", "@permission-sets,managed_policies", "--quiet"];

fn summary(world: &World, set: &str, more: &[&str]) -> (Rows, String) {
    let arguments = [&["query", "permission-set-summary", set, "--format", "json"], more].concat();
    let ran = world.run(&arguments);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    (serde_json::from_str(ran.data()).unwrap(), ran.stderr)
}

/// Returns the sets with a policy of this kind.
fn sets_with(world: &World, kind: &str) -> Vec<String> {
    let sql = format!(
        "SELECT DISTINCT permission_set_arn FROM permission_set_policies WHERE kind = '{kind}' ORDER BY 1"
    );
    let rows = world.select(&sql);
    rows.iter().map(|row| row["permission_set_arn"].as_str().unwrap().to_owned()).collect()
}

fn texts(rows: &Rows, column: &str) -> BTreeSet<String> {
    rows.iter().filter_map(|row| row[column].as_str()).map(str::to_owned).collect()
}

#[test]
fn services_are_those_of_the_statements() {
    let world = World::of(small());
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    let mut checked = 0;
    for set in sets_with(&world, "inline") {
        // Only sets whose policies name their services one by one.
        let statements = world.select(&format!(
            "SELECT effect, lower(action) AS action, source FROM permission_set_statements WHERE permission_set_arn = '{set}'"
        ));
        let simple = statements.iter().all(|row| {
            row["effect"] == "Allow"
                && row["source"] != "permissions_boundary"
                && row["action"].as_str().is_some_and(|one| one.contains(':') && !one.starts_with('*'))
        });
        if !simple {
            continue;
        }
        let (rows, stderr) = summary(&world, &set, &[]);
        let expected: BTreeSet<String> = texts(&statements, "action")
            .iter()
            .map(|action| action.split(':').next().unwrap().to_owned())
            .collect();
        assert_eq!(texts(&rows, "service"), expected, "{set}");
        assert!(stderr.contains("note: not weighed: service control policies"), "{stderr}");
        checked += 1;
    }
    assert!(checked > 0);
}

#[test]
fn a_document_that_nobody_read_is_named() {
    let world = World::of(small());
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    let sets = sets_with(&world, "customer_managed");
    assert!(!sets.is_empty());
    for set in sets {
        let (rows, _) = summary(&world, &set, &[]);
        let policies = world.select(&format!(
            "SELECT policy FROM permission_set_policies
             WHERE kind = 'customer_managed' AND permission_set_arn = '{set}'"
        ));
        for policy in texts(&policies, "policy") {
            let told =
                format!("customer managed {policy}: each account has its own document, which was not read");
            assert!(texts(&rows, "not_read").contains(&told), "{rows:?}");
        }
    }
}

#[test]
fn a_denied_call_is_named() {
    let world = World::of(small());
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    let set = sets_with(&world, "inline").remove(0);
    let (before, _) = summary(&world, &set, &[]);
    assert!(texts(&before, "not_read").iter().all(|one| !one.contains("AccessDenied")), "{before:?}");
    world.simulator.faults().add(Fault::on("GetInlinePolicyForPermissionSet", denied()).containing(&set));
    assert_eq!(world.collect(&ALONE).exit, Some(4));
    let (after, stderr) = summary(&world, &set, &[]);
    assert_eq!(texts(&after, "service"), texts(&before, "service"), "what was known is carried forward");
    let of_call = |one: &String| {
        one.starts_with("policies of kind inline: ")
            && one.contains("GetInlinePolicyForPermissionSet ended with AccessDenied")
    };
    assert!(texts(&after, "not_read").iter().any(of_call), "{after:?}");
    assert!(stderr.contains("permission_set_policies"), "{stderr}");
    let (past, _) = summary(&world, &set, &["--at", "1"]);
    assert_eq!(past, before);
    // Of another set nothing is unknown.
    let other = sets_with(&world, "aws_managed").into_iter().find(|other| *other != set).unwrap();
    let (rows, _) = summary(&world, &other, &[]);
    assert!(texts(&rows, "not_read").iter().all(|one| !one.contains("ended with")), "{rows:?}");
}
