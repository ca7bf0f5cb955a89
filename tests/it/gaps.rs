//! What AWS does not show is unknown, never gone: faults that are survived leave no trace, the others leave
//! a gap, carried rows and an honest diff.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use orgcensus::model::{ParentWhen, RESOURCES, ResourceSpec, resource};
use orgcensus::simulator::{Action, Fault, Rows, TruthOptions};
use serde_json::{Map, Value, json};

use crate::fixture::Ran;
use crate::world::{World, assert_same, plain, small};

const ARGUMENTS: [&str; 4] = ["--assignments", "pairs", "--access-report", "accounts"];

fn everything() -> TruthOptions {
    TruthOptions { access_report: orgcensus::simulator::ReportDepth::Accounts, ..TruthOptions::default() }
}

fn denied() -> Action {
    Action::Denied { kms_reason: None }
}

fn collect(world: &World) -> Ran {
    world.collect(&ARGUMENTS)
}

/// A small organization whose day 0 was collected once for all tests of this module.
fn after_day_0() -> World {
    static DAY_0: OnceLock<Vec<u8>> = OnceLock::new();
    let world = World::of(small());
    let file = world.sandbox.path("orgcensus.db");
    let day_0 = DAY_0.get_or_init(|| {
        world.collect_day(0, &ARGUMENTS);
        std::fs::read(&file).unwrap()
    });
    std::fs::write(&file, day_0).unwrap();
    world.simulator.calls().clear();
    world.simulator.set_day(DAY);
    world
}

/// So late that something of every kind has changed since day 0.
const DAY: u32 = 6;

fn truth(world: &World, day: u32, resource: &str) -> Rows {
    world.simulator.rows(day, resource, everything())
}

fn held(world: &World, resource: &str) -> Rows {
    world.select(&format!("SELECT * FROM {resource}"))
}

fn key(resource_name: &str, row: &Map<String, Value>) -> String {
    let key = resource(resource_name).unwrap().key.iter();
    plain(&key.map(|column| ((*column).to_owned(), row[*column].clone())).collect())
}

fn covers(scope: &Value, row: &Map<String, Value>) -> bool {
    scope.as_object().unwrap().iter().all(|(column, value)| row[column] == *value)
}

/// Whether a row's parent was seen to be gone: evidence, whatever hides the row itself.
fn lost_its_parent(
    world: &World,
    spec: &ResourceSpec,
    row: &Map<String, Value>,
    is_hidden: impl Fn(&str) -> bool,
) -> bool {
    spec.parents.iter().any(|parent| {
        let applies = match parent.when {
            ParentWhen::Always => true,
            ParentWhen::Column(column, value) => row.get(column).is_some_and(|found| *found == *value),
            ParentWhen::Strategy(strategy) => strategy == "pairs",
        };
        let is_of = |other: &Map<String, Value>| {
            parent.columns.iter().all(|(column, parent_column)| row[*column] == other[*parent_column])
        };
        applies && !is_hidden(parent.resource) && !truth(world, DAY, parent.resource).iter().any(is_of)
    })
}

/// The gap hides the scopes given, and nothing else: there the rows of day 0 are carried, everywhere else the
/// day is the truth; no diff calls what is hidden removed or added; and the next collection clears it up.
fn assert_hidden(world: &World, ran: &Ran, gaps: &[(&str, Value)], kind: &str) {
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert!(ran.stderr.contains("is unknown, not absent"), "{}", ran.stderr);
    let mut expected: Vec<_> = gaps
        .iter()
        .map(|(resource, scope)| ((*resource).to_owned(), scope.to_string(), kind.to_owned()))
        .collect();
    expected.sort();
    assert_eq!(world.gaps(), expected);
    let is_hidden = |resource: &str, row: &Map<String, Value>| {
        gaps.iter().any(|(hidden, scope)| *hidden == resource && covers(scope, row))
    };
    for spec in RESOURCES {
        let mut expected: Rows = truth(world, DAY, spec.name);
        expected.retain(|row| !is_hidden(spec.name, row));
        let before = truth(world, 0, spec.name).into_iter();
        let hidden = |name: &str| gaps.iter().any(|(hidden, _)| *hidden == name);
        expected.extend(
            before.filter(|row| is_hidden(spec.name, row) && !lost_its_parent(world, spec, row, hidden)),
        );
        assert_same(spec.name, &held(world, spec.name), &expected);
        let hidden_rows = expected.iter().filter(|row| is_hidden(spec.name, row)).count();
        let status = format!(
            "SELECT count(*) FROM coverage WHERE snapshot_id = 2 AND resource = '{}' AND status = 'partial'",
            spec.name
        );
        let has_gap = gaps.iter().any(|(hidden, _)| *hidden == spec.name);
        assert_eq!(world.number(&status), i64::from(has_gap), "{} with {hidden_rows} hidden rows", spec.name);
    }
    let told = |from: u32, to: u32, hidden_change: &str| {
        let mut unknown = BTreeSet::new();
        for change in world.diff(from, to)["changes"].as_array().unwrap() {
            let name = change["resource"].as_str().unwrap();
            if change["change"] == "unknown" {
                assert_eq!(change["gap"]["kind"], kind, "{change}");
                unknown.insert((name.to_owned(), change["key"].to_string()));
                continue;
            }
            let row = change["before"].as_object().or(change["after"].as_object()).unwrap();
            let hidden = |name: &str| gaps.iter().any(|(hidden, _)| *hidden == name);
            if is_hidden(name, row) && !lost_its_parent(world, resource(name).unwrap(), row, hidden) {
                assert_ne!(change["change"], hidden_change, "{change}");
            }
        }
        unknown
    };
    let scopes: BTreeSet<_> =
        gaps.iter().map(|(resource, scope)| ((*resource).to_owned(), scope.to_string())).collect();
    assert_eq!(told(1, 2, "removed"), scopes, "every gap is told as unknown");
    let exit = world.run(&["diff", "1", "2", "--exit-code"]).exit;
    assert!(matches!(exit, Some(3 | 4)), "{exit:?}");
    // The day after, everything can be seen again.
    world.simulator.faults().clear();
    let clean = collect(world);
    assert_eq!(clean.exit, Some(0), "{}", clean.stderr);
    world.assert_truth(DAY, everything());
    assert_eq!(told(2, 3, "added"), scopes, "what was first seen after a gap is not added");
    assert_net_changes(world, 1, 3);
}

/// From a day seen whole to a day seen whole, whatever lay between does not matter.
fn assert_net_changes(world: &World, from: u32, to: u32) {
    let diff = world.diff(from, to);
    let mut found: BTreeSet<String> = BTreeSet::new();
    for change in diff["changes"].as_array().unwrap() {
        let name = change["resource"].as_str().unwrap();
        found.insert(format!(
            "{name} {} {}",
            change["change"],
            key(name, change["key"].as_object().unwrap())
        ));
    }
    let mut expected = BTreeSet::new();
    for (name, changes) in world.simulator.net_changes_with(0, DAY, everything()) {
        for (change, rows) in
            [("added", changes.added), ("removed", changes.removed), ("changed", changes.changed)]
        {
            expected.extend(rows.iter().map(|row| format!("{name} {} {}", json!(change), key(name, row))));
        }
    }
    assert_eq!(found, expected);
}

fn one(world: &World, resource: &str, column: &str) -> String {
    // Something that lives on both days, and has rows below it.
    let later: BTreeSet<String> =
        truth(world, DAY, resource).iter().map(|row| row[column].to_string()).collect();
    let rows = truth(world, 0, resource);
    let row = rows.iter().find(|row| later.contains(&row[column].to_string())).unwrap();
    row[column].as_str().unwrap().to_owned()
}

#[test]
fn what_is_survived_leaves_no_trace() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    let strike = |operation: &str, action: Action, times: usize| {
        faults.add(Fault::on(operation, action).times(times));
    };
    strike("ListUsers", Action::Throttle { retry_after_seconds: None }, 2);
    strike("ListPermissionSets", Action::Throttle { retry_after_seconds: None }, 1);
    strike("ListAccounts", Action::Throttle { retry_after_seconds: None }, 2);
    strike("ListGroups", Action::Throttle { retry_after_seconds: Some(1) }, 1);
    strike("DescribePermissionSet", Action::Status(500), 2);
    strike("ListRoots", Action::Status(503), 1);
    strike("GetInlinePolicyForPermissionSet", Action::Reset, 2);
    strike("ListManagedPoliciesInPermissionSet", Action::TruncatedBody, 1);
    strike("ListCustomerManagedPolicyReferencesInPermissionSet", Action::MalformedBody, 1);
    strike("ListAccountsForProvisionedPermissionSet", Action::Html500, 2);
    strike("ListAccountAssignments", Action::EmptyPageWithToken, 3);
    strike("sso-admin:ListTagsForResource", Action::DuplicateItems, 2);
    strike("GenerateOrganizationsAccessReport", Action::Throttle { retry_after_seconds: None }, 1);
    strike("GetOrganizationsAccessReport", Action::Status(503), 1);
    strike("ListOrganizationalUnitsForParent", Action::EmptyPageWithToken, 2);
    faults.add(Fault::on("ListGroupMemberships", Action::ExpiredToken).times(1));
    faults.add(Fault::on("ListUsers", Action::ExpiredToken).times(1));
    let ran = collect(&world);
    let not_struck: Vec<_> = faults.struck().into_iter().filter(|(_, times)| *times == 0).collect();
    assert!(not_struck.is_empty(), "{not_struck:?}");
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.gaps(), []);
    world.assert_truth(DAY, everything());
    assert_net_changes(&world, 1, 2);
    let throttled = world.number("SELECT throttled_calls FROM snapshots WHERE snapshot_id = 2");
    assert_eq!(throttled, 7);
}

#[test]
fn a_storm_of_faults_is_survived() {
    let world = after_day_0();
    world.simulator.faults().storm(
        5,
        0.1,
        &[
            Action::Throttle { retry_after_seconds: None },
            Action::Status(500),
            Action::Reset,
            Action::TruncatedBody,
            Action::MalformedBody,
            Action::EmptyPageWithToken,
            Action::DuplicateItems,
            Action::Html500,
        ],
    );
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.gaps(), []);
    world.assert_truth(DAY, everything());
}

#[test]
fn denied_users_are_unknown() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListUsers", denied()));
    let ran = collect(&world);
    assert_eq!(world.simulator.calls().count("ListUsers"), 1, "a refusal is not asked about again");
    assert_hidden(&world, &ran, &[("users", json!({}))], "denied");
}

#[test]
fn denied_groups_hide_their_members() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListGroups", denied()));
    let ran = collect(&world);
    assert_hidden(&world, &ran, &[("groups", json!({})), ("group_memberships", json!({}))], "denied");
}

#[test]
fn one_denied_group_hides_its_own_members_alone() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    world.simulator.faults().add(Fault::on("ListGroupMemberships", denied()).containing(&group_id));
    let ran = collect(&world);
    assert_hidden(&world, &ran, &[("group_memberships", json!({ "group_id": group_id }))], "denied");
}

#[test]
fn one_denied_pair_hides_its_own_assignments_alone() {
    let world = after_day_0();
    // A pair that is provisioned on both days.
    let later = truth(&world, DAY, "account_assignments");
    let rows = truth(&world, 0, "account_assignments");
    let same = |a: &Map<String, Value>, b: &Map<String, Value>| {
        a["account_id"] == b["account_id"] && a["permission_set_arn"] == b["permission_set_arn"]
    };
    let row = rows.iter().find(|row| later.iter().any(|other| same(row, other))).unwrap();
    let text = |column: &str| row[column].as_str().unwrap();
    let scope = json!({ "account_id": text("account_id"), "permission_set_arn": text("permission_set_arn") });
    let body = format!(
        "\"AccountId\":\"{}\",\"PermissionSetArn\":\"{}\"",
        text("account_id"),
        text("permission_set_arn")
    );
    let faults = world.simulator.faults();
    faults.add(Fault::on("ListAccountAssignments", denied()).containing(&body));
    let ran = collect(&world);
    assert_eq!(faults.struck()["ListAccountAssignments"], 1);
    assert_hidden(&world, &ran, &[("account_assignments", scope)], "denied");
}

#[test]
fn a_denied_kind_is_given_up_after_five_refusals_and_leaves_one_gap() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListAccountAssignments", denied()));
    let ran = world.collect(&[&ARGUMENTS[..], &["--rate", "sso-admin=200"]].concat());
    let asked = world.simulator.calls().count("ListAccountAssignments");
    assert!((5..=12).contains(&asked), "{asked} calls were sent to be refused");
    assert!(ran.stderr.contains("ListAccountAssignments was refused 5 times in a row"), "{}", ran.stderr);
    assert_hidden(&world, &ran, &[("account_assignments", json!({}))], "denied");
}

#[test]
fn a_key_that_may_not_be_used_hides_the_permission_sets_and_all_that_hangs_on_them() {
    let world = after_day_0();
    let action = Action::Denied { kms_reason: Some("KMS_AccessDeniedException".to_owned()) };
    world.simulator.faults().add(Fault::on("ListPermissionSets", action));
    let ran = collect(&world);
    let gaps = [
        ("permission_sets", json!({})),
        ("permission_set_policies", json!({})),
        ("provisioned_permission_sets", json!({})),
        ("account_assignments", json!({})),
        ("tags", json!({ "resource_type": "permission_set" })),
    ];
    assert_hidden(&world, &ran, &gaps, "denied");
}

#[test]
fn a_listing_that_runs_in_circles_is_a_gap_and_not_an_end() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListUsers", Action::RepeatToken).from_call(2));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert_eq!(world.gaps(), [("users".to_owned(), "{}".to_owned(), "failed".to_owned())]);
    world.assert_truth_but(DAY, everything(), &["users"]);
    // Whom the listing had shown before is known, the others are as they were.
    let (before, now) = (truth(&world, 0, "users"), truth(&world, DAY, "users"));
    let found = held(&world, "users");
    let keys = |rows: &Rows| rows.iter().map(|row| key("users", row)).collect::<BTreeSet<_>>();
    assert!(keys(&found).is_superset(&keys(&before)));
    for row in &found {
        let as_is = |row: &Map<String, Value>| plain(row);
        assert!(before.iter().chain(&now).any(|known| as_is(known) == as_is(row)), "{row:?}");
    }
    let diff = world.diff(1, 2);
    let removed = |change: &&Value| change["resource"] == "users" && change["change"] == "removed";
    assert_eq!(diff["changes"].as_array().unwrap().iter().find(removed), None);
    world.simulator.faults().clear();
    assert_eq!(collect(&world).exit, Some(0));
    world.assert_truth(DAY, everything());
    assert_net_changes(&world, 1, 3);
}

#[test]
fn a_token_that_is_never_taken_is_a_gap() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListGroups", Action::ExpiredToken));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let gaps: Vec<_> =
        world.gaps().into_iter().map(|(resource, scope, kind)| (resource + &scope, kind)).collect();
    let failed = |what: &str| (what.to_owned(), "failed".to_owned());
    assert_eq!(gaps, [failed("group_memberships{}"), failed("groups{}")]);
    world.assert_truth_but(DAY, everything(), &["groups", "group_memberships"]);
    let removed = world.diff(1, 2)["changes"]
        .as_array()
        .unwrap()
        .iter()
        .any(|change| change["resource"] == "groups" && change["change"] == "removed");
    assert!(!removed);
}

#[test]
fn a_broken_answer_that_never_heals_is_a_gap_of_its_scope() {
    let world = after_day_0();
    let account_id = one(&world, "tags", "resource_id");
    let tagged = truth(&world, DAY, "tags");
    let resource_type =
        &tagged.iter().find(|row| row["resource_id"] == *account_id).unwrap()["resource_type"];
    let body = format!("\"{account_id}\"");
    world.simulator.faults().add(Fault::on("ListTagsForResource", Action::MalformedBody).containing(&body));
    let ran = collect(&world);
    let scope = json!({ "resource_id": account_id, "resource_type": resource_type });
    assert_hidden(&world, &ran, &[("tags", scope)], "failed");
}

#[test]
fn denied_accounts_and_units_hide_what_follows_from_them() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListAccounts", denied()));
    let ran = collect(&world);
    let gaps = [
        ("accounts", json!({})),
        ("tags", json!({ "resource_type": "account" })),
        ("service_last_accessed", json!({ "entity_type": "account" })),
    ];
    assert_hidden(&world, &ran, &gaps, "denied");
}

#[test]
fn denied_reports_hide_the_reports_alone() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("GenerateOrganizationsAccessReport", denied()));
    let ran = collect(&world);
    assert!(world.simulator.calls().count("GenerateOrganizationsAccessReport") <= 5);
    assert_hidden(&world, &ran, &[("service_last_accessed", json!({}))], "denied");
}

#[test]
fn an_organization_that_may_not_be_described_keeps_its_census() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("DescribeOrganization", denied()));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let but = ["organization", "service_last_accessed"];
    world.assert_truth_but(DAY, everything(), &but);
    assert_same("organization", &held(&world, "organization"), &truth(&world, 0, "organization"));
    let removed = |change: &&Value| {
        change["change"] == "removed" && but.contains(&change["resource"].as_str().unwrap())
    };
    let expected = world.simulator.net_changes_with(0, DAY, everything());
    let diff = world.diff(1, 2);
    for change in diff["changes"].as_array().unwrap().iter().filter(removed) {
        let name = change["resource"].as_str().unwrap();
        let key_of_change = key(name, change["key"].as_object().unwrap());
        assert!(expected[name].removed.iter().any(|row| key(name, row) == key_of_change), "{change}");
    }
}

#[test]
fn what_vanishes_in_mid_run_is_gone_without_a_gap() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    let set = one(&world, "provisioned_permission_sets", "permission_set_arn");
    let faults = world.simulator.faults();
    faults.add(Fault::on("ListGroupMemberships", Action::NotFound).containing(&group_id));
    faults.add(Fault::on("DescribePermissionSet", Action::NotFound).containing(&set));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.gaps(), []);
    for spec in RESOURCES {
        let mut expected = truth(&world, DAY, spec.name);
        expected.retain(|row| {
            let has = |column: &str, id: &str| row.get(column).is_some_and(|value| *value == *id);
            let of_group = has("group_id", &group_id);
            let of_set = has("permission_set_arn", &set) || has("resource_id", &set);
            // By pairs, a set that is gone is provisioned nowhere, and so nobody is assigned it.
            !of_group && !of_set
        });
        assert_same(spec.name, &held(&world, spec.name), &expected);
    }
    world.simulator.faults().clear();
    assert_eq!(collect(&world).exit, Some(0));
    world.assert_truth(DAY, everything());
    assert_net_changes(&world, 1, 3);
}

#[test]
fn a_pair_that_is_gone_when_it_is_asked_about_has_no_assignments() {
    let world = after_day_0();
    let rows = truth(&world, DAY, "account_assignments");
    let (account_id, set) =
        (rows[0]["account_id"].as_str().unwrap(), rows[0]["permission_set_arn"].as_str().unwrap());
    let body = format!("\"AccountId\":\"{account_id}\",\"PermissionSetArn\":\"{set}\"");
    world.simulator.faults().add(Fault::on("ListAccountAssignments", Action::NotFound).containing(&body));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    world.assert_truth_but(DAY, everything(), &["account_assignments"]);
    let mut expected = rows.clone();
    expected.retain(|row| row["account_id"] != account_id || row["permission_set_arn"] != set);
    assert_same("account_assignments", &held(&world, "account_assignments"), &expected);
}

#[test]
fn a_day_that_turns_in_mid_run_is_a_consistent_snapshot() {
    let world =
        World::of(orgcensus::simulator::Config { latency: std::time::Duration::from_millis(20), ..small() });
    world.collect_day(0, &ARGUMENTS);
    world.simulator.calls().clear();
    let child = world.spawn(&ARGUMENTS);
    world.wait_for_calls(80);
    world.simulator.set_day(DAY);
    let ran = world.sandbox.ran(child.wait_with_output().unwrap());
    assert!(matches!(ran.exit, Some(0 | 4)), "{}", ran.stderr);
    // Whatever it saw of either day, no row stands without its parent, and the next day is the truth.
    for (child, column, parent) in [
        ("group_memberships", "group_id", "groups"),
        ("permission_set_policies", "permission_set_arn", "permission_sets"),
        ("provisioned_permission_sets", "permission_set_arn", "permission_sets"),
    ] {
        let sql =
            format!("SELECT count(*) FROM {child} WHERE {column} NOT IN (SELECT {column} FROM {parent})");
        assert_eq!(world.number(&sql), 0, "{child}");
    }
    world.collect_day(DAY, &ARGUMENTS);
    world.assert_truth(DAY, everything());
    assert_net_changes(&world, 1, 3);
}

#[test]
fn a_blip_of_some_seconds_leaves_no_gap() {
    let world = after_day_0();
    // Every set is refused as often as one call is tried, and then some.
    let blip = Fault::on("sso-admin:DescribePermissionSet", Action::Status(503)).times(80);
    world.simulator.faults().add(blip);
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.simulator.faults().struck().values().sum::<usize>(), 80);
    world.assert_truth(DAY, everything());
}

#[test]
fn a_kind_that_was_given_up_is_not_asked_by_what_later_pages_bring() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("organizations:ListTagsForResource", denied()));
    let ran = world.collect(&[&ARGUMENTS[..], &["--rate", "organizations=8"]].concat());
    let asked = world.simulator.faults().struck().values().sum::<usize>();
    assert!((5..=12).contains(&asked), "{asked} calls were sent to be refused");
    let of = |kind: &str| ("tags", json!({ "resource_type": kind }));
    assert_hidden(&world, &ran, &[of("root"), of("organizational_unit"), of("account")], "denied");
}

#[test]
fn an_answer_without_its_accounts_is_no_end_of_all_accounts() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("organizations:ListAccounts", Action::MissingListKey));
    world.collect(&ARGUMENTS);
    let before = truth(&world, 0, "accounts").len();
    assert!(held(&world, "accounts").len() >= before, "accounts were lost");
    let removed = world.diff(1, 2)["changes"]
        .as_array()
        .unwrap()
        .iter()
        .any(|change| change["resource"] == "accounts" && change["change"] == "removed");
    assert!(!removed, "a lost list reads as removals");
}

#[test]
fn by_principals_without_the_groups_every_pair_is_listed() {
    let world = World::of(small());
    let ran = world.collect(&["--skip", "groups", "--assignments", "principals", "--access-report", "none"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let all = truth(&world, 0, "account_assignments");
    assert_same("account_assignments", &held(&world, "account_assignments"), &all);
}
