//! Tests of the recorded hashes and of verifying them.

use rusqlite::Connection;

use super::*;
use crate::model::Row;
use crate::store::testing::{World, row, scope};
use crate::store::{Database, Verified, schema};

fn account(id: &str, name: &str) -> Row {
    row("accounts", &[("account_id", id), ("name", name)])
}

/// Publishes these accounts, and returns the snapshot's hash.
fn publish(world: &mut World, names: &[(&str, &str)]) -> String {
    let rows = names.iter().map(|(id, name)| account(id, name)).collect();
    world.collect().listed(&[scope("accounts", &[])], rows).publish().snapshot_hash.unwrap()
}

/// Returns a world of three snapshots in which accounts appear, change and disappear.
fn three() -> World {
    let mut world = World::claimed();
    publish(&mut world, &[("1", "one"), ("2", "two")]);
    publish(&mut world, &[("1", "uno"), ("2", "two"), ("3", "three")]);
    publish(&mut world, &[("1", "uno"), ("3", "three")]);
    world
}

fn verified(world: &World) -> Result<Verified> {
    world.census().verify()
}

/// Returns the error of verifying a copy of the file after a change.
fn after(world: &World, change: &str) -> String {
    let copy = world.path.with_extension("copy");
    std::fs::copy(&world.path, &copy).unwrap();
    let connection = Connection::open(&copy).unwrap();
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF").unwrap();
    connection.execute_batch(change).unwrap();
    verify(&connection, &copy).unwrap_err().to_string()
}

#[test]
fn each_snapshot_is_chained_to_the_one_before() {
    let mut world = World::claimed();
    let first = publish(&mut world, &[("1", "one")]);
    let second = publish(&mut world, &[("1", "one")]);
    assert_ne!(first, second, "the same rows on another day");
    let links = verified(&world).unwrap().links;
    let hashes: Vec<_> = links.iter().map(|link| link.snapshot_hash.as_str()).collect();
    assert_eq!(hashes, [first.as_str(), &second]);
    assert_eq!(links[0].content, links[1].content, "the same rows");
    assert_eq!(links[0].content_parts().keys().collect::<Vec<_>>(), ["accounts"]);
    assert_eq!(links[1].chained(Some(&first)), second);
    assert!(links[0].state.is_none() && links[1].state.is_some());
}

#[test]
fn a_census_without_a_row_can_be_verified() {
    let mut world = World::claimed();
    world.collect().publish();
    publish(&mut world, &[("1", "one")]);
    assert_eq!(verified(&world).unwrap().links[0].content, "{}");
}

#[test]
fn what_changed_is_named_by_snapshot_and_resource() {
    let world = three();
    verified(&world).unwrap();
    for (change, expected) in [
        (
            "UPDATE accounts_versions SET name = 'due' WHERE account_id = '2'",
            "snapshot 1 …: the rows of accounts differ",
        ),
        (
            "UPDATE accounts_versions SET name = 'tre' WHERE account_id = '3'",
            "snapshot 2 …: the rows of accounts differ",
        ),
        (
            "UPDATE accounts_versions SET valid_to = NULL WHERE account_id = '2'",
            "snapshot 3 …: the rows of accounts differ",
        ),
        (
            "UPDATE accounts_versions SET valid_from = 3 WHERE account_id = '3'",
            "snapshot 2 …: the rows of accounts differ",
        ),
        (
            "UPDATE accounts_versions SET valid_from = 0 WHERE account_id = '2'",
            "snapshot 0 …: a version of accounts begins or ends in it, and it is not kept",
        ),
        (
            "UPDATE accounts_versions SET valid_to = 9 WHERE account_id = '3'",
            "snapshot 9 …: a version of accounts begins or ends in it, and it is not kept",
        ),
        (
            "INSERT INTO accounts_versions (account_id, valid_from, valid_to) VALUES ('9', 2, 2)",
            "snapshot 2 …: a version of accounts ends before it begins",
        ),
        ("DELETE FROM accounts_versions WHERE account_id = '3'", "snapshot 2 …: the rows of accounts differ"),
        (
            "INSERT INTO users_versions (user_id, valid_from) VALUES ('u', 2)",
            "snapshot 2 …: the rows of users differ",
        ),
        (
            "UPDATE coverage SET rows = 7 WHERE snapshot_id = 2 AND resource = 'users'",
            "snapshot 2 …: what coverage says of it differs",
        ),
        (
            "DELETE FROM gaps WHERE snapshot_id = 3 AND resource = 'tags'",
            "snapshot 3 …: what gaps says of it differs",
        ),
        (
            "UPDATE snapshots SET api_calls = 1 WHERE snapshot_id = 2",
            "snapshot 2 …: what snapshots says of it differs",
        ),
        (
            "UPDATE snapshot_hashes SET facts_hash = content_hash WHERE snapshot_id = 2",
            "snapshot 2 …: its row in snapshot_hashes, or the one before, was changed",
        ),
        (
            "DELETE FROM snapshot_hashes WHERE snapshot_id = 1",
            "snapshot 2 …: its row in snapshot_hashes, or the one before, was changed",
        ),
        (
            "DELETE FROM snapshot_hashes WHERE snapshot_id = 3",
            "snapshot 2 …: the row after it in snapshot_hashes is missing, or its own state is",
        ),
        (
            "UPDATE snapshot_hashes SET state = zeroblob(2048) WHERE snapshot_id = 3",
            "snapshot 3 …: its state in snapshot_hashes was changed",
        ),
        (
            "UPDATE snapshot_hashes SET pruned_at = '' WHERE snapshot_id = 1",
            "snapshot 1 …: snapshot_hashes says that it was pruned, and it is there",
        ),
        (
            "UPDATE census SET organization_id = 'o-2'",
            "snapshot 1 …: it is of another organization or instance than census says",
        ),
        ("DELETE FROM census", "snapshot 1 …: it is of another organization or instance than census says"),
        ("DROP INDEX users_open", "index users_open is not declared as it was made"),
        (
            "CREATE TRIGGER t AFTER INSERT ON gaps BEGIN DELETE FROM gaps; END",
            "trigger t is not declared as it was made",
        ),
    ] {
        let said = after(&world, change).replace("is not as it was published", "…");
        assert!(said.ends_with(expected), "{change}: {said}");
    }
}

#[test]
fn a_snapshot_that_vanished_is_missed() {
    let said = after(&three(), "DELETE FROM snapshots WHERE snapshot_id = 2");
    assert!(said.ends_with("it is missing, and was not pruned"), "{said}");
}

#[test]
fn labels_and_volatile_columns_are_free_to_change() {
    let mut world = World::claimed();
    let user = row("users", &[("user_id", "u"), ("updated_at", "monday")]);
    world.collect().listed(&[scope("users", &[])], vec![user]).publish();
    let change =
        "UPDATE snapshots SET label = 'for the auditor'; UPDATE users_versions SET updated_at = 'tuesday'";
    world.database.connection().execute_batch(change).unwrap();
    verified(&world).unwrap();
}

#[test]
fn what_a_pruned_snapshot_leaves_keeps_the_rest_verifiable() {
    let mut world = three();
    let before = verified(&world).unwrap();
    world.database.prune(&[2]).unwrap();
    let after_pruning = verified(&world).unwrap();
    let hashes = |verified: &Verified| -> Vec<String> {
        verified.links.iter().map(|link| link.snapshot_hash.clone()).collect()
    };
    assert_eq!(hashes(&after_pruning), hashes(&before));
    // Prunes the newest snapshot too: the next one is counted from all rows, and no number is reused.
    world.database.prune(&[3]).unwrap();
    verified(&world).unwrap();
    publish(&mut world, &[("1", "one"), ("4", "four")]);
    assert_eq!(world.column("SELECT max(snapshot_id) || '' FROM snapshots"), ["4"]);
    assert_eq!(verified(&world).unwrap().links.len(), 4);
    let said = after(&world, "DELETE FROM snapshot_hashes WHERE snapshot_id = 2");
    assert!(said.starts_with("snapshot 3 "), "{said}");
}

#[test]
fn snapshots_of_before_there_were_hashes_are_told_apart() {
    let mut world = three();
    schema::downgrade(world.database.connection(), 1);
    assert_eq!(verified(&world).unwrap().without_hash, [1, 2, 3]);
    (world.database, _) = Database::open_or_create(&world.path).unwrap();
    publish(&mut world, &[("1", "uno")]);
    let found = verified(&world).unwrap();
    assert_eq!((found.without_hash.as_slice(), found.links.len()), (&[1, 2, 3][..], 1));
}

#[test]
fn every_table_keyed_by_snapshot_is_hashed() {
    let world = World::new();
    let sql = "SELECT t.name FROM sqlite_master AS t JOIN pragma_table_info(t.name) AS c
               WHERE t.type = 'table' AND c.name = 'snapshot_id' ORDER BY 1";
    // Pruning notes are no facts of a publish: they come later, and a snapshot's hash must not change. Rows derived
    // from hashed rows are no facts either.
    let further = ["snapshot_hashes", "access_change_causes_steps", "access_change_totals_steps"];
    let mut hashed: Vec<_> = snapshot::facts().chain(snapshot::notes()).chain(further).collect();
    hashed.sort_unstable();
    assert_eq!(world.column(sql), hashed);
}
