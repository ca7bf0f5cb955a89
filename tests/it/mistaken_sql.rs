//! SQL that SQLite accepts but that is a mistake never reads as "none", and correct SQL is neither refused nor doubted.

use crate::fixture::census;

#[test]
fn what_nobody_means_is_refused() {
    let sandbox = census();
    for sql in [
        "SELECT * FROM users WHERE user_id NOT IN ('a', NULL)",
        "SELECT * FROM users WHERE user_id IN (NULL)",
        "SELECT * FROM users WHERE user_name LIKE NULL",
        "SELECT * FROM users WHERE user_status",
        "SELECT * FROM users WHERE NOT user_name",
        "SELECT * FROM effective_access WHERE account_name OR user_name = 'ana'",
        "SELECT * FROM snapshots WHERE taken_at > datetime('now','-2 yeers')",
        "SELECT * FROM snapshots WHERE taken_at > date('2024-13-01')",
        "SELECT * FROM snapshots WHERE strftime('%Y', taken_at) = 2026",
        "SELECT * FROM accounts WHERE substr(account_id, 1, 1) = 4",
        "SELECT * FROM accounts WHERE substr(account_id, 1, 1) IN (4, 5, 6)",
        "SELECT * FROM accounts WHERE name & 'x'",
        "SELECT * FROM accounts WHERE name = 'a' + 'b'",
        "SELECT state, count(*) FROM accounts GROUP BY 'state'",
        "SELECT * FROM accounts ORDER BY 'state'",
        "SELECT * FROM users_by_snapshot WHERE snapshot_id = '3x'",
        "SELECT * FROM accounts WHERE is_management_account = 'true'",
        "SELECT * FROM accounts WHERE account_id = 044444444444",
    ] {
        let ran = sandbox.run(&["query", sql]);
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(2), ""), "{sql}: {}", ran.stderr);
        assert!(
            ran.stderr.starts_with("error: ") && ran.stderr.contains("\nhint: "),
            "{sql}: {}",
            ran.stderr
        );
    }
}

#[test]
fn right_sql_is_answered_without_a_word() {
    let sandbox = census();
    for sql in [
        "SELECT * FROM accounts WHERE substr(account_id, 1, 1) = '9'",
        "SELECT * FROM accounts WHERE CAST(account_id AS INTEGER) = 999999999999",
        "SELECT * FROM accounts WHERE length(name) = 007",
        "SELECT NULL = NULL FROM accounts WHERE 1 = 2",
        "SELECT * FROM accounts WHERE account_id = 999999999999",
        "SELECT * FROM snapshots WHERE strftime('%Y', taken_at) = '1999' AND taken_at > date('now', '-90 years')",
        "SELECT * FROM users_by_snapshot WHERE snapshot_id = '99'",
        "SELECT * FROM accounts WHERE is_management_account AND name IS NULL",
    ] {
        let ran = sandbox.run(&["query", "-q", sql]);
        assert_eq!((ran.exit, ran.stderr.as_str()), (Some(0), ""), "{sql}");
    }
}

#[test]
fn why_an_answer_is_empty_is_said_to_the_quiet_too() {
    let sandbox = census();
    for (sql, says) in [
        ("SELECT * FROM users WHERE coalesce(user_id, 1) = 111122223333", "an id is text"),
        (
            "SELECT * FROM users WHERE user_name NOT IN (SELECT valid_to FROM users_history)",
            "a list after NOT IN has a NULL in it",
        ),
    ] {
        let ran = sandbox.run(&["query", "-q", sql]);
        assert!(ran.exit == Some(0) && ran.stderr.contains(says), "{sql}: {}", ran.stderr);
    }
}
