//! The rules of gaps, one by one.

use super::*;
use crate::model::{Row, Scope};
use crate::store::testing::{World, column, failure, key_only, new_task, row, scope};
use crate::store::{AccessReportJob, CoverageStatus, GapKind, Outcome};

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
    // The rows of the unfinished listing are facts; what it did not reach is carried.
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
    // The connection is as it was: the next collection can be published.
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
    let mut first = world.collect();
    first.listed(&[all("groups")], vec![group("g"), group("h")]);
    first.listed(&[members_of("g")], vec![member("g", "1")]);
    first.listed(&[members_of("h")], vec![member("h", "1")]).publish();
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
fn children_of_a_vanished_parent_are_closed_without_being_asked_for() {
    let mut world = World::new();
    let mut first = world.collect();
    first.listed(&[all("groups")], vec![group("g"), group("h")]);
    first.listed(&[members_of("g")], vec![member("g", "1")]);
    first.listed(&[members_of("h")], vec![member("h", "1")]).publish();
    let mut second = world.collect();
    second.listed(&[all("groups")], vec![group("h")]);
    second.listed(&[members_of("h")], vec![member("h", "1")]);
    let second = second.publish();
    assert_eq!(outcome(&second, "group_memberships").removed, 1);
    assert_eq!(world.column(MEMBERS), ["h1"]);
}

#[test]
fn children_of_a_parent_under_a_gap_are_carried() {
    let mut world = World::new();
    let mut first = world.collect();
    first.listed(&[all("groups")], vec![group("g")]);
    first.listed(&[members_of("g")], vec![member("g", "1")]).publish();
    world.collect().failed(GapKind::Denied, &[all("groups")], &[all("group_memberships")], vec![]).publish();
    assert_eq!(world.column(MEMBERS), ["g1"]);
}

#[test]
fn staged_children_of_a_parent_that_vanished_in_mid_run_are_dropped() {
    let mut world = World::new();
    let mut first = world.collect();
    first.listed(&[all("groups")], vec![group("h")]);
    first.listed(&[members_of("g")], vec![member("g", "1")]);
    first.listed(&[members_of("h")], vec![member("h", "1")]);
    let first = first.publish();
    assert_eq!(outcome(&first, "group_memberships").dropped, 1);
    assert_eq!(world.column(MEMBERS), ["h1"]);
}

#[test]
fn a_staged_key_is_parent_enough() {
    let mut world = World::new();
    let arn = [("permission_set_arn", "s")];
    let mut first = world.collect();
    first.listed(&[all("permission_sets")], vec![key_only("permission_sets", &arn)]);
    first.failed(GapKind::Failed, &[scope("permission_sets", &arn)], &[], vec![]);
    first.listed(&[scope("provisioned_permission_sets", &arn)], vec![provisioned("1", "s")]).publish();
    let rows = world.column("SELECT account_id FROM provisioned_permission_sets");
    assert_eq!(rows, ["1"]);
}

/// One set provisioned to two accounts, one assignment each.
fn with_assignments(world: &mut World, strategy: &str) {
    let arn = [("permission_set_arn", "s")];
    let mut first = world.collect();
    first.strategy(strategy).listed(&[all("permission_sets")], vec![permission_set("s")]);
    let rows = vec![provisioned("1", "s"), provisioned("2", "s")];
    first.listed(&[scope("provisioned_permission_sets", &arn)], rows);
    for account in ["1", "2"] {
        let pair = scope("account_assignments", &[("account_id", account), ("permission_set_arn", "s")]);
        first.listed(&[pair], vec![assigned(account, "s", "u")]);
    }
    first.publish();
    assert_eq!(world.column(ASSIGNED), ["1su", "2su"]);
}

#[test]
fn by_pairs_assignments_go_with_what_is_no_longer_provisioned() {
    let mut world = World::new();
    with_assignments(&mut world, "pairs");
    let arn = [("permission_set_arn", "s")];
    let mut second = world.collect();
    second.strategy("pairs").listed(&[all("permission_sets")], vec![permission_set("s")]);
    second.listed(&[scope("provisioned_permission_sets", &arn)], vec![provisioned("2", "s")]);
    let pair = scope("account_assignments", &[("account_id", "2"), ("permission_set_arn", "s")]);
    second.listed(&[pair], vec![assigned("2", "s", "u")]).publish();
    assert_eq!(world.column(ASSIGNED), ["2su"]);
}

#[test]
fn by_pairs_assignments_go_with_their_permission_set_too() {
    let mut world = World::new();
    with_assignments(&mut world, "pairs");
    world.collect().strategy("pairs").listed(&[all("permission_sets")], vec![]).publish();
    assert!(world.column(ASSIGNED).is_empty());
    assert!(world.column("SELECT account_id FROM provisioned_permission_sets").is_empty());
}

#[test]
fn a_grandparent_that_is_seen_not_to_exist_is_evidence_enough() {
    let mut world = World::new();
    // Nothing was ever provisioned or listed: only the chain of parents tells.
    let mut first = world.collect();
    first.strategy("pairs").listed(&[all("permission_sets")], vec![]);
    let pair = scope("account_assignments", &[("account_id", "1"), ("permission_set_arn", "s")]);
    first.listed(&[pair], vec![assigned("1", "s", "u")]);
    let first = first.publish();
    assert_eq!(outcome(&first, "account_assignments").dropped, 1);
    assert!(world.column(ASSIGNED).is_empty());
}

#[test]
fn by_principals_nothing_provisioned_says_nothing_of_assignments() {
    let mut world = World::new();
    with_assignments(&mut world, "principals");
    let arn = [("permission_set_arn", "s")];
    let of_user = scope("account_assignments", &[("principal_id", "u"), ("principal_type", "USER")]);
    let mut second = world.collect();
    second.strategy("principals").listed(&[all("permission_sets")], vec![permission_set("s")]);
    second.listed(&[scope("provisioned_permission_sets", &arn)], vec![]);
    second.listed(std::slice::from_ref(&of_user), vec![assigned("1", "s", "u")]).publish();
    assert_eq!(world.column(ASSIGNED), ["1su"]);
    let mut third = world.collect();
    third.strategy("principals").gap(GapKind::Failed, all("account_assignments")).publish();
    assert_eq!(world.column(ASSIGNED), ["1su"]);
}

#[test]
fn tags_go_with_what_they_are_on_and_with_nothing_else() {
    let mut world = World::new();
    let tag =
        |kind: &str, id: &str| row("tags", &[("resource_type", kind), ("resource_id", id), ("key", "k")]);
    let of = |kind: &str, id: &str| scope("tags", &[("resource_type", kind), ("resource_id", id)]);
    let mut first = world.collect();
    first.listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")]));
    first.listed(&[all("roots")], vec![row("roots", &[("root_id", "1")])]);
    for (kind, id) in [("account", "1"), ("account", "2"), ("root", "1")] {
        first.listed(&[of(kind, id)], vec![tag(kind, id)]);
    }
    first.publish();
    let mut second = world.collect();
    second.listed(&[all("accounts")], accounts(&[("2", "two")]));
    second.listed(&[all("roots")], vec![row("roots", &[("root_id", "1")])]);
    second.failed(GapKind::Denied, &[all("tags")], &[], vec![]).publish();
    let tags = world.column("SELECT resource_type || resource_id FROM tags ORDER BY 1");
    assert_eq!(tags, ["account2", "root1"]);
}

#[test]
fn of_two_gaps_over_one_scope_the_one_that_tells_more_stays() {
    let mut world = World::new();
    let mut first = world.collect();
    first.gap(GapKind::NotAsked, all("accounts")).gap(GapKind::Denied, all("accounts"));
    first.failed(GapKind::Failed, &[all("accounts")], &[], vec![]);
    // Another task that saw the scope told which keys live; what this one would have told stays unknown.
    first.failed(GapKind::Failed, &[all("users")], &[], vec![]).listed(&[all("users")], vec![]).publish();
    let gaps = "SELECT resource || kind FROM gaps WHERE resource IN ('accounts', 'users')";
    assert_eq!(world.column(gaps), ["accountsdenied", "usersfailed"]);
}

#[test]
fn a_kind_that_was_given_up_leaves_one_gap() {
    let mut world = World::new();
    let mut first = world.collect();
    for number in 0..5 {
        let mut task = new_task("list_members", &number.to_string());
        task.covers = vec![members_of(&number.to_string())];
        task.hides = vec![scope("tags", &[("resource_id", &number.to_string())])];
        first.staging.add_tasks([task]).unwrap();
    }
    first.end(Outcome::Gap { task_id: 1, failure: failure(GapKind::Denied), follow_ups: vec![], job: None });
    first.staging.stop_kind("list_members", &failure(GapKind::Denied), &[all("group_memberships")]).unwrap();
    first.publish();
    let gaps = "SELECT resource || scope FROM gaps WHERE kind = 'denied' AND resource = 'group_memberships'";
    assert_eq!(world.column(gaps), ["group_memberships{}"]);
    // What the wide gap does not cover keeps its own.
    assert_eq!(world.column("SELECT scope FROM gaps WHERE resource = 'tags' AND kind = 'denied'").len(), 5);
}

#[test]
fn what_a_given_up_kind_would_have_told_is_unknown_where_another_task_saw_the_keys() {
    let mut world = World::new();
    let of_set = |set: &str| scope("provisioned_permission_sets", &[("permission_set_arn", set)]);
    let pairs = || vec![provisioned("1", "a"), provisioned("1", "b")];
    world.collect().listed(&[of_set("a"), of_set("b")], pairs()).publish();
    let mut second = world.collect();
    for set in ["a", "b"] {
        let mut task = new_task("list_outdated", set);
        task.hides = vec![of_set(set)];
        second.staging.add_tasks([task]).unwrap();
    }
    let whole = [all("provisioned_permission_sets")];
    second.staging.stop_kind("list_outdated", &failure(GapKind::Denied), &whole).unwrap();
    let key = [("account_id", "1"), ("permission_set_arn", "a")];
    second.listed(&[of_set("a")], vec![key_only("provisioned_permission_sets", &key)]).publish();
    let stale = "SELECT key ->> 'permission_set_arn' FROM stale_rows ORDER BY 1";
    assert_eq!(world.column(stale), ["a", "b"], "of a it is known that it lives, and no more");
    let gaps = "SELECT scope FROM gaps WHERE resource = 'provisioned_permission_sets' AND snapshot_id = 2 ORDER BY 1";
    assert_eq!(world.column(gaps), [r#"{"permission_set_arn":"a"}"#, "{}"]);
}

#[test]
fn not_asked_and_unavailable_carry_rows_but_make_nothing_partial() {
    for (kind, status) in [
        (GapKind::NotAsked, CoverageStatus::NotCollected),
        (GapKind::Unavailable, CoverageStatus::Unavailable),
    ] {
        let mut world = World::new();
        world.collect().listed(&[all("accounts")], accounts(&[("1", "one")])).publish();
        let second = world.collect().gap(kind, all("accounts")).publish();
        assert_eq!(second.status, SnapshotStatus::Complete);
        assert_eq!(outcome(&second, "accounts").carried, 1);
        assert_eq!(world.column(ACCOUNTS), ["1 one"]);
        assert_eq!(coverage(&world, 2, "accounts"), (status, Some(format!("{} it was", kind.as_str()))));
    }
}

#[test]
fn a_resource_of_which_nothing_was_seen_is_not_complete() {
    for (kind, status) in [
        (GapKind::NotAsked, CoverageStatus::NotCollected),
        (GapKind::Unavailable, CoverageStatus::Unavailable),
    ] {
        let mut world = World::new();
        let mut first = world.collect();
        for resource_type in ["account", "permission_set"] {
            first.gap(kind, scope("tags", &[("resource_type", resource_type)]));
        }
        first.publish();
        assert_eq!(coverage(&world, 1, "tags").0, status);
    }
}

#[test]
fn a_narrower_unasked_scope_leaves_a_resource_complete() {
    let mut world = World::new();
    let one = scope("accounts", &[("account_id", "1")]);
    let mut first = world.collect();
    first.gap(GapKind::NotAsked, one).listed(&[scope("accounts", &[("account_id", "2")])], vec![]).publish();
    assert_eq!(coverage(&world, 1, "accounts"), (CoverageStatus::Complete, None));
    // Children without any scope are complete when their parents are: there was nobody to ask.
    world.collect().listed(&[all("groups")], vec![]).publish();
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
fn time_never_goes_backward() {
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
    assert_eq!(times[2], "2026-01-04T00:00:00Z 2030-01-01T00:00:00Z");
}

#[test]
fn a_snapshot_says_how_it_was_taken() {
    let mut world = World::new();
    let mut collection = world.collect();
    let task_id = collection.task(&[], &[]);
    let job = Some(AccessReportJob {
        entity_id: "r-1".into(),
        job_status: "COMPLETED".into(),
        ..Default::default()
    });
    collection.strategy("pairs").end(Outcome::Page {
        task_id,
        rows: vec![],
        follow_ups: vec![],
        next_token: None,
        job,
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

#[test]
fn a_gap_shows_in_when_a_row_was_last_seen_and_when_the_next_began() {
    let mut world = World::new();
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one")])).publish();
    world.collect().failed(GapKind::Denied, &[all("accounts")], &[], vec![]).publish();
    let life = "SELECT last_seen_at || ' ' || coalesce(not_before, '-') FROM accounts_history ORDER BY account_id, valid_from";
    assert_eq!(world.column(life), ["2026-01-02T00:10:00Z -"]);
    // Nobody looked in the second snapshot, so the second account may have come before it.
    world.collect().listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")])).publish();
    assert_eq!(world.column(life), ["2026-01-04T00:10:00Z -", "2026-01-04T00:10:00Z 2026-01-02T00:00:00Z"]);
}

#[test]
fn what_is_seen_under_a_wider_gap_is_kept_and_nothing_else() {
    let mut world = World::new();
    let mut first = world.collect();
    first.failed(
        GapKind::Failed,
        &[all("groups")],
        &[all("group_memberships")],
        vec![group("g"), group("h")],
    );
    first.listed(&[members_of("g")], vec![member("g", "1")]);
    first.failed(GapKind::Failed, &[members_of("h")], &[], vec![]);
    first.listed(&[scope("group_memberships", &[("group_id", "h"), ("user_id", "1")])], vec![]);
    first.listed(&[scope("accounts", &[("account_id", "1")]), all("accounts")], vec![]);
    first.publish();
    let kept = "SELECT resource || ' ' || scope FROM seen_under_gaps ORDER BY 1";
    let expected =
        [r#"group_memberships {"group_id":"g"}"#, r#"group_memberships {"group_id":"h","user_id":"1"}"#];
    assert_eq!(world.column(kept), expected);
    let gaps = "SELECT scope || ' ' || seen_columns FROM gaps WHERE seen_columns IS NOT NULL ORDER BY scope";
    let (of_h, of_all) =
        (r#"{"group_id":"h"} [["group_id","user_id"]]"#, r#"{} [["group_id","user_id"],["group_id"]]"#);
    assert_eq!(world.column(gaps), [of_h, of_all]);
}

#[test]
fn the_gaps_own_scope_is_not_narrower_than_the_gap() {
    let mut world = World::new();
    let set = [("permission_set_arn", "a")];
    let mut first = world.collect();
    first.listed(&[all("permission_sets")], vec![key_only("permission_sets", &set)]);
    first.failed(GapKind::Denied, &[all("permission_sets")], &[], vec![]).publish();
    assert!(world.column("SELECT scope FROM seen_under_gaps").is_empty());
}

#[test]
fn a_kept_scope_reads_as_every_other_scope_does() {
    let mut world = World::new();
    let odd = scope("groups", &[("group_id", "a \"b\" \\ \u{1}\n é 🦀 'c' /"), ("display_name", "")]);
    world.collect().failed(GapKind::Failed, &[all("groups")], &[], vec![]).seen(odd.clone()).publish();
    assert_eq!(world.column("SELECT scope FROM seen_under_gaps"), [odd.json()]);
}

#[test]
fn a_row_seen_under_a_wider_gap_was_seen_and_one_beside_it_was_not() {
    let mut world = World::new();
    for _ in 0..2 {
        let mut collection = world.collect();
        collection.listed(&[all("groups")], vec![group("g"), group("h")]);
        collection.listed(&[members_of("g")], vec![member("g", "1")]);
        collection.listed(&[members_of("h")], vec![member("h", "1")]).publish();
    }
    let mut third = world.collect();
    third.failed(GapKind::Failed, &[all("groups")], &[all("group_memberships")], vec![group("g")]);
    third.listed(&[members_of("g")], vec![member("g", "1"), member("g", "2")]).publish();
    let seen = "SELECT group_id || user_id || ' ' || substr(last_seen_at, 1, 10) || ' '
                || coalesce(substr(not_before, 1, 10), '-') FROM group_memberships_history ORDER BY 1";
    assert_eq!(world.column(seen), ["g1 2026-01-04 -", "g2 2026-01-04 2026-01-03", "h1 2026-01-03 -"]);
    world
        .collect()
        .listed(&[members_of("g")], vec![member("g", "1"), member("g", "3")])
        .listed(&[members_of("h")], vec![member("h", "1"), member("h", "3")])
        .publish();
    // The third snapshot saw all of g: only what is new in h may have been there before.
    let new = "SELECT group_id || substr(not_before, 1, 10) FROM group_memberships_history WHERE user_id = '3' ORDER BY 1";
    assert_eq!(world.column(new), ["g2026-01-04", "h2026-01-03"]);
}

#[test]
fn carried_rows_are_listed_with_what_hid_them() {
    let mut world = World::new();
    let mut first = world.collect();
    first.listed(&[all("accounts")], accounts(&[("1", "one"), ("2", "two")]));
    first.listed(&[all("groups")], vec![group("g"), group("h")]);
    first.listed(&[members_of("g")], vec![member("g", "1")]);
    first.listed(&[members_of("h")], vec![member("h", "1")]).publish();
    let mut second = world.collect();
    second.failed(GapKind::Denied, &[all("accounts")], &[], accounts(&[("2", "zwei"), ("3", "three")]));
    second.failed(
        GapKind::Failed,
        &[all("groups")],
        &[all("group_memberships")],
        vec![group("g"), group("h")],
    );
    second.listed(&[members_of("g")], vec![member("g", "1")]);
    second.failed(GapKind::Denied, &[members_of("h")], &[], vec![]).publish();
    let mut third = world.collect();
    third.listed(&[all("accounts")], accounts(&[("2", "zwei")])).listed(&[all("groups")], vec![]).publish();

    let sql = "SELECT resource || ' ' || key || ' ' || substr(last_seen_at, 1, 10) || ' ' || gap FROM stale_rows ORDER BY 1";
    let gap = |scope: &str, kind: &str| {
        format!(
            r#"{{"scope":{scope},"kind":"{kind}","operation":"organizations:ListAccounts","error_code":"AccessDeniedException"}}"#
        )
    };
    let mut census = world.census();
    assert!(column(census.connection(), sql).is_empty());
    census.answer_as_of(1).unwrap();
    assert!(column(census.connection(), sql).is_empty());
    census.answer_as_of(2).unwrap();
    let expected = [
        format!(r#"accounts {{"account_id":"1"}} 2026-01-02 {}"#, gap("{}", "denied")),
        format!(
            r#"group_memberships {{"group_id":"h","user_id":"1"}} 2026-01-02 {}"#,
            gap(r#"{"group_id":"h"}"#, "denied")
        ),
        format!(r#"groups {{"group_id":"g"}} 2026-01-02 {}"#, gap("{}", "failed")),
        format!(r#"groups {{"group_id":"h"}} 2026-01-02 {}"#, gap("{}", "failed")),
    ];
    assert_eq!(column(census.connection(), sql), expected);
}

#[test]
fn carried_rows_are_found_from_the_gaps() {
    let world = World::new();
    let plan: Vec<String> = world
        .database
        .connection()
        .prepare("EXPLAIN QUERY PLAN SELECT * FROM stale_rows")
        .unwrap()
        .query_map([], |row| row.get(3))
        .unwrap()
        .collect::<rusqlite::Result<_>>()
        .unwrap();
    // The rows of a resource are walked only for a gap that names no part of their key, after the gap was found.
    for (step, line) in
        plan.iter().enumerate().filter(|(_, line)| line.contains("AUTOMATIC") || line.starts_with("SCAN v"))
    {
        let before: Vec<_> = plan[..step].iter().rev().take(4).collect();
        assert!(before.iter().any(|line| line.starts_with("SEARCH n ")), "{line}: {plan:#?}");
    }
}
