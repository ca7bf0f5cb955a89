//! The organization, its root and its organizational units.

use super::{AccessRole, Entity, ResourceGroup, resource};

resource! {
    /// The organization itself (DescribeOrganization).
    pub struct Organization in "organization" {
        /// id of the organization, o-…
        key organization_id: String = Text, label;
        /// ARN of the organization
        data arn: Option<String> = Text;
        /// ALL or CONSOLIDATED_BILLING
        data feature_set: Option<String> = Text, public;
        /// id of the management account
        data management_account_id: Option<String> = Id(&[Entity::Account]), mention;
        /// e-mail address of the management account's root user
        data management_account_email: Option<String> = Text, personal;
        /// ARN of the management account
        data management_account_arn: Option<String> = Text;
    }
    description: "The AWS organization: one row.",
    not_about: &[
        (&[Entity::Account], "its row names the management account, and is about the organization"),
        (&[Entity::User, Entity::Group, Entity::PermissionSet, Entity::Ou, Entity::Root, Entity::Policy, Entity::Application], "there is one organization, and all is in it"),
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::Organizations,
}

resource! {
    /// The root of the organization's tree (ListRoots).
    pub struct Root in "roots" {
        /// id of the root, r-…
        key root_id: String = Id(&[Entity::Root]);
        /// ARN of the root
        data arn: Option<String> = Text;
        /// name of the root
        data name: Option<String> = Text, label;
        /// policy types and whether each is enabled, a JSON array of {Type, Status}
        data policy_types: Option<String> = Json;
    }
    description: "The root of the organization's tree of organizational units and accounts.",
    not_about: &[
        (&[Entity::User, Entity::Group, Entity::PermissionSet, Entity::Application], "the tree holds accounts only"),
        (&[Entity::Policy], "the tree is what it is whatever policies are attached to it"),
        (&[Entity::Account, Entity::Ou], "there is one root, and all of the tree is beneath it"),
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::Organizations,
}

resource! {
    /// An organizational unit (ListOrganizationalUnitsForParent).
    pub struct OrganizationalUnit in "organizational_units" {
        /// id of the OU, ou-…
        key ou_id: String = Id(&[Entity::Ou]);
        /// ARN of the OU
        data arn: Option<String> = Text;
        /// name of the OU
        data name: Option<String> = Text, label;
        /// id of the root or OU that it is in
        data parent_id: Option<String> = Id(&[Entity::Root, Entity::Ou]), mention;
        /// ids from the organization down to the OU, joined by slashes, no slash at the end
        data entity_path: Option<String> = Text;
    }
    description: "The organizational units (OUs), each with its parent and its path of ids.",
    not_about: &[
        (&[Entity::Root], "an OU is in a place of the tree, and all of it is beneath the root"),
        (&[Entity::User, Entity::Group, Entity::PermissionSet, Entity::Account, Entity::Application], "an OU is what it is whatever is beneath it"),
        (&[Entity::Policy], "an OU is what it is whatever policies are attached to it"),
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::Organizations,
}
