//! No answer, or an unreadable one: 5xx, resets, hangs, truncated and garbled bodies.

use orgcensus::simulator::{Action, Fault};
use orgcensus::store::SnapshotStatus;
use serde_json::json;

use crate::gaps::{
    DAY, after_day_0, assert_hidden, assert_kept, assert_survived, collect, collect_impatiently, one,
    several, truth,
};

/// Returns every way in which an answer can break.
fn breakages() -> [Action; 6] {
    [
        Action::Status(500),
        Action::Status(503),
        Action::Html500,
        Action::Reset,
        Action::TruncatedBody,
        Action::MalformedBody,
    ]
}

#[test]
fn that_heal() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    // JSON of each service, and XML.
    for operation in [
        "ListUsers",
        "DescribePermissionSet",
        "ListAccountAssignments",
        "ListRoots",
        "GenerateOrganizationsAccessReport",
        "GetOrganizationsAccessReport",
    ] {
        for (number, action) in breakages().into_iter().enumerate() {
            faults.add(Fault::on(operation, action).from_call(1 + number % 2).times(1));
        }
    }
    let ran = collect(&world);
    assert!(faults.struck().values().all(|times| *times >= 4), "{:?}", faults.struck());
    assert_survived(&world, &ran);
}

#[test]
fn that_never_heal() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    let mut gaps = Vec::new();
    let groups = several(&world, "group_memberships", "group_id", 3);
    for (action, group_id) in breakages().into_iter().zip(groups) {
        faults.add(Fault::on("ListGroupMemberships", action).containing(&group_id));
        gaps.push(("group_memberships", json!({ "group_id": group_id })));
    }
    let sets = several(&world, "permission_sets", "permission_set_arn", 3);
    for (action, set) in breakages().into_iter().skip(3).zip(sets) {
        faults.add(Fault::on("sso-admin:ListTagsForResource", action).containing(&set));
        gaps.push(("tags", json!({ "resource_id": set, "resource_type": "permission_set" })));
    }
    let accounts = several(&world, "accounts", "account_id", 3);
    for (action, account_id) in
        [Action::TruncatedBody, Action::MalformedBody, Action::Status(503)].into_iter().zip(accounts)
    {
        faults.add(Fault::on("GenerateOrganizationsAccessReport", action).containing(&account_id));
        gaps.push((
            "service_last_accessed",
            json!({ "entity_id": account_id, "entity_type": "account", "policy_id": "" }),
        ));
    }
    let summary = collect_impatiently(&world);
    assert_eq!(summary.published.status, SnapshotStatus::Partial);
    assert_kept(&world, &gaps, "failed");
}

#[test]
fn a_gap_tells_what_broke() {
    let world = after_day_0();
    let account_id = one(&world, "tags", "resource_id");
    let tagged = truth(&world, DAY, "tags");
    let resource_type =
        &tagged.iter().find(|row| row["resource_id"] == *account_id).unwrap()["resource_type"];
    let body = format!("\"{account_id}\"");
    world.simulator.faults().add(Fault::on("ListTagsForResource", Action::MalformedBody).containing(&body));
    let ran = collect(&world);
    assert!(ran.stderr.contains("UnreadableAnswer"), "{}", ran.stderr);
    let told = world.select("SELECT operation, error_code, attempts FROM gaps WHERE kind = 'failed'");
    assert!(told[0]["operation"].as_str().unwrap().ends_with(":ListTagsForResource"), "{told:?}");
    assert_eq!(
        (told[0]["error_code"].as_str(), told[0]["attempts"].as_i64()),
        (Some("UnreadableAnswer"), Some(6))
    );
    let scope = json!({ "resource_id": account_id, "resource_type": resource_type });
    assert_hidden(&world, &ran, &[("tags", scope)], "failed");
}

#[test]
fn a_blip_of_some_seconds() {
    let world = after_day_0();
    // More failures than one call has attempts, for every set.
    let blip = Fault::on("sso-admin:DescribePermissionSet", Action::Status(503)).times(80);
    world.simulator.faults().add(blip);
    let ran = collect(&world);
    assert_eq!(world.simulator.faults().struck().values().sum::<usize>(), 80);
    assert_survived(&world, &ran);
}

#[test]
fn a_hang() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    let faults = world.simulator.faults();
    faults.add(Fault::on("ListRoots", Action::Hang).times(1));
    faults.add(Fault::on("GetOrganizationsAccessReport", Action::Hang).times(1));
    faults.add(Fault::on("ListGroupMemberships", Action::Hang).containing(&group_id));
    let summary = collect_impatiently(&world);
    assert_eq!(summary.published.status, SnapshotStatus::Partial);
    let gap = world.select("SELECT error_code FROM gaps WHERE kind = 'failed'");
    assert_eq!(gap[0]["error_code"], "Timeout");
    assert_kept(&world, &[("group_memberships", json!({ "group_id": group_id }))], "failed");
}

#[test]
fn a_storm() {
    let world = after_day_0();
    let mut actions = breakages().to_vec();
    actions.extend([
        Action::Throttle { retry_after_seconds: None },
        Action::EmptyPageWithToken,
        Action::DuplicateItems,
    ]);
    world.simulator.faults().storm(5, 0.1, &actions);
    let ran = collect(&world);
    assert_survived(&world, &ran);
}
