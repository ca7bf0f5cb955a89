//! A resource that loses many of its rows from one snapshot to the next is published, with a warning.

use orgcensus::simulator::Config;

use crate::fixture::Ran;
use crate::world::{World, small};

/// Returns the same organization with this many users.
fn with_users(users: usize) -> Config {
    let mut config = small();
    config.size.users = users;
    config.awkward = false;
    config.changes_per_day = 0;
    config
}

/// Collects the users of the organization with `before` users, and then with `after`. Returns the second run.
fn collect_twice(before: usize, after: usize, options: &[&str]) -> (World, Ran) {
    let arguments = [&["--only", "users", "--assignments", "pairs"], options].concat();
    let first = World::of(with_users(before));
    first.collect_day(0, &arguments);
    assert_eq!(first.number("SELECT count(*) FROM users"), before as i64);
    let second = World::of(with_users(after));
    assert_eq!(second.simulator.organization_id(), first.simulator.organization_id());
    let file = first.sandbox.path("orgcensus.db");
    let ran = second.collect(&[&arguments[..], &["--db", file.to_str().unwrap()]].concat());
    assert_eq!(first.number("SELECT count(*) FROM users"), after as i64, "published all the same");
    (first, ran)
}

#[test]
fn losing_more_than_half_is_published_and_said_everywhere() {
    let (world, ran) = collect_twice(44, 21, &["--quiet"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    // A quiet run prints only its warnings.
    assert!(
        ran.stderr.starts_with(
            "warning: snapshot 2 is suspect: users fell from 44 to 21; see what is gone: orgcensus --db "
        ) && ran.stderr.trim_end().ends_with(" diff 1 2")
            && ran.stderr.lines().count() == 1,
        "{}",
        ran.stderr
    );
    let said = "suspect: users fell from 44 to 21";
    assert!(world.run(&["snapshots"]).stdout.contains("users fell from 44 to 21"));
    for arguments in [
        &["snapshots", "show", "2"][..],
        &["query", "SELECT count(*) FROM users"],
        &["diff", "1", "2", "--format", "json"],
        &["diff", "1", "2", "--resource", "users"],
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert!(ran.stderr.contains(said), "{arguments:?}: {}", ran.stderr);
    }
    assert!(world.run(&[]).stdout.contains(said));
    // The data stays: the next snapshot is compared with this one.
    let again = world.collect(&["--only", "users", "--assignments", "pairs"]);
    assert_eq!(again.exit, Some(0), "{}", again.stderr);
    assert!(!again.stderr.contains("suspect"), "{}", again.stderr);
}

#[test]
fn losing_half_or_having_few_is_no_suspicion() {
    for (before, after) in [(44, 22), (20, 4)] {
        let (_world, ran) = collect_twice(before, after, &[]);
        assert_eq!(ran.exit, Some(0), "{before} to {after}: {}", ran.stderr);
        assert!(!ran.stderr.contains("suspect"), "{}", ran.stderr);
    }
}

#[test]
fn the_limit_can_be_set_and_turned_off() {
    for (limit, exit) in [("100", 0), ("80", 0), ("20", 4)] {
        let (_world, ran) = collect_twice(40, 30, &["--shrink-limit", limit]);
        assert_eq!(ran.exit, Some(exit), "{limit}: {}", ran.stderr);
    }
    let (_world, off) = collect_twice(44, 4, &["--shrink-limit", "100"]);
    assert_eq!(off.exit, Some(0), "{}", off.stderr);
    let world = World::of(small());
    for wrong in ["101", "half"] {
        let ran = world.run(&["collect", "--shrink-limit", wrong]);
        assert_eq!(ran.exit, Some(2), "{wrong}: {}", ran.stderr);
        assert!(ran.stderr.contains("--shrink-limit"), "{}", ran.stderr);
    }
}

#[test]
fn what_is_not_collected_loses_nothing() {
    let first = World::of(with_users(44));
    first.collect_day(0, &["--only", "users", "--only", "groups", "--assignments", "pairs"]);
    for arguments in [["--only", "groups"], ["--skip", "users"]] {
        let ran = first.collect(&[&arguments[..], &["--access-report", "none"]].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert!(!ran.stderr.contains("suspect"), "{}", ran.stderr);
        assert_eq!(first.number("SELECT count(*) FROM users"), 44);
    }
}

#[test]
fn a_quiet_run_without_anything_to_warn_of_prints_nothing() {
    let world = World::of(with_users(8));
    let ran = world.collect(&["--quiet", "--access-report", "root"]);
    assert_eq!((ran.exit, ran.stdout.as_str(), ran.stderr.as_str()), (Some(0), "", ""));
}
