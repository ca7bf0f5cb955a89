//! The one list of all tasks: every kind with its declaration, and a task of any kind as the queue stores it.

use serde::{Deserialize, Serialize};

use super::access_report::AccessReport;
use super::accounts::{ListAccounts, ListAccountsForParent};
use super::application_details::{
    ListApplicationAccessScopes, ListApplicationAuthenticationMethods, ListApplicationGrants,
};
use super::applications::{
    GetApplicationAssignmentConfiguration, ListApplicationAssignments, ListApplications,
};
use super::assignment_requests::{
    DescribeAssignmentCreation, DescribeAssignmentDeletion, DescribeProvisioning, ListAssignmentCreations,
    ListAssignmentDeletions, ListProvisionings,
};
use super::assignments::{ListPairAssignments, ListPrincipalAssignments, SamplePrincipal};
use super::collector::{After, Asked, Collector, ForEach, In, NotFound, Page, Shows, Stage, Stopped};
use super::context::Context;
use super::delegation::{
    ListDelegatedAdministrators, ListDelegatedServices, ListOrganizationsFeatures, ListTrustedServices,
};
use super::iam::{
    ListIamGroupMembers, ListIamGroups, ListIamPolicies, ListIamPolicyAttachments, ListIamRoleActivity,
    ListIamRoleSettings, ListIamRoles, ListIamUsers,
};
use super::iam_credentials::{ListIamCredentialActivity, ListIamCredentials};
use super::identity_center::{
    DescribeAccessControlAttributes, DescribeInstance, DescribeTrustedTokenIssuer, ListInstances,
    ListTrustedTokenIssuers,
};
use super::identity_store::{DescribeGroup, DescribeUser, ListGroupMemberships, ListGroups, ListUsers};
use super::lane::LaneKey;
use super::managed_policies::GetManagedPolicy;
use super::organization::{DescribeOrganization, ListOrganizationalUnits, ListRoots};
use super::permission_set_policies::{
    GetInlinePolicy, GetPermissionsBoundary, ListCustomerManagedPolicies, ListManagedPolicies,
};
use super::permission_sets::{DescribePermissionSet, ListPermissionSets};
use super::policies::{DescribePolicy, DescribeResourcePolicy, ListPolicies, ListTargetsForPolicy};
use super::provisioning::{ListOutdatedAccounts, ListProvisionedAccounts};
use super::tags::{
    ListApplicationTags, ListInstanceTags, ListOrganizationTags, ListPermissionSetTags, ListPolicyTags,
    ListTokenIssuerTags,
};
#[cfg(test)]
use super::tests::AskAccount;
use crate::aws::{CallFailure, FailureClass, Operation, PaceOptions};
use crate::error::{Error, Result};
use crate::model::{Entity, Resource, ResourceSpec, Row, Scope};
use crate::store::{Failure, GapKind};

/// The declarations of a kind of task: see [`Collector`].
#[derive(Debug)]
pub(super) struct CollectorSpec {
    /// The kind, as the queue stores it.
    pub kind: &'static str,
    pub rows: &'static ResourceSpec,
    pub operation: Operation,
    pub operations: &'static [Operation],
    pub place: In,
    pub for_each: ForEach,
    pub for_rows: Option<(&'static str, &'static [&'static str])>,
    pub rests_on: &'static [&'static ResourceSpec],
    pub asked: Asked,
    pub shows: Shows,
    pub part: Option<(&'static str, &'static str)>,
    pub stage: Stage,
    pub once: fn() -> Option<Task>,
    pub of: fn(&Row, &Context) -> Vec<Task>,
    lane: Option<&'static str>,
    priority: i64,
}

/// The name by which the queue stores a kind of task.
pub(super) trait Kind: Collector {
    const KIND: &'static str;
}

macro_rules! tasks {
    ($($(#[$only:meta])* $kind:literal $name:ident $(then $next:ident)?),+ $(,)?) => {
        /// A task of any kind, as the queue stores it.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(tag = "kind")]
        #[allow(missing_docs, reason = "each variant is documented at its struct")]
        pub enum Task { $($(#[$only])* #[serde(rename = $kind)] $name($name)),+ }

        /// Every kind of task. Tasks that are asked at the same time are queued in this order.
        pub(super) static COLLECTORS: &[CollectorSpec] = &[$($(#[$only])* CollectorSpec {
            kind: $kind,
            rows: &<<$name as Collector>::Rows as Resource>::SPEC,
            operation: $name::OPERATION,
            operations: $name::OPERATIONS,
            place: $name::IN,
            for_each: $name::FOR_EACH,
            for_rows: $name::FOR_ROWS,
            rests_on: $name::RESTS_ON,
            asked: $name::ASKED,
            shows: $name::SHOWS,
            part: $name::PART,
            stage: $name::STAGE,
            once: || $name::once().map(Task::from),
            of: |row, context| $name::each(row, context).into_iter().map(Task::from).collect(),
            lane: $name::LANE,
            priority: $name::PRIORITY,
        }),+];

        $($(#[$only])* impl From<$name> for Task {
            fn from(task: $name) -> Self { Self::$name(task) }
        }

        $(#[$only])* impl Kind for $name {
            const KIND: &'static str = $kind;
        })+

        impl Task {
            /// Returns the task's kind, as the queue stores it.
            pub fn kind(&self) -> &'static str {
                match self { $($(#[$only])* Self::$name(_) => $kind),+ }
            }

            /// Returns the scope of the rows that it lists.
            pub fn scope(&self) -> Scope {
                match self { $($(#[$only])* Self::$name(task) => task.scope()),+ }
            }

            /// Returns the scope that contains every row of its answers.
            pub fn asks_for(&self) -> Scope {
                match self { $($(#[$only])* Self::$name(task) => task.asks_for()),+ }
            }

            /// Returns the id of the entity of this kind that it asks about.
            pub(super) fn id_of(&self, entity: Entity) -> Option<String> {
                let about = match self { $($(#[$only])* Self::$name(task) => task.about()),+ };
                about.into_iter().find(|(one, _)| *one == entity).map(|(_, id)| id.to_owned())
            }

            pub(super) fn also_hides(&self) -> Vec<Scope> {
                match self { $($(#[$only])* Self::$name(task) => task.also_hides()),+ }
            }

            /// Reads the page at `token`, or the first page without one.
            pub async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
                match self { $($(#[$only])* Self::$name(task) => task.page(context, token).await),+ }
            }

            /// Returns the consequences if this failure means that the entity no longer exists.
            pub fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
                match self { $($(#[$only])* Self::$name(task) => task.gone(failure)),+ }
            }

            fn unavailable(&self, failure: &CallFailure) -> bool {
                match self { $($(#[$only])* Self::$name(_) => $name::unavailable(failure)),+ }
            }

            /// Returns true if an answer without a list means "none", regardless of the last snapshot.
            pub fn says_none_without_a_list(&self) -> bool {
                match self { $($(#[$only])* Self::$name(task) => task.says_none_without_a_list()),+ }
            }

            /// Returns the task that follows this one. `is_listed` is true if this one listed everything, and false if
            /// it failed.
            pub fn then(&self, is_listed: bool) -> Option<Self> {
                match self { $($(#[$only])* Self::$name(task) => tasks!(@then task, is_listed $(, $next)?)),+ }
            }

            /// Returns the number of pages after which it stops.
            pub fn most_pages(&self) -> u32 {
                match self { $($(#[$only])* Self::$name(task) => task.most_pages()),+ }
            }
        }
    };
    (@then $task:ident, $is_listed:ident) => {{ let _ = ($task, $is_listed); None }};
    (@then $task:ident, $is_listed:ident, $next:ident) => { Some($next::after($task, $is_listed).into()) };
}

tasks! {
    "describe_organization" DescribeOrganization,
    "list_roots" ListRoots,
    "list_accounts" ListAccounts,
    "list_organizational_units" ListOrganizationalUnits,
    "list_accounts_for_parent" ListAccountsForParent,
    "list_organization_tags" ListOrganizationTags,
    "list_policies" ListPolicies,
    "describe_policy" DescribePolicy,
    "list_targets_for_policy" ListTargetsForPolicy,
    "list_policy_tags" ListPolicyTags,
    "describe_resource_policy" DescribeResourcePolicy,
    "list_delegated_administrators" ListDelegatedAdministrators,
    "list_delegated_services" ListDelegatedServices,
    "list_trusted_services" ListTrustedServices,
    "list_organizations_features" ListOrganizationsFeatures,
    "list_permission_sets" ListPermissionSets,
    "list_users" ListUsers,
    "list_groups" ListGroups,
    "list_group_memberships" ListGroupMemberships,
    "describe_user" DescribeUser,
    "describe_group" DescribeGroup,
    "list_outdated_accounts" ListOutdatedAccounts then ListProvisionedAccounts,
    "list_provisioned_accounts" ListProvisionedAccounts,
    "describe_permission_set" DescribePermissionSet,
    "get_inline_policy" GetInlinePolicy,
    "list_managed_policies" ListManagedPolicies,
    "list_customer_managed_policies" ListCustomerManagedPolicies,
    "get_permissions_boundary" GetPermissionsBoundary,
    "get_managed_policy" GetManagedPolicy,
    "list_permission_set_tags" ListPermissionSetTags,
    "list_pair_assignments" ListPairAssignments,
    "list_principal_assignments" ListPrincipalAssignments,
    "sample_principal" SamplePrincipal,
    "list_instances" ListInstances,
    "describe_instance" DescribeInstance,
    "describe_instance_access_control_attribute_configuration" DescribeAccessControlAttributes,
    "list_trusted_token_issuers" ListTrustedTokenIssuers,
    "describe_trusted_token_issuer" DescribeTrustedTokenIssuer,
    "list_instance_tags" ListInstanceTags,
    "list_token_issuer_tags" ListTokenIssuerTags,
    "list_applications" ListApplications,
    "get_application_assignment_configuration" GetApplicationAssignmentConfiguration,
    "list_application_assignments" ListApplicationAssignments,
    "list_application_grants" ListApplicationGrants,
    "list_application_access_scopes" ListApplicationAccessScopes,
    "list_application_authentication_methods" ListApplicationAuthenticationMethods,
    "list_application_tags" ListApplicationTags,
    "list_assignment_creations" ListAssignmentCreations,
    "describe_assignment_creation" DescribeAssignmentCreation,
    "list_assignment_deletions" ListAssignmentDeletions,
    "describe_assignment_deletion" DescribeAssignmentDeletion,
    "list_provisionings" ListProvisionings,
    "describe_provisioning" DescribeProvisioning,
    "list_iam_users" ListIamUsers,
    "list_iam_groups" ListIamGroups,
    "list_iam_group_members" ListIamGroupMembers,
    "list_iam_role_settings" ListIamRoleSettings then ListIamRoles,
    "list_iam_roles" ListIamRoles,
    "list_iam_role_activity" ListIamRoleActivity,
    "list_iam_policies" ListIamPolicies,
    "list_iam_policy_attachments" ListIamPolicyAttachments,
    "list_iam_credentials" ListIamCredentials,
    "list_iam_credential_activity" ListIamCredentialActivity,
    "access_report" AccessReport,
    #[cfg(test)] "ask_account" AskAccount,
}

impl Task {
    /// Parses a task from the queue.
    pub fn of_body(body: &str) -> Result<Self> {
        serde_json::from_str(body)
            .map_err(|error| Error::failed("the staging holds a task that cannot be read").caused_by(error))
    }

    /// Returns the task as the queue stores it.
    pub fn body(&self) -> String {
        serde_json::to_string(self).expect("a task is a struct of plain values")
    }

    /// Returns the declarations of its kind.
    pub(super) fn spec(&self) -> &'static CollectorSpec {
        let is_its = |spec: &&CollectorSpec| spec.kind == self.kind();
        COLLECTORS.iter().find(is_its).expect("every kind of task is in the list")
    }

    /// Returns the operation that the task sends.
    pub fn operation(&self) -> Operation {
        self.spec().operation
    }

    /// Returns the scopes that are seen after its last page.
    pub fn covers(&self) -> Vec<Scope> {
        match self.spec().shows {
            Shows::All => vec![self.scope()],
            Shows::Part | Shows::Nothing => Vec::new(),
        }
    }

    /// Returns its lane. The tasks of one lane share a pacer and a limit of concurrent calls.
    pub(super) fn lane(&self) -> LaneKey {
        LaneKey { quota: self.spec().quota(), account: self.account() }
    }

    /// Returns the account in which it is asked; `None` if it is not asked in an account.
    pub(super) fn account(&self) -> Option<String> {
        match self.spec().place {
            In::EachAccount => self.id_of(Entity::Account),
            In::Organization | In::Instance => None,
        }
    }

    /// Returns true if it is asked in another account than the caller's, by the role there.
    pub(super) fn is_in_another_account(&self, context: &Context) -> bool {
        self.account().is_some_and(|account| !context.is_own_account(&account))
    }

    /// Returns true if the plan's estimate needs it.
    pub fn is_counted(&self) -> bool {
        matches!(self.spec().stage, Stage::Tree | Stage::Accounts | Stage::Principals | Stage::Pairs)
    }

    /// Returns the record of this failure in a gap.
    pub fn failure(&self, failure: &CallFailure) -> Failure {
        let kind = if self.unavailable(failure) {
            GapKind::Unavailable
        } else if failure.class == FailureClass::Denied {
            GapKind::Denied
        } else {
            GapKind::Failed
        };
        Failure {
            kind,
            operation: Some(failure.operation.to_string()),
            error_code: Some(failure.code.clone()),
            error_message: Some(failure.message.clone()),
            attempts: failure.attempts,
            request_id: failure.request_id.as_deref().map(str::to_owned),
            observed_at: super::convert::now(),
        }
    }
}

impl CollectorSpec {
    /// Returns the name of the quota toward which the calls count, or of the task's own lane.
    fn quota(&self) -> String {
        match (self.lane, PaceOptions::pacer_key(self.operation)) {
            (Some(own), _) => own.to_owned(),
            (None, (_, Some(operation))) => operation.to_string(),
            (None, (service, None)) => service.name().to_owned(),
        }
    }

    /// Returns the priority of a task of this kind. `rank` moves it behind others of its kind.
    pub fn priority(&self, rank: i64) -> i64 {
        self.priority * 1_000_000 + rank
    }
}
