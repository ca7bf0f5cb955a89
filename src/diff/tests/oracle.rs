//! A second implementation for random histories, which expands both snapshots and checks every triple.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::history::{History, covers, group, hides, member, to_group, to_user, user};
use super::random::{days, place, publish};
use crate::diff::{AccessChange, AccessChangeKind, AccessPath, CauseKind, ChangeKind, Diff, Record};
use crate::model::{RESOURCES, Row, compared};

fn text<'a>(row: &'a Map<String, Value>, column: &str) -> &'a str {
    row[column].as_str().unwrap()
}

/// Returns the state of a snapshot: every row of a resource by key, without volatile columns.
pub(super) fn state(
    history: &History,
    resource: &str,
    day: i64,
) -> BTreeMap<Vec<String>, Map<String, Value>> {
    let spec = RESOURCES.iter().find(|spec| spec.name == resource).unwrap();
    history
        .alive(resource, day)
        .into_iter()
        .map(|mut row| {
            row.retain(|column, _| !spec.volatile.contains(&column.as_str()));
            (place(resource, &row).1, row)
        })
        .collect()
}

pub(super) type Triple = (String, String, String);
pub(super) type Ways = BTreeMap<Triple, BTreeSet<String>>;

/// Returns every path of every user: users times accounts times permission sets.
pub(super) fn ways(history: &History, day: i64) -> Ways {
    let users = state(history, "users", day);
    let memberships = state(history, "group_memberships", day);
    let mut ways = Ways::new();
    for assignment in state(history, "account_assignments", day).into_values() {
        let principal = text(&assignment, "principal_id");
        for user_id in users.values().map(|row| text(row, "user_id")) {
            let way = match text(&assignment, "principal_type") {
                "USER" if principal == user_id => "direct",
                "GROUP" if memberships.contains_key(&vec![principal.to_owned(), user_id.to_owned()]) => {
                    principal
                }
                _ => continue,
            };
            let triple = (
                user_id.to_owned(),
                text(&assignment, "account_id").to_owned(),
                text(&assignment, "permission_set_arn").to_owned(),
            );
            ways.entry(triple).or_default().insert(way.to_owned());
        }
    }
    ways
}

fn ways_of(ways: &[crate::diff::AccessPath]) -> BTreeSet<String> {
    ways.iter()
        .map(|way| match way {
            crate::diff::AccessPath::Direct => "direct".to_owned(),
            crate::diff::AccessPath::Group { group_id, .. } => group_id.to_string(),
        })
        .collect()
}

/// Returns true if anything but the paths of a triple differs.
fn content_differs(history: &History, from: i64, to: i64, (user_id, _, arn): &Triple) -> bool {
    let on = |day: i64| {
        let policies: Vec<_> = state(history, "permission_set_policies", day)
            .into_iter()
            .filter(|(key, _)| key[0] == *arn)
            .collect();
        let disabled = state(history, "users", day)
            .get(&vec![user_id.clone()])
            .is_some_and(|row| row["user_status"] == "DISABLED");
        (policies, disabled)
    };
    let session = |day: i64| state(history, "permission_sets", day).get(&vec![arn.clone()]).cloned();
    let sessions = match (session(from), session(to)) {
        (Some(before), Some(after)) => before["session_duration"] != after["session_duration"],
        _ => false,
    };
    on(from) != on(to) || sessions
}

fn gaps(history: &History, day: i64, resource: &str) -> Vec<Value> {
    scopes_in(history, "gaps", day, resource)
}

fn seen_under_gaps(history: &History, day: i64, resource: &str) -> Vec<Value> {
    scopes_in(history, "seen_under_gaps", day, resource)
}

pub(super) fn scopes_in(history: &History, table: &str, day: i64, resource: &str) -> Vec<Value> {
    let mut statement = history
        .connection
        .prepare(&format!("SELECT scope FROM {table} WHERE snapshot_id = ?1 AND resource = ?2"))
        .unwrap();
    statement
        .query_map((day, resource), |row| row.get::<_, String>(0))
        .unwrap()
        .map(|scope| serde_json::from_str(&scope.unwrap()).unwrap())
        .collect()
}

fn closed_at(history: &History, resource: &str, key: &[String], day: i64) -> bool {
    history.rows(resource, &format!("valid_to = {day}")).iter().any(|row| place(resource, row).1 == key)
}

fn row_changes_agree(history: &History, diff: &Diff) {
    let (from, to) = (diff.from.snapshot_id, diff.to.snapshot_id);
    for spec in compared() {
        let (before, after) = (state(history, spec.name, from), state(history, spec.name, to));
        let hidden = |key: &Vec<String>, row: &Map<String, Value>, day: i64| {
            let seen = seen_under_gaps(history, day, spec.name);
            gaps(history, day, spec.name).iter().any(|scope| hides(scope, &seen, row))
                && !closed_at(history, spec.name, key, day)
        };
        let mut expected = BTreeMap::new();
        for key in before.keys().chain(after.keys()) {
            let change = match (before.get(key), after.get(key)) {
                (Some(one), Some(other)) if one == other => continue,
                (Some(_), Some(_)) => ChangeKind::Changed,
                (Some(row), None) if !hidden(key, row, to) => ChangeKind::Removed,
                (None, Some(row)) if !hidden(key, row, from) => ChangeKind::Added,
                _ => continue,
            };
            expected.insert(key.clone(), (change, before.get(key).cloned(), after.get(key).cloned()));
        }
        let found: BTreeMap<_, _> = diff
            .changes
            .iter()
            .filter(|change| change.resource == spec.name && change.change != ChangeKind::Unknown)
            .map(|change| {
                let object = |row: &Option<Record>| row.as_ref().map(Record::to_object);
                let (before, after) = (object(&change.before), object(&change.after));
                let key = place(spec.name, after.as_ref().or(before.as_ref()).unwrap()).1;
                (key, (change.change, before, after))
            })
            .collect();
        assert_eq!(found, expected, "{} {from} → {to}", spec.name);

        let unseen = |key: &&Vec<String>| {
            let on = |day: i64, row: &Map<String, Value>| {
                let seen = seen_under_gaps(history, day, spec.name);
                gaps(history, day, spec.name).iter().any(|scope| hides(scope, &seen, row))
            };
            match (before.get(*key), after.get(*key)) {
                (Some(one), Some(other)) => one == other && (on(from, one) || on(to, one)),
                (Some(row), None) => hidden(key, row, to),
                (None, Some(row)) => hidden(key, row, from),
                (None, None) => false,
            }
        };
        let keys: BTreeSet<&Vec<String>> = before.keys().chain(after.keys()).collect();
        let not_seen = keys.iter().copied().filter(unseen).count() as i64;
        let told = diff.not_seen.get(spec.name).copied().unwrap_or_default();
        assert_eq!(told, not_seen, "{} {from} → {to}", spec.name);
        assert!(told <= keys.len() as i64);

        for entry in diff.changes.iter().filter(|change| change.resource == spec.name && change.gap.is_some())
        {
            let scope = Value::Object(entry.key.to_object());
            let on = |day: i64, row: &Map<String, Value>| {
                gaps(history, day, spec.name).contains(&scope)
                    && hides(&scope, &seen_under_gaps(history, day, spec.name), row)
            };
            let rows = before.keys().chain(after.keys()).collect::<BTreeSet<_>>();
            let open = rows.into_iter().filter(|key| match (before.get(*key), after.get(*key)) {
                (Some(one), Some(other)) => one == other && (on(from, one) || on(to, one)),
                (Some(row), None) => on(to, row) && hidden(key, row, to),
                (None, Some(row)) => on(from, row) && hidden(key, row, from),
                (None, None) => false,
            });
            assert_eq!(entry.rows, Some(open.count() as i64), "{} {scope} {from} → {to}", spec.name);
        }
    }
}

fn access_changes_agree(history: &History, diff: &Diff) {
    let (from, to) = (diff.from.snapshot_id, diff.to.snapshot_id);
    let (before, after) = (ways(history, from), ways(history, to));
    let mut found = BTreeMap::new();
    for change in &diff.access_changes {
        let [user_id, account_id, arn] = [&change.user_id, &change.account_id, &change.permission_set_arn];
        let triple = (user_id.to_string(), account_id.to_string(), arn.to_string());
        assert_eq!(ways_of(&change.before_ways), before.get(&triple).cloned().unwrap_or_default());
        assert_eq!(ways_of(&change.after_ways), after.get(&triple).cloned().unwrap_or_default());
        assert!(!change.causes.is_empty(), "{change:?}");
        // A permission set that does not exist is assigned to nobody.
        let has_no_set =
            change.causes.iter().any(|cause| cause.resource == "permission_sets" && !cause.is_unknown());
        let may_be_there = match (change.before_ways.as_slice(), change.after_ways.as_slice()) {
            ([], _) => !has_no_set && possible(history, from, &triple),
            (_, []) => !has_no_set && possible(history, to, &triple),
            _ => false,
        };
        let is_unknown = change.change == AccessChangeKind::Unknown;
        assert_eq!(is_unknown, is_open(change) || may_be_there, "{change:?}");
        for cause in change.causes.iter().filter(|cause| !cause.is_unknown()) {
            assert!(
                diff.changes.iter().any(|row| row.resource == cause.resource && row.key == cause.key),
                "no changed row for {cause:?}"
            );
        }
        assert!(found.insert(triple, change.change).is_none());
    }
    let triples: BTreeSet<&Triple> = before.keys().chain(after.keys()).collect();
    for triple in triples {
        let expected = match (before.get(triple), after.get(triple)) {
            (None, _) => Some(AccessChangeKind::Gained),
            (_, None) => Some(AccessChangeKind::Lost),
            (one, other) if one != other => Some(AccessChangeKind::Rerouted),
            _ if content_differs(history, from, to, triple) => Some(AccessChangeKind::Altered),
            _ => None,
        };
        match (found.remove(triple), expected) {
            (Some(AccessChangeKind::Unknown), Some(_)) => {}
            // Paths whose change was not seen do not hide that the content changed.
            (Some(AccessChangeKind::Altered), Some(AccessChangeKind::Rerouted)) => {
                assert!(content_differs(history, from, to, triple));
            }
            (found, expected) => assert_eq!(found, expected, "{triple:?} {from} → {to}"),
        }
    }
    assert!(found.is_empty(), "{found:?}");
}

/// Returns true if a user without a path in that snapshot may have had one: each of its rows exists or was not seen.
fn possible(history: &History, day: i64, (user_id, account_id, arn): &Triple) -> bool {
    let open = |row: Row| {
        let key = place(row.resource, &row.columns).1;
        let seen = seen_under_gaps(history, day, row.resource);
        state(history, row.resource, day).contains_key(&key)
            || gaps(history, day, row.resource).iter().any(|scope| hides(scope, &seen, &row.columns))
                && !closed_at(history, row.resource, &key, day)
    };
    let groups = (1..=history.snapshot).flat_map(|day| state(history, "groups", day).into_values());
    let members = state(history, "group_memberships", day).into_values();
    let assigned = state(history, "account_assignments", day).into_values();
    let groups: BTreeSet<String> = groups
        .chain(members)
        .map(|row| text(&row, "group_id").to_owned())
        .chain(
            assigned
                .filter(|row| text(row, "principal_type") == "GROUP")
                .map(|row| text(&row, "principal_id").to_owned()),
        )
        // A group that was never seen is possible too.
        .chain(["g-unseen".to_owned()])
        .collect();
    open(user(user_id))
        && (open(to_user(account_id, arn, user_id))
            || groups.iter().any(|id| {
                open(group(id)) && open(member(id, user_id)) && open(to_group(account_id, arn, id))
            }))
}

/// Returns true if no change is known, or if access may have existed all along by a path with no row known to be added
/// or removed.
fn is_open(change: &AccessChange) -> bool {
    let known = || change.causes.iter().filter(|cause| !cause.is_unknown());
    let is_known = |way: &AccessPath| {
        known().any(|cause| match (cause.resource, way) {
            ("users" | "permission_sets", _) => true,
            ("account_assignments", AccessPath::Direct) => cause.key["principal_type"] == "USER",
            ("account_assignments", AccessPath::Group { group_id, .. }) => {
                cause.key["principal_id"] == **group_id
            }
            ("groups", AccessPath::Group { .. }) if cause.kind == CauseKind::GroupRecreated => true,
            (_, AccessPath::Group { group_id, .. }) => cause.key["group_id"] == **group_id,
            _ => false,
        })
    };
    let ways = match (change.before_ways.as_slice(), change.after_ways.as_slice()) {
        ([], ways) | (ways, []) => ways,
        _ => &[],
    };
    known().next().is_none() || !ways.iter().all(is_known)
}

fn mirrored(diff: &Diff) -> BTreeSet<String> {
    let rows = diff.changes.iter().map(|change| {
        let mirror = match change.change {
            ChangeKind::Added => ChangeKind::Removed,
            ChangeKind::Removed => ChangeKind::Added,
            same => same,
        };
        let fields: BTreeSet<&String> = change.fields.iter().collect();
        format!(
            "{:?}",
            (
                change.resource,
                mirror,
                &change.key,
                &change.label,
                &change.after,
                &change.before,
                fields,
                &change.gap,
                change.rows
            )
        )
    });
    let access = diff.access_changes.iter().map(|change| {
        let mirror = match change.change {
            AccessChangeKind::Gained => AccessChangeKind::Lost,
            AccessChangeKind::Lost => AccessChangeKind::Gained,
            same => same,
        };
        format!(
            "{:?}",
            (
                mirror,
                &change.user_id,
                &change.account_id,
                &change.permission_set_arn,
                &change.after_ways,
                &change.before_ways,
                change.causes.len()
            )
        )
    });
    rows.chain(access).collect()
}

fn as_is(diff: &Diff) -> BTreeSet<String> {
    let rows = diff.changes.iter().map(|change| {
        let fields: BTreeSet<&String> = change.fields.iter().collect();
        format!(
            "{:?}",
            (
                change.resource,
                change.change,
                &change.key,
                &change.label,
                &change.before,
                &change.after,
                fields,
                &change.gap,
                change.rows
            )
        )
    });
    let access = diff.access_changes.iter().map(|change| {
        format!(
            "{:?}",
            (
                change.change,
                &change.user_id,
                &change.account_id,
                &change.permission_set_arn,
                &change.before_ways,
                &change.after_ways,
                change.causes.len()
            )
        )
    });
    rows.chain(access).collect()
}

/// Asserts that applying the changed rows to one state gives the other, if nothing is unknown.
fn applied(history: &History, diff: &Diff) {
    for spec in compared() {
        let mut rows = state(history, spec.name, diff.from.snapshot_id);
        for change in diff.changes.iter().filter(|change| change.resource == spec.name) {
            if let Some(row) = change.before.as_ref().map(Record::to_object) {
                assert_eq!(rows.remove(&place(spec.name, &row).1), Some(row));
            }
            if let Some(row) = change.after.as_ref().map(Record::to_object) {
                assert!(rows.insert(place(spec.name, &row).1, row).is_none());
            }
        }
        let to = state(history, spec.name, diff.to.snapshot_id);
        let open = |rows: &BTreeMap<Vec<String>, Map<String, Value>>| {
            rows.iter()
                .filter(|(_, row)| {
                    !diff.changes.iter().any(|change| {
                        change.resource == spec.name
                            && change.gap.is_some()
                            && covers(&Value::Object(change.key.to_object()), row)
                    })
                })
                .map(|(key, row)| (key.clone(), row.clone()))
                .collect::<BTreeMap<_, _>>()
        };
        assert_eq!(open(&rows), open(&to));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, ..ProptestConfig::default() })]

    #[test]
    fn every_pair_of_days_is_told_as_if_both_were_written_out(days in days()) {
        let history = publish(&days);
        for from in 1..=history.snapshot {
            for to in 1..=history.snapshot {
                let diff = history.diff(from, to);
                row_changes_agree(&history, &diff);
                access_changes_agree(&history, &diff);
                applied(&history, &diff);
                prop_assert_eq!(mirrored(&diff), as_is(&history.diff(to, from)));
            }
        }
    }
}
