//! IAM of the accounts: the users, groups, roles and policies that an account has itself, beside Identity Center. Each account is
//! asked itself: a census knows those of the accounts that were read, and nothing of the others.

use super::{AccessRole, Entity, Grammar, LabelPart, Parent, ParentWhen, ResourceGroup, resource};

/// Why no row is about people and things of Identity Center.
pub(super) const NOT_ABOUT_PEOPLE: (&[Entity], &str) = (
    &[Entity::User, Entity::Group, Entity::PermissionSet, Entity::Application],
    "an account's own users, groups and roles are none of Identity Center",
);
/// Why no row is about a place of the tree, or a policy of the organization.
pub(super) const NOT_ABOUT_PLACES: (&[Entity], &str) =
    (&[Entity::Ou, Entity::Root, Entity::Policy], "it is in an account, wherever that is in the tree");
/// What vanishes with its account.
pub(super) const OF_ACCOUNT: Parent =
    Parent { resource: "accounts", columns: &[("account_id", "account_id")], when: ParentWhen::Always };

resource! {
    /// A user of an account (GetAccountAuthorizationDetails).
    pub struct IamUser in "iam_users" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// name of the user, which an account has once
        key user_name: String = Text, label, personal;
        /// AWS's id of the user, AIDA…
        data user_id: Option<String> = Text;
        /// ARN of the user
        data arn: Option<String> = Text, personal;
        /// path of the user, / unless set
        data path: Option<String> = Text;
        /// when the user was created, UTC
        data created_at: Option<String> = Time;
        /// the policy that is its permissions boundary, if any
        data permissions_boundary_arn: Option<String> = Text;
        /// its tags, a JSON array of {Key, Value}
        data tags: Option<String> = Json;
    }
    description: "The IAM users of each account that was read.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Iam,
    is_added: true,
    row_label: &[LabelPart::Value("user_name"), LabelPart::Words(" in "), LabelPart::Name("account_id")],
    parents: &[OF_ACCOUNT],
}

resource! {
    /// A group of an account (GetAccountAuthorizationDetails).
    pub struct IamGroup in "iam_groups" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// name of the group, which an account has once
        key group_name: String = Text, label;
        /// AWS's id of the group, AGPA…
        data group_id: Option<String> = Text;
        /// ARN of the group
        data arn: Option<String> = Text;
        /// path of the group, / unless set
        data path: Option<String> = Text;
        /// when the group was created, UTC
        data created_at: Option<String> = Time;
    }
    description: "The IAM groups of each account that was read.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Iam,
    is_added: true,
    row_label: &[LabelPart::Value("group_name"), LabelPart::Words(" in "), LabelPart::Name("account_id")],
    parents: &[OF_ACCOUNT],
}

resource! {
    /// A user of an account in a group of it (GetAccountAuthorizationDetails).
    pub struct IamGroupMember in "iam_group_members" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// name of the group
        key group_name: String = Text, label;
        /// name of the user
        key user_name: String = Text, label, personal;
    }
    description: "Which IAM users are in which IAM groups, of each account that was read.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Iam,
    is_added: true,
    row_label: &[
        LabelPart::Value("user_name"), LabelPart::Words(" in "), LabelPart::Value("group_name"),
        LabelPart::Words(" of "), LabelPart::Name("account_id"),
    ],
    parents: &[OF_ACCOUNT],
}

resource! {
    /// A role of an account (GetAccountAuthorizationDetails, ListRoles).
    pub struct IamRole in "iam_roles" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// name of the role, which an account has once
        key role_name: String = Text, label;
        /// AWS's id of the role, AROA…
        data role_id: Option<String> = Text;
        /// ARN of the role
        data arn: Option<String> = Text;
        /// path of the role, / unless set
        data path: Option<String> = Text;
        /// when the role was created, UTC
        data created_at: Option<String> = Time;
        /// description of the role
        data description: Option<String> = Text;
        /// how long a session may last at most, in seconds
        data max_session_duration: Option<i64> = Integer;
        /// who may assume the role, JSON
        data trust_policy: Option<String> = Document { hash_column: "trust_policy_hash", grammar: Grammar::IamPolicy };
        /// the policy that is its permissions boundary, if any
        data permissions_boundary_arn: Option<String> = Text;
        /// its instance profiles, a JSON array
        data instance_profiles: Option<String> = Json;
        /// the template that the role was made from, JSON
        data source_template: Option<String> = Json;
        /// its tags, a JSON array of {Key, Value}
        data tags: Option<String> = Json;
    }
    description: "The IAM roles of each account that was read, with who may assume them.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Iam,
    is_added: true,
    row_label: &[LabelPart::Value("role_name"), LabelPart::Words(" in "), LabelPart::Name("account_id")],
    parents: &[OF_ACCOUNT],
}

resource! {
    /// When a role of an account was last used (GetAccountAuthorizationDetails).
    pub struct IamRoleActivity in "iam_role_activity" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// name of the role
        key role_name: String = Text, label;
        /// when the role was last used, at least as recent as this, UTC; NULL: no use in AWS's tracking period
        activity last_used_at: Option<String> = Time;
        /// Region of that use
        activity last_used_region: Option<String> = Text, public;
    }
    description: "When the IAM roles of each account that was read were last used, by anyone.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Iam,
    is_added: true,
    row_label: &[LabelPart::Value("role_name"), LabelPart::Words(" in "), LabelPart::Name("account_id")],
    activity_noun: Some("use"),
    keeps_activity_in_steps: true,
    parents: &[OF_ACCOUNT],
}

resource! {
    /// A managed policy of an account (GetAccountAuthorizationDetails).
    pub struct IamPolicy in "iam_policies" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// ARN of the policy
        key policy_arn: String = Text;
        /// name of the policy
        data name: Option<String> = Text, label;
        /// path of the policy, / unless set
        data path: Option<String> = Text;
        /// AWS's id of the policy, ANPA…
        data policy_id: Option<String> = Text;
        /// description of the policy
        data description: Option<String> = Text;
        /// the version that is in force, e.g. v5
        data default_version_id: Option<String> = Text;
        /// the policy, JSON
        data document: Option<String> = Document { hash_column: "document_hash", grammar: Grammar::IamPolicy };
        /// when the policy was created, UTC
        data created_at: Option<String> = Time;
        /// when its version in force was made or chosen, UTC
        data updated_at: Option<String> = Time;
        /// its versions, a JSON array of {VersionId, IsDefaultVersion, CreateDate}
        data versions: Option<String> = Json;
        /// 1 where it can be attached
        data is_attachable: Option<bool> = Boolean;
        /// to how many users, groups and roles it is attached
        volatile attachment_count: Option<i64> = Integer;
        /// of how many users and roles it is the permissions boundary
        volatile boundary_usage_count: Option<i64> = Integer;
    }
    description: "The customer managed IAM policies of each account that was read, with their text.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Iam,
    is_added: true,
    row_label: &[LabelPart::Value("name"), LabelPart::Words(" in "), LabelPart::Name("account_id")],
    parents: &[OF_ACCOUNT],
}

resource! {
    /// A policy of a user, group or role of an account (GetAccountAuthorizationDetails).
    pub struct IamPolicyAttachment in "iam_policy_attachments" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// USER, GROUP or ROLE
        key principal_type: String = Text, public;
        /// name of the user, group or role
        key principal_name: String = Text, label, personal;
        /// managed or inline
        key kind: String = Text, public;
        /// ARN of a managed policy, name of an inline one
        key policy: String = Text, label;
        /// name of the policy
        data policy_name: Option<String> = Text;
        /// the policy, JSON; NULL of a managed one, which is found by its ARN
        data document: Option<String> = Document { hash_column: "document_hash", grammar: Grammar::IamPolicy };
    }
    description: "The policies that IAM users, groups and roles have, inline or attached, in each account that was read.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Iam,
    is_added: true,
    row_label: &[
        LabelPart::Value("policy"), LabelPart::Words(" of "), LabelPart::Value("principal_name"),
        LabelPart::Words(" in "), LabelPart::Name("account_id"),
    ],
    parents: &[OF_ACCOUNT],
}

impl IamPolicyAttachment {
    /// The `kind` of a policy that is attached by its ARN.
    pub const MANAGED: &'static str = "managed";
    /// The `kind` of a policy that is part of its user, group or role.
    pub const INLINE: &'static str = "inline";
}
