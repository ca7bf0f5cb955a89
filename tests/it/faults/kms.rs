//! The key that encrypts the directory cannot be used. AWS reports this by a `Reason` inside other errors. Inside a
//! ResourceNotFound it proves nothing about the resource, and inside an AccessDenied nothing about the policy.

use orgcensus::simulator::{Action, Fault};
use serde_json::{Value, json};

use crate::gaps::{DAY, after_day_0, assert_hidden, collect, one, truth};
use crate::world::World;

fn not_found(kms_reason: &str) -> Action {
    Action::KeyNotFound { kms_reason: kms_reason.to_owned() }
}

fn denied(kms_reason: &str) -> Action {
    Action::Denied { kms_reason: Some(kms_reason.to_owned()) }
}

/// Asserts that the fault hides these scopes, and that both the summary's gap and `snapshots show` name the reason.
fn assert_key_trouble(fault: impl Fn(&World) -> (Fault, Vec<(&'static str, Value)>), kms_reason: &str) {
    let world = after_day_0();
    let (fault, gaps) = fault(&world);
    world.simulator.faults().add(fault);
    let ran = collect(&world);
    let told = world.select("SELECT error_message FROM gaps WHERE kind = 'denied'");
    for gap in &told {
        assert!(gap["error_message"].as_str().unwrap().contains(kms_reason), "{gap:?}");
    }
    let shown = world.run(&["snapshots", "show", "2"]).all();
    assert!(shown.contains(kms_reason), "{shown}");
    assert_hidden(&world, &ran, &gaps, "denied");
}

#[test]
fn denied_permission_sets_and_all_that_hangs_on_them() {
    let reason = "KMS_AccessDeniedException";
    let gaps = vec![
        ("permission_sets", json!({})),
        ("permission_set_policies", json!({})),
        ("managed_policies", json!({})),
        ("provisioned_permission_sets", json!({})),
        ("account_assignments", json!({})),
        ("tags", json!({ "resource_type": "permission_set" })),
    ];
    assert_key_trouble(|_| (Fault::on("ListPermissionSets", denied(reason)), gaps.clone()), reason);
}

#[test]
fn a_pair_that_is_not_found_is_not_gone() {
    let reason = "KMS_NotFoundException";
    let pair = |world: &World| {
        let later = truth(world, DAY, "account_assignments");
        let same = |row: &&serde_json::Map<String, Value>| {
            later.iter().any(|other| {
                other["account_id"] == row["account_id"]
                    && other["permission_set_arn"] == row["permission_set_arn"]
            })
        };
        let rows = truth(world, 0, "account_assignments");
        let row = rows.iter().find(same).unwrap();
        let scope =
            json!({ "account_id": row["account_id"], "permission_set_arn": row["permission_set_arn"] });
        let body =
            format!("\"AccountId\":{},\"PermissionSetArn\":{}", row["account_id"], row["permission_set_arn"]);
        let fault = Fault::on("ListAccountAssignments", not_found(reason)).containing(&body);
        (fault, vec![("account_assignments", scope)])
    };
    assert_key_trouble(pair, reason);
}

#[test]
fn a_boundary_that_is_not_found_is_not_none() {
    let reason = "KMS_NotFoundException";
    let boundary = |world: &World| {
        let rows = truth(world, 0, "permission_set_policies");
        let later = truth(world, DAY, "permission_sets");
        let lives = |set: &Value| later.iter().any(|row| row["permission_set_arn"] == *set);
        let row = rows
            .iter()
            .find(|row| row["kind"] == "permissions_boundary" && lives(&row["permission_set_arn"]))
            .unwrap();
        let set = row["permission_set_arn"].as_str().unwrap();
        let fault = Fault::on("GetPermissionsBoundaryForPermissionSet", not_found(reason)).containing(set);
        let scope = json!({ "kind": "permissions_boundary", "permission_set_arn": set });
        // It may be any of AWS's policies.
        (fault, vec![("managed_policies", json!({})), ("permission_set_policies", scope)])
    };
    assert_key_trouble(boundary, reason);
}

#[test]
fn denied_users() {
    let reason = "KMS_ACCESS_DENIED";
    assert_key_trouble(|_| (Fault::on("ListUsers", denied(reason)), vec![("users", json!({}))]), reason);
}

#[test]
fn a_group_that_is_not_found_is_not_gone() {
    let reason = "KMS_KEY_NOT_FOUND";
    let group = |world: &World| {
        let group_id = one(world, "group_memberships", "group_id");
        let fault = Fault::on("ListGroupMemberships", not_found(reason)).containing(&group_id);
        (fault, vec![("group_memberships", json!({ "group_id": group_id }))])
    };
    assert_key_trouble(group, reason);
}
