//! AWS denies one entity, one kind of call, or a whole service.

use std::collections::BTreeSet;

use orgcensus::model::ResourceGroup;
use orgcensus::simulator::{Fault, ReportDepth, Rows, TruthOptions};
use serde_json::{Map, Value, json};

use crate::gaps::{
    ARGUMENTS, DAY, after_day_0, assert_hidden, assert_net_changes, collect, denied, everything, held, key,
    one, scopes_that_follow_from_accounts, truth,
};
use crate::world::{World, assert_same};

/// Returns the pairs of account and permission set that are provisioned and assigned on both days, as scopes.
fn lasting_pairs(world: &World) -> Vec<Value> {
    let pairs = |day: u32| -> Vec<Value> {
        let rows = truth(world, day, "account_assignments");
        let pair = |row: &Map<String, Value>| json!({ "account_id": row["account_id"], "permission_set_arn": row["permission_set_arn"] });
        rows.iter().map(pair).collect()
    };
    let now = pairs(DAY);
    let mut lasting: Vec<Value> = Vec::new();
    for pair in pairs(0) {
        if now.contains(&pair) && !lasting.contains(&pair) {
            lasting.push(pair);
        }
    }
    lasting
}

/// Returns the part of a request that names a pair.
fn asking_for(pair: &Value) -> String {
    format!("\"AccountId\":{},\"PermissionSetArn\":{}", pair["account_id"], pair["permission_set_arn"])
}

#[test]
fn one_operation() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListUsers", denied()));
    let ran = collect(&world);
    assert_eq!(world.simulator.calls().count("ListUsers"), 1, "a refusal is not asked about again");
    assert_hidden(&world, &ran, &[("users", json!({}))], "denied");
}

#[test]
fn nothing_that_was_not_asked_for() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListAccounts", denied()));
    let ran = world.collect(&["--access-report", "none"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let status = "SELECT status FROM coverage WHERE snapshot_id = 2 AND resource = 'service_last_accessed'";
    let status: String = world.database().query_row(status, [], |row| row.get(0)).unwrap();
    assert_eq!(status, "not_collected");
}

#[test]
fn groups_and_so_their_members() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListGroups", denied()));
    let ran = collect(&world);
    assert_hidden(&world, &ran, &[("groups", json!({})), ("group_memberships", json!({}))], "denied");
}

#[test]
fn one_group() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    world.simulator.faults().add(Fault::on("ListGroupMemberships", denied()).containing(&group_id));
    let ran = collect(&world);
    assert_hidden(&world, &ran, &[("group_memberships", json!({ "group_id": group_id }))], "denied");
}

#[test]
fn one_pair() {
    let world = after_day_0();
    let pair = lasting_pairs(&world).remove(0);
    let faults = world.simulator.faults();
    faults.add(Fault::on("ListAccountAssignments", denied()).containing(&asking_for(&pair)));
    let ran = collect(&world);
    assert_eq!(faults.struck()["ListAccountAssignments"], 1);
    assert_hidden(&world, &ran, &[("account_assignments", pair)], "denied");
}

#[test]
fn one_account() {
    let world = after_day_0();
    // The account with the most pairs. Their refusals would stop a kind of call if they followed each other.
    let provisioned = truth(&world, DAY, "provisioned_permission_sets");
    let pairs_of = |account_id: &Value| -> Vec<&Map<String, Value>> {
        provisioned.iter().filter(|row| row["account_id"] == *account_id).collect()
    };
    let account_id =
        provisioned.iter().map(|row| &row["account_id"]).max_by_key(|id| pairs_of(id).len()).unwrap();
    let pairs = pairs_of(account_id);
    assert!(pairs.len() >= 5, "{} pairs", pairs.len());
    let body = format!("\"AccountId\":{account_id}");
    world.simulator.faults().add(Fault::on("ListAccountAssignments", denied()).containing(&body));
    let ran = collect(&world);
    // A pair that is no longer provisioned but was assigned is requested, too.
    let known = truth(&world, 0, "account_assignments");
    let known = known.iter().filter(|row| row["account_id"] == *account_id);
    let sets: BTreeSet<&str> =
        pairs.into_iter().chain(known).map(|row| row["permission_set_arn"].as_str().unwrap()).collect();
    let of = |set| ("account_assignments", json!({ "account_id": account_id, "permission_set_arn": set }));
    let gaps: Vec<_> = sets.into_iter().map(of).collect();
    assert_hidden(&world, &ran, &gaps, "denied");
}

#[test]
fn five_times_in_a_row() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListAccountAssignments", denied()));
    let ran = world.collect(&[&ARGUMENTS[..], &["--rate", "sso-admin=30"]].concat());
    let asked = world.simulator.calls().count("ListAccountAssignments");
    // The fifth refusal stops the kind, apart from the calls in flight at that moment: 0.6 seconds' worth.
    assert!((5..=5 + 18).contains(&asked), "{asked} calls were sent to be refused");
    assert!(ran.stderr.contains("ListAccountAssignments was refused 5 times in a row"), "{}", ran.stderr);
    assert_hidden(&world, &ran, &[("account_assignments", json!({}))], "denied");
}

#[test]
fn five_times_and_what_later_pages_bring() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("organizations:ListTagsForResource", denied()));
    let ran = world.collect(&[&ARGUMENTS[..], &["--rate", "organizations=8"]].concat());
    let asked = world.simulator.faults().struck().values().sum::<usize>();
    assert!((5..=12).contains(&asked), "{asked} calls were sent to be refused");
    let of = |kind: &str| ("tags", json!({ "resource_type": kind }));
    assert_hidden(
        &world,
        &ran,
        &[of("root"), of("organizational_unit"), of("account"), of("policy")],
        "denied",
    );
}

#[test]
fn accounts_and_what_follows_from_them() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListAccounts", denied()));
    let ran = collect(&world);
    let mut gaps = vec![("accounts", json!({}))];
    gaps.extend(scopes_that_follow_from_accounts());
    assert_hidden(&world, &ran, &gaps, "denied");
}

#[test]
fn reports() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("GenerateOrganizationsAccessReport", denied()));
    let ran = collect(&world);
    assert!(world.simulator.calls().count("GenerateOrganizationsAccessReport") <= 5);
    assert_hidden(&world, &ran, &[("service_last_accessed", json!({}))], "denied");
}

#[test]
fn the_organizations_description() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("DescribeOrganization", denied()));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    // A report's path begins with the organization.
    let denied = |resource: &str| (resource.to_owned(), "{}".to_owned(), "denied".to_owned());
    assert_eq!(world.gaps(), [denied("organization"), denied("service_last_accessed")]);
    let but = ["organization", "service_last_accessed"];
    world.assert_truth_but(DAY, everything(), &but);
    assert_same("organization", &held(&world, "organization"), &truth(&world, 0, "organization"));
    assert_nothing_false_is_removed(&world);
}

/// Asserts that every removal in the diff is real.
fn assert_nothing_false_is_removed(world: &World) {
    let expected = world.simulator.net_changes_with(0, DAY, everything());
    let diff = world.diff(1, 2);
    for change in diff["changes"].as_array().unwrap().iter().filter(|change| change["change"] == "removed") {
        let name = change["resource"].as_str().unwrap();
        let key_of_change = key(name, change["key"].as_object().unwrap());
        assert!(expected[name].removed.iter().any(|row| key(name, row) == key_of_change), "{change}");
    }
}

#[test]
fn the_whole_identity_store() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("identitystore:*", denied()));
    let ran = collect(&world);
    let gaps = [("users", json!({})), ("groups", json!({})), ("group_memberships", json!({}))];
    assert_hidden(&world, &ran, &gaps, "denied");
}

#[test]
fn the_whole_identity_center() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("sso-admin:*", denied()));
    let ran = collect(&world);
    assert!(ran.stderr.contains("going on with the instance of snapshot 1"), "{}", ran.stderr);
    let gaps = [
        ("permission_sets", json!({})),
        ("permission_set_policies", json!({})),
        ("managed_policies", json!({})),
        ("provisioned_permission_sets", json!({})),
        ("account_assignments", json!({})),
        ("identity_center_instances", json!({})),
        ("access_control_attributes", json!({})),
        ("trusted_token_issuers", json!({})),
        ("applications", json!({})),
        ("application_assignments", json!({})),
        ("application_grants", json!({})),
        ("application_access_scopes", json!({})),
        ("application_authentication_methods", json!({})),
        ("assignment_requests", json!({ "kind": "assignment_creation" })),
        ("assignment_requests", json!({ "kind": "assignment_deletion" })),
        ("assignment_requests", json!({ "kind": "permission_set_provisioning" })),
        ("tags", json!({ "resource_type": "application" })),
        ("tags", json!({ "resource_type": "identity_center_instance" })),
        ("tags", json!({ "resource_type": "trusted_token_issuer" })),
        ("tags", json!({ "resource_type": "permission_set" })),
    ];
    assert_hidden(&world, &ran, &gaps, "denied");
}

/// Returns the scope of everything in the account of the credentials.
fn own_account(world: &World) -> Value {
    json!({ "account_id": world.simulator.management_account_id() })
}

#[test]
fn the_whole_of_iam() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("iam:*", denied()));
    let ran = collect(&world);
    let mut gaps = vec![
        ("service_last_accessed", json!({})),
        ("organization_features", json!({})),
        ("managed_policies", json!({})),
    ];
    gaps.extend(ResourceGroup::Iam.resources().map(|spec| (spec.name, own_account(&world))));
    assert_hidden(&world, &ran, &gaps, "denied");
}

#[test]
fn the_whole_of_organizations() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("organizations:*", denied()));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let mut hidden = vec![
        "organization",
        "roots",
        "organizational_units",
        "accounts",
        "organization_policies",
        "organization_policy_targets",
        "organization_resource_policies",
        "delegated_administrator_accounts",
        "delegated_administrators",
        "trusted_services",
    ];
    // The account of the credentials is found among the accounts.
    hidden.extend(ResourceGroup::Iam.resources().map(|spec| spec.name));
    for resource in hidden.iter().copied() {
        assert_same(resource, &held(&world, resource), &truth(&world, 0, resource));
        let gap = (resource.to_owned(), "{}".to_owned(), "denied".to_owned());
        assert!(world.gaps().contains(&gap), "{resource}: {:?}", world.gaps());
    }
    // The tags of Identity Center's resources come from another service.
    let is_of_instance = |row: &Map<String, Value>| {
        ["permission_set", "application", "identity_center_instance", "trusted_token_issuer"]
            .iter()
            .any(|one| row["resource_type"] == *one)
    };
    let of_sets = |rows: Rows| rows.into_iter().filter(is_of_instance).collect();
    let others = |rows: Rows| rows.into_iter().filter(|row| !is_of_instance(row)).collect();
    assert_same("tags", &of_sets(held(&world, "tags")), &of_sets(truth(&world, DAY, "tags")));
    assert_same("tags", &others(held(&world, "tags")), &others(truth(&world, 0, "tags")));
    let reports = "service_last_accessed";
    assert_same(reports, &held(&world, reports), &truth(&world, 0, reports));
    let but: Vec<&str> = hidden.into_iter().chain(["tags", reports]).collect();
    world.assert_truth_but(DAY, everything(), &but);
    assert_nothing_false_is_removed(&world);
    // The next day, everything is visible again.
    world.simulator.faults().clear();
    assert_eq!(collect(&world).exit, Some(0));
    world.assert_truth(DAY, everything());
    assert_net_changes(&world, 1, 3);
}

#[test]
fn all_but_the_instance() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    for service in ["identitystore", "organizations", "iam"] {
        faults.add(Fault::on(&format!("{service}:*"), denied()));
    }
    faults.add(Fault::on("sso-admin:*", denied()).but("ListInstances"));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let options = TruthOptions { access_report: ReportDepth::Accounts, ..TruthOptions::default() };
    world.assert_truth(0, options);
    let diff = world.diff(1, 2);
    for change in diff["changes"].as_array().unwrap() {
        assert_eq!(change["change"], "unknown", "{change}");
    }
}
