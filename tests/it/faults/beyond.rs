//! Answers beyond all bounds: endless bodies and messages, an OU inside itself, impossible times, a repeated key.

use orgcensus::simulator::{Action, Config, Fault};
use serde_json::json;

use crate::gaps::{DAY, after_day_0, assert_hidden, collect, everything, one};
use crate::world::{World, small};

/// Returns the codes and messages of the failed gaps of the last snapshot.
fn told(world: &World) -> Vec<(String, String)> {
    let sql = "SELECT DISTINCT error_code, error_message FROM gaps WHERE kind IN ('failed', 'denied')
               AND snapshot_id = (SELECT max(snapshot_id) FROM snapshots)";
    let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
    world.select(sql).iter().map(|row| (text(&row["error_code"]), text(&row["error_message"]))).collect()
}

#[test]
fn a_body_without_an_end() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    let faults = world.simulator.faults();
    faults.add(Fault::on("ListGroupMemberships", Action::EndlessBody).containing(&group_id));
    let ran = collect(&world);
    let too_long = ("AnswerTooLong".to_owned(), "the answer is longer than 16 MiB".to_owned());
    assert_eq!(told(&world), [too_long]);
    assert_eq!(faults.struck().values().sum::<usize>(), 1, "it is not asked for again");
    let gap = ("group_memberships", json!({ "group_id": group_id }));
    assert_hidden(&world, &ran, &[gap], "failed");
}

#[test]
fn bodies_of_the_first_calls_without_an_end() {
    let world = World::of(small());
    for operation in
        ["GetCallerIdentity", "ListInstances", "DescribeOrganization", "GetOrganizationsAccessReport"]
    {
        world.simulator.faults().add(Fault::on(operation, Action::EndlessBody));
    }
    let ran = world.collect(&[]);
    assert_eq!(ran.exit, Some(1), "{}", ran.stderr);
    let says = "sso-admin:ListInstances failed\ncaused by: AnswerTooLong: the answer is longer than 16 MiB";
    assert!(ran.stderr.contains(says), "{}", ran.stderr);
}

#[test]
fn a_message_as_long_as_a_book() {
    let world = after_day_0();
    let group_id = one(&world, "group_memberships", "group_id");
    let refusal = Fault::on("ListGroupMemberships", Action::LongRefusal(3_000_000)).containing(&group_id);
    world.simulator.faults().add(refusal);
    let mut command = world.collect_command(&["-v"]);
    let ran = world.sandbox.ran(command.output().unwrap());
    assert_eq!(ran.exit, Some(4), "{}", &ran.stderr[..ran.stderr.len().min(2_000)]);
    let cut = "é".repeat(1_999) + "…";
    assert_eq!(told(&world), [("AccessDeniedException".to_owned(), cut)]);
    for arguments in [&[][..], &["snapshots", "show", "latest"], &["doctor"]] {
        let shown = world.run(arguments);
        assert!(shown.stdout.len() + shown.stderr.len() < 20_000, "{arguments:?}");
    }
    assert!(ran.stderr.len() < 40_000, "{} bytes", ran.stderr.len());
    // The same refusal of the first call of a run.
    world.simulator.faults().add(Fault::on("ListInstances", Action::LongRefusal(3_000_000)));
    let doctor = world.run(&["doctor"]);
    assert!(doctor.stdout.len() + doctor.stderr.len() < 20_000);
}

#[test]
fn an_ou_inside_itself() {
    for paths in [true, false] {
        let world = World::of(Config { paths, ..small() });
        world.simulator.faults().add(Fault::on("ListOrganizationalUnitsForParent", Action::OuInItself));
        let ran = world.collect(&["--only", "organizational_units"]);
        assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
        let told = told(&world);
        assert!(!told.is_empty());
        for (code, message) in told {
            assert_eq!(code, "UnusableAnswer");
            assert!(message.contains(" is listed inside itself (o-"), "{message}");
        }
        let in_itself = "SELECT count(*) FROM organizational_units WHERE parent_id = ou_id";
        assert_eq!(world.number(in_itself), 0);
    }
}

#[test]
fn times_that_no_calendar_has() {
    // Beyond the year 9999, before 1970, and the year 1, which stands for "never" in AWS's code of other languages.
    for seconds in [253_402_300_800, 32_503_680_000_000, -1, -62_135_596_800] {
        let world = World::of(small());
        world.collect_day(0, &["--only", "groups,accounts"]);
        let faults = world.simulator.faults();
        faults.add(Fault::on("ListGroups", Action::Times(seconds)));
        faults.add(Fault::on("ListAccounts", Action::Times(seconds)));
        let ran = world.collect(&["--only", "groups,accounts"]);
        assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
        let told = told(&world);
        assert_eq!(told.len(), 2, "{told:?}");
        for (_, message) in told {
            let says = format!("of an item of the answer is no time from 1970 to 9999: {seconds} seconds");
            assert!(message.contains(&says), "{message}");
        }
        // The earlier rows are kept unchanged.
        let odd = "SELECT count(*) FROM groups_versions WHERE created_at NOT GLOB '[12]???-*'";
        assert_eq!(world.number(odd), 0);
        assert_eq!(world.number("SELECT count(*) FROM groups_versions WHERE valid_to IS NOT NULL"), 0);
        assert_eq!(world.number("SELECT count(*) FROM accounts_versions WHERE valid_to IS NOT NULL"), 0);
    }
}

#[test]
fn a_key_twice_in_an_object() {
    let world = after_day_0();
    let faults = world.simulator.faults();
    // Once, so that the call is retried; and permanently.
    faults.add(Fault::on("ListGroups", Action::KeyTwice).times(1));
    let group_id = one(&world, "group_memberships", "group_id");
    faults.add(Fault::on("ListGroupMemberships", Action::KeyTwice).containing(&group_id));
    let ran = collect(&world);
    let told = told(&world);
    assert_eq!(told[0].0, "UnreadableAnswer");
    assert!(told[0].1.contains("one of its objects has the key \""), "{told:?}");
    let gap = ("group_memberships", json!({ "group_id": group_id }));
    assert_hidden(&world, &ran, &[gap], "failed");
    world.assert_truth_but(DAY, everything(), &["group_memberships"]);
}
