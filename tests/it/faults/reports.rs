//! Access reports are jobs: they fail, wait for another caller's job, and belong to the session that requested them.

use std::time::Duration;

use orgcensus::simulator::{Action, Config, Fault};
use serde_json::json;

use crate::gaps::{
    ARGUMENTS, DAY, after_day_0, after_day_0_of, assert_hidden, assert_survived, borrowed, collect,
    everything, gaps_found, held, truth,
};
use crate::world::{World, assert_same, small};

const GENERATE: &str = "GenerateOrganizationsAccessReport";
const GET: &str = "GetOrganizationsAccessReport";

#[test]
fn that_fail() {
    for (code, kind) in
        [("INVALID_ORGANIZATIONS_ENTITY_PATH", "failed"), ("ORGANIZATIONS_REPORT_ACCESS_DENIED", "denied")]
    {
        let world = after_day_0();
        world.simulator.faults().add(Fault::on(GET, Action::FailedReport(code)).times(2));
        let ran = collect(&world);
        let gaps = gaps_found(&world);
        assert_eq!(gaps.len(), 2, "{gaps:?}");
        // The job's own error is stored beside the gap.
        let jobs = format!(
            "SELECT count(*) FROM access_report_jobs JOIN gaps USING (snapshot_id, error_code)
             WHERE snapshot_id = 2 AND job_status = 'FAILED' AND error_code = '{code}'
               AND json_extract(scope, '$.entity_id') = entity_id"
        );
        assert_eq!(world.number(&jobs), 2);
        assert_hidden(&world, &ran, &borrowed(&gaps), kind);
    }
}

#[test]
fn of_somebody_else() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on(GENERATE, Action::ReportInProgress).times(3));
    let ran = collect(&world);
    assert_survived(&world, &ran);
}

#[test]
fn of_somebody_else_that_never_end() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on(GENERATE, Action::ReportInProgress));
    let ran = world.collect(&[&ARGUMENTS[..], &["--access-report-budget", "2s"]].concat());
    let said = "another caller's access report was in progress until the time for access reports was up: ";
    assert!(ran.stderr.contains(said), "{}", ran.stderr);
    let reason = "SELECT count(*) FROM gaps WHERE snapshot_id = 2 AND error_message =
                  'beyond --access-report-budget: another caller''s report was in progress'";
    assert!(world.number(reason) > 0);
    // Left for the next run, as if not requested: no failure, and nothing is lost.
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(world.gaps(), []);
    world.assert_truth_but(DAY, everything(), &["service_last_accessed"]);
    let lives: Vec<_> = [("roots", "root_id"), ("organizational_units", "ou_id"), ("accounts", "account_id")]
        .into_iter()
        .flat_map(|(resource, id)| truth(&world, DAY, resource).into_iter().map(move |row| row[id].clone()))
        .collect();
    let mut expected = truth(&world, 0, "service_last_accessed");
    expected.retain(|row| lives.contains(&row["entity_id"]));
    assert_same("service_last_accessed", &held(&world, "service_last_accessed"), &expected);
    let unasked = "SELECT count(*) FROM gaps WHERE snapshot_id = 2 AND kind = 'not_asked'
                   AND resource = 'service_last_accessed'";
    assert!(world.number(unasked) > 0);
    world.simulator.faults().clear();
    assert_eq!(collect(&world).exit, Some(0));
    world.assert_truth(DAY, everything());
}

#[test]
fn that_are_lost() {
    // For a while the new session receives the old one's job, which it may not read.
    let reuse = Duration::from_millis(1500);
    let world = after_day_0_of(Config { access_report_reuse: reuse, ..small() });
    world.simulator.faults().add(Fault::on(GET, Action::NotFound).times(2));
    let ran = collect(&world);
    assert_survived(&world, &ran);
    // It asks again until it gets a job of its own: three times for each of the two lost jobs.
    let generated = world.simulator.calls().count(GENERATE);
    let entities = world.simulator.rows(DAY, "accounts", everything()).len()
        + world.simulator.rows(DAY, "organizational_units", everything()).len()
        + 1;
    assert!(generated >= entities + 4, "{generated} reports of {entities} entities");
}

#[test]
fn that_are_lost_again_and_again() {
    let world = after_day_0_of(Config { access_report_reuse: Duration::ZERO, ..small() });
    world.simulator.faults().add(Fault::on(GET, Action::NotFound).times(3));
    let ran = collect(&world);
    let gaps = gaps_found(&world);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_hidden(&world, &ran, &borrowed(&gaps), "failed");
}

#[test]
fn that_lost_their_list() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on(GET, Action::MissingListKey));
    let ran = collect(&world);
    assert_hidden(&world, &ran, &[("service_last_accessed", json!({}))], "failed");
}

#[test]
fn that_count_services_and_list_none() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on(GET, Action::EmptyList));
    let ran = collect(&world);
    let gaps = gaps_found(&world);
    assert!(gaps.iter().all(|(resource, _)| resource == "service_last_accessed"), "{gaps:?}");
    let read = format!("SELECT count(*) FROM gaps WHERE operation = 'iam:{GET}'");
    assert_eq!(world.number(&read), gaps.len() as i64);
    assert_hidden(&world, &ran, &borrowed(&gaps), "failed");
}

fn job_status(world: &World, entity: &str) -> Vec<String> {
    let sql = format!(
        "SELECT job_status AS it FROM access_report_jobs WHERE entity_id = '{entity}' ORDER BY snapshot_id"
    );
    world.select(&sql).iter().map(|row| row["it"].as_str().unwrap().to_owned()).collect()
}

/// Returns an account's id, which no other path ends with or contains, and its name.
fn account(world: &World) -> (String, String) {
    let found = &truth(world, DAY, "accounts")[3];
    (found["account_id"].as_str().unwrap().to_owned(), found["name"].as_str().unwrap().to_owned())
}

#[test]
fn that_do_not_end() {
    for blocks in [false, true] {
        let world = after_day_0();
        let (id, name) = account(&world);
        let fault = Fault::on(GENERATE, Action::EndlessReport { blocks }).containing(&id);
        world.simulator.faults().add(fault);
        let budget = if blocks { "8s" } else { "120s" };
        let mut command =
            world.collect_command(&[&ARGUMENTS[..], &["--access-report-budget", budget]].concat());
        let ran = world.sandbox.ran(command.env("ORGCENSUS_HASTE", "15").output().unwrap());
        // It is reported by name, and its entity is a gap. Everything that it does not block is complete.
        assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
        assert!(
            ran.stderr.contains(&format!("the access report of account {name} ({id}) has not finished")),
            "{}",
            ran.stderr
        );
        let warning = format!("GetOrganizationsAccessReport: ReportInProgress: {name} ({id})");
        assert!(ran.stderr.contains(&warning), "{}", ran.stderr);
        let gap = json!({"entity_id": id, "entity_type": "account", "policy_id": ""});
        assert_eq!(gaps_found(&world), [("service_last_accessed".to_owned(), gap.clone())]);
        assert_eq!(job_status(&world, &id), ["COMPLETED", "IN_PROGRESS"]);
        if !blocks {
            assert_hidden(&world, &ran, &[("service_last_accessed", gap)], "failed");
        }
    }
}

#[test]
fn that_do_not_end_come_last() {
    let world = after_day_0();
    let (id, _) = account(&world);
    world
        .simulator
        .faults()
        .add(Fault::on(GENERATE, Action::EndlessReport { blocks: false }).containing(&id));
    for snapshot in [2, 3] {
        let mut command =
            world.collect_command(&[&ARGUMENTS[..], &["--access-report-budget", "120s"]].concat());
        let ran = world.sandbox.ran(command.env("ORGCENSUS_HASTE", "15").output().unwrap());
        assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
        // All others are complete, each night. In the second night they were requested first.
        let others = format!(
            "SELECT count(*) FROM access_report_jobs
             WHERE snapshot_id = {snapshot} AND job_status = 'COMPLETED' AND entity_id <> '{id}'"
        );
        let entities = world.number("SELECT count(*) FROM organization_tree");
        assert_eq!(world.number(&others), entities - 1, "{}", ran.stderr);
    }
    let first = "SELECT entity_id AS it FROM access_report_jobs WHERE snapshot_id = 3 ORDER BY created_at DESC LIMIT 1";
    assert_eq!(world.select(first)[0]["it"], id.as_str());
}

#[test]
fn that_do_not_end_within_the_budget() {
    let world = after_day_0();
    world.simulator.faults().add(Fault::on(GENERATE, Action::EndlessReport { blocks: false }));
    let ran = world.collect(&[&ARGUMENTS[..], &["--access-report-budget", "1s"]].concat());
    assert!(ran.stderr.contains("are left for the next run"), "{}", ran.stderr);
    // The requested report has a job, so that the next run begins with another one.
    let sql =
        "SELECT entity_id AS it FROM access_report_jobs WHERE snapshot_id = 2 AND job_status = 'IN_PROGRESS'";
    let tried = world.select(sql);
    assert_eq!(tried.len(), 1);
    world.simulator.faults().clear();
    world.simulator.faults().add(Fault::on(GENERATE, Action::EndlessReport { blocks: false }));
    world.collect(&[&ARGUMENTS[..], &["--access-report-budget", "1s"]].concat());
    let next = world.select(&sql.replace("= 2", "= 3"));
    assert_ne!(next, tried);
}

#[test]
fn that_fail_are_named() {
    let world = after_day_0();
    let (id, name) = account(&world);
    world.simulator.faults().add(Fault::on(GENERATE, Action::Denied { kms_reason: None }).containing(&id));
    let ran = collect(&world);
    let warning = format!("iam:GenerateOrganizationsAccessReport: AccessDenied: {name} ({id})");
    assert!(ran.stderr.contains(&warning), "{}", ran.stderr);
}
