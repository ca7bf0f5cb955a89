//! Applications: to whom they are open, the remainder of a time budget, and denied calls. Also the identity source of
//! users.

use std::collections::BTreeSet;

use orgcensus::simulator::{Action, Config, Fault, Instances, Rows};
use serde_json::{Map, Value};

use crate::gaps::{denied, everything};
use crate::world::{World, small};

/// The applications and their assignments alone, without account assignments and reports.
const ALONE: [&str; 2] = ["--only", "@applications,users,groups,group_memberships,@identity"];
/// The resources that are read within the budget.
const DETAILS: [&str; 3] =
    ["application_grants", "application_access_scopes", "application_authentication_methods"];

fn text<'a>(row: &'a Map<String, Value>, column: &str) -> &'a str {
    row[column].as_str().unwrap_or_default()
}

fn texts(rows: &Rows, column: &str) -> BTreeSet<String> {
    rows.iter().map(|row| text(row, column).to_owned()).collect()
}

fn status(world: &World, resource: &str) -> String {
    let sql = format!(
        "SELECT status FROM coverage WHERE resource = '{resource}' ORDER BY snapshot_id DESC LIMIT 1"
    );
    text(&world.select(&sql)[0], "status").to_owned()
}

/// Returns the applications in a day's truth for which `holds` is true.
fn applications(world: &World, holds: impl Fn(&Map<String, Value>) -> bool) -> BTreeSet<String> {
    let truth = world.simulator.rows(0, "applications", everything());
    truth.iter().filter(|row| holds(row)).map(|row| text(row, "application_arn").to_owned()).collect()
}

#[test]
fn open_to_everybody_is_said() {
    let world = World::of(small());
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    let open = applications(&world, |row| row["assignment_required"] == false);
    assert!(!open.is_empty());
    let said = "SELECT application_arn FROM effective_application_access WHERE access = 'everybody'";
    assert_eq!(texts(&world.select(said), "application_arn"), open);
    let ran = world.run(&["query", "open-applications", "--format", "json"]);
    let answer: Rows = serde_json::from_str(ran.data()).unwrap();
    assert_eq!(texts(&answer, "application_arn"), open);
    assert_eq!(world.number("SELECT count(*) FROM effective_application_access WHERE access = 'unknown'"), 0);
    // Each path of an assignment to an existing principal is included, even if no assignment is required.
    let ways = "SELECT count(*) FROM effective_application_access WHERE access = 'assigned'";
    let expected = "SELECT count(*) FROM application_assignments AS a
        JOIN (SELECT 'USER' AS kind, user_id AS id, user_id FROM users UNION ALL
              SELECT 'GROUP', m.group_id, m.user_id FROM group_memberships AS m JOIN users USING (user_id)) AS w
          ON w.kind = a.principal_type AND w.id = a.principal_id";
    assert!(world.number(ways) > 0);
    assert_eq!(world.number(ways), world.number(expected));
}

#[test]
fn what_is_not_known_is_not_assigned_only() {
    let world = World::of(small());
    let one = applications(&world, |row| row["assignment_required"] == false).pop_first().unwrap();
    let fault = Fault::on("GetApplicationAssignmentConfiguration", Action::MalformedBody).containing(&one);
    world.simulator.faults().add(fault);
    let ran = world.collect(&[&ALONE[..], &["--haste", "100"]].concat());
    assert_eq!(ran.exit, Some(4), "{}", ran.all());
    let unknown = format!(
        "SELECT access FROM effective_application_access WHERE application_arn = '{one}' AND via IS NULL"
    );
    assert_eq!(text(&world.select(&unknown)[0], "access"), "unknown");
    // Once the value is known, another failure keeps it.
    world.simulator.faults().clear();
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    world.simulator.faults().add(Fault::on("GetApplicationAssignmentConfiguration", denied()));
    assert_eq!(world.collect(&ALONE).exit, Some(4));
    assert_eq!(text(&world.select(&unknown)[0], "access"), "everybody");
    assert_eq!(status(&world, "applications"), "partial");
}

#[test]
fn a_hidden_group_is_unknown() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on("ListGroupMemberships", denied()));
    assert_eq!(world.collect(&ALONE).exit, Some(4));
    let sql = "SELECT count(*) FROM effective_application_access WHERE access = 'unknown' AND via = 'group'";
    let groups = "SELECT count(*) FROM application_assignments WHERE principal_type = 'GROUP'";
    assert!(world.number(groups) > 0);
    assert_eq!(world.number(sql), world.number(groups));
}

#[test]
fn a_budget_goes_on_where_it_ended() {
    let world = World::of(small());
    let none = world.collect(&[&ALONE[..], &["--applications-budget", "0s"]].concat());
    assert_eq!(none.exit, Some(0), "{}", none.all());
    assert!(none.stderr.contains("left for the next run"), "{}", none.stderr);
    for resource in DETAILS {
        assert_eq!(status(&world, resource), "not_collected", "{resource}");
        assert_eq!(world.number(&format!("SELECT count(*) FROM {resource}")), 0);
    }
    assert_eq!(status(&world, "applications"), "complete");
    let all: Vec<String> = applications(&world, |_| true).into_iter().collect();
    assert_eq!(world.number("SELECT listings_left FROM exhausted_budgets"), 3 * all.len() as i64);
    let ended_at = |world: &World| {
        let ends = world.select("SELECT next_id FROM exhausted_budgets ORDER BY snapshot_id DESC LIMIT 1");
        text(&ends[0], "next_id").to_owned()
    };
    assert_eq!(ended_at(&world), all[0]);
    // A listing that does not answer is the point where the time is up.
    let hung = &all[all.len() / 2];
    world.simulator.faults().add(Fault::on("ListApplicationGrants", Action::Hang).containing(hung));
    let ran = world.collect(&[&ALONE[..], &["--applications-budget", "3s"]].concat());
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    assert!(ran.stderr.contains("left for the next run"), "{}", ran.stderr);
    assert_eq!(&ended_at(&world), hung);
    world.simulator.faults().clear();
    // The next run begins with the applications that were read the longest ago.
    assert_eq!(world.collect(&[&ALONE[..], &["--applications-budget", "0s"]].concat()).exit, Some(0));
    assert_eq!(&ended_at(&world), hung);
    // With enough time nothing is left.
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    for resource in DETAILS {
        assert_eq!(status(&world, resource), "complete", "{resource}");
    }
    world.simulator.set_day(0);
    let held = world.select("SELECT * FROM application_grants");
    crate::world::assert_same("grants", &held, &world.simulator.rows(0, "application_grants", everything()));
}

#[test]
fn details_never_go_before_assignments() {
    for strategy in ["pairs", "principals"] {
        let world = World::of(small());
        world.collect_day(0, &["--assignments", strategy, "--access-report", "none"]);
        let calls = world.simulator.calls().all();
        let of = |names: &[&str]| {
            let found = calls.iter().filter(|call| names.contains(&call.operation.as_str()));
            found.map(|call| call.at).collect::<Vec<_>>()
        };
        let assignments = of(&["ListAccountAssignments", "ListAccountAssignmentsForPrincipal"]);
        let details = of(&["ListApplicationGrants", "ListApplicationAccessScopes"]);
        assert!(assignments.iter().max() <= details.iter().min(), "{strategy}");
    }
}

#[test]
fn what_was_never_seen_is_no_failure() {
    let world = World::of(small());
    let operations = [
        "DescribeInstance",
        "DescribeInstanceAccessControlAttributeConfiguration",
        "DescribeTrustedTokenIssuer",
        "GetApplicationAssignmentConfiguration",
        "ListApplicationAssignments",
        "ListApplicationGrants",
        "ListApplicationAccessScopes",
        "ListApplicationAuthenticationMethods",
    ];
    for (number, action) in [denied(), Action::UnknownOperation].into_iter().enumerate() {
        world.simulator.faults().clear();
        for operation in operations {
            world.simulator.faults().add(Fault::on(operation, action.clone()));
        }
        let ran = world.collect(&["--access-report", "none"]);
        assert_eq!(ran.exit, Some(0), "{number}: {}", ran.all());
        // For an operation that AWS does not offer there, no action could be allowed.
        for action in ["sso:DescribeInstance", "sso:ListApplicationGrants", "sso:DescribeTrustedTokenIssuer"]
        {
            let is_named = ran.stderr.contains(&format!("not collected without {action}"));
            assert_eq!(is_named, number == 0, "{}", ran.stderr);
        }
        for resource in DETAILS.into_iter().chain([
            "identity_center_instances",
            "access_control_attributes",
            "trusted_token_issuers",
            "applications",
        ]) {
            assert_eq!(status(&world, resource), "unavailable", "{resource}");
        }
    }
    world.simulator.faults().clear();
    world.collect_day(0, &["--access-report", "none"]);
    let unknown = world.diff(2, 3);
    let changes = unknown["changes"].as_array().unwrap();
    assert!(!changes.is_empty() && changes.iter().all(|change| change["change"] == "unknown"), "{unknown}");
}

#[test]
fn an_application_is_found_by_its_name() {
    let world = World::of(small());
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    let who = world.run(&["who", "Grafana"]);
    assert!(
        who.data().contains(":application/") && who.stderr.contains("application-access"),
        "{}",
        who.all()
    );
    assert!(world.run(&["find", "grafa"]).data().contains("Grafana"));
    let nobody = world.run(&["query", "application-access", "Grafanna"]);
    assert_eq!(nobody.exit, Some(2));
    assert!(nobody.stderr.contains("Grafana"), "{}", nobody.stderr);
}

#[test]
fn an_instance_of_another_account_is_listed() {
    let world = World::of(Config { instances: Instances::Several, ..small() });
    world.collect_day(0, &["--access-report", "none", "--assignments", "pairs"]);
    world.assert_truth_but(0, everything(), &["service_last_accessed"]);
    assert_eq!(world.number("SELECT count(*) FROM identity_center_instances"), 2);
}

fn source(world: &World) -> (String, String) {
    let rows = world.select("SELECT source, evidence FROM identity_source");
    assert_eq!(rows.len(), 1);
    (text(&rows[0], "source").to_owned(), text(&rows[0], "evidence").to_owned())
}

#[test]
fn where_users_come_from_is_concluded() {
    let world = World::of(small());
    assert_eq!(world.collect(&["--only", "users,groups"]).exit, Some(0));
    let (external, evidence) = source(&world);
    assert!(external == "external" && evidence.contains("https://scim.acme.example/v2"), "{evidence}");

    let legacy = World::of(Config { legacy_directory: true, ..small() });
    assert_eq!(legacy.collect(&["--only", "users,groups"]).exit, Some(0));
    let (directory, evidence) = source(&legacy);
    assert!(directory == "active_directory" && evidence.contains("was refused"), "{evidence}");

    let hidden = World::of(small());
    hidden.simulator.faults().add(Fault::on("identitystore:*", denied()));
    assert_eq!(hidden.collect(&["--only", "users,groups"]).exit, Some(4));
    assert_eq!(source(&hidden), ("unknown".to_owned(), "not all users could be seen".to_owned()));
}
