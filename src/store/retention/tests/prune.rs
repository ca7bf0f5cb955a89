//! Tests of the results of pruning, one by one.

use crate::diff::compare;
use crate::model::Row;
use crate::store::testing::{World, column, row, scope};
use crate::store::{GapKind, When};

fn account(name: &str) -> Row {
    row("accounts", &[("account_id", "1"), ("name", name)])
}

/// Publishes one day per name of account 1: `None` is a day without the account, `"?"` a day with a denied listing.
fn world(days: &[Option<&str>]) -> World {
    let mut world = World::new();
    for day in days {
        let mut collection = world.collect();
        let all = [scope("accounts", &[])];
        match day {
            Some("?") => collection.failed(GapKind::Denied, &all, &[], vec![]),
            name => collection.listed(&all, name.iter().map(|name| account(name)).collect()),
        };
        collection.publish();
    }
    world
}

const VERSIONS: &str =
    "SELECT concat_ws(' ', name, valid_from, valid_to) FROM accounts_versions ORDER BY valid_from";

#[test]
fn bounds_move_to_the_next_kept_snapshot_and_like_versions_become_one() {
    let days = [Some("a"), Some("b"), Some("a"), None, Some("a"), Some("c"), Some("a")];
    let mut world = world(&days);
    let pruned = world.database.prune(&[2, 4]).unwrap();
    assert_eq!(world.column(VERSIONS), ["a 1 6", "c 6 7", "a 7"]);
    assert_eq!(pruned.versions, 3);
    assert!(pruned.bytes > pruned.free_bytes, "{pruned:?}");
    world.database.prune(&[6, 1]).unwrap();
    assert_eq!(world.column(VERSIONS), ["a 3"]);
}

#[test]
fn a_row_that_ended_after_the_last_kept_snapshot_holds_again() {
    let mut world = world(&[Some("a"), Some("b"), None]);
    world.database.prune(&[2, 3]).unwrap();
    assert_eq!(world.column(VERSIONS), ["a 1"]);
    let mut collection = world.collect();
    let published = collection.listed(&[scope("accounts", &[])], vec![account("b")]).publish();
    let accounts = published.resources.iter().find(|one| one.resource == "accounts").unwrap();
    assert_eq!((accounts.added, accounts.changed, accounts.removed), (0, 1, 0));
}

#[test]
fn a_carried_row_was_last_seen_in_the_pruned_snapshot_that_saw_it() {
    let mut world = world(&[Some("a"), Some("b"), Some("?"), Some("?"), Some("c")]);
    let seen = world.column("SELECT completed_at FROM snapshots WHERE snapshot_id = 2");
    world.database.prune(&[2]).unwrap();
    world.database.prune(&[3]).unwrap();
    let mut census = world.census();
    census.answer_as_of(4).unwrap();
    assert_eq!(column(census.connection(), "SELECT last_seen_at FROM stale_rows"), seen);
    let life = "SELECT concat_ws(' ', valid_from, first_seen_at, last_seen_at) FROM accounts_history WHERE name = 'b'";
    assert_eq!(column(census.connection(), life), [format!("4 {0} {0}", seen[0])]);
    let diff = compare(census.connection(), 4, 5).unwrap();
    assert_eq!(diff.changes[0].last_seen, Some(2));
}

#[test]
fn a_removal_that_only_a_pruned_snapshot_saw_is_not_taken_for_one_that_this_one_saw() {
    let changes = |world: &World| -> Vec<_> {
        let diff = compare(world.census().connection(), 1, 3).unwrap();
        diff.changes.iter().filter(|one| one.resource == "accounts").map(|one| one.change.as_str()).collect()
    };
    // A resource that was not collected at all is as unseen as one that a gap hides.
    let nothing_collected = "DELETE FROM gaps WHERE resource = 'accounts'; DELETE FROM gap_columns;
        UPDATE coverage SET status = 'not_collected' WHERE snapshot_id = 3 AND resource = 'accounts'";
    for unseen in ["", nothing_collected] {
        let mut world = world(&[Some("a"), None, Some("?")]);
        world.database.connection().execute_batch(unseen).unwrap();
        assert_eq!(changes(&world), ["unknown"], "{unseen}");
        world.database.prune(&[2]).unwrap();
        assert_eq!(world.column(VERSIONS), ["a 1 3"]);
        assert_eq!(changes(&world), ["unknown"], "{unseen}");
    }
}

#[test]
fn a_removal_that_this_one_saw_stays_so_where_what_it_closed_is_pruned() {
    let mut world = World::new();
    let orphan = || {
        let columns = [("account_id", "1"), ("permission_set_arn", "p"), ("principal_type", "USER")];
        row("account_assignments", &[&columns[..], &[("principal_id", "nobody")]].concat())
    };
    for (strategy, rows) in [
        ("pairs", vec![orphan()]),
        ("pairs", vec![]),
        ("pairs", vec![orphan()]),
        // A collection by principal also lists each pair that holds the row of a deleted principal.
        ("principals", vec![]),
    ] {
        let mut collection = world.collect();
        let pair = scope("account_assignments", &[("account_id", "1"), ("permission_set_arn", "p")]);
        collection.strategy(strategy).listed(&[pair], rows).publish();
    }
    let changes = |world: &World| -> Vec<_> {
        let diff = compare(world.census().connection(), 1, 4).unwrap();
        let of = |one: &&crate::diff::Change| one.resource == "account_assignments";
        diff.changes.iter().filter(of).map(|one| one.change.as_str()).collect()
    };
    assert_eq!(changes(&world), ["removed"]);
    world.database.prune(&[3]).unwrap();
    assert_eq!(changes(&world), ["removed"]);
}

#[test]
fn nothing_is_left_of_a_pruned_snapshot_but_its_hashes() {
    let mut world = world(&[Some("a"), Some("?"), Some("b")]);
    world.database.prune(&[2]).unwrap();
    let tables = "SELECT m.name FROM sqlite_master AS m JOIN pragma_table_info(m.name) AS c
                  WHERE m.type = 'table' AND c.name = 'snapshot_id' AND m.name <> 'snapshot_hashes'";
    let tables = world.column(tables);
    assert!(tables.len() >= 8, "{tables:?}");
    for table in tables {
        let left = format!("SELECT snapshot_id || '' FROM {table} WHERE snapshot_id = 2");
        assert_eq!(world.column(&left), Vec::<String>::new(), "{table}");
    }
    let tombstones = "SELECT snapshot_id || '' FROM snapshot_hashes WHERE pruned_at IS NOT NULL";
    assert_eq!(world.column(tombstones), ["2"]);
    let error = world.census().resolve(&When::Id(2)).unwrap_err();
    assert!(error.to_string().starts_with("snapshot 2 was pruned on 20"), "{error}");
}

#[test]
fn a_time_or_label_of_a_pruned_snapshot_is_told_as_one() {
    let mut world = world(&[Some("a"), Some("b"), Some("c"), Some("d")]);
    let completed = world.column("SELECT completed_at FROM snapshots ORDER BY snapshot_id");
    let by = |place: usize| completed[place].parse::<When>().unwrap();
    world.database.prune(&[1, 3]).unwrap();
    let census = world.census();
    let error = census.resolve(&When::Id(3)).unwrap_err();
    let hint =
        format!("the nearest kept: 2 (completed at {}) and 4 (completed at {})", completed[1], completed[3]);
    assert!(error.hints().contains(&hint), "{:?}", error.hints());
    let error = census.resolve(&by(0)).unwrap_err().to_string();
    assert!(error.contains("no kept snapshot was completed by"), "{error}");
    assert!(error.contains("snapshot 1 was pruned on 20") && error.contains("the first, 2"), "{error}");
    let found = census.resolve(&by(2)).unwrap();
    assert_eq!(found.snapshot_id, 2);
    let passed = census.passed_over(&by(2), &found).unwrap().unwrap();
    assert!(passed.starts_with("snapshot 3 was pruned on 20") && passed.contains(&completed[2]), "{passed}");
    for place in [1, 3] {
        let found = census.resolve(&by(place)).unwrap();
        assert_eq!(census.passed_over(&by(place), &found).unwrap(), None);
    }
    let error = census.resolve(&"label:q3".parse().unwrap()).unwrap_err();
    let hint = "it may be the label of one of the 2 snapshots between 1 and 3 that were pruned: their labels went with them";
    assert!(error.hints().iter().any(|one| one == hint), "{:?}", error.hints());
}

#[test]
fn what_cannot_be_done_wholly_is_not_done() {
    let mut world = world(&[Some("a"), Some("b"), Some("c")]);
    let before = world.column(VERSIONS);
    for (ids, says) in [(&[2, 9][..], "there is no snapshot 9"), (&[1, 2, 3], "no snapshot would be left")] {
        assert_eq!(world.database.prune(ids).unwrap_err().to_string(), says);
    }
    let trouble = "CREATE TEMP TRIGGER trouble BEFORE DELETE ON main.snapshots
                   BEGIN SELECT raise(ABORT, 'the disk is full'); END";
    world.database.connection().execute_batch(trouble).unwrap();
    world.database.prune(&[2]).unwrap_err();
    assert_eq!(world.column(VERSIONS), before);
    assert_eq!(world.column("SELECT count(*) || '' FROM snapshots"), ["3"]);
    world.database.connection().execute_batch("DROP TRIGGER temp.trouble").unwrap();
    world.database.prune(&[2]).unwrap();
    assert_eq!(world.column(VERSIONS), ["a 1 3", "c 3"]);
}
