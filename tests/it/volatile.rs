//! Columns that every directory sync updates are kept only in their newest value, which no other day's answer includes.

use orgcensus::model::RESOURCES;
use rusqlite::Connection;
use serde_json::Value;

use crate::world::{World, small};

/// Collects two days, on each of which the directory updated everything.
fn world() -> World {
    let world = World::of(small());
    for day in [0, 3] {
        world.collect_day(day, &["--assignments", "pairs", "--access-report", "none"]);
    }
    world
}

/// Returns the number of rows of the view with a value in any volatile column of its resource, with these options.
fn shown(world: &World, suffix: &str, arguments: &[&str]) -> i64 {
    let counts = RESOURCES.iter().filter(|spec| !spec.volatile.is_empty()).map(|spec| {
        let filled: Vec<_> = spec.volatile.iter().map(|column| format!("{column} IS NOT NULL")).collect();
        format!("(SELECT count(*) FROM {}{suffix} WHERE {})", spec.name, filled.join(" OR "))
    });
    let sql = format!("SELECT {} AS shown", counts.collect::<Vec<_>>().join(" + "));
    let ran = world.run(&[&["query", &sql, "--format", "jsonl"], arguments].concat());
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let written = match ran.stdout.is_empty() {
        true => std::fs::read_to_string(world.sandbox.path("proved.jsonl")).unwrap(),
        false => ran.stdout,
    };
    serde_json::from_str::<Value>(&written).unwrap()["shown"].as_i64().unwrap()
}

#[test]
fn no_snapshot_answers_with_a_later_days_values() {
    let world = world();
    let resources = RESOURCES.iter().filter(|spec| !spec.volatile.is_empty());
    let rows =
        resources.map(|spec| world.number(&format!("SELECT count(*) FROM {}", spec.name))).sum::<i64>();
    assert_eq!(shown(&world, "", &[]), rows);
    for suffix in ["", "_history", "_by_snapshot"] {
        for when in [
            &["--at", "1"][..],
            &["--at", "2"],
            &["--at", "latest"],
            &["--at", "today"],
            &["--during", "1..2"],
        ] {
            assert_eq!(shown(&world, suffix, when), 0, "{suffix} {when:?}");
        }
    }
    for suffix in ["_history", "_by_snapshot"] {
        assert_eq!(shown(&world, suffix, &[]), 0, "{suffix}");
    }
    // The same question a year later must give the same bytes.
    assert_eq!(shown(&world, "", &["--output", "proved.jsonl", "--evidence"]), 0);
}

#[test]
fn a_copy_of_chosen_snapshots_holds_none() {
    let world = world();
    let stored = |file: &str| -> i64 {
        let copy = Connection::open(world.sandbox.path(file)).unwrap();
        copy.query_row(
            "SELECT count(*) FROM users_versions WHERE updated_at IS NOT NULL OR updated_by IS NOT NULL",
            [],
            |row| row.get(0),
        )
        .unwrap()
    };
    assert!(stored("orgcensus.db") > 0);
    for at in ["1", "2"] {
        let file = format!("at-{at}.db");
        world.run(&["snapshots", "copy", &file, "--at", at]).data();
        assert_eq!(stored(&file), 0, "{at}");
        assert_eq!(world.run(&["snapshots", "verify", "--db", &file]).exit, Some(0));
        assert_eq!(shown(&world, "", &["--db", &file]), 0);
    }
    world.run(&["snapshots", "copy", "all.db"]).data();
    assert_eq!(stored("all.db"), stored("orgcensus.db"));
    // Once the newest snapshot is pruned, its values belong to no snapshot.
    world.run(&["snapshots", "prune", "2"]).data();
    assert_eq!((stored("orgcensus.db"), shown(&world, "", &[])), (0, 0));
    assert_eq!(world.run(&["snapshots", "verify"]).exit, Some(0));
    world.collect_day(4, &["--assignments", "pairs", "--access-report", "none"]);
    assert!(shown(&world, "", &[]) > 0);
}

#[test]
fn the_dictionary_says_so() {
    let world = World::of(small());
    for spec in RESOURCES.iter().filter(|spec| !spec.volatile.is_empty()) {
        for (suffix, says) in
            [("", "NULL with --at"), ("_history", "always NULL here"), ("_by_snapshot", "always NULL here")]
        {
            let ran = world.run(&["schema", &format!("{}{suffix}", spec.name), "--format", "json"]);
            let columns: Vec<Value> = serde_json::from_str(ran.data()).unwrap();
            for name in spec.volatile {
                let column = columns.iter().find(|column| column["column"] == *name).unwrap();
                assert!(column["description"].as_str().unwrap().contains(says), "{column}");
                let declared = spec.columns.iter().find(|column| column.name == *name).unwrap();
                assert_eq!(column["type"], declared.sql_type(), "{column}");
            }
        }
        let changes = world.run(&["schema", &format!("{}_changes", spec.name)]);
        assert!(spec.volatile.iter().all(|name| !changes.data().contains(name)), "{}", changes.stdout);
    }
}
