//! The changes of users' access, and the rows that caused them.

use std::sync::Arc;

use serde::Serialize;

use super::rows::ChangeKind;
use crate::store::{HidingGap, Record};

/// The change of one user's access to one permission set in one account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessChangeKind {
    /// There was no path before.
    Gained,
    /// There is no path any more.
    Lost,
    /// The access remains, but its policies or session, or the user's status, changed.
    Altered,
    /// There is access on both sides, by other paths.
    Rerouted,
    /// Every row change behind it is unknown, or an unseen path may have given the access all along.
    Unknown,
}

impl AccessChangeKind {
    /// Returns the word that JSON and text use.
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

/// A change of one user's access to one permission set in one account. There may be tens of thousands, so they share
/// ids and names.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AccessChange {
    /// The result of comparing the user's paths of access on the two sides.
    pub change: AccessChangeKind,
    /// The user's id in the identity store.
    pub user_id: Arc<str>,
    /// The sign-in name in the later snapshot, else in the earlier one, else the last one known before.
    pub user_name: Option<Arc<str>>,
    /// The account id, 12 digits.
    pub account_id: Arc<str>,
    /// The account's name in the later snapshot, else in the earlier one, else the last one known before.
    pub account_name: Option<Arc<str>>,
    /// The location of the account, by the names of its OUs: in `to`, else in `from`.
    pub ou_path: Option<Arc<str>>,
    /// The ARN of the permission set.
    pub permission_set_arn: Arc<str>,
    /// The permission set's name in the later snapshot, else in the earlier one, else the last one known before.
    pub permission_set_name: Option<Arc<str>>,
    /// True if the view `privileged_permission_sets` names the permission set in either snapshot.
    pub privileged: bool,
    /// The paths of access in `from`; empty if there are none.
    pub before_ways: Vec<AccessPath>,
    /// The paths of access in `to`; empty if there are none.
    pub after_ways: Vec<AccessPath>,
    /// Every row change behind the access change.
    pub causes: Vec<Arc<Cause>>,
    /// The gap that hides a cause, or a path that may have given the access all along. An `unknown` change depends on
    /// it entirely. If there are several gaps, the first.
    pub gap: Option<HidingGap>,
}

/// A path to a permission set in an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "via", rename_all = "snake_case")]
pub enum AccessPath {
    /// The permission set is assigned to the user.
    Direct,
    /// The permission set is assigned to a group of the user.
    Group {
        /// The group's id in the identity store.
        group_id: Arc<str>,
        /// The name in the snapshot of this side; `None` if the group has none there.
        group_name: Option<Arc<str>>,
    },
}

/// The effect of a row change on access.
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
    /// The effect of the row change on access.
    pub kind: CauseKind,
    /// The name of the resource whose row changed.
    pub resource: &'static str,
    /// The key of the row in `resource`.
    pub key: Record,
    /// The name of an added or removed group, which no path may contain.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group_name: Option<String>,
    /// The identifier of the user or system that made the change, as AWS sends it.
    #[serde(rename = "created_by", skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// The time of the change, if AWS reports it.
    #[serde(rename = "created_at", skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The change of the row itself; `Unknown` if a gap hides whether it happened.
    #[serde(skip)]
    pub change: ChangeKind,
    /// The gap that hides the row, if it is unknown whether the change happened.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gap: Option<HidingGap>,
    /// The newest kept snapshot that saw the row of `from`, if `from` only carried it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<i64>,
}

impl Cause {
    /// Returns true if a gap hides whether the change happened.
    pub fn is_unknown(&self) -> bool {
        self.change == ChangeKind::Unknown
    }
}
