//! The credential report: how it is waited for, what is unknown of a user who is not in it, and what its failure keeps.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use orgcensus::simulator::{Action, Fault};

use crate::fixture::Ran;
use crate::world::{World, small};

const GENERATE: &str = "GenerateCredentialReport";
const GET: &str = "GetCredentialReport";
const ONLY: [&str; 2] = ["--only", "iam_credentials,iam_credential_activity"];

fn calls(world: &World, operation: &str) -> usize {
    world.simulator.calls().count(operation)
}

fn open_rows(world: &World) -> [i64; 2] {
    ["iam_credentials", "iam_credential_activity"].map(|resource| {
        world.number(&format!("SELECT count(*) FROM {resource}_versions WHERE valid_to IS NULL"))
    })
}

/// Collects, with the waits for AWS shortened.
fn hurried(world: &World) -> Ran {
    let mut command = world.command(&[&["--db", "orgcensus.db", "collect"], &ONLY[..]].concat());
    world.sandbox.ran(command.env("ORGCENSUS_HASTE", "60").output().unwrap())
}

/// A day on which somebody is listed who is not in the report.
fn day_of_a_newcomer(world: &World) -> u32 {
    let is_listed = |day: &u32| {
        let users = world.simulator.rows(*day, "iam_users", Default::default());
        users.iter().any(|user| user["user_name"] == "newcomer")
    };
    (0..6).find(is_listed).expect("somebody comes every few days")
}

#[test]
fn a_report_is_waited_for_and_its_time_is_stored() {
    let world = World::of(small());
    world.collect_day(0, &ONLY);
    // Once for each of the two tables, and one look while the report was in progress.
    assert_eq!((calls(&world, GENERATE), calls(&world, GET)), (2, 3));
    world.collect_day(0, &ONLY);
    assert_eq!((calls(&world, GENERATE), calls(&world, GET)), (4, 5));
    world.collect_day(1, &ONLY);
    let made =
        world.select("SELECT snapshot_id, generated_at FROM iam_credential_reports ORDER BY snapshot_id");
    let made: Vec<&str> = made.iter().map(|row| row["generated_at"].as_str().unwrap()).collect();
    assert!(made.len() == 3 && made[0] == made[1] && made[1] < made[2], "{made:?}");
}

#[test]
fn a_report_that_expires_is_asked_for_again() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on(GET, Action::Refused(410, "ReportExpired")).times(2));
    let ran = world.collect(&ONLY);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(calls(&world, GENERATE), 4);
    world.simulator.faults().add(Fault::on(GET, Action::Refused(410, "ReportExpired")));
    let ran = world.collect(&ONLY);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert!(world.gaps().iter().all(|(_, _, kind)| kind == "failed"), "{:?}", world.gaps());
}

#[test]
fn a_report_that_does_not_end_is_a_gap() {
    let world = World::of(small());
    world.collect_day(0, &ONLY);
    let known = open_rows(&world);
    world.simulator.faults().add(Fault::on(GET, Action::Refused(404, "ReportInProgress")));
    let ran = hurried(&world);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let codes = world.select("SELECT DISTINCT error_code FROM gaps WHERE kind = 'failed'");
    assert_eq!(codes.len(), 1);
    assert_eq!(codes[0]["error_code"], "ReportInProgress");
    assert_eq!(open_rows(&world), known);
}

#[test]
fn a_damaged_report_closes_nothing() {
    let world = World::of(small());
    world.collect_day(0, &ONLY);
    let known = open_rows(&world);
    for report in ["", "user,arn\n", "user,arn\nana,arn:aws:iam::1:user/ana\n", "user,arn\nana", "\u{0}"] {
        let content = format!("<Content>{}</Content>", BASE64_STANDARD.encode(report));
        world.simulator.faults().clear();
        world.simulator.faults().add(Fault::on(GET, Action::Result(content)));
        let ran = world.collect(&ONLY);
        assert_eq!(ran.exit, Some(4), "{report:?}: {}", ran.stderr);
        assert_eq!(open_rows(&world), known, "{report:?}");
    }
}

#[test]
fn a_user_who_is_not_in_the_report_is_unknown() {
    let world = World::of(small());
    world.collect_day(day_of_a_newcomer(&world), &["--only", "@iam"]);
    assert_eq!(world.number("SELECT count(*) FROM iam_credentials_versions WHERE user_name = 'newcomer'"), 0);
    for query in ["iam-console-users", "iam-users-without-mfa", "old-access-keys"] {
        let ran = world.run(&["query", query, "--format", "csv"]);
        let told: Vec<&str> = ran.data().lines().filter(|line| line.starts_with("newcomer,")).collect();
        assert!(
            told.len() == 1 && told[0].contains("not in the credential report"),
            "{query}: {}",
            ran.stdout
        );
    }
}

#[test]
fn without_a_report_every_user_is_unknown() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on(GENERATE, Action::Denied { kms_reason: None }));
    let ran = world.collect(&["--only", "@organizations,@iam", "--skip", "@access-report"]);
    assert!(ran.stderr.contains("iam:GenerateCredentialReport"), "{}", ran.stderr);
    let users = world.number("SELECT count(*) FROM iam_users_versions");
    for query in ["iam-console-users", "iam-users-without-mfa", "old-access-keys"] {
        let ran = world.run(&["query", query, "--format", "csv"]);
        let unknown = ran.data().lines().filter(|line| line.contains("not in the credential report")).count();
        assert_eq!(unknown as i64, users, "{query}: {}", ran.stdout);
        assert!(ran.stderr.contains("iam_credentials"), "{query}: {}", ran.stderr);
    }
    let ran = world.run(&["query", "root-credentials", "--format", "csv"]);
    assert!(ran.data().contains("the root user is in no credential report that was read"), "{}", ran.stdout);
}
