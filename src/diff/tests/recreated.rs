//! Tests of deleted and recreated entities, and of the assignments left dangling.

use serde_json::json;

use super::history::{
    History, access, account, group, known, member, named_group, set, to_group, to_user, user, with,
};
use crate::diff::filter::{Filter, Subject, SubjectKind};
use crate::diff::{Diff, MatchedBy, Record};
use crate::model::{Entity, Row};

/// Returns the recreations as `resource old → new by property: dangling`.
fn recreations(diff: &Diff) -> Vec<String> {
    diff.recreations
        .iter()
        .map(|one| {
            let id = |key: &Record| key.values().map(|id| id.as_str().unwrap()).collect::<String>();
            let dangling: Vec<&str> =
                one.dangling.iter().map(|assignment| assignment.label.as_str()).collect();
            let (old, new) = (id(&one.before_key), id(&one.after_key));
            format!("{} {old} → {new} by {:?}: {}", one.resource, one.matched_by, dangling.join(", "))
        })
        .collect()
}

fn external(row: Row, id: &str) -> Row {
    with(row, "external_ids", &format!("[{{\"Issuer\":\"idp\",\"Id\":\"{id}\"}}]"))
}

#[test]
fn one_name_under_another_id_is_one_event_beside_its_rows() {
    let mut history = History::new();
    let assigned = [account("111"), to_group("111", "p", "old"), to_user("111", "p", "u-old")];
    let with_ids = |group: &str, user_id: &str, arn: &str| {
        let mut rows = assigned.to_vec();
        rows.push(named_group(group, "Ops"));
        rows.push(with(user(user_id), "user_name", "ana"));
        rows.push(with(set(arn), "name", "Admin"));
        rows
    };
    history.publish(&with_ids("old", "u-old", "p"));
    history.publish(&with_ids("new", "u-new", "p-new"));
    let diff = history.diff(1, 2);
    assert_eq!(
        recreations(&diff),
        [
            "users u-old → u-new by Name: Admin for user ana in 111-name",
            "groups old → new by Name: Admin for group Ops in 111-name",
            "permission_sets p → p-new by Name: \
             Admin for group Ops in 111-name, Admin for user ana in 111-name",
        ]
    );
    assert_eq!(
        known(&diff),
        [
            "users added ana",
            "users removed ana",
            "groups added Ops",
            "groups removed Ops",
            "permission_sets removed Admin",
            "permission_sets added Admin"
        ]
    );
    assert_eq!(diff.recreations[1].dangling[0].key["principal_id"], "old");
    let backward = history.diff(2, 1);
    assert!(recreations(&backward)[0].starts_with("users u-new → u-old by Name"));
}

#[test]
fn an_external_id_is_recognised_before_a_name_and_each_once() {
    let mut history = History::new();
    history.publish(&[
        external(named_group("g1", "One"), "x"),
        named_group("g2", "Two"),
        named_group("g3", "Two"),
        group("stays"),
    ]);
    history.publish(&[
        external(named_group("g4", "Two"), "x"),
        named_group("g5", "Two"),
        named_group("g6", "One"),
        group("stays"),
    ]);
    let diff = history.diff(1, 2);
    assert_eq!(
        recreations(&diff),
        ["groups g1 → g4 by ExternalId: ", "groups g2 → g5 by Name: "],
        "nothing is left for g3, and g6 has the name of a group that is recognised already"
    );
    assert_eq!(diff.recreations[0].matched_by, MatchedBy::ExternalId);
}

#[test]
fn what_was_not_seen_to_go_was_not_made_again() {
    let mut history = History::new();
    history.publish(&[named_group("old", "Ops")]);
    history.publish_with(&[named_group("new", "Ops")], &[("groups", json!({}), "denied")]);
    assert_eq!(recreations(&history.diff(1, 2)), Vec::<String>::new());
    // Nor is it reported as recreated if the snapshot before did not see it.
    let mut history = History::new();
    history.publish_with(&[named_group("old", "Ops")], &[("groups", json!({}), "denied")]);
    history.publish(&[named_group("new", "Ops")]);
    assert_eq!(recreations(&history.diff(1, 2)), Vec::<String>::new());
}

#[test]
fn a_dangling_assignment_that_is_only_carried_says_when_it_was_seen() {
    let mut history = History::new();
    let assigned = to_group("111", "p", "old");
    history.publish(&[named_group("old", "Ops"), assigned.clone()]);
    let gap = ("account_assignments", json!({"account_id": "111"}), "denied");
    history.publish_with(&[named_group("new", "Ops")], &[gap]);
    assert_eq!(history.diff(1, 2).recreations[0].dangling[0].last_seen, Some(1));
    history.publish(&[named_group("new", "Ops"), assigned]);
    assert_eq!(history.diff(1, 3).recreations[0].dangling[0].last_seen, None);
}

#[test]
fn an_answer_about_access_tells_what_was_made_again_where_it_is_behind_it() {
    let mut history = History::new();
    let of = |id: &str| {
        vec![user("ana"), user("bob"), named_group(id, "Ops"), member(id, "ana"), to_group("111", "p", "old")]
    };
    history.publish(&[of("old"), vec![named_group("e1", "Empty")]].concat());
    history.publish(&[of("new"), vec![named_group("e2", "Empty")]].concat());
    let narrowed = |filter: Filter| {
        let mut diff = history.diff(1, 2);
        filter.apply(&history.connection, &mut diff).unwrap();
        diff
    };
    assert_eq!(recreations(&narrowed(Filter::default())).len(), 2);
    let diff = narrowed(Filter { access: true, ..Filter::default() });
    assert_eq!(access(&diff), ["ana lost p in 111: membership_removed, group_recreated"]);
    assert_eq!(diff.access_changes[0].causes[1].group_name.as_deref(), Some("Ops"));
    assert_eq!(recreations(&diff), ["groups old → new by Name: p for group Ops in 111"]);
    let about = |kind, id: &str| {
        let subjects = vec![Subject { kind, ids: [id.to_owned()].into() }];
        recreations(&narrowed(Filter { subjects, ..Filter::default() })).len()
    };
    assert_eq!(about(SubjectKind::Entity(Entity::Group), "old"), 1);
    assert_eq!(about(SubjectKind::Entity(Entity::Account), "111"), 1, "what dangles there");
    assert_eq!(about(SubjectKind::Entity(Entity::User), "bob"), 0);
    let of_users = Filter { resources: vec!["users".to_owned()], ..Filter::default() };
    assert!(narrowed(of_users).recreations.is_empty());
}
