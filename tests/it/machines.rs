//! The output of the state and of a collection for programs, and the exit codes for monitoring.

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

/// Returns the lines that are not warnings.
fn besides_warnings(words: &str) -> Vec<&str> {
    words.lines().filter(|line| !line.starts_with("warning: ")).collect()
}

#[test]
fn a_quiet_run_prints_only_warnings_and_the_hash() {
    let world = World::of(small());
    let quick = ["--access-report", "none", "--quiet"];
    let ran = world.collect_day(0, &quick);
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", ""));
    let hashed = world.collect_day(1, &[&quick[..], &["--print-hash"]].concat());
    let verified = world.run(&["snapshots", "verify", "--format", "jsonl", "--quiet"]);
    let last: Value = serde_json::from_str(verified.data().lines().last().unwrap()).unwrap();
    assert_eq!(hashed.stdout, format!("{}\n", last["snapshot_hash"].as_str().unwrap()));
    assert_eq!(hashed.stderr, "");

    // A partial, a discarded and a suspect collection print warnings only.
    world.simulator.faults().add(Fault::on("ListUsers", Action::Denied { kms_reason: None }));
    let denied = world.collect(&[&quick[..], &["--print-hash"]].concat());
    assert_eq!((denied.exit, denied.stdout.lines().count()), (Some(4), 1), "{}", denied.stderr);
    assert!(denied.stderr.starts_with("warning: "), "{}", denied.stderr);
    assert_eq!(besides_warnings(&denied.stderr), [""; 0]);

    let both = world.collect(&["--print-hash", "--format", "json"]).refusal();
    assert!(both.contains("hint: leave out --print-hash") && both.ends_with("exit 2"), "{both}");
    assert_eq!(world.collect(&["--print-hash", "--dry-run"]).exit, Some(2));
    let file = world.collect(&[&quick[..], &["--print-hash", "--output", "s.json"]].concat());
    let summary = std::fs::read_to_string(world.sandbox.path("s.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(format!("{}\n", summary["snapshot_hash"].as_str().unwrap()), file.stdout);
}

#[test]
fn a_run_ends_with_the_next_command() {
    let world = World::of(small());
    let last = |ran: &crate::fixture::Ran| ran.stderr.lines().last().unwrap().to_owned();
    let quick = ["--access-report", "none"];
    assert_eq!(last(&world.collect_day(0, &quick)), "the first snapshot: orgcensus query --list");
    let same = last(&world.collect_day(0, &quick));
    assert_eq!(same, "nothing changed: orgcensus snapshots shows what the census has");
    let other = last(&world.collect_day(9, &quick));
    assert!(other.ends_with(" changed: orgcensus diff"), "{other}");
    let named = last(&world.collect_day(9, &[&quick[..], &["--db", "x.db"]].concat()));
    assert_eq!(named, "the first snapshot: orgcensus --db x.db query --list");
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
