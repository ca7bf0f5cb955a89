//! Who is assigned which permission set in which account.

use super::{AccessRole, Entity, LabelPart, LimitConcerns, resource};

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
        key principal_type: String = Text;
        /// id of the user or group; it may no longer exist
        key principal_id: String = IdByType {
            type_column: "principal_type",
            entities: &[("USER", Entity::User), ("GROUP", Entity::Group)],
        };
    }
    description: "Which user or group is assigned which permission set in which account.",
    not_about: &[
        (&[Entity::Ou, Entity::Root], "a set is assigned in accounts, wherever these are in the tree"),
    ],
    in_access: AccessRole::Assignment,
    row_label: &[
        LabelPart::Name("permission_set_arn"),
        LabelPart::Words(" for "),
        LabelPart::NounAndName("principal_id"),
        LabelPart::Words(" in "),
        LabelPart::Name("account_id"),
    ],
    limit: LimitConcerns::Deleted,
    parents: &[],
}

/// In SQL: the principal of the row `v` is in no table on a day.
macro_rules! no_principal_on {
    ($day:literal) => {
        concat!(
            "NOT EXISTS (SELECT 1 FROM users_versions AS x
        WHERE x.user_id = v.principal_id AND v.principal_type <> 'GROUP'
        AND +x.valid_from <= ",
            $day,
            " AND (x.valid_to IS NULL OR x.valid_to > ",
            $day,
            "))
    AND NOT EXISTS (SELECT 1 FROM groups_versions AS x
        WHERE x.group_id = v.principal_id AND v.principal_type = 'GROUP'
        AND +x.valid_from <= ",
            $day,
            " AND (x.valid_to IS NULL OR x.valid_to > ",
            $day,
            "))"
        )
    };
}

/// Whether the snapshot `s` listed by principal.
pub(super) const BY_PRINCIPALS: &str = "s.assignment_strategy = 'principals'";

/// What that does not show.
pub(super) const NOT_SEEN_BY_PRINCIPALS: &str = "listed by principal, which does not show all assignments of deleted users and groups: --assignments pairs does";

/// Whether the snapshot `s` listed by principal and did not know that of the row `v`: it then asked nobody about it.
pub(super) const UNLISTED_PRINCIPAL: &str =
    concat!("s.assignment_strategy = 'principals'\n    AND ", no_principal_on!("s.snapshot_id"));

/// In SQL: the same, where the principal is in no table on another day either, and no other listing showed the
/// row.
macro_rules! never_listed_on {
    ($other_day:literal) => {
        concat!(
            "s.assignment_strategy = 'principals'
    AND NOT EXISTS (SELECT 1 FROM seen_under_gaps AS x
        WHERE x.snapshot_id = s.snapshot_id AND x.resource = 'account_assignments'
        AND x.scope IN (json_object('principal_id', v.principal_id, 'principal_type', v.principal_type),
                        json_object('account_id', v.account_id, 'permission_set_arn', v.permission_set_arn)))
    AND ",
            no_principal_on!("s.snapshot_id"),
            "\n    AND ",
            no_principal_on!($other_day)
        )
    };
}

/// In SQL: the pair of the row `v` is provisioned on a day.
macro_rules! pair_on {
    ($day:literal) => {
        concat!(
            "EXISTS (SELECT 1 FROM provisioned_permission_sets_versions AS x
        WHERE x.account_id = v.account_id AND x.permission_set_arn = v.permission_set_arn
        AND +x.valid_from <= ",
            $day,
            " AND (x.valid_to IS NULL OR x.valid_to > ",
            $day,
            "))"
        )
    };
}

/// Whether the snapshot `s` could not see that the row of the version `v`, which began later, is not there yet: by
/// principals it did not know its principal; by pairs its pair was not provisioned, then or when the row began. (What
/// the snapshot before knows is asked for by name, so that an end is always seen.)
pub(super) const UNLISTED_BEFORE: &str = concat!(
    never_listed_on!("v.valid_from"),
    "\n    OR s.assignment_strategy = 'pairs'
    AND EXISTS (SELECT 1 FROM provisioned_permission_sets_versions AS x
        WHERE x.valid_from <= s.snapshot_id AND (x.valid_to IS NULL OR x.valid_to > s.snapshot_id))
    AND NOT ",
    pair_on!("s.snapshot_id"),
    "\n    AND NOT ",
    pair_on!("v.valid_from")
);

/// Whether the snapshot `s` could not see that the row of the version `v`, alive in the snapshot `f`, is gone.
pub(super) const PRINCIPAL_UNLISTED_SINCE: &str = never_listed_on!("f.snapshot_id");
