//! The diff as flat rows, for formats that hold only rows: one value per cell, one row for each user and change of
//! access, and one for each field of an added, removed or changed row. Structures in JSON become rows here.

mod leaves;

use rusqlite::types::Value as SqlValue;
use serde_json::Value;

use self::leaves::leaves;
use super::change::{AccessChange, AccessPath, Cause, Change, ChangeKind, Diff, Recreation};
use super::text::causes::main_cause;
use crate::model::{AccessRole, ColumnKind, Entity, ResourceSpec, resource};
use crate::store::{HidingGap, Record, text_of};

/// Declares each column and the field of its value.
macro_rules! flat_row {
    ($($(#[doc = $text:literal])+ $column:ident,)+) => {
        /// The columns of a row.
        pub const COLUMNS: [&str; [$(stringify!($column)),+].len()] = [$(stringify!($column)),+];

        /// A row; missing values are NULL.
        #[derive(Clone)]
        struct Row { $($(#[doc = $text])+ $column: SqlValue,)+ }

        impl Row {
            const BLANK: Self = Self { $($column: SqlValue::Null,)+ };

            fn into_values(self) -> [SqlValue; COLUMNS.len()] {
                [$(self.$column),+]
            }
        }
    };
}

flat_row! {
    /// The snapshot that is compared.
    from_snapshot,
    /// The snapshot that it is compared with.
    to_snapshot,
    /// `access`, or the name of the resource.
    resource,
    /// The change.
    change,
    /// The label for people.
    label,
    /// The column that this row describes, with its position in a structured value; NULL if the row has only its key.
    field,
    /// The value in `from`; for access, the paths.
    before,
    /// The value in `to`; for access, the paths.
    after,
    /// The id of the user that it concerns.
    user_id,
    /// The name of the user.
    user_name,
    /// The id of the group that it concerns, or through which access was added or removed.
    group_id,
    /// The name of the group.
    group_name,
    /// The id of the account that it concerns.
    account_id,
    /// The name of the account.
    account_name,
    /// The location of the account.
    ou_path,
    /// The permission set that it concerns.
    permission_set_arn,
    /// The name of the permission set.
    permission_set_name,
    /// True if the permission set is an administrator's.
    privileged,
    /// The cause of the change of access; of several, the most informative.
    cause,
    /// The other causes.
    other_causes,
    /// The author of the change, if AWS reports it.
    changed_by,
    /// The time of the change, if AWS reports it.
    changed_at,
    /// The key of the row, or the unknown scope.
    key,
    /// The kind of the gap that hides it.
    gap_kind,
    /// The operation that failed.
    gap_operation,
    /// The error code of the operation.
    gap_error_code,
    /// The newest kept snapshot that saw it, if `from` only carried it.
    last_seen,
    /// The number of hidden rows, for `unknown`.
    rows,
    /// True if only the use of something is newer, which does not count as a change.
    activity,
}

/// Returns the rows of a diff: its changes, then its access changes as those of the resource `access`, then the
/// recreations and the assignments that they left dangling.
pub fn rows(diff: &Diff) -> impl Iterator<Item = [SqlValue; COLUMNS.len()]> {
    let begin = Row {
        from_snapshot: diff.from.snapshot_id.into(),
        to_snapshot: diff.to.snapshot_id.into(),
        activity: false.into(),
        ..Row::BLANK
    };
    let (for_access, for_recreations) = (begin.clone(), begin.clone());
    let changes = diff.changes.iter().flat_map(move |change| of_change(&begin, change));
    let access = diff.access_changes.iter().map(move |change| of_access(&for_access, change));
    let recreations = diff.recreations.iter().flat_map(move |one| of_recreation(&for_recreations, one));
    changes.chain(access).chain(recreations).map(Row::into_values)
}

fn of_change(begin: &Row, change: &Change) -> Vec<Row> {
    let mut row = Row {
        resource: change.resource.to_owned().into(),
        change: change.change.as_str().to_owned().into(),
        label: change.label.clone().into(),
        key: words(&change.key),
        last_seen: change.last_seen.into(),
        rows: change.rows.into(),
        activity: change.activity.into(),
        ..begin.clone()
    };
    set_gap(&mut row, change.gap.as_ref());
    let Some(spec) = resource(change.resource) else { return vec![row] };
    let newest = change.after.as_ref().or(change.before.as_ref()).unwrap_or(&change.key);
    set_entities(&mut row, spec, newest, &change.names);
    if let Some(path) = &change.ou_path {
        row.ou_path = path.after.clone().or_else(|| path.before.clone()).into();
    }
    let fields = match change.change {
        ChangeKind::Unknown => Vec::new(),
        ChangeKind::Changed => change.fields.clone(),
        ChangeKind::Added | ChangeKind::Removed => {
            newest.keys().filter(|column| !change.key.contains_key(column)).cloned().collect()
        }
    };
    let mut rows = Vec::new();
    for column in fields {
        let is_structured = spec.columns.iter().any(|one| {
            one.name == column && matches!(one.kind, ColumnKind::Json | ColumnKind::Document { .. })
        });
        let value = |side: &Option<Record>| side.as_ref().and_then(|side| side.get(&column)).cloned();
        let (before, after) = (value(&change.before), value(&change.after));
        for leaf in leaves(&column, before, after, is_structured) {
            let (before, after) = (leaf.before.into(), leaf.after.into());
            rows.push(Row { field: leaf.field.into(), before, after, ..row.clone() });
        }
    }
    match rows.is_empty() {
        true => vec![row],
        false => rows,
    }
}

fn of_access(begin: &Row, change: &AccessChange) -> Row {
    let main = main_cause(change);
    let others =
        change.causes.iter().map(|cause| &**cause).filter(|cause| main.is_some_and(|it| it != *cause));
    let others: Vec<String> = others.filter_map(|cause| json_word(&cause.kind)).collect();
    let label = format!(
        "{}: {} in {}",
        change.user_name.as_ref().unwrap_or(&change.user_id),
        change.permission_set_name.as_ref().unwrap_or(&change.permission_set_arn),
        change.account_name.as_ref().unwrap_or(&change.account_id),
    );
    let mut row = Row {
        resource: "access".to_owned().into(),
        change: change.change.as_str().to_owned().into(),
        label: label.into(),
        field: "paths".to_owned().into(),
        before: paths(&change.before_ways),
        after: paths(&change.after_ways),
        user_id: change.user_id.to_string().into(),
        user_name: change.user_name.as_deref().map(str::to_owned).into(),
        account_id: change.account_id.to_string().into(),
        account_name: change.account_name.as_deref().map(str::to_owned).into(),
        ou_path: change.ou_path.as_deref().map(str::to_owned).into(),
        permission_set_arn: change.permission_set_arn.to_string().into(),
        permission_set_name: change.permission_set_name.as_deref().map(str::to_owned).into(),
        privileged: change.privileged.into(),
        cause: main.and_then(|cause| json_word(&cause.kind)).into(),
        other_causes: (!others.is_empty()).then(|| others.join("; ")).into(),
        changed_by: main.and_then(|cause| cause.by.clone()).into(),
        changed_at: main.and_then(|cause| cause.at.clone()).into(),
        last_seen: main.and_then(|cause| cause.last_seen).into(),
        ..begin.clone()
    };
    if let Some((id, name)) = main.and_then(|cause| group_of(cause, change)) {
        (row.group_id, row.group_name) = (id.into(), name.into());
    }
    set_gap(&mut row, change.gap.as_ref());
    row
}

/// Returns the group that a cause concerns, with its name if it is known.
fn group_of(cause: &Cause, change: &AccessChange) -> Option<(String, Option<String>)> {
    let id = id_in(resource(cause.resource)?, Entity::Group, &cause.key)?;
    let named = change.after_ways.iter().chain(&change.before_ways).find_map(|path| match path {
        AccessPath::Group { group_id, group_name } if **group_id == id => group_name.as_deref(),
        AccessPath::Group { .. } | AccessPath::Direct => None,
    });
    let name = named.map(str::to_owned).or_else(|| cause.group_name.clone());
    Some((id, name))
}

fn of_recreation(begin: &Row, recreation: &Recreation) -> Vec<Row> {
    let row = Row {
        resource: recreation.resource.to_owned().into(),
        change: "recreated".to_owned().into(),
        label: recreation.label.clone().into(),
        cause: json_word(&recreation.matched_by).into(),
        key: words(&recreation.after_key),
        ..begin.clone()
    };
    let ids = recreation.after_key.keys().map(|column| {
        let value = |key: &Record| key.get(column).map(text_of);
        Row {
            field: column.clone().into(),
            before: value(&recreation.before_key).into(),
            after: value(&recreation.after_key).into(),
            ..row.clone()
        }
    });
    let assigned = AccessRole::Assignment.resource();
    let dangling = recreation.dangling.iter().map(|one| {
        let mut row = Row {
            resource: assigned.name.to_owned().into(),
            change: "dangling".to_owned().into(),
            label: one.label.clone().into(),
            key: words(&one.key),
            last_seen: one.last_seen.into(),
            ..begin.clone()
        };
        set_entities(&mut row, assigned, &one.key, &Record::default());
        row
    });
    ids.chain(dangling).collect()
}

/// Fills in the ids of users, groups, accounts and permission sets in the row, and their names.
fn set_entities(row: &mut Row, spec: &ResourceSpec, values: &Record, names: &Record) {
    let of = |entity: Entity| -> [SqlValue; 2] {
        let Some(column) = spec.about(entity).find(|one| is_of(one.of, values)) else {
            return [SqlValue::Null, SqlValue::Null];
        };
        let own = (entity.spec().resource == spec.name).then(|| entity.spec().names[0].column);
        let name = own.and_then(|column| values.get(column)).or_else(|| names.get(column.id));
        let text = |value: Option<&Value>| value.filter(|value| !value.is_null()).map(text_of).into();
        [text(values.get(column.id)), text(name)]
    };
    [row.user_id, row.user_name] = of(Entity::User);
    [row.group_id, row.group_name] = of(Entity::Group);
    [row.account_id, row.account_name] = of(Entity::Account);
    [row.permission_set_arn, row.permission_set_name] = of(Entity::PermissionSet);
}

/// Returns the id of an entity in a row.
fn id_in(spec: &ResourceSpec, entity: Entity, values: &Record) -> Option<String> {
    let column = spec.about(entity).find(|one| is_of(one.of, values))?;
    values.get(column.id).map(text_of)
}

/// Returns true if the row's type column makes the id one of the entity.
fn is_of(of: Option<(&str, &str)>, values: &Record) -> bool {
    of.is_none_or(|(column, value)| values.get(column).is_some_and(|other| text_of(other) == value))
}

fn set_gap(row: &mut Row, gap: Option<&HidingGap>) {
    let Some(gap) = gap else { return };
    row.gap_kind = gap.kind.clone().into();
    row.gap_operation = gap.operation.clone().into();
    row.gap_error_code = gap.error_code.clone().into();
}

/// Returns `group_id=g-1; user_id=u-2`; NULL for a scope of everything.
fn words(key: &Record) -> SqlValue {
    let words: Vec<String> =
        key.iter().map(|(column, value)| format!("{column}={}", text_of(value))).collect();
    (!words.is_empty()).then(|| words.join("; ")).into()
}

/// Returns `direct; group Ops`; NULL if there is no path.
fn paths(paths: &[AccessPath]) -> SqlValue {
    let word = |path: &AccessPath| match path {
        AccessPath::Direct => "direct".to_owned(),
        AccessPath::Group { group_id, group_name } => {
            format!("group {}", group_name.as_ref().unwrap_or(group_id))
        }
    };
    let words: Vec<String> = paths.iter().map(word).collect();
    (!words.is_empty()).then(|| words.join("; ")).into()
}

/// Returns the word that JSON has for a value.
fn json_word(value: &impl serde::Serialize) -> Option<String> {
    serde_json::to_value(value).ok().map(|value| text_of(&value))
}
