//! The answer's types. Their serialized form is the contract of `diff --format json`: a change here is a
//! change of that contract.

use std::collections::BTreeMap;
use std::sync::Arc;

use rusqlite::{Connection, OptionalExtension};
use serde::Serialize;

use super::limited::Limited;
use super::record::Record;
use super::recreated::Recreation;
use super::unreadable;
use crate::document::StatementChange;
use crate::error::{Error, Result};
use crate::invocation;

/// What changed between two snapshots.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Diff {
    /// Side that the user named first; it may be the later snapshot.
    pub from: SnapshotFacts,
    /// Side that the user named second; every change reads from `from` to `to`.
    pub to: SnapshotFacts,
    /// In the order of [`crate::model::RESOURCES`]: changed rows by key, then what is unknown by scope.
    pub changes: Vec<Change>,
    /// By user, account and permission set.
    pub access_changes: Vec<AccessChange>,
    /// What was deleted and made again under another id, beside its removed and its added row.
    pub recreations: Vec<Recreation>,
    /// By resource: how many rows its unknown scopes leave open, each counted once.
    pub not_seen: BTreeMap<&'static str, i64>,
    /// What the snapshots were asked for in parts only, by resource.
    pub limited: Vec<Limited>,
}

impl Diff {
    /// Whether anything is known to have changed: that something was used again is no change.
    pub fn has_changes(&self) -> bool {
        self.changes.iter().any(|change| change.change != ChangeKind::Unknown && !change.activity)
            || self.access_changes.iter().any(|change| change.change != AccessChangeKind::Unknown)
    }

    /// How many rows of each resource tell only that something was used again.
    pub fn activity(&self) -> BTreeMap<&'static str, usize> {
        let mut rows = BTreeMap::new();
        for change in self.changes.iter().filter(|change| change.activity) {
            *rows.entry(change.resource).or_default() += 1;
        }
        rows
    }

    /// Whether anything may have changed and could not be seen.
    pub fn has_unknowns(&self) -> bool {
        self.changes.iter().any(|change| change.change == ChangeKind::Unknown)
            || self.access_changes.iter().any(|change| change.change == AccessChangeKind::Unknown)
    }
}

/// Which snapshot a side of the diff is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SnapshotFacts {
    /// Number of the snapshot, rising with time.
    pub snapshot_id: i64,
    /// RFC 3339, UTC.
    pub taken_at: String,
    /// RFC 3339, UTC.
    pub completed_at: String,
    /// `complete` or `partial`.
    pub status: String,
    /// How its assignments were listed: `pairs` or `principals`.
    #[serde(skip)]
    pub assignment_strategy: Option<String>,
}

impl SnapshotFacts {
    /// Reads a snapshot; one that does not exist is an error (exit 2).
    pub fn read(connection: &Connection, snapshot_id: i64) -> Result<Self> {
        connection
            .query_row(
                "SELECT snapshot_id, taken_at, completed_at, status, assignment_strategy
                 FROM snapshots WHERE snapshot_id = ?1",
                [snapshot_id],
                |row| {
                    Ok(Self {
                        snapshot_id: row.get(0)?,
                        taken_at: row.get(1)?,
                        completed_at: row.get(2)?,
                        status: row.get(3)?,
                        assignment_strategy: row.get(4)?,
                    })
                },
            )
            .optional()
            .map_err(unreadable)?
            .ok_or_else(|| {
                Error::unknown(format!("there is no snapshot {snapshot_id}"))
                    .hint(format!("{} lists them", invocation::command("snapshots")))
            })
    }
}

/// What happened to a row, or that it cannot be told for the rows of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Only in `to`.
    Added,
    /// Only in `from`.
    Removed,
    /// On both sides, with other values in columns that count.
    Changed,
    /// A gap hides it on one side at least, so that neither presence nor absence is proved.
    Unknown,
}

impl ChangeKind {
    /// The word that JSON and text use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// One changed row, or one scope of which nothing can be said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Name of the resource, as in [`crate::model::RESOURCES`].
    pub resource: &'static str,
    /// `unknown` makes this a scope instead of a row.
    pub change: ChangeKind,
    /// The row's key; the scope for `unknown`.
    pub key: Record,
    /// What a person calls it.
    pub label: String,
    /// What the ids of the row (or scope) name, by column, as far as it is known.
    pub names: Record,
    /// The row in `from`, volatile columns left out.
    pub before: Option<Record>,
    /// The row in `to`, volatile columns left out.
    pub after: Option<Record>,
    /// The columns that differ, for `changed`.
    pub fields: Vec<String>,
    /// Whether nothing differs but that something was used again, which does not count as a change.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub activity: bool,
    /// What came, went and changed in its policy document, where it has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<StatementChange>,
    /// Where the account is or the OU stands, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ou_path: Option<BeforeAfter>,
    /// What hides the rows, for `unknown`.
    pub gap: Option<HidingGap>,
    /// The newest kept snapshot that saw the row of `from`, where `from` only carried it.
    pub last_seen: Option<i64>,
    /// For `unknown`: the rows that this leaves open. Scopes may overlap, and then count a row each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
}

impl Change {
    /// A scope of which nothing can be said; `label` is what a person calls it.
    pub(super) fn unknown(
        resource: &'static str,
        gap: HidingGap,
        label: String,
        names: Record,
        rows: i64,
        last_seen: Option<i64>,
    ) -> Self {
        Self {
            resource,
            change: ChangeKind::Unknown,
            key: gap.scope.clone(),
            label,
            names,
            before: None,
            after: None,
            fields: Vec::new(),
            activity: false,
            statements: Vec::new(),
            ou_path: None,
            gap: Some(gap),
            last_seen,
            rows: Some(rows),
        }
    }
}

/// Something on either side, as far as it is known there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BeforeAfter {
    /// In `from`; `None` where it is unknown or does not exist there.
    pub before: Option<String>,
    /// In `to`; `None` where it is unknown or does not exist there.
    pub after: Option<String>,
}

/// Why a scope could not be seen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct HidingGap {
    /// Column to value.
    pub scope: Record,
    /// `denied`, `failed`, `not_asked` or `unavailable`.
    pub kind: String,
    /// AWS operation that did not answer; `None` where no call was sent.
    pub operation: Option<String>,
    /// AWS's error code; `None` where no call failed.
    pub error_code: Option<String>,
    /// AWS's message, or the reason in words.
    #[serde(skip)]
    pub message: Option<String>,
    /// The snapshot that could not see it.
    #[serde(skip)]
    pub snapshot_id: i64,
}

/// What happened to one user's access to one permission set in one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessChangeKind {
    /// No way in before.
    Gained,
    /// No way in any more.
    Lost,
    /// The same access, but its policies or session, or the user's status, changed.
    Altered,
    /// Access on both sides, by other ways.
    Rerouted,
    /// Every row change behind it is unknown, or a way that a snapshot could not see may have given the access
    /// all the time.
    Unknown,
}

impl AccessChangeKind {
    /// The word that JSON and text use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Gained => "gained",
            Self::Lost => "lost",
            Self::Altered => "altered",
            Self::Rerouted => "rerouted",
            Self::Unknown => "unknown",
        }
    }
}

/// A change of one user's access to one permission set in one account. There may be tens of thousands, and they share
/// what they name.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccessChange {
    /// Compares the user's paths of access on the two sides.
    pub change: AccessChangeKind,
    /// Id in the identity store.
    pub user_id: Arc<str>,
    /// Sign-in name in the later snapshot, else in the earlier one, else the last one known before.
    pub user_name: Option<Arc<str>>,
    /// 12 digits.
    pub account_id: Arc<str>,
    /// Name in the later snapshot, else in the earlier one, else the last one known before.
    pub account_name: Option<Arc<str>>,
    /// Where the account is, by name: in `to`, else in `from`.
    pub ou_path: Option<Arc<str>>,
    /// ARN of the permission set that is reached.
    pub permission_set_arn: Arc<str>,
    /// Name in the later snapshot, else in the earlier one, else the last one known before.
    pub permission_set_name: Option<Arc<str>>,
    /// Paths of access in `from`; empty where there is none.
    pub before_ways: Vec<AccessPath>,
    /// Paths of access in `to`; empty where there is none.
    pub after_ways: Vec<AccessPath>,
    /// Every row change behind it.
    pub causes: Vec<Arc<Cause>>,
    /// What hides a cause, or a way that may have given the access all the time: the change rests on it, wholly
    /// where it is `unknown`. Of several gaps the first.
    pub gap: Option<HidingGap>,
}

/// One way to a permission set in an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum AccessPath {
    /// Assigned to the user.
    Direct,
    /// Assigned to a group that the user is in.
    Group {
        /// Id in the identity store.
        group_id: Arc<str>,
        /// Name in the snapshot of this side; `None` where it has none there.
        group_name: Option<Arc<str>>,
    },
}

/// What a row change did to access.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum CauseKind {
    /// The user is in the group in `to` only.
    MembershipAdded,
    /// The user is in the group in `from` only.
    MembershipRemoved,
    /// The permission set is assigned, to the user or the group, in `to` only.
    AssignmentGranted,
    /// The permission set is assigned, to the user or the group, in `from` only.
    AssignmentRevoked,
    /// The user exists in `to` only.
    UserCreated,
    /// The user exists in `from` only.
    UserDeleted,
    /// `user_status` is `DISABLED` in `from` only.
    UserEnabled,
    /// `user_status` is `DISABLED` in `to` only.
    UserDisabled,
    /// The group exists in `to` only, and replaces none.
    GroupCreated,
    /// The group exists in `from` only, and none replaces it.
    GroupDeleted,
    /// The group has another id in `to`, which assignments to the old id do not name.
    GroupRecreated,
    /// The permission set exists in `to` only.
    PermissionSetCreated,
    /// The permission set exists in `from` only.
    PermissionSetDeleted,
    /// A policy, the permissions boundary or the session duration of the permission set differs.
    PolicyChanged,
    /// The account is in the organization in `to` only; access does not depend on it.
    AccountCreated,
    /// The account is in the organization in `from` only; access does not depend on it.
    AccountDeleted,
}

/// A row change behind an access change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// Effect that the row change has on access.
    pub kind: CauseKind,
    /// Name of the resource whose row changed.
    pub resource: &'static str,
    /// The key of the row in `resource`.
    pub key: Record,
    /// What a group that came or went is called: no way may name it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    /// The identifier of the user or system that did it, as AWS sends it.
    #[serde(rename = "created_by", skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// When it was done, where AWS says.
    #[serde(rename = "created_at", skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// What happened to the row itself; `Unknown` where a gap leaves open that it did.
    #[serde(skip)]
    pub change: ChangeKind,
    /// What hides the row, where a gap leaves open that it happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<HidingGap>,
    /// The newest kept snapshot that saw the row of `from`, where `from` only carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<i64>,
}

impl Cause {
    /// Whether a gap leaves open that it happened.
    pub fn is_unknown(&self) -> bool {
        self.change == ChangeKind::Unknown
    }
}
