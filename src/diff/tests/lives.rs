//! Compares the lives of `history` with every state of random histories.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::history::{History, hides};
use super::oracle::{scopes_in, state};
use super::random::{days, publish_by};
use crate::diff::ChangeKind;
use crate::history::{self, EventKind, Life};
use crate::model::Entity;
use crate::store::Census;

/// Returns the keys of a resource that exist in a snapshot according to the life's events.
fn there(life: &Life, resource: &str, day: i64) -> BTreeSet<String> {
    let mut last: BTreeMap<String, EventKind> = BTreeMap::new();
    for event in life.events.iter().filter(|event| event.resource == resource && event.snapshot_id <= day) {
        if event.kind != EventKind::NotSeen {
            last.insert(Value::Object(event.key.clone()).to_string(), event.kind);
        }
    }
    last.into_iter().filter(|(_, kind)| *kind != EventKind::Removed).map(|(key, _)| key).collect()
}

fn keys(history: &History, resource: &'static str, day: i64, scope: &Value) -> BTreeSet<String> {
    let spec = crate::model::resource(resource).unwrap();
    let of_scope = |row: &Map<String, Value>| {
        scope.as_object().unwrap().iter().all(|(column, value)| row[column] == *value)
    };
    let key = |row: Map<String, Value>| {
        Value::Object(spec.key.iter().map(|column| ((*column).to_owned(), row[*column].clone())).collect())
            .to_string()
    };
    state(history, resource, day).into_values().filter(of_scope).map(key).collect()
}

/// A resource and a scope.
type Thread = (&'static str, Value);

/// Returns the entities of the test, each with the threads that describe it.
fn things() -> Vec<(Entity, &'static str, Vec<Thread>)> {
    let principal =
        |id: &str, of: &str| ("account_assignments", json!({"principal_id": id, "principal_type": of}));
    vec![
        (
            Entity::User,
            "u1",
            vec![("users", json!({"user_id": "u1"})), ("group_memberships", json!({"user_id": "u1"}))],
        ),
        (Entity::User, "u3", vec![("users", json!({"user_id": "u3"}))]),
        (
            Entity::Group,
            "g1",
            vec![
                ("groups", json!({"group_id": "g1"})),
                ("group_memberships", json!({"group_id": "g1"})),
                principal("g1", "GROUP"),
            ],
        ),
        (Entity::Group, "g2", vec![("groups", json!({"group_id": "g2"})), principal("g2", "GROUP")]),
        (Entity::Account, "a1", vec![("account_assignments", json!({"account_id": "a1"}))]),
        (
            Entity::PermissionSet,
            "p1",
            vec![
                ("permission_sets", json!({"permission_set_arn": "p1"})),
                ("permission_set_policies", json!({"permission_set_arn": "p1"})),
                ("account_assignments", json!({"permission_set_arn": "p1"})),
            ],
        ),
    ]
}

fn replays(history: &History, life: &Life, threads: &[Thread]) {
    for (resource, scope) in threads {
        for day in 1..=history.snapshot {
            let (told, is) = (there(life, resource, day), keys(history, resource, day, scope));
            assert_eq!(told, is, "{resource} {scope} on day {day}: {life:#?}");
        }
        let began = life.events.iter().map(|event| event.snapshot_id).min();
        let own = life.kind.spec().resource;
        let last =
            life.events.iter().rfind(|event| event.resource == own && event.kind != EventKind::NotSeen);
        let ended = last.filter(|event| event.kind == EventKind::Removed);
        assert_eq!(ended.map(|event| &event.seen_at), life.gone_at.as_ref());
        for day in 1..=history.snapshot {
            let lives =
                began.is_some_and(|began| day >= began) && ended.is_none_or(|end| day < end.snapshot_id);
            let seen = scopes_in(history, "seen_under_gaps", day, resource);
            let hidden = scopes_in(history, "gaps", day, resource)
                .iter()
                .any(|gap| hides(gap, &seen, scope.as_object().unwrap()));
            let told = life.events.iter().any(|event| {
                event.kind == EventKind::NotSeen
                    && event.resource == *resource
                    && (event.snapshot_id..=event.last_snapshot_id.unwrap()).contains(&day)
            });
            if lives || told {
                assert_eq!(told, hidden, "{resource} {scope} on day {day}: {life:#?}");
            }
        }
    }
}

/// Asserts that events reported as added, removed or changed are so in the diff with the snapshot before.
fn is_known_as_the_diff_knows(history: &History, life: &Life) {
    for event in life.events.iter().filter(|event| event.snapshot_id > 1) {
        let change = match event.kind {
            EventKind::Added => ChangeKind::Added,
            EventKind::Removed => ChangeKind::Removed,
            EventKind::Changed => ChangeKind::Changed,
            _ => continue,
        };
        let diff = history.diff(event.snapshot_id - 1, event.snapshot_id);
        let is_it = |one: &crate::diff::Change| {
            one.resource == event.resource && one.change == change && one.key.to_object() == event.key
        };
        assert!(diff.changes.iter().any(is_it), "{event:?}");
    }
    for event in
        life.events.iter().filter(|event| event.kind == EventKind::FirstSeen && event.snapshot_id > 1)
    {
        let diff = history.diff(event.snapshot_id - 1, event.snapshot_id);
        let of_it = |one: &crate::diff::Change| {
            one.change != ChangeKind::Unknown
                && one.resource == event.resource
                && one.key.to_object() == event.key
        };
        assert!(!diff.changes.iter().any(of_it), "{event:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 16, ..ProptestConfig::default() })]

    #[test]
    fn a_life_replayed_gives_every_state_and_tells_what_was_not_seen(days in days()) {
        let history = publish_by("pairs", &days);
        let snapshot = history.snapshot;
        let census = Census::of_connection(history.connection);
        let lives: Vec<_> = things()
            .into_iter()
            .map(|(kind, id, threads)| (history::of(&census, kind, id).unwrap(), threads))
            .collect();
        let history = History { connection: census.into_connection(), snapshot };
        for (life, threads) in lives {
            replays(&history, &life, &threads);
            is_known_as_the_diff_knows(&history, &life);
        }
    }
}

/// The cost of a life grows with its own versions: every row is found by an index, now and as of a snapshot.
#[test]
fn a_life_is_found_by_index() {
    let mut census = Census::blank().unwrap();
    for as_of in [None, Some(1)] {
        if let Some(day) = as_of {
            census.answer_as_of(day).unwrap();
        }
        for kind in Entity::with_lives() {
            for sql in history::statements(kind, "x") {
                let mut statement =
                    census.connection().prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
                let mut rows = statement.raw_query();
                let mut steps: Vec<String> = Vec::new();
                while let Some(row) = rows.next().unwrap() {
                    steps.push(row.get("detail").unwrap());
                }
                assert!(
                    steps.iter().any(|step| step.starts_with("SEARCH v USING INDEX")
                        || step.starts_with("SEARCH v USING COVERING INDEX")),
                    "{sql}: {steps:#?}"
                );
                let walks = |step: &&String| step.starts_with("SCAN v") || step.contains("AUTOMATIC");
                assert!(!steps.iter().any(|step| walks(&step)), "{sql}: {steps:#?}");
            }
        }
    }
}
