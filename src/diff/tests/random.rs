//! Random small histories: the existing rows, the seen ones, and the gaps, day after day.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::history::{
    History, TestGap, TestScope, group, hides, member, policy, scopes_of, set, to_group, to_user, user, with,
};
use crate::model::{RESOURCES, Row};

/// Returns every row that can exist in the small organization, with up to two contents each.
pub(super) fn universe() -> Vec<Row> {
    let mut rows = Vec::new();
    for id in ["u1", "u2", "u3"] {
        rows.push(user(id));
        rows.push(with(user(id), "user_status", "DISABLED"));
    }
    for id in ["g1", "g2"] {
        rows.push(group(id));
        rows.push(with(group(id), "description", "other"));
        rows.extend(["u1", "u2", "u3"].map(|user_id| member(id, user_id)));
    }
    for arn in ["p1", "p2"] {
        rows.push(set(arn));
        rows.push(with(set(arn), "session_duration", "PT8H"));
        rows.push(policy(arn, "Read"));
        rows.push(policy(arn, "Write"));
        for account_id in ["a1", "a2"] {
            rows.push(to_user(account_id, arn, "u1"));
            rows.push(to_user(account_id, arn, "u3"));
            rows.push(to_group(account_id, arn, "g1"));
            rows.push(to_group(account_id, arn, "g2"));
        }
    }
    rows
}

fn scopes() -> Vec<TestGap> {
    vec![
        ("users", json!({}), "denied"),
        ("users", json!({"user_id": "u1"}), "failed"),
        ("groups", json!({}), "not_asked"),
        ("group_memberships", json!({}), "denied"),
        ("group_memberships", json!({"group_id": "g1"}), "denied"),
        ("permission_sets", json!({}), "failed"),
        ("permission_set_policies", json!({"permission_set_arn": "p1"}), "denied"),
        ("account_assignments", json!({}), "unavailable"),
        ("account_assignments", json!({"account_id": "a1", "permission_set_arn": "p1"}), "denied"),
        ("account_assignments", json!({"principal_id": "g2", "principal_type": "GROUP"}), "failed"),
    ]
}

/// Returns scopes that may be seen anyway: some are narrower than the gaps, others equal to them.
fn narrower() -> Vec<TestScope> {
    vec![
        ("users", json!({"user_id": "u1"})),
        ("users", json!({"user_id": "u2"})),
        ("groups", json!({"group_id": "g1"})),
        ("group_memberships", json!({"group_id": "g1"})),
        ("group_memberships", json!({"group_id": "g2"})),
        ("group_memberships", json!({"group_id": "g1", "user_id": "u1"})),
        ("account_assignments", json!({"account_id": "a1", "permission_set_arn": "p1"})),
        ("account_assignments", json!({"account_id": "a2", "permission_set_arn": "p1"})),
        ("account_assignments", json!({"principal_id": "g2", "principal_type": "GROUP"})),
        ("account_assignments", json!({"principal_id": "u1", "principal_type": "USER"})),
    ]
}

/// One day: the existing rows, the hidden scopes, and the rows and scopes seen in spite of them.
pub(super) type Day = (Vec<bool>, Vec<u8>, Vec<bool>, Vec<bool>);

pub(super) fn days() -> impl Strategy<Value = Vec<Day>> {
    let rows = universe().len();
    let day = (
        prop::collection::vec(prop::bool::weighted(0.6), rows),
        prop::collection::vec(0u8..6, scopes().len()),
        prop::collection::vec(prop::bool::weighted(0.2), rows),
        prop::collection::vec(prop::bool::weighted(0.4), narrower().len()),
    );
    prop::collection::vec(day, 2..5)
}

pub(super) fn publish(days: &[Day]) -> History {
    publish_by("pairs", days)
}

/// Publishes each of the days, with assignments listed by this strategy.
pub(super) fn publish_by(strategy: &str, days: &[Day]) -> History {
    let mut history = History::new();
    for (exists, unseen, seen, seen_scopes) in days {
        let gaps: Vec<TestGap> = scopes()
            .into_iter()
            .zip(unseen)
            .filter(|(_, chance)| **chance == 0)
            .map(|(gap, _)| gap)
            .collect();
        let scopes: Vec<TestScope> = narrower()
            .into_iter()
            .zip(seen_scopes)
            .filter(|(_, seen)| **seen)
            .map(|(scope, _)| scope)
            .collect();
        let mut staged: BTreeMap<(usize, Vec<String>), Row> = BTreeMap::new();
        let mut gone = Vec::new();
        for (index, row) in universe().into_iter().enumerate() {
            let hidden = gaps.iter().any(|(resource, scope, _)| {
                *resource == row.resource && hides(scope, &scopes_of(resource, &scopes), &row.columns)
            });
            if exists[index] && (!hidden || seen[index]) {
                // If a key has two contents, the later one is used.
                staged.insert(place(row.resource, &row.columns), row);
            } else if !exists[index] && seen[index] {
                gone.push(row);
            }
        }
        let staged: Vec<Row> = staged.into_values().collect();
        history.publish_all(strategy, &staged, &gaps, &gone, &scopes);
    }
    history
}

pub(super) fn place(resource: &str, row: &Map<String, Value>) -> (usize, Vec<String>) {
    let index = RESOURCES.iter().position(|spec| spec.name == resource).unwrap();
    (index, RESOURCES[index].key.iter().map(|column| row[*column].as_str().unwrap().to_owned()).collect())
}
