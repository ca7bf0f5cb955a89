//! Tests that the counts equal those of the views in each snapshot, with any rows collected, hidden and pruned.

use proptest::prelude::*;

use crate::model::Row as Staged;
use crate::store::retention::tests::history::{Day, collect, day};
use crate::store::testing::{World, column, row, scope};
use crate::store::{Census, GapKind};

const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

fn granted(account: &str, set: &str, kind: &str, principal: &str) -> Staged {
    let key = ["account_id", "permission_set_arn", "principal_type", "principal_id"];
    let values = [account, set, kind, principal];
    row("account_assignments", &key.into_iter().zip(values).collect::<Vec<_>>())
}

fn member(user: &str) -> Staged {
    row("group_memberships", &[("group_id", "g"), ("user_id", user)])
}

/// The listing that is missing from a snapshot.
#[derive(Clone, Copy, PartialEq)]
enum Hidden {
    Nothing,
    Skipped(&'static str),
    Denied(&'static str, &'static [(&'static str, &'static str)]),
}

/// Publishes accounts 1, 2 and 3 (empty), users ann and bob, and a group with these members, which has `admin` in 1.
fn publish(world: &mut World, members: &[&str], hidden: Hidden) {
    let mut collection = world.collect();
    let users = ["ann", "bob"].map(|id| row("users", &[("user_id", id), ("user_name", id)]));
    let account = |id: &str| row("accounts", &[("account_id", id), ("name", id), ("state", "ACTIVE")]);
    let sets =
        ["admin", "read"].map(|arn| row("permission_sets", &[("permission_set_arn", arn), ("name", arn)]));
    let policy =
        [("permission_set_arn", "admin"), ("kind", "inline"), ("policy", "inline"), ("document", ALL)];
    let listings = [
        ("accounts", [], ["1", "2", "3"].map(account).to_vec()),
        ("users", [], users.to_vec()),
        ("groups", [], vec![row("groups", &[("group_id", "g"), ("display_name", "G")])]),
        ("group_memberships", [], members.iter().map(|user| member(user)).collect()),
        ("permission_sets", [], sets.to_vec()),
        ("permission_set_policies", [], vec![row("permission_set_policies", &policy)]),
        ("managed_policies", [], vec![]),
        (
            "account_assignments",
            [],
            vec![
                granted("1", "admin", "GROUP", "g"),
                granted("1", "read", "USER", "ann"),
                granted("2", "read", "USER", "ann"),
                granted("2", "read", "USER", "nobody"),
            ],
        ),
    ];
    for (name, columns, rows) in listings {
        let scope = scope(name, &columns);
        match hidden {
            Hidden::Skipped(skipped) if skipped == name => {}
            Hidden::Denied(denied, narrow) if denied == name => {
                let narrow = crate::store::testing::scope(name, narrow);
                collection.listed(&[scope], rows);
                collection.gap(GapKind::Denied, narrow);
            }
            _ => drop(collection.listed(&[scope], rows)),
        }
    }
    collection.publish();
}

const COUNTS: &str = "concat_ws(' ', coalesce(account_id, 'all'), coalesce(people_with_access, '-'),
    coalesce(direct_paths, '-'), coalesce(group_paths, '-'), coalesce(administrators, '-'),
    coalesce(direct_assignments, '-'), coalesce(orphans, '-'), coalesce(unknown, '-'))";

fn counts(world: &World, snapshot_id: i64) -> Vec<String> {
    world.column(&format!(
        "SELECT {COUNTS} FROM snapshot_metrics WHERE snapshot_id = {snapshot_id} ORDER BY scope DESC, 1"
    ))
}

fn incomplete(world: &World, snapshot_id: i64) -> Vec<String> {
    world.column(&format!(
        "SELECT incomplete FROM snapshot_metrics WHERE snapshot_id = {snapshot_id} ORDER BY scope DESC, account_id"
    ))
}

fn changes(world: &World) -> Vec<String> {
    world.column(
        "SELECT concat_ws(' ', snapshot_id, gained, membership_added, lost, membership_removed, unknown_changes)
         FROM snapshot_metrics WHERE scope = 'organization' ORDER BY snapshot_id",
    )
}

#[test]
fn each_account_is_counted() {
    let mut world = World::claimed();
    publish(&mut world, &["ann"], Hidden::Nothing);
    publish(&mut world, &["ann", "bob"], Hidden::Nothing);
    publish(&mut world, &["bob"], Hidden::Nothing);
    assert_eq!(
        counts(&world, 1),
        ["all 1 2 1 1 3 1 0", "1 1 1 1 1 1 0 0", "2 1 1 0 0 2 1 0", "3 0 0 0 0 0 0 0"]
    );
    assert_eq!(counts(&world, 2)[..2], ["all 2 2 2 2 3 1 0", "1 2 1 2 2 1 0 0"]);
    assert_eq!(counts(&world, 3)[..2], ["all 2 2 1 1 3 1 0", "1 2 1 1 1 1 0 0"]);
    assert_eq!(changes(&world), ["1", "2 1 1 0 0 0", "3 0 0 1 1 0"]);
    let of_accounts = "SELECT concat_ws(' ', snapshot_id, account_id, gained, lost) FROM snapshot_metrics
                       WHERE account_id IN ('1', '2') AND snapshot_id > 1 ORDER BY 1";
    assert_eq!(world.column(of_accounts), ["2 1 1 0", "2 2 0 0", "3 1 0 1", "3 2 0 0"]);
    // An unchanged row is stored once.
    assert_eq!(
        world.column("SELECT count(*) || '' FROM snapshot_metrics_kept WHERE account_id = '2'"),
        ["1"]
    );
    assert_eq!(incomplete(&world, 3), ["", "", "", ""]);
    world.census().verify().unwrap();
}

#[test]
fn what_was_not_collected_is_null() {
    let mut world = World::claimed();
    publish(&mut world, &["ann"], Hidden::Nothing);
    let of_account_1 = |world: &World| {
        let last = world.database.snapshots().unwrap().len() as i64;
        let counts = counts(world, last);
        counts.into_iter().find(|row| row.starts_with("1 ")).unwrap_or_default()
    };
    for (resource, due) in [
        ("users", "1 - - - - 1 - -"),
        ("group_memberships", "1 - 1 - - 1 - -"),
        ("groups", "1 1 1 1 1 1 - -"),
        ("account_assignments", "1 - - - - - - -"),
        ("permission_set_policies", "1 1 1 1 - 1 0 0"),
        ("accounts", "1 1 1 1 1 1 0 0"),
        ("permission_sets", "1 1 1 1 1 1 0 0"),
        ("managed_policies", "1 1 1 1 1 1 0 0"),
    ] {
        publish(&mut world, &["ann"], Hidden::Skipped(resource));
        assert_eq!(of_account_1(&world), due, "without {resource}");
        let last = world.database.snapshots().unwrap().len() as i64;
        assert!(incomplete(&world, last).iter().all(|told| told.split(", ").any(|one| one == resource)));
    }
    // Nothing is known from the first snapshot on.
    let mut world = World::claimed();
    publish(&mut world, &["ann"], Hidden::Skipped("account_assignments"));
    assert_eq!(counts(&world, 1)[0], "all - - - - - - -");
    publish(&mut world, &["ann", "bob"], Hidden::Skipped("users"));
    let changes = "SELECT coalesce(gained, lost, altered, unknown_changes, 'none') FROM snapshot_metrics WHERE account_id IS NULL";
    assert_eq!(world.column(changes), ["none", "none"]);
    world.census().verify().unwrap();
}

#[test]
fn a_count_under_a_gap_is_marked() {
    let mut world = World::claimed();
    publish(&mut world, &["ann"], Hidden::Nothing);
    for (hidden, marked) in [
        (
            Hidden::Denied("group_memberships", &[("group_id", "g")]),
            ["group_memberships", "group_memberships", "", ""],
        ),
        (
            Hidden::Denied("account_assignments", &[("account_id", "2")]),
            ["account_assignments", "", "account_assignments", ""],
        ),
        (Hidden::Denied("users", &[("user_id", "nobody")]), ["users"; 4]),
        (
            Hidden::Denied("permission_set_policies", &[("permission_set_arn", "read")]),
            ["permission_set_policies"; 4],
        ),
    ] {
        publish(&mut world, &["ann"], hidden);
        let last = world.database.snapshots().unwrap().len() as i64;
        assert_eq!(incomplete(&world, last), marked);
        let is_users = hidden == Hidden::Denied("users", &[("user_id", "nobody")]);
        let all = if is_users { "all 1 2 1 1 3 0 1" } else { "all 1 2 1 1 3 1 0" };
        assert_eq!(counts(&world, last)[0], all, "{marked:?}");
    }
    world.census().verify().unwrap();
}

#[test]
fn steps_are_those_between_kept_snapshots() {
    let mut world = World::claimed();
    for members in [&["ann"][..], &["ann", "bob"], &["bob"], &[]] {
        publish(&mut world, members, Hidden::Nothing);
    }
    let before = counts(&world, 4);
    world.database.prune(&[2, 3]).unwrap();
    assert_eq!(changes(&world), ["1", "4 0 0 1 1 0"]);
    assert_eq!(counts(&world, 4), before);
    world.census().verify().unwrap();
    world.database.prune(&[4]).unwrap();
    publish(&mut world, &["ann", "bob"], Hidden::Nothing);
    assert_eq!(changes(&world), ["1", "5 1 1 0 0 0"]);
    assert_eq!(
        counts(&world, 1),
        ["all 1 2 1 1 3 1 0", "1 1 1 1 1 1 0 0", "2 1 1 0 0 2 1 0", "3 0 0 0 0 0 0 0"]
    );
    world.census().verify().unwrap();
}

#[test]
fn as_of_and_during_stop_in_time() {
    let mut world = World::claimed();
    (0..4).for_each(|_| publish(&mut world, &["ann"], Hidden::Nothing));
    let mut census = world.census();
    let ids = "SELECT DISTINCT snapshot_id || '' FROM snapshot_metrics ORDER BY 1";
    assert_eq!(column(census.connection(), ids), ["1", "2", "3", "4"]);
    census.answer_as_of(2).unwrap();
    assert_eq!(column(census.connection(), ids), ["1", "2"]);
    census.answer_during(2, 3).unwrap();
    assert_eq!(column(census.connection(), ids), ["2", "3"]);
}

#[test]
fn what_is_not_counted_yet_is_filled() {
    let mut world = World::claimed();
    for members in [&["ann"][..], &["ann", "bob"], &["bob"]] {
        publish(&mut world, members, Hidden::Nothing);
    }
    let rows = "SELECT concat_ws(' ', snapshot_id, coalesce(account_id, '-'), people_with_access, gained, incomplete)
                FROM snapshot_metrics ORDER BY 1";
    let due = world.column(rows);
    for change in [
        "DELETE FROM derived_rules WHERE name = 'metrics'",
        "UPDATE derived_rules SET rules = 'other' WHERE name = 'metrics'",
        "DELETE FROM derived_rules; DELETE FROM derived_tables; DELETE FROM access_change_totals_steps",
    ] {
        world.database.connection().execute_batch(change).unwrap();
        world.database.fill(|_, _| {}).unwrap();
        assert_eq!(world.column(rows), due, "{change}");
    }
    // This is the state after a migration, and after a publish that could not count all snapshots.
    let empty = "DELETE FROM derived_rules WHERE name = 'metrics'";
    world.database.connection().execute_batch(empty).unwrap();
    super::publish(world.database.connection(), 3).unwrap();
    let fresh = World::new().column("SELECT incomplete FROM snapshot_metrics_kept");
    assert_eq!(world.column("SELECT incomplete FROM snapshot_metrics_kept"), fresh);
    let told = world
        .column("SELECT snapshot_id || ' ' || scope || ' ' || incomplete FROM snapshot_metrics ORDER BY 1");
    assert_eq!(told, ["1", "2", "3"].map(|id| format!("{id} organization {}", fresh[0])));
    world.census().verify().unwrap();
    world.database.fill(|_, _| {}).unwrap();
    assert_eq!(world.column(rows), due);
    publish(&mut world, &[], Hidden::Nothing);
    world.census().verify().unwrap();
}

#[test]
fn what_was_changed_is_noticed() {
    for change in [
        "UPDATE snapshot_metrics_kept SET people_with_access = 7 WHERE account_id = '1'",
        "UPDATE snapshot_metrics_kept SET orphans = NULL WHERE account_id IS NULL",
        "UPDATE snapshot_metrics_kept SET incomplete = 'x'",
        "DELETE FROM snapshot_metrics_kept WHERE account_id = '3'",
        "INSERT INTO snapshot_metrics_kept (account_id, valid_from) VALUES ('x', 1)",
        "UPDATE snapshot_metrics_kept SET valid_to = 2 WHERE account_id IS NULL",
        "UPDATE access_change_totals_steps SET gained = 5",
        "DELETE FROM access_change_totals_steps WHERE account_id IS NULL",
    ] {
        let mut world = World::claimed();
        publish(&mut world, &["ann"], Hidden::Nothing);
        publish(&mut world, &["ann", "bob"], Hidden::Nothing);
        world.census().verify().unwrap();
        world.database.connection().execute(change, []).unwrap();
        let told = world.census().verify().unwrap_err().to_string();
        assert!(told.contains("does not match the rows of this snapshot"), "{change}: {told}");
    }
}

/// The counts that the views of a snapshot give, for the organization and each account.
const TOLD: &str = "
    WITH scopes AS (
        SELECT NULL AS account_id UNION SELECT account_id FROM account_assignments UNION SELECT account_id FROM accounts),
    astray AS (
        SELECT account_id, permission_set_arn, principal_type, principal_id, min(reason LIKE '%not_listed') AS is_unknown
        FROM orphan_assignments GROUP BY 1, 2, 3, 4)
    SELECT concat_ws(' ', coalesce(s.account_id, 'all'),
        (SELECT count(DISTINCT e.user_id) FROM effective_access AS e WHERE s.account_id IS NULL OR e.account_id = s.account_id),
        (SELECT count(*) FROM effective_access AS e WHERE via = 'direct' AND (s.account_id IS NULL OR e.account_id = s.account_id)),
        (SELECT count(*) FROM effective_access AS e WHERE via = 'group' AND (s.account_id IS NULL OR e.account_id = s.account_id)),
        '-',
        (SELECT count(*) FROM account_assignments AS e WHERE principal_type = 'USER' AND (s.account_id IS NULL OR e.account_id = s.account_id)),
        (SELECT count(*) FROM astray AS e WHERE NOT is_unknown AND (s.account_id IS NULL OR e.account_id = s.account_id)),
        (SELECT count(*) FROM astray AS e WHERE is_unknown AND (s.account_id IS NULL OR e.account_id = s.account_id)))
    FROM scopes AS s ORDER BY s.account_id IS NOT NULL, 1";

/// Asserts that each count equals the count of the views, or is NULL.
fn assert_told(census: &mut Census, ids: &[i64]) {
    for id in ids {
        census.answer_as_of(*id).unwrap();
        let told = column(census.connection(), TOLD);
        let sql =
            format!("SELECT {COUNTS} FROM snapshot_metrics WHERE snapshot_id = {id} ORDER BY scope DESC, 1");
        let counts = column(census.connection(), &sql);
        assert_eq!(told.len(), counts.len(), "{told:?} {counts:?}");
        for (told, counted) in told.iter().zip(&counts) {
            let same = told
                .split(' ')
                .zip(counted.split(' '))
                .all(|(told, counted)| counted == "-" || told == counted);
            assert!(same, "snapshot {id}: {counted}, and the views tell {told}");
        }
    }
}

fn histories() -> impl Strategy<Value = (Vec<Day>, Vec<i64>)> {
    proptest::collection::vec(day(), 2..7).prop_flat_map(|days| {
        let ids: Vec<i64> = (1..=days.len() as i64).collect();
        (Just(days), proptest::sample::subsequence(ids.clone(), 1..=ids.len()))
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn counts_are_those_of_the_views((days, kept) in histories()) {
        let mut world = World::claimed();
        days.iter().for_each(|day| collect(&mut world, day));
        let ids: Vec<i64> = (1..=days.len() as i64).collect();
        assert_told(&mut world.census(), &ids);
        world.census().verify().unwrap();
        let gone: Vec<i64> = ids.into_iter().filter(|id| !kept.contains(id)).collect();
        world.database.prune(&gone).unwrap();
        assert_told(&mut world.census(), &kept);
        world.census().verify().unwrap();
        collect(&mut world, &days[0]);
        world.census().verify().unwrap();
    }
}
