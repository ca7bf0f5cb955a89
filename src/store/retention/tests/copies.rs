//! Tests that a copy is one file that holds the requested snapshots and nothing else.

use std::path::{Path, PathBuf};

use rusqlite::ErrorCode;

use crate::model::Row;
use crate::store::testing::{World, column, row, scope};
use crate::store::{Census, Database, schema};

/// Returns a world of three snapshots, each with another name of its account.
fn world() -> World {
    let mut world = World::new();
    for name in ["first-name", "second-name", "third-name"] {
        let accounts: Vec<Row> = vec![row("accounts", &[("account_id", "1"), ("name", name)])];
        world.collect().listed(&[scope("accounts", &[])], accounts).publish();
    }
    world
}

fn copied(world: &World, folder: &Path, kept: Option<&[i64]>) -> PathBuf {
    let target = folder.join("copy.db");
    std::fs::write(&target, "").unwrap();
    world.census().copy(&target, kept, &|_| Ok(())).unwrap();
    target
}

fn files(folder: &Path) -> Vec<String> {
    let files =
        std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().file_name().into_string().unwrap());
    files.collect()
}

#[test]
fn a_copy_is_one_file_also_while_it_is_read() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    // A writer is at work. Its uncommitted changes are not copied.
    world.database.connection().execute_batch("BEGIN IMMEDIATE; DELETE FROM accounts_versions").unwrap();
    let copy = copied(&world, folder.path(), None);
    let mut census = Census::open(&copy).unwrap();
    assert_eq!(column(census.connection(), "SELECT name FROM accounts"), ["third-name"]);
    census.answer_as_of(1).unwrap();
    assert_eq!(column(census.connection(), "SELECT name FROM accounts"), ["first-name"]);
    assert_eq!(files(folder.path()), ["copy.db"]);
    // The version bytes of the header: 2 would mean a log.
    assert_eq!(std::fs::read(&copy).unwrap()[18..20], [1, 1]);
}

#[test]
fn a_copy_of_some_snapshots_holds_nothing_of_the_others() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let copy = copied(&world, folder.path(), Some(&[1, 3]));
    let census = Census::open(&copy).unwrap();
    let versions =
        "SELECT concat_ws(' ', name, valid_from, valid_to) FROM accounts_versions ORDER BY valid_from";
    assert_eq!(column(census.connection(), versions), ["first-name 1 3", "third-name 3"]);
    assert_eq!(files(folder.path()), ["copy.db"]);
    let bytes = std::fs::read(&copy).unwrap();
    let holds = |text: &str| bytes.windows(text.len()).any(|window| window == text.as_bytes());
    assert!(holds("first-name") && !holds("second-name"));
    assert_eq!(world.column("SELECT count(*) || '' FROM snapshots"), ["3"]);
}

#[test]
fn a_copy_keeps_to_one_file_when_it_is_pruned_and_is_a_census_to_collect_into() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let copy = copied(&world, folder.path(), None);
    let mut database = Database::open_existing(&copy).unwrap();
    database.label(3, Some("kept")).unwrap();
    database.prune(&[1, 2]).unwrap();
    drop(database);
    drop(Census::open(&copy).unwrap());
    assert_eq!(files(folder.path()), ["copy.db"]);
    let (database, created) = Database::open_or_create(&copy).unwrap();
    assert!(!created);
    assert_eq!(column(database.connection(), "PRAGMA journal_mode"), ["wal"]);
    assert_eq!(column(database.connection(), "SELECT label FROM snapshots"), ["kept"]);
}

#[test]
fn a_copy_that_is_interrupted_leaves_no_other_file() {
    let world = world();
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("copy.db");
    std::fs::write(&target, "").unwrap();
    let interrupt = |connection: &rusqlite::Connection| {
        connection.progress_handler(1, Some(|| true)).unwrap();
        Ok(())
    };
    let error = world.census().copy(&target, Some(&[1]), &interrupt).unwrap_err();
    let cause = std::error::Error::source(&error).and_then(|cause| cause.downcast_ref::<rusqlite::Error>());
    assert_eq!(cause.and_then(rusqlite::Error::sqlite_error_code), Some(ErrorCode::OperationInterrupted));
    assert_eq!(files(folder.path()), ["copy.db"]);
}

#[test]
fn the_log_of_another_database_is_not_taken_for_the_copys() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.db");
    std::fs::write(folder.path().join("copy.db-shm"), "shared").unwrap();
    std::fs::write(folder.path().join("copy.db-wal"), "").unwrap();
    Census::make_room_for_copy(&file).unwrap();
    assert_eq!(files(folder.path()), Vec::<String>::new());
    std::fs::write(folder.path().join("copy.db-wal"), "pages").unwrap();
    let error = Census::make_room_for_copy(&file).unwrap_err();
    assert!(error.to_string().ends_with("copy.db-wal\" holds pages of another database"), "{error}");
    assert_eq!(files(folder.path()), ["copy.db-wal"]);
}

#[test]
fn a_copy_of_an_older_census_has_this_versions_tables() {
    let world = world();
    schema::downgrade(world.database.connection(), 2);
    let mut census = world.census();
    assert_eq!(column(census.connection(), "SELECT count(*) || '' FROM accounts_history"), ["3"]);
    census.answer_as_of(2).unwrap();
    assert_eq!(column(census.connection(), "SELECT name FROM accounts"), ["second-name"]);
    crate::diff::compare(census.connection(), 1, 2).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let copy = copied(&world, folder.path(), Some(&[2]));
    let census = Census::open(&copy).unwrap();
    assert_eq!(column(census.connection(), "SELECT name FROM accounts"), ["second-name"]);
    assert_eq!(column(census.connection(), "SELECT count(*) || '' FROM pruned_endings"), ["0"]);
}

#[test]
fn a_copy_is_of_the_snapshots_that_were_told_or_none() {
    for kept in [None, Some(&[1, 3][..])] {
        let mut world = world();
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("copy.db");
        std::fs::write(&target, "").unwrap();
        let census = world.census();
        world.database.prune(&[2]).unwrap();
        assert_eq!(census.snapshots().unwrap().len(), 3);
        let error = census.copy(&target, kept, &|_| Ok(())).unwrap_err();
        assert_eq!(error.to_string(), "the snapshots changed just before they were copied");
    }
}
