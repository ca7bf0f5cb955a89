//! The answers of single canned queries: with gaps, and in cases that the fixture lacks.

use orgcensus::store::Database;

use crate::fixture::{self, Sandbox};

/// Returns the census after running these statements on it.
fn with(sql: &str) -> Sandbox {
    let sandbox = fixture::fuller_census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    database.connection().execute_batch(sql).unwrap();
    sandbox
}

fn gap(resource: &str, scope: &str) -> String {
    format!(
        "INSERT INTO gaps (snapshot_id, resource, scope, kind, attempts) VALUES (4, '{resource}', '{scope}', 'denied', 1);
         UPDATE coverage SET status = 'partial', gaps = 1 WHERE snapshot_id = 4 AND resource = '{resource}';"
    )
}

/// Returns one column of a query's rows with this name in their first column.
fn cell(sandbox: &Sandbox, question: &[&str], name: &str, column: &str) -> Vec<String> {
    let ran = sandbox.run(&[&["query"], question, &["--format", "jsonl"]].concat());
    let rows = ran.data().lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let of_name = rows.filter(|row| row.as_object().unwrap().values().next().unwrap() == name);
    of_name.map(|row| row[column].as_str().unwrap_or("NULL").to_owned()).collect()
}

/// A query for missing items must not report an item as missing that was only not seen.
#[test]
fn what_was_not_seen_is_not_absent() {
    for (question, name, known, resource, scope) in [
        ("unassigned-sets", "DeployTwin", "assigned to nobody", "account_assignments", "{}"),
        (
            "unassigned-sets",
            "DeployTwin",
            "assigned to nobody",
            "account_assignments",
            r#"{"account_id":"222222222222","permission_set_arn":"arn:aws:sso:::permissionSet/ssoins-1/ps-twin"}"#,
        ),
        ("groups-without-assignments", "gone", "no assignment", "account_assignments", "{}"),
        ("unreachable-accounts", "twin", "nobody", "account_assignments", r#"{"account_id":"666666666666"}"#),
        ("users-without-access", "bob.two", "no access", "group_memberships", r#"{"group_id":"g-devs"}"#),
        (
            "empty-groups-with-assignments",
            "Empty 👻",
            "no members",
            "group_memberships",
            r#"{"group_id":"g-empty"}"#,
        ),
        ("sets-without-boundary", "ReadOnly", "no boundary", "permission_set_policies", "{}"),
        ("accounts-without-tag", "twin", "no tag", "tags", r#"{"resource_id":"666666666666"}"#),
    ] {
        let found = cell(&fixture::fuller_census(), &[question], name, "finding");
        assert_eq!(found, [known], "{question}");
        let sandbox = with(&gap(resource, scope));
        let found = cell(&sandbox, &[question], name, "finding");
        assert!(
            matches!(found.as_slice(), [one] if one.starts_with("not known: ")),
            "{question} {scope}: {found:?}"
        );
        let required = sandbox.run(&["query", question, "--require-complete"]);
        assert_eq!(required.exit, Some(4), "{question}");
    }
    // A gap elsewhere has no effect.
    for (question, name, known, resource, scope) in [
        ("unreachable-accounts", "twin", "nobody", "account_assignments", r#"{"account_id":"222222222222"}"#),
        (
            "empty-groups-with-assignments",
            "Empty 👻",
            "no members",
            "group_memberships",
            r#"{"group_id":"g-devs"}"#,
        ),
    ] {
        assert_eq!(cell(&with(&gap(resource, scope)), &[question], name, "finding"), [known], "{question}");
    }
}

#[test]
fn a_role_is_read_from_the_right() {
    let sandbox = with(
        "INSERT INTO permission_sets_versions (permission_set_arn, name, valid_from)
         VALUES ('arn:a', 'A_0123456789abcdef', 1), ('arn:b', 'B', 1), ('arn:c', 'AWSReservedSSO_C', 1)",
    );
    for (role, set, account) in [
        ("AWSReservedSSO_ReadOnly_0123456789abcdef", "ReadOnly", "NULL"),
        ("AWSReservedSSO_A_0123456789abcdef_fedcba9876543210", "A_0123456789abcdef", "NULL"),
        ("AWSReservedSSO_AWSReservedSSO_C_0123456789abcdef", "AWSReservedSSO_C", "NULL"),
        (
            "arn:aws-cn:iam::222222222222:role/aws-reserved/sso.amazonaws.com.cn/cn-north-1/AWSReservedSSO_B_0123456789abcdef",
            "B",
            "222222222222",
        ),
        ("arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_B_0123456789abcdef/a/b", "B", "222222222222"),
    ] {
        assert_eq!(cell(&sandbox, &["role-session", role], set, "account_id"), [account], "{role}");
    }
    for (role, says) in [
        ("", "this is no role of a permission set"),
        ("Administrator", "this is no role of a permission set"),
        ("AWSReservedSSO_B", "this is no role of a permission set"),
        ("AWSReservedSSO_NoSuchSet_0123456789abcdef", "no permission set has this name"),
    ] {
        let ran = sandbox.run(&["query", "role-session", role]);
        assert!(ran.data().contains(says), "{role}: {}", ran.all());
        let others = sandbox.run(&["query", "role-users", role]);
        assert!(others.data().contains("(no permission set has this role)"), "{role}: {}", others.all());
    }
    // A session of a user who never had the access.
    let session = "arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_Administrator_0123456789abcdef/bob";
    assert_eq!(cell(&sandbox, &["role-session", session], "Administrator", "has_access"), ["no"]);
}

#[test]
fn sessions_are_compared_by_their_hours() {
    let sandbox = with("DELETE FROM permission_sets_versions");
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    for (name, duration) in [
        ("a", "PT1H"),
        ("b", "PT90M"),
        ("c", "PT1H30M"),
        ("d", "P1D"),
        ("e", "P1DT2H"),
        ("f", "PT12H"),
        ("g", "PT1H1S"),
    ] {
        let sql = "INSERT INTO permission_sets_versions (permission_set_arn, name, session_duration, valid_from) VALUES (?1, ?1, ?2, 1)";
        database.connection().execute(sql, [name, duration]).unwrap();
    }
    let longer = |hours: &str| {
        let ran = sandbox.run(&["query", "long-sessions", hours]);
        let names =
            ran.data().lines().skip(1).map(|row| row.split(',').take(2).collect::<Vec<_>>().join("="));
        names.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(longer("1"), "e=26.0 d=24.0 f=12.0 b=1.5 c=1.5");
    assert_eq!(longer("12"), "e=26.0 d=24.0");
    assert_eq!(longer("1.5"), "e=26.0 d=24.0 f=12.0");
}

#[test]
fn a_plan_names_all_that_keeps_an_access() {
    // A second group grants the same access, and one of the first group's other accesses.
    let sandbox = with(
        "INSERT INTO groups_versions (group_id, display_name, valid_from) VALUES ('g-more', 'More', 1);
         INSERT INTO group_memberships_versions (group_id, user_id, membership_id, valid_from)
         VALUES ('g-more', 'u-ana', 'm-8', 1), ('g-more', 'u-bob', 'm-9', 1);
         INSERT INTO account_assignments_versions (account_id, permission_set_arn, principal_type, principal_id, valid_from)
         VALUES ('222222222222', 'arn:aws:sso:::permissionSet/ssoins-1/ps-deploy', 'GROUP', 'g-more', 1),
                ('222222222222', 'arn:aws:sso:::permissionSet/ssoins-1/ps-admin', 'GROUP', 'g-devs', 1)",
    );
    let ran = sandbox.run(&["query", "revoke-plan", "ana", "Deploy", "prod", "--format", "table"]);
    insta::assert_snapshot!(ran.data());
    let none = sandbox.run(&["query", "revoke-plan", "sam.one", "Deploy", "prod"]);
    assert_eq!(none.data().lines().count(), 1, "who has no such access needs no plan");
}

#[test]
fn a_list_may_be_written_in_many_ways() {
    let sandbox = fixture::census();
    let left = |list: &str| {
        let ran = sandbox.run(&["query", "users-not-in-list", list, "--format", "jsonl"]);
        let id = |line: &str| line.split_once("\"user_id\":\"").unwrap().1.trim_end_matches("\"}").to_owned();
        ran.data().lines().map(id).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(left("ana, bob, sam.one, sam.two"), "u-eve");
    assert_eq!(left("user_name\r\n\"ANA\"\r\nBob@Example.com\r\nu-eve\r\n"), "u-sam1 u-sam2");
    assert_eq!(left("anita@example.org;u-bob;sam1@example.com;sam2@example.com"), "u-eve");
    assert_eq!(left(""), "u-eve u-ana u-bob u-sam1 u-sam2");
    assert_eq!(left(",;\t\n, '\\ \u{1} {\"a\":[}"), "u-eve u-ana u-bob u-sam1 u-sam2");
}
