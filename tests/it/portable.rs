//! A copy is a census that SQLite of 2020 can read, that is marked as a copy, and that becomes a census again.
//!
//! `tests/old-sqlite` compares its rows with those that such a SQLite reads.

use rusqlite::Connection;

use crate::world::{World, small};

fn world() -> World {
    let world = World::of(small());
    for day in 0..2 {
        world.collect_day(day, &[]);
    }
    assert_eq!(world.run(&["snapshots", "copy", "copy.db"]).exit, Some(0));
    world
}

/// Returns the words in the schema that SQLite 3.31 does not support, each with the object that contains it.
fn newer_words(world: &World, file: &str) -> Vec<String> {
    let connection = Connection::open(world.sandbox.path(file)).unwrap();
    let mut statement =
        connection.prepare("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").unwrap();
    let rows =
        statement.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?))).unwrap();
    let newer =
        ["STRICT", "MATERIALIZED", "iif(", "->", "RETURNING", "unixepoch(", "concat(", "DISTINCT FROM"];
    let mut found = Vec::new();
    for (name, sql) in rows.map(Result::unwrap) {
        // Comments do not count.
        let code: Vec<&str> = sql.lines().map(|line| line.split("--").next().unwrap_or_default()).collect();
        found.extend(
            newer
                .iter()
                .filter(|word| code.join("\n").replace("group_concat(", "").contains(**word))
                .map(|word| format!("{name}: {word}")),
        );
    }
    found
}

fn hashes(world: &World, file: &str) -> String {
    world.run(&["snapshots", "verify", "--db", file]).data().to_owned()
}

#[test]
fn every_command_takes_a_copy() {
    let world = world();
    assert_eq!(newer_words(&world, "copy.db"), Vec::<String>::new());
    assert!(!newer_words(&world, "orgcensus.db").is_empty());
    assert_eq!(hashes(&world, "copy.db"), hashes(&world, "orgcensus.db"));
    let state = world.run(&["--db", "copy.db"]).data().to_owned();
    assert!(state.lines().next().unwrap().ends_with(", a copy for others to read"), "{state}");
    assert!(!world.run(&[]).data().contains("a copy"));
    for arguments in [
        &["query", "SELECT * FROM effective_access ORDER BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10"][..],
        &["query", "privileged-access", "--at", "1"],
        &["query", "SELECT * FROM access_changes ORDER BY 1, 2, 3, 4, 5, 6"],
        &["diff", "1", "2", "--format", "json"],
        &["snapshots", "show", "1", "--format", "json"],
        &["snapshots", "show", "--evidence"],
        &["schema"],
    ] {
        let of = |db: &str| world.run(&[arguments, &["--db", db]].concat()).data().to_owned();
        assert_eq!(of("copy.db"), of("orgcensus.db"), "{arguments:?}");
    }
    for arguments in [&["copy", "again.db"][..], &["copy", "second.db", "--at", "2"]] {
        let ran = world.run(&[&["snapshots"], arguments, &["--db", "copy.db"]].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert_eq!(newer_words(&world, arguments[1]), Vec::<String>::new());
    }
    assert_eq!(hashes(&world, "again.db"), hashes(&world, "orgcensus.db"));
    world.run(&["snapshots", "verify", "--db", "second.db"]).data();
}

#[test]
fn what_changes_a_copy_leaves_it_one() {
    let world = world();
    assert_eq!(world.run(&["snapshots", "label", "2", "kept", "--db", "copy.db"]).exit, Some(0));
    world.run(&["snapshots", "prune", "1", "--db", "copy.db"]).data();
    assert_eq!(newer_words(&world, "copy.db"), Vec::<String>::new());
    assert!(hashes(&world, "copy.db").contains("pruned"));
}

#[test]
fn collecting_makes_a_copy_a_census_again() {
    let world = world();
    let before = hashes(&world, "orgcensus.db");
    world.simulator.set_day(2);
    let collected = world.collect(&["--db", "copy.db"]);
    assert_eq!(collected.exit, Some(0), "{}", collected.stderr);
    assert!(collected.stderr.contains("copy.db was a copy, and is a census again\n"), "{}", collected.stderr);
    assert!(hashes(&world, "copy.db").starts_with(&before));
    let schema = |file: &str| {
        let connection = Connection::open(world.sandbox.path(file)).unwrap();
        let sql = "SELECT group_concat(sql, ';') FROM (SELECT sql FROM sqlite_master ORDER BY type, name)";
        connection.query_row(sql, [], |row| row.get::<_, String>(0)).unwrap()
    };
    assert!(schema("copy.db") == schema("orgcensus.db"), "the same tables and views");
    assert!(!world.run(&["--db", "copy.db"]).data().contains("a copy"));
    assert!(!world.collect(&["--db", "copy.db"]).stderr.contains("was a copy"));
}

#[test]
fn a_copy_that_was_changed_is_not_taken() {
    let world = world();
    for (change, says) in [
        ("CREATE TRIGGER t AFTER INSERT ON gaps BEGIN DELETE FROM gaps; END", "trigger t of "),
        ("CREATE TABLE mine (x)", "table mine of "),
        ("UPDATE users_versions SET valid_from = 'one'", "does not fit its column"),
        ("DROP INDEX users_open", "index users_open of "),
    ] {
        let changed = world.sandbox.path("changed.db");
        std::fs::copy(world.sandbox.path("copy.db"), &changed).unwrap();
        Connection::open(&changed).unwrap().execute_batch(change).unwrap();
        world.simulator.calls().clear();
        let refused = world.collect(&["--db", "changed.db"]);
        assert_eq!(refused.exit, Some(1), "{change}: {}", refused.stderr);
        assert!(
            refused.stderr.contains(says) && refused.stderr.contains("hint: "),
            "{change}: {}",
            refused.stderr
        );
        assert_eq!(world.simulator.calls().total(), 0);
        assert_eq!(newer_words(&world, "changed.db"), Vec::<String>::new());
        let verified = world.run(&["snapshots", "verify", "--db", "changed.db"]);
        assert_eq!(verified.exit, Some(1), "{change}: {}", verified.stderr);
    }
}
