//! The organization changes while it is collected. Whichever parts of before and after a run saw, its snapshot is
//! consistent and closes no living row, and the next run equals the truth.

use std::collections::BTreeSet;

use orgcensus::model::{ParentWhen, RESOURCES};
use orgcensus::simulator::{Action, Fault};
use serde_json::{Map, Value};

use crate::fixture::Ran;
use crate::gaps::{
    DAY, after_day_0, assert_net_changes, collect, everything, gaps_found, held, key, one, truth,
};
use crate::world::{World, assert_same, lasting, plain};

/// Collects on day 0, which turns to day 6 when this call arrives.
fn turned_at(operation: &str, call: usize) -> (World, Ran) {
    let world = after_day_0();
    world.simulator.set_day(0);
    let faults = world.simulator.faults();
    faults.add(Fault::on(operation, Action::TurnDay(DAY)).from_call(call).times(1));
    let ran = collect(&world);
    assert_eq!(faults.struck()[operation], 1, "{operation} was not called {call} times");
    (world, ran)
}

/// Asserts that no row exists without the parent that the model declares.
fn assert_consistent(world: &World) {
    for spec in RESOURCES {
        for parent in spec.parents {
            let holds = match parent.when {
                ParentWhen::Always => "1".to_owned(),
                ParentWhen::Column(column, value) => format!("x.{column} = '{value}'"),
                ParentWhen::Filled(column) => format!("x.{column} <> ''"),
            };
            let equal: Vec<String> =
                parent.columns.iter().map(|(child, of)| format!("p.{of} = x.{child}")).collect();
            let sql = format!(
                "SELECT count(*) FROM {} AS x WHERE {holds} AND NOT EXISTS (SELECT 1 FROM {} AS p WHERE {})",
                spec.name,
                parent.resource,
                equal.join(" AND ")
            );
            assert_eq!(world.number(&sql), 0, "{} without {}", spec.name, parent.resource);
        }
    }
}

/// The resources whose rows each take several calls, between which the day may turn.
const OF_SEVERAL_CALLS: [&str; 2] = ["applications", "managed_policies"];

/// Returns true if each value of the row is that of its key on one of the two days. An AWS managed policy that a
/// permission set attached only before the day turned was read after it, which is in no day's truth.
fn each_value_was_so(world: &World, resource: &str, row: &Map<String, Value>) -> bool {
    let of_key = |day: u32| {
        let rows = lasting(resource, &truth(world, day, resource));
        rows.into_iter().find(|one| key(resource, one) == key(resource, row))
    };
    let days: Vec<Map<String, Value>> = [0, DAY].into_iter().filter_map(of_key).collect();
    if resource == "managed_policies" && days.len() == 1 {
        return true;
    }
    // Compared as text, because the truth has booleans where the table has numbers.
    let one = |row: &Map<String, Value>, column: &String| {
        plain(&Map::from_iter([(column.clone(), row.get(column).cloned().unwrap_or_default())]))
    };
    row.keys().all(|column| days.iter().any(|day| one(day, column) == one(row, column)))
}

/// Asserts that every row is from one of the two days, and that no false removal or addition is reported.
fn assert_honest(world: &World) {
    for spec in RESOURCES {
        let known: BTreeSet<String> = [0, DAY]
            .into_iter()
            .flat_map(|day| lasting(spec.name, &truth(world, day, spec.name)))
            .map(|row| plain(&row))
            .collect();
        for row in lasting(spec.name, &held(world, spec.name)) {
            let was_so = known.contains(&plain(&row))
                || OF_SEVERAL_CALLS.contains(&spec.name) && each_value_was_so(world, spec.name, &row);
            assert!(was_so, "{} {row:?} was never so", spec.name);
        }
    }
    let keys = |day: u32, name: &str| -> BTreeSet<String> {
        truth(world, day, name).iter().map(|row| key(name, row)).collect()
    };
    for change in world.diff(1, 2)["changes"].as_array().unwrap() {
        let name = change["resource"].as_str().unwrap();
        let day = match change["change"].as_str().unwrap() {
            "removed" => DAY,
            "added" => 0,
            _ => continue,
        };
        let of_change = key(name, change["key"].as_object().unwrap());
        assert!(!keys(day, name).contains(&of_change), "{change}");
    }
}

/// Asserts that the only possible gap is the report of an entity that was moved after it was listed. It still exists,
/// but its old path yields no report.
fn assert_no_gap_of_what_is_gone(world: &World, ran: &Ran) {
    let lives: Vec<Value> = [("organizational_units", "ou_id"), ("accounts", "account_id")]
        .into_iter()
        .flat_map(|(resource, id)| truth(world, DAY, resource).into_iter().map(move |row| row[id].clone()))
        .collect();
    let gaps = gaps_found(world);
    for (resource, scope) in &gaps {
        assert_eq!(resource, "service_last_accessed");
        assert!(lives.contains(&scope["entity_id"]), "a gap of what is gone: {scope}");
    }
    assert_eq!(ran.exit, Some(if gaps.is_empty() { 0 } else { 4 }), "{}", ran.stderr);
}

/// Asserts that the next run sees everything, and that the changes over both runs equal the real ones.
fn assert_the_next_is_the_truth(world: &World) {
    world.simulator.faults().clear();
    let next = collect(world);
    assert_eq!(next.exit, Some(0), "{}", next.stderr);
    world.assert_truth(DAY, everything());
    assert_net_changes(world, 1, 3);
}

#[test]
fn at_any_moment() {
    let moments = [
        ("ListRoots", 1),
        ("ListUsers", 3),
        ("ListGroupMemberships", 4),
        ("ListPermissionSets", 2),
        ("ListAccountsForProvisionedPermissionSet", 5),
        ("ListAccountAssignments", 8),
        ("organizations:ListTagsForResource", 6),
    ];
    let mut dropped = 0;
    for (operation, call) in moments {
        let (world, ran) = turned_at(operation, call);
        assert_no_gap_of_what_is_gone(&world, &ran);
        assert_consistent(&world);
        assert_honest(&world);
        dropped += usize::from(ran.stderr.contains("dropped: their parent was deleted during the run"));
        assert_the_next_is_the_truth(&world);
    }
    assert!(dropped > 0, "some summary tells what was dropped");
}

#[test]
fn while_reports_run() {
    let (world, ran) = turned_at("GenerateOrganizationsAccessReport", 3);
    assert_consistent(&world);
    assert_honest(&world);
    assert_no_gap_of_what_is_gone(&world, &ran);
    assert_the_next_is_the_truth(&world);
}

#[test]
fn that_delete_what_was_listed() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    let set = one(&world, "provisioned_permission_sets", "permission_set_arn");
    let faults = world.simulator.faults();
    faults.add(Fault::on("ListGroupMemberships", Action::NotFound).containing(&group_id));
    faults.add(Fault::on("DescribePermissionSet", Action::NotFound).containing(&set));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.gaps(), []);
    assert!(ran.stderr.contains("dropped: their parent was deleted during the run"), "{}", ran.stderr);
    // The policies that other sets attach, or have as their boundary.
    let attached: BTreeSet<String> = truth(&world, DAY, "permission_set_policies")
        .iter()
        .filter(|row| row["permission_set_arn"] != *set)
        .map(|row| row["policy"].as_str().unwrap().to_owned())
        .collect();
    for spec in RESOURCES {
        let mut expected = truth(&world, DAY, spec.name);
        expected.retain(|row| {
            if spec.name == "managed_policies" {
                return attached.contains(row["policy_arn"].as_str().unwrap());
            }
            let has = |column: &str, id: &str| row.get(column).is_some_and(|value| *value == *id);
            let of_group = has("group_id", &group_id);
            let of_set = has("permission_set_arn", &set) || has("resource_id", &set);
            // Assignments outlive their deleted set here: the next collection asks for them.
            !of_group && (!of_set || ["account_assignments", "assignment_requests"].contains(&spec.name))
        });
        assert_same(spec.name, &held(&world, spec.name), &expected);
    }
    assert_the_next_is_the_truth(&world);
}

#[test]
fn that_end_a_pair() {
    let world = after_day_0();
    let rows = truth(&world, DAY, "account_assignments");
    let (account_id, set) =
        (rows[0]["account_id"].as_str().unwrap(), rows[0]["permission_set_arn"].as_str().unwrap());
    let body = format!("\"AccountId\":\"{account_id}\",\"PermissionSetArn\":\"{set}\"");
    world.simulator.faults().add(Fault::on("ListAccountAssignments", Action::NotFound).containing(&body));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.gaps(), []);
    world.assert_truth_but(DAY, everything(), &["account_assignments"]);
    let mut expected = rows.clone();
    expected.retain(|row| row["account_id"] != account_id || row["permission_set_arn"] != set);
    assert_same("account_assignments", &held(&world, "account_assignments"), &expected);
}

#[test]
fn that_bring_somebody_new() {
    let world = after_day_0();
    let ids = |day: u32, resource: &str, column: &str| -> BTreeSet<String> {
        truth(&world, day, resource).iter().map(|row| row[column].to_string()).collect()
    };
    let (users, groups) = (ids(0, "users", "user_id"), ids(0, "groups", "group_id"));
    // A group of day 0 that on a later day has a member who did not exist on day 0.
    let joined = |day: u32| {
        let rows = truth(&world, day, "group_memberships");
        let lives = ids(day, "users", "user_id");
        let joins = |row: &Map<String, Value>| {
            let user = row["user_id"].to_string();
            groups.contains(&row["group_id"].to_string()) && !users.contains(&user) && lives.contains(&user)
        };
        rows.iter().find(|row| joins(row)).map(|row| (day, row["group_id"].as_str().unwrap().to_owned()))
    };
    let (day, group_id) = (1..60).find_map(joined).unwrap();
    world.simulator.set_day(0);
    // The group's listing fails until it is set aside, behind all others. Then the day turns.
    let faults = world.simulator.faults();
    let members = |action| Fault::on("ListGroupMemberships", action).containing(&group_id);
    faults.add(members(Action::Status(503)).times(6));
    faults.add(members(Action::TurnDay(day)).times(1));
    let ran = collect(&world);
    assert!(ran.stderr.contains(" a user that was not listed: created in mid-run"), "{}", ran.stderr);
    let next = collect(&world);
    assert!(!next.stderr.contains("was not listed"), "{}", next.stderr);
    world.assert_truth(day, everything());
}

#[test]
fn keep_the_time_of_what_was_seen() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    let fault = Fault::on("ListGroupMemberships", crate::gaps::denied()).containing(&group_id);
    world.simulator.faults().add(fault);
    // The identity of the census must be requested several times.
    world.simulator.faults().add(Fault::on("ListInstances", Action::Status(503)).times(3));
    let ran = collect(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    // From the first call to the last.
    let calls = world.simulator.calls().all().into_iter().map(|call| call.at);
    let (first, last) = (calls.clone().min().unwrap(), calls.max().unwrap());
    let took = "SELECT round((julianday(completed_at) - julianday(taken_at)) * 86400000) + 1 AS ms
                FROM snapshots WHERE snapshot_id = 2";
    let took = world.select(took)[0]["ms"].as_f64().unwrap();
    assert!(took >= (last - first).as_secs_f64() * 1000.0, "{took} ms, and {:?} of calls", last - first);
    // A snapshot's bounds include every observation, and a gap has the time of its observation.
    let outside = "SELECT count(*) FROM gaps JOIN snapshots USING (snapshot_id)
                   WHERE observed_at NOT BETWEEN taken_at AND completed_at";
    assert_eq!(world.number(outside), 0);
    assert_eq!(
        world.number("SELECT count(*) FROM gaps WHERE kind = 'denied' AND observed_at IS NOT NULL"),
        1
    );
    // Snapshots do not overlap, so that an observation belongs to only one of them.
    let overlapping =
        "SELECT count(*) FROM snapshots AS a JOIN snapshots AS b ON a.snapshot_id < b.snapshot_id
                       WHERE b.taken_at < a.completed_at";
    assert_eq!(world.number(overlapping), 0);
}
