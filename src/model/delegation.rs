//! Delegation by the organization: to trusted services, and to accounts that administer services.

use super::{AccessRole, Entity, LabelPart, Parent, ParentWhen, ResourceGroup, resource};

/// The reason why no row about a delegation concerns people and what they use.
const NOT_ABOUT_PEOPLE: (&[Entity], &str) = (
    &[Entity::User, Entity::Group, Entity::PermissionSet, Entity::Policy, Entity::Application],
    "the organization delegates to accounts and services, not to people",
);
/// The reason why no row about a delegation concerns a place in the tree.
const NOT_ABOUT_PLACES: (&[Entity], &str) =
    (&[Entity::Ou, Entity::Root], "an account administers a service wherever it is in the tree");

resource! {
    /// An account that is a delegated administrator of any service (ListDelegatedAdministrators).
    pub struct DelegatedAdministratorAccount in "delegated_administrator_accounts" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]), label;
        /// when the account became a delegated administrator, UTC
        data delegation_enabled_at: Option<String> = Time;
    }
    description: "The accounts that are delegated administrators; delegated_administrators lists their services.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Organizations,
    is_added: true,
    row_label: &[LabelPart::Name("account_id")],
    not_in_lives: Some("its life is that of its delegated_administrators"),
}

resource! {
    /// A service that an account administers for the organization (ListDelegatedServicesForAccount).
    pub struct DelegatedAdministrator in "delegated_administrators" {
        /// id of the account
        key account_id: String = Id(&[Entity::Account]);
        /// the service, e.g. guardduty.amazonaws.com
        key service_principal: String = Text, label, public;
        /// when the account became the service's delegated administrator, UTC
        data delegation_enabled_at: Option<String> = Time;
    }
    description: "The services that accounts other than the management account administer for the organization.",
    not_about: &[NOT_ABOUT_PEOPLE, NOT_ABOUT_PLACES],
    in_access: AccessRole::None,
    group: ResourceGroup::Organizations,
    is_added: true,
    row_label: &[LabelPart::Value("service_principal"), LabelPart::Words(" by "), LabelPart::Name("account_id")],
    parents: &[Parent {
        resource: "delegated_administrator_accounts",
        columns: &[("account_id", "account_id")],
        when: ParentWhen::Always,
    }],
}

resource! {
    /// A service that the organization trusts (ListAWSServiceAccessForOrganization).
    pub struct TrustedService in "trusted_services" {
        /// the service, e.g. guardduty.amazonaws.com
        key service_principal: String = Text, label, public;
        /// when it was enabled, UTC
        data enabled_at: Option<String> = Time;
    }
    description: "The AWS services that may act in all accounts of the organization.",
    not_about: &[(&Entity::ALL, "the organization trusts a service for all of its accounts")],
    in_access: AccessRole::None,
    group: ResourceGroup::Organizations,
    is_added: true,
}

resource! {
    /// A feature of IAM that is enabled for the organization (ListOrganizationsFeatures).
    pub struct OrganizationFeature in "organization_features" {
        /// the feature, e.g. RootCredentialsManagement or RootSessions
        key feature: String = Text, label, public;
    }
    description: "Which features of central root access are enabled: RootCredentialsManagement, RootSessions.",
    not_about: &[(&Entity::ALL, "a feature is enabled for all accounts of the organization")],
    in_access: AccessRole::None,
    group: ResourceGroup::Organizations,
    is_added: true,
}
