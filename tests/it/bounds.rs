//! The bounds of an answer's cost: time, memory and disk, for any question and any census.

use std::process::Stdio;

use orgcensus::store::Database;
use rusqlite::Connection;

use crate::fixture::{self, Sandbox};
use crate::kill::signal;

/// Returns SQL that takes forever to prepare: each name uses the previous one twice.
fn nested(levels: u32) -> String {
    let names: String = (1..=levels)
        .map(|n| format!(", c{n} (x) AS (SELECT a.x FROM c{p} AS a, c{p} AS b)", p = n - 1))
        .collect();
    format!("WITH c0 (x) AS (SELECT 1){names} SELECT count(*) FROM c{levels}")
}

/// A single function call that takes minutes.
const LONG: &str = "SELECT instr(hex(zeroblob(2000000)), hex(zeroblob(1000000)) || '1')";

const ENDLESS: &str =
    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";

#[test]
fn a_time_limit_ends_whatever_goes_on() {
    let sandbox = fixture::census();
    for sql in [&nested(40), LONG, ENDLESS, &format!("EXPLAIN {}", nested(40)), &format!("{LONG} FROM users")]
    {
        let ran = sandbox.run(&["query", sql, "--timeout", "100ms", "--output", "out.csv"]);
        assert_eq!(ran.exit, Some(1), "{sql}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("error: the query took longer than 100ms\nhint: "),
            "{sql}: {}",
            ran.stderr
        );
        assert_eq!(sandbox.files(), ["orgcensus.db"]);
    }
}

#[test]
fn a_first_signal_ends_whatever_goes_on() {
    let sandbox = fixture::census();
    for sql in [LONG, ENDLESS] {
        for name in ["INT", "TERM"] {
            let mut command = sandbox.command(&["query", sql, "--output", "out.csv"]);
            let mut child = command.stderr(Stdio::null()).spawn().unwrap();
            // The output is created before the statement is prepared. Signals are observed from then on.
            while sandbox.files().len() == 1 {
                std::thread::sleep(std::time::Duration::from_millis(5));
            }
            std::thread::sleep(std::time::Duration::from_millis(300));
            signal(&child, name);
            assert_eq!(child.wait().unwrap().code(), Some(130), "{sql} {name}");
            assert_eq!(sandbox.files(), ["orgcensus.db"]);
        }
    }
}

#[test]
fn a_query_has_so_much_memory_and_no_more() {
    let sandbox = fixture::census();
    for sql in [&nested(40), "SELECT length(hex(zeroblob(400000000)))", "SELECT zeroblob(900000000)"] {
        let ran = sandbox.run(&["query", sql]);
        assert_eq!(ran.exit, Some(1), "{sql}: {}", ran.stderr);
        assert!(
            ran.stderr.contains("error: the query needs more than 512 MB of memory\nhint: "),
            "{}",
            ran.stderr
        );
    }
    // Sorted rows go to a file.
    let many = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 300000)
                SELECT count(*) FROM (SELECT printf('%0500d', i) AS t FROM n ORDER BY t DESC LIMIT 299999)";
    assert_eq!(sandbox.run(&["query", many]).data(), "count(*)\n299999\n");
}

fn changed(sandbox: &Sandbox, sql: &str) {
    Connection::open(sandbox.path("orgcensus.db")).unwrap().execute_batch(sql).unwrap();
}

#[test]
fn what_should_be_a_table_is_one() {
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT";
    for (name, columns) in [
        ("gaps", "i AS snapshot_id, '' AS resource"),
        ("GAPS", "i AS snapshot_id"),
        ("snapshots", "i AS snapshot_id"),
        ("coverage", "i AS snapshot_id"),
        ("users_versions", "i AS user_id, 1 AS valid_from, NULL AS valid_to"),
        ("snapshot_hashes", "i AS snapshot_id"),
        ("census", "i AS only_row"),
    ] {
        let sandbox = fixture::census();
        changed(
            &sandbox,
            &format!(
                "PRAGMA foreign_keys = OFF; DROP TABLE {name}; CREATE VIEW {name} AS {endless} {columns} FROM n"
            ),
        );
        for arguments in [
            &[][..],
            &["snapshots"],
            &["snapshots", "show"],
            &["snapshots", "verify"],
            &["snapshots", "copy", "copy.db"],
            &["snapshots", "label", "1", "x"],
            &["snapshots", "prune", "1"],
            &["diff", "1", "2"],
            &["history", "ana"],
            &["query", "SELECT 1"],
            &["query", "user-access", "ana"],
            &["schema"],
        ] {
            let ran = sandbox.run(arguments);
            // The dictionary needs no census.
            if arguments != ["schema"] {
                assert_eq!(ran.exit, Some(1), "{name} {arguments:?}: {}", ran.stderr);
                assert!(ran.stderr.contains("is a view, where a census has a table"), "{}", ran.stderr);
            }
        }
        assert_eq!(sandbox.files(), ["orgcensus.db"]);
    }
    let sandbox = fixture::census();
    changed(&sandbox, "DROP TABLE gaps; CREATE VIRTUAL TABLE gaps USING fts5(snapshot_id, resource, scope)");
    assert_eq!(sandbox.run(&["snapshots", "show"]).exit, Some(1));
}

#[test]
fn a_message_without_an_end_is_cut_for_people() {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let endless = "UPDATE snapshots SET suspect = printf('%.*c', 300000, 'x'), label = suspect WHERE snapshot_id = 4;
        UPDATE coverage SET status = 'partial', gaps = 1, reason = printf('%.*c', 300000, 'y') WHERE snapshot_id = 4;
        INSERT OR REPLACE INTO gaps (snapshot_id, resource, scope, kind, error_message, error_code, operation, attempts)
        VALUES (4, 'users', '{}', 'failed', printf('%.*c', 20000000, 'z'), 'code', 'operation', 1)";
    database.connection().execute_batch(endless).unwrap();
    drop(database);
    for arguments in [
        &[][..],
        &["query", "SELECT user_name FROM users"],
        &["query", "SELECT user_name FROM users", "--require-complete"],
        &["snapshots", "show", "--format", "table"],
        &["diff", "1", "latest"],
        &["history", "ana"],
    ] {
        let ran = sandbox.run(arguments);
        let (data, words) = (ran.stdout.len(), ran.stderr.len());
        assert!(data < 300_000 && words < 50_000, "{arguments:?}: {data} and {words} bytes");
    }
    let exact = sandbox.run(&["query", "SELECT length(error_message) AS n FROM gaps WHERE snapshot_id = 4"]);
    assert_eq!(exact.data(), "n\n20000000\n");
}
