//! The tags of accounts, OUs, the root and permission sets.

use super::{AccessRole, Entity, LabelPart, Parent, ParentWhen, resource};

resource! {
    /// One tag of one thing (ListTagsForResource).
    pub struct Tag in "tags" {
        /// root, organizational_unit, account or permission_set
        key resource_type: Entity = Text;
        /// id of what is tagged; the ARN of a permission set
        key resource_id: String = IdByType {
            type_column: "resource_type",
            entities: &[
                (Entity::Account.as_str(), Entity::Account),
                (Entity::Ou.as_str(), Entity::Ou),
                (Entity::Root.as_str(), Entity::Root),
                (Entity::PermissionSet.as_str(), Entity::PermissionSet),
            ],
        };
        /// key of the tag
        key key: String = Text, label;
        /// value of the tag; may be empty
        data value: Option<String> = Text;
    }
    description: "The tags of accounts, OUs, the root and permission sets.",
    not_about: &[
        (&[Entity::User, Entity::Group], "the identity store has no tags"),
    ],
    in_access: AccessRole::None,
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
    ],
}
