//! The state of the census: the bare command, snapshots, the data dictionary, completions.
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;
use orgcensus::model::{RESOURCES, ResourceGroup};
use orgcensus::simulator::{Action, Fault};

use crate::fixture;
use crate::world::{World, small};

#[test]
fn without_a_census_the_first_commands_are_shown() {
    assert_snapshot!(fixture::empty().run(&[]).all());
    let elsewhere = fixture::empty().run(&["--db", "a/long/path/to.db"]);
    let columns =
        elsewhere.data().lines().filter(|line| line.starts_with("  ")).map(|line| line.rfind("   "));
    assert_eq!(columns.collect::<std::collections::BTreeSet<_>>().len(), 1, "{elsewhere:?}");
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
fn an_empty_name_of_the_census_in_the_environment_is_none() {
    let sandbox = fixture::census();
    let run =
        |name: &str| sandbox.ran(sandbox.command(&["snapshots"]).env("ORGCENSUS_DB", name).output().unwrap());
    assert_eq!(run(""), sandbox.run(&["snapshots"]));
    assert_eq!(run("none.db").exit, Some(1));
}

#[test]
fn a_hint_names_the_census_where_the_environment_names_another() {
    let sandbox = fixture::census();
    let hint = |arguments: &[&str], name: &str| {
        let asked = ["query", "SELECT * FROM group_memberships", "--at", "3", "--require-complete"];
        let mut command = sandbox.command(&[&asked, arguments].concat());
        sandbox.ran(command.env("ORGCENSUS_DB", name).output().unwrap()).refusal()
    };
    let named = "hint: orgcensus --db orgcensus.db snapshots show 3 lists";
    assert!(hint(&["--db", "orgcensus.db"], "other.db").contains(named));
    assert!(hint(&[], "orgcensus.db").contains("hint: orgcensus snapshots show 3 lists"));
    assert!(
        hint(&["--db", "./orgcensus.db"], "")
            .contains("orgcensus --db ./orgcensus.db snapshots show 3 lists")
    );
    std::fs::copy(sandbox.path("orgcensus.db"), sandbox.path("our census.db")).unwrap();
    let nobody = sandbox.run(&["query", "user-access", "zzzz", "--db", "our census.db"]).refusal();
    assert!(nobody.contains("hint: orgcensus --db 'our census.db' query \"SELECT user_id"), "{nobody}");
}

#[test]
fn what_is_quoted_is_never_taken_for_a_command_of_ours() {
    let sandbox = fixture::census();
    std::fs::rename(sandbox.path("orgcensus.db"), sandbox.path("other.db")).unwrap();
    let nobody = sandbox.run(&["query", "user-access", "orgcensus query", "--db", "other.db"]).refusal();
    assert!(nobody.starts_with("error: there is no user \"orgcensus query\" in snapshot"), "{nobody}");
}

#[test]
fn snapshots_are_listed_and_shown_with_their_gaps() {
    let sandbox = fixture::census();
    assert_snapshot!(sandbox.run(&["snapshots"]).data());
    assert_eq!(sandbox.run(&["snapshots", "list", "--at", "1"]), sandbox.run(&["snapshots", "--at", "1"]));
    assert_snapshot!(sandbox.run(&["snapshots", "show", "3", "--format", "table"]).all());
    let by_date = sandbox.run(&["snapshots", "show", "2026-03-31"]);
    assert!(by_date.stderr.starts_with("snapshot 3, "), "{}", by_date.stderr);
}

#[test]
fn like_gaps_are_told_together_and_each_by_itself_to_programs() {
    let sandbox = fixture::census();
    let (database, _) = orgcensus::store::Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let gaps = "INSERT INTO gaps (snapshot_id, resource, scope, kind, operation, error_code, error_message, attempts,
            request_id, observed_at)
        SELECT 3, 'group_memberships', json_object('group_id', value), 'denied', 'identitystore:ListGroupMemberships',
            'AccessDeniedException', 'no', 1, 'req-' || value, '2026-03-10T02:00:31Z'
        FROM json_each('[\"g-admins\", \"g-empty\", \"g-gone\", \"g-new\"]');
        INSERT INTO gaps (snapshot_id, resource, scope, kind, error_message, attempts)
        VALUES (3, 'tags', '{}', 'not_asked', 'left out by --skip', 0)";
    database.connection().execute_batch(gaps).unwrap();
    drop(database);
    let shown = sandbox.run(&["snapshots", "show", "3", "--format", "table"]);
    let (_, unseen) = shown.data().split_once("\nnot seen\n").unwrap();
    assert_snapshot!(unseen);
    assert!(shown.stderr.ends_with("each gap by itself: orgcensus snapshots show 3 --format json\n"));
    let rows = sandbox.run(&["snapshots", "show", "3", "--format", "jsonl"]);
    let gaps: Vec<serde_json::Value> =
        rows.data().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let gaps: Vec<_> = gaps.iter().filter(|row| row["status"] == "gap").collect();
    assert_eq!(gaps.len(), 6);
    assert_eq!(
        (&gaps[0]["about"], &gaps[0]["request_id"]),
        (&"group Admins (g-admins)".into(), &"req-g-admins".into())
    );
}

#[test]
fn the_data_dictionary_describes_every_column() {
    let sandbox = fixture::census();
    let ran = sandbox.run(&["schema", "--format", "jsonl"]);
    assert!(ran.data().lines().count() > 40);
    for name in [
        "effective_access",
        "users",
        "snapshots",
        "seen_under_gaps",
        "stale_rows",
        "changes",
        "access_changes",
        "Users_History",
    ] {
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
fn help_and_shells_name_groups_and_resources() {
    let sandbox = fixture::empty();
    let groups = ResourceGroup::ALL.map(ResourceGroup::as_str);
    let names: Vec<_> = groups.into_iter().chain(RESOURCES.iter().map(|spec| spec.name)).collect();
    for command in ["collect", "iam-policy", "doctor"] {
        let help = sandbox.run(&[command, "--help"]);
        let words: Vec<_> =
            help.data().split_whitespace().map(|word| word.trim_end_matches([',', ';'])).collect();
        for name in &names {
            assert!(words.contains(name), "{command} {name}");
        }
        assert_eq!(
            help.data().matches("or group such as @policies").count(),
            if command == "collect" { 3 } else { 2 }
        );
        let refused = sandbox.run(&[command, "--skip", "@polices"]);
        assert_eq!(refused.exit, Some(2));
        assert!(refused.stderr.contains("hint: did you mean @policies?"), "{}", refused.stderr);
    }
    for (shell, listed) in [("bash", " "), ("zsh", " "), ("fish", "\\t''\n")] {
        let script = sandbox.run(&["completions", shell]);
        let times = script.data().matches(&names.join(listed)).count();
        // The options of collect, and two each of iam-policy and doctor.
        assert!(times >= 7, "{shell}: {times}");
    }
}

#[test]
fn resources_are_named_one_by_one_or_with_commas() {
    let sandbox = fixture::census();
    for (with_commas, one_by_one) in [
        (
            &["iam-policy", "--only", "users,roots"][..],
            &["iam-policy", "--only", "users", "--only", "roots"][..],
        ),
        (&["iam-policy", "--skip", "users,roots"], &["iam-policy", "--skip", "users", "--skip", "roots"]),
        (&["diff", "--resource", "users,tags"], &["diff", "--resource", "users", "--resource", "tags"]),
    ] {
        assert_eq!(sandbox.run(with_commas).data(), sandbox.run(one_by_one).data());
    }
}

#[test]
fn help_shows_examples_and_grouped_options() {
    let sandbox = fixture::empty();
    assert_snapshot!(sandbox.run(&["--help"]).data());
    assert_snapshot!(sandbox.run(&["query", "--help"]).data());
    assert_snapshot!("help_of_diff", sandbox.run(&["diff", "--help"]).data());
    assert_snapshot!("help_of_history", sandbox.run(&["history", "--help"]).data());
}

#[test]
fn what_a_collection_was_not_asked_for_is_not_summed_up_as_none() {
    let world = World::of(small());
    let ran = world.collect(&["--only", "groups"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let row = |resource: &str| ran.stderr.lines().any(|line| line.starts_with(&format!("{resource}  ")));
    assert!(row("groups") && !row("users") && !row("tags"), "{}", ran.stderr);
    let left_out = ran.stderr.lines().find_map(|line| line.strip_prefix("not collected: ")).unwrap();
    assert!(left_out.split(", ").any(|name| name == "users"), "{left_out}");
}

#[test]
fn a_failed_call_is_logged_where_that_is_asked_for() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on("ListGroups", Action::Denied { kms_reason: None }));
    let logged =
        |option: &str| world.run(&["doctor", "--only", "groups", option]).stderr.contains("call failed");
    assert!(logged("-v") && !logged("--quiet"));
}

#[test]
fn an_empty_file_becomes_a_census_that_only_its_owner_may_read() {
    let world = World::of(small());
    let file = world.sandbox.path("orgcensus.db");
    std::fs::write(&file, "").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    assert_eq!(world.collect(&["--only", "organization"]).exit, Some(0));
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn the_whole_dictionary_has_relations() {
    let sandbox = fixture::census();
    let run = |format: &str| sandbox.run(&["schema", "--all", "--format", format]).data().to_owned();
    let object: serde_json::Value = serde_json::from_str(&run("json")).unwrap();
    let tables = object["tables"].as_array().unwrap();
    let names = |value: &serde_json::Value| -> Vec<String> {
        let one = |it: &serde_json::Value| it["name"].as_str().or(it.as_str()).unwrap().to_owned();
        value.as_array().unwrap().iter().map(one).collect()
    };
    let table = |name: &str| tables.iter().find(|one| one["name"] == name);
    for spec in RESOURCES {
        // Every table derived from a resource has a description, and so has each of its columns.
        for end in ["", "_history", "_by_snapshot", "_changes", "_versions"] {
            let one = table(&format!("{}{end}", spec.name)).unwrap();
            for column in one["columns"].as_array().unwrap() {
                assert!(column["description"].is_string(), "{}{end}: {column}", spec.name);
            }
        }
    }
    let mut relations = 0;
    for one in tables {
        for reference in one["references"].as_array().unwrap() {
            relations += 1;
            let to = table(reference["table"].as_str().unwrap()).unwrap_or_else(|| panic!("{reference}"));
            let is_there = |column: &String, of: &serde_json::Value| names(&of["columns"]).contains(column);
            assert!(names(&reference["columns"]).iter().all(|column| is_there(column, one)), "{reference}");
            assert!(names(&reference["to"]).iter().all(|column| is_there(column, to)), "{reference}");
            assert_eq!(names(&reference["columns"]).len(), names(&reference["to"]).len());
            if let Some(column) = reference["when"]["column"].as_str() {
                assert!(is_there(&column.to_owned(), one), "{reference}");
            }
        }
    }
    assert!(relations > 300, "{relations}");
    let of_assignments = &table("account_assignments").unwrap()["references"];
    let told: Vec<String> = of_assignments
        .as_array()
        .unwrap()
        .iter()
        .map(|one| {
            format!("{} {} {}", one["columns"][0], one["table"], one["when"]["value"]).replace('"', "")
        })
        .collect();
    assert_eq!(
        told,
        [
            "account_id accounts null",
            "permission_set_arn permission_sets null",
            "principal_id users USER",
            "principal_id groups GROUP",
        ]
    );
    let history = table("users_history").unwrap()["description"].as_str().unwrap();
    assert!(history.contains("a row is a version"), "{history}");
    let markdown = run("markdown");
    assert!(
        markdown.contains("\n## users_versions\n")
            && markdown.contains("| users.user_id when principal_type = USER;")
    );
    assert_eq!(markdown.matches("\n## ").count(), tables.len());
    let dbt = run("dbt");
    assert!(
        dbt.contains("to: source('orgcensus', 'users')")
            && dbt.contains("where: \"principal_type = 'USER'\"")
    );
    assert_eq!(dbt.matches("\n      - name: ").count(), tables.len());
    let rows = run("csv");
    let columns: usize = tables.iter().map(|one| one["columns"].as_array().unwrap().len()).sum();
    assert_eq!(csv::Reader::from_reader(rows.as_bytes()).records().count(), columns);
    // A single table, and other answers, do not have this format.
    for arguments in [&["schema", "users", "--format", "dbt"][..], &["query", "roots", "--format", "dbt"]] {
        assert!(sandbox.run(arguments).refusal().contains("schema --all --format dbt"), "{arguments:?}");
    }
    assert_eq!(sandbox.run(&["schema", "users", "--all"]).exit, Some(2));
}

#[test]
fn too_large_a_view_must_be_asked_for_something() {
    let sandbox = fixture::census();
    let from = "FROM effective_access_by_snapshot AS e";
    for sql in [
        "effective_access_by_snapshot".to_owned(),
        format!("SELECT count(*) {from}"),
        format!("SELECT user_id, count(*) {from} GROUP BY 1"),
        format!("SELECT * {from} WHERE user_name = 'ana'"),
        format!("SELECT * {from} WHERE snapshot_id > 1"),
        format!("SELECT * {from} WHERE account_id LIKE '1%' LIMIT 1"),
        format!("SELECT * {from} WHERE account_id = '111111111111' OR via = 'direct'"),
        format!("SELECT * {from} JOIN accounts AS a USING (account_id) WHERE a.name = 'prod'"),
    ] {
        let ran = sandbox.run(&["query", &sql]);
        assert_eq!(ran.exit, Some(2), "{sql}: {ran:?}");
        assert!(ran.stderr.contains("hint: ask for values of snapshot_id, account_id or user_id"), "{ran:?}");
    }
    let rows = |sql: &str| {
        let ran = sandbox.run(&["query", sql, "--format", "csv"]);
        ran.data().lines().skip(1).map(str::to_owned).collect::<Vec<_>>()
    };
    let columns = "user_id || account_id || permission_set_arn || via || coalesce(group_id, '') || coalesce(user_name, '') || coalesce(account_name, '')";
    for id in ["1", "2", "3", "4"] {
        let of_day = sandbox.run(&[
            "query",
            &format!("SELECT {columns} FROM effective_access ORDER BY 1"),
            "--at",
            id,
            "--format",
            "csv",
        ]);
        let of_day: Vec<String> = of_day.data().lines().skip(1).map(str::to_owned).collect();
        assert_eq!(rows(&format!("SELECT {columns} {from} WHERE snapshot_id = {id} ORDER BY 1")), of_day);
    }
    for condition in [
        "account_id = '111111111111'",
        "user_id IN ('u-ana', 'u-bob')",
        "snapshot_id IN (1, 2) AND via = 'group'",
        "e.snapshot_id = 2 AND EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = e.user_id)",
    ] {
        let ran = sandbox.run(&["query", &format!("SELECT * {from} WHERE {condition}")]);
        assert_eq!(ran.exit, Some(0), "{condition}: {ran:?}");
    }
    let privileged = rows(
        "SELECT DISTINCT valid_from FROM privileged_permission_sets_history WHERE level = 'administrator'",
    );
    assert!(!privileged.is_empty());
}
