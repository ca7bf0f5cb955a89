//! The counts of each snapshot: their definition, and the resources behind them.
//!
//! `store::derived::metrics` counts without naming a resource. The SELECTs of this declaration give it the rows.

/// A count of the view `snapshot_metrics`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Users with a path of access.
    PeopleWithAccess,
    /// Paths by an assignment to the user directly.
    DirectPaths,
    /// Paths through groups.
    GroupPaths,
    /// Users with a path to a permission set that can grant itself any access.
    Administrators,
    /// Assignments to users.
    DirectAssignments,
    /// Assignments that give nobody access.
    Orphans,
    /// Assignments for which that is unknown.
    Unknown,
}

impl Metric {
    /// Every metric, in the order of the columns.
    pub const ALL: [Self; 7] = [
        Self::PeopleWithAccess,
        Self::DirectPaths,
        Self::GroupPaths,
        Self::Administrators,
        Self::DirectAssignments,
        Self::Orphans,
        Self::Unknown,
    ];

    /// Returns its column in the view, and in the table that stores it.
    pub fn column(self) -> &'static str {
        match self {
            Self::PeopleWithAccess => "people_with_access",
            Self::DirectPaths => "direct_paths",
            Self::GroupPaths => "group_paths",
            Self::Administrators => "administrators",
            Self::DirectAssignments => "direct_assignments",
            Self::Orphans => "orphans",
            Self::Unknown => "unknown",
        }
    }

    /// Returns the resources that the count needs. It is NULL if a snapshot saw nothing of one of them.
    pub fn rests_on(self) -> &'static [&'static str] {
        match self {
            Self::PeopleWithAccess | Self::GroupPaths => {
                &["account_assignments", "users", "group_memberships"]
            }
            Self::DirectPaths => &["account_assignments", "users"],
            Self::Administrators => {
                &["account_assignments", "users", "group_memberships", "permission_set_policies"]
            }
            Self::DirectAssignments => &["account_assignments"],
            Self::Orphans | Self::Unknown => &["account_assignments", "users", "groups", "group_memberships"],
        }
    }
}

/// The SELECTs that the metrics count. The last two columns of each are the bounds of the period in which a row holds.
#[derive(Debug)]
pub struct MetricSources {
    /// Columns: account, principal, permission set, and 1 if the principal is a user.
    pub grants: &'static str,
    /// Columns: principal and user.
    pub members: &'static str,
    /// Columns: account.
    pub accounts: &'static str,
    /// Columns: permission set, and 1 if it is known to be an administrator's.
    pub administrators: &'static str,
    /// Columns: account, and 1 if it is unknown that the assignment gives nobody access; of the answering snapshot.
    pub astray: &'static str,
    /// The view that `astray` reads.
    pub astray_view: &'static str,
    /// All resources behind the counts.
    pub resources: &'static [&'static str],
    /// The message about permission sets whose policies were not all read.
    pub unread: &'static str,
    /// The column of a gap's scope with the account.
    pub account: &'static str,
    /// The column of a gap's scope with the group whose members it hides, and the prefix of the id in the name of a
    /// principal.
    pub group: (&'static str, &'static str),
}

/// The declaration of `snapshot_metrics`.
pub const METRIC_SOURCES: MetricSources = MetricSources {
    grants: include_str!("views/snapshot_metrics/grants.sql"),
    members: include_str!("views/snapshot_metrics/members.sql"),
    accounts: include_str!("views/snapshot_metrics/accounts.sql"),
    administrators: include_str!("views/snapshot_metrics/administrators.sql"),
    astray: include_str!("views/snapshot_metrics/astray.sql"),
    astray_view: "orphan_assignments",
    resources: &[
        "accounts",
        "users",
        "groups",
        "group_memberships",
        "permission_sets",
        "permission_set_policies",
        "managed_policies",
        "account_assignments",
    ],
    unread: "texts of policies",
    account: "account_id",
    group: ("group_id", "GROUP "),
};
