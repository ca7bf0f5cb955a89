//! Tests of the rules of gaps, one by one.

use super::*;
use crate::model::{AccessReportJob, FactRow};
use crate::model::{Row, Scope};
use crate::store::testing::{World, column, failure, key_only, new_task, row, scope};
use crate::store::{CoverageStatus, GapKind, Outcome};

mod documents;
mod gaps;
mod narrower;
mod orphans;
mod parents;
mod power_cut;
mod property;
mod suspect;
mod views;

fn all(resource: &str) -> Scope {
    scope(resource, &[])
}

fn account(id: &str, name: &str) -> Row {
    row("accounts", &[("account_id", id), ("name", name)])
}

fn accounts(names: &[(&str, &str)]) -> Vec<Row> {
    names.iter().map(|(id, name)| account(id, name)).collect()
}

fn group(id: &str) -> Row {
    row("groups", &[("group_id", id)])
}

fn member(group: &str, user: &str) -> Row {
    row("group_memberships", &[("group_id", group), ("user_id", user)])
}

fn members_of(group: &str) -> Scope {
    scope("group_memberships", &[("group_id", group)])
}

fn provisioned(account: &str, set: &str) -> Row {
    row("provisioned_permission_sets", &[("account_id", account), ("permission_set_arn", set)])
}

fn assigned(account: &str, set: &str, user: &str) -> Row {
    row(
        "account_assignments",
        &[
            ("account_id", account),
            ("permission_set_arn", set),
            ("principal_type", "USER"),
            ("principal_id", user),
        ],
    )
}

fn permission_set(arn: &str) -> Row {
    row("permission_sets", &[("permission_set_arn", arn)])
}

/// Publishes two groups with one member each.
fn publish_two_groups(world: &mut World) {
    let mut collection = world.collect();
    collection.listed(&[all("groups")], vec![group("g"), group("h")]);
    collection.listed(&[members_of("g")], vec![member("g", "1")]);
    collection.listed(&[members_of("h")], vec![member("h", "1")]).publish();
}

const ACCOUNTS: &str = "SELECT account_id || ' ' || name FROM accounts ORDER BY 1";
const MEMBERS: &str = "SELECT group_id || user_id FROM group_memberships ORDER BY 1";
const ASSIGNED: &str =
    "SELECT account_id || permission_set_arn || principal_id FROM account_assignments ORDER BY 1";

fn outcome<'a>(published: &'a Published, resource: &str) -> &'a ResourceOutcome {
    published.resources.iter().find(|outcome| outcome.resource == resource).unwrap()
}

fn coverage(world: &World, snapshot_id: i64, resource: &str) -> (CoverageStatus, Option<String>) {
    let coverage = world.census().coverage(snapshot_id).unwrap();
    let one = coverage.into_iter().find(|one| one.resource == resource).unwrap();
    (one.status, one.reason)
}

#[test]
fn a_row_that_stays_the_same_is_stored_once() {
    let mut world = World::new();
    for _ in 0..3 {
        world.collect().listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")])).publish();
    }
    assert_eq!(world.column("SELECT account_id || valid_from FROM accounts_versions"), ["11", "21"]);
}

#[test]
fn the_first_and_the_next_publish_count_what_they_did() {
    let mut world = World::new();
    let first = world
        .collect()
        .listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two"), ("3", "three")]))
        .publish();
    let expected =
        ResourceOutcome { resource: "accounts".to_owned(), rows: 3, added: 3, ..Default::default() };
    assert_eq!(outcome(&first, "accounts"), &expected);
    let second = world
        .collect()
        .listed(&[all("accounts")], accounts(&[("1", "uno"), ("2", "two"), ("4", "four")]))
        .publish();
    let expected = ResourceOutcome { rows: 3, added: 1, removed: 1, changed: 1, ..expected };
    assert_eq!(outcome(&second, "accounts"), &expected);
    assert_eq!((second.snapshot_id, second.status), (2, SnapshotStatus::Complete));
    assert_eq!(world.column(ACCOUNTS), ["1 uno", "2 two", "4 four"]);
    let versions = "SELECT name || valid_from || coalesce(valid_to, '') FROM accounts_versions ORDER BY account_id, valid_from";
    assert_eq!(world.column(versions), ["one12", "uno2", "two1", "three12", "four2"]);
}

#[test]
fn a_row_that_comes_back_begins_a_new_version() {
    let mut world = World::new();
    for rows in [accounts(&[("1", "one")]), vec![], accounts(&[("1", "one")])] {
        world.collect().listed(&[all("accounts")], rows).publish();
    }
    assert_eq!(
        world.column("SELECT valid_from || coalesce(valid_to, '') FROM accounts_versions"),
        ["12", "3"]
    );
}

#[test]
fn volatile_columns_are_overwritten_and_make_no_version() {
    let mut world = World::new();
    for (name, updated) in [("n", "monday"), ("n", "tuesday"), ("m", "wednesday")] {
        let user = row("users", &[("user_id", "u"), ("user_name", name), ("updated_at", updated)]);
        world.collect().listed(&[all("users")], vec![user]).publish();
    }
    let versions =
        world.column("SELECT user_name || updated_at || valid_from FROM users_versions ORDER BY valid_from");
    assert_eq!(versions, ["ntuesday1", "mwednesday3"]);
}

#[test]
fn a_denied_listing_leaves_old_rows_open() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")])).publish();
    let rows = accounts(&[("1", "uno"), ("3", "three")]);
    let second = world.collect().failed(GapKind::Denied, &[all("accounts")], &[], rows).publish();
    // The rows of the unfinished listing are facts. Rows that it did not reach are carried.
    assert_eq!(world.column(ACCOUNTS), ["1 uno", "2 two", "3 three"]);
    let accounts = outcome(&second, "accounts");
    assert_eq!((accounts.carried, accounts.gaps, accounts.removed), (1, 1, 0));
    assert_eq!(second.status, SnapshotStatus::Partial);
    assert_eq!(coverage(&world, 2, "accounts"), (CoverageStatus::Partial, Some("denied it was".to_owned())));
    let gaps = world.census().gaps(2).unwrap();
    let gap = gaps.iter().find(|gap| gap.resource == "accounts").unwrap();
    assert_eq!((gap.scope.as_str(), gap.kind), ("{}", GapKind::Denied));
    assert_eq!(gap.operation.as_deref(), Some("organizations:ListAccounts"));
}

#[test]
fn a_task_that_never_ended_is_a_gap_too() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one")])).publish();
    let mut collection = world.collect();
    collection.task(&[all("accounts")], &[all("groups")]);
    let second = collection.publish();
    assert_eq!(second.status, SnapshotStatus::Partial);
    assert_eq!(outcome(&second, "groups").gaps, 1);
    assert_eq!(world.column(ACCOUNTS), ["1 one"]);
}

#[test]
fn a_narrower_seen_scope_beats_a_wider_gap() {
    let mut world = World::new();
    let mut first = world.collect();
    first.listed(&[all("groups")], vec![group("g"), group("h")]);
    first.listed(&[members_of("g")], vec![member("g", "1"), member("g", "2")]);
    first.listed(&[members_of("h")], vec![member("h", "1")]).publish();
    let mut second = world.collect();
    second.failed(GapKind::Failed, &[all("groups")], &[all("group_memberships")], vec![group("g")]);
    second.listed(&[members_of("g")], vec![member("g", "2")]).publish();
    assert_eq!(world.column(MEMBERS), ["g2", "h1"]);
    assert_eq!(world.column("SELECT group_id FROM groups ORDER BY 1"), ["g", "h"]);
}

#[test]
fn what_several_tasks_saw_together_is_seen() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")])).publish();
    world.collect().listed(&[], accounts(&[("2", "two")])).seen(all("accounts")).publish();
    assert_eq!(world.column(ACCOUNTS), ["2 two"]);
}

#[test]
fn a_carried_row_that_no_gap_covers_fails_the_publish() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")])).publish();
    let mut second = world.collect();
    second.listed(&[scope("accounts", &[("account_id", "1")])], vec![]);
    let error = second.try_publish().unwrap_err();
    assert!(error.to_string().contains(r#"accounts ["2"]"#), "{error}");
    assert!(!error.hints().is_empty());
    drop(second);
    assert_eq!(world.column(ACCOUNTS), ["1 one", "2 two"]);
    assert_eq!(world.column("SELECT snapshot_id || '' FROM snapshots"), ["1"]);
    // The connection is unchanged, so the next collection can be published.
    let third = world.collect().listed(&[all("accounts")], accounts(&[("2", "two")])).publish();
    assert_eq!(third.snapshot_id, 2);
}

#[test]
fn a_scope_of_an_unknown_column_or_resource_fails_the_publish() {
    let mut world = World::new();
    for wrong in [scope("accounts", &[("colour", "red")]), all("unicorns")] {
        let mut collection = world.collect();
        collection.listed(&[wrong], vec![]);
        collection.try_publish().unwrap_err();
    }
}

#[test]
fn a_row_of_which_only_the_key_is_known_keeps_the_old_one_and_begins_none() {
    let mut world = World::new();
    let named = |arn: &str| row("permission_sets", &[("permission_set_arn", arn), ("name", "Admin")]);
    world.collect().listed(&[all("permission_sets")], vec![named("a"), named("b")]).publish();
    let keys = ["a", "c"].map(|arn| key_only("permission_sets", &[("permission_set_arn", arn)])).to_vec();
    let mut second = world.collect();
    second.listed(&[all("permission_sets")], keys);
    for arn in ["a", "c"] {
        second.failed(
            GapKind::Failed,
            &[scope("permission_sets", &[("permission_set_arn", arn)])],
            &[],
            vec![],
        );
    }
    let second = second.publish();
    assert_eq!(world.column("SELECT permission_set_arn || name FROM permission_sets"), ["aAdmin"]);
    let sets = outcome(&second, "permission_sets");
    assert_eq!((sets.rows, sets.added, sets.removed, sets.changed, sets.carried), (1, 0, 1, 0, 1));
}

#[test]
fn what_is_gone_is_seen_and_empty() {
    let mut world = World::new();
    publish_two_groups(&mut world);
    let mut second = world.collect();
    second.listed(&[all("groups")], vec![group("g"), group("h")]);
    second.gone(&[members_of("g")], &[scope("groups", &[("group_id", "g")])]);
    second.listed(&[members_of("h")], vec![member("h", "1")]);
    assert_eq!(second.publish().status, SnapshotStatus::Complete);
    assert_eq!(world.column(MEMBERS), ["h1"]);
    assert_eq!(world.column("SELECT group_id FROM groups"), ["h"]);
}

#[test]
fn a_dropped_row_is_seen_to_be_gone_even_where_its_listing_failed() {
    let mut world = World::new();
    world.collect().listed(&[all("groups")], vec![group("g"), group("h")]).publish();
    let mut second = world.collect();
    second.failed(GapKind::Failed, &[all("groups")], &[], vec![group("g")]);
    second.gone(&[members_of("g")], &[scope("groups", &[("group_id", "g")])]).publish();
    assert_eq!(world.column("SELECT group_id FROM groups"), ["h"]);
}

#[test]
fn nothing_is_published_twice() {
    let mut world = World::new();
    let mut collection = world.collect();
    collection.listed(&[all("accounts")], accounts(&[("1", "one")]));
    let first = collection.publish();
    let again = collection.publish();
    assert_eq!((again.snapshot_id, again.status), (first.snapshot_id, first.status));
    assert_eq!(outcome(&again, "accounts").rows, 1);
    assert_eq!(world.column("SELECT snapshot_id || '' FROM snapshots"), ["1"]);
}

#[test]
fn a_wrong_clock_falsifies_no_later_time() {
    let mut world = World::new();
    world.collect().publish();
    world.collect().publish();
    world
        .database
        .connection()
        .execute("UPDATE snapshots SET completed_at = '2030-01-01T00:00:00Z'", [])
        .unwrap();
    world.collect().publish();
    let times = world.column("SELECT taken_at || ' ' || completed_at FROM snapshots ORDER BY snapshot_id");
    assert_eq!(times[2], "2026-01-04T00:00:00Z 2026-01-04T00:10:00Z");
    let resolved = |text: &str| world.census().resolve(&text.parse().unwrap()).unwrap().snapshot_id;
    // A date resolves to the highest id completed by then.
    assert_eq!(["2026-01-04", "2029-12-31", "2030-01-02", "latest"].map(resolved), [3; 4]);
}

#[test]
fn a_snapshot_says_how_it_was_taken() {
    let mut world = World::new();
    let mut collection = world.collect();
    let task_id = collection.task(&[], &[]);
    let job =
        AccessReportJob { entity_id: "r-1".into(), job_status: "COMPLETED".into(), ..Default::default() };
    collection.strategy("pairs").end(Outcome::Page {
        task_id,
        rows: vec![],
        follow_ups: vec![],
        next_token: None,
        left_out: None,
        facts: vec![FactRow::of(&job)],
    });
    collection.publish();
    let snapshot = &world.census().snapshots().unwrap()[0];
    assert_eq!(snapshot.assignment_strategy.as_deref(), Some("pairs"));
    assert_eq!((snapshot.api_calls, snapshot.throttled_calls), (7, 1));
    assert_eq!(snapshot.collection_id, "collection-1");
    assert_eq!(world.column("SELECT entity_id FROM access_report_jobs WHERE snapshot_id = 1"), ["r-1"]);
}

#[test]
fn a_publish_leaves_no_journal_and_no_temporary_tables() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one")])).publish();
    let journal = crate::store::file::beside(&world.path, "-wal");
    assert_eq!(journal.metadata().map_or(0, |file| file.len()), 0);
    assert!(column(world.database.connection(), "SELECT name FROM temp.sqlite_master").is_empty());
    assert_eq!(world.column("SELECT name FROM pragma_database_list WHERE name <> 'temp'"), ["main"]);
}
