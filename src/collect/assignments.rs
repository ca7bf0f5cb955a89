//! Account assignments, listed by provisioned pair or by principal. The plan chooses between them.

use serde::{Deserialize, Serialize};

use super::collector::{Asked, Collector, ForEach, In, NotFound, Page, Shows, Stage, Stopped, Strategy};
use super::context::Context;
use super::convert::{key, text};
use super::services::sso_admin::{PAGE, account_instance};
use crate::aws::{CallFailure, Operation};
use crate::model::{AccountAssignment, Entity, Group, ProvisionedPermissionSet, Resource, Row, Scope, User};

/// The principals. Assignments are listed by principal only where all principals are known.
const PRINCIPALS: ForEach = ForEach::Where(&[&Group::SPEC, &User::SPEC]);

/// Lists the principals assigned one permission set in one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPairAssignments {
    pub account_id: String,
    pub permission_set_arn: String,
    /// Set when the listings of this collection do not show the pair as provisioned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unprovisioned: bool,
}

impl ListPairAssignments {
    /// Returns the task for a pair that is provisioned, or may be.
    pub fn pair(account_id: String, permission_set_arn: String) -> Self {
        Self { account_id, permission_set_arn, is_unprovisioned: false }
    }
}

impl Collector for ListPairAssignments {
    type Rows = AccountAssignment;
    const OPERATION: Operation = Operation::ListAccountAssignments;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ForEach::All(&[&ProvisionedPermissionSet::SPEC]);
    const ASKED: Asked = Asked::By(Strategy::Pairs);
    const STAGE: Stage = Stage::Assignments;
    const PRIORITY: i64 = 2;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        Some(Self::pair(row.text("account_id")?.to_owned(), row.text("permission_set_arn")?.to_owned()))
    }

    fn about(&self) -> Vec<(Entity, &str)> {
        vec![(Entity::Account, &self.account_id), (Entity::PermissionSet, &self.permission_set_arn)]
    }

    // The pair is gone. This answer does not tell whether the account or the permission set is missing.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::default)
    }

    // For an unprovisioned pair, two answers agree: this one and the listing of provisioned pairs.
    fn says_none_without_a_list(&self) -> bool {
        self.is_unprovisioned || Self::OPERATION.leaves_out_empty_lists()
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .list_account_assignments()
                    .set_instance_arn(context.instance_arn())
                    .account_id(&self.account_id)
                    .permission_set_arn(&self.permission_set_arn)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.account_assignments, |found| {
            let principal_type = found.principal_type.map(|kind| kind.as_str().to_owned());
            Ok(Row::whole(&AccountAssignment {
                account_id: text(found.account_id).unwrap_or_else(|| self.account_id.clone()),
                permission_set_arn: text(found.permission_set_arn)
                    .unwrap_or_else(|| self.permission_set_arn.clone()),
                principal_type: key(Self::OPERATION, "PrincipalType", principal_type)?,
                principal_id: key(Self::OPERATION, "PrincipalId", found.principal_id)?,
            }))
        })?)
    }
}

/// Lists the assignments of one user or group in all accounts. Only the management account may call it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPrincipalAssignments {
    /// `USER` or `GROUP`.
    pub principal_type: String,
    pub principal_id: String,
}

impl Collector for ListPrincipalAssignments {
    type Rows = AccountAssignment;
    const OPERATION: Operation = Operation::ListAccountAssignmentsForPrincipal;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = PRINCIPALS;
    const ASKED: Asked = Asked::By(Strategy::Principals);
    const STAGE: Stage = Stage::Assignments;
    const PRIORITY: i64 = 2;

    // Only the management account may call it.
    fn of(row: &Row, context: &Context) -> Option<Self> {
        let (entity, id) = row.entity().filter(|_| context.is_management_account() == Some(true))?;
        let (_, principal_type) = Self::Rows::SPEC.about(entity).next()?.of?;
        Some(Self { principal_type: principal_type.to_owned(), principal_id: id.to_owned() })
    }

    fn scope(&self) -> Scope {
        assignments_of(&self.principal_type, &self.principal_id)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        account_instance(failure)
    }

    // A principal deleted during the run may have left its assignments behind, so this answer proves nothing about
    // them. Their pairs are listed with the remainder.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::with_scope_still_valid)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        of_principal(context, &self.principal_type, &self.principal_id, token).await
    }
}

/// Lists a principal's assignments to count rows and pages before a strategy is chosen. A failure loses nothing, and so
/// leaves no gap. A complete listing need not be repeated.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamplePrincipal {
    /// `USER` or `GROUP`.
    pub principal_type: String,
    pub principal_id: String,
    /// The number of pages after which the sample stops.
    pub most_pages: u32,
}

impl Collector for SamplePrincipal {
    type Rows = AccountAssignment;
    const OPERATION: Operation = Operation::ListAccountAssignmentsForPrincipal;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = PRINCIPALS;
    const ASKED: Asked = Asked::By(Strategy::Principals);
    const SHOWS: Shows = Shows::Nothing;
    const STAGE: Stage = Stage::Sample;
    const PRIORITY: i64 = 2;

    fn scope(&self) -> Scope {
        assignments_of(&self.principal_type, &self.principal_id)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        of_principal(context, &self.principal_type, &self.principal_id, token).await
    }

    fn most_pages(&self) -> u32 {
        self.most_pages
    }
}

/// Returns the scope of a principal's assignments.
pub(super) fn assignments_of(principal_type: &str, principal_id: &str) -> Scope {
    let all = Scope::all::<AccountAssignment>();
    all.with("principal_type", principal_type).with("principal_id", principal_id)
}

async fn of_principal(
    context: &Context,
    principal_type: &str,
    principal_id: &str,
    token: Option<&str>,
) -> Result<Page, Stopped> {
    let operation = Operation::ListAccountAssignmentsForPrincipal;
    let aws = &context.aws;
    let answer = aws
        .call(operation, || {
            aws.sso_admin
                .list_account_assignments_for_principal()
                .set_instance_arn(context.instance_arn())
                .principal_type(principal_type.into())
                .principal_id(principal_id)
                .max_results(PAGE)
                .set_next_token(token.map(str::to_owned))
                .send()
        })
        .await?;
    let page = Page::of(operation, answer.next_token, answer.account_assignments, |found| {
        let row = AccountAssignment {
            account_id: key(operation, "AccountId", found.account_id)?,
            permission_set_arn: key(operation, "PermissionSetArn", found.permission_set_arn)?,
            principal_type: key(
                operation,
                "PrincipalType",
                found.principal_type.map(|kind| kind.as_str().to_owned()),
            )?,
            principal_id: key(operation, "PrincipalId", found.principal_id)?,
        };
        // A user's answer repeats the rows of its groups. The groups' own listings are the authority for them.
        let is_of_a_group = principal_type == "USER" && row.principal_type == "GROUP";
        Ok((!is_of_a_group).then(|| Row::whole(&row)))
    })?;
    Ok(page)
}
