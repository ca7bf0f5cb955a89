//! Standard output that cannot be written: closed, read-only or full. A write that failed is never a success.

use std::process::{Command, Stdio};

use crate::fixture::{self, Ran, Sandbox};

/// Runs the binary with a shell redirection.
fn redirected(sandbox: &Sandbox, redirection: &str, arguments: &[&str]) -> Ran {
    let command = sandbox.command(arguments);
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec \"$@\" {redirection}"), "sh"]).arg(command.get_program());
    shell.args(arguments).env_clear().stdin(Stdio::null()).current_dir(command.get_current_dir().unwrap());
    sandbox.ran(shell.output().unwrap())
}

/// Every command that writes to standard output and does not call AWS.
const COMMANDS: &[&[&str]] = &[
    &[],
    &["--help"],
    &["--version"],
    &["query", "--help"],
    &["query", "SELECT 1"],
    &["query", "user-access", "ana"],
    &["query", "--list"],
    &["query", "--show", "user-access"],
    &["diff", "1", "2"],
    &["diff", "1", "2", "--exit-code"],
    &["diff", "1", "4", "--steps"],
    &["history", "ana"],
    &["policy-diff", "--policy", "p-f1", "1", "2"],
    &["snapshots"],
    &["snapshots", "show", "3"],
    &["snapshots", "show", "4", "--evidence"],
    &["snapshots", "prune", "1", "--dry-run"],
    &["schema"],
    &["schema", "users"],
    &["iam-policy"],
    &["completions", "bash"],
];

const FORMATS: [&str; 5] = ["table", "csv", "json", "jsonl", "markdown"];

fn with_formats() -> Vec<Vec<&'static str>> {
    let mut all: Vec<Vec<&str>> = COMMANDS.iter().map(|one| one.to_vec()).collect();
    for command in COMMANDS
        .iter()
        .filter(|one| matches!(one.first(), Some(&("query" | "diff" | "history" | "snapshots" | "schema"))))
    {
        if !command.iter().any(|one| ["--help", "--show"].contains(one)) {
            all.extend(FORMATS.map(|format| [command, &["--format", format][..]].concat()));
        }
    }
    all
}

#[test]
fn a_closed_output_is_an_error() {
    let sandbox = fixture::census();
    for arguments in with_formats() {
        let ran = redirected(&sandbox, ">&-", &arguments);
        assert_eq!(ran.exit, Some(1), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("standard output is closed"), "{arguments:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint: "), "{arguments:?}: {}", ran.stderr);
    }
}

#[test]
fn what_writes_elsewhere_needs_no_output() {
    let sandbox = fixture::census();
    for (arguments, exit) in [
        (&["query", "SELECT 1", "--output", "one.csv"][..], 0),
        (&["snapshots", "label", "1", "first-one"], 0),
        (&["snapshots", "copy", "copy.db"], 0),
        (&["diff", "1", "2", "--exit-code", "--quiet"], 3),
        (&["query", "SELECT 1", "--bogus"], 2),
    ] {
        let ran = redirected(&sandbox, ">&-", arguments);
        assert_eq!(ran.exit, Some(exit), "{arguments:?}: {}", ran.stderr);
    }
    assert_eq!(redirected(&sandbox, "> /dev/null", &["query", "SELECT 1"]).exit, Some(0));
    assert_eq!(redirected(&sandbox, "2>&-", &["query", "SELECT 1"]).data(), "1\n1\n");
}

#[test]
fn an_output_that_cannot_be_written_is_an_error() {
    let sandbox = fixture::census();
    let mut redirections = vec!["1< /dev/null"];
    if cfg!(target_os = "linux") {
        redirections.push("> /dev/full");
    }
    for redirection in redirections {
        for arguments in with_formats() {
            let ran = redirected(&sandbox, redirection, &arguments);
            assert_eq!(ran.exit, Some(1), "{redirection} {arguments:?}: {}", ran.stderr);
            assert!(ran.stderr.contains("error: cannot write the output"), "{}", ran.stderr);
        }
    }
    for name in ["/dev/stdout", "/dev/fd/1", "-"] {
        let ran = redirected(&sandbox, ">&-", &["query", "SELECT 1", "--output", name]);
        assert_eq!(ran.exit, Some(1), "{name}: {}", ran.stderr);
    }
    if cfg!(target_os = "linux") {
        let full = sandbox.run(&["query", "SELECT 1", "--output", "/dev/full"]);
        assert_eq!(full.exit, Some(1), "{}", full.stderr);
    }
}
