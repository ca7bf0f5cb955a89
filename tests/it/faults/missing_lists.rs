//! Good answers that lack their list: the SDK reads them as empty ones.

use orgcensus::simulator::{Action, Config, Fault};
use orgcensus::store::SnapshotStatus;
use serde_json::json;

use crate::gaps::{
    DAY, after_day_0, after_day_0_of, assert_kept, assert_survived, borrowed, collect, collect_impatiently,
    gaps_found, one, truth,
};
use crate::world::small;

#[test]
fn once() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    let listings = [
        "ListPermissionSets",
        "ListManagedPoliciesInPermissionSet",
        "ListCustomerManagedPolicyReferencesInPermissionSet",
        "sso-admin:ListTagsForResource",
        "ListAccountsForProvisionedPermissionSet",
        "ListAccountAssignments",
        "ListUsers",
        "ListGroups",
        "ListGroupMemberships",
        "ListRoots",
        "ListOrganizationalUnitsForParent",
        "ListAccounts",
        "organizations:ListTagsForResource",
        "GetOrganizationsAccessReport",
    ];
    for operation in listings {
        faults.add(Fault::on(operation, Action::MissingListKey).times(1));
    }
    let ran = collect(&world);
    assert_eq!(faults.struck().values().sum::<usize>(), listings.len());
    assert_survived(&world, &ran);
}

#[test]
fn for_ever() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    for operation in ["ListUsers", "ListGroups", "ListAccounts"] {
        faults.add(Fault::on(operation, Action::MissingListKey));
    }
    let summary = collect_impatiently(&world);
    assert_eq!(summary.published.status, SnapshotStatus::Partial);
    let told =
        world.select("SELECT DISTINCT error_code, error_message FROM gaps WHERE operation LIKE '%ListUsers'");
    assert_eq!(told[0]["error_code"], "UnreadableAnswer");
    assert!(told[0]["error_message"].as_str().unwrap().contains("it holds no Users"), "{told:?}");
    let gaps = [
        ("users", json!({})),
        ("groups", json!({})),
        ("group_memberships", json!({})),
        ("accounts", json!({})),
        ("tags", json!({ "resource_type": "account" })),
        ("service_last_accessed", json!({ "entity_type": "account" })),
    ];
    assert_kept(&world, &gaps, "failed");
}

/// Where AWS may leave an empty list out, it leaves out that of some; here it is that of all.
fn assert_no_list_is_no_evidence(operation: &str, resource: &str) {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on(operation, Action::MissingListKey));
    collect_impatiently(&world);
    let gaps = gaps_found(&world);
    assert!(gaps.iter().any(|(hidden, _)| hidden == resource), "{gaps:?}");
    assert_kept(&world, &borrowed(&gaps), "failed");
}

#[test]
fn of_every_pair() {
    assert_no_list_is_no_evidence("ListAccountAssignments", "account_assignments");
}

#[test]
fn of_the_permission_sets() {
    assert_no_list_is_no_evidence("ListPermissionSets", "permission_sets");
}

#[test]
fn of_all_that_is_provisioned() {
    assert_no_list_is_no_evidence("ListAccountsForProvisionedPermissionSet", "provisioned_permission_sets");
}

#[test]
fn of_every_parent() {
    assert_no_list_is_no_evidence("ListOrganizationalUnitsForParent", "organizational_units");
}

#[test]
fn of_everybodys_tags() {
    assert_no_list_is_no_evidence("organizations:ListTagsForResource", "tags");
}

#[test]
fn of_one_group() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    let fault = Fault::on("ListGroupMemberships", Action::MissingListKey).containing(&group_id);
    world.simulator.faults().add(fault);
    collect_impatiently(&world);
    assert_kept(&world, &[("group_memberships", json!({ "group_id": group_id }))], "failed");
}

#[test]
fn where_empty_lists_are_sent() {
    let world = after_day_0();
    // By the time of the last sets, a set without tags has shown that the operation sends an empty list.
    let sets = truth(&world, DAY, "permission_sets").len();
    let fault = Fault::on("sso-admin:ListTagsForResource", Action::MissingListKey).from_call(sets - 1);
    world.simulator.faults().add(fault);
    collect_impatiently(&world);
    let gaps = gaps_found(&world);
    assert!(!gaps.is_empty() && gaps.iter().all(|(resource, _)| resource == "tags"), "{gaps:?}");
    assert_kept(&world, &borrowed(&gaps), "failed");
}

#[test]
fn where_empty_lists_are_left_out() {
    let world = after_day_0_of(Config { empty_lists: false, ..small() });
    let ran = collect(&world);
    assert_survived(&world, &ran);
}

/// The root is asked first, and only what is asked later shows that the listing can be believed.
#[test]
fn where_empty_lists_are_left_out_of_the_first_that_is_asked() {
    let world = after_day_0_of(Config { empty_lists: false, ..small() });
    let faults = world.simulator.faults();
    let root_id = one(&world, "roots", "root_id");
    let tags = "organizations:ListTagsForResource";
    faults.add(Fault::on(tags, Action::MissingListKey).containing(&root_id));
    for operation in ["ListAccounts", "ListOrganizationalUnitsForParent"] {
        faults.add(Fault::on(operation, Action::Throttle { retry_after_seconds: None }).times(6));
    }
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.gaps(), []);
    assert_eq!(world.number("SELECT count(*) FROM tags WHERE resource_type = 'root'"), 0);
}
