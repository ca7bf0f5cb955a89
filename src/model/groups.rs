//! The groups of the identity store and who is in them.

use serde::Serialize;

use super::{LimitConcerns, Parent, ParentWhen, Resource, ResourceSpec};

/// A group of the identity store (ListGroups).
#[derive(Debug, Clone, Default, Serialize)]
pub struct Group {
    pub group_id: String,
    pub display_name: Option<String>,
    pub description: Option<String>,
    pub external_ids: Option<String>,
    pub group_arn: Option<String>,
    pub created_at: Option<String>,
    pub created_by: Option<String>,
    pub updated_at: Option<String>,
    pub updated_by: Option<String>,
}

impl Resource for Group {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "groups",
        description: "The groups of the identity store, empty ones included.",
        key: &["group_id"],
        volatile: &["updated_at", "updated_by"],
        activity: None,
        label: &["display_name"],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        parents: &[],
    };
}

/// One user's membership in one group (ListGroupMemberships). Identity Center has no nested groups.
#[derive(Debug, Clone, Default, Serialize)]
pub struct GroupMembership {
    pub group_id: String,
    pub user_id: String,
    pub membership_id: Option<String>,
    pub membership_arn: Option<String>,
    pub created_at: Option<String>,
    pub created_by: Option<String>,
    pub updated_at: Option<String>,
    pub updated_by: Option<String>,
}

impl Resource for GroupMembership {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "group_memberships",
        description: "Which user is in which group.",
        key: &["group_id", "user_id"],
        volatile: &["updated_at", "updated_by"],
        activity: None,
        label: &[],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        parents: &[Parent {
            resource: "groups",
            columns: &[("group_id", "group_id")],
            when: ParentWhen::Always,
        }],
    };
}
