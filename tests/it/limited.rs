//! Rows that were not requested: every affected answer mentions them, and nothing else fails.

use orgcensus::simulator::{Action, Fault};

use crate::fixture::Ran;
use crate::world::{World, small};

const COUNT: &str = "SELECT service_namespace FROM service_last_accessed";

/// Returns the answer of `query` for the latest snapshot, and its exit code with `--require-complete`.
fn ask(world: &World, sql: &str) -> (Ran, Option<i32>) {
    let required = world.run(&["query", "--require-complete", sql]);
    (world.run(&["query", sql]), required.exit)
}

#[track_caller]
fn assert_limited(world: &World, sql: &str) {
    let (ran, required) = ask(world, sql);
    assert!(
        ran.stderr.contains("does not completely cover service_last_accessed (limited, "),
        "{}",
        ran.stderr
    );
    assert_eq!((ran.exit, required), (Some(0), Some(4)), "{sql}");
    let is_empty = ran.stdout.lines().count() == 1;
    let says_so = ran.stderr.contains("does not mean that there are none");
    assert_eq!(is_empty, says_so, "{}", ran.stderr);
}

#[track_caller]
fn assert_whole(world: &World, sql: &str) {
    let (ran, required) = ask(world, sql);
    assert!(!ran.stderr.contains("limited") && !ran.stderr.contains("does not mean"), "{}", ran.stderr);
    assert_eq!((ran.exit, required), (Some(0), Some(0)), "{sql}");
}

fn of(entity: &str) -> String {
    format!("{COUNT} WHERE entity_id = '{entity}'")
}

fn ids(world: &World, sql: &str) -> Vec<String> {
    let rows = world.select(sql);
    rows.iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn reports_beyond_the_depth() {
    let world = World::of(small());
    let ran = world.collect_day(0, &["--require", "service_last_accessed"]);
    assert!(ran.stderr.contains("service_last_accessed is limited: 1 scope not asked for"), "{}", ran.stderr);
    let shown = world.run(&["snapshots", "show", "latest"]);
    let line =
        "service_last_accessed is limited: 1 scope not asked for (beyond the depth of --access-report)";
    assert!(shown.stderr.contains(line), "{}", shown.stderr);
    let status = world.run(&[]);
    assert!(
        status.stdout.contains("limited       service_last_accessed, 1 scope not asked for"),
        "{}",
        status.stdout
    );
    assert_eq!(world.number("SELECT count(*) FROM snapshots WHERE status = 'complete'"), 1);

    let unit = ids(&world, "SELECT ou_id AS id FROM organizational_units LIMIT 1").remove(0);
    let accounts = ids(&world, "SELECT account_id AS id FROM accounts WHERE NOT is_management_account");
    let management =
        ids(&world, "SELECT account_id AS id FROM accounts WHERE is_management_account").remove(0);
    assert_limited(&world, COUNT);
    assert_limited(&world, &of(&accounts[0]));
    assert_limited(&world, &format!("{COUNT} WHERE entity_id IN ('{unit}', '{}')", accounts[0]));
    assert_limited(&world, &format!("{COUNT} WHERE entity_id LIKE '{unit}'"));
    assert_limited(
        &world,
        "SELECT count(*) FROM accounts WHERE account_id NOT IN (SELECT entity_id FROM service_last_accessed)",
    );
    assert_whole(&world, &of(&unit));
    assert_whole(&world, &of(&management));
    assert_whole(&world, &format!("{COUNT} WHERE entity_id IN ('{unit}', '{management}')"));
    assert_whole(&world, &format!("{COUNT} WHERE entity_id = '{unit}' AND last_authenticated_at IS NULL"));
    // An id outside the tree has no report, and may be misspelt.
    for unknown in ["ou-none-none", &format!(" {unit}"), &accounts[0][..11], "Workloads"] {
        assert_limited(&world, &of(unknown));
    }
    // A query of other tables is not affected.
    assert_whole(&world, "SELECT count(*) FROM accounts");
    let canned = world.run(&["query", "services-without-attempts", "--require-complete"]);
    assert_eq!(canned.exit, Some(4), "{}", canned.stderr);
    let typed = ["query", "SELECT * FROM service_last_accessed WHERE entity_id = :it", "-p"];
    let with =
        |value: String| world.run(&[&typed[..], &[&format!("it:{value}"), "--require-complete"]].concat());
    assert_eq!(with(format!("ou={unit}")).exit, Some(0));
    assert_eq!(with(format!("account={}", accounts[0])).exit, Some(4));
}

#[test]
fn reports_beyond_the_budget() {
    let world = World::of(small());
    // Seven reports are made, and then another caller's report never ends.
    world
        .simulator
        .faults()
        .add(Fault::on("GenerateOrganizationsAccessReport", Action::ReportInProgress).from_call(8));
    let few =
        ["--access-report", "accounts", "--access-report-budget", "3s", "--require", "service_last_accessed"];
    let ran = world.collect(&few);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert!(
        ran.stderr.contains("--require service_last_accessed: not completely covered ("),
        "{}",
        ran.stderr
    );
    let left = world.number("SELECT not_asked FROM coverage WHERE resource = 'service_last_accessed'");
    let entities = world.number("SELECT count(*) FROM organization_tree");
    let jobs = world.number("SELECT count(*) FROM access_report_jobs");
    assert!((1..=7).contains(&jobs) && left == entities - jobs, "{left} of {entities} without {jobs}");
    let (taken, not_taken) = (
        ids(&world, "SELECT entity_id AS id FROM access_report_jobs"),
        ids(
            &world,
            "SELECT id FROM organization_tree WHERE id NOT IN (SELECT entity_id FROM access_report_jobs)",
        ),
    );
    assert_limited(&world, COUNT);
    taken.iter().for_each(|entity| assert_whole(&world, &of(entity)));
    not_taken.iter().for_each(|entity| assert_limited(&world, &of(entity)));
}

#[test]
fn rows_that_are_carried() {
    let world = World::of(small());
    world.collect_day(0, &["--access-report", "accounts"]);
    assert_whole(&world, COUNT);
    let rows = world.number("SELECT count(*) FROM service_last_accessed");
    let carried = "SELECT count(*) FROM service_last_accessed WHERE entity_type = 'account'
                   AND entity_id <> (SELECT management_account_id FROM organization)";
    let carried = world.number(carried);
    let ran = world.collect_day(0, &["--access-report", "ous"]);
    assert!(ran.stderr.contains(&format!("{carried} of {rows} rows carried forward")), "{}", ran.stderr);
    let (ran, _) = ask(&world, COUNT);
    let said = format!(
        "(limited, 1 scope not asked for, {carried} of {rows} rows carried forward: beyond the depth"
    );
    assert!(ran.stderr.contains(&said), "{}", ran.stderr);
    // A query for an entity whose report is carried gets the known rows.
    let account =
        ids(&world, "SELECT account_id AS id FROM accounts WHERE NOT is_management_account").remove(0);
    let one_service = format!("{} AND service_namespace = 'none'", of(&account));
    for sql in [of(&account), one_service, format!("{COUNT} WHERE entity_id IN ('{account}', '{account}')")] {
        let (ran, required) = ask(&world, &sql);
        assert!(!ran.stderr.contains("limited") && !ran.stderr.contains("does not mean"), "{}", ran.stderr);
        assert_eq!((ran.exit, required), (Some(0), Some(0)), "{sql}");
    }
    assert_limited(&world, &of("999999999999"));
    // Over a range, and for the snapshot that saw everything.
    let during = world.run(&["query", COUNT, "--during", "1..2", "--require-complete"]);
    assert!(
        during
            .stderr
            .contains("service_last_accessed was not completely seen in 1 of 2 snapshots (1 limited): id 2"),
        "{}",
        during.stderr
    );
    let before = world.run(&["query", COUNT, "--at", "1", "--require-complete"]);
    assert_eq!(before.exit, Some(0), "{}", before.stderr);
}

/// A report stays known, regardless of the flags of later runs and of pruned snapshots.
#[test]
fn carried_reports_are_known() {
    let world = World::of(small());
    world.collect_day(0, &["--access-report", "root"]);
    world.collect_day(0, &["--access-report", "accounts"]);
    world.collect_day(0, &["--access-report", "root"]);
    world.collect_day(0, &["--access-report", "none"]);
    world.collect_day(0, &["--skip", "service_last_accessed"]);
    world.collect_day(0, &["--access-report-budget", "0s"]);
    let entities = ids(&world, "SELECT id FROM organization_tree WHERE type <> 'root' LIMIT 3");
    let requires =
        |entity: &str, at: &str| world.run(&["query", "--require-complete", "--at", at, &of(entity)]).exit;
    for entity in &entities {
        assert_whole(&world, &of(entity));
        for at in ["2", "3", "4", "5", "6"] {
            assert_eq!(requires(entity, at), Some(0), "{entity} at {at}");
        }
        assert_eq!(requires(entity, "1"), Some(4), "{entity}: taken later");
    }
    for pruned in ["2", "3"] {
        let ran = world.run(&["snapshots", "prune", pruned]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        entities.iter().for_each(|entity| assert_whole(&world, &of(entity)));
        assert_eq!(requires(&entities[0], "4"), Some(0));
    }
    // A query that names no entity asks for all.
    assert_eq!(world.run(&["query", "--require-complete", COUNT]).exit, Some(4));
    assert_eq!(requires("999999999999", "latest"), Some(4));
}

#[test]
fn no_report_at_all_is_not_collected() {
    for arguments in [["--access-report", "none"], ["--access-report-budget", "0s"]] {
        let world = World::of(small());
        world.collect_day(0, &arguments);
        let status = "SELECT status AS id FROM coverage WHERE resource = 'service_last_accessed'";
        assert_eq!(ids(&world, status), ["not_collected"], "{arguments:?}");
        let (ran, required) = ask(&world, COUNT);
        assert!(ran.stderr.contains("does not mean that there are none"), "{}", ran.stderr);
        assert_eq!(required, Some(4));
    }
}

#[test]
fn tags_of_what_was_left_out() {
    let world = World::of(small());
    world.collect_day(0, &["--skip", "permission_sets", "--require", "tags"]);
    let of =
        |kind: &str| world.run(&["query", "--require-complete", &format!("SELECT * FROM tags {kind}")]).exit;
    assert_eq!(of(""), Some(4));
    assert_eq!(of("WHERE resource_type = 'permission_set'"), Some(4));
    assert_eq!(of("WHERE resource_type = 'account'"), Some(0));
    assert_eq!(of("WHERE resource_type IN ('account', 'root')"), Some(0));
    assert_eq!(of("WHERE resource_type = 'account' OR key = 'x'"), Some(4));
}

/// Returns `report-ages` as `entity_id job_status why_none`, for a snapshot.
fn ages(world: &World, at: &str) -> Vec<String> {
    let ran = world.run(&["query", "report-ages", "--at", at, "--format", "json", "--require-complete"]);
    let rows: Vec<serde_json::Map<String, serde_json::Value>> = serde_json::from_str(ran.data()).unwrap();
    let text = |row: &serde_json::Map<String, serde_json::Value>, column: &str| {
        row[column].as_str().unwrap_or("-").to_owned()
    };
    let mut ages: Vec<_> = rows
        .iter()
        .map(|row| {
            assert_eq!(row["completed_at"].is_null(), !row["why_none"].is_null(), "{row:?}");
            assert_eq!(row["completed_at"].is_null(), row["age_days"].is_null(), "{row:?}");
            [text(row, "entity_id"), text(row, "job_status"), text(row, "why_none")].join(" ")
        })
        .collect();
    ages.sort();
    ages
}

fn ending(ages: &[String], end: &str) -> usize {
    ages.iter().filter(|age| age.ends_with(end)).count()
}

#[test]
fn the_age_of_each_report() {
    let world = World::of(small());
    world.collect_day(0, &["--access-report", "none"]);
    world.collect_day(0, &["--access-report", "root"]);
    world.collect_day(0, &["--access-report", "ous"]);
    world
        .simulator
        .faults()
        .add(Fault::on("GenerateOrganizationsAccessReport", Action::ReportInProgress).from_call(3));
    world.collect(&["--access-report", "accounts", "--access-report-budget", "3s"]);
    let entities = world.number("SELECT count(*) FROM organization_tree") as usize;
    let units = world.number("SELECT count(*) FROM organizational_units") as usize;
    let of = |at: &str| ages(&world, at);
    assert_eq!(ending(&of("1"), "- never taken"), entities);
    // The root and the management account.
    assert_eq!((ending(&of("2"), "COMPLETED -"), ending(&of("2"), "- beyond the depth")), (2, entities - 2));
    let third = of("3");
    assert_eq!(
        (ending(&third, "COMPLETED -"), ending(&third, "beyond the depth")),
        (units + 2, entities - units - 2)
    );
    let fourth = of("4");
    let beyond = ending(&fourth, "- beyond the budget");
    assert!(beyond > 0 && beyond + ending(&fourth, "COMPLETED -") == entities, "{fourth:?}");
    let older = world.run(&["query", "report-ages", "--during", "1..2"]);
    assert_eq!(older.exit, Some(2), "{}", older.stderr);
}

#[test]
fn a_carried_report_stays_taken_after_a_prune() {
    let world = World::of(small());
    world.collect_day(0, &["--access-report", "accounts"]);
    world.collect_day(1, &["--access-report", "ous"]);
    world.collect_day(2, &["--access-report", "ous"]);
    world.collect_day(3, &["--access-report", "root"]);
    let completed = |at: &str| {
        let ran = world.run(&["query", "report-ages", "--at", at, "--format", "csv"]);
        ran.data().to_owned()
    };
    let before = [completed("3"), completed("4")];
    for prune in [["snapshots", "prune", "2"], ["snapshots", "prune", "1"]] {
        let ran = world.run(&prune);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        assert_eq!([completed("3"), completed("4")], before);
        let verified = world.run(&["snapshots", "verify"]);
        assert_eq!(verified.exit, Some(0), "{}", verified.stderr);
    }
    // A carried report is recorded once, and a change to this record is detected.
    assert!(world.number("SELECT count(*) FROM pruned_reports") > 0);
    let file = world.sandbox.path("orgcensus.db");
    let copy = world.sandbox.path("copy.db");
    let copied = world.run(&["snapshots", "copy", copy.to_str().unwrap(), "--at", "4"]);
    assert_eq!(copied.exit, Some(0), "{}", copied.stderr);
    let of_copy = world.run(&["query", "report-ages", "--db", copy.to_str().unwrap(), "--format", "csv"]);
    assert_eq!(of_copy.data(), before[1]);
    let forge = rusqlite::Connection::open(file).unwrap();
    forge.execute_batch("UPDATE pruned_reports SET completed_at = '2030-01-01T00:00:00Z'").unwrap();
    assert_eq!(world.run(&["snapshots", "verify"]).exit, Some(1));
}
