//! Tests of gained and lost access, and of every cause.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::history::{
    History, access, account, group, member, named_group, policy, set, to_group, to_user, unknown, user, with,
};
use crate::diff::filter::{Subject, SubjectKind};
use crate::diff::{AccessLimits, AccessPath, compare_within, steps};
use crate::model::{Entity, Row};

fn base() -> Vec<Row> {
    vec![user("ana"), group("ops"), account("111"), set("p"), to_group("111", "p", "ops")]
}

fn and(rows: &[Row], more: &[Row]) -> Vec<Row> {
    rows.iter().chain(more).cloned().collect()
}

#[test]
fn a_membership_gives_what_the_group_has() {
    let mut history = History::new();
    history.publish(&base());
    history.publish(&and(&base(), &[member("ops", "ana")]));
    let diff = history.diff(1, 2);
    assert_eq!(access(&diff), ["ana gained p in 111: membership_added"]);
    let change = &diff.access_changes[0];
    assert_eq!(change.user_name.as_deref(), Some("ana-name"));
    assert_eq!(change.account_name.as_deref(), Some("111-name"));
    assert_eq!(change.permission_set_name.as_deref(), Some("p-name"));
    assert!(change.before_ways.is_empty());
    let way = AccessPath::Group { group_id: "ops".into(), group_name: Some("ops-name".into()) };
    assert_eq!(change.after_ways, [way]);
    assert_eq!(
        change.causes[0].key.to_object(),
        *json!({"group_id": "ops", "user_id": "ana"}).as_object().unwrap()
    );
    assert_eq!(access(&history.diff(2, 1)), ["ana lost p in 111: membership_removed"]);
}

#[test]
fn every_cause_is_named() {
    let mut history = History::new();
    history.publish(&[account("111")]);
    history.publish(&and(&base(), &[member("ops", "ana"), account("111")]));
    assert_eq!(
        access(&history.diff(1, 2)),
        ["ana gained p in 111: membership_added, assignment_granted, user_created, group_created, \
          permission_set_created"]
    );
    assert_eq!(
        access(&history.diff(2, 1)),
        ["ana lost p in 111: membership_removed, assignment_revoked, user_deleted, group_deleted, \
          permission_set_deleted"]
    );
}

#[test]
fn another_way_is_no_loss() {
    let mut history = History::new();
    history.publish(&and(&base(), &[member("ops", "ana")]));
    history.publish(&and(&base(), &[to_user("111", "p", "ana")]));
    assert_eq!(
        access(&history.diff(1, 2)),
        ["ana rerouted p in 111: membership_removed, assignment_granted"]
    );
}

#[test]
fn a_deleted_users_assignments_give_nothing() {
    let mut history = History::new();
    history.publish(&[user("ana"), to_user("111", "p", "ana")]);
    history.publish(&[to_user("111", "p", "ana")]);
    history.publish(&[to_user("111", "p", "ana"), to_user("222", "p", "ana")]);
    assert_eq!(access(&history.diff(1, 2)), ["ana lost p in 111: user_deleted"]);
    assert_eq!(access(&history.diff(2, 3)), Vec::<String>::new());
    assert_eq!(access(&history.diff(1, 3)), ["ana lost p in 111: user_deleted"]);
}

#[test]
fn other_policies_sessions_and_statuses_alter_access() {
    let mut history = History::new();
    let mine = [member("ops", "ana"), user("bob"), to_user("222", "p", "bob"), to_user("222", "q", "bob")];
    history.publish(&and(&base(), &mine));
    history.publish(&and(&and(&base(), &mine), &[policy("p", "Admin")]));
    assert_eq!(
        access(&history.diff(1, 2)),
        ["ana altered p in 111: policy_changed", "bob altered p in 222: policy_changed"]
    );

    let mut history = History::new();
    history.publish(&[user("ana"), set("p"), to_user("111", "p", "ana")]);
    history.publish(&[
        with(user("ana"), "user_status", "DISABLED"),
        with(set("p"), "session_duration", "PT8H"),
        to_user("111", "p", "ana"),
    ]);
    assert_eq!(access(&history.diff(1, 2)), ["ana altered p in 111: user_disabled, policy_changed"]);
    assert_eq!(access(&history.diff(2, 1)), ["ana altered p in 111: user_enabled, policy_changed"]);
    history.publish(&[
        with(user("ana"), "user_status", "DISABLED"),
        with(with(set("p"), "session_duration", "PT8H"), "description", "words"),
        to_user("111", "p", "ana"),
    ]);
    assert_eq!(access(&history.diff(2, 3)), Vec::<String>::new());
}

#[test]
fn a_group_that_was_deleted_and_made_again_is_one_cause() {
    let mut history = History::new();
    let with_group =
        |id: &str| [user("ana"), named_group(id, "Ops"), member(id, "ana"), to_group("111", "p", id)];
    history.publish(&with_group("old"));
    history.publish(&with_group("new"));
    let diff = history.diff(1, 2);
    assert_eq!(
        access(&diff),
        ["ana rerouted p in 111: membership_added, membership_removed, assignment_granted, \
          assignment_revoked, group_recreated"]
    );
    assert_eq!(diff.access_changes[0].causes[4].key["group_id"], "new");
}

#[test]
fn access_is_unknown_when_every_row_behind_it_is() {
    let mut history = History::new();
    history.publish_with(&base(), &[("group_memberships", json!({"group_id": "ops"}), "denied")]);
    history.publish(&and(&base(), &[member("ops", "ana")]));
    let diff = history.diff(1, 2);
    assert_eq!(access(&diff), ["ana unknown p in 111: membership_added"]);
    assert_eq!(unknown(&diff).len(), 1);

    // A known assignment beside it makes the gain known.
    let mut history = History::new();
    history.publish_with(&base()[..4], &[("group_memberships", json!({"group_id": "ops"}), "denied")]);
    history.publish(&and(&base(), &[member("ops", "ana")]));
    assert_eq!(access(&history.diff(1, 2)), ["ana gained p in 111: membership_added, assignment_granted"]);
}

#[test]
fn access_that_a_hidden_way_may_have_given_is_neither_gained_nor_lost() {
    let with_all = and(&base(), &[member("ops", "ana"), to_user("111", "p", "ana")]);
    let direct = json!({"principal_type": "USER", "principal_id": "ana"});
    let mut history = History::new();
    // Ana's membership is seen to be added and removed; it is unknown whether her direct assignment existed.
    history.publish_with(&base(), &[("account_assignments", direct, "denied")]);
    history.publish(&with_all);
    let causes = "membership_added, assignment_granted";
    assert_eq!(access(&history.diff(1, 2)), [format!("ana unknown p in 111: {causes}")]);
    let causes = "membership_removed, assignment_revoked";
    assert_eq!(access(&history.diff(2, 1)), [format!("ana unknown p in 111: {causes}")]);
}

#[test]
fn access_that_a_way_nobody_could_see_may_give_is_not_lost() {
    let members = ("group_memberships", json!({"group_id": "dev"}), "denied");
    let mut history = History::new();
    let rows = and(&base(), &[group("dev"), to_group("a", "read", "dev"), to_user("a", "read", "ana")]);
    history.publish(&rows);
    history.publish_with(&rows[..rows.len() - 1], std::slice::from_ref(&members));
    // She may be in dev by now, whose members could not be listed.
    let diff = history.diff(1, 2);
    assert_eq!(access(&diff), ["ana unknown read in a: assignment_revoked"]);
    assert_eq!(
        diff.access_changes[0].gap.as_ref().unwrap().scope.to_object(),
        *members.1.as_object().unwrap()
    );
    assert_eq!(access(&history.diff(2, 1)), ["ana unknown read in a: assignment_granted"]);
    // A group that is surely gone has no members, whatever part of its members was not requested.
    let gone: Vec<Row> = rows[..rows.len() - 1]
        .iter()
        .filter(|row| row.columns.get("group_id") != Some(&json!("dev")))
        .cloned()
        .collect();
    history.publish_with(&gone, &[("group_memberships", json!({}), "not_asked")]);
    assert_eq!(access(&history.diff(1, 3)), ["ana lost read in a: assignment_revoked"]);
}

#[test]
fn carried_rows_keep_giving_access() {
    let mut history = History::new();
    history.publish(&and(&base(), &[member("ops", "ana")]));
    history.publish_with(&base(), &[("group_memberships", json!({}), "denied")]);
    let diff = history.diff(1, 2);
    assert!(diff.access_changes.is_empty(), "{:?}", diff.access_changes);
}

/// Pruning the snapshots in between then changes no diff.
#[test]
fn what_is_gone_has_the_name_of_the_day_on_which_it_was() {
    let mut history = History::new();
    history.publish(&[user("ana"), member("ops", "ana"), named_group("ops", "Operations")]);
    history.publish(&[user("ana"), member("ops", "ana"), named_group("ops", "Ops")]);
    history.publish(&[user("ana")]);
    for (from, to) in [(1, 3), (3, 1)] {
        let diff = history.diff(from, to);
        let labels: Vec<&str> = diff.changes.iter().map(|change| change.label.as_str()).collect();
        assert_eq!(labels, ["Operations", "ana-name in group Operations"], "{from} {to}");
    }
    assert_eq!(history.diff(1, 2).changes[0].label, "Ops", "the later name of what is on both days");
}

#[test]
fn json_is_the_contract() {
    let mut history = History::new();
    history.publish(&base());
    history.publish_with(
        &and(&base(), &[member("ops", "ana")]),
        &[("users", json!({"user_id": "eve"}), "denied")],
    );
    let value: Value = serde_json::to_value(history.diff(1, 2)).unwrap();
    insta::assert_json_snapshot!(value);
}

#[test]
fn what_came_and_went_is_counted() {
    let mut history = History::new();
    history.publish(&and(&base(), &[to_user("222", "p", "ana")]));
    history.publish(&and(&base(), &[member("ops", "ana")]));
    history.publish(&and(&base(), &[to_user("222", "p", "ana")]));
    let between = |from, to, about: &[Subject]| {
        steps::came_and_went(&history.connection, from, to, |_| Ok(about.to_vec())).unwrap()
    };
    assert_eq!(between(1, 3, &[]), steps::Between { gained_and_lost: 1, lost_and_gained: 1 });
    assert_eq!(between(1, 2, &[]), steps::Between::default());
    let in_account =
        |id: &str| Subject { kind: SubjectKind::Entity(Entity::Account), ids: [id.to_owned()].into() };
    assert_eq!(
        between(1, 3, &[in_account("111")]),
        steps::Between { gained_and_lost: 1, lost_and_gained: 0 },
        "of what was asked for"
    );
    assert_eq!(between(1, 3, &[in_account("333")]), steps::Between::default());
    let each: Vec<usize> = steps::each(&history.connection, 1, 3)
        .unwrap()
        .map(|diff| diff.unwrap().access_changes.len())
        .collect();
    assert_eq!(each, [2, 2]);
    assert_eq!(steps::pairs(&history.connection, 3, 1).unwrap(), [(3, 2), (2, 1)]);
}

#[test]
fn limits_keep_accounts_and_refuse_too_many() {
    let mut history = History::new();
    let more = [account("222"), to_group("222", "p", "ops")];
    history.publish(&and(&base(), &more));
    history.publish(&and(&and(&base(), &more), &[member("ops", "ana")]));
    let within = |accounts: Option<&HashSet<String>>, most| {
        compare_within(&history.connection, 1, 2, AccessLimits { accounts, most }).unwrap()
    };
    assert_eq!(within(None, 2), Some(history.diff(1, 2)));
    assert_eq!(access(&history.diff(1, 2)).len(), 2);
    assert_eq!(within(None, 1), None);
    let one = HashSet::from(["222".to_owned()]);
    assert_eq!(access(&within(Some(&one), 1).unwrap()), ["ana gained p in 222: membership_added"]);
    assert_eq!(within(Some(&one), 0), None);
    // Rows of other accounts are told all the same.
    assert_eq!(within(Some(&HashSet::new()), 0).unwrap().changes, history.diff(1, 2).changes);
}
