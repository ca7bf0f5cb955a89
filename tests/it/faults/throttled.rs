//! AWS throttles for seconds, for minutes, or for longer than the time limit.

use std::time::Duration;

use orgcensus::simulator::{Action, Fault};
use orgcensus::store::SnapshotStatus;
use serde_json::json;

use crate::gaps::{after_day_0, assert_kept, assert_survived, collect, collect_impatiently};

fn throttle() -> Action {
    Action::Throttle { retry_after_seconds: None }
}

#[test]
fn for_seconds() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    // Each service in its own words. The identity store names the pause.
    faults.add(Fault::on("ListUsers", Action::Throttle { retry_after_seconds: Some(1) }).times(2));
    faults.add(Fault::on("ListPermissionSets", throttle()).times(4));
    faults.add(Fault::on("ListAccounts", throttle()).times(4));
    faults.add(Fault::on("GenerateOrganizationsAccessReport", throttle()).times(2));
    let ran = collect(&world);
    assert!(ran.stderr.contains("12 throttled"), "{}", ran.stderr);
    assert_eq!(world.number("SELECT throttled_calls FROM snapshots WHERE snapshot_id = 2"), 12);
    assert_survived(&world, &ran);
}

/// Takes more than a minute: `cargo test --test it for_minutes -- --ignored`.
#[test]
#[ignore = "takes more than a minute"]
fn for_minutes() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("identitystore:*", throttle()));
    let child = world.spawn(&crate::gaps::ARGUMENTS);
    std::thread::sleep(Duration::from_secs(70));
    world.simulator.faults().clear();
    let ran = world.sandbox.ran(child.wait_with_output().unwrap());
    assert_survived(&world, &ran);
}

#[test]
fn for_longer_than_anybody_waits() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on("ListUsers", throttle()));
    let summary = collect_impatiently(&world);
    assert_eq!(summary.published.status, SnapshotStatus::Partial);
    assert!(summary.throttled > 2, "{}", summary.throttled);
    assert_kept(&world, &[("users", json!({}))], "failed");
}
