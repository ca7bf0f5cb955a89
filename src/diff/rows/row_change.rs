//! A row that differs, or a scope that was not seen, before it becomes part of the answer.
//!
//! Daily snapshots find newer access attempts every day. A row in which nothing else differs is reported, but does not
//! count as a change. A first use does count, and so does a use that is gone or older than the one before.

use chrono::DateTime;
use serde_json::Value;

use super::{Difference, Version, VersionTable};
use crate::diff::change::{Change, ChangeKind, HidingGap};
use crate::diff::names::{Names, label, scope_label};
use crate::diff::snapshot_pair::SnapshotPair;
use crate::error::Result;
use crate::model::{self, ResourceSpec};
use crate::store::Record;

/// A row that differs, with its change.
#[derive(Debug)]
pub(in crate::diff) struct RowChange {
    pub spec: &'static ResourceSpec,
    /// The change; `Unknown` for a row that one side could not see.
    pub kind: ChangeKind,
    pub key: Record,
    pub before: Option<Version>,
    pub after: Option<Version>,
    /// The columns that differ, for `Changed`.
    pub fields: Vec<String>,
    /// True if only the use of something is newer, for `Changed`.
    pub activity: bool,
    /// The gap that hides the row, for `Unknown`; the first of several.
    pub gap: Option<HidingGap>,
    /// The newest kept snapshot that saw the row of `from`, if `from` only carried it.
    pub last_seen: Option<i64>,
}

impl RowChange {
    /// Creates the change from a difference alone, without regard to gaps; `fields` are its columns that differ.
    pub fn seen(table: &VersionTable, difference: Difference, fields: Vec<String>) -> Self {
        let Difference { before, after } = difference;
        let kind = match (&before, &after) {
            (None, _) => ChangeKind::Added,
            (_, None) => ChangeKind::Removed,
            _ => ChangeKind::Changed,
        };
        let row = after.as_ref().or(before.as_ref());
        let key = table.key_of(&row.expect("a difference has at least one side").row);
        Self {
            spec: table.spec,
            kind,
            key,
            before,
            after,
            fields,
            activity: false,
            gap: None,
            last_seen: None,
        }
    }

    /// Returns the row on the side that has it; the later column values if both do.
    pub fn row(&self) -> &Record {
        let version = self.after.as_ref().or(self.before.as_ref());
        &version.expect("a difference has at least one side").row
    }

    /// Converts it for the answer; `None` for an unknown row, which its gap's entry represents.
    pub fn into_change(self, names: &Names<'_>) -> Result<Option<Change>> {
        if self.kind == ChangeKind::Unknown {
            return Ok(None);
        }
        let names = names.in_row(self.spec, self.row())?;
        Ok(Some(Change {
            resource: self.spec.name,
            change: self.kind,
            label: label(self.spec, self.row(), &names),
            key: self.key,
            names,
            before: self.before.map(|version| version.row),
            after: self.after.map(|version| version.row),
            fields: self.fields,
            activity: self.activity,
            statements: Vec::new(),
            ou_path: None,
            gap: None,
            last_seen: self.last_seen,
            rows: None,
        }))
    }
}

/// A scope that one side did not see.
#[derive(Debug)]
pub(in crate::diff) struct UnknownScope {
    pub resource: &'static str,
    pub gap: HidingGap,
    pub rows: i64,
    pub last_seen: Option<i64>,
}

impl UnknownScope {
    /// Converts it for the answer.
    pub fn into_change(self, names: &Names<'_>) -> Result<Change> {
        let spec = model::resource(self.resource).expect("a gap is of a resource");
        let names = names.in_row(spec, &self.gap.scope)?;
        let label = scope_label(spec, &self.gap.scope, &names);
        Ok(Change::unknown(self.resource, self.gap, label, names, self.rows, self.last_seen))
    }
}

/// The meaning of a resource's differences.
#[derive(Debug)]
pub(in crate::diff) struct Judged {
    /// The rows that changed or may have changed, by key.
    pub changes: Vec<RowChange>,
    /// The unknown scopes, sorted.
    pub unknown: Vec<UnknownScope>,
    /// The number of rows that these hide, each counted once.
    pub not_seen: i64,
}

/// Returns true if all differing columns of the row describe use, and the use is no older in the later snapshot.
pub(in crate::diff) fn is_all_activity(
    spec: &ResourceSpec,
    pair: SnapshotPair,
    difference: &Difference,
    fields: &[String],
) -> bool {
    let (Some(activity), Some(before), Some(after)) = (&spec.activity, &difference.before, &difference.after)
    else {
        return false;
    };
    if !fields.iter().all(|field| activity.has(field)) {
        return false;
    }
    // The order of the arguments does not matter: a backward diff mirrors the forward one.
    let (earlier, later) = if pair.from <= pair.to { (before, after) } else { (after, before) };
    let newest = |version: &Version| {
        let time = version.row.get(activity.newest_at).and_then(Value::as_str)?;
        DateTime::parse_from_rfc3339(time).ok()
    };
    matches!((newest(earlier), newest(later)), (Some(earlier), Some(later)) if later >= earlier)
}
