//! Recent requests: failed ones have a reason, requests that AWS drops are not changes, and denied calls are reported.

use std::collections::BTreeSet;

use orgcensus::simulator::{Action, Config, Fault, Instances, Rows};

use crate::gaps::{denied, everything};
use crate::world::{World, small};

const ALONE: [&str; 2] = ["--only", "assignment_requests"];
const LISTINGS: [&str; 3] = [
    "ListAccountAssignmentCreationStatus",
    "ListAccountAssignmentDeletionStatus",
    "ListPermissionSetProvisioningStatus",
];

const DESCRIPTIONS: [&str; 3] = [
    "DescribeAccountAssignmentCreationStatus",
    "DescribeAccountAssignmentDeletionStatus",
    "DescribePermissionSetProvisioningStatus",
];

fn ids(rows: &Rows) -> BTreeSet<String> {
    rows.iter().map(|row| row["request_id"].as_str().unwrap().to_owned()).collect()
}

fn coverage(world: &World) -> (String, i64) {
    let sql = "SELECT status, rows FROM coverage WHERE resource = 'assignment_requests'
               ORDER BY snapshot_id DESC LIMIT 1";
    let row = &world.select(sql)[0];
    (row["status"].as_str().unwrap().to_owned(), row["rows"].as_i64().unwrap())
}

#[test]
fn failed_requests_say_why() {
    let world = World::of(small());
    assert_eq!(
        world.collect(&[&ALONE[..], &["--only", "accounts,permission_sets,users"]].concat()).exit,
        Some(0)
    );
    let truth = world.simulator.rows(0, "assignment_requests", everything());
    let failed: Rows = truth.into_iter().filter(|row| row["status"] == "FAILED").collect();
    assert!(!failed.is_empty());
    let ran = world.run(&["query", "failed-requests", "--format", "json"]);
    let answer: Rows = serde_json::from_str(ran.data()).unwrap();
    assert_eq!(ids(&answer), ids(&failed));
    for row in &answer {
        let stated = failed.iter().find(|one| one["request_id"] == row["request_id"]).unwrap();
        assert_eq!(row["failure_reason"], stated["failure_reason"]);
        assert!(row["permission_set_name"].is_string() && row["account_name"].is_string(), "{row:?}");
        let is_of_user = row["kind"] != "permission_set_provisioning";
        assert_eq!(row["principal_name"].is_string(), is_of_user, "{row:?}");
    }
    // Only failed requests are described.
    let calls = world.simulator.calls();
    let described: usize = DESCRIPTIONS.iter().map(|operation| calls.count(operation)).sum();
    assert_eq!(described, failed.len());
}

#[test]
fn what_aws_forgets_is_no_change() {
    let world = World::of(small());
    for day in [0, 5] {
        assert_eq!(world.collect_day(day, &ALONE).exit, Some(0));
    }
    let [before, after] =
        [0, 5].map(|day| ids(&world.simulator.rows(day, "assignment_requests", everything())));
    assert!(before.is_disjoint(&after), "everything was forgotten");
    let diff = world.run(&["diff", "1", "2", "--exit-code"]);
    assert_eq!(diff.exit, Some(0), "{}", diff.all());
    assert_eq!(world.number("SELECT count(*) FROM changes"), 0);
    // The history keeps the requests that AWS drops, and the earlier day answers as before.
    let kept = world.select("SELECT DISTINCT request_id FROM assignment_requests_history");
    assert_eq!(ids(&kept), before.union(&after).cloned().collect());
    let then =
        world.run(&["query", "SELECT request_id FROM assignment_requests", "--at", "1", "--format", "json"]);
    assert_eq!(ids(&serde_json::from_str(then.data()).unwrap()), before);
    assert_eq!(world.number("SELECT count(*) FROM snapshots WHERE suspect NOT NULL"), 0);
    let named = world.run(&["diff", "1", "2", "--resource", "assignment_requests"]);
    assert_eq!(named.exit, Some(2), "{}", named.all());
    assert!(named.stderr.contains("is not compared") && named.stderr.contains("assignment_requests_history"));
}

#[test]
fn a_request_that_ends_overnight() {
    let world = World::of(small());
    for day in [0, 1] {
        assert_eq!(world.collect_day(day, &ALONE).exit, Some(0));
    }
    let statuses =
        "SELECT group_concat(status) AS it FROM (SELECT request_id, status FROM assignment_requests_history
                    ORDER BY first_seen_at) GROUP BY request_id";
    let told = world.select(statuses);
    assert!(told.iter().any(|row| row["it"] == "IN_PROGRESS,SUCCEEDED"), "{told:?}");
    world.assert_truth_but(1, everything(), &but_requests());
}

fn but_requests() -> Vec<&'static str> {
    let others = orgcensus::model::RESOURCES.iter().map(|spec| spec.name);
    others.filter(|name| *name != "assignment_requests").collect()
}

#[test]
fn denied_while_never_seen() {
    for action in [denied(), Action::UnknownOperation, Action::Status(501)] {
        let world = World::of(small());
        for operation in LISTINGS {
            world.simulator.faults().add(Fault::on(operation, action.clone()));
        }
        let ran = world.collect(&["--access-report", "none"]);
        assert_eq!(ran.exit, Some(0), "{}", ran.all());
        assert_eq!(coverage(&world), ("unavailable".to_owned(), 0));
        let is_named = ran.stderr.contains("not collected without sso:ListAccountAssignmentCreationStatus");
        assert_eq!(is_named, matches!(action, Action::Denied { .. }), "{}", ran.stderr);
        // An empty answer does not prove that nothing failed.
        let answer = world.run(&["query", "failed-requests", "--require-complete"]);
        assert_eq!(answer.exit, Some(4), "{}", answer.all());
        // Requested by name, the resource has a gap.
        assert_eq!(world.collect(&ALONE).exit, Some(4));
    }
}

#[test]
fn denied_once_it_was_seen() {
    let world = World::of(small());
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    let (_, rows) = coverage(&world);
    world.simulator.faults().add(Fault::on(LISTINGS[0], denied()));
    world.simulator.set_day(1);
    let ran = world.collect(&["--access-report", "none"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.all());
    let (status, now) = coverage(&world);
    assert_eq!(status, "partial");
    assert!(now > rows / 3, "the requests of one kind are carried: {now} of {rows}");
}

#[test]
fn a_failure_that_may_not_be_described() {
    let world = World::of(small());
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    let reasons = "SELECT count(failure_reason) FROM assignment_requests";
    let known = world.number(reasons);
    assert!(known > 0);
    for operation in DESCRIPTIONS {
        world.simulator.faults().add(Fault::on(operation, denied()));
    }
    assert_eq!(world.collect(&ALONE).exit, Some(4));
    assert_eq!(world.number(reasons), known, "what is known stays");
}

#[test]
fn an_account_instance_has_none() {
    let world = World::of(Config { instances: Instances::Account, ..small() });
    let ran = world.collect(&["--access-report", "none"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    assert_eq!(coverage(&world).0, "unavailable");
}

#[test]
fn tags_of_the_instance_and_its_issuers() {
    let world = World::of(small());
    for day in [0, 2] {
        assert_eq!(world.collect_day(day, &["--only", "@identity,tags"]).exit, Some(0));
        for kind in ["identity_center_instance", "trusted_token_issuer"] {
            let held = world.select(&format!(
                "SELECT resource_type, resource_id, key, value FROM tags WHERE resource_type = '{kind}' ORDER BY 2, 3"
            ));
            let mut truth = world.simulator.rows(day, "tags", everything());
            truth.retain(|row| row["resource_type"] == kind);
            truth.sort_by_key(|row| [row["resource_id"].to_string(), row["key"].to_string()]);
            assert!(!truth.is_empty());
            assert_eq!(held, truth, "{kind}");
        }
    }
    let changed = world.run(&["diff", "1", "2", "--resource", "tags"]);
    assert!(changed.data().contains("migration of"), "{}", changed.all());
    // The tagged resources were not requested, so their tags are carried forward, with a note.
    assert_eq!(
        world.collect_day(3, &["--only", "accounts,tags", "--skip", "identity_center_instances"]).exit,
        Some(0)
    );
    assert_eq!(world.number("SELECT count(*) FROM tags WHERE resource_type = 'identity_center_instance'"), 3);
    assert!(world.number("SELECT count(*) FROM gaps WHERE snapshot_id = 3 AND resource = 'tags'") > 0);
}
