//! Compares the views of changes with the diffs of adjacent snapshots, and with every path written out.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use serde_json::{Map, Value};

use super::history::{History, account, group, member, set, to_group, user, with};
use super::oracle::{Triple, state, ways};
use super::random::{days, publish_by};
use crate::diff::{ChangeKind, Diff, Record};
use crate::model::{
    AccountAssignment, Entity, Group, PermissionSetPolicy, PolicyKind, RESOURCES, Row, Tag, compared,
};
use crate::store::Census;

/// Returns the rows of a statement, each as JSON.
fn select(history: &History, sql: &str) -> Vec<Map<String, Value>> {
    let mut statement = history.connection.prepare(sql).unwrap();
    let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| {
        let value = |index| match row.get_unwrap(index) {
            rusqlite::types::Value::Null => Value::Null,
            rusqlite::types::Value::Integer(number) => number.into(),
            rusqlite::types::Value::Text(text) => text.into(),
            other => panic!("{other:?}"),
        };
        Ok(columns.iter().enumerate().map(|(index, column)| (column.clone(), value(index))).collect())
    });
    rows.unwrap().collect::<rusqlite::Result<_>>().unwrap()
}

fn parsed(row: &Map<String, Value>, column: &str) -> Value {
    row[column].as_str().map_or(Value::Null, |text| serde_json::from_str(text).unwrap())
}

/// Returns the key's values, in the order of the key.
fn key_of(resource: &str, key: &Map<String, Value>) -> Vec<String> {
    let spec = crate::model::resource(resource).unwrap();
    spec.key.iter().map(|column| key[*column].as_str().unwrap().to_owned()).collect()
}

/// A map of resource and key to the change, the row's label, and each column that differs.
type Told = BTreeMap<(String, Vec<String>), (String, String, BTreeMap<String, (Value, Value)>)>;

fn told_by_diff(diff: &Diff) -> Told {
    let known = diff.changes.iter().filter(|change| change.change != ChangeKind::Unknown);
    let fields = |change: &crate::diff::Change| {
        let value = |row: &Option<Record>, field: &String| row.as_ref().unwrap()[field].clone();
        let of =
            |field: &String| (field.clone(), (value(&change.before, field), value(&change.after, field)));
        change.fields.iter().map(of).collect()
    };
    known
        .map(|change| {
            let place = (change.resource.to_owned(), key_of(change.resource, &change.key.to_object()));
            (place, (change.change.as_str().to_owned(), change.label.clone(), fields(change)))
        })
        .collect()
}

fn told_by_view(history: &History, day: i64) -> Told {
    let mut told = Told::new();
    for row in select(history, &format!("SELECT * FROM changes WHERE snapshot_id = {day}")) {
        let resource = row["resource"].as_str().unwrap();
        let key = key_of(resource, parsed(&row, "key").as_object().unwrap());
        let fields = parsed(&row, "fields").as_object().cloned().unwrap_or_default();
        let fields =
            fields.into_iter().map(|(field, both)| (field, (both["old"].clone(), both["new"].clone())));
        let text = |column: &str| row[column].as_str().unwrap().to_owned();
        let change = (text("change"), text("label"), fields.collect());
        assert!(told.insert((resource.to_owned(), key), change).is_none(), "told twice: {row:?}");
    }
    told
}

/// Asserts that known changes equal those of the diff, and that unknown ones are rows that began without being an
/// addition.
fn changes_agree(history: &History, day: i64) {
    let mut told = told_by_view(history, day);
    let unknown: BTreeSet<_> =
        told.extract_if(.., |_, (change, ..)| change == "unknown").map(|(place, _)| place).collect();
    assert_eq!(told, told_by_diff(&history.diff(day - 1, day)), "{} → {day}", day - 1);
    let mut expected = BTreeSet::new();
    for spec in compared() {
        let before = state(history, spec.name, day - 1);
        for key in state(history, spec.name, day).into_keys().filter(|key| !before.contains_key(key)) {
            expected.insert((spec.name.to_owned(), key));
        }
    }
    expected.retain(|place| !told.contains_key(place));
    assert_eq!(unknown, expected, "{} → {day}", day - 1);
}

/// The change, cause, group, the one user, account and permission set.
type AccessPath = (String, String, Option<String>, Option<String>, String, String);

/// Returns the expected rows of `access_changes`, from the paths of both snapshots and the diff's known changes.
fn expected_access(history: &History, day: i64) -> BTreeMap<AccessPath, i64> {
    let diff = history.diff(day - 1, day);
    let changed: BTreeMap<(&str, Vec<String>), &crate::diff::Change> = diff
        .changes
        .iter()
        .filter(|change| change.change != ChangeKind::Unknown)
        .map(|change| ((change.resource, key_of(change.resource, &change.key.to_object())), change))
        .collect();
    let is = |kind: ChangeKind, resource: &'static str, key: &[&str]| {
        let key = key.iter().map(|part| (*part).to_owned()).collect();
        changed.get(&(resource, key)).is_some_and(|change| change.change == kind)
    };
    let exists = |day: i64, resource: &str, key: &[&str]| {
        let key: Vec<String> = key.iter().map(|part| (*part).to_owned()).collect();
        state(history, resource, day).contains_key(&key)
    };
    let mut expected = BTreeMap::new();
    let mut count = |change: &str, cause: &str, triple: &Triple, way: &str, one: bool| {
        let group = (way != "direct").then(|| way.to_owned());
        let user = (one || way == "direct").then(|| triple.0.clone());
        let place = (change.to_owned(), cause.to_owned(), group, user, triple.1.clone(), triple.2.clone());
        *expected.entry(place).or_insert(0) += 1;
    };
    let (before, after) = (ways(history, day - 1), ways(history, day));
    let none = BTreeSet::new();
    for triple in before.keys().chain(after.keys()).collect::<BTreeSet<_>>() {
        let (user_id, account, set) = (triple.0.as_str(), triple.1.as_str(), triple.2.as_str());
        let (before, after) = (before.get(triple).unwrap_or(&none), after.get(triple).unwrap_or(&none));
        for way in before.union(after) {
            let direct = way == "direct";
            let assignment = match direct {
                true => [account, set, "USER", user_id],
                false => [account, set, "GROUP", way.as_str()],
            };
            let membership = [way.as_str(), user_id];
            // The first known part decides, from the outside in. Each has the causes of its beginning and its end, and
            // true if it concerns a single user.
            let parts: Vec<(&'static str, &[&str], &str, &str, bool)> = vec![
                ("account_assignments", &assignment, "assignment_granted", "assignment_revoked", false),
                ("groups", &membership[..1], "", "group_deleted", false),
                ("group_memberships", &membership, "membership_added", "membership_removed", true),
                ("users", &membership[1..], "user_created", "user_deleted", true),
            ];
            let parts = || parts.iter().filter(|part| !direct || !part.0.starts_with("group"));
            if !before.contains(way) {
                let began = || {
                    parts().filter(|part| part.0 != "groups").filter(|part| !exists(day - 1, part.0, part.1))
                };
                let known = began().find(|part| is(ChangeKind::Added, part.0, part.1));
                let part = known.or_else(|| began().next()).expect("something began");
                count(if known.is_some() { "gained" } else { "unknown" }, part.2, triple, way, part.4);
            } else if !after.contains(way) {
                let order = ["account_assignments", "groups", "users", "group_memberships"];
                let ended = |resource: &&str| {
                    parts().find(|part| part.0 == *resource && is(ChangeKind::Removed, part.0, part.1))
                };
                let part = order.iter().find_map(ended).expect("something ended");
                count("lost", part.3, triple, way, part.4);
            } else {
                let policies = |day| {
                    let mut policies = state(history, "permission_set_policies", day);
                    policies.retain(|key, _| key[0] == set);
                    policies
                };
                let session = changed
                    .get(&("permission_sets", vec![set.to_owned()]))
                    .is_some_and(|change| change.fields.contains(&"session_duration".to_owned()));
                let known = changed
                    .keys()
                    .any(|(resource, key)| *resource == "permission_set_policies" && key[0] == set);
                if session || known {
                    count("altered", "policy_changed", triple, way, false);
                } else if policies(day - 1) != policies(day) {
                    count("unknown", "policy_changed", triple, way, false);
                }
                if let Some(change) = changed.get(&("users", vec![user_id.to_owned()])) {
                    let disabled = |row: &Option<Record>| row.as_ref().unwrap()["user_status"] == "DISABLED";
                    match (disabled(&change.before), disabled(&change.after)) {
                        (false, true) => count("altered", "user_disabled", triple, way, true),
                        (true, false) => count("altered", "user_enabled", triple, way, true),
                        _ => {}
                    }
                }
            }
        }
    }
    expected
}

fn access_agrees(history: &History, day: i64) {
    let mut found = BTreeMap::new();
    for row in select(history, &format!("SELECT * FROM access_changes WHERE snapshot_id = {day}")) {
        let text = |column: &str| row[column].as_str().map(str::to_owned);
        assert_eq!(row["via"] == "group", row["group_id"].is_string());
        let place = (
            text("change").unwrap(),
            text("cause").unwrap(),
            text("group_id"),
            text("user_id"),
            text("account_id").unwrap(),
            text("permission_set_arn").unwrap(),
        );
        let told = found.insert(place, row["users"].as_i64().unwrap());
        assert_eq!(told, None, "told twice: {row:?}");
    }
    assert_eq!(found, expected_access(history, day), "{} → {day}", day - 1);
}

/// Asserts that the sums over either view are equal.
fn sums_agree(history: &History) {
    for period in ["strftime('%Y-W%W', taken_at)", "snapshot_id"] {
        let [of_causes, of_ways] =
            [("users * assignments", "access_change_causes"), ("users", "access_changes")].map(
                |(ways, view)| {
                    let sql = format!(
                        "SELECT {period} AS period, change, sum({ways}) AS ways FROM {view} GROUP BY 1, 2"
                    );
                    select(history, &sql)
                },
            );
        assert_eq!(of_causes, of_ways, "{period}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn the_views_of_changes_agree_with_the_diff_of_each_pair(days in days(), by_principals in any::<bool>()) {
        let history = publish_by(if by_principals { "principals" } else { "pairs" }, &days);
        for day in 2..=history.snapshot {
            changes_agree(&history, day);
            access_agrees(&history, day);
        }
        sums_agree(&history);
        prop_assert!(select(&history, "SELECT * FROM changes WHERE snapshot_id = 1").is_empty());
        prop_assert!(select(&history, "SELECT * FROM access_changes WHERE snapshot_id = 1").is_empty());
    }
}

/// Returns the paths of the range, each once for each run of snapshots that have it: with the first snapshot of the
/// run, and the one after its last if that is within the range.
fn runs(history: &History, from: i64, to: i64) -> BTreeSet<(Triple, String, i64, Option<i64>)> {
    let mut runs = BTreeSet::new();
    let mut open: BTreeMap<(Triple, String), i64> = BTreeMap::new();
    for day in 1..=to {
        let now: BTreeSet<(Triple, String)> = ways(history, day)
            .into_iter()
            .flat_map(|(triple, ways)| ways.into_iter().map(move |way| (triple.clone(), way)))
            .collect();
        for ((triple, way), began) in open.extract_if(.., |way, _| !now.contains(way)) {
            // Otherwise it ended before the range.
            if day > from {
                runs.insert((triple, way, began, Some(day)));
            }
        }
        for way in now {
            open.entry(way).or_insert(day);
        }
    }
    runs.extend(open.into_iter().map(|((triple, way), began)| (triple, way, began, None)));
    runs
}

fn range_agrees(history: History, from: i64, to: i64) {
    let expected = runs(&history, from, to);
    let mut rows = BTreeMap::new();
    for spec in RESOURCES {
        let of_days = (from..=to).flat_map(|day| state(&history, spec.name, day).into_values());
        let texts: BTreeSet<String> = of_days.map(|row| Value::Object(row).to_string()).collect();
        rows.insert(spec.name, texts);
    }
    let snapshot = history.snapshot;
    let mut census = Census::of_connection(history.connection);
    census.answer_during(from, to).unwrap();
    let history = History { connection: census.into_connection(), snapshot };
    let sql = "SELECT * FROM effective_access";
    let found = select(&history, sql).into_iter().map(|row| {
        let text = |column: &str| row[column].as_str().unwrap_or_default().to_owned();
        let way = if row["via"] == "direct" { "direct".to_owned() } else { text("group_id") };
        let triple = (text("user_id"), text("account_id"), text("permission_set_arn"));
        (triple, way, row["valid_from"].as_i64().unwrap(), row["valid_to"].as_i64())
    });
    let found: Vec<_> = found.collect();
    assert_eq!(found.len(), expected.len(), "{from} to {to}");
    assert_eq!(found.into_iter().collect::<BTreeSet<_>>(), expected, "{from} to {to}");
    for (resource, expected) in rows {
        let spec = crate::model::resource(resource).unwrap();
        let bounds = ["valid_from", "valid_to", "not_before", "first_seen_at", "last_seen_at", "gone_at"];
        let found = select(&history, &format!("SELECT * FROM {resource}")).into_iter().map(|mut row| {
            assert!(bounds.iter().all(|column| row.contains_key(*column)), "{resource}");
            // Leaves out the bounds and derived columns.
            let is_own = |column: &str| spec.columns.iter().any(|own| own.name == column);
            row.retain(|column, _| is_own(column) && !spec.volatile.contains(&column.as_str()));
            Value::Object(row).to_string()
        });
        assert_eq!(found.collect::<BTreeSet<_>>(), expected, "{resource} {from} to {to}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, ..ProptestConfig::default() })]

    #[test]
    fn a_range_has_what_any_of_its_snapshots_has_with_its_bounds(days in days()) {
        let last = days.len() as i64;
        for from in 1..=last {
            for to in from..=last {
                range_agrees(publish_by("pairs", &days), from, to);
            }
        }
    }
}

#[test]
fn a_whole_group_is_one_row_and_a_change_says_what_it_was() {
    let mut history = History::new();
    let people = ["u1", "u2", "u3"].map(user).to_vec();
    let members = ["u1", "u2"].map(|id| member("g1", id)).to_vec();
    history.publish(&[people.clone(), members.clone(), vec![group("g1"), set("p1")]].concat());
    let assigned = vec![set("p1"), to_group("a1", "p1", "g1")];
    let renamed = with(group("g1"), "display_name", "Team");
    history.publish(&[people.clone(), members, assigned.clone(), vec![renamed]].concat());
    history.publish(&[people, assigned].concat());
    let told = |sql: &str| -> Vec<String> {
        select(&history, sql).iter().map(|row| Value::Object(row.clone()).to_string()).collect()
    };
    let access =
        "SELECT snapshot_id, change, cause, group_name, user_name, account_name, permission_set_name, users
        FROM access_changes ORDER BY 1, 3";
    assert_eq!(
        told(access),
        [
            r#"{"snapshot_id":2,"change":"gained","cause":"assignment_granted","group_name":"Team","user_name":null,"account_name":null,"permission_set_name":"p1-name","users":2}"#,
            r#"{"snapshot_id":3,"change":"lost","cause":"group_deleted","group_name":"Team","user_name":null,"account_name":null,"permission_set_name":"p1-name","users":2}"#,
        ]
    );
    let rows = "SELECT resource, change, key, label, fields FROM changes WHERE snapshot_id = 2 ORDER BY 1";
    assert_eq!(
        told(rows),
        [
            r#"{"resource":"account_assignments","change":"added","key":"{\"account_id\":\"a1\",\"permission_set_arn\":\"p1\",\"principal_type\":\"GROUP\",\"principal_id\":\"g1\"}","label":"p1-name for group Team in a1","fields":null}"#,
            r#"{"resource":"groups","change":"changed","key":"{\"group_id\":\"g1\"}","label":"Team","fields":"{\"display_name\":{\"old\":\"g1-name\",\"new\":\"Team\"}}"}"#,
        ]
    );
    let gone = "SELECT label FROM changes WHERE snapshot_id = 3 ORDER BY 1";
    assert_eq!(
        told(gone),
        [
            r#"{"label":"Team"}"#,
            r#"{"label":"u1-name in group Team"}"#,
            r#"{"label":"u2-name in group Team"}"#
        ]
    );
}

/// A path that begins together with all of its rows is counted once: for a row known to have begun, or else as unknown.
#[test]
fn a_way_is_counted_once_whatever_of_it_may_have_been_there_before() {
    let told = |gaps: &[&'static str]| -> Vec<String> {
        let mut history = History::new();
        let gaps: Vec<_> = gaps.iter().map(|resource| (*resource, serde_json::json!({}), "denied")).collect();
        history.publish_with(&[group("g1"), set("p1")], &gaps);
        history.publish(&[
            group("g1"),
            set("p1"),
            user("u1"),
            member("g1", "u1"),
            to_group("a1", "p1", "g1"),
        ]);
        let rows =
            select(&history, "SELECT change || ' ' || cause || ' ' || users AS told FROM access_changes");
        rows.iter().map(|row| row["told"].as_str().unwrap().to_owned()).collect()
    };
    let (assigned, members, users) = ("account_assignments", "group_memberships", "users");
    assert_eq!(told(&[]), ["gained assignment_granted 1"]);
    assert_eq!(told(&[members, users]), ["gained assignment_granted 1"]);
    assert_eq!(told(&[assigned]), ["gained membership_added 1"]);
    assert_eq!(told(&[assigned, members]), ["gained user_created 1"]);
    assert_eq!(told(&[assigned, members, users]), ["unknown assignment_granted 1"]);
}

/// Rows of each kind are covered: with and without a name, and of several entities.
#[test]
fn a_row_is_called_the_same_everywhere() {
    let mut history = History::new();
    let tag = |resource_type: Entity, id: &str| {
        let resource_type = resource_type.as_str();
        Row::whole(&Tag { resource_type, resource_id: id.into(), key: "env".into(), value: None })
    };
    let policy = |kind, policy: &str, name: Option<&str>| {
        Row::whole(&PermissionSetPolicy {
            permission_set_arn: "p1".into(),
            kind,
            policy: policy.into(),
            policy_name: name.map(str::to_owned),
            ..Default::default()
        })
    };
    let nameless = Row::whole(&Group { group_id: "g2".into(), ..Default::default() });
    let to = |principal_type: &str, id: &str| {
        Row::whole(&AccountAssignment {
            account_id: "a1".into(),
            permission_set_arn: "p9".into(),
            principal_type: principal_type.into(),
            principal_id: id.into(),
        })
    };
    let rows = vec![
        group("g1"),
        nameless,
        user("u1"),
        set("p1"),
        account("a1"),
        member("g1", "u1"),
        member("g2", "gone"),
        to("USER", "u1"),
        to("GROUP", "g2"),
        to("ROBOT", "u1"),
        tag(Entity::Account, "a1"),
        tag(Entity::PermissionSet, "p1"),
        tag(Entity::Ou, "ou-1"),
        tag(Entity::Root, "r-1"),
        policy(PolicyKind::Inline, "inline", None),
        policy(PolicyKind::AwsManaged, "arn:aws:iam::aws:policy/job-function/Billing", None),
        policy(PolicyKind::AwsManaged, "arn:aws:iam::aws:policy/ReadOnlyAccess", Some("Read")),
        policy(PolicyKind::CustomerManaged, "/team/ours", None),
        policy(PolicyKind::PermissionsBoundary, "arn:aws-cn:iam::aws:policy/Bound", None),
    ];
    history.publish(&[]);
    history.publish(&rows);
    history.publish(&[]);
    for day in [2, 3] {
        changes_agree(&history, day);
    }
    let labels = told_by_view(&history, 2).into_values().map(|(_, label, _)| label);
    let labels: BTreeSet<String> = labels.collect();
    let expected = [
        "g1-name",
        "g2",
        "u1-name",
        "p1-name",
        "a1-name",
        "u1-name in group g1-name",
        "gone in group g2",
        "p9 for user u1-name in a1-name",
        "p9 for group g2 in a1-name",
        "p9 for u1 in a1-name",
        "env of account a1-name",
        "env of permission set p1-name",
        "env of OU ou-1",
        "env of root r-1",
        "inline policy on p1-name",
        "Billing on p1-name",
        "Read on p1-name",
        "/team/ours on p1-name",
        "permissions boundary Bound on p1-name",
    ];
    assert_eq!(labels, expected.map(str::to_owned).into());
}
