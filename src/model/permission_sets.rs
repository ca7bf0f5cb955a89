//! Permission sets, the policies attached to them, and the accounts they are provisioned to.

use serde::Serialize;

use super::{DocumentColumn, Grammar, LimitConcerns, Parent, ParentWhen, Resource, ResourceSpec};

/// A permission set (DescribePermissionSet).
#[derive(Debug, Clone, Default, Serialize)]
pub struct PermissionSet {
    pub permission_set_arn: String,
    pub name: Option<String>,
    pub description: Option<String>,
    pub session_duration: Option<String>,
    pub relay_state: Option<String>,
    pub created_at: Option<String>,
}

impl Resource for PermissionSet {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "permission_sets",
        description: "The permission sets of the Identity Center instance.",
        key: &["permission_set_arn"],
        volatile: &[],
        activity: None,
        label: &["name"],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        parents: &[],
    };
}

/// How a policy is attached to a permission set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    #[default]
    AwsManaged,
    CustomerManaged,
    Inline,
    PermissionsBoundary,
}

impl PolicyKind {
    /// The value of the column `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AwsManaged => "aws_managed",
            Self::CustomerManaged => "customer_managed",
            Self::Inline => "inline",
            Self::PermissionsBoundary => "permissions_boundary",
        }
    }
}

/// A policy of a permission set: attached, inline or its permissions boundary.
#[derive(Debug, Clone, Default, Serialize)]
pub struct PermissionSetPolicy {
    pub permission_set_arn: String,
    pub kind: PolicyKind,
    pub policy: String,
    pub policy_name: Option<String>,
    pub policy_path: Option<String>,
    pub document: Option<String>,
}

impl Resource for PermissionSetPolicy {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "permission_set_policies",
        description: "The policies of each permission set: AWS managed, customer managed, inline, and its boundary.",
        key: &["permission_set_arn", "kind", "policy"],
        volatile: &[],
        activity: None,
        label: &["policy"],
        limit: LimitConcerns::UnseenScopes,
        documents: &[DocumentColumn {
            column: "document",
            hash_column: "document_hash",
            grammar: Grammar::IamPolicy,
        }],
        parents: &[PERMISSION_SET],
    };
}

/// A permission set's presence in an account (ListAccountsForProvisionedPermissionSet).
#[derive(Debug, Clone, Default, Serialize)]
pub struct ProvisionedPermissionSet {
    pub account_id: String,
    pub permission_set_arn: String,
    pub provisioning_status: Option<String>,
}

impl Resource for ProvisionedPermissionSet {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "provisioned_permission_sets",
        description: "Which permission set is provisioned to which account, and whether at its latest version.",
        key: &["account_id", "permission_set_arn"],
        volatile: &[],
        activity: None,
        label: &[],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        parents: &[PERMISSION_SET],
    };
}

const PERMISSION_SET: Parent = Parent {
    resource: "permission_sets",
    columns: &[("permission_set_arn", "permission_set_arn")],
    when: ParentWhen::Always,
};
