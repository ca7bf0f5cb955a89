//! Every reading command answers as of one moment: a prune at any of its statements or rows changes nothing of an
//! answer that has begun.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::Cli;
use crate::output::words::{self, Color};
use crate::store::{Database, stops};

/// Many rows, of a census whose second snapshot goes.
const MANY: &str = "SELECT a.snapshot_id, a.name, u.user_name, u.user_status FROM accounts_by_snapshot AS a, users_history AS u
    ORDER BY a.snapshot_id, a.account_id, u.user_id, u.valid_from LIMIT 60";

/// What a command wrote, or why it did not.
type Answer = Result<Vec<String>, String>;

/// A folder with a census that is put back to its beginning before each answer.
struct Reader {
    folder: tempfile::TempDir,
    census: Vec<u8>,
    arguments: Vec<OsString>,
}

impl Reader {
    fn new(arguments: &[&str]) -> Self {
        words::configure(true, Color::Never);
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

    /// Answers; at a stop of the reader, the second snapshot is pruned.
    fn answer(&self, stop: usize) -> (Answer, usize) {
        for file in std::fs::read_dir(self.folder.path()).unwrap() {
            std::fs::remove_file(file.unwrap().path()).unwrap();
        }
        let path = self.path("o.db");
        std::fs::write(&path, &self.census).unwrap();
        let prune = move || prune(&path);
        if stop == 0 {
            prune();
            return (self.read(), 0);
        }
        stops::at(stop, prune, || self.read())
    }

    fn read(&self) -> Answer {
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

/// A file, without the time at which evidence was written; of a copy its snapshots and rows.
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

/// The stops to try: every one of the beginning, and some up to the end.
fn chosen(stops: usize) -> impl Iterator<Item = usize> {
    const BEGINNING: usize = 12;
    (1..=BEGINNING).chain((BEGINNING + 1..stops).step_by((stops / 8).max(1))).chain([stops])
}

/// At whatever stop the prune comes: the answer is that from before it, and from one after it only where it comes
/// before anything was read.
#[track_caller]
fn assert_one_moment(arguments: &[&str]) {
    assert_one_moment_at(arguments, |stops| chosen(stops).collect());
}

#[track_caller]
fn assert_one_moment_at(arguments: &[&str], chosen: impl FnOnce(usize) -> Vec<usize>) {
    let reader = Reader::new(arguments);
    let (after, _) = reader.answer(0);
    let (before, stops) = reader.answer(usize::MAX);
    assert!(before.is_ok(), "{arguments:?}: {before:?}");
    assert!(stops > 10, "{arguments:?}: {stops} stops");
    let mut has_begun = false;
    for stop in chosen(stops) {
        let (answer, _) = reader.answer(stop);
        has_begun |= answer != after;
        assert!(
            answer == before || (answer == after && !has_begun),
            "{arguments:?}: pruned at stop {stop} of {stops}: {answer:?}\nbefore: {before:?}\nafter: {after:?}"
        );
    }
    assert!(has_begun || before == after, "{arguments:?}: no stop is after the beginning");
}

#[test]
fn a_question_as_of_a_snapshot() {
    for question in [&[MANY][..], &["user-access", "ana"]] {
        let arguments =
            [&["query"], question, &["--at", "2", "--output", "answer", "--evidence", "--format", "jsonl"]];
        assert_one_moment(&arguments.concat());
    }
}

/// The last stops are the rows of the answer.
#[test]
fn every_row_of_an_answer() {
    let arguments = ["query", MANY, "--at", "2", "--output", "answer", "--format", "jsonl"];
    assert_one_moment_at(&arguments, |stops| [1, 2].into_iter().chain(stops - 60..=stops).collect());
}

#[test]
fn a_question_of_the_latest() {
    let all = ["query", MANY, "--output", "answer", "--evidence", "--format", "csv"];
    assert_one_moment(&all);
    assert_one_moment(&[
        "query",
        "user-access",
        "ana",
        "--output",
        "answer",
        "--evidence",
        "--format",
        "json",
    ]);
}

#[test]
fn a_question_over_a_range() {
    for question in [&[MANY][..], &["user-access", "carl"], &["group-members", "g-admins"]] {
        let arguments = [
            &["query"],
            question,
            &["--during", "1..2", "--output", "answer", "--evidence", "--format", "csv"],
        ];
        assert_one_moment(&arguments.concat());
    }
}

#[test]
fn a_life() {
    for (name, at) in [("bob", "2"), ("044444444444", "latest"), ("g-devs", "3")] {
        let arguments = ["history", name, "--at", at, "--output", "answer", "--evidence", "--format", "csv"];
        assert_one_moment(&arguments);
    }
}

#[test]
fn a_diff() {
    for range in [&["1", "2"][..], &["2", "4"], &["1", "4", "--steps"], &["1", "3", "--user", "carl"]] {
        let options = ["--output", "answer", "--evidence", "--format", "json"];
        assert_one_moment(&[&["diff"], range, &options].concat());
    }
}

#[test]
fn a_snapshot_its_evidence_and_the_list() {
    for shown in [&["show", "2"][..], &["show", "2", "--evidence"], &["show", "--at", "3"], &["list"]] {
        assert_one_moment(&[&["snapshots"], shown, &["--output", "answer", "--format", "json"]].concat());
    }
}

#[test]
fn the_state_and_the_schema() {
    assert_one_moment(&["--output", "answer"]);
    assert_one_moment(&["--at", "2", "--output", "answer"]);
    assert_one_moment(&["schema", "--at", "2", "--output", "answer", "--format", "csv"]);
}

/// A copy is made at a moment of its own: where the snapshots changed just before it, it is refused.
#[test]
fn a_copy() {
    let changed = Err("the snapshots changed just before they were copied".to_owned());
    for at in [&[][..], &["--at", "2"], &["--at", "1", "--at", "3"]] {
        let arguments = [&["snapshots", "copy", "copy.db"], at].concat();
        let reader = Reader::new(&arguments);
        let ((after, _), (before, stops)) = (reader.answer(0), reader.answer(usize::MAX));
        for stop in chosen(stops) {
            let (answer, _) = reader.answer(stop);
            assert!([&before, &after, &changed].contains(&&answer), "{arguments:?} {stop}: {answer:?}");
        }
    }
}
