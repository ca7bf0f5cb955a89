//! What happened to users' access, and because of which rows.

use std::sync::Arc;

use serde::Serialize;

use super::rows::ChangeKind;
use crate::store::{HidingGap, Record};

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
    /// Whether the view `privileged_permission_sets` names the permission set in either snapshot.
    pub privileged: bool,
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
