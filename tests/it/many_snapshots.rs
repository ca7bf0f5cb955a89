//! An answer from a view of many snapshots is judged by all of them, not only by the latest.

use crate::fixture::{Sandbox, census};

/// Returns the fixture's census with other coverage: assignments limited in snapshot 1, denied in 2 and limited in 3;
/// access reports not collected in 1 and 2. The latest snapshot saw all of both.
fn unseen() -> Sandbox {
    let sandbox = census();
    let forge = rusqlite::Connection::open(sandbox.path("orgcensus.db")).unwrap();
    forge
        .execute_batch(
            "UPDATE coverage SET status = 'limited', not_asked = 0 WHERE resource = 'account_assignments'
                 AND snapshot_id IN (1, 3);
             UPDATE snapshots SET assignment_strategy = 'principals' WHERE snapshot_id IN (1, 3);
             UPDATE coverage SET status = 'partial', gaps = 1 WHERE resource = 'account_assignments' AND snapshot_id = 2;
             INSERT INTO gaps (snapshot_id, resource, scope, kind, operation, attempts, observed_at)
             VALUES (2, 'account_assignments', '{\"account_id\":\"222222222222\"}', 'denied', 'sso:X', 1, '2026-02-10T02:00:30Z');
             UPDATE coverage SET status = 'not_collected', reason = '--skip' WHERE resource = 'service_last_accessed'
                 AND snapshot_id < 3;
             UPDATE coverage SET status = 'complete', not_asked = 0 WHERE resource = 'tags'",
        )
        .unwrap();
    sandbox
}

/// Returns the warnings of a statement, without their common ending. Requiring completeness changes only the exit code.
#[track_caller]
fn warnings(sandbox: &Sandbox, arguments: &[&str]) -> Vec<String> {
    let ran = sandbox.run(&[&["query", "-q"], arguments].concat());
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let lines = ran.stderr.lines().filter_map(|line| line.strip_prefix("warning: "));
    let lines: Vec<String> = lines
        .filter_map(|line| Some(line.strip_suffix(": rows may be missing or old")?.to_owned()))
        .collect();
    let required = sandbox.run(&[&["query", "--require-complete"], arguments].concat());
    assert_eq!(
        required.exit,
        Some(if lines.is_empty() { 0 } else { 4 }),
        "{arguments:?}: {}",
        required.stderr
    );
    if !lines.is_empty() {
        assert!(
            required.stderr.starts_with(&format!("error: {}\n", lines.join("; "))),
            "{}",
            required.stderr
        );
    }
    lines
}

const ASSIGNMENTS: &str =
    "account_assignments was not completely seen in 3 of 4 snapshots (1 denied, 2 limited): ids 1 to 3";
const DENIED: &str = "account_assignments was not completely seen in 1 of 4 snapshots (1 denied): id 2";
const MEMBERSHIPS: &str = "group_memberships was not completely seen in 1 of 4 snapshots (1 denied): id 3";

#[test]
fn views_of_many_snapshots() {
    let sandbox = unseen();
    for sql in [
        "SELECT * FROM account_assignments_by_snapshot",
        "SELECT count(*) FROM account_assignments_history WHERE account_id = '333333333333'",
        "SELECT * FROM account_assignments_changes",
        "SELECT * FROM \"Account_Assignments_History\" AS users",
        "WITH x AS (SELECT * FROM account_assignments_by_snapshot) SELECT count(*) FROM x WHERE snapshot_id = 4",
        "SELECT 1 FROM account_assignments WHERE account_id IN (SELECT account_id FROM account_assignments_history)",
    ] {
        assert_eq!(warnings(&sandbox, &[sql]), [ASSIGNMENTS], "{sql}");
    }
    // The access of existing principals is not affected by the limits of a listing by principals.
    for sql in [
        "SELECT user_name, account_name FROM effective_access_history",
        "SELECT change, sum(users) FROM access_changes GROUP BY 1",
        "SELECT count(*) FROM access_change_causes",
    ] {
        let said = warnings(&sandbox, &[sql]);
        assert_eq!(said, [DENIED, MEMBERSHIPS], "{sql}");
    }
    let all = warnings(&sandbox, &["SELECT count(*) FROM changes"]);
    assert_eq!(all[0], ASSIGNMENTS);
    assert!(all.iter().any(|line| line.contains("service_last_accessed was not completely seen in 2 of 4")));
    // The latest snapshot saw everything, and an alias is not a view.
    for sql in [
        "SELECT count(*) AS account_assignments_history FROM account_assignments",
        "SELECT count(*) AS changes FROM effective_access",
        "SELECT count(*) FROM users_history",
        "SELECT count(*) FROM snapshots",
    ] {
        assert_eq!(warnings(&sandbox, &[sql]), [""; 0], "{sql}");
    }
}

#[test]
fn the_snapshots_asked_for_alone() {
    let sandbox = unseen();
    let of = |condition: &str| {
        let sql = format!("SELECT count(*) FROM account_assignments_by_snapshot WHERE {condition}");
        warnings(&sandbox, &[&sql])
    };
    for condition in
        ["snapshot_id = 4", "snapshot_id IN (4)", "snapshot_id = '4'", "4 = snapshot_id AND account_id > ''"]
    {
        assert_eq!(of(condition), [""; 0], "{condition}");
    }
    assert_eq!(
        of("snapshot_id = 2"),
        ["snapshot 2 does not completely cover account_assignments (denied, 1 gap)"]
    );
    assert_eq!(
        of("snapshot_id IN (3, 4)"),
        ["account_assignments was not completely seen in 1 of 2 snapshots (1 limited): id 3"]
    );
    assert_eq!(of("snapshot_id = 4 OR snapshot_id = 2").len(), 1);
    // A condition that cannot be interpreted with certainty counts as all snapshots.
    for condition in [
        "snapshot_id >= 4",
        "snapshot_id = 4 OR account_id = 'x'",
        "snapshot_id + 0 = 4",
        "NOT snapshot_id = 1",
    ] {
        assert_eq!(of(condition), [ASSIGNMENTS], "{condition}");
    }
    let joined =
        "SELECT 1 FROM account_assignments_by_snapshot AS a JOIN account_assignments_by_snapshot AS b
        USING (account_id) WHERE a.snapshot_id = 4";
    assert_eq!(warnings(&sandbox, &[joined]), [ASSIGNMENTS]);
}

#[test]
fn as_of_a_day_and_over_a_range() {
    let sandbox = unseen();
    let history = "SELECT count(*) FROM account_assignments_history";
    assert_eq!(
        warnings(&sandbox, &[history, "--at", "2"]),
        ["account_assignments was not completely seen in 2 of 2 snapshots (1 denied, 1 limited): ids 1, 2"]
    );
    let of_reports = "service_last_accessed was not completely seen in";
    let reports = "SELECT count(*) FROM service_last_accessed";
    assert_eq!(
        warnings(&sandbox, &[reports, "--during", "2..3"]),
        [format!("{of_reports} 1 of 2 snapshots (1 not collected): id 2")]
    );
    assert_eq!(warnings(&sandbox, &[&format!("{reports}_changes"), "--during", "3..4"]), [""; 0]);
    // A history goes back to the beginning, for any range.
    assert_eq!(
        warnings(&sandbox, &[&format!("{reports}_history"), "--during", "3..4"]),
        [format!("{of_reports} 2 of 4 snapshots (2 not collected): ids 1, 2")]
    );
}

#[test]
fn evidence_names_every_snapshot_that_an_answer_stands_on() {
    let sandbox = unseen();
    let snapshots = |sql: &str| {
        let ran = sandbox.run(&["query", sql, "--output", "a.csv", "--evidence", "--force"]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        let evidence = std::fs::read_to_string(sandbox.path("a.csv.evidence.json")).unwrap();
        let evidence: serde_json::Value = serde_json::from_str(&evidence).unwrap();
        let of = evidence["snapshots"].as_array().unwrap().iter();
        of.map(|one| one["snapshot_id"].as_i64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!(snapshots("SELECT * FROM users"), [4]);
    assert_eq!(snapshots("SELECT * FROM users_history"), [1, 2, 3, 4]);
    assert_eq!(snapshots("SELECT * FROM users_by_snapshot WHERE snapshot_id = 3"), [3, 4]);
}
