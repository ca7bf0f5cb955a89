//! The credentials of the users of an account, as its credential report has them, and when the report was made.

use super::iam::{NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES, OF_ACCOUNT};
use super::{AccessRole, Entity, LabelPart, ResourceGroup, facts, resource};

resource! {
    /// The credentials of a user of an account, or of its root user (GetCredentialReport).
    pub struct IamCredential in "iam_credentials" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// name of the user, <root_account> for the root user
        key user_name: String = Text, label, personal;
        /// ARN of the user
        data arn: Option<String> = Text, personal;
        /// when the user was created, UTC
        data user_creation_time: Option<String> = Time;
        /// 1 where the user has a password for the console
        data password_enabled: Option<bool> = Boolean;
        /// the report's own word where password_enabled has no value: N/A, no_information, not_supported
        data password_enabled_status: Option<String> = Text, public;
        /// when the password was set, UTC
        data password_last_changed: Option<String> = Time;
        /// the report's own word where password_last_changed has no value: N/A, no_information, not_supported
        data password_last_changed_status: Option<String> = Text, public;
        /// when the password has to be changed, UTC
        data password_next_rotation: Option<String> = Time;
        /// the report's own word where password_next_rotation has no value: N/A, no_information, not_supported
        data password_next_rotation_status: Option<String> = Text, public;
        /// 1 where the user has a second factor (MFA)
        data mfa_active: Option<bool> = Boolean;
        /// the report's own word where mfa_active has no value: N/A, no_information, not_supported
        data mfa_active_status: Option<String> = Text, public;
        /// 1 where the first access key is active
        data access_key_1_active: Option<bool> = Boolean;
        /// the report's own word where access_key_1_active has no value: N/A, no_information, not_supported
        data access_key_1_active_status: Option<String> = Text, public;
        /// when the first access key was created or last changed, UTC
        data access_key_1_last_rotated: Option<String> = Time;
        /// the report's own word where access_key_1_last_rotated has no value: N/A, no_information, not_supported
        data access_key_1_last_rotated_status: Option<String> = Text, public;
        /// 1 where the second access key is active
        data access_key_2_active: Option<bool> = Boolean;
        /// the report's own word where access_key_2_active has no value: N/A, no_information, not_supported
        data access_key_2_active_status: Option<String> = Text, public;
        /// when the second access key was created or last changed, UTC
        data access_key_2_last_rotated: Option<String> = Time;
        /// the report's own word where access_key_2_last_rotated has no value: N/A, no_information, not_supported
        data access_key_2_last_rotated_status: Option<String> = Text, public;
        /// 1 where the first signing certificate is active
        data cert_1_active: Option<bool> = Boolean;
        /// the report's own word where cert_1_active has no value: N/A, no_information, not_supported
        data cert_1_active_status: Option<String> = Text, public;
        /// when the first signing certificate was created or last changed, UTC
        data cert_1_last_rotated: Option<String> = Time;
        /// the report's own word where cert_1_last_rotated has no value: N/A, no_information, not_supported
        data cert_1_last_rotated_status: Option<String> = Text, public;
        /// 1 where the second signing certificate is active
        data cert_2_active: Option<bool> = Boolean;
        /// the report's own word where cert_2_active has no value: N/A, no_information, not_supported
        data cert_2_active_status: Option<String> = Text, public;
        /// when the second signing certificate was created or last changed, UTC
        data cert_2_last_rotated: Option<String> = Time;
        /// the report's own word where cert_2_last_rotated has no value: N/A, no_information, not_supported
        data cert_2_last_rotated_status: Option<String> = Text, public;
        /// what else the user has, in words, where the report has more keys or certificates than columns for them
        data additional_credentials_info: Option<String> = Text;
        /// the columns of the report that are none of these, a JSON object
        data extra: Option<String> = Json;
    }
    description: "The credentials of the IAM users and of the root user of each account that was read, as its credential report has them.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Iam,
    is_added: true,
    row_label: &[LabelPart::Value("user_name"), LabelPart::Words(" in "), LabelPart::Name("account_id")],
    parents: &[OF_ACCOUNT],
}

resource! {
    /// When a credential of a user was last used (GetCredentialReport).
    pub struct IamCredentialActivity in "iam_credential_activity" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// name of the user, <root_account> for the root user
        key user_name: String = Text, label, personal;
        /// password, access_key_1 or access_key_2
        key credential: String = Text, label, public;
        /// when it was last used, at least as recent as this, UTC; NULL: see last_used_status
        activity last_used_at: Option<String> = Time;
        /// Region of that use, of an access key
        activity last_used_region: Option<String> = Text, public;
        /// service of that use, of an access key
        activity last_used_service: Option<String> = Text, public;
        /// the report's own word where there is no last use: N/A (there is none, or no use of a key in AWS's tracking period), no_information (a password without a use in that period)
        data last_used_status: Option<String> = Text, public;
    }
    description: "When the passwords and access keys of the IAM users and of the root user of each account that was read were last used.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Iam,
    is_added: true,
    row_label: &[
        LabelPart::Value("credential"), LabelPart::Words(" of "), LabelPart::Value("user_name"),
        LabelPart::Words(" in "), LabelPart::Name("account_id"),
    ],
    activity_noun: Some("use"),
    keeps_activity_in_steps: true,
    parents: &[OF_ACCOUNT],
}

facts! {
    /// When AWS made the credential report of an account that a snapshot read (GetCredentialReport).
    pub struct IamCredentialReport in "iam_credential_reports" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// when AWS made the report, UTC: up to four hours before it was read
        data generated_at: Option<String> = Time;
    }
    description: "When AWS made the credential reports that each snapshot read: a user created later is not in it.",
    remembered: None,
}

impl IamCredential {
    /// The `user_name` of the root user.
    pub const ROOT: &'static str = "<root_account>";
}
