//! `diff` end to end: text, JSON, flat rows, exit codes.

use insta::assert_snapshot;
use serde_json::Value;

use crate::fixture::{self, Sandbox};

fn json(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let ran = sandbox.run(&[&["diff"], arguments, &["--format", "json"]].concat());
    serde_json::from_str(ran.data()).unwrap()
}

#[test]
fn the_text_says_what_changed_and_why() {
    let sandbox = fixture::census();
    assert_snapshot!("diff_of_the_last_two", sandbox.run(&["diff"]).all());
    assert_snapshot!("diff_of_the_first_two", sandbox.run(&["diff", "1", "2"]).all());
    assert_snapshot!("diff_into_a_gap", sandbox.run(&["diff", "2..3"]).all());
    assert_snapshot!("diff_backward", sandbox.run(&["diff", "2", "1"]).all());
    assert_snapshot!("diff_access_only", sandbox.run(&["diff", "1", "--access"]).all());
}

#[test]
fn a_snapshot_can_be_named_in_every_way() {
    let sandbox = fixture::census();
    let by_id = sandbox.run(&["diff", "1", "4"]);
    assert_eq!(by_id.exit, Some(0));
    for arguments in [
        &["diff", "1..4"][..],
        &["diff", "1"],
        &["diff", "1..latest"],
        &["diff", "latest~3..latest"],
        &["diff", "2026-01-31", "2026-Q2"],
        &["diff", "2026-01-31..2026-04-30"],
        &["diff", "1.."],
    ] {
        assert_eq!(sandbox.run(arguments).data(), by_id.data(), "{arguments:?}");
    }
    assert_eq!(sandbox.run(&["diff"]), sandbox.run(&["diff", "3", "4"]));
}

#[test]
fn json_is_one_object_of_its_contract() {
    let sandbox = fixture::census();
    let value = json(&sandbox, &["1", "2"]);
    let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["from", "to", "changes", "access_changes", "recreations"]);
    assert_eq!(value["from"]["snapshot_id"], 1);
    assert_eq!(value["to"]["status"], "complete");
    insta::assert_json_snapshot!("diff_access_changes_json", value["access_changes"]);
    let backward = json(&sandbox, &["2", "1"]);
    assert_eq!(backward["changes"].as_array().unwrap().len(), value["changes"].as_array().unwrap().len());
    let steps = json(&sandbox, &["1", "4", "--steps"]);
    assert_eq!(steps["steps"].as_array().unwrap().len(), 3);
    assert_eq!(steps["steps"][0], value);
}

#[test]
fn the_exit_code_tells_what_was_found_only_when_asked() {
    let sandbox = fixture::census();
    let exit = |arguments: &[&str]| sandbox.run(&[&["diff"], arguments].concat()).exit;
    assert_eq!(exit(&["1", "2"]), Some(0));
    assert_eq!(exit(&["1", "2", "--exit-code"]), Some(3));
    assert_eq!(exit(&["2", "3", "--exit-code"]), Some(4));
    assert_eq!(exit(&["2", "2", "--exit-code"]), Some(0));
    assert_eq!(exit(&["1", "2", "--resource", "roots", "--exit-code"]), Some(0));
}

#[test]
fn the_exit_code_does_not_depend_on_who_reads() {
    let sandbox = fixture::census();
    let unread = |arguments: &[&str]| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = sandbox.command(&[&["diff"], arguments].concat());
        command.stdout(writer).stderr(std::process::Stdio::null()).status().unwrap().code()
    };
    assert_eq!(unread(&["1", "2", "--exit-code"]), Some(3));
    assert_eq!(unread(&["2", "3", "--exit-code"]), Some(4));
    assert_eq!(unread(&["1", "4", "--steps", "--exit-code", "--format", "csv"]), Some(3));
    assert_eq!(unread(&["1", "2"]), Some(0));
}

#[test]
fn an_answer_is_narrowed_by_names_of_either_side() {
    let sandbox = fixture::census();
    let carl = sandbox.run(&["diff", "1", "2", "--user", "Carl"]);
    assert!(carl.data().contains("- carl lost ReadOnly in prod") && !carl.stdout.contains("ana"));
    let gone = sandbox.run(&["diff", "3", "4", "--group", "gone"]);
    assert!(gone.data().contains("groups") && !gone.stdout.contains("Admins"));
    let prod = json(&sandbox, &["1", "2", "--account", "prod", "--permission-set", "deploy"]);
    assert_eq!(prod["access_changes"].as_array().unwrap().len(), 3);
    assert_eq!(sandbox.run(&["diff", "1", "2", "--user", "charlie"]).exit, Some(2));
    assert_eq!(sandbox.run(&["diff", "1", "2", "--account", "twin"]).exit, Some(2));
}

#[test]
fn other_formats_hold_one_row_a_change() {
    let sandbox = fixture::census();
    for format in ["csv", "jsonl", "markdown", "table"] {
        let ran = sandbox.run(&["diff", "1", "2", "--format", format]);
        assert!(ran.data().contains("carl"), "{format}: {}", ran.stdout);
        assert!(ran.stderr.contains("from snapshot 1, ") && ran.stderr.contains("to snapshot 2, "));
    }
    let steps = sandbox.run(&["diff", "1", "4", "--steps", "--format", "jsonl"]);
    let numbers: Vec<i64> = steps
        .data()
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap()["to_snapshot"].as_i64().unwrap())
        .collect();
    assert!(numbers.contains(&2) && numbers.contains(&4) && numbers.is_sorted());
}

#[test]
fn a_file_gets_the_format_of_its_name() {
    let sandbox = fixture::census();
    assert_eq!(sandbox.run(&["diff", "1", "2", "--output", "d.json"]).exit, Some(0));
    let value: Value =
        serde_json::from_str(&std::fs::read_to_string(sandbox.path("d.json")).unwrap()).unwrap();
    assert_eq!(value["to"]["snapshot_id"], 2);
    sandbox.run(&["diff", "1", "2", "--output", "d.txt"]);
    assert!(std::fs::read_to_string(sandbox.path("d.txt")).unwrap().starts_with("snapshot 1 ("));
}

#[test]
fn colour_comes_when_asked_for() {
    let sandbox = fixture::census();
    assert!(!sandbox.run(&["diff", "1", "2"]).stdout.contains('\u{1b}'));
    assert!(sandbox.run(&["diff", "1", "2", "--color", "always"]).stdout.contains("\u{1b}[32m"));
}

#[test]
fn what_cannot_be_compared_is_refused_with_a_next_step() {
    let sandbox = fixture::census();
    let refused = |arguments: &[&str]| sandbox.run(arguments).refusal();
    assert_snapshot!("diff_unknown_snapshot", refused(&["diff", "9"]));
    assert_snapshot!("diff_unknown_resource", refused(&["diff", "--resource", "assignments"]));
    assert_snapshot!("diff_no_when", refused(&["diff", "1..soon"]));
    assert_snapshot!("diff_at_means_nothing", refused(&["diff", "--at", "2"]));

    let (database, _) = orgcensus::store::Database::open_or_create(&sandbox.path("one.db")).unwrap();
    assert_snapshot!("diff_without_snapshots", refused(&["diff", "--db", "one.db"]));
    let first = "INSERT INTO snapshots (snapshot_id, taken_at, completed_at, status, tool_version, api_calls,
        throttled_calls, collection_id) VALUES (1, '2026-01-10T02:00:00Z', '2026-01-10T02:01:00Z', 'complete',
        '0', 0, 0, 'c')";
    database.connection().execute_batch(first).unwrap();
    assert_snapshot!("diff_with_one_snapshot", refused(&["diff", "--db", "one.db"]));
}
