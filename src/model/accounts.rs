//! The accounts of the organization.

use serde::Serialize;

use super::{LimitConcerns, Resource, ResourceSpec};

/// An AWS account (ListAccounts).
#[derive(Debug, Clone, Default, Serialize)]
pub struct Account {
    pub account_id: String,
    pub arn: Option<String>,
    pub name: Option<String>,
    pub email: Option<String>,
    pub state: Option<String>,
    pub joined_method: Option<String>,
    pub joined_at: Option<String>,
    pub parent_id: Option<String>,
    pub entity_path: Option<String>,
    pub is_management_account: Option<bool>,
}

impl Resource for Account {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "accounts",
        description: "The accounts of the organization, suspended and closed ones included.",
        key: &["account_id"],
        volatile: &[],
        activity: None,
        label: &["name"],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        parents: &[],
    };
}
