//! How assignments are listed: `auto` calls hardly more than the cheaper strategy would, and loses nothing where
//! one of them cannot be had.

use orgcensus::simulator::{Action, Config, Fault, Service};

use crate::truth::strategy;
use crate::world::{World, small};

/// An organization in which a choice is worth a few calls.
fn worth_a_choice() -> Config {
    let mut config = small();
    config.size.accounts = 60;
    config.size.users = 120;
    config.size.groups = 12;
    config.size.memberships = 400;
    config.size.pairs = 280;
    config.size.assignments = 420;
    config.short_pages = None;
    config.awkward = false;
    config
}

fn sso_admin_calls(world: &World, arguments: &[&str]) -> usize {
    world.simulator.calls().clear();
    let ran = world.collect(&[arguments, &["--access-report", "none"]].concat());
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let counts = world.simulator.calls().counts();
    counts.iter().filter(|((service, _), _)| *service == Service::SsoAdmin).map(|(_, calls)| calls).sum()
}

#[test]
fn auto_calls_hardly_more_than_the_cheaper_strategy() {
    let mut few_principals = worth_a_choice();
    few_principals.size.users = 60;
    let mut empty_pairs = worth_a_choice();
    empty_pairs.size.assignments = 90;
    let mut rows_of_groups = worth_a_choice();
    rows_of_groups.size.groups = 4;
    rows_of_groups.size.memberships = 420;
    rows_of_groups.size.assignments = 900;
    rows_of_groups.short_pages = Some(40);
    let mut many_users = worth_a_choice();
    many_users.size.users = 400;
    for (name, config) in [
        ("few principals", few_principals),
        ("empty pairs", empty_pairs),
        ("users repeat their groups' rows", rows_of_groups),
        ("many users", many_users),
    ] {
        let world = World::of(config);
        let by_pairs = sso_admin_calls(&world, &["--assignments", "pairs", "--db", "pairs.db"]);
        let by_principals =
            sso_admin_calls(&world, &["--assignments", "principals", "--db", "principals.db"]);
        let cheaper = by_pairs.min(by_principals);
        // The first knows nothing and tries a few of each, the second has the first's snapshot to go by.
        for run in ["first", "second"] {
            let auto = sso_admin_calls(&world, &[]);
            let tried = if run == "first" { 10 } else { 0 };
            let most = cheaper + cheaper / 50 + tried;
            assert!(auto <= most, "{name}, {run} run: {auto} of {by_pairs} or {by_principals}");
        }
    }
}

#[test]
fn where_principals_may_not_be_listed_pairs_are_and_nothing_is_missing() {
    let world = World::of(worth_a_choice());
    let denied = Fault::on("ListAccountAssignmentsForPrincipal", Action::Denied { kms_reason: None });
    world.simulator.faults().add(denied);
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(strategy(&world), "pairs");
    world.assert_truth(0, Default::default());
    assert_eq!(world.number("SELECT count(*) FROM gaps WHERE kind <> 'not_asked'"), 0);
    assert!(!ran.stderr.contains("recorded as a gap"), "{}", ran.stderr);
}

#[test]
fn pairs_that_are_surely_cheaper_do_not_wait_for_the_last_user() {
    let mut config = worth_a_choice();
    config.size.users = 1_000;
    config.short_pages = Some(5);
    let world = World::of(config);
    world.collect_day(0, &["--access-report", "none"]);
    assert_eq!(strategy(&world), "pairs");
    let calls = world.simulator.calls().all();
    let of = |operation: &str| {
        calls.iter().filter(|call| call.operation == operation).map(|call| call.at).collect::<Vec<_>>()
    };
    assert!(of("ListAccountAssignments").iter().min() < of("ListUsers").iter().max());
}

/// Their answers cannot hold what the snapshots before know: that was listed by principal.
#[test]
fn pairs_that_nobody_was_ever_assigned_are_no_gap_where_empty_lists_are_left_out() {
    let mut config = Config { empty_lists: false, unassigned_pairs: 3, ..worth_a_choice() };
    config.size.assignments = 90;
    let world = World::of(config);
    for _ in 0..2 {
        let ran = world.collect(&["--assignments", "principals", "--access-report", "none"]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    }
    assert!(world.simulator.calls().count("ListAccountAssignments") > 0);
    assert_eq!(world.gaps(), []);
}
