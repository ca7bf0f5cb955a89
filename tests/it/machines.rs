//! What programs read of the state and of a collection, and the exit codes that a monitor goes by.

use orgcensus::simulator::{Action, Fault};
use serde_json::Value;

use crate::fixture::{self, Sandbox};
use crate::world::{World, small};

fn keys(object: &Value) -> Vec<&str> {
    object.as_object().unwrap().keys().map(String::as_str).collect()
}

fn state(sandbox: &Sandbox, arguments: &[&str]) -> (Value, Option<i32>) {
    let ran = sandbox.run(&[&["--format", "json"], arguments].concat());
    (serde_json::from_str(&ran.stdout).unwrap(), ran.exit)
}

#[test]
fn the_state() {
    let sandbox = fixture::census();
    let (object, exit) = state(&sandbox, &[]);
    assert_eq!(exit, Some(0));
    let expected = [
        "census",
        "bytes",
        "organization_id",
        "instance_arn",
        "snapshots",
        "first_snapshot_id",
        "last_snapshot_id",
        "last",
        "unfinished_since",
        "problems",
    ];
    assert_eq!(keys(&object), expected);
    assert_eq!((&object["snapshots"], &object["last"]["snapshot_id"]), (&4.into(), &4.into()));
    assert!(object["last"]["age_seconds"].as_i64().unwrap() > 0);
    assert_eq!(object["last"]["coverage"][0]["resource"], "organization");
    sandbox.run(&["--output", "state.json"]).data();
    let file = std::fs::read_to_string(sandbox.path("state.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&file).unwrap()["problems"], Value::Array(Vec::new()));
    let csv = sandbox.run(&["--format", "csv"]).refusal();
    assert!(csv.contains("hint: --format json writes one object") && csv.ends_with("exit 2"), "{csv}");
}

#[test]
fn the_exit_code_of_the_state() {
    let sandbox = fixture::census();
    for (arguments, problems, exit) in [
        (&["--exit-code"][..], vec![], 0),
        (&["--max-age", "26h", "--exit-code"], vec!["too_old"], 4),
        (&["--max-age", "1000years", "--exit-code"], vec![], 0),
        (&["--max-age", "26h"], vec!["too_old"], 0),
        (&["--at", "3", "--exit-code"], vec!["partial"], 4),
        (&["--at", "3", "--exit-code", "--max-age", "1h 30m"], vec!["partial", "too_old"], 4),
    ] {
        let (object, code) = state(&sandbox, arguments);
        assert_eq!(object["problems"], Value::from(problems), "{arguments:?}");
        assert_eq!(code, Some(exit), "{arguments:?}");
        assert_eq!(sandbox.run(arguments).exit, Some(exit), "{arguments:?} in words");
    }
    let words = sandbox.run(&["--max-age", "26h"]);
    assert!(
        words.data().contains("too old       it is not known to be of the last 1day 2h"),
        "{}",
        words.stdout
    );
    let none = fixture::empty();
    assert_eq!(state(&none, &["--exit-code"]).0["problems"][0], "no_snapshot");
    assert_eq!(none.run(&["--exit-code"]).exit, Some(4));
    assert_eq!(none.run(&[]).exit, Some(0));
    assert_eq!(sandbox.run(&["--max-age", "26"]).exit, Some(2), "of what?");
}

#[test]
fn the_summary_of_a_collection() {
    let world = World::of(small());
    let options = ["--access-report", "none", "--format", "json", "--quiet"];
    let ran = world.collect(&options);
    assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""));
    let summary: Value = serde_json::from_str(&ran.stdout).unwrap();
    let expected = [
        "snapshot_id",
        "status",
        "suspect",
        "snapshot_hash",
        "exit_code",
        "resources",
        "gaps",
        "required_but_incomplete",
        "calls",
        "throttled_calls",
        "elapsed_seconds",
        "later_snapshot_id",
    ];
    assert_eq!(keys(&summary), expected);
    assert_eq!((&summary["snapshot_id"], &summary["exit_code"]), (&1.into(), &0.into()));
    let resource =
        ["resource", "status", "reason", "rows", "added", "removed", "changed", "carried", "dropped", "gaps"];
    assert_eq!(keys(&summary["resources"][0]), resource);
    let users =
        summary["resources"].as_array().unwrap().iter().find(|one| one["resource"] == "users").unwrap();
    assert_eq!(users["rows"].as_i64().unwrap(), world.number("SELECT count(*) FROM users"));
    let calls: i64 = summary["calls"].as_object().unwrap().values().map(|one| one.as_i64().unwrap()).sum();
    assert_eq!(calls, world.number("SELECT api_calls FROM snapshots"));

    world.simulator.faults().add(Fault::on("ListAccounts", Action::Denied { kms_reason: None }));
    let options = ["--access-report", "none", "--require", "accounts", "--output", "summary.json"];
    let denied = world.collect(&options);
    assert_eq!((denied.exit, denied.stdout.as_str()), (Some(4), ""), "{}", denied.stderr);
    let file = std::fs::read_to_string(world.sandbox.path("summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&file).unwrap();
    assert_eq!((&summary["status"], &summary["exit_code"]), (&"partial".into(), &4.into()));
    assert_eq!(summary["required_but_incomplete"][0], "accounts");
    let gaps = summary["gaps"].as_array().unwrap();
    let gap = gaps.iter().find(|gap| gap["resource"] == "accounts").unwrap();
    assert!(gap["kind"] == "denied" && gap["scope"].is_object(), "{gap}");
}

#[test]
fn other_summaries_are_refused_before_a_call() {
    let world = World::of(small());
    for arguments in
        [&["--format", "csv"][..], &["--output", "summary.csv"], &["--format", "json", "--dry-run"]]
    {
        assert_eq!(world.collect(arguments).exit, Some(2), "{arguments:?}");
    }
    assert_eq!(world.simulator.calls().total(), 0);
}
