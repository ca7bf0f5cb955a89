//! Tests that a narrowed diff has the same changes of its subject as the whole one, and loses no gap that may hide more
//! of it.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::history::{
    History, account, covers, group, member, policy, set, to_group, to_user, unknown, user, with,
};
use super::random::{days, publish, universe};
use crate::diff::filter::{Filter, Subject, SubjectKind};
use crate::diff::{Change, ChangeKind, Diff};
use crate::document::privileges::Levels;
use crate::model::{Entity, OrganizationalUnit, RESOURCES, Root, Row, Tag};

fn narrowed(history: &History, [from, to]: [i64; 2], filter: &Filter) -> Diff {
    let mut diff = history.diff(from, to);
    filter.apply(&history.connection, &mut diff).unwrap();
    diff
}

fn about(subjects: Vec<Subject>) -> Filter {
    Filter { subjects, ..Filter::default() }
}

fn subject(kind: SubjectKind, id: &str) -> Subject {
    Subject { kind, ids: [id.to_owned()].into() }
}

/// Returns the triples of a subject, each with its paths, computed from these rows.
fn ways_about(
    rows: &[(&'static str, Map<String, Value>)],
    subject: &Subject,
) -> BTreeMap<String, BTreeSet<String>> {
    let text = |row: &Map<String, Value>, column: &str| row[column].as_str().unwrap().to_owned();
    let of = |resource: &str| {
        rows.iter().filter(|(name, _)| *name == resource).map(|(_, row)| row).collect::<Vec<_>>()
    };
    let mut ways: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for assignment in of("account_assignments") {
        let (account, arn) = (text(assignment, "account_id"), text(assignment, "permission_set_arn"));
        let principal = text(assignment, "principal_id");
        for user in of("users").iter().map(|row| text(row, "user_id")) {
            let is_member = || {
                of("group_memberships")
                    .iter()
                    .any(|row| text(row, "group_id") == principal && text(row, "user_id") == user)
            };
            let way = match assignment["principal_type"].as_str().unwrap() {
                "USER" if principal == user => "direct".to_owned(),
                "GROUP" if is_member() => principal.clone(),
                _ => continue,
            };
            let id = match subject.kind {
                SubjectKind::Entity(Entity::User) => &user,
                SubjectKind::Entity(Entity::Account) => &account,
                SubjectKind::Entity(Entity::PermissionSet) => &arn,
                _ => &way,
            };
            if subject.ids.contains(id) {
                ways.entry(format!("{user} {account} {arn}")).or_default().insert(way);
            }
        }
    }
    ways
}

/// Returns every row of a snapshot.
fn day(history: &History, day: i64) -> Vec<(&'static str, Map<String, Value>)> {
    RESOURCES
        .iter()
        .flat_map(|spec| history.alive(spec.name, day).into_iter().map(|row| (spec.name, row)))
        .collect()
}

/// Returns true if any possible row that the gap may hide would change the facts about the subject.
fn may_hide(rows: &[(&'static str, Map<String, Value>)], gap: &Change, subject: &Subject) -> bool {
    let scope = Value::Object(gap.key.to_object());
    let before = ways_about(rows, subject);
    let possible =
        universe().into_iter().filter(|row| row.resource == gap.resource && covers(&scope, &row.columns));
    possible.into_iter().any(|row| {
        let spec = RESOURCES.iter().find(|spec| spec.name == row.resource).unwrap();
        let is_it = |(name, other): &(&'static str, Map<String, Value>)| {
            *name == row.resource && spec.key.iter().all(|column| other[*column] == row.columns[*column])
        };
        let mut toggled: Vec<_> = rows.iter().filter(|one| !is_it(one)).cloned().collect();
        if toggled.len() == rows.len() {
            toggled.push((row.resource, row.columns.clone()));
        }
        ways_about(&toggled, subject) != before
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_narrowed_answer_loses_nothing_of_its_subject_and_no_gap_over_it(days in days(), access in any::<bool>()) {
        let history = publish(&days);
        let (from, to) = (1, history.snapshot);
        let whole = history.diff(from, to);
        let states = [day(&history, from), day(&history, to)];
        for subject in [
            subject(SubjectKind::Entity(Entity::User), "u1"),
            subject(SubjectKind::Entity(Entity::Group), "g1"),
            subject(SubjectKind::Entity(Entity::Account), "a1"),
            subject(SubjectKind::Entity(Entity::PermissionSet), "p1"),
        ] {
            let filter = Filter { access, ..about(vec![subject.clone()]) };
            let diff = narrowed(&history, [from, to], &filter);
            let expected: Vec<_> = whole.access_changes.iter().filter(|change| match subject.kind {
                SubjectKind::Entity(Entity::User) => &*change.user_id == "u1",
                SubjectKind::Entity(Entity::Account) => &*change.account_id == "a1",
                SubjectKind::Entity(Entity::PermissionSet) => &*change.permission_set_arn == "p1",
                _ => format!("{:?}{:?}", change.before_ways, change.after_ways).contains("\"g1\""),
            }).collect();
            prop_assert_eq!(diff.access_changes.iter().collect::<Vec<_>>(), expected);
            for gap in whole.changes.iter().filter(|change| change.change == ChangeKind::Unknown) {
                if states.iter().any(|rows| may_hide(rows, gap, &subject)) {
                    prop_assert!(
                        diff.changes.contains(gap),
                        "{} {:?} may hide what concerns {:?}", gap.resource, gap.key, subject
                    );
                }
            }
        }
    }
}

fn unit(id: &str, parent: &str) -> Row {
    Row::whole(&OrganizationalUnit {
        ou_id: id.to_owned(),
        name: Some(format!("{id}-name")),
        parent_id: Some(parent.to_owned()),
        ..OrganizationalUnit::default()
    })
}

fn root() -> Row {
    Row::whole(&Root { root_id: "r".to_owned(), name: Some("Root".to_owned()), ..Root::default() })
}

fn tag(resource_type: Entity, id: &str, value: &str) -> Row {
    Row::whole(&Tag {
        resource_type: resource_type.as_str(),
        resource_id: id.to_owned(),
        key: "env".to_owned(),
        value: Some(value.to_owned()),
    })
}

/// Publishes two OUs, one in the other. Account 111 moves out of the inner one, and each account gets something new.
fn tree() -> History {
    let mut history = History::new();
    let base = [root(), unit("outer", "r"), unit("inner", "outer"), user("ana"), set("p"), set("q")];
    let and = |more: &[Row]| base.iter().chain(more).cloned().collect::<Vec<_>>();
    let in_ou = |id: &str, ou: &str| with(account(id), "parent_id", ou);
    history.publish(&and(&[in_ou("111", "inner"), in_ou("222", "outer"), in_ou("333", "r")]));
    history.publish(&and(&[
        in_ou("111", "r"),
        in_ou("222", "outer"),
        in_ou("333", "r"),
        tag(Entity::Account, "222", "prod"),
        policy("q", "arn:aws:iam::aws:policy/Other"),
        to_user("111", "p", "ana"),
        to_user("222", "p", "ana"),
        to_user("333", "p", "ana"),
        to_user("333", "q", "ana"),
    ]));
    history
}

fn accesses(diff: &Diff) -> Vec<String> {
    diff.access_changes.iter().map(|one| format!("{} {}", one.account_id, one.permission_set_arn)).collect()
}

fn ous(history: &History, id: &str) -> Filter {
    let ids = HashSet::from([id.to_owned()]);
    about(vec![Subject::in_ous(&history.connection, [1, 2], &ids).unwrap()])
}

#[test]
fn an_ou_means_the_accounts_beneath_it_on_either_side() {
    let history = tree();
    let of = |ou: &str| accesses(&narrowed(&history, [1, 2], &ous(&history, ou)));
    assert_eq!(of("inner"), ["111 p"], "it was there before");
    assert_eq!(of("outer"), ["111 p", "222 p"]);
    assert_eq!(of("r"), ["111 p", "222 p", "333 p", "333 q"]);
    let diff = narrowed(&history, [1, 2], &ous(&history, "inner"));
    let rows: Vec<&str> = diff.changes.iter().map(|change| change.resource).collect();
    assert_eq!(rows, ["accounts", "account_assignments"]);
    let path = diff.changes[0].ou_path.as_ref().unwrap();
    assert_eq!(path.before.as_deref(), Some("Root/outer-name/inner-name"));
    assert_eq!(path.after.as_deref(), Some("Root"));
}

#[test]
fn a_tag_means_the_accounts_and_permission_sets_that_have_it() {
    let history = tree();
    let tagged = |value| Subject::tagged(&history.connection, [1, 2], "env", value).unwrap();
    let diff = narrowed(&history, [1, 2], &about(vec![tagged("prod")]));
    assert_eq!(accesses(&diff), ["222 p"]);
    assert!(diff.changes.iter().any(|change| change.resource == "tags"));
    assert!(tagged("dev").ids.is_empty());
}

#[test]
fn privilege_counts_on_either_side() {
    let admin = policy("p", "arn:aws:iam::aws:policy/AdministratorAccess");
    let kind = |row: Row| with(row, "kind", "aws_managed");
    let mut history = History::new();
    let rows = [user("ana"), set("p"), set("q"), to_user("111", "p", "ana"), to_user("111", "q", "ana")];
    history.publish(&rows.iter().cloned().chain([kind(admin)]).collect::<Vec<_>>());
    history.publish(&[&rows[..4], &[kind(policy("q", "arn:aws:iam::aws:policy/Read"))]].concat());
    let privileged = Subject::privileged(&history.connection, [1, 2], Levels::Administrator).unwrap();
    assert_eq!(privileged.ids, HashSet::from(["p".to_owned()]));
    let diff = narrowed(&history, [1, 2], &about(vec![privileged]));
    assert_eq!(accesses(&diff), ["111 p"], "it lost what made it privileged");
}

#[test]
fn what_decides_who_is_meant_is_told_where_it_was_not_seen() {
    type Case = (&'static str, Value, fn(&History) -> Subject);
    let cases: [Case; 4] = [
        ("accounts", json!({}), |history| {
            Subject::in_ous(&history.connection, [1, 2], &HashSet::from(["outer".to_owned()])).unwrap()
        }),
        ("tags", json!({"resource_type": "account", "resource_id": "111"}), |history| {
            Subject::tagged(&history.connection, [1, 2], "env", "prod").unwrap()
        }),
        ("permission_set_policies", json!({"permission_set_arn": "p"}), |history| {
            Subject::privileged(&history.connection, [1, 2], Levels::Administrator).unwrap()
        }),
        ("organizational_units", json!({}), |history| {
            Subject::in_ous(&history.connection, [1, 2], &HashSet::from(["outer".to_owned()])).unwrap()
        }),
    ];
    for (resource, scope, subject) in cases {
        for kind in ["denied", "not_asked", "unavailable"] {
            let mut history = History::new();
            // No row of the resource was ever seen, so the whole diff may leave it out.
            history.publish_with(&[user("ana")], &[(resource, scope.clone(), kind)]);
            history
                .publish_with(&[user("ana"), to_user("111", "p", "ana")], &[(resource, scope.clone(), kind)]);
            for access in [true, false] {
                let filter = Filter { access, ..about(vec![subject(&history)]) };
                let diff = narrowed(&history, [1, 2], &filter);
                let told: Vec<&str> = unknown(&diff).iter().map(|change| change.resource).collect();
                assert_eq!(told, [resource], "{kind}");
                assert!(diff.has_unknowns() && diff.access_changes.is_empty());
            }
        }
    }
    // The tags of OUs do not matter.
    let mut history = History::new();
    let scope = json!({"resource_type": "organizational_unit", "resource_id": "ou"});
    for _ in 0..2 {
        history.publish_with(&[], &[("tags", scope.clone(), "denied")]);
    }
    let tagged = Subject::tagged(&history.connection, [1, 2], "env", "prod").unwrap();
    assert_eq!(unknown(&narrowed(&history, [1, 2], &about(vec![tagged]))).len(), 0);
}

#[test]
fn a_gap_that_only_a_narrowed_answer_tells_says_what_its_scope_names() {
    let mut history = History::new();
    let scope = json!({"permission_set_arn": "p"});
    for _ in 0..2 {
        let rows = [with(set("p"), "name", "Admins")];
        history.publish_with(&rows, &[("permission_set_policies", scope.clone(), "not_asked")]);
    }
    let privileged = Subject::privileged(&history.connection, [1, 2], Levels::Administrator).unwrap();
    let diff = narrowed(&history, [1, 2], &about(vec![privileged]));
    let names: Vec<_> =
        unknown(&diff).iter().map(|change| change.names["permission_set_arn"].clone()).collect();
    assert_eq!(names, ["Admins"]);
}

#[test]
fn a_gap_over_a_group_is_kept_only_where_the_group_is_assigned() {
    let mut history = History::new();
    let rows = [group("ops"), user("ana"), account("111"), account("222"), to_group("111", "p", "ops")];
    history.publish(&rows);
    let denied = ("group_memberships", json!({"group_id": "ops"}), "denied");
    history.publish_with(&[rows.as_slice(), &[member("dev", "ana")]].concat(), &[denied]);
    for (id, gaps) in [("111", 1), ("222", 0)] {
        let diff =
            narrowed(&history, [1, 2], &about(vec![subject(SubjectKind::Entity(Entity::Account), id)]));
        assert_eq!(unknown(&diff).len(), gaps, "{id}");
    }
}
