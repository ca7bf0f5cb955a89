//! Small histories, published by the rules of gaps.

use rusqlite::{Connection, params_from_iter};
use serde_json::{Map, Value, json};

use crate::diff::{Change, ChangeKind, Diff, compare};
use crate::model::{
    Account, AccountAssignment, Group, GroupMembership, PermissionSet, PermissionSetPolicy, RESOURCES, Row,
    User,
};
use crate::store::{Census, keep_step};

/// A census whose snapshots a test publishes one after another.
pub struct History {
    pub connection: Connection,
    pub snapshot: i64,
}

/// A gap of a snapshot: resource, scope, kind.
pub type TestGap = (&'static str, Value, &'static str);

/// A scope seen in spite of a gap: resource, scope.
pub type TestScope = (&'static str, Value);

impl History {
    pub fn new() -> Self {
        Self { connection: Census::blank().unwrap().into_connection(), snapshot: 0 }
    }

    /// Publishes the staged rows, with everything else seen.
    pub fn publish(&mut self, staged: &[Row]) -> i64 {
        self.publish_with(staged, &[])
    }

    /// Publishes the staged rows; closes every other row unless a gap covers it.
    pub fn publish_with(&mut self, staged: &[Row], gaps: &[TestGap]) -> i64 {
        self.publish_by("pairs", staged, gaps)
    }

    /// Publishes with a strategy for assignments.
    pub fn publish_by(&mut self, strategy: &str, staged: &[Row], gaps: &[TestGap]) -> i64 {
        self.publish_all(strategy, staged, gaps, &[], &[])
    }

    /// Publishes with scopes narrower than the gaps that were seen anyway.
    pub fn publish_seeing(&mut self, staged: &[Row], gaps: &[TestGap], seen: &[TestScope]) -> i64 {
        self.publish_all("pairs", staged, gaps, &[], seen)
    }

    /// Publishes with all parameters: `gone` are keys that are surely absent.
    pub fn publish_all(
        &mut self,
        strategy: &str,
        staged: &[Row],
        gaps: &[TestGap],
        gone: &[Row],
        seen: &[TestScope],
    ) -> i64 {
        self.snapshot += 1;
        let id = self.snapshot;
        let time = format!("2026-11-{id:02}T02:00:00Z");
        self.connection
            .execute(
                "INSERT INTO snapshots (snapshot_id, taken_at, completed_at, status, tool_version, api_calls,
                     throttled_calls, assignment_strategy, collection_id)
                 VALUES (?1, ?2, ?2, ?3, '0', 0, 0, ?4, ?1)",
                (id, &time, if gaps.is_empty() { "complete" } else { "partial" }, strategy),
            )
            .unwrap();
        for (resource, scope, kind) in gaps {
            let mut seen_columns = Vec::new();
            for (_, seen) in seen.iter().filter(|(other, seen)| other == resource && is_under(seen, scope)) {
                self.connection
                    .execute(
                        "INSERT OR IGNORE INTO seen_under_gaps VALUES (?1, ?2, ?3)",
                        (id, resource, seen.to_string()),
                    )
                    .unwrap();
                let columns: Vec<&String> = seen.as_object().unwrap().keys().collect();
                if !seen_columns.contains(&json!(columns)) {
                    seen_columns.push(json!(columns));
                }
            }
            let seen_columns = (!seen_columns.is_empty()).then(|| Value::from(seen_columns).to_string());
            self.connection
                .execute(
                    "INSERT INTO gaps (snapshot_id, resource, scope, kind, operation, error_code, attempts,
                         seen_columns)
                     VALUES (?1, ?2, ?3, ?4, 'List', 'Nope', 1, ?5)",
                    (id, resource, scope.to_string(), kind, seen_columns),
                )
                .unwrap();
        }
        for spec in RESOURCES {
            let open = self.rows(spec.name, "valid_to IS NULL");
            let key = |row: &Map<String, Value>| -> Vec<Value> {
                spec.key.iter().map(|column| row[*column].clone()).collect()
            };
            let content = |row: &Map<String, Value>| -> Map<String, Value> {
                row.iter()
                    .filter(|(column, _)| !spec.volatile.contains(&column.as_str()))
                    .map(|(column, value)| (column.clone(), value.clone()))
                    .collect()
            };
            let mut staged_keys = Vec::new();
            for row in staged.iter().filter(|row| row.resource == spec.name) {
                let held = open.iter().find(|held| key(held) == key(&row.columns));
                staged_keys.push(key(&row.columns));
                if held.is_some_and(|held| content(held) == content(&row.columns)) {
                    continue;
                }
                if held.is_some() {
                    self.close(spec.name, spec.key, &row.columns);
                }
                self.insert(spec.name, &row.columns);
            }
            for held in open.iter().filter(|held| !staged_keys.contains(&key(held))) {
                let is_hidden = gaps.iter().any(|(resource, scope, _)| {
                    *resource == spec.name && hides(scope, &scopes_of(spec.name, seen), held)
                });
                let is_gone =
                    gone.iter().any(|row| row.resource == spec.name && key(&row.columns) == key(held));
                if is_gone || !is_hidden {
                    self.close(spec.name, spec.key, held);
                }
            }
            let rows = self.rows(spec.name, "valid_to IS NULL").len();
            let denied = gaps
                .iter()
                .filter(|(resource, _, kind)| *resource == spec.name && ["denied", "failed"].contains(kind))
                .count();
            self.connection
                .execute(
                    "INSERT INTO coverage VALUES (?1, ?2, ?3, ?4, ?5, NULL, 0, 0)",
                    (
                        id,
                        spec.name,
                        if denied > 0 { "partial" } else { "complete" },
                        rows as i64,
                        denied as i64,
                    ),
                )
                .unwrap();
        }
        keep_step(&self.connection, id);
        id
    }

    /// Records that the snapshot collected none of the resource.
    pub fn not_collected(&self, snapshot: i64, resource: &str) {
        self.connection
            .execute(
                "UPDATE coverage SET status = 'not_collected' WHERE snapshot_id = ?1 AND resource = ?2",
                (snapshot, resource),
            )
            .unwrap();
    }

    /// Records that the resource was requested only in part.
    pub fn limit(&self, snapshot: i64, resource: &str, reason: &str) {
        self.connection
            .execute(
                "UPDATE coverage SET status = 'limited', reason = ?3 WHERE snapshot_id = ?1 AND resource = ?2",
                (snapshot, resource, reason),
            )
            .unwrap();
    }

    /// Returns the diff as text.
    pub fn text(&self, from: i64, to: i64) -> String {
        let mut text = Vec::new();
        crate::diff::text::write(
            &mut crate::output::Page::new(&mut text, false),
            &self.diff(from, to),
            crate::diff::text::TextOptions::default(),
        )
        .unwrap();
        String::from_utf8(text).unwrap()
    }

    pub fn diff(&self, from: i64, to: i64) -> Diff {
        compare(&self.connection, from, to).unwrap()
    }

    /// Returns the rows alive in a snapshot.
    pub fn alive(&self, resource: &str, day: i64) -> Vec<Map<String, Value>> {
        self.rows(resource, &format!("valid_from <= {day} AND (valid_to IS NULL OR valid_to > {day})"))
    }

    pub fn rows(&self, resource: &str, condition: &str) -> Vec<Map<String, Value>> {
        let mut statement =
            self.connection.prepare(&format!("SELECT * FROM {resource}_versions WHERE {condition}")).unwrap();
        let columns: Vec<String> = statement.column_names().into_iter().map(str::to_owned).collect();
        statement
            .query_map([], |row| {
                let mut object = Map::new();
                for (index, column) in columns.iter().enumerate() {
                    let spec = crate::model::resource(resource).unwrap();
                    if column == "valid_from" || column == "valid_to" || spec.is_derived(column) {
                        continue;
                    }
                    let value = match row.get::<_, rusqlite::types::Value>(index)? {
                        rusqlite::types::Value::Null => Value::Null,
                        rusqlite::types::Value::Integer(number) => number.into(),
                        rusqlite::types::Value::Text(text) => text.into(),
                        other => panic!("{other:?}"),
                    };
                    object.insert(column.clone(), value);
                }
                Ok(object)
            })
            .unwrap()
            .collect::<rusqlite::Result<_>>()
            .unwrap()
    }

    fn insert(&self, resource: &str, row: &Map<String, Value>) {
        let columns: Vec<String> = row.keys().map(|column| format!("\"{column}\"")).collect();
        let marks: Vec<String> = (1..=row.len()).map(|number| format!("?{number}")).collect();
        self.connection
            .execute(
                &format!(
                    "INSERT INTO {resource}_versions ({}, valid_from) VALUES ({}, {})",
                    columns.join(", "),
                    marks.join(", "),
                    self.snapshot
                ),
                params_from_iter(row.values().map(value_of)),
            )
            .unwrap();
    }

    fn close(&self, resource: &str, key: &[&str], row: &Map<String, Value>) {
        let equal: Vec<String> =
            key.iter().enumerate().map(|(index, column)| format!("\"{column}\" = ?{}", index + 1)).collect();
        self.connection
            .execute(
                &format!(
                    "UPDATE {resource}_versions SET valid_to = {} WHERE valid_to IS NULL AND {}",
                    self.snapshot,
                    equal.join(" AND ")
                ),
                params_from_iter(key.iter().map(|column| value_of(&row[*column]))),
            )
            .unwrap();
    }
}

/// Returns true if a scope covers a row, by the rule and not by the tested code.
pub fn covers(scope: &Value, row: &Map<String, Value>) -> bool {
    scope.as_object().unwrap().iter().all(|(column, value)| row.get(column) == Some(value))
}

/// Returns true if a gap hides a row although these scopes were seen, likewise by the rule.
pub fn hides(gap: &Value, seen: &[Value], row: &Map<String, Value>) -> bool {
    covers(gap, row) && !seen.iter().any(|scope| is_under(scope, gap) && covers(scope, row))
}

/// Returns the scopes of this resource.
pub fn scopes_of(resource: &str, scopes: &[TestScope]) -> Vec<Value> {
    scopes.iter().filter(|(other, _)| *other == resource).map(|(_, scope)| scope.clone()).collect()
}

/// Returns true if a scope is narrower than a gap.
fn is_under(scope: &Value, gap: &Value) -> bool {
    scope != gap && covers(gap, scope.as_object().unwrap())
}

fn value_of(value: &Value) -> rusqlite::types::Value {
    match value {
        Value::Null => rusqlite::types::Value::Null,
        Value::Bool(truth) => i64::from(*truth).into(),
        Value::Number(number) => number.as_i64().unwrap().into(),
        Value::String(text) => text.clone().into(),
        other => panic!("{other:?}"),
    }
}

/// Returns the changes without the unknown ones, as `resource change label`.
pub fn known(diff: &Diff) -> Vec<String> {
    diff.changes
        .iter()
        .filter(|change| change.change != ChangeKind::Unknown)
        .map(|change| format!("{} {} {}", change.resource, change.change.as_str(), change.label))
        .collect()
}

/// Returns the unknown entries.
pub fn unknown(diff: &Diff) -> Vec<&Change> {
    diff.changes.iter().filter(|change| change.change == ChangeKind::Unknown).collect()
}

/// Returns the access changes as `user change permission set in account: causes`.
pub fn access(diff: &Diff) -> Vec<String> {
    diff.access_changes
        .iter()
        .map(|change| {
            let causes: Vec<String> = change
                .causes
                .iter()
                .map(|cause| serde_json::to_value(cause.kind).unwrap().as_str().unwrap().to_owned())
                .collect();
            format!(
                "{} {} {} in {}: {}",
                change.user_id,
                change.change.as_str(),
                change.permission_set_arn,
                change.account_id,
                causes.join(", ")
            )
        })
        .collect()
}

pub fn user(id: &str) -> Row {
    Row::whole(&User { user_id: id.to_owned(), user_name: Some(format!("{id}-name")), ..User::default() })
}

pub fn group(id: &str) -> Row {
    named_group(id, &format!("{id}-name"))
}

pub fn named_group(id: &str, name: &str) -> Row {
    Row::whole(&Group { group_id: id.to_owned(), display_name: Some(name.to_owned()), ..Group::default() })
}

pub fn member(group_id: &str, user_id: &str) -> Row {
    Row::whole(&GroupMembership {
        group_id: group_id.to_owned(),
        user_id: user_id.to_owned(),
        ..GroupMembership::default()
    })
}

pub fn account(id: &str) -> Row {
    Row::whole(&Account { account_id: id.to_owned(), name: Some(format!("{id}-name")), ..Account::default() })
}

pub fn set(arn: &str) -> Row {
    Row::whole(&PermissionSet {
        permission_set_arn: arn.to_owned(),
        name: Some(format!("{arn}-name")),
        ..PermissionSet::default()
    })
}

pub fn policy(arn: &str, policy: &str) -> Row {
    Row::whole(&PermissionSetPolicy {
        permission_set_arn: arn.to_owned(),
        policy: policy.to_owned(),
        ..PermissionSetPolicy::default()
    })
}

pub fn to_user(account_id: &str, arn: &str, user_id: &str) -> Row {
    assignment(account_id, arn, "USER", user_id)
}

pub fn to_group(account_id: &str, arn: &str, group_id: &str) -> Row {
    assignment(account_id, arn, "GROUP", group_id)
}

fn assignment(account_id: &str, arn: &str, principal_type: &str, principal_id: &str) -> Row {
    Row::whole(&AccountAssignment {
        account_id: account_id.to_owned(),
        permission_set_arn: arn.to_owned(),
        principal_type: principal_type.to_owned(),
        principal_id: principal_id.to_owned(),
    })
}

/// Returns the row with another value in a column.
pub fn with(mut row: Row, column: &str, value: &str) -> Row {
    assert!(row.columns.contains_key(column), "{column}");
    row.columns.insert(column.to_owned(), json!(value));
    row
}
