//! Every operation that the program can send. There is no other list: the IAM policy, the pacers, the call counts and
//! the test for read-only operations are derived from this one. (The SDK's own calls to find credentials, such as
//! sts:AssumeRole, follow the user's configuration and use none of these clients.)

use std::fmt;

/// The AWS services that the program calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Service {
    /// IAM Identity Center: instances, permission sets, assignments (`sso:` in IAM actions).
    SsoAdmin,
    /// Users, groups and memberships of Identity Center.
    IdentityStore,
    /// Accounts, OUs, policies and tags of the organization.
    Organizations,
    /// Access reports of the organization (service last accessed), managed policies, and what accounts have themselves.
    Iam,
    /// The caller's identity only.
    Sts,
}

impl Service {
    /// Every service.
    pub const ALL: [Self; 5] =
        [Self::SsoAdmin, Self::IdentityStore, Self::Organizations, Self::Iam, Self::Sts];

    /// Returns the name that the AWS CLI and `--rate` use.
    pub fn name(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso-admin",
            Self::IdentityStore => "identitystore",
            Self::Organizations => "organizations",
            Self::Iam => "iam",
            Self::Sts => "sts",
        }
    }

    /// Returns the prefix of the service's IAM actions.
    /// Source: Service Authorization Reference; IAM Identity Center's actions are `sso:`.
    pub fn action_prefix(self) -> &'static str {
        match self {
            Self::SsoAdmin => "sso",
            other => other.name(),
        }
    }
}

macro_rules! operations {
    ($($service:ident: $($name:ident),+ ;)+) => {
        /// One operation of one service.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[allow(missing_docs, reason = "the variants are AWS's own operation names")]
        pub enum Operation { $($($name),+),+ }

        impl Operation {
            /// Every operation that the program can send.
            pub const ALL: &'static [Self] = &[$($(Self::$name),+),+];

            /// Returns the service that answers it.
            pub fn service(self) -> Service {
                match self { $($(Self::$name)|+ => Service::$service),+ }
            }

            /// Returns AWS's name of the operation.
            pub fn name(self) -> &'static str {
                match self { $($(Self::$name => operations!(@name $name)),+),+ }
            }
        }
    };
    // Two services have an operation with this name. The variants tell them apart; AWS's name does not.
    (@name ListSsoAdminTags) => { "ListTagsForResource" };
    (@name ListTagsForResource) => { "ListTagsForResource" };
    (@name $name:ident) => { stringify!($name) };
}

operations! {
    Sts: GetCallerIdentity;
    SsoAdmin: ListInstances, ListPermissionSets, DescribePermissionSet,
        GetInlinePolicyForPermissionSet, GetPermissionsBoundaryForPermissionSet,
        ListManagedPoliciesInPermissionSet, ListCustomerManagedPolicyReferencesInPermissionSet,
        ListSsoAdminTags, ListAccountsForProvisionedPermissionSet, ListAccountAssignments,
        ListAccountAssignmentsForPrincipal, DescribeInstance, DescribeInstanceAccessControlAttributeConfiguration,
        ListTrustedTokenIssuers, DescribeTrustedTokenIssuer, ListApplications, GetApplicationAssignmentConfiguration,
        ListApplicationAssignments, ListApplicationGrants, ListApplicationAccessScopes,
        ListApplicationAuthenticationMethods, ListAccountAssignmentCreationStatus,
        DescribeAccountAssignmentCreationStatus, ListAccountAssignmentDeletionStatus,
        DescribeAccountAssignmentDeletionStatus, ListPermissionSetProvisioningStatus,
        DescribePermissionSetProvisioningStatus;
    IdentityStore: ListUsers, ListGroups, ListGroupMemberships, DescribeUser, DescribeGroup;
    Organizations: DescribeOrganization, ListRoots, ListOrganizationalUnitsForParent, ListAccounts,
        ListAccountsForParent, ListTagsForResource, ListPolicies, DescribePolicy, ListTargetsForPolicy,
        DescribeResourcePolicy, ListDelegatedAdministrators, ListDelegatedServicesForAccount,
        ListAWSServiceAccessForOrganization;
    Iam: ListOrganizationsFeatures, GetPolicy, GetPolicyVersion, GetAccountAuthorizationDetails, ListRoles,
        GenerateCredentialReport, GetCredentialReport,
        GenerateOrganizationsAccessReport, GetOrganizationsAccessReport;
}

/// The member of an answer that holds the requested value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asked {
    pub member: &'static str,
    pub sent: Sent,
}

/// The conditions under which AWS may omit the member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// Never: the API's model requires the member.
    Always,
    /// Never, and it cannot be empty either. Its content always exists, for this reason.
    NeverEmpty(&'static str),
    /// AWS may omit it to say "none": the model does not require the member.
    UnlessEmpty,
    /// AWS is known to omit an empty list.
    LeftOutWhenEmpty,
}

impl Sent {
    /// Returns true if an answer that lacks the member is damaged.
    pub fn is_always(self) -> bool {
        match self {
            Self::Always | Self::NeverEmpty(_) => true,
            Self::UnlessEmpty | Self::LeftOutWhenEmpty => false,
        }
    }
}

impl Operation {
    /// Returns the member of the JSON answer that holds the requested value; `None` if the answer is XML.
    /// Source: the services' API models (botocore), the output shape of each operation; for the listings of provisioned
    /// pairs, PeterBengtson/AFT-SSO-account-configuration#1, where the empty list is missing.
    pub fn asked(self) -> Option<Asked> {
        use Sent::{Always, LeftOutWhenEmpty, NeverEmpty, UnlessEmpty};
        let (member, sent) = match self {
            Self::ListInstances => ("Instances", UnlessEmpty),
            Self::ListPermissionSets => ("PermissionSets", UnlessEmpty),
            Self::DescribePermissionSet => ("PermissionSet", Always),
            Self::GetInlinePolicyForPermissionSet => ("InlinePolicy", UnlessEmpty),
            Self::GetPermissionsBoundaryForPermissionSet => ("PermissionsBoundary", UnlessEmpty),
            Self::ListManagedPoliciesInPermissionSet => ("AttachedManagedPolicies", UnlessEmpty),
            Self::ListCustomerManagedPolicyReferencesInPermissionSet => {
                ("CustomerManagedPolicyReferences", UnlessEmpty)
            }
            Self::ListSsoAdminTags | Self::ListTagsForResource => ("Tags", UnlessEmpty),
            Self::ListAccountsForProvisionedPermissionSet => ("AccountIds", LeftOutWhenEmpty),
            Self::ListAccountAssignments | Self::ListAccountAssignmentsForPrincipal => {
                ("AccountAssignments", UnlessEmpty)
            }
            Self::DescribeInstance => ("InstanceArn", Always),
            Self::DescribeInstanceAccessControlAttributeConfiguration => {
                ("InstanceAccessControlAttributeConfiguration", UnlessEmpty)
            }
            Self::ListTrustedTokenIssuers => ("TrustedTokenIssuers", UnlessEmpty),
            Self::DescribeTrustedTokenIssuer => ("TrustedTokenIssuerArn", Always),
            Self::ListApplications => ("Applications", UnlessEmpty),
            // The SDK reads a missing member as false, which would mean: open to everybody.
            Self::GetApplicationAssignmentConfiguration => ("AssignmentRequired", Always),
            Self::ListApplicationAssignments => ("ApplicationAssignments", UnlessEmpty),
            Self::ListApplicationGrants => ("Grants", Always),
            Self::ListApplicationAccessScopes => ("Scopes", Always),
            Self::ListApplicationAuthenticationMethods => ("AuthenticationMethods", UnlessEmpty),
            Self::ListAccountAssignmentCreationStatus => ("AccountAssignmentsCreationStatus", UnlessEmpty),
            Self::DescribeAccountAssignmentCreationStatus => ("AccountAssignmentCreationStatus", Always),
            Self::ListAccountAssignmentDeletionStatus => ("AccountAssignmentsDeletionStatus", UnlessEmpty),
            Self::DescribeAccountAssignmentDeletionStatus => ("AccountAssignmentDeletionStatus", Always),
            Self::ListPermissionSetProvisioningStatus => ("PermissionSetsProvisioningStatus", UnlessEmpty),
            Self::DescribePermissionSetProvisioningStatus => ("PermissionSetProvisioningStatus", Always),
            Self::ListUsers => ("Users", Always),
            Self::ListGroups => ("Groups", Always),
            Self::ListGroupMemberships => ("GroupMemberships", Always),
            Self::DescribeUser => ("UserId", Always),
            Self::DescribeGroup => ("GroupId", Always),
            Self::DescribeOrganization => ("Organization", Always),
            Self::ListRoots => ("Roots", NeverEmpty("an organization has a root")),
            Self::ListOrganizationalUnitsForParent => ("OrganizationalUnits", UnlessEmpty),
            Self::ListAccounts => ("Accounts", NeverEmpty("an organization has its management account")),
            Self::ListAccountsForParent => ("Accounts", UnlessEmpty),
            Self::ListPolicies => ("Policies", UnlessEmpty),
            Self::DescribePolicy => ("Policy", Always),
            Self::ListTargetsForPolicy => ("Targets", UnlessEmpty),
            Self::DescribeResourcePolicy => ("ResourcePolicy", Always),
            Self::ListDelegatedAdministrators => ("DelegatedAdministrators", UnlessEmpty),
            Self::ListDelegatedServicesForAccount => ("DelegatedServices", UnlessEmpty),
            Self::ListAWSServiceAccessForOrganization => ("EnabledServicePrincipals", UnlessEmpty),
            Self::GetCallerIdentity
            | Self::ListOrganizationsFeatures
            | Self::GetPolicy
            | Self::GetPolicyVersion
            | Self::GetAccountAuthorizationDetails
            | Self::ListRoles
            | Self::GenerateCredentialReport
            | Self::GetCredentialReport
            | Self::GenerateOrganizationsAccessReport
            | Self::GetOrganizationsAccessReport => return None,
        };
        Some(Asked { member, sent })
    }

    /// Returns the operation with this name, e.g. `organizations:ListRoots`.
    pub fn named(text: &str) -> Option<Self> {
        let (service, name) = text.split_once(':')?;
        let is_it = |operation: &Self| operation.service().name() == service && operation.name() == name;
        Self::ALL.iter().copied().find(is_it)
    }

    /// Returns true if AWS may send an answer without the requested list.
    pub fn may_leave_out(self) -> bool {
        self.asked().is_some_and(|asked| !asked.sent.is_always())
    }

    /// Returns the reason why a whole listing cannot be empty, if there is one.
    pub fn never_empty(self) -> Option<&'static str> {
        match self.asked()?.sent {
            Sent::NeverEmpty(why) => Some(why),
            Sent::Always | Sent::UnlessEmpty | Sent::LeftOutWhenEmpty => None,
        }
    }

    /// Returns true if AWS is known to omit an empty list.
    pub fn leaves_out_empty_lists(self) -> bool {
        self.asked().is_some_and(|asked| asked.sent == Sent::LeftOutWhenEmpty)
    }

    /// Returns the IAM action that allows it; `None` if none is needed (sts:GetCallerIdentity).
    pub fn action(self) -> Option<String> {
        match self.service() {
            Service::Sts => None,
            service => Some(format!("{}:{}", service.action_prefix(), self.name())),
        }
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.service().name(), self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_operation_only_reads() {
        for operation in Operation::ALL {
            let name = operation.name();
            let reads = ["List", "Describe", "Get"].iter().any(|verb| name.starts_with(verb));
            // The exceptions start a report about the organization or an account, and change nothing in it.
            let reports = ["GenerateOrganizationsAccessReport", "GenerateCredentialReport"].contains(&name);
            assert!(reads || reports, "{operation} does not only read");
        }
    }

    #[test]
    fn actions_have_the_prefix_of_the_service_authorization_reference() {
        assert_eq!(Operation::ListSsoAdminTags.action().as_deref(), Some("sso:ListTagsForResource"));
        assert_eq!(Operation::ListUsers.action().as_deref(), Some("identitystore:ListUsers"));
        assert_eq!(Operation::GetCallerIdentity.action(), None);
    }
}
