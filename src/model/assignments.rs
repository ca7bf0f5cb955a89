//! Assignments of permission sets in accounts to users and groups.

use super::{AccessRole, Entity, ImplicitGap, LabelPart, LimitConcerns, ResourceGroup, resource};

resource! {
    /// An assignment of a permission set in an account to a user or a group.
    ///
    /// Nothing is its parent: assignments of deleted principals, in suspended accounts, of permission sets that are no
    /// longer listed and of pairs that are no longer provisioned are real, and findings.
    pub struct AccountAssignment in "account_assignments" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// ARN of the permission set
        key permission_set_arn: String = Id(&[Entity::PermissionSet]);
        /// USER or GROUP
        key principal_type: String = Text, public;
        /// id of the user or group; it may no longer exist
        key principal_id: String = IdByType {
            type_column: "principal_type",
            entities: &[("USER", Entity::User), ("GROUP", Entity::Group)],
        };
    }
    description: "Which user or group is assigned which permission set in which account.",
    not_about: &[
        (&[Entity::Ou, Entity::Root], "a set is assigned in accounts, wherever these are in the tree"),
        (&[Entity::Policy], "an assignment stands whatever the organization's policies allow"),
        (&[Entity::Application], "applications are assigned by assignments of their own"),
    ],
    in_access: AccessRole::Assignment,
    group: ResourceGroup::Assignments,
    row_label: &[
        LabelPart::Name("permission_set_arn"),
        LabelPart::Words(" for "),
        LabelPart::NounAndName("principal_id"),
        LabelPart::Words(" in "),
        LabelPart::Name("account_id"),
    ],
    limit: LimitConcerns::Deleted,
    parents: &[],
    implicit_gaps: &[BY_PRINCIPALS, BY_PAIRS],
}

/// The columns of the scopes by which assignments are listed.
const PRINCIPAL: &[&str] = &["principal_id", "principal_type"];
const PAIR: &[&str] = &["account_id", "permission_set_arn"];

/// A listing by principal asks for known principals, and so misses the assignments of deleted ones.
const BY_PRINCIPALS: ImplicitGap = ImplicitGap {
    listed_so: "s.assignment_strategy = 'principals'",
    and_only_if: None,
    missing_on: "NOT EXISTS (SELECT 1 FROM users_versions AS x
        WHERE x.user_id = v.principal_id AND v.principal_type <> 'GROUP'
        AND +x.valid_from <= {day} AND (x.valid_to IS NULL OR x.valid_to > {day}))
    AND NOT EXISTS (SELECT 1 FROM groups_versions AS x
        WHERE x.group_id = v.principal_id AND v.principal_type = 'GROUP'
        AND +x.valid_from <= {day} AND (x.valid_to IS NULL OR x.valid_to > {day}))",
    scope: PRINCIPAL,
    unless_seen: &[PRINCIPAL, PAIR],
    hides_ends: true,
    message: "assignments were listed by principal, and this principal is not known",
    limits: Some(
        "listed by principal, which does not show all assignments of deleted users and groups: --assignments pairs does",
    ),
};

/// A listing by pair of account and permission set asks for the provisioned pairs and for those that the snapshot
/// before knew, so it always sees an end. If nothing at all is provisioned, no listing by pair took place.
const BY_PAIRS: ImplicitGap = ImplicitGap {
    listed_so: "s.assignment_strategy = 'pairs'",
    and_only_if: Some(
        "EXISTS (SELECT 1 FROM provisioned_permission_sets_versions AS x
        WHERE x.valid_from <= s.snapshot_id AND (x.valid_to IS NULL OR x.valid_to > s.snapshot_id))",
    ),
    missing_on: "NOT EXISTS (SELECT 1 FROM provisioned_permission_sets_versions AS x
        WHERE x.account_id = v.account_id AND x.permission_set_arn = v.permission_set_arn
        AND +x.valid_from <= {day} AND (x.valid_to IS NULL OR x.valid_to > {day}))",
    scope: PAIR,
    unless_seen: &[],
    hides_ends: false,
    message: "assignments were listed by account and permission set, and this pair is not provisioned",
    limits: None,
};
