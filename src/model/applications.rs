//! Applications of Identity Center: their users and their setup.
//!
//! Reading the setup of an application takes four more calls, which have a time budget. It has tables of its own, so
//! that unread setup is a gap there while the application itself is known.

use super::{AccessRole, Entity, Grammar, LabelPart, Parent, ParentWhen, ResourceGroup, facts, resource};

resource! {
    /// An application (ListApplications, GetApplicationAssignmentConfiguration).
    pub struct Application in "applications" {
        /// ARN of the application
        key application_arn: String = Id(&[Entity::Application]);
        /// name of the application; several may have one
        data name: Option<String> = Text, label;
        /// description
        data description: Option<String> = Text;
        /// id of the account that it was made in
        data application_account_id: Option<String> = Id(&[Entity::Account]);
        /// ARN of its provider: what kind of application it is, e.g. …:applicationProvider/custom-saml
        data provider_arn: Option<String> = Text;
        /// ARN of the instance
        data instance_arn: Option<String> = Text;
        /// ARN of the identity store
        data identity_store_arn: Option<String> = Text;
        /// ENABLED or DISABLED
        data status: Option<String> = Text, public;
        /// 0: every user of the identity store may use it, assigned or not; 1: only who is assigned
        data assignment_required: Option<bool> = Boolean;
        /// ENABLED where the access portal shows it, DISABLED where it does not
        data portal_visibility: Option<String> = Text, public;
        /// where a sign-in begins: IDENTITY_CENTER or APPLICATION
        data portal_origin: Option<String> = Text, public;
        /// URL where a sign-in begins, where the application has one
        data portal_url: Option<String> = Text;
        /// when the application was created, UTC
        data created_at: Option<String> = Time;
        /// the Region that it was created from
        data created_from: Option<String> = Text;
    }
    description: "The applications of the Identity Center instance; assignment_required 0 is open to everybody.",
    not_about: &[
        (&[Entity::User, Entity::Group], "who is assigned stands in application_assignments"),
        NOT_IN_ACCOUNTS,
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::Applications,
    is_added: true,
}

resource! {
    /// An assignment of an application to a user or a group (ListApplicationAssignments).
    pub struct ApplicationAssignment in "application_assignments" {
        /// ARN of the application
        key application_arn: String = Id(&[Entity::Application]);
        /// USER or GROUP
        key principal_type: String = Text, public;
        /// id of the user or group; it may no longer exist
        key principal_id: String = IdByType {
            type_column: "principal_type",
            entities: &[("USER", Entity::User), ("GROUP", Entity::Group)],
        };
    }
    description: "Which user or group is assigned which application. Where none is required, others may use it too.",
    not_about: &[(&[Entity::Account], "an application is assigned wherever it was made"), NOT_IN_ACCOUNTS],
    in_access: AccessRole::None,
    group: ResourceGroup::Applications,
    is_added: true,
    row_label: &[
        LabelPart::Name("application_arn"),
        LabelPart::Words(" for "),
        LabelPart::NounAndName("principal_id"),
    ],
    parents: &[APPLICATION],
}

resource! {
    /// A grant by which an application gets tokens (ListApplicationGrants).
    pub struct ApplicationGrant in "application_grants" {
        /// ARN of the application
        key application_arn: String = Id(&[Entity::Application]);
        /// authorization_code, refresh_token, or the URN of another type of grant
        key grant_type: String = Text, label, public;
        /// what belongs to the grant, JSON as AWS spells it, e.g. {"RedirectUris": […]}; NULL: nothing
        data settings: Option<String> = Json;
    }
    description: "By which OAuth grants each application gets tokens, the issuers that it trusts among them.",
    not_about: &[OF_ALL_ITS_USERS, NOT_IN_ACCOUNTS],
    in_access: AccessRole::None,
    group: ResourceGroup::Applications,
    is_added: true,
    row_label: &[LabelPart::Value("grant_type"), LabelPart::Words(" of "), LabelPart::Name("application_arn")],
    parents: &[APPLICATION],
}

resource! {
    /// An access scope of an application (ListApplicationAccessScopes).
    pub struct ApplicationAccessScope in "application_access_scopes" {
        /// ARN of the application
        key application_arn: String = Id(&[Entity::Application]);
        /// the scope, e.g. s3:access_grants:read_write
        key scope: String = Text, label;
        /// what it may be used on, a JSON array of ARNs; NULL: AWS sends none
        data authorized_targets: Option<String> = Json;
    }
    description: "What each application may ask for on behalf of its users.",
    not_about: &[OF_ALL_ITS_USERS, NOT_IN_ACCOUNTS],
    in_access: AccessRole::None,
    group: ResourceGroup::Applications,
    is_added: true,
    row_label: &[LabelPart::Value("scope"), LabelPart::Words(" of "), LabelPart::Name("application_arn")],
    parents: &[APPLICATION],
}

resource! {
    /// A way in which an application proves who it is (ListApplicationAuthenticationMethods).
    pub struct ApplicationAuthenticationMethod in "application_authentication_methods" {
        /// ARN of the application
        key application_arn: String = Id(&[Entity::Application]);
        /// the method, e.g. IAM
        key method: String = Text, label, public;
        /// the policy that says who may act as the application, JSON
        data actor_policy: Option<String> = Document { hash_column: "actor_policy_hash", grammar: Grammar::IamPolicy };
    }
    description: "How each application proves who it is, and who may act as it.",
    not_about: &[OF_ALL_ITS_USERS, NOT_IN_ACCOUNTS],
    in_access: AccessRole::None,
    group: ResourceGroup::Applications,
    is_added: true,
    row_label: &[LabelPart::Value("method"), LabelPart::Words(" of "), LabelPart::Name("application_arn")],
    parents: &[APPLICATION],
}

facts! {
    /// A budget of time that ran out before all was read.
    pub struct ExhaustedBudget in "exhausted_budgets" {
        /// the option that gives the time, e.g. --applications-budget
        key budget: String = Text;
        /// id of what the next collection goes on with: it was read the longest ago
        data next_id: Option<String> = Text;
        /// how many listings were left
        data listings_left: Option<i64> = Integer;
    }
    description: "The budgets of time that ran out before everything was read, and where the next snapshot goes on.",
    remembered: None,
}

/// The reason why no row about an application concerns the tree or the access to accounts.
const NOT_IN_ACCOUNTS: (&[Entity], &str) = (
    &[Entity::PermissionSet, Entity::Ou, Entity::Root, Entity::Policy],
    "applications are outside the tree of accounts",
);
/// The reason why no row about the setup of an application concerns its users.
const OF_ALL_ITS_USERS: (&[Entity], &str) =
    (&[Entity::User, Entity::Group, Entity::Account], "it holds for whoever uses the application");

const APPLICATION: Parent = Parent {
    resource: "applications",
    columns: &[("application_arn", "application_arn")],
    when: ParentWhen::Always,
};
