//! The users of the identity store.

use serde::Serialize;

use super::{LimitConcerns, Resource, ResourceSpec};

/// A user of the identity store, with every attribute that ListUsers returns. Multi-valued attributes are
/// JSON arrays in AWS's own spelling.
#[derive(Debug, Clone, Default, Serialize)]
pub struct User {
    pub user_id: String,
    pub user_name: Option<String>,
    pub display_name: Option<String>,
    pub given_name: Option<String>,
    pub family_name: Option<String>,
    pub primary_email: Option<String>,
    pub user_status: Option<String>,
    pub user_type: Option<String>,
    pub title: Option<String>,
    pub user_arn: Option<String>,
    pub nick_name: Option<String>,
    pub formatted_name: Option<String>,
    pub middle_name: Option<String>,
    pub honorific_prefix: Option<String>,
    pub honorific_suffix: Option<String>,
    pub profile_url: Option<String>,
    pub preferred_language: Option<String>,
    pub locale: Option<String>,
    pub timezone: Option<String>,
    pub website: Option<String>,
    pub birthdate: Option<String>,
    pub emails: Option<String>,
    pub phone_numbers: Option<String>,
    pub addresses: Option<String>,
    pub photos: Option<String>,
    pub roles: Option<String>,
    pub external_ids: Option<String>,
    pub extensions: Option<String>,
    pub created_at: Option<String>,
    pub created_by: Option<String>,
    pub updated_at: Option<String>,
    pub updated_by: Option<String>,
}

impl Resource for User {
    const SPEC: ResourceSpec = ResourceSpec {
        name: "users",
        description: "The users of the identity store, disabled ones included.",
        key: &["user_id"],
        volatile: &["updated_at", "updated_by"],
        activity: None,
        label: &["user_name"],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        parents: &[],
    };
}
