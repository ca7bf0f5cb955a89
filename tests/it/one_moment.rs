//! A reader that waits for its own output to be read keeps to its moment, even if snapshots are pruned meanwhile.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use crate::fixture::{self, Sandbox};

/// More rows than a pipe and the program's own buffer hold, with their snapshots.
const LONG: &str = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 600)
    SELECT n.i, a.name, a.state, u.user_name, u.user_status FROM n, accounts AS a, users AS u ORDER BY 1, 2, 3, 4, 5";

/// Reads a line of the answer, prunes the second snapshot, and reads the rest.
fn pruned_meanwhile(sandbox: &Sandbox, arguments: &[&str], input: &str) -> (String, String) {
    let mut command = sandbox.command(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut reader = command.spawn().unwrap();
    reader.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let mut stdout = BufReader::new(reader.stdout.take().unwrap());
    let mut answer = String::new();
    stdout.read_line(&mut answer).unwrap();
    assert_eq!(sandbox.run(&["snapshots", "prune", "2"]).exit, Some(0), "a reader holds nobody up");
    assert_eq!(reader.try_wait().unwrap(), None, "it waits for its reader");
    stdout.read_to_string(&mut answer).unwrap();
    let mut words = String::new();
    reader.stderr.take().unwrap().read_to_string(&mut words).unwrap();
    assert!(reader.wait().unwrap().success(), "{words}");
    (answer, words)
}

#[test]
fn a_full_pipe_and_a_prune() {
    for (question, input) in [(LONG, ""), ("-", LONG)] {
        for range in [&["--at", "2"][..], &["--during", "1..2"], &["--during", "2", "3"], &[]] {
            let arguments = [&["query", question, "--format", "jsonl"], range].concat();
            let sandbox = fixture::census();
            let before = sandbox.run_with_input(&arguments, input);
            let (answer, words) = pruned_meanwhile(&sandbox, &arguments, input);
            assert!(answer.len() > 1_000_000, "{arguments:?}: {}", answer.len());
            assert!(answer == before.data(), "{arguments:?}: the answer mixes two states");
            assert_eq!(words.contains("snapshot 2,"), before.stderr.contains("snapshot 2,"), "{words}");
        }
    }
}
