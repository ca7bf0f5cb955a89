//! Who is assigned which permission set in which account.

use serde::Serialize;

use super::{Parent, ParentWhen, Resource, ResourceSpec};

/// An assignment of a permission set in an account to a user or a group.
///
/// Neither the principal nor the account is its parent: assignments of deleted principals and in suspended
/// accounts are real, and findings.
#[derive(Debug, Clone, Default, Serialize)]
pub struct AccountAssignment {
    pub account_id: String,
    pub permission_set_arn: String,
    pub principal_type: String,
    pub principal_id: String,
}

impl Resource for AccountAssignment {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "account_assignments",
        description: "Which user or group is assigned which permission set in which account.",
        key: &["account_id", "permission_set_arn", "principal_type", "principal_id"],
        volatile: &[],
        label: &[],
        parents: &[Parent {
            resource: "provisioned_permission_sets",
            columns: &[("account_id", "account_id"), ("permission_set_arn", "permission_set_arn")],
            when: ParentWhen::Strategy("pairs"),
        }],
    };
}
