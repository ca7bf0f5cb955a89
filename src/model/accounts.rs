//! The accounts of the organization.

use super::{AccessRole, Entity, ResourceGroup, resource};

resource! {
    /// An AWS account (ListAccounts).
    pub struct Account in "accounts" {
        /// 12-digit id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// ARN of the account
        data arn: Option<String> = Text;
        /// name of the account
        data name: Option<String> = Text, label;
        /// e-mail address of the account's root user
        data email: Option<String> = Text, personal;
        /// PENDING_ACTIVATION, ACTIVE, SUSPENDED, PENDING_CLOSURE or CLOSED
        data state: Option<String> = Text, public;
        /// INVITED or CREATED
        data joined_method: Option<String> = Text, public;
        /// when it joined the organization, UTC
        data joined_at: Option<String> = Time;
        /// id of the root or OU that it is in
        data parent_id: Option<String> = Id(&[Entity::Root, Entity::Ou]), mention;
        /// ids from the organization down to the account, joined by slashes
        data entity_path: Option<String> = Text;
        /// 1 for the organization's management account; NULL when not known
        data is_management_account: Option<bool> = Boolean;
    }
    description: "The accounts of the organization, suspended and closed ones included.",
    not_about: &[
        (&[Entity::Ou, Entity::Root], "an account is in a place of the tree: its own id is among those of what is beneath an OU"),
        (&[Entity::User, Entity::Group, Entity::PermissionSet, Entity::Application], "it is the account of all its users, groups, permission sets and applications alike"),
        (&[Entity::Policy], "an account is what it is whatever policies are attached to it"),
    ],
    in_access: AccessRole::Account,
    group: ResourceGroup::Organizations,
}
