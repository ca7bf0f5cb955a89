//! The tags of accounts, OUs, the root and permission sets.

use serde::Serialize;

use super::{LimitConcerns, Parent, ParentWhen, Resource, ResourceSpec};

/// What kind of thing carries a tag.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaggedType {
    Root,
    OrganizationalUnit,
    #[default]
    Account,
    PermissionSet,
}

impl TaggedType {
    /// The value of the column `resource_type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::OrganizationalUnit => "organizational_unit",
            Self::Account => "account",
            Self::PermissionSet => "permission_set",
        }
    }
}

/// One tag of one thing (ListTagsForResource).
#[derive(Debug, Clone, Default, Serialize)]
pub struct Tag {
    pub resource_type: TaggedType,
    pub resource_id: String,
    pub key: String,
    pub value: Option<String>,
}

impl Resource for Tag {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "tags",
        description: "The tags of accounts, OUs, the root and permission sets.",
        key: &["resource_type", "resource_id", "key"],
        volatile: &[],
        activity: None,
        label: &["key"],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
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
    };
}
