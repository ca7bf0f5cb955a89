//! Assignments of pairs that are no longer provisioned, and of a permission set that is no longer listed. They stay as
//! long as AWS shows them, with any strategy.

use orgcensus::simulator::{Action, Config, Fault, TruthOptions};
use serde_json::Value;

use crate::fixture::Ran;
use crate::world::{World, assert_same, small};

const DAY: u32 = 1;

fn by(world: &World, day: u32, strategy: &str) -> Ran {
    world.collect_day(day, &["--assignments", strategy, "--access-report", "none"])
}

fn truth(world: &World, day: u32) -> Vec<serde_json::Map<String, Value>> {
    world.simulator.rows(day, "account_assignments", TruthOptions::default())
}

fn held(world: &World) -> Vec<serde_json::Map<String, Value>> {
    world.select("SELECT * FROM account_assignments")
}

/// Returns an organization in which only the listings change, from this day on.
fn half_deleted(since: u32) -> Config {
    Config { awkward: false, changes_per_day: 0, half_deleted_since: Some(since), ..small() }
}

/// Returns the number of assignments in the census on pairs that are not provisioned.
fn unprovisioned(world: &World) -> i64 {
    world.number(
        "SELECT count(*) FROM account_assignments AS a WHERE NOT EXISTS (
             SELECT 1 FROM provisioned_permission_sets AS p
             WHERE p.account_id = a.account_id AND p.permission_set_arn = a.permission_set_arn)",
    )
}

fn of_assignments(world: &World, from: u32, to: u32) -> Vec<Value> {
    let diff = world.diff(from, to);
    let changes = diff["changes"].as_array().unwrap().iter();
    changes.filter(|change| change["resource"] == "account_assignments").cloned().collect()
}

#[test]
fn no_strategy_makes_them_come_or_go() {
    let world = World::of(half_deleted(DAY));
    by(&world, 0, "pairs");
    for (snapshot, strategy) in (2..).zip(["pairs", "principals", "pairs", "pairs", "principals", "auto"]) {
        let ran = by(&world, DAY, strategy);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert_same(strategy, &held(&world), &truth(&world, DAY));
        assert!(unprovisioned(&world) > 1);
        assert!(ran.stderr.contains("in no list ("), "{}", ran.stderr);
        for from in 1..snapshot {
            assert_eq!(of_assignments(&world, from, snapshot), Vec::<Value>::new(), "{from} to {snapshot}");
        }
    }
    assert_eq!(world.gaps(), []);
}

/// A first listing by pairs has no reason to ask for these pairs, so it does not know whether they had assignments.
#[test]
fn what_a_first_full_pass_did_not_see_is_not_new() {
    let world = World::of(half_deleted(0));
    by(&world, 0, "pairs");
    assert_eq!(unprovisioned(&world), 0);
    by(&world, 0, "principals");
    let found = unprovisioned(&world);
    assert!(found > 1);
    for (from, to) in [(1, 2), (2, 1)] {
        let changes = of_assignments(&world, from, to);
        assert!(changes.iter().all(|change| change["change"] == "unknown"), "{changes:?}");
    }
    let new = "SELECT count(*) FROM account_assignments_changes WHERE snapshot_id = 2 AND change = 'added'";
    assert_eq!(world.number(new), 0);
    by(&world, 0, "pairs");
    assert_eq!(unprovisioned(&world), found);
    assert_eq!(of_assignments(&world, 2, 3), Vec::<Value>::new());
}

#[test]
fn they_end_when_aws_says_so() {
    for strategy in ["pairs", "principals"] {
        // The set's assignments were removed first, as AWS requires.
        let world = World::of(Config { changes_per_day: 30, ..small() });
        let sets = |day: u32| -> Vec<Value> {
            let rows = world.simulator.rows(day, "permission_sets", TruthOptions::default());
            rows.into_iter().map(|mut row| row.remove("permission_set_arn").unwrap()).collect()
        };
        let of = |day: u32, set: &Value| {
            truth(&world, day).iter().filter(|row| row["permission_set_arn"] == *set).count()
        };
        let deleted = |day: &u32| {
            let living = sets(*day);
            let gone = |set: &Value| !living.contains(set) && of(*day - 1, set) > 0;
            sets(*day - 1).into_iter().find(gone).map(|set| (*day, set))
        };
        let (day, set) = (1..60).find_map(|day| deleted(&day)).unwrap();
        by(&world, day - 1, "pairs");
        let ran = by(&world, day, strategy);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert_eq!(of(day, &set), 0);
        assert!(held(&world).iter().all(|row| row["permission_set_arn"] != set));
        assert_eq!(world.gaps(), []);
        let removed = of_assignments(&world, 1, 2);
        let removed = removed.iter().filter(|change| change["key"]["permission_set_arn"] == set);
        assert!(removed.clone().all(|change| change["change"] == "removed"));
        assert_eq!(removed.count(), of(day - 1, &set));
    }
}

#[test]
fn what_cannot_be_asked_is_kept() {
    let world = World::of(half_deleted(DAY));
    by(&world, 0, "pairs");
    by(&world, DAY, "pairs");
    let known = world.select(
        "SELECT account_id, permission_set_arn FROM account_assignments AS a WHERE NOT EXISTS (
             SELECT 1 FROM provisioned_permission_sets AS p
             WHERE p.account_id = a.account_id AND p.permission_set_arn = a.permission_set_arn) LIMIT 1",
    );
    let id = |column: &str| known[0][column].as_str().unwrap().to_owned();
    let denied = Fault::on("ListAccountAssignments", Action::Denied { kms_reason: None });
    let denied = denied.containing(&id("account_id")).containing(&id("permission_set_arn"));
    world.simulator.faults().add(denied);
    let ran = world.collect(&["--assignments", "pairs", "--access-report", "none"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert_same("account_assignments", &held(&world), &truth(&world, DAY));
    assert_eq!(world.gaps().len(), 1);
}

#[test]
fn they_cost_nothing_where_there_are_none() {
    let world = World::of(Config { awkward: false, changes_per_day: 0, ..small() });
    let calls = |world: &World| {
        world.simulator.calls().clear();
        by(world, 0, "pairs");
        world.simulator.calls().count("ListAccountAssignments")
    };
    assert_eq!(calls(&world), calls(&world));
}
