//! Tests of assignments that lead nowhere: every reference to an id that is in no table, with the reason.

use super::*;
use crate::store::testing::Collection;

const ORPHANS: &str = "SELECT reason || ' ' || account_id || ' ' || permission_set_arn || ' ' || principal_id
    FROM orphan_assignments ORDER BY 1";

fn granted(account: &str, set: &str, user: &str) -> Row {
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

fn named(resource: &str, key: &str, id: &str) -> Row {
    row(resource, &[(key, id)])
}

/// Returns a world of three days. Day 1: everything is listed, and each of two assignments has a reference to a missing
/// id. Day 2: nothing is missing. Day 3: the same ids are missing again, hidden by gaps.
fn world() -> World {
    let mut world = World::new();
    let listed = |collection: &mut Collection, accounts: &[&str], sets: &[&str]| {
        let rows = accounts.iter().map(|id| named("accounts", "account_id", id)).collect();
        collection.listed(&[all("accounts")], rows);
        let rows = sets.iter().map(|arn| named("permission_sets", "permission_set_arn", arn)).collect();
        collection.listed(&[all("permission_sets")], rows);
        collection.listed(&[all("users")], vec![named("users", "user_id", "ann")]);
    };
    let assigned = || vec![granted("1", "s", "ann"), granted("2", "s", "ann"), granted("1", "t", "ann")];
    let mut first = world.collect();
    listed(&mut first, &["1"], &["s"]);
    let mut rows = assigned();
    rows.push(granted("3", "u", "bob"));
    first.listed(&[all("account_assignments")], rows).publish();
    let mut second = world.collect();
    listed(&mut second, &["1", "2"], &["s", "t"]);
    second.listed(&[all("account_assignments")], assigned()).publish();
    world
}

#[test]
fn each_missing_reference_is_named() {
    let mut census = world().census();
    assert_eq!(column(census.connection(), ORPHANS), Vec::<String>::new());
    census.answer_as_of(1).unwrap();
    assert_eq!(
        column(census.connection(), ORPHANS),
        [
            "account_missing 2 s ann",
            "account_missing 3 u bob",
            "permission_set_missing 1 t ann",
            "permission_set_missing 3 u bob",
            "principal_deleted 3 u bob",
        ]
    );
}

#[test]
fn what_a_gap_may_hide_is_not_missing() {
    let why = |hide: &dyn Fn(&mut Collection)| {
        let mut world = world();
        let mut third = world.collect();
        hide(&mut third);
        third.listed(&[all("users")], vec![named("users", "user_id", "ann")]);
        third
            .listed(&[all("account_assignments")], vec![granted("9", "s", "ann"), granted("1", "z", "ann")])
            .publish();
        world.column("SELECT reason || ' ' || account_id FROM orphan_assignments ORDER BY 1")
    };
    let accounts = || vec![named("accounts", "account_id", "1")];
    let sets = || vec![named("permission_sets", "permission_set_arn", "s")];
    let gap = |columns: &[(&str, &str)]| scope("accounts", columns);
    let denied = why(&|third| {
        third.failed(GapKind::Denied, &[all("accounts")], &[], accounts());
        third.failed(GapKind::Denied, &[all("permission_sets")], &[], sets());
    });
    assert_eq!(denied, ["account_not_listed 9", "permission_set_not_listed 1"]);
    let not_asked = why(&|third| {
        third.gap(GapKind::NotAsked, all("accounts")).gap(GapKind::NotAsked, all("permission_sets"));
    });
    assert_eq!(not_asked, denied);
    for (columns, reason) in [
        ([("account_id", "9")], "account_not_listed 9"),
        ([("account_id", "8")], "account_missing 9"),
        ([("parent_id", "ou-1")], "account_not_listed 9"),
    ] {
        let of_some = why(&|third| {
            third.listed(&[all("accounts")], accounts()).gap(GapKind::Failed, gap(&columns));
            third.listed(&[all("permission_sets")], sets());
        });
        assert_eq!(of_some, [reason, "permission_set_missing 1"], "{columns:?}");
    }
}
