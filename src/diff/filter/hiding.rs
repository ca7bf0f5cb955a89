//! The gaps that a narrowed answer keeps, because they may hide part of it.

use std::collections::HashSet;

use rusqlite::Connection;
use serde_json::Value;

use super::{Subject, SubjectKind};
use crate::diff::change::{Change, ChangeKind, Diff};
use crate::diff::names::{Names, scope_label};
use crate::diff::snapshot_pair::SnapshotPair;
use crate::error::Result;
use crate::model::{self, AccessRole, EntityColumn, RESOURCES};
use crate::store::Record;
use crate::store::unreadable;
use crate::store::{SnapshotGaps, canonical_scope};

/// Returns true if the change is a gap that may hide access.
pub(super) fn is_behind_access(change: &Change) -> bool {
    change.change == ChangeKind::Unknown && has_part_in_access(change.resource)
}

fn has_role(resource: &str, role: AccessRole) -> bool {
    model::resource(resource).is_some_and(|spec| spec.in_access == role)
}

fn has_part_in_access(resource: &str) -> bool {
    model::resource(resource).is_some_and(|spec| spec.in_access.may_hide_access())
}

/// Adds the gaps over the resources that decide who is in an OU, tagged or privileged. A diff leaves them out if the
/// resource was not requested and no row was carried. But a user who filters by an OU must know that no account was
/// seen.
pub(super) fn tell_what_decides(
    connection: &Connection,
    diff: &mut Diff,
    subjects: &[Subject],
) -> Result<()> {
    let pair = SnapshotPair { from: diff.from.snapshot_id, to: diff.to.snapshot_id };
    let deciding: Vec<&'static str> = subjects.iter().flat_map(|subject| subject.kind.decided_by()).collect();
    for resource in deciding {
        let is_gap = |change: &&Change| change.resource == resource && change.change == ChangeKind::Unknown;
        let mut told: HashSet<String> =
            diff.changes.iter().filter(is_gap).map(|change| canonical_scope(&change.key)).collect();
        for snapshot_id in [pair.to, pair.from] {
            for gap in SnapshotGaps::read(connection, snapshot_id, resource)?.gaps() {
                if told.insert(canonical_scope(&gap.scope)) {
                    let spec = model::resource(resource).expect("what decides is a resource");
                    let names = Names::new(connection, pair).in_row(spec, &gap.scope)?;
                    let label = scope_label(spec, &gap.scope, &names);
                    diff.changes.push(Change::unknown(resource, gap.clone(), label, names, 0, None));
                }
            }
        }
    }
    let place = |change: &Change| RESOURCES.iter().position(|spec| spec.name == change.resource);
    diff.changes.sort_by_key(place);
    Ok(())
}

impl Subject {
    /// Returns true if the change is a gap over the resources that decide the subject's ids.
    pub(super) fn is_decided_by(&self, change: &Change) -> bool {
        let tags_others = || {
            let tagged = change.key.get("resource_type").and_then(Value::as_str);
            tagged.is_some_and(|tagged| tagged != "account" && tagged != "permission_set")
        };
        change.change == ChangeKind::Unknown
            && self.kind.decided_by().contains(&change.resource)
            && !(self.kind == SubjectKind::Tagged && tags_others())
    }

    /// Returns true if the scope of an unknown change may hide a row of the subject, or access of the subject.
    pub(super) fn may_be_hidden_by(
        &self,
        connection: &Connection,
        diff: &Diff,
        change: &Change,
        shows_access: bool,
    ) -> Result<bool> {
        let scope = &change.key;
        let places = self.kind.places(change.resource);
        if places.iter().any(|place| self.may_be_under(scope, place)) {
            return Ok(true);
        }
        if !shows_access || !has_part_in_access(change.resource) {
            return Ok(false);
        }
        let roles = self.kind.in_access();
        // A user's access may run through any group that the user may be in.
        let is_assignment = has_role(change.resource, AccessRole::Assignment);
        if roles.contains(&AccessRole::User) && is_assignment {
            return Ok(scope.get("principal_type").and_then(Value::as_str) == Some("GROUP"));
        }
        if !places.is_empty() {
            return Ok(false);
        }
        if roles.contains(&AccessRole::User) || roles.contains(&AccessRole::Group) {
            return Ok(true);
        }
        // Access that does not concern such a subject hides nothing about it.
        let has_entries = roles.contains(&AccessRole::Account) || roles.contains(&AccessRole::PermissionSet);
        Ok(has_entries && self.access_runs_through(connection, diff, scope)?)
    }

    /// Returns true if the scope may cover the subject's rows: a scope that does not name the column covers every value
    /// of it.
    fn may_be_under(&self, scope: &Record, place: &EntityColumn) -> bool {
        let allows = |column: &str, wanted: &dyn Fn(&str) -> bool| {
            scope.get(column).and_then(Value::as_str).is_none_or(wanted)
        };
        allows(place.id, &|id| self.ids.contains(id))
            && place.of.is_none_or(|(column, kind)| allows(column, &|said| said == kind))
    }

    /// Returns true if the group or permission set that a scope names is assigned, in either snapshot, in a way that
    /// concerns the subject. For a scope that names neither this is unknown, which counts as true.
    fn access_runs_through(&self, connection: &Connection, diff: &Diff, scope: &Record) -> Result<bool> {
        let id = |column: &str| scope.get(column).and_then(Value::as_str);
        let (condition, id) = match (id("group_id"), id("permission_set_arn")) {
            (Some(group_id), _) => ("principal_id = ?1 AND principal_type = 'GROUP'", group_id),
            (_, Some(permission_set_arn)) => ("permission_set_arn = ?1", permission_set_arn),
            (None, None) => return Ok(true),
        };
        let sql = format!(
            "SELECT account_id, permission_set_arn FROM account_assignments_versions WHERE {condition}
               AND ((+valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?2))
                 OR (+valid_from <= ?3 AND (valid_to IS NULL OR valid_to > ?3)))"
        );
        let mut statement = connection.prepare_cached(&sql).map_err(unreadable)?;
        let mut entries =
            statement.query((id, diff.from.snapshot_id, diff.to.snapshot_id)).map_err(unreadable)?;
        while let Some(entry) = entries.next().map_err(unreadable)? {
            let (account_id, permission_set_arn): (String, String) =
                (entry.get(0).map_err(unreadable)?, entry.get(1).map_err(unreadable)?);
            if self.concerns_entry(&account_id, &permission_set_arn) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

impl SubjectKind {
    /// Returns the resources whose rows decide the ids of such a subject.
    fn decided_by(self) -> Vec<&'static str> {
        match self {
            Self::Entity(entity) => entity.spec().beneath.iter().map(|it| it.spec().resource).collect(),
            Self::Tagged => vec!["tags"],
            Self::Privileged => vec!["permission_set_policies", "managed_policies"],
        }
    }
}
