//! Recent requests to Identity Center: to create or delete an assignment, or to provision a permission set.

use super::{AccessRole, Entity, ResourceGroup, resource};

resource! {
    /// A request and how it ended (ListAccountAssignmentCreationStatus, ListAccountAssignmentDeletionStatus,
    /// ListPermissionSetProvisioningStatus; those that failed are described).
    pub struct AssignmentRequest in "assignment_requests" {
        /// id of the request
        key request_id: String = Text;
        /// assignment_creation, assignment_deletion or permission_set_provisioning
        data kind: RequestKind = Text, public;
        /// IN_PROGRESS, SUCCEEDED or FAILED
        data status: Option<String> = Text, public;
        /// id of the account that the request was about; NULL unless it failed
        data account_id: Option<String> = Id(&[Entity::Account]), mention;
        /// ARN of the permission set that the request was about; NULL unless it failed
        data permission_set_arn: Option<String> = Id(&[Entity::PermissionSet]), mention;
        /// USER or GROUP; NULL unless it was about an assignment, and failed
        data principal_type: Option<String> = Text, public;
        /// id of the user or group that it was about; NULL unless it was about an assignment, and failed
        data principal_id: Option<String> = IdByType {
            type_column: "principal_type",
            entities: &[("USER", Entity::User), ("GROUP", Entity::Group)],
        }, mention;
        /// when it was made, UTC
        data created_at: Option<String> = Time;
        /// why it failed, in AWS's words
        data failure_reason: Option<String> = Text;
    }
    description: "Requests to make or delete assignments and to provision permission sets, for as long as AWS keeps them.",
    not_about: &[(&Entity::ALL, "AWS tells only of a request that failed what it was about")],
    in_access: AccessRole::None,
    group: ResourceGroup::Assignments,
    is_added: true,
    not_in_lives: Some("AWS forgets requests after some 90 days"),
    not_compared: Some("AWS forgets requests after some 90 days, and what they changed is compared itself"),
}

/// The action that a request asks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// To assign a permission set in an account to a user or group.
    #[default]
    AssignmentCreation,
    /// To delete an assignment of a permission set in an account.
    AssignmentDeletion,
    /// To provision a permission set in an account.
    PermissionSetProvisioning,
}

impl RequestKind {
    /// Every kind.
    pub const ALL: [Self; 3] =
        [Self::AssignmentCreation, Self::AssignmentDeletion, Self::PermissionSetProvisioning];

    /// Returns the value of the column.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AssignmentCreation => "assignment_creation",
            Self::AssignmentDeletion => "assignment_deletion",
            Self::PermissionSetProvisioning => "permission_set_provisioning",
        }
    }
}
