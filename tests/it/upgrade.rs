//! Censuses of earlier versions (`tests/upgrade`), opened by the current program.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;
use std::time::Instant;

use orgcensus::model::{ColumnKind, Grammar, RESOURCES};
use orgcensus::simulator::{Config, Rows, TruthOptions};
use orgcensus::{digest, document};
use rusqlite::{Connection, OpenFlags};
use serde_json::Value;

use crate::fixture::{self, Sandbox};
use crate::world::{World, assert_same, select};

/// The commit of the program that created the census.
const COMMIT: &str = "f58fccf";
const CENSUS_HASH: &str = "sha256:28f12b3642584b05e0a1c8bd5ce0bc924ceeab811a93a9f7fc90c97a714d7e5f";
const COLLECTING_HASH: &str = "sha256:aaf93ac66641c665922b974e994cc1de727329102fb2f4017bc0280d3bc779fb";

/// The hash with which the last snapshot was published.
const SNAPSHOT_HASH: &str = "sha256:c2d696613f88b1ff9467d8a8c42f2ad2fc3c3a01e90a0d282fd9d78fa4e91790";
/// The kept snapshots.
const KEPT: [u32; 5] = [1, 3, 5, 6, 7];
/// From, to, and the number of entries of each kind in the diff: of rows, then of access.
const DIFFS: [(u32, u32, &str); 5] = [
    (1, 3, "12 added, 164 changed, 3 removed, 13 unknown; 23 altered, 54 gained, 8 lost, 5 rerouted"),
    (3, 5, "23 added, 182 changed, 12 removed, 13 unknown; 215 altered, 28 gained, 136 lost, 23 rerouted"),
    (5, 6, "1 added, 152 changed, 85 removed, 4 unknown; 18 altered, 481 lost, 35 rerouted"),
    (6, 7, "9 added, 156 changed, 28 removed, 5 unknown; 12 gained, 12 lost"),
    (1, 7, "67 added, 196 changed, 103 removed, 2 unknown; 83 altered, 91 gained, 634 lost, 50 rerouted"),
];

fn stored(suffix: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/upgrade/census-{COMMIT}.db{suffix}"))
}

/// Copies the stored census, and the unfinished collection, into the folder.
fn place(sandbox: &Sandbox) {
    for suffix in ["", ".collecting"] {
        std::fs::copy(stored(suffix), sandbox.path(&format!("orgcensus.db{suffix}"))).unwrap();
    }
}

/// Opens the stored census without the program under test.
fn original() -> Connection {
    // No file may appear beside the stored one.
    let uri = format!("file:{}?immutable=1", stored("").display());
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    Connection::open_with_flags(uri, flags).unwrap()
}

/// Compares every table for each of the snapshots with the stored file's own versions.
fn assert_every_table(sandbox: &Sandbox, snapshots: &[u32]) {
    let original = original();
    for spec in RESOURCES {
        let columns = match original.prepare(&format!("SELECT * FROM {}_versions", spec.name)) {
            Ok(versions) => versions.column_names().into_iter().map(str::to_owned).collect::<Vec<_>>(),
            // A resource that this version did not have yet.
            Err(_) => continue,
        };
        let columns: Vec<_> = columns
            .into_iter()
            .filter(|name| !name.starts_with("valid_") && !spec.volatile.contains(&name.as_str()))
            .collect();
        for snapshot_id in snapshots {
            let columns = columns.join(", ");
            let mut expected = select(
                &original,
                &format!(
                    "SELECT {columns} FROM {}_versions WHERE valid_from <= {snapshot_id}
                     AND (valid_to IS NULL OR valid_to > {snapshot_id})",
                    spec.name
                ),
            );
            // The program writes JSON columns as JSON.
            let is_json = |name: &str| match spec.column(name).map(|column| column.kind) {
                Some(ColumnKind::Json | ColumnKind::Document { .. }) => true,
                Some(_) | None => false,
            };
            for (_, value) in expected.iter_mut().flatten().filter(|(name, _)| is_json(name)) {
                if let Some(json) = value.as_str().and_then(|text| serde_json::from_str(text).ok()) {
                    *value = json;
                }
            }
            let sql = format!("SELECT {columns} FROM {}", spec.name);
            let ran = sandbox.run(&["query", &sql, "--format", "json", "--at", &snapshot_id.to_string()]);
            let found: Vec<serde_json::Map<String, Value>> = serde_json::from_str(ran.data()).unwrap();
            assert_same(&format!("{} in snapshot {snapshot_id}", spec.name), &found, &expected);
        }
    }
}

/// Returns the policies with the hash of their meaning in place of their text.
fn by_meaning(mut policies: Rows) -> Rows {
    for document in policies.iter_mut().filter_map(|row| row.get_mut("document")) {
        if let Some(text) = document.as_str() {
            *document = document::hash(Grammar::IamPolicy, text).into();
        }
    }
    policies
}

fn assert_verifies(sandbox: &Sandbox, expected: &str) {
    let ran = sandbox.run(&["snapshots", "verify", "--expect", expected]);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
}

fn assert_diffs(sandbox: &Sandbox, diffs: &[(u32, u32, &str)]) {
    for (from, to, expected) in diffs {
        let ran = sandbox.run(&["diff", &from.to_string(), &to.to_string(), "--format", "json"]);
        let diff: Value = serde_json::from_str(ran.data()).unwrap();
        let counted = |list: &str| {
            let mut kinds = BTreeMap::new();
            for entry in diff[list].as_array().unwrap() {
                *kinds.entry(entry["change"].as_str().unwrap().to_owned()).or_insert(0) += 1;
            }
            kinds.into_iter().map(|(kind, count)| format!("{count} {kind}")).collect::<Vec<_>>().join(", ")
        };
        assert_eq!(
            format!("{}; {}", counted("changes"), counted("access_changes")),
            *expected,
            "{from} to {to}"
        );
    }
}

#[test]
fn stored_files_are_never_made_again() {
    for (suffix, expected) in [("", CENSUS_HASH), (".collecting", COLLECTING_HASH)] {
        assert_eq!(digest::sha256(std::fs::read(stored(suffix)).unwrap()), expected, "{suffix}");
    }
}

#[test]
fn read_before_it_is_migrated() {
    let sandbox = fixture::empty();
    place(&sandbox);
    let before = std::fs::read(sandbox.path("orgcensus.db")).unwrap();
    assert_verifies(&sandbox, SNAPSHOT_HASH);
    assert_every_table(&sandbox, &KEPT);
    assert_diffs(&sandbox, &DIFFS);
    assert_eq!(sandbox.run(&[]).exit, Some(0));
    assert_eq!(sandbox.run(&["history", "log-archive"]).exit, Some(0));
    let after = std::fs::read(sandbox.path("orgcensus.db")).unwrap();
    assert!(before == after, "reading does not write");
}

#[test]
fn collected_into_verified_and_pruned() {
    let world = World::of(Config::default());
    place(&world.sandbox);
    let ran = world.collect_day(7, &["--assignments", "pairs"]);
    let told = ["resum", "discard"].iter().any(|word| ran.stderr.contains(word));
    assert!(told, "what was left unfinished goes on or is given up, and never silently: {}", ran.stderr);
    // Reports of accounts, which this run did not request, are carried forward. A policy that was first sent with its
    // keys and lists reversed stays unchanged.
    let but = ["service_last_accessed", "permission_set_policies"];
    world.assert_truth_but(7, TruthOptions::default(), &but);
    let found = world.select("SELECT * FROM permission_set_policies");
    let expected = world.simulator.rows(7, but[1], TruthOptions::default());
    assert_same(but[1], &by_meaning(found), &by_meaning(expected));
    let known = world.select("SELECT snapshot_id FROM snapshots WHERE caller_user_id NOT NULL");
    assert!(known.len() == 1 && known[0]["snapshot_id"] == 8, "only the new one has it: {known:?}");
    assert_verifies(&world.sandbox, SNAPSHOT_HASH);
    assert_every_table(&world.sandbox, &KEPT);
    assert_diffs(&world.sandbox, &DIFFS);
    world.sandbox.run(&["snapshots", "prune", "3", "6"]).data();
    assert_verifies(&world.sandbox, SNAPSHOT_HASH);
    assert_every_table(&world.sandbox, &[1, 5, 7]);
    assert_diffs(&world.sandbox, &DIFFS[4..]);
}

#[test]
fn what_it_takes_is_told_first() {
    let said = "schema 3 is brought to ";
    let takes = "in less than a second and with at most 2 MB of free space";
    let world = World::of(Config::default());
    for args in [&["snapshots", "label", "7", "kept"][..], &["snapshots", "prune", "--keep-last", "4"]] {
        place(&world.sandbox);
        let ran = world.sandbox.run(args);
        assert_eq!(ran.exit, Some(0), "{}", ran.all());
        assert!(ran.stderr.contains(said) && ran.stderr.contains(takes), "{args:?}: {}", ran.stderr);
        let again = world.sandbox.run(args);
        assert!(!again.stderr.contains("is brought to"), "only once: {}", again.stderr);
    }
    place(&world.sandbox);
    let ran = world.collect_day(7, &["--assignments", "pairs"]);
    let (told, first) = (ran.stderr.find(said), ran.stderr.find("resum").or(ran.stderr.find("discard")));
    assert!(told.is_some() && told < first, "{}", ran.stderr);
}

fn remove(sandbox: &Sandbox) {
    for suffix in ["", "-wal", "-shm", ".lock"] {
        let _ = std::fs::remove_file(sandbox.path(&format!("orgcensus.db{suffix}")));
    }
}

/// Killed at any moment, the file is either the old or the new one.
#[test]
fn killed_while_it_is_migrated() {
    let sandbox = fixture::empty();
    let file = sandbox.path("orgcensus.db");
    let schema = || -> i64 {
        let file = Connection::open_with_flags(&file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
        file.query_row("PRAGMA user_version", [], |row| row.get(0)).unwrap()
    };
    let label = ["snapshots", "label", "7", "kept"];
    place(&sandbox);
    let began = Instant::now();
    sandbox.run(&label);
    let whole = began.elapsed();
    let (mut old, mut new) = (0, 0);
    for step in 0..=40 {
        remove(&sandbox);
        place(&sandbox);
        let mut child = sandbox.command(&label).stderr(Stdio::null()).spawn().unwrap();
        std::thread::sleep(whole * step / 30);
        child.kill().unwrap();
        child.wait().unwrap();
        match schema() {
            3 => old += 1,
            _ => new += 1,
        }
        assert_verifies(&sandbox, SNAPSHOT_HASH);
    }
    assert!(old > 0 && new > 0, "some were killed before and some after: {old} and {new}");
}

/// Creates the file of a newer program, which names the oldest schema whose programs can read it.
fn newer(sandbox: &Sandbox, oldest_reader: i64) -> i64 {
    let file = Connection::open(sandbox.path("orgcensus.db")).unwrap();
    let known: i64 = file.query_row("SELECT oldest_reader FROM file_format", [], |row| row.get(0)).unwrap();
    file.execute_batch(&format!(
        "PRAGMA user_version = 99;
         UPDATE file_format SET oldest_reader = {oldest_reader};
         CREATE TABLE IF NOT EXISTS things_to_come_versions (valid_from INTEGER, valid_to INTEGER, thing TEXT) STRICT;
         INSERT OR REPLACE INTO coverage (snapshot_id, resource, status, rows, gaps)
         SELECT snapshot_id, 'things_to_come', 'partial', 1, 1 FROM snapshots;"
    ))
    .unwrap();
    known
}

#[test]
fn a_newer_file_is_read_where_it_may_be() {
    let sandbox = fixture::census();
    let reading: [&[&str]; 8] = [
        &["query", "SELECT * FROM effective_access ORDER BY 1, 5, 8"],
        &["query", "SELECT * FROM users_history ORDER BY 1, 2", "--at", "1"],
        &["query", "user-access", "ana", "--format", "csv"],
        &["query", "SELECT * FROM access_changes ORDER BY 1, 2, 3, 4"],
        &["diff", "1", "2", "--access", "--format", "json"],
        &["history", "ana"],
        &["snapshots"],
        &["schema", "users"],
    ];
    let before: Vec<_> = reading.iter().map(|args| sandbox.run(args)).collect();
    let known = newer(&sandbox, 8);
    assert!(known <= 8, "this test says what programs of schema 8 do");
    for (args, before) in reading.iter().zip(&before) {
        let ran = sandbox.run(args);
        assert_eq!((ran.exit, ran.data()), (before.exit, before.data()), "{args:?}: {}", ran.stderr);
        let told = "a newer orgcensus wrote";
        assert!(ran.stderr.contains(told) || args[0] == "schema", "{args:?}: {}", ran.stderr);
    }
    let refusing: [&[&str]; 4] = [
        &["snapshots", "verify"],
        &["snapshots", "copy", "copy.db"],
        &["snapshots", "label", "1", "kept"],
        &["snapshots", "prune", "--keep-last", "1"],
    ];
    for args in refusing {
        let ran = sandbox.run(args);
        assert_eq!(ran.exit, Some(1), "{args:?}: {}", ran.all());
        assert!(ran.stderr.contains("newer orgcensus (its schema is 99"), "{args:?}: {}", ran.stderr);
        assert!(ran.stderr.contains("hint: install the newer version"), "{args:?}: {}", ran.stderr);
    }
    newer(&sandbox, 99);
    for args in reading.iter().filter(|args| args[0] != "schema") {
        let ran = sandbox.run(args);
        assert_eq!(ran.exit, Some(1), "{args:?}");
        assert!(ran.stderr.contains("this one cannot read the file"), "{args:?}: {}", ran.stderr);
    }
}
