//! Several censuses in one question.

use std::path::Path;

use crate::fixture::{self, Sandbox};

/// Returns the census of the fixture as `a.db`, and as `b.db` with another organization and one user less.
fn two() -> Sandbox {
    let sandbox = fixture::census();
    let path = |name: &str| sandbox.path(name);
    std::fs::rename(path("orgcensus.db"), path("a.db")).unwrap();
    std::fs::copy(path("a.db"), path("b.db")).unwrap();
    change(
        &path("a.db"),
        "INSERT OR REPLACE INTO census (only_row, organization_id, created_at) VALUES (1, 'o-a', '2026-01-01T00:00:00Z')",
    );
    change(
        &path("b.db"),
        "INSERT OR REPLACE INTO census (only_row, organization_id, created_at) VALUES (1, 'o-b', '2026-01-01T00:00:00Z')",
    );
    sandbox
}

fn change(path: &Path, sql: &str) {
    rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
}

const BOTH: [&str; 4] = ["--db", "a.db", "--db", "b.db"];

#[test]
fn rows_are_joined_below_their_organization() {
    let sandbox = two();
    let users = "SELECT user_name FROM users ORDER BY 1";
    let of = |db: &str, id: &str| {
        let ran = sandbox.run(&["query", users, "--db", db]);
        ran.data().lines().skip(1).map(|line| format!("{id},{line}\n")).collect::<String>()
    };
    let ran = sandbox.run(&[&["query", users], &BOTH[..]].concat());
    assert_eq!(ran.data(), format!("organization_id,user_name\n{}{}", of("a.db", "o-a"), of("b.db", "o-b")));
    assert!(
        ran.stderr.contains("a.db: snapshot 4, ") && ran.stderr.contains("b.db: snapshot 4, "),
        "{}",
        ran.stderr
    );
    for (arguments, rows) in [
        (&["query", users, "--limit", "6", "--format", "jsonl"][..], 6),
        (&["query", users, "--columns", "user_name", "--at", "3", "--format", "jsonl"], 10),
        (&["query", users, "--during", "1..4", "--format", "jsonl"], 0),
        (&["query", "administrator-sets", "--format", "jsonl"], 0),
    ] {
        let ran = sandbox.run(&[arguments, &BOTH[..]].concat());
        let lines: Vec<_> = ran.data().lines().collect();
        assert!(lines.iter().all(|line| line.starts_with("{\"organization_id\":\"o-")), "{lines:?}");
        assert!(lines.len() == rows || rows == 0 && lines.len() > 1, "{arguments:?}: {lines:?}");
    }
    let counted =
        sandbox.run(&[&["query", "SELECT count(*) AS n FROM users", "--quiet"], &BOTH[..]].concat());
    assert_eq!(counted.data(), "organization_id,n\no-a,5\no-b,5\n");
    assert!(counted.stderr.contains("counts and sums are per organization"), "{}", counted.stderr);
    let written = sandbox.run(&[&["query", users, "--output", "all.csv"], &BOTH[..]].concat());
    assert_eq!(written.exit, Some(0), "{}", written.stderr);
    assert_eq!(std::fs::read_to_string(sandbox.path("all.csv")).unwrap(), ran.stdout);
}

#[test]
fn the_worst_answer_is_the_exit_code() {
    let sandbox = two();
    let ask = |arguments: &[&str]| sandbox.run(&[&["query"], arguments].concat());
    let users = "SELECT user_name FROM users";
    let missing = ask(&[users, "--db", "a.db", "--db", "nowhere.db"]);
    assert_eq!((missing.exit, missing.stdout.lines().count()), (Some(1), 6), "{}", missing.stderr);
    assert!(missing.stderr.contains("error: nowhere.db: there is no database"), "{}", missing.stderr);
    let file = ask(&[users, "--db", "a.db", "--db", "nowhere.db", "--output", "half.csv"]);
    assert_eq!((file.exit, sandbox.path("half.csv").exists()), (Some(1), false));

    change(
        &sandbox.path("b.db"),
        "UPDATE coverage SET status = 'partial', gaps = 1 WHERE snapshot_id = 4 AND resource = 'users'",
    );
    let partial = ask(&[&[users], &BOTH[..]].concat());
    assert_eq!(partial.exit, Some(0));
    assert!(
        partial.stderr.contains("warning: b.db: ") && !partial.stderr.contains("warning: a.db: "),
        "{}",
        partial.stderr
    );
    let required = ask(&[&[users, "--require-complete"], &BOTH[..]].concat());
    assert_eq!((required.exit, required.stdout.lines().count()), (Some(4), 6), "{}", required.stderr);
    assert!(
        required.stderr.contains("error: b.db: ")
            && required.stderr.contains("orgcensus --db b.db snapshots show 4"),
        "{}",
        required.stderr
    );

    // A name that one of them lacks is an error of that census, and not "none".
    change(
        &sandbox.path("b.db"),
        "UPDATE users_versions SET user_name = 'x' || user_id, display_name = NULL, primary_email = NULL",
    );
    let name = sandbox
        .run(&["query", "--raw", "SELECT user_name FROM users LIMIT 1", "--db", "a.db"])
        .data()
        .trim()
        .to_owned();
    let unknown = ask(&[&["user-access", &name], &BOTH[..]].concat());
    assert_eq!(unknown.exit, Some(2), "{}", unknown.stderr);
    assert!(
        unknown.stderr.contains("error: b.db: ") && unknown.stdout.starts_with("organization_id,"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn what_has_no_meaning_for_several_is_refused() {
    let sandbox = two();
    for arguments in [
        &["query", "SELECT 1 AS a", "--raw"][..],
        &["query", "SELECT 1 AS a", "--output", "x.csv", "--evidence"],
        &["query", "SELECT organization_id FROM organization"],
        &["snapshots"],
        &["diff", "1", "2"],
        &["who", "ana"],
        &["snapshots", "copy", "x.db"],
        &[],
        &["query", "SELECT 1 AS a", "--db", "./a.db"],
        &["query", "SELECT 1 AS a", "--output", "b.db", "--force"],
    ] {
        let refused = sandbox.run(&[arguments, &BOTH[..]].concat()).refusal();
        assert!(refused.contains("\nhint: ") && refused.ends_with("exit 2"), "{arguments:?}: {refused}");
    }
    let only_query = sandbox.run(&[&["history", "ana"], &BOTH[..]].concat()).refusal();
    assert!(
        only_query.contains("hint: only query accepts several: orgcensus query … --db FILE --db FILE"),
        "{only_query}"
    );
    // A census of an older version may have fewer columns.
    change(&sandbox.path("b.db"), "ALTER TABLE snapshots ADD COLUMN more TEXT");
    let other = sandbox.run(
        &[&["query", "SELECT * FROM main.snapshots", "--columns", "snapshot_id,label"], &BOTH[..]].concat(),
    );
    assert_eq!(other.exit, Some(0), "{}", other.stderr);
}

#[test]
fn what_stands_beside_an_answer_is_said_of_each() {
    let sandbox = two();
    let words = "permission sets of which a policy was not read";
    let told = |ran: &fixture::Ran, whose: &str| {
        let note = format!("note: {whose}{words}");
        let line = ran.stderr.lines().find(|line| line.starts_with(&note));
        let line = line.unwrap_or_else(|| panic!("{note}: {}", ran.stderr));
        line.rsplit_once(": ").and_then(|(_, count)| count.split_once(' ')).unwrap().0.parse::<u32>().unwrap()
    };
    let of_one = told(&sandbox.run(&["query", "privileged-access", "--db", "a.db"]), "");
    assert!(of_one > 0);
    let both = sandbox.run(&[&["query", "privileged-access"], &BOTH[..]].concat());
    assert_eq!([told(&both, "a.db: "), told(&both, "b.db: ")], [of_one; 2]);
}

#[test]
fn other_columns_than_those_of_the_first_are_an_error_that_names_them() {
    let sandbox = two();
    change(
        &sandbox.path("a.db"),
        "CREATE TABLE mine (name TEXT, old TEXT); INSERT INTO mine VALUES ('a', 'b')",
    );
    change(
        &sandbox.path("b.db"),
        "CREATE TABLE mine (name TEXT, new TEXT); INSERT INTO mine VALUES ('c', 'd')",
    );
    let ran = sandbox.run(&[&["query", "SELECT * FROM mine"], &BOTH[..]].concat());
    assert_eq!(ran.exit, Some(1), "{}", ran.stderr);
    assert_eq!(ran.stdout, "organization_id,name,old\no-a,a,b\n");
    assert!(ran.stderr.contains("than that of a.db: new here, old there"), "{}", ran.stderr);
    let ran = sandbox.run(&[&["query", "SELECT * FROM mine", "--columns", "name"], &BOTH[..]].concat());
    assert_eq!(ran.data(), "organization_id,name\no-a,a\no-b,c\n", "{}", ran.stderr);
}
