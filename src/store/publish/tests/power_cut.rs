//! Tests of a publish that a power cut interrupts: the log may end anywhere, with its last sectors half written.

use std::path::Path;

use super::*;
use crate::store::file::beside;

/// Returns the census after the computer restarts: its snapshots, and the accounts' names.
fn after_power_cut(folder: &Path, database: &[u8], log: &[u8]) -> (Vec<String>, Vec<String>) {
    let path = folder.join("o.db");
    for suffix in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(beside(&path, suffix));
    }
    std::fs::write(&path, database).unwrap();
    std::fs::write(beside(&path, "-wal"), log).unwrap();
    let (database, _) = Database::open_or_create(&path).unwrap();
    let read = |sql: &str| column(database.connection(), sql);
    assert_eq!(read("SELECT integrity_check FROM pragma_integrity_check"), ["ok"]);
    (read("SELECT snapshot_id || '' FROM snapshots ORDER BY 1"), read("SELECT name FROM accounts ORDER BY 1"))
}

#[test]
fn a_publish_that_is_torn_anywhere_is_whole_or_did_not_happen() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")])).publish();
    // An open reader keeps the log from being written back and emptied.
    let census = world.census();
    let mut reader = census.connection().prepare("SELECT name FROM accounts").unwrap();
    let mut rows = reader.query([]).unwrap();
    rows.next().unwrap();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "uno"), ("3", "three")])).publish();
    let database = std::fs::read(&world.path).unwrap();
    let log = std::fs::read(beside(&world.path, "-wal")).unwrap();
    let before = (vec!["1".to_owned()], vec!["one".to_owned(), "two".to_owned()]);
    let after = (vec!["1".to_owned(), "2".to_owned()], vec!["three".to_owned(), "uno".to_owned()]);

    let folder = tempfile::tempdir().unwrap();
    let cut = |log: &[u8]| after_power_cut(folder.path(), &database, log);
    assert_eq!(cut(&log), after);
    assert!(log.len() > 20_000, "{}", log.len());
    for end in (0..log.len()).step_by(997).chain([log.len() - 1]) {
        assert_eq!(cut(&log[..end]), before, "cut at {end} of {}", log.len());
        // A sector of other data replaces the rest of the log: every byte differs.
        let mut torn = log.clone();
        let length = torn.len();
        torn[end..length.min(end + 512)].iter_mut().for_each(|byte| *byte = !*byte);
        assert_eq!(cut(&torn), before, "torn at {end}");
    }
}

#[test]
fn a_publish_waits_until_the_disk_has_it() {
    let world = World::new();
    let pragma = |name: &str| world.column(&format!("SELECT {name} || '' FROM pragma_{name}"));
    assert_eq!(pragma("journal_mode"), ["wal"]);
    assert_eq!(pragma("synchronous"), ["2"]);
    assert_eq!(pragma("fullfsync"), ["1"]);
    assert_eq!(pragma("checkpoint_fullfsync"), ["1"]);
}

#[test]
fn a_full_disk_publishes_nothing_and_the_next_try_does() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")])).publish();
    let limit = |world: &World, pages: &str| {
        let set = format!("PRAGMA max_page_count = {pages}");
        world.database.connection().query_row(&set, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    let many: Vec<_> = (0..2_000).map(|number| account(&number.to_string(), "name")).collect();
    let full = limit(&world, "1");
    let mut second = world.collect();
    let error = second.listed(&[all("accounts")], many).try_publish().unwrap_err();
    assert!(crate::store::io_error::passes(&error), "{error}");
    assert_eq!(second.world.column(ACCOUNTS), ["1 one", "2 two"]);
    assert_eq!(second.world.column("SELECT integrity_check FROM pragma_integrity_check"), ["ok"]);
    limit(second.world, &(full + 1_000).to_string());
    second.try_publish().unwrap();
    assert_eq!(second.world.column("SELECT count(*) || '' FROM accounts"), ["2000"]);
}
