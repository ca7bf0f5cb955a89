//! Tests that every reading command answers from one moment: a prune during any of its statements or rows does not
//! change an answer that has begun.
//!
//! A reader takes locks in its first statements, which are all stops here, and releases them at its end. A test from
//! outside proves that it takes none in between: `tests/lock-calls` stops the program at every lock call.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::io::{Seek, Write};
use std::path::{Path, PathBuf};

use super::Cli;
use crate::output::stderr::{self, Color};
use crate::store::Database;
use crate::store::stops::{self, Stop};

/// Many rows, from a census whose second snapshot is pruned.
const MANY: &str = "SELECT a.snapshot_id, a.name, u.user_name, u.user_status FROM accounts_by_snapshot AS a, users_history AS u
    ORDER BY a.snapshot_id, a.account_id, u.user_id, u.valid_from LIMIT 60";

/// The output of a command, or its error.
type Answer = Result<Vec<String>, String>;

/// A folder with a census that is restored before each answer.
struct Reader {
    folder: tempfile::TempDir,
    census: Vec<u8>,
    arguments: Vec<OsString>,
}

impl Reader {
    fn new(arguments: &[&str]) -> Self {
        stderr::configure(true, Color::Never);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("o.db");
        let (database, _) = Database::open_or_create(&path).unwrap();
        database.connection().execute_batch(include_str!("../../tests/it/fixture.sql")).unwrap();
        drop(database);
        let census = std::fs::read(&path).unwrap();
        let in_folder = |name: &str| folder.path().join(name).into_os_string();
        let mut all = vec!["orgcensus".into(), "--db".into(), path.into_os_string()];
        for argument in arguments {
            all.push(match *argument {
                name @ ("answer" | "copy.db") => in_folder(name),
                other => other.into(),
            });
        }
        Self { folder, census, arguments: all }
    }

    /// Runs the command. At the given stop of the reader, the second snapshot is pruned.
    fn answer(&self, stop: usize) -> (Answer, Vec<Stop>) {
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        let path = self.path("o.db");
        std::fs::write(&path, &self.census).unwrap();
        let prune = move || prune(&path);
        if stop == 0 {
            prune();
            return (self.read(), Vec::new());
        }
        stops::at(stop, prune, || self.read())
    }

    fn read(&self) -> Answer {
        // Among the tests, only the question `-` reads standard input.
        if self.arguments.iter().any(|argument| argument == "-") {
            let mut input = tempfile::tempfile().unwrap();
            input.write_all(MANY.as_bytes()).unwrap();
            input.rewind().unwrap();
            rustix::stdio::dup2_stdin(input).unwrap();
        }
        let cli = Cli::read(self.arguments.clone()).unwrap();
        super::run(cli).map_err(|error| error.to_string())?;
        let files = ["answer", "answer.evidence.json", "copy.db"].map(|name| self.path(name));
        Ok(files.iter().filter(|file| file.exists()).map(|file| content(file)).collect())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn prune(path: &Path) {
    let mut database = Database::open_existing(path).unwrap();
    database.prune(&[2]).unwrap();
}

/// Returns the content of a file: evidence without its time of writing, and a copy as its snapshots and rows.
fn content(file: &Path) -> String {
    if file.ends_with("copy.db") {
        let copy = rusqlite::Connection::open(file).unwrap();
        let sql =
            "SELECT group_concat(snapshot_id || ' ' || account_id || ' ' || state) FROM accounts_by_snapshot";
        return copy.query_row(sql, [], |row| row.get(0)).unwrap();
    }
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().filter(|line| !line.contains("written_at")).collect::<Vec<_>>().join("\n")
}

/// The rows to stop after, besides the stops that are tried for every command.
#[derive(Clone, Copy)]
enum Rows {
    /// The first 50 rows read from the census, and the last of all.
    First,
    /// The last rows: every row of an answer of 60, and the rows that evidence reads afterwards.
    Last,
    /// A few rows only.
    Few,
}

impl Rows {
    /// Returns the stops to try: every one of the beginning, some up to the end, and these rows.
    fn chosen(self, stops: &[Stop]) -> BTreeSet<usize> {
        const BEGINNING: usize = 12;
        let rows: Vec<usize> =
            (1..).zip(stops).filter(|(_, stop)| stop.is_content()).map(|(at, _)| at).collect();
        let last = |count: usize| rows.iter().rev().take(count);
        let spread = (BEGINNING..stops.len()).step_by((stops.len() / 8).max(1));
        let mut chosen: BTreeSet<usize> = (1..=BEGINNING).chain(spread).chain([stops.len()]).collect();
        match self {
            Self::First => chosen.extend(rows.iter().take(50).chain(last(14))),
            Self::Last => chosen.extend(last(75)),
            Self::Few => {}
        }
        chosen
    }
}

/// Asserts that at any stop the answer equals the one without a prune. It may equal the one after the prune only at
/// stops before anything was read.
#[track_caller]
fn assert_one_moment(arguments: &[&str], rows: Rows) {
    let reader = Reader::new(arguments);
    let (after, _) = reader.answer(0);
    let (before, stops) = reader.answer(usize::MAX);
    assert!(before.is_ok(), "{arguments:?}: {before:?}");
    assert!(stops.len() > 10, "{arguments:?}: {} stops", stops.len());
    let mut has_begun = false;
    for stop in rows.chosen(&stops) {
        let (answer, _) = reader.answer(stop);
        has_begun |= answer != after;
        assert!(
            answer == before || (answer == after && !has_begun),
            "{arguments:?}: pruned at stop {stop} of {}, {:?}: {answer:?}\nbefore: {before:?}\nafter: {after:?}",
            stops.len(),
            stops[stop - 1]
        );
    }
    assert!(has_begun || before == after, "{arguments:?}: no stop is after the beginning");
}

const WRITTEN: [&str; 5] = ["--output", "answer", "--evidence", "--format", "jsonl"];

#[test]
fn a_question_as_of_a_snapshot() {
    for question in [&[MANY][..], &["user-access", "ana"]] {
        assert_one_moment(&[&["query"], question, &["--at", "2"], &WRITTEN].concat(), Rows::Last);
    }
}

#[test]
fn a_question_on_standard_input() {
    for range in [&["--at", "2"][..], &["--during", "1..2"]] {
        assert_one_moment(&[&["query", "-"], range, &WRITTEN].concat(), Rows::Last);
    }
}

#[test]
fn a_question_of_the_latest() {
    assert_one_moment(&[&["query", MANY], &WRITTEN[..]].concat(), Rows::Last);
    assert_one_moment(&[&["query", "user-access", "ana"], &WRITTEN[..]].concat(), Rows::Last);
}

#[test]
fn a_question_over_a_range() {
    for question in [&[MANY][..], &["user-access", "carl"], &["group-members", "g-admins"]] {
        assert_one_moment(&[&["query"], question, &["--during", "1..2"], &WRITTEN].concat(), Rows::Last);
    }
}

#[test]
fn a_life() {
    for (name, at, rows) in
        [("bob", "2", Rows::First), ("044444444444", "latest", Rows::Few), ("g-devs", "3", Rows::First)]
    {
        assert_one_moment(&[&["history", name, "--at", at], &WRITTEN[..]].concat(), rows);
    }
}

#[test]
fn a_diff() {
    for range in [&["1", "2"][..], &["2", "4"], &["1", "4", "--steps"], &["1", "3", "--user", "carl"]] {
        let options = ["--output", "answer", "--evidence", "--format", "json"];
        assert_one_moment(&[&["diff"], range, &options].concat(), Rows::Few);
    }
}

#[test]
fn two_dates_of_a_policy() {
    let policy = "arn:aws:iam::aws:policy/AdministratorAccess";
    assert_one_moment(&[&["policy-diff", "--policy", policy, "1", "3"], &WRITTEN[..]].concat(), Rows::Few);
}

#[test]
fn a_page() {
    assert_one_moment(&["report", "--at", "2", "answer"], Rows::First);
    assert_one_moment(&["report", "--since", "2", "answer"], Rows::Few);
}

#[test]
fn a_snapshot_its_evidence_and_the_list() {
    for (shown, rows) in [
        (&["show", "2"][..], Rows::First),
        (&["show", "2", "--evidence"], Rows::First),
        (&["show", "--at", "3"], Rows::Few),
        (&["list"], Rows::First),
    ] {
        let arguments = [&["snapshots"], shown, &["--output", "answer", "--format", "json"]];
        assert_one_moment(&arguments.concat(), rows);
    }
}

#[test]
fn the_state_and_the_schema() {
    assert_one_moment(&["--output", "answer"], Rows::First);
    assert_one_moment(&["--at", "2", "--output", "answer"], Rows::First);
    assert_one_moment(&["schema", "--at", "2", "--output", "answer", "--format", "csv"], Rows::Few);
}

/// A copy has a moment of its own: it is refused if the snapshots change just before it.
#[test]
fn a_copy() {
    let changed = Err("the snapshots changed just before they were copied".to_owned());
    for at in [&[][..], &["--at", "2"], &["--at", "1", "--at", "3"]] {
        let arguments = [&["snapshots", "copy", "copy.db"], at].concat();
        let reader = Reader::new(&arguments);
        let ((after, _), (before, stops)) = (reader.answer(0), reader.answer(usize::MAX));
        for stop in Rows::Few.chosen(&stops) {
            let (answer, _) = reader.answer(stop);
            assert!([&before, &after, &changed].contains(&&answer), "{arguments:?} {stop}: {answer:?}");
        }
    }
}
