//! Permission sets, the policies attached to them, and the accounts they are provisioned to.

use serde::Serialize;

use super::{AccessRole, Entity, Grammar, LabelPart, Parent, ParentWhen, ResourceGroup, resource};

resource! {
    /// A permission set (DescribePermissionSet).
    pub struct PermissionSet in "permission_sets" {
        /// ARN of the permission set; a set that is deleted and made again has another
        key permission_set_arn: String = Id(&[Entity::PermissionSet]);
        /// name of the permission set
        data name: Option<String> = Text, label;
        /// description
        data description: Option<String> = Text;
        /// how long a session lasts, an ISO 8601 duration such as PT8H
        data session_duration: Option<String> = Text, public;
        /// where the console opens
        data relay_state: Option<String> = Text;
        /// when the permission set was created, UTC
        data created_at: Option<String> = Time;
    }
    description: "The permission sets of the Identity Center instance.",
    not_about: &[
        (&[Entity::User, Entity::Group, Entity::Account, Entity::Application], "a permission set is the same for all whom it is assigned to, and in every account"),
        (&[Entity::Ou, Entity::Root, Entity::Policy], "permission sets are outside the tree of accounts"),
    ],
    in_access: AccessRole::PermissionSet,
    group: ResourceGroup::PermissionSets,
}

/// The way in which a policy is attached to a permission set.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PolicyKind {
    /// A policy that AWS maintains, by ARN.
    #[default]
    AwsManaged,
    /// A policy with the same name and path in each account, which AWS looks up there.
    CustomerManaged,
    /// The one JSON document of the permission set itself.
    Inline,
    /// The permissions boundary, an AWS managed or customer managed policy.
    PermissionsBoundary,
}

impl PolicyKind {
    /// Returns the value of the column `kind`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::AwsManaged => "aws_managed",
            Self::CustomerManaged => "customer_managed",
            Self::Inline => "inline",
            Self::PermissionsBoundary => "permissions_boundary",
        }
    }
}

resource! {
    /// A policy of a permission set: attached, inline or its permissions boundary.
    pub struct PermissionSetPolicy in "permission_set_policies" {
        /// ARN of the permission set
        key permission_set_arn: String = Id(&[Entity::PermissionSet]);
        /// aws_managed, customer_managed, inline or permissions_boundary
        key kind: PolicyKind = Text, public;
        /// ARN of an AWS managed policy; path and name of a customer managed one; inline for an inline one
        key policy: String = Text, label;
        /// name of the policy, where AWS returns it
        data policy_name: Option<String> = Text;
        /// path of a customer managed policy, / unless set
        data policy_path: Option<String> = Text;
        /// the JSON document of an inline policy, as AWS returned it
        data document: Option<String> = Document { hash_column: "document_hash", grammar: Grammar::IamPolicy };
    }
    description: "The policies of each permission set: AWS managed, customer managed, inline, and its boundary.",
    not_about: &[
        (&[Entity::User, Entity::Group, Entity::Account, Entity::Application], "a policy is that of its permission set, for all whom it is assigned to"),
        (&[Entity::Ou, Entity::Root, Entity::Policy], "permission sets are outside the tree of accounts"),
    ],
    in_access: AccessRole::Policy,
    group: ResourceGroup::PermissionSets,
    row_label: &[
        LabelPart::Policy { kind: "kind", policy: "policy", name: "policy_name" },
        LabelPart::Words(" on "),
        LabelPart::Name("permission_set_arn"),
    ],
    parents: &[PERMISSION_SET],
}

resource! {
    /// A permission set's presence in an account (ListAccountsForProvisionedPermissionSet).
    pub struct ProvisionedPermissionSet in "provisioned_permission_sets" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// ARN of the permission set
        key permission_set_arn: String = Id(&[Entity::PermissionSet]);
        /// LATEST_PERMISSION_SET_PROVISIONED or LATEST_PERMISSION_SET_NOT_PROVISIONED
        data provisioning_status: Option<String> = Text, public;
    }
    description: "Which permission set is provisioned to which account, and whether at its latest version.",
    not_about: &[
        (&[Entity::User, Entity::Group, Entity::Application], "provisioning creates a role in an account, whoever may take it"),
        (&[Entity::Ou, Entity::Root, Entity::Policy], "a set is provisioned to accounts, wherever these are in the tree"),
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::PermissionSets,
    row_label: &[LabelPart::Name("permission_set_arn"), LabelPart::Words(" in "), LabelPart::Name("account_id")],
    not_in_lives: Some("it follows the assignments"),
    parents: &[PERMISSION_SET],
}

const PERMISSION_SET: Parent = Parent {
    resource: "permission_sets",
    columns: &[("permission_set_arn", "permission_set_arn")],
    when: ParentWhen::Always,
};
