//! The organization, its root and its organizational units.

use serde::Serialize;

use super::{LimitConcerns, Resource, ResourceSpec};

/// The organization itself (DescribeOrganization).
#[derive(Debug, Clone, Default, Serialize)]
pub struct Organization {
    pub organization_id: String,
    pub arn: Option<String>,
    pub feature_set: Option<String>,
    pub management_account_id: Option<String>,
    pub management_account_email: Option<String>,
    pub management_account_arn: Option<String>,
}

impl Resource for Organization {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "organization",
        description: "The AWS organization: one row.",
        key: &["organization_id"],
        volatile: &[],
        activity: None,
        label: &["organization_id"],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        parents: &[],
    };
}

/// The root of the organization's tree (ListRoots).
#[derive(Debug, Clone, Default, Serialize)]
pub struct Root {
    pub root_id: String,
    pub arn: Option<String>,
    pub name: Option<String>,
    pub policy_types: Option<String>,
}

impl Resource for Root {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "roots",
        description: "The root of the organization's tree of organizational units and accounts.",
        key: &["root_id"],
        volatile: &[],
        activity: None,
        label: &["name"],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        parents: &[],
    };
}

/// An organizational unit (ListOrganizationalUnitsForParent).
#[derive(Debug, Clone, Default, Serialize)]
pub struct OrganizationalUnit {
    pub ou_id: String,
    pub arn: Option<String>,
    pub name: Option<String>,
    pub parent_id: Option<String>,
    pub entity_path: Option<String>,
}

impl Resource for OrganizationalUnit {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "organizational_units",
        description: "The organizational units (OUs), each with its parent and its path of ids.",
        key: &["ou_id"],
        volatile: &[],
        activity: None,
        label: &["name"],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        parents: &[],
    };
}
