//! Tests of the diff as text and in flat files.

use rusqlite::types::Value as SqlValue;
use serde_json::json;

use super::history::{
    History, account, group, member, named_group, policy, set, to_group, to_user, user, with,
};
use crate::diff::filter::{Filter, Subject, SubjectKind};
use crate::diff::steps::Between;
use crate::diff::text::{TextOptions, write};
use crate::diff::{ChangeKind, Diff, flat};
use crate::model::{Entity, OrganizationalUnit, Root, Row};
use crate::output::Page;

fn text(diff: &Diff, options: TextOptions) -> String {
    painted(diff, options, false)
}

fn painted(diff: &Diff, options: TextOptions, is_colored: bool) -> String {
    let mut out = Vec::new();
    write(&mut Page::new(&mut out, is_colored), diff, options).unwrap();
    String::from_utf8(out).unwrap()
}

fn filtered(history: &History, filter: Filter) -> Diff {
    let mut diff = history.diff(1, 2);
    filter.apply(&history.connection, &mut diff).unwrap();
    diff
}

/// Returns a history with one change of every kind, which a reader should understand from the text alone.
fn story() -> History {
    let mut history = History::new();
    let stays: Vec<Row> = vec![
        account("111"),
        account("222"),
        set("admin"),
        set("read"),
        group("ops"),
        group("dev"),
        group("hid"),
    ];
    let mut before = stays.clone();
    before.extend(["ana", "bob", "eve", "ian", "joe"].map(user));
    before.extend([
        to_group("111", "admin", "ops"),
        member("ops", "bob"),
        member("dev", "eve"),
        to_group("222", "read", "dev"),
        to_group("111", "read", "dev"),
        member("hid", "ian"),
    ]);
    history.publish(&before);
    let mut after = stays;
    after.extend(["ana", "eve", "ian"].map(user));
    let joined = with(with(member("ops", "ana"), "created_by", "scim"), "created_at", "2026-11-02T01:00:00Z");
    after.extend([
        with(user("joe"), "title", "Lead \u{1b}[2J\nof \"all\""),
        to_group("111", "admin", "ops"),
        joined,
        to_group("222", "read", "dev"),
        to_user("111", "read", "eve"),
        member("dev", "eve"),
        policy("read", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
    ]);
    let hidden = ("group_memberships", json!({"group_id": "hid"}), "denied");
    history.publish_with(&after, &[hidden]);
    history
}

#[test]
fn the_text_tells_the_story() {
    let options =
        TextOptions { between: Between { gained_and_lost: 3, lost_and_gained: 0 }, ..TextOptions::default() };
    insta::assert_snapshot!(text(&story().diff(1, 2), options));
}

#[test]
fn colour_adds_nothing_but_colour_and_names_cannot_add_any() {
    let diff = story().diff(1, 2);
    let plain = text(&diff, TextOptions::default());
    let colored = painted(&diff, TextOptions::default(), true);
    assert!(!plain.contains('\u{1b}'));
    let mut stripped = String::new();
    let mut rest = colored.as_str();
    while let Some((before, after)) = rest.split_once("\u{1b}[") {
        stripped.push_str(before);
        rest = after.split_once('m').unwrap().1;
    }
    stripped.push_str(rest);
    assert_eq!(stripped, plain);
}

#[test]
fn an_inline_policy_and_a_boundary_are_called_what_they_are() {
    let arn = "arn:aws:iam::aws:policy/Fence";
    let base = [user("ana"), set("p"), to_user("111", "p", "ana")];
    let inline = with(policy("p", "inline"), "kind", "inline");
    let boundary = with(policy("p", arn), "kind", "permissions_boundary");
    let mut history = History::new();
    history.publish(&base);
    history.publish(&[base.as_slice(), &[inline, boundary]].concat());
    let told = text(&history.diff(1, 2), TextOptions::default());
    for words in [
        "an inline policy was attached to p-name",
        "permissions boundary Fence was attached to p-name",
        "  + inline policy on p-name",
        "  + permissions boundary Fence on p-name",
    ] {
        assert!(told.contains(words), "{words}: {told}");
    }
}

#[test]
fn an_account_that_left_was_not_deleted() {
    let mut history = History::new();
    history.publish(&[user("ana"), set("p")]);
    history.publish(&[user("ana"), set("p"), account("111"), to_user("111", "p", "ana")]);
    let told = |from, to| text(&history.diff(from, to), TextOptions::default());
    assert!(told(1, 2).contains("account 111-name is new in the organization\n"), "{}", told(1, 2));
    assert!(told(2, 1).contains("account 111-name is no longer in the organization\n"), "{}", told(2, 1));
}

#[test]
fn nothing_is_said_as_nothing() {
    let mut history = History::new();
    history.publish(&[user("ana")]);
    history.publish(&[user("ana")]);
    let words = text(&history.diff(1, 2), TextOptions::default());
    assert!(words.ends_with("\n  nothing changed\n"), "{words}");
    history.publish_with(&[], &[("users", json!({}), "denied")]);
    let words = text(&history.diff(2, 3), TextOptions::default());
    assert!(words.contains("no change was seen, but not everything was"), "{words}");
    assert!(words.contains("? users: 1 row neither added nor removed: not seen"), "{words}");
}

#[test]
fn what_many_have_in_common_is_said_once() {
    let mut history = History::new();
    let mut rows = vec![set("p"), to_group("111", "p", "ops")];
    for number in 0..20 {
        rows.push(user(&format!("u{number:02}")));
        rows.push(member("ops", &format!("u{number:02}")));
    }
    history.publish(&rows);
    rows.push(policy("p", "Admin"));
    history.publish(&rows);
    let diff = history.diff(1, 2);
    assert_eq!(diff.access_changes.len(), 20);
    let words = text(&diff, TextOptions::default());
    assert!(words.contains("~ 20 users (u00-name, "), "{words}");
    assert_eq!(words.matches("because:").count(), 1, "{words}");

    rows.retain(|row| row.resource != "users" && row.resource != "group_memberships");
    history.publish(&rows);
    let words = text(&history.diff(2, 3), TextOptions::default());
    assert!(words.contains("- 20 users (u00-name, "), "{words}");
    assert!(
        words.contains("because: removed from group ops\n               each user was deleted"),
        "{words}"
    );
}

#[test]
fn an_answer_about_access_keeps_what_access_cannot_be_told_without() {
    let diff = filtered(&story(), Filter { access: true, ..Filter::default() });
    assert!(diff.changes.iter().all(|change| change.change == ChangeKind::Unknown));
    assert_eq!(diff.changes.len(), 1);
    assert!(!diff.access_changes.is_empty());

    let diff = filtered(&story(), Filter { resources: vec!["users".to_owned()], ..Filter::default() });
    assert!(diff.access_changes.is_empty());
    assert!(diff.changes.iter().all(|change| change.resource == "users"));
}

#[test]
fn flat_rows_hold_every_change() {
    let diff = story().diff(1, 2);
    let rows: Vec<_> = flat::rows(&diff).collect();
    let place = |name: &str| flat::COLUMNS.iter().position(|column| *column == name).unwrap();
    let of = |row: &[SqlValue], name: &str| match &row[place(name)] {
        SqlValue::Text(text) => text.clone(),
        SqlValue::Null => "-".to_owned(),
        other => format!("{other:?}"),
    };
    // There is one row for each user and change of access, and at least one for each changed row and each unknown
    // scope.
    let of_access: Vec<_> = rows.iter().filter(|row| of(&row[..], "resource") == "access").collect();
    assert_eq!(of_access.len(), diff.access_changes.len());
    for (row, change) in of_access.iter().zip(&diff.access_changes) {
        assert_eq!(of(&row[..], "user_id"), *change.user_id);
        assert_eq!(of(&row[..], "change"), change.change.as_str());
        assert_ne!(of(&row[..], "cause"), "-");
    }
    for change in &diff.changes {
        let is_of = |row: &&[SqlValue; flat::COLUMNS.len()]| {
            of(&row[..], "resource") == change.resource && of(&row[..], "label") == change.label
        };
        let told: Vec<_> = rows.iter().filter(is_of).collect();
        assert!(!told.is_empty(), "{}", change.label);
        for row in told {
            assert_eq!(of(&row[..], "change"), change.change.as_str());
            assert_eq!(of(&row[..], "gap_kind") == "-", change.gap.is_none());
        }
    }
    let is_json = |value: &SqlValue| matches!(value, SqlValue::Text(text) if text.starts_with(['{', '[']));
    assert!(!rows.iter().flatten().any(is_json), "a cell holds one value");
    let told: Vec<String> = rows
        .iter()
        .map(|row| {
            let words =
                ["resource", "change", "label", "field", "before", "after", "cause", "key", "gap_kind"];
            words.map(|word| of(&row[..], word)).join(" | ")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn an_answer_about_one_thing_keeps_the_gaps_that_may_hide_it() {
    let about = |kind, id: &str| {
        let subjects = vec![Subject { kind, ids: [id.to_owned()].into() }];
        let diff = filtered(&story(), Filter { subjects, ..Filter::default() });
        let changes: Vec<String> = diff
            .changes
            .iter()
            .map(|change| format!("{} {}", change.change.as_str(), change.label))
            .chain(diff.access_changes.iter().map(|change| format!("{:?} {}", change.change, change.user_id)))
            .collect();
        changes.join(", ")
    };
    assert_eq!(
        about(SubjectKind::Entity(Entity::User), "ana"),
        "added ana-name in group ops-name, unknown group hid-name, Gained ana"
    );
    assert_eq!(about(SubjectKind::Entity(Entity::Group), "hid"), "unknown group hid-name");
    assert_eq!(
        about(SubjectKind::Entity(Entity::Group), "ops"),
        "added ana-name in group ops-name, removed bob-name in group ops-name, Gained ana, Lost bob"
    );
    assert_eq!(about(SubjectKind::Entity(Entity::Account), "222"), "Altered eve");
    assert_eq!(
        about(SubjectKind::Entity(Entity::PermissionSet), "read"),
        "added ReadOnlyAccess on read-name, removed read-name for group dev-name in 111-name, \
         added read-name for user eve-name in 111-name, Rerouted eve, Altered eve"
    );
}

/// Returns the row with other values in some columns.
fn having(row: Row, columns: &[(&str, &str)]) -> Row {
    columns.iter().fold(row, |row, (column, value)| with(row, column, value))
}

#[test]
fn every_change_reads_as_what_it_is() {
    let unit = |id: &str, name: &str, parent: &str| {
        let unit = Row::whole(&OrganizationalUnit { ou_id: id.to_owned(), ..OrganizationalUnit::default() });
        having(unit, &[("name", name), ("parent_id", parent)])
    };
    let tree = [
        having(Row::whole(&Root { root_id: "r".to_owned(), ..Root::default() }), &[("name", "Root")]),
        unit("ou-1", "Workloads", "r"),
        unit("ou-2", "Prod", "ou-1"),
        unit("ou-3", "Sandbox", "r"),
    ];
    let of = |id: &str, columns: &[(&str, &str)]| having(account(id), columns);
    let inline = |statements: serde_json::Value| {
        let document = json!({"Version": "2012-10-17", "Statement": statements}).to_string();
        having(policy("deploy", "inline"), &[("kind", "inline"), ("document", &document)])
    };
    let statement = |sid: &str, actions: &[&str]| json!({"Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*"});
    let mut history = History::new();
    let before = [
        of("111", &[("parent_id", "ou-2"), ("entity_path", "o/r/ou-1/ou-2/111"), ("state", "ACTIVE")]),
        of("222", &[("parent_id", "ou-3"), ("state", "ACTIVE"), ("email", "a@example.com")]),
        having(user("ana"), &[("user_status", "ENABLED")]),
        having(user("bob"), &[("user_status", "DISABLED")]),
        group("ops"),
        set("deploy"),
        having(set("text"), &[("description", "old")]),
        having(policy("text", "inline"), &[("kind", "inline"), ("document", "no policy")]),
        inline(json!([
            statement("Deploy", &["ecs:RunTask", "ecs:StopTask"]),
            {"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::a/*"},
            {"Effect": "Deny", "NotAction": "iam:*", "Resource": "*", "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "false"}}},
        ])),
    ];
    history.publish(&[tree.as_slice(), &before].concat());
    let after = [
        of("111", &[("parent_id", "ou-3"), ("entity_path", "o/r/ou-3/111"), ("state", "SUSPENDED")]),
        of(
            "222",
            &[("parent_id", "ou-3"), ("state", "ACTIVE"), ("email", "b@example.com"), ("name", "new-name")],
        ),
        having(user("ana"), &[("user_status", "DISABLED"), ("user_name", "ana.two")]),
        having(user("bob"), &[("user_status", "ENABLED")]),
        named_group("ops", "Operations"),
        set("deploy"),
        having(set("text"), &[("description", "new")]),
        having(policy("text", "inline"), &[("kind", "inline"), ("document", "still none")]),
        inline(json!([
            {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": "arn:aws:s3:::a/*"},
            {"Sid": "Keys", "Effect": "Allow", "Action": "kms:Decrypt", "Resource": "*", "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["x", "y"]}}},
            statement("Deploy", &["ecs:StopTask", "ecs:UpdateService"]),
        ])),
    ];
    history.publish(&[tree.as_slice(), &after].concat());
    insta::assert_snapshot!(text(&history.diff(1, 2), TextOptions::default()));
}

#[test]
fn a_policy_in_another_order_is_no_change_of_a_row_or_of_access() {
    let document = |actions: &str| format!("{{\"Statement\":{{\"Effect\":\"Allow\",\"Action\":{actions}}}}}");
    let with_policy = |actions: &str| {
        let policy = having(policy("p", "inline"), &[("kind", "inline"), ("document", &document(actions))]);
        [user("ana"), set("p"), to_user("111", "p", "ana"), policy]
    };
    let mut history = History::new();
    history.publish(&with_policy("[\"a\",\"b\"]"));
    history.publish(&with_policy("[\"b\", \"a\"]"));
    let gap = ("permission_set_policies", json!({"permission_set_arn": "p"}), "denied");
    history.publish_with(&with_policy("[\"b\",\"a\"]"), &[gap]);
    assert_eq!(history.rows("permission_set_policies", "1").len(), 3, "what AWS said is kept");
    let diff = history.diff(1, 2);
    assert!(diff.changes.is_empty() && diff.access_changes.is_empty(), "{diff:?}");
    // It counts under its gap like any row that did not change.
    let diff = history.diff(2, 3);
    assert_eq!((diff.changes.len(), diff.changes[0].rows), (1, Some(1)));
}
