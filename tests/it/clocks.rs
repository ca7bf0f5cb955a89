//! A clock that was wrong once: times stay true, the order follows ids, and every command that uses the snapshot warns.

use orgcensus::store::Database;
use serde_json::Value;

use crate::fixture::{self, Sandbox};
use crate::world::{World, small};

/// Returns the fixture with a snapshot from the future.
fn with_future(snapshot_id: i64) -> Sandbox {
    let sandbox = fixture::census();
    set_future(&sandbox, snapshot_id);
    sandbox
}

fn set_future(sandbox: &Sandbox, snapshot_id: i64) {
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let sql = "UPDATE snapshots SET taken_at = '2999-01-01T00:00:00Z', completed_at = '2999-01-01T00:10:00Z'
        WHERE snapshot_id = ?1";
    database.connection().execute(sql, [snapshot_id]).unwrap();
}

const TO_COME: &str = "claims to have been completed at 2999-01-01T00:10Z, in the future";

#[test]
fn every_command_that_meets_it_warns() {
    let sandbox = with_future(4);
    for arguments in [
        &[][..],
        &["snapshots"],
        &["snapshots", "show"],
        &["snapshots", "show", "4"],
        &["query", "SELECT 1"],
        &["query", "SELECT 1", "--at", "latest"],
        &["query", "SELECT 1", "--at", "yesterday"],
        &["query", "SELECT 1", "--at", "7d"],
        &["query", "SELECT 1", "--during", "2026-Q1"],
        &["query", "SELECT 1", "--during", "1", "4"],
        &["history", "ana"],
        &["diff"],
        &["diff", "2026-Q1"],
        &["schema", "--at", "2026-Q1"],
        &["snapshots", "copy", "copy.db", "--at", "2026-Q1"],
        &["snapshots", "label", "latest", "x"],
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.exit, Some(0), "{arguments:?}: {}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("warning: snapshot 4 {TO_COME}")),
            "{arguments:?}: {}",
            ran.stderr
        );
    }
    assert!(sandbox.run(&["query", "SELECT 1", "--quiet"]).stderr.contains(TO_COME));
    for at in ["1", "3", "first", "latest-1"] {
        let told = sandbox.run(&["query", "SELECT 1", "--at", at]).stderr;
        assert!(!told.contains("warning"), "{at}: {told}");
    }
}

#[test]
fn a_date_takes_the_highest_id_completed_by_then() {
    let sandbox = with_future(2);
    let at = |when: &str| sandbox.run(&["query", "SELECT snapshot_id FROM answering_snapshot", "--at", when]);
    for (when, id) in [("2026-02-10", 1), ("2026-03-10", 3), ("yesterday", 4), ("2999-12-31", 4), ("2", 2)] {
        assert_eq!(at(when).data(), format!("snapshot_id\n{id}\n"), "{when}");
    }
    assert!(at("2026-02-10").stderr.contains("until then only its id finds it"));
    assert!(!at("yesterday").stderr.contains("warning"), "it is not in the way of later dates");
}

#[test]
fn times_that_are_turned_round_bound_nothing() {
    let sandbox = with_future(3);
    let bounds = "SELECT not_before, first_seen_at FROM group_memberships_history
        WHERE group_id = 'g-admins' AND user_id = 'u-sam1'";
    assert_eq!(sandbox.run(&["query", bounds]).data(), "not_before,first_seen_at\n,2026-04-10T02:01:00Z\n");
    let access = "SELECT DISTINCT not_before FROM effective_access WHERE user_name = 'sam.one'";
    assert_eq!(sandbox.run(&["query", access, "--format", "json"]).data().matches("null").count(), 1);
    // The previous snapshot still proves that the membership did not exist.
    let lines = sandbox.run(&["history", "sam.one", "--format", "jsonl"]);
    let event = lines.data().lines().find(|line| line.contains("g-admins")).unwrap();
    let event: Value = serde_json::from_str(event).unwrap();
    assert_eq!(event["event"], "added");
}

#[test]
fn prune_merges_no_day_of_a_wrong_clock() {
    let sandbox = with_future(3);
    let rules = ["snapshots", "prune", "--keep-yearly", "1", "--dry-run", "--format", "csv"];
    let kept = |arguments: &[&str]| {
        let ran = sandbox.run(&[&rules, arguments].concat());
        let keep = |line: &str| line.contains(",keep,").then(|| line[..1].to_owned());
        (ran.data().lines().filter_map(keep).collect::<Vec<_>>().join(" "), ran.stderr)
    };
    let (ids, words) = kept(&[]);
    assert_eq!(ids, "2 3 4", "{words}");
    assert!(words.contains("warning: a clock was wrong when 2 snapshots, 3 to 4, was taken"), "{words}");
    assert_eq!(kept(&["--force"]).0, "4", "by the time that is recorded, 2999 is a year of its own");
}

#[test]
fn a_collection_after_it_has_its_own_time() {
    let world = World::of(small());
    world.collect_day(0, &["--access-report", "none"]);
    set_future(&world.sandbox, 1);
    let ran = world.collect(&["--access-report", "none", "--format", "json"]);
    assert!(ran.stderr.contains(
        "warning: snapshot 1 claims to have been completed at 2999-01-01T00:10:00Z, after this one"
    ));
    let summary: Value = serde_json::from_str(ran.data()).unwrap();
    assert_eq!(summary["later_snapshot_id"], 1);
    assert_eq!(world.number("SELECT completed_at < '2900' FROM snapshots WHERE snapshot_id = 2"), 1);
    let third = world.collect(&["--access-report", "none", "--format", "json"]);
    assert!(!third.stderr.contains("clock"), "{}", third.stderr);
}
