//! A collection that ends early, in any way, leaves the census unchanged, and the next one continues where it stopped.

use std::collections::{BTreeMap, BTreeSet};
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use orgcensus::model::RESOURCES;
use orgcensus::simulator::{Call, Config, ReportDepth, Rows, TruthOptions};

use crate::world::{World, assert_same, small};

const PAIRS: [&str; 4] = ["--assignments", "pairs", "--access-report", "root"];
const LATENCY: Duration = Duration::from_millis(120);
/// The calls before every collection, resumed or not.
pub const PREFLIGHT: [&str; 3] = ["GetCallerIdentity", "DescribeOrganization", "ListInstances"];

fn truth() -> TruthOptions {
    TruthOptions { access_report: ReportDepth::Root, ..TruthOptions::default() }
}

/// Returns a world that is slow enough for a collection to take a second or two.
fn slow() -> World {
    World::of(Config { latency: LATENCY, ..small() })
}

pub fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

fn snapshots(world: &World) -> i64 {
    if !world.sandbox.path("orgcensus.db").exists() {
        return 0;
    }
    world.number("SELECT count(*) FROM snapshots")
}

/// Returns all current answers of the census.
fn everything(world: &World) -> BTreeMap<String, Rows> {
    let views =
        RESOURCES.iter().map(|spec| spec.name).chain(["effective_access", "snapshots", "gaps", "coverage"]);
    views.map(|view| (view.to_owned(), world.select(&format!("SELECT * FROM {view}")))).collect()
}

fn assert_intact(world: &World, before: &BTreeMap<String, Rows>) {
    let check = world.select("PRAGMA integrity_check");
    assert_eq!(check[0]["integrity_check"], "ok");
    for (view, rows) in everything(world) {
        assert_same(&view, &rows, &before[&view]);
    }
}

pub fn sent(call: &Call) -> (String, String) {
    (call.operation.clone(), call.body.clone())
}

fn is_preflight(call: &Call) -> bool {
    PREFLIGHT.contains(&call.operation.as_str())
}

/// Asserts that the resumed collection repeated at most the calls in flight: each task has one page that is requested
/// and not yet committed. On a busy machine, as many answers may wait to be committed as are being served. Returns the
/// number of calls that were not repeated.
fn assert_only_the_rest_was_asked(killed: &[Call], resumed: &[Call], under_way: usize) -> usize {
    let answered: BTreeSet<_> =
        killed.iter().filter(|call| call.status == 200 && !is_preflight(call)).map(sent).collect();
    let asked_again: BTreeSet<_> = resumed.iter().map(sent).collect();
    let distinct: BTreeSet<_> = killed.iter().chain(resumed).map(sent).collect();
    let total = killed.len() + resumed.len();
    // A report's job is polled until it has ended.
    let polls = killed.iter().chain(resumed).filter(|call| call.operation == "GetOrganizationsAccessReport");
    let repeated = total - distinct.len();
    assert!(
        repeated <= 2 * under_way + PREFLIGHT.len() + 1 + polls.count(),
        "{repeated} of {total} calls were repeated, {under_way} were under way"
    );
    answered.difference(&asked_again).count()
}

#[test]
fn killed_at_any_moment_it_keeps_the_census_and_goes_on() {
    let world = slow();
    let mut random = fastrand::Rng::with_seed(7);
    world.collect_day(0, &PAIRS);
    let calls = world.simulator.calls().total();
    let (mut published, mut kept, mut resumed_runs) = (1, 0, 0);
    for round in 1..=12_u32 {
        let before = everything(&world);
        world.simulator.set_day(round);
        world.simulator.calls().clear();
        let mut child = world.spawn(&PAIRS);
        let begun = Instant::now();
        // The last rounds are killed while they publish, or just after.
        let moment = if round > 9 { calls } else { random.usize(5..calls) };
        while world.simulator.calls().total() < moment && begun.elapsed() < Duration::from_secs(20) {
            if child.try_wait().unwrap().is_some() {
                break;
            }
            std::thread::sleep(Duration::from_millis(1));
        }
        if round > 9 {
            std::thread::sleep(Duration::from_millis(random.u64(0..60)));
        }
        child.kill().unwrap();
        let output = child.wait_with_output().unwrap();
        std::thread::sleep(LATENCY * 2);
        let (killed, under_way) = (world.simulator.calls().all(), world.simulator.calls().peak());
        if snapshots(&world) > published {
            // It was finished before it was killed: nothing is left to resume, and nothing is published twice.
            assert!(round > 9, "round {round}: {}", String::from_utf8_lossy(&output.stderr));
            published += 1;
        } else {
            assert_intact(&world, &before);
            world.simulator.calls().clear();
            let ran = world.collect(&PAIRS);
            assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
            assert!(ran.stderr.contains("resuming the collection begun at "), "{}", ran.stderr);
            resumed_runs += 1;
            published += 1;
            kept += assert_only_the_rest_was_asked(&killed, &world.simulator.calls().all(), under_way);
        }
        assert_eq!(snapshots(&world), published, "round {round}");
        world.assert_truth(round, truth());
        assert!(!world.sandbox.path("orgcensus.db.collecting").exists() || resumed_runs == 0);
        let ids = "SELECT count(DISTINCT collection_id) FROM snapshots";
        assert_eq!(world.number(ids), published);
    }
    assert!(resumed_runs >= 8 && kept > 300, "{resumed_runs} resumed, {kept} answers were kept");
}

#[test]
fn a_first_collection_that_was_killed_goes_on_too() {
    let world = slow();
    let mut child = world.spawn(&PAIRS);
    world.wait_for_calls(60);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(snapshots(&world), 0);
    // A reader meanwhile reports the state: no snapshot yet, and an unfinished collection.
    let status = world.run(&[]);
    assert!(status.stdout.contains("unfinished"), "{}", status.all());
    let ran = world.collect_day(0, &PAIRS);
    assert!(ran.stderr.contains("resuming"), "{}", ran.stderr);
    world.assert_truth(0, truth());
    assert_eq!(snapshots(&world), 1);
}

#[test]
fn a_signal_before_anything_is_collected_ends_it_as_well() {
    let world = World::of(Config { latency: Duration::from_secs(1), ..small() });
    let child = world.spawn(&PAIRS);
    // The first calls are in flight at the same time, and are answered together a second later.
    while world.simulator.calls().peak() == 0 {
        std::thread::sleep(Duration::from_millis(1));
    }
    signal(&child, "INT");
    let ran = world.sandbox.ran(child.wait_with_output().unwrap());
    assert_eq!(ran.exit, Some(130), "{}", ran.stderr);
    assert!(ran.stderr.contains("error: interrupted; nothing was published"), "{}", ran.stderr);
    assert_eq!(world.sandbox.files(), ["orgcensus.db.lock"]);
}

#[test]
fn a_signal_ends_it_resumably() {
    let world = slow();
    for (round, name) in ["INT", "TERM"].into_iter().enumerate() {
        world.simulator.set_day(round as u32);
        world.simulator.calls().clear();
        let child = world.spawn(&PAIRS);
        world.wait_for_calls(60);
        signal(&child, name);
        let ran = world.sandbox.ran(child.wait_with_output().unwrap());
        assert_eq!(ran.exit, Some(130), "{name}: {}", ran.stderr);
        assert!(ran.stderr.contains("error: interrupted; nothing was published"), "{}", ran.stderr);
        assert!(ran.stderr.contains("hint: run the same command again to resume"), "{}", ran.stderr);
        assert_eq!(snapshots(&world), round as i64);
        let resumed = world.collect(&PAIRS);
        assert_eq!(resumed.exit, Some(0), "{}", resumed.stderr);
        assert!(resumed.stderr.contains("resuming"), "{}", resumed.stderr);
        assert_eq!(snapshots(&world), round as i64 + 1);
        world.assert_truth(round as u32, truth());
    }
}
