//! Answers as workbooks: the possible destinations, and identical bytes for the same question.
//!
//! `tests/interchange` checks how spreadsheet programs read them.

use std::os::unix::fs::PermissionsExt;

use crate::fixture;

/// Returns the bytes of the workbook that a command writes.
fn written(sandbox: &fixture::Sandbox, arguments: &[&str]) -> Vec<u8> {
    let ran = sandbox.run(&[arguments, &["--output", "answer.xlsx", "--force"]].concat());
    assert_eq!((ran.exit, ran.stdout.as_str()), (Some(0), ""), "{}", ran.stderr);
    let path = sandbox.path("answer.xlsx");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::read(path).unwrap()
}

#[test]
fn the_same_question_makes_the_same_bytes() {
    let sandbox = fixture::census();
    let questions: [&[&str]; 4] = [
        &["query", "user-access", "ana"],
        &["query", "SELECT 1 AS one WHERE 0"],
        &["diff", "1", "4"],
        &["history", "ana"],
    ];
    let mut all = Vec::new();
    for question in questions {
        let first = written(&sandbox, question);
        assert!(first.starts_with(b"PK\x03\x04"), "it is a zip archive");
        std::thread::sleep(std::time::Duration::from_millis(1_100));
        assert_eq!(first, written(&sandbox, question), "{question:?}");
        all.push(first);
    }
    all.dedup();
    assert_eq!(all.len(), questions.len());
    let earlier = written(&sandbox, &["query", "user-access", "ana", "--at", "1"]);
    assert_ne!(earlier, all[0], "it says which snapshot answered");
}

#[test]
fn only_answers_of_a_snapshot_are_workbooks() {
    let sandbox = fixture::census();
    for arguments in [&["snapshots"][..], &["schema"], &["query", "--list"]] {
        let ran = sandbox.run(&[arguments, &["--output", "answer.xlsx"]].concat());
        assert_eq!(ran.exit, Some(2), "{arguments:?}");
        assert!(
            ran.stderr.starts_with("error: workbooks are for the answers of query, diff"),
            "{}",
            ran.stderr
        );
        assert!(!sandbox.path("answer.xlsx").exists());
    }
    std::fs::copy(sandbox.path("orgcensus.db"), sandbox.path("other.db")).unwrap();
    let several = ["query", "users", "--db", "orgcensus.db", "--db", "other.db", "--output", "answer.xlsx"];
    let ran = sandbox.run(&several);
    assert_eq!(ran.exit, Some(2), "{}", ran.stderr);
    assert!(!sandbox.path("answer.xlsx").exists());
}

#[test]
fn excel_csv_is_for_csv_alone() {
    let ran = fixture::census().run(&["query", "users", "--csv-for", "excel", "--output", "answer.xlsx"]);
    assert!(ran.refusal().contains("--csv-for is only for CSV, not for xlsx"), "{}", ran.stderr);
}
