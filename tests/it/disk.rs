//! The effects of the disk on a census: full, locked by another program, damaged, cut off. Published snapshots and
//! collected data stay, and the next run continues.
//!
//! A full disk is simulated on any machine, without privileges, by a limit on the size of files (`ulimit -f`). A write
//! beyond it fails with EFBIG, as one beyond a quota fails with EDQUOT. The unit tests of `store` cover ENOSPC itself,
//! with SQLite's `max_page_count`, and this module with `/dev/full`.

use std::io::Read;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use orgcensus::model::RESOURCES;
use orgcensus::simulator::{Config, ReportDepth, Rows, TruthOptions};
use rusqlite::Connection;

use crate::fixture::{self, Ran, Sandbox};
use crate::world::{World, assert_same, small};

const PAIRS: [&str; 4] = ["--assignments", "pairs", "--access-report", "root"];

fn truth() -> TruthOptions {
    TruthOptions { access_report: ReportDepth::Root, ..TruthOptions::default() }
}

/// Returns the same command with files limited to `blocks` of 512 bytes.
fn limited(command: &Command, blocks: u32) -> Command {
    let mut limited = Command::new("sh");
    limited.args(["-c", "trap '' XFSZ; ulimit -f \"$1\"; shift; exec \"$@\"", "sh", &blocks.to_string()]);
    limited.arg(command.get_program()).args(command.get_args()).env_clear().stdin(Stdio::null());
    limited.envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    limited.env("PATH", "/usr/bin:/bin").current_dir(command.get_current_dir().unwrap());
    limited
}

fn signal(child: &Child, name: &str) {
    let sent = Command::new("kill").args([format!("-{name}"), child.id().to_string()]).status().unwrap();
    assert!(sent.success());
}

#[track_caller]
fn assert_stopped(ran: &Ran, exit: i32, parts: &[&str]) {
    assert_eq!(ran.exit, Some(exit), "{}", ran.stderr);
    for part in parts {
        assert!(ran.stderr.contains(part), "no `{part}` in: {}", ran.stderr);
    }
}

fn everything(world: &World) -> Vec<(&'static str, Rows)> {
    let views = RESOURCES.iter().map(|spec| spec.name).chain(["snapshots", "gaps", "coverage"]);
    views.map(|view| (view, world.select(&format!("SELECT * FROM {view}")))).collect()
}

fn assert_intact(world: &World, before: &[(&'static str, Rows)]) {
    assert_eq!(world.select("PRAGMA integrity_check")[0]["integrity_check"], "ok");
    for ((view, rows), (_, expected)) in everything(world).iter().zip(before) {
        assert_same(view, rows, expected);
    }
}

/// Collects everything, delays the publish with a lock, and ends the run there. Returns the lock and the process.
fn stop_before_the_publish(world: &World) -> (Connection, Child) {
    let lock = Connection::open(world.sandbox.path("orgcensus.db")).unwrap();
    lock.execute_batch("BEGIN EXCLUSIVE").unwrap();
    let mut child = world.spawn(&PAIRS);
    let mut said = String::new();
    let errors = child.stderr.as_mut().unwrap();
    let mut byte = [0];
    while !said.ends_with("\npublishing\n") {
        assert_eq!(errors.read(&mut byte).unwrap(), 1, "{said}");
        said.push(byte[0].into());
    }
    (lock, child)
}

/// A size sufficient for a collection to begin, but not to end.
const FULL: u32 = 1_500;

#[test]
fn a_disk_that_is_full_while_collecting_stops_it_resumably() {
    let world = World::of(small());
    world.collect_day(0, &PAIRS);
    let before = everything(&world);
    world.simulator.set_day(1);
    world.simulator.calls().clear();
    let full = world.sandbox.ran(limited(&world.collect_command(&PAIRS), FULL).output().unwrap());
    let asked = world.simulator.calls().total();
    assert_stopped(
        &full,
        5,
        &[
            "error: \"orgcensus.db.collecting\" could not be written; nothing was published",
            "caused by: ",
            "hint: look at its disk: space, quota, the limit of file sizes, then run the same command again",
        ],
    );
    assert_intact(&world, &before);
    // While the disk is full, nothing gets worse.
    let still = world.sandbox.ran(limited(&world.collect_command(&PAIRS), FULL).output().unwrap());
    assert_eq!(still.exit, Some(5), "{}", still.stderr);
    assert!(still.stderr.contains("resuming"), "{}", still.stderr);
    world.simulator.calls().clear();
    let resumed = world.collect(&PAIRS);
    assert_stopped(&resumed, 0, &["resuming the collection begun at"]);
    println!("{asked} calls until it was full, {} after", world.simulator.calls().total());
    world.assert_truth(1, truth());
    assert_eq!(world.number("SELECT count(*) FROM snapshots"), 2);
}

#[test]
fn a_publish_that_is_locked_out_or_finds_no_space_is_made_up_for_without_asking_again() {
    let world = World::of(small());
    world.collect_day(0, &PAIRS);
    let before = everything(&world);
    world.simulator.set_day(9);
    // One signal lets a publish end. A second one ends the run at once.
    let (lock, mut child) = stop_before_the_publish(&world);
    signal(&child, "TERM");
    std::thread::sleep(Duration::from_millis(300));
    assert!(child.try_wait().unwrap().is_none(), "the publish goes on");
    let begun = Instant::now();
    signal(&child, "INT");
    let ended = child.wait().unwrap();
    assert_eq!((ended.code(), ended.signal()), (Some(130), None));
    // A publish waits for its lock for ten seconds.
    assert!(begun.elapsed() < Duration::from_secs(9), "it waited for the publish");
    assert_intact(&world, &before);

    // Reading continues under the lock. Publishing waits for it for ten seconds, and then gives up.
    world.simulator.calls().clear();
    let child = world.spawn(&PAIRS);
    assert_eq!(world.run(&["query", "SELECT count(*) FROM snapshots"]).data(), "count(*)\n1\n");
    let locked = world.sandbox.ran(child.wait_with_output().unwrap());
    assert_stopped(
        &locked,
        5,
        &[
            " 0 are left",
            "error: \"orgcensus.db\" is locked by another program; nothing was published",
            "hint: close what has it open (a SQLite shell, a BI tool), then run the same command again",
        ],
    );
    drop(lock);

    let full = world.sandbox.ran(limited(&world.collect_command(&PAIRS), 80).output().unwrap());
    assert_stopped(
        &full,
        5,
        &["\" could not be written; nothing was published", "run the same command again"],
    );
    assert_intact(&world, &before);

    let published = world.collect(&PAIRS);
    assert_stopped(&published, 0, &[" 0 are left", "snapshot 2, complete"]);
    // One file to copy: the lock file is empty.
    let mut left: Vec<_> = std::fs::read_dir(world.sandbox.path(""))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    left.sort();
    assert_eq!(left, ["orgcensus.db", "orgcensus.db.lock"]);
    let asked = world.simulator.calls().counts();
    assert!(asked.keys().all(|(_, operation)| PREFLIGHT.contains(&operation.as_str())), "{asked:?}");
    world.assert_truth(9, truth());
}

/// The calls before every collection, resumed or not.
const PREFLIGHT: [&str; 3] = ["GetCallerIdentity", "DescribeOrganization", "ListInstances"];

#[test]
fn a_signal_during_the_publish_lets_it_end() {
    let world = World::of(small());
    world.collect_day(0, &PAIRS);
    world.simulator.set_day(1);
    let (lock, child) = stop_before_the_publish(&world);
    signal(&child, "INT");
    std::thread::sleep(Duration::from_millis(200));
    drop(lock);
    let ran = world.sandbox.ran(child.wait_with_output().unwrap());
    assert_stopped(&ran, 0, &["snapshot 2, complete"]);
    world.assert_truth(1, truth());
}

#[test]
fn a_disk_that_is_full_at_the_very_beginning_is_named() {
    let world = World::of(small());
    for (blocks, file) in [(0, "orgcensus.db"), (64, "orgcensus.db"), (6_000, "orgcensus.db.collecting")] {
        let full = world.sandbox.ran(limited(&world.collect_command(&PAIRS), blocks).output().unwrap());
        assert_eq!(full.exit, Some(5), "{blocks}: {}", full.stderr);
        assert!(full.stderr.contains(&format!("error: \"{file}\"")), "{blocks}: {}", full.stderr);
        assert!(full.stderr.contains("hint: "), "{blocks}: {}", full.stderr);
    }
    assert_stopped(&world.collect(&PAIRS), 0, &["snapshot 1, complete"]);
    world.assert_truth(0, truth());
}

#[test]
fn an_output_that_cannot_be_written_is_named_and_leaves_nothing() {
    let sandbox = fixture::census();
    let sql =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 50000) SELECT i FROM n";
    let arguments = ["query", sql, "--output", "numbers.csv"];
    let full = sandbox.ran(limited(&sandbox.command(&arguments), 64).output().unwrap());
    assert_stopped(
        &full,
        1,
        &[
            "error: cannot write the output",
            "caused by: ",
            "numbers.csv: File too large",
            "hint: make room there",
        ],
    );
    assert_eq!(sandbox.files(), ["orgcensus.db"]);
    #[cfg(target_os = "linux")]
    {
        let full = sandbox.run(&["query", sql, "--output", "/dev/full"]);
        assert_stopped(&full, 1, &["caused by: /dev/full: No space left on device", "hint: make room there"]);
        let output = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let full = sandbox.ran(sandbox.command(&arguments[..2]).stdout(output).output().unwrap());
        assert_stopped(&full, 1, &["error: cannot write the output", "No space left on device"]);
    }
}

#[test]
fn two_names_of_one_census_are_one_census() {
    let world = World::of(Config { latency: Duration::from_millis(30), ..small() });
    std::fs::create_dir(world.sandbox.path("elsewhere")).unwrap();
    // A dangling link is no reason to fail, and stays a link.
    std::os::unix::fs::symlink("elsewhere/real.db", world.sandbox.path("link.db")).unwrap();
    for _ in 0..2 {
        world.simulator.calls().clear();
        let first = world.spawn(&[&PAIRS[..], &["--db", "link.db"]].concat());
        world.wait_for_calls(20);
        let second = world.collect(&["--db", "elsewhere/real.db"]);
        assert_stopped(&second, 1, &["another collection into \"elsewhere/real.db\" is running"]);
        let first = world.sandbox.ran(first.wait_with_output().unwrap());
        assert_eq!(first.exit, Some(0), "{}", first.stderr);
    }
    let read = world.run(&["query", "SELECT count(*) FROM snapshots", "--db", "link.db"]);
    assert_eq!(read.data(), "count(*)\n2\n");
    assert!(world.sandbox.path("link.db").is_symlink());
    assert_eq!(world.sandbox.files(), ["elsewhere", "link.db"]);
}

#[test]
fn a_damaged_census_is_said_to_be_and_the_collection_outlives_it() {
    let world = World::of(small());
    world.collect_day(0, &PAIRS);
    let file = world.sandbox.path("orgcensus.db");
    let whole = std::fs::read(&file).unwrap();
    world.simulator.set_day(1);
    let (lock, mut child) = stop_before_the_publish(&world);
    child.kill().unwrap();
    child.wait().unwrap();
    drop(lock);
    // Its first page is intact, so that it opens; the rest is damaged.
    let mut damaged = whole.clone();
    damaged[4096..].fill(0x5a);
    std::fs::write(&file, damaged).unwrap();
    let ran = world.collect(&PAIRS);
    assert_stopped(&ran, 1, &["error: ", "orgcensus.db", "damaged", "hint: restore "]);
    let read = world.run(&["query", "SELECT count(*) FROM users"]);
    assert_eq!(read.exit, Some(1), "{}", read.stderr);
    std::fs::write(&file, whole).unwrap();
    world.simulator.calls().clear();
    assert_stopped(&world.collect(&PAIRS), 0, &[" 0 are left", "snapshot 2, complete"]);
    assert!(world.simulator.calls().total() <= PREFLIGHT.len());
    world.assert_truth(1, truth());
}

/// Copies the files of a census at one moment, without the last `torn` bytes of each log, as after a power cut. `-shm`
/// is memory.
fn copy_as_cut_off(from: &Path, to: &Sandbox, torn: u64) {
    for (name, is_log) in [
        ("orgcensus.db", false),
        ("orgcensus.db-wal", true),
        ("orgcensus.db.collecting", false),
        ("orgcensus.db.collecting-wal", true),
    ] {
        let Ok(mut bytes) = std::fs::read(from.join(name)) else { continue };
        if is_log {
            bytes.truncate(bytes.len().saturating_sub(torn as usize));
        }
        std::fs::write(to.path(name), bytes).unwrap();
    }
}

#[test]
fn a_power_cut_at_any_moment_keeps_the_census_and_costs_little() {
    let mut world = World::of(Config { latency: Duration::from_millis(10), ..small() });
    world.collect_day(0, &PAIRS);
    let before = everything(&world);
    world.simulator.set_day(1);
    let mut random = fastrand::Rng::with_seed(11);
    world.simulator.calls().clear();
    let mut child = world.spawn(&PAIRS);
    let mut cut_off = Vec::new();
    for calls in [5, 60, 170] {
        world.wait_for_calls(calls);
        signal(&child, "STOP");
        for torn in [0, random.u64(1..40_000)] {
            let sandbox = fixture::empty();
            copy_as_cut_off(&world.sandbox.path(""), &sandbox, torn);
            cut_off.push((calls, torn, sandbox));
        }
        signal(&child, "CONT");
    }
    assert!(child.wait().unwrap().success());
    let mut resumed = 0;
    for (calls, torn, sandbox) in cut_off {
        let original = std::mem::replace(&mut world.sandbox, sandbox);
        assert_intact(&world, &before);
        world.simulator.calls().clear();
        let ran = world.collect(&PAIRS);
        assert_eq!(ran.exit, Some(0), "after {calls} calls, {torn} bytes torn: {}", ran.stderr);
        resumed += usize::from(ran.stderr.contains("resuming"));
        assert_eq!(world.number("SELECT count(*) FROM snapshots"), 2);
        world.assert_truth(1, truth());
        drop(original);
    }
    assert!(resumed >= 4, "only {resumed} of 6 went on");
}
