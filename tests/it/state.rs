//! What the census says of itself: the bare command, snapshots, the data dictionary, completions.
use insta::assert_snapshot;

use crate::fixture;

#[test]
fn without_a_census_the_first_commands_are_shown() {
    assert_snapshot!(fixture::empty().run(&[]).all());
}

#[test]
fn the_bare_command_shows_the_state() {
    let sandbox = fixture::census();
    std::fs::write(sandbox.path("orgcensus.db.collecting"), "").unwrap();
    let ran = sandbox.run(&[]);
    let lines: Vec<&str> = ran.data().lines().collect();
    assert!(lines[0].starts_with("census        orgcensus.db, "), "{}", lines[0]);
    assert_snapshot!(lines[1..].join("\n"));
}

#[test]
fn snapshots_are_listed_and_shown_with_their_gaps() {
    let sandbox = fixture::census();
    assert_snapshot!(sandbox.run(&["snapshots"]).data());
    assert_snapshot!(sandbox.run(&["snapshots", "show", "3", "--format", "table"]).all());
    let by_date = sandbox.run(&["snapshots", "show", "2026-03-31"]);
    assert!(by_date.stderr.starts_with("snapshot 3, "), "{}", by_date.stderr);
}

#[test]
fn the_data_dictionary_describes_every_column() {
    let sandbox = fixture::census();
    let ran = sandbox.run(&["schema", "--format", "jsonl"]);
    assert!(ran.data().lines().count() > 40);
    for name in ["effective_access", "users", "snapshots", "seen_under_gaps", "stale_rows", "Users_History"] {
        let table = sandbox.run(&["schema", name, "--format", "jsonl"]);
        for line in table.data().lines() {
            let column: serde_json::Value = serde_json::from_str(line).unwrap();
            assert!(column["description"].is_string(), "{name}: {line}");
        }
    }
    assert_snapshot!(sandbox.run(&["schema", "groups", "--format", "table"]).data());
}

#[test]
fn the_data_dictionary_can_be_read_before_there_is_a_census() {
    let (before, after) = (fixture::empty(), fixture::census());
    for arguments in [&["schema"][..], &["schema", "stale_rows"], &["schema", "users_history"]] {
        assert_eq!(before.run(arguments).data(), after.run(arguments).data());
    }
    assert!(before.files().is_empty(), "reading makes no file");
}

#[test]
fn completions_are_printed_for_every_shell() {
    let sandbox = fixture::empty();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        assert!(sandbox.run(&["completions", shell]).data().contains("orgcensus"), "{shell}");
    }
}

#[test]
fn help_shows_examples_and_grouped_options() {
    let sandbox = fixture::empty();
    assert_snapshot!(sandbox.run(&["--help"]).data());
    assert_snapshot!(sandbox.run(&["query", "--help"]).data());
}
