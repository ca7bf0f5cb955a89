//! The tags of accounts, OUs, the root, permission sets and the policies of the organization.

use super::{AccessRole, Entity, ImplicitGap, LabelPart, Parent, ParentWhen, ResourceGroup, resource};

resource! {
    /// One tag of one thing (ListTagsForResource).
    pub struct Tag in "tags" {
        /// root, organizational_unit, account, permission_set or policy
        key resource_type: Entity = Text;
        /// id of what is tagged; the ARN of a permission set
        key resource_id: String = IdByType {
            type_column: "resource_type",
            entities: &[
                (Entity::Account.as_str(), Entity::Account),
                (Entity::Ou.as_str(), Entity::Ou),
                (Entity::Root.as_str(), Entity::Root),
                (Entity::PermissionSet.as_str(), Entity::PermissionSet),
                (Entity::Policy.as_str(), Entity::Policy),
            ],
        };
        /// key of the tag
        key key: String = Text, label;
        /// value of the tag; may be empty
        data value: Option<String> = Text;
    }
    description: "The tags of accounts, OUs, the root, permission sets and the policies of the organization.",
    not_about: &[
        (&[Entity::User, Entity::Group], "the identity store has no tags"),
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::Organizations,
    row_label: &[LabelPart::Value("key"), LabelPart::Words(" of "), LabelPart::NounAndName("resource_id")],
    parents: &[
        Parent {
            resource: "roots",
            columns: &[("resource_id", "root_id")],
            when: ParentWhen::Column("resource_type", "root"),
        },
        Parent {
            resource: "organizational_units",
            columns: &[("resource_id", "ou_id")],
            when: ParentWhen::Column("resource_type", "organizational_unit"),
        },
        Parent {
            resource: "accounts",
            columns: &[("resource_id", "account_id")],
            when: ParentWhen::Column("resource_type", "account"),
        },
        Parent {
            resource: "permission_sets",
            columns: &[("resource_id", "permission_set_arn")],
            when: ParentWhen::Column("resource_type", "permission_set"),
        },
        Parent {
            resource: "organization_policies",
            columns: &[("resource_id", "policy_id")],
            when: ParentWhen::Column("resource_type", "policy"),
        },
    ],
    implicit_gaps: &[BEFORE_POLICIES],
}

/// A program that did not know policies asked for the tags of all else.
const BEFORE_POLICIES: ImplicitGap = ImplicitGap {
    listed_so: "NOT EXISTS (SELECT 1 FROM coverage AS c
        WHERE c.snapshot_id = s.snapshot_id AND c.resource = 'organization_policies')",
    and_only_if: None,
    missing_on: "v.resource_type = 'policy'",
    scope: &["resource_type"],
    unless_seen: &[],
    hides_ends: false,
    message: "the policies of the organization were not collected yet",
    limits: None,
};
