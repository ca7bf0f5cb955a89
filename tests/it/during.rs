//! `query --during`: the rows at any time of a range, with their bounds.

use insta::assert_snapshot;
use orgcensus::query::catalog;
use orgcensus::store::Database;

use crate::canned_queries::words_of;
use crate::fixture::{self, Sandbox};

/// Returns the fixture in which sam.two was an admin only between the second and the third snapshot.
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

/// Returns the changes in the range, and its notes and warnings.
fn asked(sandbox: &Sandbox, range: &[&str]) -> (String, String) {
    let sql = "SELECT user_name, user_status, valid_from, valid_to FROM users ORDER BY user_id, valid_from";
    let ran = sandbox.run(&[&["query", sql, "--format", "csv", "--during"], range].concat());
    (ran.data().to_owned(), ran.stderr)
}

#[test]
fn one_period_is_that_period() {
    let sandbox = census();
    for (period, ends) in [
        ("2026-02", ["1", "2"]),
        ("2026-02-10", ["1", "2"]),
        ("2026-W07", ["1", "2"]),
        ("2026-Q1", ["1", "3"]),
        ("2026-Q2", ["3", "4"]),
        ("2026-02-11", ["2", "2"]),
        ("10 mar 2026", ["2", "3"]),
    ] {
        let (rows, words) = asked(&sandbox, &[period]);
        assert_eq!(rows, asked(&sandbox, &ends).0, "{period}");
        assert!(words.contains("from the last snapshot before it to the last one in it"), "{words}");
        let diff = |range: &[&str]| sandbox.run(&[&["diff", "--format", "json"], range].concat());
        let (of_period, of_ends) = (diff(&[period]), diff(&ends));
        assert_eq!(of_period.data(), of_ends.data(), "{period}");
    }
    let (_, words) = asked(&sandbox, &["2026-02-11"]);
    let warning =
        "warning: no other snapshot was completed in 2026-02-11: the answer is from snapshot 2 alone";
    assert!(words.contains(warning), "{words}");
    assert!(asked(&sandbox, &["2026-Q2"]).1.starts_with("2026-Q2 is 2026-04-01 to 2026-06-30, from"));
    let refusal = sandbox.run(&["query", "SELECT 1", "--during", "2999-Q1"]).refusal();
    assert!(refusal.starts_with("error: 2999-Q1 has not begun yet"), "{refusal}");
    let refusal = sandbox.run(&["diff", "2025-Q3"]).refusal();
    assert!(refusal.starts_with("error: no snapshot was completed by 2025-Q3"), "{refusal}");
}

#[test]
fn a_range_begins_with_the_first_snapshot() {
    let sandbox = census();
    for range in [
        &["2025-Q4..2026-Q1"][..],
        &["2026-Q1"],
        &["2025-01-01", "3"],
        &["first..3"],
        &["2025-12-31", "2026-03-31"],
    ] {
        let (rows, words) = asked(&sandbox, range);
        assert_eq!(rows, asked(&sandbox, &["1", "3"]).0, "{range:?}");
        let note = "the range begins with the first, snapshot 1, completed at 2026-01-10T02:01Z";
        assert_eq!(words.contains(note), range != ["first..3"], "{range:?}: {words}");
    }
    let diff = |from: &str| sandbox.run(&["diff", from, "3", "--format", "json"]);
    assert_eq!(diff("2025-Q4").data(), diff("1").data());
    assert!(diff("2025-Q4").stderr.starts_with("note: there is no snapshot from before 2025-10-01: "));
}

#[test]
fn a_value_after_during_is_the_questions() {
    let sandbox = census();
    let expected = sandbox.run(&["query", "user-access", "ana", "--during", "1", "4"]);
    for arguments in [
        &["--during", "1..4", "user-access", "ana"][..],
        &["user-access", "--during", "1..4", "ana"],
        &["user-access", "--during", "1", "ana"],
        &["--during", "1", "user-access", "ana"],
        &["--during", "1", "4", "user-access", "ana"],
        &["user-access", "--during", "first", "latest", "-p", "user=ana"],
    ] {
        assert_eq!(sandbox.run(&[&["query"], arguments].concat()).data(), expected.data(), "{arguments:?}");
    }
    let piped = sandbox.run_with_input(&["query", "--during", "1", "-"], "SELECT count(*) FROM users");
    assert_eq!(piped.data(), "count(*)\n7\n");
}

#[test]
fn a_label_and_short_words_name_a_snapshot() {
    let sandbox = census();
    sandbox.run(&["snapshots", "label", "3", "q1-review"]).data();
    let at = |when: &str| sandbox.run(&["query", "SELECT snapshot_id FROM answering_snapshot", "--at", when]);
    for (when, id) in [
        ("q1-review", 3),
        ("Q1-Review", 3),
        ("label:q1-review", 3),
        ("label:after the \"big\" move", 2),
        ("first", 1),
        ("latest-3", 1),
        ("latest~1", 3),
        ("2026-W07", 2),
        ("2026-03-10T03:01+01:00", 3),
        ("0d", 4),
    ] {
        assert_eq!(at(when).data(), format!("snapshot_id\n{id}\n"), "{when}");
    }
    assert!(at("2026-W07").stderr.contains(" (2026-W07 ends 2026-02-15)"), "{}", at("2026-W07").stderr);
    for (when, says) in [
        ("q1-reviw", "error: \"q1-reviw\" names no snapshot\nhint: "),
        ("label:2026-Q1", "error: no snapshot is labelled \"2026-Q1\""),
        (
            "7 days",
            "error: \"7 days\" is in the future, and a census has none\nhint: did you mean \"7 days ago\"?",
        ),
        ("2026", "error: there is no snapshot 2026"),
    ] {
        let refusal = at(when).refusal();
        assert!(refusal.starts_with(says) && refusal.ends_with("exit 2"), "{refusal}");
    }
    assert!(at("q1-reviw").stderr.contains("did you mean q1-review"), "{}", at("q1-reviw").stderr);
    sandbox.run(&["snapshots", "label", "4", "q1-review"]).data();
    assert!(at("q1-review").refusal().contains("2 snapshots are labelled \"q1-review\": 3, 4"));
    for text in ["2026-Q1", "7d", "12", "latest", "tuesday", "label:x", "first", "7 days"] {
        let refusal = sandbox.run(&["snapshots", "label", "4", text]).refusal();
        assert!(refusal.contains("exit 2") && refusal.contains("hint: "), "{refusal}");
    }
    let range = sandbox.run(&["diff", "first..label:q1-review", "--format", "json"]);
    assert_eq!(range.exit, Some(2), "an ambiguous label: {}", range.stdout);
}

#[test]
fn a_typed_date_says_which_end_it_means() {
    let sandbox = census();
    let sql = "SELECT :d AS d";
    for (typed, says) in [
        ("2026-Q3", "d: 2026-Q3 stands for its beginning, 2026-07-01T00:00:00Z\n"),
        ("2026-09-30", "d: 2026-09-30 stands for its beginning, 2026-09-30T00:00:00Z\n"),
        ("2026-09-30T10:00+02:00", "d: 2026-09-30T10:00+02:00 is 2026-09-30T08:00:00Z\n"),
    ] {
        let ran = sandbox.run(&["query", sql, "-p", &format!("d:date={typed}")]);
        assert!(ran.stderr.contains(says), "{}", ran.stderr);
    }
    let exact = sandbox.run(&["query", sql, "-p", "d:date=2026-07-01T00:00:00Z"]);
    assert_eq!(exact.stderr.lines().count(), 1, "{}", exact.stderr);
    let refusal = sandbox.run(&["query", sql, "-p", "d:date=3 weeks"]).refusal();
    assert!(refusal.contains("hint: did you mean \"3 weeks ago\"?"), "{refusal}");
}

#[test]
fn a_deleted_users_access_is_found_by_name() {
    let sandbox = census();
    assert_snapshot!(sandbox.run(&["query", "user-access", "carl", "--during", "1", "4"]).all());
    // The user is still assigned in these snapshots, and so is found by the last known name.
    let gone = sandbox.run(&["query", "user-access", "carl", "--during", "2", "4"]);
    assert_eq!(gone.data().lines().count(), 1, "{}", gone.stdout);
    assert!(gone.stderr.contains("carl") && gone.stderr.contains("0 rows"), "{}", gone.stderr);
    assert!(gone.stderr.contains("last known"), "{}", gone.stderr);
}

#[test]
fn every_table_has_the_bounds_of_its_rows() {
    let sandbox = census();
    let sql = "SELECT user_name, user_status, valid_from, valid_to, not_before, first_seen_at, last_seen_at, gone_at
        FROM users WHERE user_name = 'bob' ORDER BY valid_from";
    assert_snapshot!(sandbox.run(&["query", sql, "--during", "1", "3"]).all());
    // A name from any of the versions is found, and one entity does not count as several.
    let members = sandbox.run(&["query", "user-groups", "bob", "--during", "1", "4"]);
    assert_eq!(members.data().lines().count(), 2, "{}", members.stdout);
}

#[test]
fn what_is_joined_lived_together() {
    let sandbox = census();
    // bob was disabled from the second snapshot on. His access began earlier, and is shown with its full duration.
    let disabled = sandbox.run(&["query", "disabled-users-with-access", "--during", "1", "4"]);
    assert!(disabled.data().lines().skip(1).all(|line| line.starts_with("bob,")), "{}", disabled.stdout);
    assert_eq!(disabled.data().lines().count(), 4);
    let before = sandbox.run(&["query", "disabled-users-with-access", "--during", "1", "1"]);
    assert_eq!(before.data().lines().count(), 1);
    assert!(before.stderr.contains("0 rows in snapshot 1 "), "{}", before.stderr);
    // The set was privileged only while nobody except ana had it.
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
        let arguments = words_of(query);
        let as_of = sandbox.run(&[&arguments[..], &["--at", "4"]].concat());
        // Within one snapshot nothing changes.
        let tells_changes = query.sql.contains("_changes") || query.sql.contains("changes AS c");
        let from = if tells_changes { "1" } else { "4" };
        let arguments = [&arguments[..], &["--during", from, "4"]].concat();
        let ran = sandbox.run(&arguments);
        match &query.header.not_during {
            Some(why) => {
                let refusal = format!("error: {} has no answer over a range: {why}\n", query.name);
                assert!(ran.refusal().starts_with(&refusal), "{}", ran.stderr);
            }
            // A range of one snapshot has the rows of that snapshot.
            None => assert_eq!(ran.data().lines().count(), as_of.data().lines().count(), "{}", query.name),
        }
        if query.header.not_during.is_none() && !tells_changes {
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
        assert!(refusal.starts_with(&format!("error: {view} shows the state of one snapshot")), "{refusal}");
    }
    assert!(refused(&["SELECT 1", "--during", "1", "4", "--at", "2"]).contains("cannot be used with"));
    assert!(refused(&["SELECT 1", "--during", "..4"]).contains("--during has no beginning"));
}

#[test]
fn what_any_snapshot_of_the_range_did_not_see_is_said_and_may_be_required() {
    let sandbox = census();
    let members = ["query", "group-members", "g-devs", "--during", "1", "4"];
    let ran = sandbox.run(&members);
    let warning = "warning: group_memberships was not completely seen in 1 of 4 snapshots (1 denied): id 3";
    assert!(ran.stderr.contains(warning), "{}", ran.stderr);
    let required = sandbox.run(&[&members[..], &["--require-complete"]].concat());
    assert_eq!(required.exit, Some(4));
    let tags = sandbox.run(&["query", "SELECT * FROM tags", "--during", "1", "4"]);
    assert!(
        tags.stderr.contains(
            "warning: tags was not completely seen in 4 of 4 snapshots (4 not collected): ids 1 to 4"
        ),
        "{}",
        tags.stderr
    );
    assert!(tags.stderr.contains("0 rows in snapshots 1 to 4 (2026-01-10T02:01Z to 2026-04-10T02:01Z)"));
}
