//! The derived views: SELECTs over the views of several resources, one SQL file each.

use super::{METRIC_SOURCES, MetricSources, RESOURCES, ResourceSpec};

/// A view over the resources' views, written by hand because it joins several of them.
#[derive(Debug)]
pub struct DerivedView {
    /// The view's name.
    pub name: &'static str,
    /// One sentence for the data dictionary.
    pub description: &'static str,
    /// Its SELECT. It names only views (`<name>`, `<name>_history`, `<name>_changes`, `answering_snapshot`,
    /// earlier derived ones) and the tables keyed by snapshot, unqualified, and uses no function that is not in every
    /// SQLite, so that the same text serves the latest snapshot and, as TEMP view, any other. The rows
    /// alive are those of a history whose `valid_to` is NULL. A column's description is its comment.
    pub select: &'static str,
    /// The view's result over a range of snapshots.
    pub over_range: OverRange,
    /// True if the view shows only access of users and groups that exist.
    pub of_the_living: bool,
    /// True if the view shows for each snapshot the changes since the one before. The table `<name>_steps` of a
    /// migration then stores its rows, with the view's columns except `taken_at`, which follows `snapshot_id` in the
    /// view. The SELECT names only a resource's `_changes` and `_history`.
    pub by_step: bool,
    /// The SELECT of the policies that are weighed (`document::privileges`): subject, kind, policy, document,
    /// valid_from and valid_to. Rows without a subject are the documents of policies that subjects attach. The table
    /// `<name>_kept` of a migration stores the results, with the view's columns and the bounds of the period in which a
    /// row holds.
    pub weighed_from: Option<&'static str>,
    /// The sources of the view's counts. The table `<name>_kept` of a migration then stores the counts, with the bounds
    /// of the period in which a row holds.
    pub counted_from: Option<&'static MetricSources>,
    /// The columns of which a statement must restrict at least one to a value. The complete view has too many rows to
    /// read.
    pub asked_by: &'static [&'static str],
}

impl DerivedView {
    /// A view of one snapshot with nothing special about it: what a declaration leaves out.
    pub const PLAIN: Self = Self {
        name: "",
        description: "",
        select: "",
        over_range: OverRange::Nothing,
        of_the_living: false,
        by_step: false,
        weighed_from: None,
        counted_from: None,
        asked_by: &[],
    };

    /// Returns the resources that the view's SELECT names, or that its counts need.
    pub fn resources(&self) -> Vec<&'static ResourceSpec> {
        if let Some(sources) = self.counted_from {
            return RESOURCES.iter().copied().filter(|spec| sources.resources.contains(&spec.name)).collect();
        }
        let select = self.weighed_from.unwrap_or(self.select);
        let words: Vec<&str> = select.split(|one: char| !one.is_alphanumeric() && one != '_').collect();
        let names = |name: &str| {
            let of_it = |word: &str| {
                word.strip_prefix(name)
                    .is_some_and(|end| ["", "_changes", "_history", "_versions"].contains(&end))
            };
            words.iter().any(|word| of_it(word))
        };
        RESOURCES.iter().copied().filter(|spec| names(spec.name)).collect()
    }
}

/// The result of a derived view over a range of snapshots.
#[derive(Debug, Clone, Copy)]
pub enum OverRange {
    /// The same SELECT, because the views that it names are histories, or cover the range.
    Same,
    /// This SELECT, in which a comment `-- during: …` is SQL and `{from}` in it is the first snapshot of the range. It
    /// has the further columns `valid_from` and `valid_to`, joins only rows that existed at the same time, and does not
    /// end with a comment.
    Marked(&'static str),
    /// No result: the view shows the state of one snapshot.
    Nothing,
}

/// Every derived view, in an order in which each view names only earlier ones.
pub const DERIVED_VIEWS: &[DerivedView] = &[
    DerivedView {
        name: "organization_tree",
        description: "The root, the OUs and the accounts as one tree, with their paths.",
        select: include_str!("organization_tree.sql"),
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "effective_access",
        description: "Every access path of a user to a permission set in an account: direct or through a group.",
        select: include_str!("effective_access.sql"),
        over_range: OverRange::Marked(include_str!("effective_access_history.sql")),
        of_the_living: true,
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "effective_access_history",
        description: "Every access path that ever existed, with the times when it was first seen, last seen and gone.",
        select: include_str!("effective_access_history.sql"),
        over_range: OverRange::Same,
        of_the_living: true,
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "effective_access_by_snapshot",
        description: "Every access path of a user to a permission set in an account in each snapshot, for charts: select a snapshot, an account or a user.",
        select: include_str!("effective_access_by_snapshot.sql"),
        over_range: OverRange::Same,
        of_the_living: true,
        asked_by: &["snapshot_id", "account_id", "user_id"],
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "effective_access_unknown",
        description: "The assignments of which it is not known whom they give access.",
        select: include_str!("effective_access_unknown.sql"),
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "orphan_assignments",
        description: "The assignments that lead nowhere, and those that name a user, group, account or permission set that is in no table.",
        select: include_str!("orphan_assignments.sql"),
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "access_change_causes",
        description: "What granted, removed or altered access paths at each snapshot, stored in the file: one row for each cause and principal; sum(users * assignments) equals sum(users) of access_changes, but is faster.",
        select: include_str!("access_change_causes.sql"),
        over_range: OverRange::Same,
        of_the_living: true,
        by_step: true,
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "access_changes",
        description: "The access paths that were gained, lost or altered at each snapshot, and the cause: one row for a whole group. For sums use access_change_causes, which is faster.",
        select: include_str!("access_changes.sql"),
        over_range: OverRange::Same,
        of_the_living: true,
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "access_change_totals",
        description: "How many paths came, went or changed at each snapshot, kept in the file: a row for the organization and one for each account that they lead to, where there are any. snapshot_metrics has them beside other counts.",
        select: include_str!("access_change_totals.sql"),
        over_range: OverRange::Same,
        of_the_living: true,
        by_step: true,
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "snapshot_metrics",
        description: "Counts of each snapshot for charts, one row for the organization and one for each account: people with access, paths, administrators, orphans, and what came and went by cause. NULL is not known.",
        select: include_str!("snapshot_metrics.sql"),
        over_range: OverRange::Same,
        counted_from: Some(&METRIC_SOURCES),
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "privileged_permission_sets",
        description: "Why permission sets are privileged according to all of their policies, one row for each entry of escalations.json that they allow, and one for each policy that was not read: administrators have level administrator and scope any.",
        select: include_str!("privileged_permission_sets.sql"),
        over_range: OverRange::Marked(include_str!("privileged_permission_sets_during.sql")),
        weighed_from: Some(include_str!("permission_set_texts.sql")),
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "privileged_permission_sets_history",
        description: "Why permission sets were privileged, with the snapshots in which they were: who was an administrator when.",
        select: include_str!("privileged_permission_sets_history.sql"),
        over_range: OverRange::Same,
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "policy_statements",
        description: "What every policy says, one row for each statement and pattern of an action; a policy that was not read has a row with the reason.",
        select: include_str!("policy_statements.sql"),
        over_range: OverRange::Marked(include_str!("policy_statements_during.sql")),
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "permission_set_statements",
        description: "What each permission set allows and denies through every policy that it has, one row for each statement and pattern of an action.",
        select: include_str!("permission_set_statements.sql"),
        over_range: OverRange::Marked(include_str!("permission_set_statements_during.sql")),
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "role_trust",
        description: "Who may assume each IAM role by its trust policy, one row for each statement and principal.",
        select: include_str!("role_trust.sql"),
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "permission_set_roles",
        description: "The roles of permission sets in the accounts whose IAM was read, with when anyone last used them.",
        select: include_str!("permission_set_roles.sql"),
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "effective_application_access",
        description: "Who may use each application: everybody, or who is assigned, directly or through a group; and where that is not known.",
        select: include_str!("effective_application_access.sql"),
        of_the_living: true,
        ..DerivedView::PLAIN
    },
    DerivedView {
        name: "identity_source",
        description: "Where the users of the instance come from, with the evidence for it.",
        select: include_str!("identity_source.sql"),
        ..DerivedView::PLAIN
    },
];
