//! The assignments that a listing by principals cannot show: every affected answer says so, and a full pass by pairs
//! shows them.

use orgcensus::simulator::{Action, Config, Fault};

use crate::fixture::Ran;
use crate::truth::strategy;
use crate::world::{World, awkward, small};

const BY_PRINCIPALS: [&str; 4] = ["--assignments", "principals", "--access-report", "none"];

fn status(world: &World) -> String {
    let sql = "SELECT status FROM coverage WHERE resource = 'account_assignments' ORDER BY snapshot_id DESC LIMIT 1";
    world.select(sql)[0]["status"].as_str().unwrap().to_owned()
}

/// Returns a census of 280 pairs and 72 users and groups.
fn few_principals() -> World {
    let mut config = small();
    config.size.accounts = 60;
    config.size.users = 60;
    config.size.groups = 12;
    config.size.pairs = 280;
    config.size.assignments = 420;
    config.short_pages = None;
    World::of(Config { awkward: false, ..config })
}

/// Runs a dry run at this many calls per second, in which ten minutes are six seconds.
fn dry_run(world: &World, rate: &str, arguments: &[&str]) -> Ran {
    let rate = format!("sso-admin={rate}");
    let only = "account_assignments,users,groups,group_memberships";
    let all = [&["--dry-run", "--only", only, "--rate", &rate], arguments].concat();
    let ran = world.sandbox.ran(world.collect_command(&all).env("ORGCENSUS_HASTE", "100").output().unwrap());
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    ran
}

#[test]
fn a_first_census_sees_the_old_orphans() {
    let world = awkward();
    let ran = world.collect(&["--access-report", "none"]);
    assert_eq!((ran.exit, strategy(&world).as_str()), (Some(0), "pairs"), "{}", ran.stderr);
    world.assert_truth_but(0, Default::default(), &["service_last_accessed"]);
    assert_eq!(status(&world), "complete");
    let is_limited = |line: &str| line.contains("account_assignments") && line.contains("limited");
    assert!(!ran.stderr.lines().any(is_limited), "{}", ran.stderr);
    let asked = world.run(&["query", "orphan-assignments", "--require-complete"]);
    assert_eq!(asked.exit, Some(0), "{}", asked.stderr);
}

/// A full pass still counts after its snapshot was pruned.
#[test]
fn a_pruned_full_pass_is_known() {
    let world = few_principals();
    let pairs = ["--assignments", "pairs", "--access-report", "none"];
    world.collect_day(0, &pairs);
    let wanted = |world: &World| dry_run(world, "100", &[]).stderr.contains("a full pass that sees");
    world.collect_day(0, &BY_PRINCIPALS);
    world.collect_day(0, &BY_PRINCIPALS);
    world.collect_day(0, &BY_PRINCIPALS);
    assert!(!wanted(&world));
    for pruned in ["1", "2", "4"] {
        let ran = world.run(&["snapshots", "prune", pruned, "--force"]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert!(!wanted(&world), "{pruned}");
        let noted = world.select("SELECT full_pass_id FROM pruned_full_passes ORDER BY 1");
        assert_eq!(noted.len(), 1, "{pruned}");
        assert_eq!(noted[0]["full_pass_id"], 1, "{pruned}");
        assert_eq!(world.run(&["snapshots", "verify"]).exit, Some(0));
    }
    // The newest pruned full pass is recorded with the previous one.
    world.collect_day(0, &pairs);
    let ran = world.run(&["snapshots", "prune", "5", "--force"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.number("SELECT full_pass_id FROM pruned_full_passes WHERE snapshot_id = 3"), 5);
    assert!(!wanted(&world));
}

#[test]
fn by_principals_what_is_not_seen_is_said() {
    let world = awkward();
    let ran = world.collect(&[&BY_PRINCIPALS[..], &["--require", "account_assignments"]].concat());
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert!(ran.stderr.contains("account_assignments is limited"), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("collect --assignments pairs` lists every pair once (at least "),
        "{}",
        ran.stderr
    );
    assert_eq!(status(&world), "limited");
    let snapshot = world.select("SELECT status FROM snapshots");
    assert_eq!(snapshot[0]["status"], "complete");
    let user = world.select("SELECT user_name FROM effective_access LIMIT 1")[0]["user_name"].clone();
    let user = user.as_str().unwrap();
    for (arguments, is_told) in [
        (vec!["orphan-assignments"], true),
        (vec!["SELECT count(*) FROM account_assignments"], true),
        (
            vec![
                "SELECT * FROM account_assignments LEFT JOIN users ON user_id = principal_id WHERE user_id IS NULL",
            ],
            true,
        ),
        (vec!["SELECT * FROM effective_access_unknown"], true),
        (vec!["SELECT count(*) FROM effective_access"], false),
        (vec!["SELECT user_name FROM account_assignments JOIN users ON user_id = principal_id"], false),
        (vec!["user-access", user], false),
        (vec!["privileged-access"], false),
        (vec!["direct-user-assignments"], true),
        (vec!["disabled-users-with-access"], false),
        (vec!["SELECT count(*) FROM access_changes"], false),
    ] {
        let asked = world.run(&[&["query"], &arguments[..]].concat());
        assert_eq!(
            asked.stderr.contains("account_assignments (limited"),
            is_told,
            "{arguments:?}: {}",
            asked.stderr
        );
        let required = world.run(&[&["query", "--require-complete"], &arguments[..]].concat());
        assert_eq!(required.exit, Some(if is_told { 4 } else { 0 }), "{arguments:?}: {}", required.stderr);
    }
    let verified = world.run(&["snapshots", "verify"]);
    assert_eq!(verified.exit, Some(0), "{}", verified.stderr);
}

#[test]
fn a_full_pass_that_takes_too_long_is_named() {
    let world = few_principals();
    let first = dry_run(&world, "5", &[]);
    assert!(first.stderr.contains("listing by principals"), "{}", first.stderr);
    assert!(
        first
            .stderr
            .contains("`orgcensus collect --assignments pairs` lists every pair once (at least 280 calls, 5"),
        "{}",
        first.stderr
    );
    // Six seconds are enough, or three times the cost of principals.
    let quick = dry_run(&world, "100", &[]);
    assert!(quick.stderr.contains("listing by pairs, a full pass"), "{}", quick.stderr);
}

#[test]
fn a_full_pass_is_due_again() {
    let world = few_principals();
    world.collect_day(0, &["--access-report", "none"]);
    assert_eq!(strategy(&world), "pairs");
    world.collect_day(0, &["--access-report", "none"]);
    assert_eq!(strategy(&world), "principals");
    let path = world.sandbox.path("orgcensus.db");
    let database = rusqlite::Connection::open(path).unwrap();
    let completed = |days_ago: &str| {
        let sql = "UPDATE snapshots SET completed_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now', ?1)";
        database.execute(sql, [days_ago]).unwrap();
    };
    completed("-2 days");
    world.collect_day(0, &["--access-report", "none", "--full-every", "1d"]);
    assert_eq!(strategy(&world), "pairs");
    completed("-31 days");
    let slow = dry_run(&world, "5", &[]);
    let due = "a full pass by pairs is due, but takes too long to run automatically (280 calls, 5";
    assert!(slow.stderr.contains("listing by principals") && slow.stderr.contains(due), "{}", slow.stderr);
    assert!(slow.stderr.contains("the last was snapshot 3, 31 days ago"), "{}", slow.stderr);
    for (rate, arguments) in [("5", &["--full-every", "7d"][..]), ("50", &[])] {
        let made = dry_run(&world, rate, arguments);
        assert!(made.stderr.contains("listing by pairs, a full pass"), "{}", made.stderr);
    }
    let not_due = dry_run(&world, "50", &["--full-every", "60d"]);
    assert!(not_due.stderr.contains("listing by principals"), "{}", not_due.stderr);
    assert!(!not_due.stderr.contains("full pass"), "{}", not_due.stderr);
}

#[test]
fn the_choice_survives_a_resume() {
    let world = few_principals();
    let expired = Fault::on("ListAccountAssignmentsForPrincipal", Action::ExpiredCredentials).from_call(20);
    world.simulator.faults().add(expired.times(1));
    let stopped = world.collect(&BY_PRINCIPALS);
    assert_eq!(stopped.exit, Some(5), "{}", stopped.stderr);
    let resumed = world.collect(&[&BY_PRINCIPALS[..], &["--full-every", "1d"]].concat());
    assert_eq!(resumed.exit, Some(0), "{}", resumed.stderr);
    assert!(resumed.stderr.contains("resuming the collection"), "{}", resumed.stderr);
    assert_eq!(strategy(&world), "principals");
    assert!(resumed.stderr.contains("lists every pair once (at least 280 calls"), "{}", resumed.stderr);
    assert!(resumed.stderr.contains("account_assignments is limited"), "{}", resumed.stderr);
}
