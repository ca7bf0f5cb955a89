//! Good answers to another request: items of another pair, group, set or principal than the requested one.

use orgcensus::simulator::{Action, Config, Fault};
use serde_json::json;

use crate::gaps::{
    DAY, after_day_0, assert_kept, assert_survived, borrowed, collect, collect_impatiently, gaps_found, held,
    one, truth,
};
use crate::world::{World, small};

const OTHER_ACCOUNT: &str = "999999999999";
const OTHER_SET: &str = "arn:aws:sso:::permissionSet/ssoins-0000000000000000/ps-0000000000000000";
const OTHER_ID: &str = "00000000-0000-0000-0000-000000000000";

/// The listings whose answers name the requested entity, with the member that does.
const MEMBERS: [(&str, &str, &str); 4] = [
    ("ListAccountAssignments", "AccountId", OTHER_ACCOUNT),
    ("ListAccountAssignments", "PermissionSetArn", OTHER_SET),
    ("ListGroupMemberships", "GroupId", OTHER_ID),
    ("DescribePermissionSet", "PermissionSetArn", OTHER_SET),
];

fn other(operation: &str, member: &'static str, value: &str) -> Fault {
    Fault::on(operation, Action::Member(member, value.to_owned()))
}

#[test]
fn once() {
    let world = after_day_0();
    for (operation, member, value) in MEMBERS {
        world.simulator.faults().add(other(operation, member, value).times(1));
    }
    let ran = collect(&world);
    assert_eq!(world.simulator.faults().struck().values().sum::<usize>(), MEMBERS.len());
    assert_survived(&world, &ran);
}

#[test]
fn of_one_pair() {
    for (operation, member, value) in &MEMBERS[..2] {
        let world = after_day_0();
        let rows = truth(&world, DAY, "account_assignments");
        let id = |column: &str| rows[0][column].as_str().unwrap();
        let (account_id, set) = (id("account_id"), id("permission_set_arn"));
        let fault = other(operation, member, value).containing(account_id).containing(set);
        world.simulator.faults().add(fault);
        collect_impatiently(&world);
        let scope = json!({ "account_id": account_id, "permission_set_arn": set });
        let told = world.select("SELECT error_code, error_message FROM gaps WHERE kind = 'failed'");
        assert_eq!(told[0]["error_code"], "UnusableAnswer");
        assert!(told[0]["error_message"].as_str().unwrap().contains(value), "{told:?}");
        assert_kept(&world, &[("account_assignments", scope)], "failed");
    }
}

#[test]
fn of_one_group() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    let fault = other("ListGroupMemberships", "GroupId", OTHER_ID).containing(&group_id);
    world.simulator.faults().add(fault);
    collect_impatiently(&world);
    assert_kept(&world, &[("group_memberships", json!({ "group_id": group_id }))], "failed");
}

#[test]
fn of_one_permission_set() {
    let world = after_day_0();
    let set = one(&world, "permission_sets", "permission_set_arn");
    let fault = other("DescribePermissionSet", "PermissionSetArn", OTHER_SET).containing(&set);
    world.simulator.faults().add(fault);
    collect_impatiently(&world);
    assert_kept(&world, &[("permission_sets", json!({ "permission_set_arn": set }))], "failed");
}

#[test]
fn of_every_pair() {
    let world = after_day_0();
    world.simulator.faults().add(other("ListAccountAssignments", "AccountId", OTHER_ACCOUNT));
    collect_impatiently(&world);
    let gaps = gaps_found(&world);
    assert!(
        !gaps.is_empty() && gaps.iter().all(|(resource, _)| resource == "account_assignments"),
        "{gaps:?}"
    );
    assert_kept(&world, &borrowed(&gaps), "failed");
}

/// A user's answer repeats the rows of its groups. The rows of any other principal are no answer.
#[test]
fn of_one_principal() {
    let arguments = ["--assignments", "principals", "--access-report", "none"];
    let world = World::of(Config { changes_per_day: 0, ..small() });
    let first = world.collect(&arguments);
    assert_eq!(first.exit, Some(0), "{}", first.stderr);
    let before = held(&world, "account_assignments");
    for kind in ["USER", "GROUP"] {
        let row = before.iter().find(|row| row["principal_type"] == kind).unwrap();
        let principal_id = row["principal_id"].as_str().unwrap();
        let operation = "ListAccountAssignmentsForPrincipal";
        let fault = other(operation, "PrincipalId", OTHER_ID).containing(principal_id);
        world.simulator.faults().clear();
        world.simulator.faults().add(fault);
        let ran = world.collect(&arguments);
        assert_eq!(ran.exit, Some(4), "{kind}: {}", ran.stderr);
        let scope = json!({ "principal_id": principal_id, "principal_type": kind });
        let gaps: Vec<_> = world.gaps().into_iter().filter(|(.., kind)| kind == "failed").collect();
        assert_eq!(gaps, [("account_assignments".to_owned(), scope.to_string(), "failed".to_owned())]);
        // Pairs without any row are listed: a deleted user's rows may be found, and none is lost.
        let after = held(&world, "account_assignments");
        assert!(before.iter().all(|row| after.contains(row)), "{kind}");
        assert!(after.iter().all(|row| row["principal_id"] != OTHER_ID), "{kind}");
    }
}
