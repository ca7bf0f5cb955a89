//! The strategies for assignments: `auto` sends hardly more calls than necessary, predicts their number before it knows
//! from experience, and loses nothing if one strategy is not possible.

use orgcensus::simulator::{Action, Config, Fault, Service};

use crate::fixture::Ran;
use crate::truth::strategy;
use crate::world::{World, assert_same, small};

/// Returns an organization in which the choice is worth a few calls.
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

/// Returns an organization that is too large for an automatic full pass, at the pace of [`in_a_hurry`].
pub fn too_large() -> Config {
    let mut config = worth_a_choice();
    config.size.accounts = 150;
    config.size.permission_sets = 20;
    config.size.pairs = 1_300;
    config.size.assignments = 2_000;
    config
}

/// Collects with ten minutes shortened to six seconds, at a matching rate.
fn in_a_hurry(world: &World, arguments: &[&str]) -> Ran {
    let only = "account_assignments,group_memberships,users";
    let all =
        [&["--rate", "sso-admin=150", "--rate", "identitystore=300", "--only", only], arguments].concat();
    let mut command = world.collect_command(&all);
    world.sandbox.ran(command.env("ORGCENSUS_HASTE", "100").output().unwrap())
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
    let mut many_users = worth_a_choice();
    many_users.size.users = 400;
    let no_repeats = Config { repeats_groups: false, ..rows_of_groups.clone() };
    for (name, config) in [
        ("few principals", few_principals),
        ("empty pairs", empty_pairs),
        ("users repeat their groups' rows", rows_of_groups),
        ("users do not repeat them", no_repeats),
        ("many users", many_users),
    ] {
        let world = World::of(config);
        let by_pairs = sso_admin_calls(&world, &["--assignments", "pairs", "--db", "pairs.db"]);
        let by_principals =
            sso_admin_calls(&world, &["--assignments", "principals", "--db", "principals.db"]);
        // The first run sees everything, and the second one uses its snapshot.
        let first = sso_admin_calls(&world, &[]);
        assert_eq!(first, by_pairs, "{name}: a full pass costs no trial");
        let second = sso_admin_calls(&world, &[]);
        let most = by_pairs.min(by_principals) + 4;
        assert!(second <= most, "{name}: {second} of {by_pairs} or {by_principals}");
    }
}

/// Returns the forecast in the line about the strategies: the range of calls, by pairs and by principals.
fn forecast(ran: &Ran) -> [[usize; 2]; 2] {
    let line = ran.stderr.lines().find(|line| line.starts_with("assignments: "));
    let line = line.unwrap_or_else(|| panic!("{}", ran.stderr));
    let calls = |part: &str| {
        let (before, _) = part.split_once(" calls").unwrap_or_else(|| panic!("{line}"));
        let numbers: Vec<usize> =
            before.rsplit_once('(').unwrap().1.split(' ').filter_map(|word| word.parse().ok()).collect();
        [numbers[0], *numbers.last().unwrap()]
    };
    let (pairs, principals) = line.split_once(") or ").unwrap();
    [calls(pairs), calls(principals)]
}

/// The choice waits until the costs are known: the forecast is within a tenth of the truth, or a range that contains
/// it.
#[test]
fn the_forecast_is_the_truth_of_every_shape() {
    let shape = |change: &dyn Fn(&mut Config)| {
        let mut config = too_large();
        change(&mut config);
        config
    };
    let full = 120 * 11;
    for (name, config) in [
        ("everybody in everything", shape(&|config| config.size.memberships = full)),
        (
            "users do not repeat",
            shape(&|config| (config.size.memberships, config.repeats_groups) = (full, false)),
        ),
        (
            "empty pairs, short pages",
            shape(&|config| {
                (config.unassigned_pairs, config.size.assignments) = (700, 900);
                config.short_pages = Some(30);
            }),
        ),
    ] {
        assert_foreseen(name, config);
    }
}

fn assert_foreseen(name: &str, config: Config) {
    let page = config.short_pages.unwrap_or(100);
    let world = World::of(config);
    let ran = in_a_hurry(&world, &[]);
    assert_eq!(ran.exit, Some(0), "{name}: {}", ran.stderr);
    let truth = world.simulator.sso_admin_calls(0);
    let [pairs, principals] = forecast(&ran);
    for (what, truth, [least, most]) in
        [("pairs", truth.by_pairs, pairs), ("principals", truth.by_principals, principals)]
    {
        let near = truth * 10 >= least * 9 && truth * 10 <= most * 11;
        assert!(near, "{name}: {truth} calls by {what}\n{}", ran.stderr);
    }
    // The trial costs little: the groups, a few pages each of some users, and some pairs.
    let rows = "SELECT count(*) AS rows FROM account_assignments WHERE principal_type = 'GROUP' GROUP BY principal_id";
    let pages = |rows: u64| usize::try_from(rows).unwrap() / page + 1;
    let of_groups: usize =
        world.select(rows).iter().map(|group| pages(group["rows"].as_u64().unwrap())).sum();
    let tried = of_groups + 40 * 3 + 2 * 2 + 40;
    let calls = world.simulator.calls().counts();
    let of = |operation: &str| -> usize {
        calls.iter().filter(|((_, found), _)| found == operation).map(|(_, calls)| calls).sum()
    };
    let listed = of("ListAccountAssignments") + of("ListAccountAssignmentsForPrincipal");
    let chosen = if strategy(&world) == "pairs" { truth.by_pairs } else { truth.by_principals };
    assert!(listed <= chosen + tried, "{name}: {listed} of {truth:?}");
}

#[test]
fn where_principals_may_not_be_listed_pairs_are_and_nothing_is_missing() {
    for config in [worth_a_choice(), too_large()] {
        let world = World::of(config);
        let denied = Fault::on("ListAccountAssignmentsForPrincipal", Action::Denied { kms_reason: None });
        world.simulator.faults().add(denied);
        for _ in 0..2 {
            let ran = in_a_hurry(&world, &[]);
            assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
            assert_eq!(strategy(&world), "pairs");
            let truth = world.simulator.rows(0, "account_assignments", Default::default());
            assert_same("assignments", &world.select("SELECT * FROM account_assignments"), &truth);
            assert_eq!(world.number("SELECT count(*) FROM gaps WHERE kind <> 'not_asked'"), 0);
            assert!(!ran.stderr.contains("recorded as a gap"), "{}", ran.stderr);
        }
    }
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

/// Their answers cannot contain the rows of earlier snapshots, which were listed by principal.
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
