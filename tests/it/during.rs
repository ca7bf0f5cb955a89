//! `query --during`: what was there at any time of a range, and from when to when.

use insta::assert_snapshot;
use orgcensus::query::{ParameterType, catalog};
use orgcensus::store::Database;

use crate::fixture::{self, Sandbox};

/// The fixture, in which sam.two was an admin between the second and the third snapshot alone.
fn census() -> Sandbox {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let passing =
        "INSERT INTO group_memberships_versions (group_id, user_id, membership_id, valid_from, valid_to)
        VALUES ('g-admins', 'u-sam2', 'm-6', 2, 3)";
    database.connection().execute_batch(passing).unwrap();
    sandbox
}

#[test]
fn access_that_came_and_went_within_the_range_is_told_with_its_bounds() {
    let sandbox = census();
    assert_snapshot!(sandbox.run(&["query", "user-access", "sam.two", "--during", "1", "4"]).all());
    for arguments in [
        &["--during", "1..4"][..],
        &["--during", "1"],
        &["--during", "1.."],
        &["--during", "2026-01-31", "2026-Q2"],
    ] {
        let ran = sandbox.run(&[&["query", "user-access", "sam.two"], arguments].concat());
        let asked = sandbox.run(&["query", "user-access", "sam.two", "--during", "1", "4"]);
        assert_eq!(ran.data(), asked.data(), "{arguments:?}");
    }
    let ways = |from: &str, to: &str| {
        let sql = "SELECT account_id FROM effective_access WHERE user_name = 'sam.two' AND via = 'group'";
        sandbox.run(&["query", sql, "--during", from, to]).data().lines().count() - 1
    };
    assert_eq!([ways("1", "1"), ways("1", "2"), ways("2", "3"), ways("3", "4")], [0, 2, 2, 0]);
}

#[test]
fn a_quarter_that_is_one_snapshot_is_said_to_be() {
    let sandbox = census();
    let told =
        |from: &str, to: &str| sandbox.run(&["query", "user-access", "sam.two", "--during", from, to]).stderr;
    let one = told("2026-Q1", "2026-Q1");
    assert!(one.contains("warning: the range is snapshot 3 alone: a day, month or quarter"), "{one}");
    for (from, to) in [("2026-01-31", "2026-Q1"), ("3", "3")] {
        assert!(!told(from, to).contains("alone"), "{from} {to}");
    }
}

#[test]
fn a_deleted_users_access_is_found_by_name() {
    let sandbox = census();
    assert_snapshot!(sandbox.run(&["query", "user-access", "carl", "--during", "1", "4"]).all());
    let unknown = sandbox.run(&["query", "user-access", "carl", "--during", "2", "4"]).refusal();
    assert!(unknown.starts_with("error: there is no user \"carl\" in snapshots 2 to 4\n"), "{unknown}");
}

#[test]
fn every_table_has_the_bounds_of_its_rows() {
    let sandbox = census();
    let sql = "SELECT user_name, user_status, valid_from, valid_to, not_before, first_seen_at, last_seen_at, gone_at
        FROM users WHERE user_name = 'bob' ORDER BY valid_from";
    assert_snapshot!(sandbox.run(&["query", sql, "--during", "1", "3"]).all());
    // A name of any of the versions is found, and one thing is not several.
    let members = sandbox.run(&["query", "user-groups", "bob", "--during", "1", "4"]);
    assert_eq!(members.data().lines().count(), 2, "{}", members.stdout);
}

#[test]
fn what_is_joined_lived_together() {
    let sandbox = census();
    // bob was disabled from the second snapshot on; his access began before and is told as far as it went.
    let disabled = sandbox.run(&["query", "disabled-users-with-access", "--during", "1", "4"]);
    assert!(disabled.data().lines().skip(1).all(|line| line.starts_with("bob,")), "{}", disabled.stdout);
    assert_eq!(disabled.data().lines().count(), 4);
    let before = sandbox.run(&["query", "disabled-users-with-access", "--during", "1", "1"]);
    assert_eq!(before.data().lines().count(), 1);
    assert!(before.stderr.contains("0 rows in snapshot 1 "), "{}", before.stderr);
    // The set was privileged only while nobody but ana had it.
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let powerful =
        "UPDATE permission_set_policies_versions SET valid_to = 2 WHERE policy_name = 'AdministratorAccess'";
    database.connection().execute_batch(powerful).unwrap();
    drop(database);
    let admins = sandbox.run(&["query", "privileged-access", "--during", "1", "4", "--format", "jsonl"]);
    let of = |name: &str| {
        admins.data().lines().filter(|line| line.contains("Administrator") && line.contains(name)).count()
    };
    assert_eq!([of("\"ana\""), of("\"sam.one\""), of("\"sam.two\"")], [2, 0, 0], "{}", admins.stdout);
}

#[test]
fn every_query_has_an_answer_over_a_range_or_says_why_not() {
    let sandbox = census();
    for query in catalog() {
        let value = |kind| match kind {
            ParameterType::User => "ana",
            ParameterType::Account => "prod",
            ParameterType::Group => "Admins",
            _ => "deploy",
        };
        let mut arguments = vec!["query", query.name];
        arguments.extend(query.header.parameters.iter().map(|parameter| value(parameter.kind)));
        let as_of = sandbox.run(&[&arguments[..], &["--at", "4"]].concat());
        arguments.extend(["--during", "4", "4"]);
        let ran = sandbox.run(&arguments);
        match &query.header.not_during {
            Some(why) => {
                let refusal = format!("error: {} has no answer over a range: {why}\n", query.name);
                assert!(ran.refusal().starts_with(&refusal), "{}", ran.stderr);
            }
            // A range of one snapshot has the rows of that snapshot.
            None => assert_eq!(ran.data().lines().count(), as_of.data().lines().count(), "{}", query.name),
        }
        if query.header.not_during.is_none() {
            assert!(ran.stdout.contains("last_seen_at,gone_at"), "{}", ran.stdout);
        }
    }
}

#[test]
fn what_no_range_can_answer_is_refused() {
    let sandbox = census();
    let refused = |arguments: &[&str]| sandbox.run(&[&["query"], arguments].concat()).refusal();
    assert_snapshot!(refused(&["user-access", "ana", "--during", "4", "1"]));
    assert_snapshot!(refused(&["organization-tree", "--during", "1", "4"]));
    assert_snapshot!(refused(&["SELECT * FROM stale_rows", "--during", "1", "4"]));
    for view in ["organization_tree", "effective_access_unknown", "orphan_assignments", "stale_rows"] {
        let refusal = refused(&[&format!("SELECT * FROM {view}"), "--during", "1", "4"]);
        assert!(refusal.starts_with(&format!("error: {view} is a state of one snapshot")), "{refusal}");
    }
    assert!(
        refused(&["--during", "1..4", "user-access", "ana"])
            .contains("hint: put --during after the question")
    );
    assert!(
        refused(&["user-access", "--during", "1", "ana"]).contains("hint: put --during after the question")
    );
    assert!(refused(&["SELECT 1", "--during", "1", "4", "--at", "2"]).contains("cannot be used with"));
    assert!(
        refused(&["SELECT 1", "--during", "2025-01-01", "4"])
            .contains("no snapshot was completed by 2025-01-01")
    );
}

#[test]
fn what_any_snapshot_of_the_range_did_not_see_is_said_and_may_be_required() {
    let sandbox = census();
    let members = ["query", "group-members", "g-devs", "--during", "1", "4"];
    let ran = sandbox.run(&members);
    let warning = "warning: snapshot 3 does not completely cover group_memberships (denied, 1 gap)";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    let required = sandbox.run(&[&members[..], &["--require-complete"]].concat());
    assert_eq!(required.exit, Some(4));
    let tags = sandbox.run(&["query", "SELECT * FROM tags", "--during", "1", "4"]);
    assert!(
        tags.stderr.contains("warning: 4 of 4 snapshots do not completely cover tags"),
        "{}",
        tags.stderr
    );
    assert!(tags.stderr.contains("0 rows in snapshots 1 to 4 (2026-01-10T02:01Z to 2026-04-10T02:01Z)"));
}
