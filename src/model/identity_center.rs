//! The Identity Center instance: its Regions and encryption, the attributes of its sessions, and the token issuers that
//! it trusts.

use super::{AccessRole, Entity, ResourceGroup, resource};

resource! {
    /// An instance of IAM Identity Center (ListInstances; DescribeInstance of the one that is collected).
    pub struct IdentityCenterInstance in "identity_center_instances" {
        /// ARN of the instance
        key instance_arn: String = Text;
        /// name of the instance; NULL: it has none
        data name: Option<String> = Text, label;
        /// id of the account that owns it: the management account, or a member account that made its own
        data owner_account_id: Option<String> = Id(&[Entity::Account]), mention;
        /// id of the identity store with its users and groups, d-…
        data identity_store_id: Option<String> = Text;
        /// ARN of the identity store
        data identity_store_arn: Option<String> = Text;
        /// ACTIVE, CREATE_IN_PROGRESS, CREATE_FAILED or DELETE_IN_PROGRESS
        data status: Option<String> = Text, public;
        /// why it has that status
        data status_reason: Option<String> = Text;
        /// when the instance was created, UTC
        data created_at: Option<String> = Time;
        /// the Region in which permission sets and assignments are read
        data primary_region: Option<String> = Text, public;
        /// the Regions that it is in, a JSON array of {RegionName, Status, AddedDate, IsPrimaryRegion} by name
        data regions: Option<String> = Json;
        /// 1 where it has permission sets; NULL: not known of an instance other than the one that is collected
        data permission_sets_enabled: Option<bool> = Boolean;
        /// AWS_OWNED_KMS_KEY or CUSTOMER_MANAGED_KEY; NULL: not known of an instance other than the one that is collected
        data encryption_key_type: Option<String> = Text, public;
        /// ARN of the customer managed key
        data encryption_key_arn: Option<String> = Text;
        /// ENABLED, UPDATING or UPDATE_FAILED
        data encryption_status: Option<String> = Text, public;
        /// why the encryption has that status
        data encryption_status_reason: Option<String> = Text;
    }
    description: "The instances of IAM Identity Center that can be seen: their Regions and encryption.",
    not_about: &[(&Entity::ALL, "an instance is that of all its users, groups, permission sets and applications alike")],
    in_access: AccessRole::None,
    group: ResourceGroup::Identity,
    is_added: true,
}

resource! {
    /// An attribute for access control (DescribeInstanceAccessControlAttributeConfiguration).
    pub struct AccessControlAttribute in "access_control_attributes" {
        /// ARN of the instance
        key instance_arn: String = Text;
        /// key of the session tag that policies may ask for
        key key: String = Text, label;
        /// where its value comes from, e.g. ${path:enterprise.department}; of several, joined by commas
        data source: Option<String> = Text;
        /// ENABLED, CREATION_IN_PROGRESS or CREATION_FAILED, of all attributes of the instance
        data status: Option<String> = Text, public;
        /// why they have that status
        data status_reason: Option<String> = Text;
    }
    description: "The attributes of users that become session tags, for access control by attributes (ABAC).",
    not_about: &[(&Entity::ALL, "an attribute is that of all users, in every account")],
    in_access: AccessRole::None,
    group: ResourceGroup::Identity,
    is_added: true,
}

resource! {
    /// An issuer whose tokens applications may exchange (ListTrustedTokenIssuers, DescribeTrustedTokenIssuer).
    pub struct TrustedTokenIssuer in "trusted_token_issuers" {
        /// ARN of the trusted token issuer
        key trusted_token_issuer_arn: String = Text;
        /// name of the trusted token issuer
        data name: Option<String> = Text, label;
        /// its type, e.g. OIDC_JWT
        data r#type: Option<String> = Text, public;
        /// URL of the issuer
        data issuer_url: Option<String> = Text;
        /// the claim of a token that names the user
        data claim_attribute_path: Option<String> = Text;
        /// the attribute of users that the claim is compared with
        data identity_store_attribute_path: Option<String> = Text;
        /// how the keys of the issuer are found, e.g. OPEN_ID_DISCOVERY
        data jwks_retrieval_option: Option<String> = Text, public;
    }
    description: "The issuers outside AWS whose tokens the instance trusts to name its users.",
    not_about: &[(&Entity::ALL, "an issuer may name any user; which applications take its tokens stands in their grants")],
    in_access: AccessRole::None,
    group: ResourceGroup::Identity,
    is_added: true,
}
