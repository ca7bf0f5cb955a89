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
    assert_eq!(sandbox.run(&["diff", "..2"]), sandbox.run(&["diff", "1", "2"]));
}

#[test]
fn a_snapshot_compared_with_itself_is_no_answer_in_silence() {
    let sandbox = fixture::census();
    // If the nightly collections have failed, the requested day and the latest snapshot are the same.
    for arguments in [&["diff", "yesterday", "--quiet"][..], &["diff", "2", "2", "--format", "json"]] {
        let ran = sandbox.run(arguments);
        assert!(ran.stderr.contains("warning: both ends are snapshot "), "{ran:?}");
    }
    assert!(!sandbox.run(&["diff", "1", "2"]).stderr.contains("both ends"));
}

#[test]
fn json_is_one_object_of_its_contract() {
    let sandbox = fixture::census();
    let value = json(&sandbox, &["1", "2"]);
    let keys: Vec<&String> = value.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        ["from", "to", "changes", "access_changes", "recreations", "not_seen", "limited", "access_by_cause"]
    );
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
fn json_tells_access_by_cause_as_the_text_does() {
    let sandbox = fixture::census();
    let mut of_groups = 0;
    for (from, to) in [("1", "2"), ("2", "3"), ("1", "4")] {
        let value = json(&sandbox, &[from, to]);
        let groups = value["access_by_cause"].as_array().unwrap();
        let changes = value["access_changes"].as_array().unwrap();
        // Each access change is in one group, with its user, permission set and account.
        let sum: u64 = groups.iter().map(|group| group["access_changes"].as_u64().unwrap()).sum();
        assert_eq!(sum, changes.len() as u64, "{from} {to}");
        for change in changes {
            let has = |group: &Value, list: &str, id: &str| {
                group[list].as_array().unwrap().iter().any(|one| one["id"] == change[id])
            };
            let is_its = |group: &&Value| {
                group["change"] == change["change"]
                    && group["privileged"] == change["privileged"]
                    && has(group, "users", "user_id")
                    && has(group, "permission_sets", "permission_set_arn")
                    && has(group, "accounts", "account_id")
            };
            assert!(groups.iter().any(|group| is_its(&group)), "{change}");
        }
        for group in groups {
            let people = group["users"].as_array().unwrap();
            let summary = group["summary"].as_str().unwrap();
            let said = match people.as_slice() {
                [only] => only["name"].as_str().unwrap().to_owned(),
                several => format!("{} people", several.len()),
            };
            assert!(summary.contains(" → ") && summary.contains(&said), "{group}");
            if let Some(name) = group["group"]["name"].as_str() {
                of_groups += 1;
                assert!(summary.contains(name), "{group}");
            }
            for cause in group["causes"].as_array().unwrap() {
                assert_eq!(cause["kind"], group["cause"], "{group}");
                assert!(
                    changes.iter().any(|change| change["causes"].as_array().unwrap().contains(cause)),
                    "{group}"
                );
            }
            assert_eq!(group["cause"].is_null(), group["causes"].as_array().unwrap().is_empty(), "{group}");
        }
    }
    assert!(of_groups > 0);
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

/// Moves the attempts of the fixture's access report from the last snapshot but one to the last.
fn attempt_again(sandbox: &Sandbox) {
    let sql = "INSERT INTO snapshots (snapshot_id, taken_at, completed_at, status, organization_id, instance_arn,
            identity_store_id, region, caller_arn, label, tool_version, api_calls, throttled_calls, assignment_strategy,
            suspect, collection_id)
        SELECT 5, '2026-05-10T02:00:00Z', '2026-05-10T02:01:00Z', status, organization_id,
            instance_arn, identity_store_id, region, caller_arn, NULL, tool_version, api_calls, throttled_calls,
            assignment_strategy, NULL, 'c-5' FROM snapshots WHERE snapshot_id = 4;
        INSERT INTO coverage (snapshot_id, resource, status, rows, gaps, reason)
        SELECT 5, resource, status, rows, gaps, reason FROM coverage WHERE snapshot_id = 4;
        INSERT INTO service_last_accessed_versions (entity_id, policy_id, service_namespace, entity_type,
            last_authenticated_at, valid_from, valid_to)
        VALUES ('222222222222', '', 'sqs', 'account', '2026-04-01T00:00:00Z', 4, 5),
               ('222222222222', '', 'sqs', 'account', '2026-05-01T00:00:00Z', 5, NULL);";
    rusqlite::Connection::open(sandbox.path("orgcensus.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn a_newer_attempt_is_no_change_for_the_exit_code() {
    let sandbox = fixture::census();
    attempt_again(&sandbox);
    let ran = sandbox.run(&["diff", "--exit-code"]);
    assert_eq!(ran.exit, Some(0), "{ran:?}");
    assert!(ran.data().contains("1 row with a newer attempt (not counted as a change)"), "{ran:?}");
    let value = json(&sandbox, &["4", "5"]);
    assert_eq!(value["changes"][0]["activity"], true);
    let csv = sandbox.run(&["diff", "--format", "csv"]);
    assert!(csv.data().lines().next().unwrap().ends_with(",activity") && csv.data().contains(",1\n"));
    let steps = sandbox.run(&["diff", "3", "5", "--steps", "--resource", "service_last_accessed"]);
    assert!(steps.data().contains("nothing changed; service_last_accessed: 1 row with a newer"), "{steps:?}");
}

#[test]
fn a_skipped_resource_does_not_count() {
    let sandbox = fixture::census();
    let exit = |arguments: &[&str]| sandbox.run(&[&["diff", "--exit-code"], arguments].concat()).exit;
    let one = ["3", "4", "--resource", "groups,group_memberships"];
    assert_eq!(exit(&one), Some(3));
    assert_eq!(exit(&[&one[..], &["--skip", "group_memberships"]].concat()), Some(3));
    assert_eq!(exit(&[&one[..], &["--skip", "groups", "--skip", "group_memberships"]].concat()), Some(2));
    // Devs was not seen in snapshot 3. That may hide access, which is not skipped.
    assert_eq!(exit(&["2", "3", "--skip", "group_memberships"]), Some(4));
    assert_eq!(
        exit(&["2", "3", "--resource", "groups,group_memberships", "--skip", "group_memberships"]),
        Some(0)
    );
    assert_snapshot!("diff_skip_unknown", sandbox.run(&["diff", "--skip", "group"]).refusal());
    assert_snapshot!(
        "diff_skip_all",
        sandbox.run(&["diff", "--resource", "tags", "--skip", "tags"]).refusal()
    );
}

#[test]
fn a_quiet_exit_code_prints_nothing() {
    let sandbox = fixture::census();
    for (arguments, exit) in [
        (&["1", "2"][..], 3),
        (&["2", "3"], 4),
        (&["2", "3", "--resource", "roots"], 0),
        (&["1", "2", "--format", "json"], 3),
        (&["1", "4", "--steps", "--format", "csv"], 3),
        (&["1", "2", "--output", "-", "--format", "markdown"], 3),
    ] {
        let ran = sandbox.run(&[&["diff", "--exit-code", "--quiet"], arguments].concat());
        assert_eq!(
            (ran.exit, ran.stdout.as_str(), ran.stderr.as_str()),
            (Some(exit), "", ""),
            "{arguments:?}"
        );
    }
    // A requested file is written.
    sandbox.run(&["diff", "1", "2", "--exit-code", "-q", "--output", "d.json"]);
    assert!(std::fs::read_to_string(sandbox.path("d.json")).unwrap().contains("\"changes\""));
    assert!(sandbox.run(&["diff", "1", "2", "--quiet"]).stdout.starts_with("snapshot 1 ("));
}

#[test]
fn the_first_snapshot_has_nothing_to_tell() {
    let sandbox = fixture::census();
    assert_eq!(sandbox.run(&["snapshots", "prune", "1", "2", "3"]).exit, Some(0));
    let ran = sandbox.run(&["diff", "--exit-code"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (Some(0), ""), "{ran:?}");
    assert!(ran.stderr.starts_with("snapshot 4, 2026-04-10T02:01Z, "), "{ran:?}");
    assert!(
        ran.stderr.ends_with(": it is the first snapshot, so there is none to compare it with\n"),
        "{ran:?}"
    );
    let quiet = sandbox.run(&["diff", "--exit-code", "--quiet"]);
    assert_eq!((quiet.exit, quiet.stdout.as_str(), quiet.stderr.as_str()), (Some(0), "", ""));
    let value = json(&sandbox, &["--exit-code"]);
    assert_eq!(value["to"]["snapshot_id"], 4);
    assert_eq!(value["changes"], Value::Array(Vec::new()));
    let steps = json(&sandbox, &["--exit-code", "--steps"]);
    assert_eq!(steps["steps"], Value::Array(Vec::new()));
    let csv = sandbox.run(&["diff", "--exit-code", "--format", "csv"]);
    assert_eq!((csv.exit, csv.stdout.lines().count()), (Some(0), 1), "{csv:?}");
    // Without --exit-code, the user wants to see a difference; and a misspelt name does not mean "nothing changed".
    assert_eq!(sandbox.run(&["diff"]).exit, Some(1));
    assert_eq!(sandbox.run(&["diff", "--exit-code", "--user", "charlie"]).exit, Some(2));
    assert_eq!(sandbox.run(&["diff", "--exit-code", "3"]).exit, Some(2));
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
    assert_eq!(sandbox.run(&["diff", "1", "2", "--account", "TWIN"]).exit, Some(2));
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
    let lines: Vec<Value> = steps.data().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let numbers: Vec<i64> = lines.iter().map(|line| line["to_snapshot"].as_i64().unwrap()).collect();
    assert!(numbers.contains(&2) && numbers.contains(&4) && numbers.is_sorted());
    let rows = sandbox.run(&["diff", "1", "4", "--steps", "--format", "csv"]);
    assert_eq!(csv::Reader::from_reader(rows.data().as_bytes()).records().count(), lines.len());
    // Each line is a row of the CSV, and no value is an object or a list.
    let flat =
        |line: &Value| line.as_object().unwrap().values().all(|one| !one.is_object() && !one.is_array());
    assert!(lines.iter().all(flat));
    assert!(lines.iter().any(|line| line["resource"] == "access" && line["change"] == "gained"));
}

#[test]
fn a_row_is_a_person_and_a_change() {
    let sandbox = fixture::census();
    let object = json(&sandbox, &["1", "2", "--access"]);
    let expected: Vec<(String, String, String, String, String)> = object["access_changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            let text = |name: &str| one[name].as_str().unwrap_or_default().to_owned();
            let kinds: Vec<&str> =
                one["causes"].as_array().unwrap().iter().map(|it| it["kind"].as_str().unwrap()).collect();
            let ids = ["user_id", "account_id", "permission_set_arn", "change"].map(text);
            let [user, account, set, change] = ids;
            (user, account, set, change, kinds.len().to_string())
        })
        .collect();
    let ran = sandbox.run(&["diff", "1", "2", "--access", "--format", "csv"]);
    let mut reader = csv::Reader::from_reader(ran.data().as_bytes());
    let header = reader.headers().unwrap().clone();
    let place = |name: &str| header.iter().position(|column| column == name).unwrap();
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let access = rows.iter().filter(|row| &row[place("resource")] == "access");
    let found: Vec<_> = access
        .map(|row| {
            let text = |name: &str| row[place(name)].to_owned();
            let others = row[place("other_causes")].split("; ").filter(|one| !one.is_empty()).count();
            let causes = usize::from(!row[place("cause")].is_empty()) + others;
            (
                text("user_id"),
                text("account_id"),
                text("permission_set_arn"),
                text("change"),
                causes.to_string(),
            )
        })
        .collect();
    assert_eq!(found, expected);
    assert!(rows.iter().flatten().all(|cell| !cell.starts_with(['{', '['])));
    assert!(rows.iter().all(|row| &row[place("change")] != "unknown" || !row[place("gap_kind")].is_empty()));
}

#[test]
fn who_was_there_at_neither_end_is_said_to_be_found_elsewhere() {
    let refusal = fixture::census().run(&["diff", "2", "4", "--user", "carl"]).refusal();
    assert!(
        refusal.contains("it existed in snapshot 1 as u-carl: a diff from or to one of them"),
        "{refusal}"
    );
    assert!(!refusal.contains("--at"), "diff has no such option: {refusal}");
}

#[test]
fn a_ticket_gets_markdown() {
    let sandbox = fixture::census();
    assert_snapshot!("diff_markdown", sandbox.run(&["diff", "1", "2", "--format", "markdown"]).data());
    sandbox.run(&["diff", "2", "3", "--output", "d.md"]);
    assert_snapshot!("diff_markdown_file", std::fs::read_to_string(sandbox.path("d.md")).unwrap());
    let steps = ["diff", "1", "4", "--steps", "--access", "--format", "markdown", "--by", "user"];
    assert_snapshot!("diff_markdown_steps", sandbox.run(&steps).data());
}

#[test]
fn details_are_grouped_by_what_the_reader_cares_about() {
    let sandbox = fixture::census();
    for by in ["account", "user", "permission-set", "group"] {
        let ran = sandbox.run(&["diff", "1", "4", "--by", by]);
        assert_snapshot!(format!("diff_by_{}", by.replace('-', "_")), ran.data());
    }
    let by_resource = sandbox.run(&["diff", "1", "4", "--by", "resource"]);
    assert_eq!(by_resource, sandbox.run(&["diff", "1", "4"]));
    assert_snapshot!(
        "diff_by_as_json",
        sandbox.run(&["diff", "1", "--by", "user", "--format", "json"]).refusal()
    );
}

#[test]
fn how_much_is_told_can_be_said() {
    let sandbox = fixture::census();
    let told = |option: &str| sandbox.run(&["diff", "1", "4", option]).data().to_owned();
    assert!(told("--stat").lines().count() < told("--details").lines().count());
    assert!(!told("--stat").contains("carl"), "{}", told("--stat"));
    for (options, refusal) in [
        (["--details", "--stat"], "--details"),
        (["--stat", "--by=user"], "--stat"),
        (["--stat", "--format=csv"], "--stat is only for text and Markdown"),
        (["--details", "--format=json"], "--details is only for text and Markdown"),
    ] {
        let ran = sandbox.run(&[&["diff", "1", "4"], options.as_slice()].concat());
        assert_eq!(ran.exit, Some(2), "{options:?}");
        assert!(ran.refusal().contains(refusal), "{}", ran.stderr);
    }
    let markdown = sandbox.run(&["diff", "1", "4", "--stat", "--format", "markdown"]);
    assert!(
        markdown.data().contains("| access |") && !markdown.data().contains("###"),
        "{}",
        markdown.stdout
    );
}

#[test]
fn steps_are_dated_and_what_did_not_change_is_one_line() {
    let sandbox = fixture::census();
    assert_snapshot!(
        "diff_steps",
        sandbox.run(&["diff", "1", "4", "--steps", "--account", "sandbox 🦀"]).data()
    );
    let nothing = sandbox.run(&["diff", "1", "4", "--steps", "--resource", "roots"]);
    assert_eq!(nothing.data().lines().count(), 1);
    assert!(nothing.data().contains("1 (2026-01-10T02:01:00Z, complete) → 4 ("), "{}", nothing.stdout);
    assert!(nothing.data().ends_with(": nothing changed in 3 steps\n"), "{}", nothing.stdout);
    // A group that existed only in between is found by its name.
    let sql = "INSERT INTO groups_versions (group_id, display_name, valid_from, valid_to) VALUES ('g-brief', 'Brief', 2, 3)";
    rusqlite::Connection::open(sandbox.path("orgcensus.db")).unwrap().execute(sql, []).unwrap();
    let brief = sandbox.run(&["diff", "1", "4", "--steps", "--group", "brief"]);
    assert!(brief.data().contains("+ Brief") && brief.data().contains("- Brief"), "{}", brief.stdout);
    assert_eq!(sandbox.run(&["diff", "1", "4", "--group", "brief"]).exit, Some(2));
}

#[test]
fn an_answer_is_narrowed_to_an_ou_however_it_is_named() {
    let sandbox = fixture::census();
    let by_id = sandbox.run(&["diff", "1", "2", "--ou", "ou-f1-prod"]);
    for path in ["/Production", "Production", "Root/Production", "root/production", "/Production/"] {
        assert_eq!(sandbox.run(&["diff", "1", "2", "--ou", path]).data(), by_id.data(), "{path}");
    }
    let found = json(&sandbox, &["1", "2", "--ou", "/Production"]);
    let accounts: Vec<&str> = found["access_changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["account_id"].as_str().unwrap())
        .collect();
    assert!(accounts.len() == 6 && accounts.iter().all(|id| *id == "222222222222"), "{accounts:?}");
    assert_eq!(json(&sandbox, &["1", "2", "--ou", "/"])["access_changes"].as_array().unwrap().len(), 8);
    assert_snapshot!("diff_unknown_ou", sandbox.run(&["diff", "--ou", "/Prod"]).refusal());
}

#[test]
fn an_answer_is_narrowed_to_a_tag_that_something_has() {
    let sandbox = fixture::census();
    assert_snapshot!("diff_unknown_tag", sandbox.run(&["diff", "--tag", "env=prod"]).refusal());
    assert_snapshot!("diff_no_tag", sandbox.run(&["diff", "--tag", "env"]).refusal());
    let sql = "INSERT INTO tags_versions (resource_type, resource_id, key, value, valid_from)
               VALUES ('account', '222222222222', 'env', 'prod', 1)";
    rusqlite::Connection::open(sandbox.path("orgcensus.db")).unwrap().execute(sql, []).unwrap();
    let ran = sandbox.run(&["diff", "1", "2", "--tag", "env=prod", "--access"]);
    assert_snapshot!("diff_by_tag_without_seeing_tags", ran.data());
    assert_eq!(sandbox.run(&["diff", "3", "3", "--tag", "env=prod", "--exit-code"]).exit, Some(4));
}

#[test]
fn an_answer_is_narrowed_to_privileges() {
    let sandbox = fixture::census();
    let found = json(&sandbox, &["1", "4", "--privileged"]);
    let names: Vec<&str> = found["access_changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["permission_set_name"].as_str().unwrap())
        .collect();
    assert!(!names.is_empty() && !names.contains(&"ReadOnly"), "{names:?}");
}

#[test]
fn a_file_gets_the_format_of_its_name() {
    let sandbox = fixture::census();
    assert_eq!(sandbox.run(&["diff", "1", "2", "--output", "d.json"]).exit, Some(0));
    let value: Value =
        serde_json::from_str(&std::fs::read_to_string(sandbox.path("d.json")).unwrap()).unwrap();
    assert_eq!(value["to"]["snapshot_id"], 2);
    let ran = sandbox.run(&["diff", "1", "2", "--output", "d.txt"]);
    assert!(ran.stderr.ends_with("wrote d.txt\n"), "{}", ran.stderr);
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
    assert_snapshot!("diff_before_the_first", refused(&["diff", "..1"]));
}
