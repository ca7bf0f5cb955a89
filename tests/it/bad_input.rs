//! Bad input: the message, the hint and the exit code. Nothing is written to standard output.
use std::os::unix::fs::PermissionsExt;

use insta::assert_snapshot;
use orgcensus::store::Database;

use crate::fixture::{self, Sandbox};

fn refused(sandbox: &Sandbox, arguments: &[&str]) -> String {
    sandbox.run(arguments).refusal()
}

#[test]
fn names_that_nobody_knows() {
    let sandbox = fixture::census();
    let refused = |arguments: &[&str]| refused(&sandbox, arguments);
    assert_snapshot!("unknown_query", refused(&["query", "user-acess", "ana"]));
    assert_snapshot!("unknown_query_to_show", refused(&["query", "--show", "acounts"]));
    assert_snapshot!("unknown_user", refused(&["query", "user-access", "anna@example.com"]));
    assert_snapshot!("unknown_user_like_nobody", refused(&["query", "user-access", "zzzzzzzzz"]));
    assert_snapshot!("ambiguous_user", refused(&["query", "user-access", "sam smith"]));
    assert_snapshot!("unknown_account", refused(&["query", "account-access", "pord"]));
    assert_snapshot!("ambiguous_account", refused(&["query", "account-access", "TWIN"]));
    assert_snapshot!("unknown_parameter", refused(&["query", "user-access", "-p", "usr=ana"]));
    assert_snapshot!("unknown_snapshot", refused(&["query", "user-access", "ana", "--at", "99"]));
    assert_snapshot!("no_such_time", refused(&["query", "user-access", "ana", "--at", "2020-01-01"]));
    assert_snapshot!("no_time", refused(&["query", "user-access", "ana", "--at", "whenever"]));
    assert_snapshot!("unknown_table_in_schema", refused(&["schema", "acounts"]));
    assert_snapshot!("unknown_snapshot_to_show", refused(&["snapshots", "show", "99"]));
}

#[test]
fn values_that_are_missing_or_too_many() {
    let sandbox = fixture::census();
    let refused = |arguments: &[&str]| refused(&sandbox, arguments);
    assert_snapshot!("no_question", refused(&["query"]));
    assert_snapshot!("no_value", refused(&["query", "user-access"]));
    assert_snapshot!("two_values", refused(&["query", "user-access", "Ana", "Núñez"]));
    assert_snapshot!("value_twice", refused(&["query", "user-access", "ana", "-p", "user=bob"]));
    assert_snapshot!("no_equals_sign", refused(&["query", "user-access", "-p", "user"]));
    assert_snapshot!("no_value_for_sql", refused(&["query", "SELECT :a, :b", "-p", "a=1"]));
    assert_snapshot!("no_parameter_in_sql", refused(&["query", "SELECT 1", "-p", "a=1"]));
    assert_snapshot!("value_after_sql", refused(&["query", "SELECT 1", "ana"]));
    assert_snapshot!("unnamed_parameter", refused(&["query", "SELECT ?"]));
    assert_snapshot!("sql_in_words", refused(&["query", "SELECT", "*", "FROM", "users"]));
    assert_snapshot!("at_means_nothing", refused(&["snapshots", "prune", "1", "--at", "2"]));
    assert_snapshot!("db_means_nothing", refused(&["--db", "x.db", "demo"]));
}

#[test]
fn arguments_that_the_command_line_does_not_know() {
    let sandbox = fixture::census();
    for arguments in [
        &["query", "user-access", "ana", "--format", "xml"][..],
        &["qury"],
        &["query", "--lst"],
        &["query", "SELECT 1", "--timeout", "soon"],
        &["query", "SELECT 1", "--timeout", "5"],
        &["collect", "--share", "0"],
        &["collect", "--share", "101%"],
        &["collect", "--assume-role", "audit"],
        &["collect", "--assume-role", "arn:aws:iam::1:role/audit"],
        &["demo", "--output", "x.csv"],
        &["--external-id", "x"],
    ] {
        let ran = sandbox.run(arguments);
        assert_eq!(ran.exit, Some(2), "{arguments:?}");
        assert!(ran.stderr.starts_with("error: "), "{}", ran.stderr);
    }
    let timeout = sandbox.run(&["query", "SELECT 1", "--timeout", "5"]).stderr;
    assert!(timeout.contains("5 of what? give the unit, e.g. 5s, 5m or 5h"), "{timeout}");
    let role = sandbox.run(&["doctor", "--assume-role", "audit"]).stderr;
    assert!(role.contains("a role's ARN reads arn:aws:iam::111122223333:role/NAME"), "{role}");
    let format = sandbox.run(&["query", "SELECT 1", "--format", "xml"]).stderr;
    assert!(format.contains("[possible values: table, csv, json, jsonl, markdown, xlsx]"), "{format}");
}

#[test]
fn words_of_other_programs_are_told() {
    let sandbox = fixture::census();
    for (typed, expected) in [
        ("users", "query users"),
        ("groups", "query groups"),
        ("accounts", "query accounts"),
        ("permission-sets", "query permission_sets"),
        ("assignments", "query all-assignments"),
        ("administrators", "query privileged-access"),
        ("user ana", "query user-access ana"),
        ("group Devs", "query group-members Devs"),
        ("user-access ana", "query user-access ana"),
        ("effective_access", "query effective_access"),
        ("list", "query --list"),
        ("ls", "query --list"),
        ("list users", "query users"),
        ("get users --csv", "query users --format csv"),
        ("get ana", "history ana"),
        ("describe ana", "history ana"),
        ("show ana", "history ana"),
        ("search ana", "find ana"),
        ("grep ana", "find ana"),
        ("plan", "collect --dry-run"),
        ("check --read-data", "snapshots verify"),
        ("validate", "snapshots verify"),
        ("log ana", "snapshots"),
        ("dump users --csv", "query users --format csv"),
        ("dump", "query 'SELECT …'"),
        ("sql", "query 'SELECT …'"),
        ("shell", "query 'SELECT …'"),
        ("tables", "schema"),
        ("verify", "snapshots verify"),
        ("audit", "snapshots verify"),
        ("backup x.db", "snapshots copy x.db"),
        ("copy x.db", "snapshots copy x.db"),
        ("restore x.db", "--db x.db"),
        ("delete", "snapshots prune --keep-daily 30 --dry-run"),
        ("prune", "snapshots prune --keep-daily 30 --dry-run"),
        ("compare 1 2", "diff 1 2"),
        ("changes", "diff"),
        ("sync", "collect"),
        ("run", "collect"),
        ("scan", "collect"),
        ("init", "collect"),
        ("login", "doctor"),
        ("whoami", "doctor"),
        ("version", "--version"),
        ("usage", "--help"),
        ("organizations list-accounts", "query accounts"),
        ("--database x.db", "--db x.db"),
        ("--csv users", "--format csv query users"),
        ("query users --json", "query users --format json"),
        ("query users -o json", "query users --format json"),
        ("query users -o x.csv", "query users --output x.csv"),
        ("query users --as-of 2", "query users --at 2"),
        ("snapshots compare 1 2", "diff 1 2"),
    ] {
        let ran = sandbox.run(&typed.split(' ').collect::<Vec<_>>());
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(2), ""), "{typed}: {}", ran.stderr);
        let hint = ran.stderr.lines().nth(1).unwrap_or_default();
        let command = hint.trim_start_matches("hint: ").trim_start_matches("write ");
        let rest = command.strip_prefix("orgcensus ").and_then(|rest| rest.strip_prefix(expected));
        assert!(rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' ')), "{typed}: {}", ran.stderr);
        assert!(ran.stderr.starts_with("error: there is no "), "{typed}: {}", ran.stderr);
    }
    assert_eq!(sandbox.run(&["status"]).data(), sandbox.run(&[]).data());
    assert_eq!(sandbox.run(&["snapshots", "ls"]).data(), sandbox.run(&["snapshots"]).data());
}

#[test]
fn the_parsers_refusals_read_like_ours() {
    let sandbox = fixture::census();
    let refused = |arguments: &[&str]| refused(&sandbox, arguments);
    assert_snapshot!("parser_command", refused(&["qury"]));
    assert_snapshot!("parser_option", refused(&["query", "--lst"]));
    assert_snapshot!("parser_value", refused(&["query", "SELECT 1", "--format", "xml"]));
    assert_snapshot!("parser_missing", refused(&["history"]));
    assert_snapshot!("parser_conflict", refused(&["query", "--list", "--show", "x", "users"]));
    assert_snapshot!("parser_more", refused(&["doctor", "now"]));
    assert_snapshot!("parser_verb", refused(&["snapshots", "frobnicate"]));
}

#[test]
fn sql_that_is_wrong_or_does_more_than_read() {
    let sandbox = fixture::census();
    let refused = |sql: &str| refused(&sandbox, &["query", sql]);
    assert_snapshot!("sql_unknown_table", refused("SELECT *\nFROM acounts"));
    assert_snapshot!("sql_unknown_column", refused("SELECT user_nme FROM users"));
    for (sql, meant) in [
        ("SELECT name FROM users", "user_name"),
        ("SELECT group_name FROM groups", "display_name"),
        ("SELECT account_name FROM accounts", "name"),
        ("SELECT permission_set_name FROM permission_sets", "name"),
        ("SELECT u.userName FROM users AS u", "user_name"),
        ("SELECT email FROM users", "primary_email"),
    ] {
        let told = refused(sql);
        assert!(told.contains(&format!("\nhint: did you mean {meant}")), "{sql}: {told}");
    }
    assert_snapshot!("sql_syntax", refused("SELEC 1"));
    assert_snapshot!("sql_incomplete", refused("SELECT (1"));
    assert_snapshot!("sql_runtime", refused("SELECT json('{') FROM users"));
    assert_snapshot!("sql_empty", refused(" -- nothing"));
    assert_snapshot!("sql_several", refused("SELECT 1; SELECT 2"));
    let only_reads = refused("DELETE FROM users_versions");
    assert_snapshot!("sql_that_writes", only_reads);
    for sql in [
        "DELETE FROM users",
        "INSERT INTO snapshots SELECT * FROM snapshots",
        "UPDATE users_versions SET user_name = 'x' RETURNING user_id",
        "DROP VIEW users",
        "CREATE TEMP TABLE t (x)",
        "ATTACH 'other.db' AS other",
        "VACUUM INTO 'copy.db'",
        "PRAGMA query_only = 0",
        "PRAGMA journal_mode = DELETE",
        "BEGIN IMMEDIATE",
        "COMMIT; SELECT 1",
        "SELECT load_extension('x')",
    ] {
        let ran = sandbox.run(&["query", sql]);
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(2), ""), "{sql}: {}", ran.stderr);
    }
    assert_eq!(sandbox.files(), ["orgcensus.db"]);
    assert_eq!(sandbox.run(&["query", "SELECT count(*) FROM users"]).data(), "count(*)\n5\n");
}

/// Replaces the program's schema number, which every migration changes.
fn without_schema(refusal: &str) -> String {
    let Some((before, after)) = refusal.split_once("this program knows ") else { return refusal.to_owned() };
    let after = after.trim_start_matches(|one: char| one.is_ascii_digit());
    format!("{before}this program knows [SCHEMA]{after}")
}

#[test]
fn files_that_are_no_census() {
    let sandbox = fixture::census();
    std::fs::write(sandbox.path("notes.txt"), "not a database, but long enough to be looked at\n".repeat(40))
        .unwrap();
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    let (newer, _) = Database::open_or_create(&sandbox.path("newer.db")).unwrap();
    let newer_format = "PRAGMA user_version = 999; UPDATE file_format SET oldest_reader = 999";
    newer.connection().execute_batch(newer_format).unwrap();
    drop(newer);
    rusqlite::Connection::open(sandbox.path("foreign.db"))
        .unwrap()
        .execute_batch("CREATE TABLE t (x)")
        .unwrap();
    std::fs::write(sandbox.path("nothing.db"), "").unwrap();
    for (name, file) in [
        ("missing", "missing.db"),
        ("no_database", "notes.txt"),
        ("directory", "folder"),
        ("newer_schema", "newer.db"),
        ("foreign", "foreign.db"),
        ("empty_file", "nothing.db"),
        ("out_of_reach", "notes.txt/orgcensus.db"),
        ("device", "/dev/null"),
    ] {
        let refusal = refused(&sandbox, &["query", "user-access", "ana", "--db", file]);
        assert_snapshot!(format!("file_{name}"), without_schema(&refusal));
    }
    // A path without access may contain a census.
    assert!(refused(&sandbox, &["--db", "notes.txt/orgcensus.db"]).ends_with("exit 1"));
}

#[test]
fn a_census_in_a_folder_that_cannot_be_written_can_be_read() {
    let sandbox = fixture::census();
    let folder = sandbox.path("");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    let ran = sandbox.run(&["query", "SELECT count(*) FROM users"]);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_eq!(ran.data(), "count(*)\n5\n");
}

#[test]
fn outputs_that_cannot_be_written() {
    let sandbox = fixture::census();
    std::fs::write(sandbox.path("kept.csv"), "kept").unwrap();
    let refused = |output: &str| refused(&sandbox, &["query", "user-access", "ana", "--output", output]);
    assert_snapshot!("output_is_a_format", refused("json"));
    assert_snapshot!("output_of_no_known_format", refused("report.pdf"));
    assert_snapshot!("output_exists", refused("kept.csv"));
    assert_snapshot!("output_is_a_folder", refused("."));
    assert_snapshot!("output_in_no_folder", refused("nowhere/out.csv"));
    let census = sandbox.run(&["query", "user-access", "ana", "--output", "orgcensus.db", "--force"]);
    assert_snapshot!("output_is_the_census", census.refusal());
    // A later failure leaves an existing file unchanged.
    let failed = sandbox.run(&["query", "user-access", "nobody", "--output", "kept.csv", "--force"]);
    assert_eq!(failed.exit, Some(2));
    assert_eq!(std::fs::read_to_string(sandbox.path("kept.csv")).unwrap(), "kept");
    assert_eq!(sandbox.files(), ["kept.csv", "orgcensus.db"]);
}

#[test]
fn an_escape_sequence_in_an_argument_or_a_name_never_reaches_the_terminal() {
    let sandbox = fixture::census();
    let unknown = sandbox.run(&["query", "user-access", "\u{1b}[31mEv"]);
    assert!(!unknown.stderr.contains('\u{1b}'), "{:?}", unknown.stderr);
    let file = sandbox.run(&["query", "SELECT 1", "--db", "\u{1b}[2Jx.db"]);
    assert!(!file.stderr.contains('\u{1b}'), "{:?}", file.stderr);
}

#[test]
fn a_misspelt_column_in_quotes_is_no_text() {
    let sandbox = fixture::census();
    let refused = |sql: &str| refused(&sandbox, &["query", sql]);
    assert_snapshot!(
        "sql_column_in_quotes",
        refused("SELECT count(*) FROM users WHERE \"user_statuss\" = 'DISABLED'")
    );
    assert_snapshot!(
        "sql_text_in_quotes",
        refused("SELECT count(*) FROM users WHERE user_status = \"DISABLED\"")
    );
    for sql in [
        "SELECT \"user_nam\" FROM users",
        "SELECT count(*) FROM users WHERE user_name IN (\"ana@example.com\")",
        "SELECT user_name FROM users GROUP BY \"user_statuss\"",
        "SELECT user_name FROM users ORDER BY \"user_statuss\"",
        "SELECT u.user_name FROM users AS u JOIN groups AS g ON u.user_id = \"g.group_idd\"",
        "SELECT * FROM users WHERE emails ->> \"$[0].Value\" = 'x'",
        "SELECT * FROM users WHERE users.\"user_statuss\" = 'x'",
        "SELECT * FROM users WHERE `user_statuss` = 'x'",
        "SELECT * FROM users WHERE [user_statuss] = 'x'",
        "SELECT * FROM users WHERE rowid = 1",
        "WITH u AS (SELECT \"user_statuss\" AS s FROM users) SELECT * FROM u WHERE s = 'DISABLED'",
        "SELECT (SELECT max(\"user_statuss\") FROM users)",
        "SELECT * FROM users_history WHERE \"gone\" IS NULL",
    ] {
        for at in [&[][..], &["--at", "2"], &["--during", "1", "2"]] {
            let ran = sandbox.run(&[&["query", sql], at].concat());
            assert_eq!((ran.exit, ran.stdout.as_str()), (Some(2), ""), "{sql}: {}", ran.stderr);
            assert!(ran.stderr.contains("error: no such column: "), "{sql}: {}", ran.stderr);
            assert!(ran.stderr.contains("hint: "), "{sql}: {}", ran.stderr);
        }
    }
    let quoted = "SELECT count(*) AS \"a b\" FROM \"users\" WHERE \"users\".\"user_status\" IS NOT NULL";
    assert_eq!(sandbox.run(&["query", quoted]).data().lines().next(), Some("a b"));
}

#[test]
fn sql_that_only_a_mistake_explains() {
    let sandbox = fixture::census();
    for (condition, says) in [
        ("created_at > 2026-01-10", "error: 2026-01-10 without quotes is a subtraction, not a date"),
        ("user_status = NULL", "error: nothing is ever = NULL"),
        ("user_id IN ()", "error: the list after IN is empty"),
        ("user_id = 0071", "error: 0071 without quotes is the number 71"),
        ("user_status = 'DISABLED' OR 'ENABLED'", "error: 'ENABLED' by itself is not a condition"),
    ] {
        let said = refused(&sandbox, &["query", &format!("SELECT count(*) FROM users WHERE {condition}")]);
        assert!(said.starts_with(says) && said.contains("hint: ") && said.ends_with("exit 2"), "{said}");
    }
    let compared =
        refused(&sandbox, &["query", "SELECT count(*) FROM organization_tree WHERE depth + 0 = '1'"]);
    assert!(
        compared.starts_with("error: '1' is compared with a number, and no text equals a number"),
        "{compared}"
    );
    let right = sandbox.run(&["query", "SELECT count(*) FROM organization_tree WHERE depth + 0 = 1"]);
    assert!(!right.stderr.contains("no text equals a number"), "{}", right.stderr);
}
