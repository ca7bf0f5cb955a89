//! A folder with a census of four snapshots (`fixture.sql`), in which the binary runs.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use orgcensus::store::Database;
use tempfile::TempDir;

/// A temporary folder, with or without a census.
pub struct Sandbox {
    folder: TempDir,
}

/// Returns a folder with the census of `fixture.sql` as `orgcensus.db`.
pub fn census() -> Sandbox {
    let sandbox = empty();
    let (database, created) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    assert!(created);
    database.connection().execute_batch(include_str!("fixture.sql")).unwrap();
    sandbox
}

/// Returns the same with the additions of `fixture_more.sql`.
pub fn fuller_census() -> Sandbox {
    let sandbox = census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    database.connection().execute_batch(include_str!("fixture_more.sql")).unwrap();
    sandbox
}

/// Returns an empty folder.
pub fn empty() -> Sandbox {
    Sandbox { folder: tempfile::tempdir().unwrap() }
}

impl Sandbox {
    /// Returns a path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Returns the names in the folder, sorted, without the files that SQLite leaves beside a database.
    pub fn files(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| !name.ends_with("-wal") && !name.ends_with("-shm"));
        names.sort();
        names
    }

    /// Returns the binary as a command in this folder, with an empty environment.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_orgcensus"));
        command.args(arguments).current_dir(self.folder.path()).env_clear().stdin(Stdio::null());
        command
    }

    /// Runs the binary.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.ran(self.command(arguments).output().unwrap())
    }

    /// Runs the binary with `input` on its standard input.
    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        self.ran(child.wait_with_output().unwrap())
    }

    /// Returns the result of a run.
    pub fn ran(&self, output: Output) -> Ran {
        let text =
            |bytes: Vec<u8>| without_ages(&without(self.folder.path(), String::from_utf8(bytes).unwrap()));
        Ran { exit: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

/// The exit code and the output of the binary, without the parts that differ from run to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    pub exit: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    /// Returns everything in one text, for a snapshot.
    pub fn all(&self) -> String {
        let exit = self.exit.map_or("by a signal".to_owned(), |code| code.to_string());
        format!("{}--- standard error\n{}--- exit {exit}\n", self.stdout, self.stderr)
    }

    /// Returns standard error and the exit code of a run that must not write to standard output.
    pub fn refusal(&self) -> String {
        assert_eq!(self.stdout, "", "a refused command writes no data");
        format!("{}exit {}", self.stderr, self.exit.unwrap())
    }

    /// Returns standard output of a run that succeeded.
    pub fn data(&self) -> &str {
        assert_eq!(self.exit, Some(0), "{}", self.stderr);
        &self.stdout
    }
}

fn without(folder: &Path, text: String) -> String {
    text.replace(folder.to_str().unwrap(), "[FOLDER]")
}

/// Replaces ages such as `5 days old`, which depend on the day.
fn without_ages(text: &str) -> String {
    let mut kept = String::new();
    let mut rest = text;
    while let Some(end) = rest.find(" old") {
        let (before, after) = rest.split_at(end + " old".len());
        let age = ["minute", "minutes", "hour", "hours", "day", "days"].iter().find_map(|unit| {
            let number = before.strip_suffix(&format!(" {unit} old"))?;
            let start = number.trim_end_matches(|one: char| one.is_ascii_digit());
            Some(start.strip_suffix("less than a").unwrap_or(start))
        });
        kept += age.unwrap_or(before);
        if age.is_some() {
            kept += "[AGE] old";
        }
        rest = after;
    }
    kept + rest
}
