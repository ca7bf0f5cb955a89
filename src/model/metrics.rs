//! The counts of each snapshot: what they count, and what they rest on.
//!
//! `store::derived::metrics` counts, and names no resource: the SELECTs here tell it what there is.

/// What the view `snapshot_metrics` counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Metric {
    /// Users who have a path of access.
    PeopleWithAccess,
    /// Paths by an assignment of the user's own.
    DirectPaths,
    /// Paths through groups.
    GroupPaths,
    /// Users with a path to a permission set that may grant itself anything.
    Administrators,
    /// Assignments to users.
    DirectAssignments,
    /// Assignments that lead nowhere.
    Orphans,
    /// Assignments of which that is not known.
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

    /// Its column in the view and in the table that keeps it.
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

    /// The resources without which there is no count: it is NULL where a snapshot saw nothing of one of them.
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

/// What the metrics are counted from: SELECTs whose last two columns are the bounds of when a row holds.
#[derive(Debug)]
pub struct MetricSources {
    /// Account, principal, permission set, and whether the principal is a user.
    pub grants: &'static str,
    /// Principal and user.
    pub members: &'static str,
    /// Account.
    pub accounts: &'static str,
    /// Permission set, and whether it is known to be an administrator's.
    pub administrators: &'static str,
    /// Account, and whether it is not known that the assignment leads nowhere: of the snapshot that answers.
    pub astray: &'static str,
    /// The view that `astray` reads.
    pub astray_view: &'static str,
    /// The resources that the counts rest on, all of them.
    pub resources: &'static [&'static str],
    /// What is said of permission sets whose policies were not all read.
    pub unread: &'static str,
    /// The columns of a gap's scope that tell the account, and the group whose members it hides.
    pub account: &'static str,
    /// See `account`: the column, and what stands before the id in the name of a principal.
    pub group: (&'static str, &'static str),
}

/// What `snapshot_metrics` is counted from.
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
