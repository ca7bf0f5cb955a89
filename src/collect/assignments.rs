//! Account assignments, by provisioned pair or by principal; the plan chooses which.

use serde::{Deserialize, Serialize};

use super::convert::{key, text};
use super::permission_sets::{PAGE, account_instance};
use super::preflight::Context;
use super::task::{Collector, Listed, NotFound, Page, Stage, Stopped};
use crate::aws::{CallFailure, Operation};
use crate::model::{AccountAssignment, Row, Scope};

/// Lists who is assigned one permission set in one account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPairAssignments {
    pub account_id: String,
    pub permission_set_arn: String,
    /// Whether the listings of this collection do not show the pair as provisioned.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_unprovisioned: bool,
}

impl ListPairAssignments {
    /// The kind, as the queue stores it.
    pub const KIND: &str = "list_pair_assignments";

    /// Asks for a pair that is provisioned, or may be.
    pub fn of(account_id: String, permission_set_arn: String) -> Self {
        Self { account_id, permission_set_arn, is_unprovisioned: false }
    }
}

impl Collector for ListPairAssignments {
    const OPERATION: Operation = Operation::ListAccountAssignments;
    const STAGE: Stage = Stage::Assignments;
    const PRIORITY: i64 = 2;

    fn covers(&self) -> Vec<Scope> {
        vec![
            Scope::all::<AccountAssignment>()
                .with("account_id", &self.account_id)
                .with("permission_set_arn", &self.permission_set_arn),
        ]
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<AccountAssignment>()]
    }

    // The pair is gone; whether the account or the set is, this answer does not say.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::default)
    }

    // Two answers say so then: this one and the listing of what is provisioned.
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
        let listed = Listed::of(answer.account_assignments.as_ref().map(Vec::is_empty));
        let mut page = Page { next_token: answer.next_token, listed, ..Page::default() };
        for found in answer.account_assignments.unwrap_or_default() {
            let principal_type = found.principal_type.map(|kind| kind.as_str().to_owned());
            page.rows.push(Row::whole(&AccountAssignment {
                account_id: text(found.account_id).unwrap_or_else(|| self.account_id.clone()),
                permission_set_arn: text(found.permission_set_arn)
                    .unwrap_or_else(|| self.permission_set_arn.clone()),
                principal_type: key(Self::OPERATION, "PrincipalType", principal_type)?,
                principal_id: key(Self::OPERATION, "PrincipalId", found.principal_id)?,
            }));
        }
        Ok(page)
    }
}

/// Lists what one user or group is assigned, in all accounts. Only the management account may ask.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPrincipalAssignments {
    /// `USER` or `GROUP`.
    pub principal_type: String,
    pub principal_id: String,
}

impl Collector for ListPrincipalAssignments {
    const OPERATION: Operation = Operation::ListAccountAssignmentsForPrincipal;
    const STAGE: Stage = Stage::Assignments;
    const PRIORITY: i64 = 2;

    fn covers(&self) -> Vec<Scope> {
        assignments_of(&self.principal_type, &self.principal_id)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        account_instance(failure)
    }

    fn family() -> Vec<Scope> {
        vec![Scope::all::<AccountAssignment>()]
    }

    // A principal that vanished in mid-run may have left its assignments behind, so this is no evidence
    // about them: its pairs are listed with the remainder.
    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure
            .is(&["ResourceNotFoundException"])
            .then(|| NotFound { dropped: Vec::new(), scope_still_valid: true })
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        of_principal(context, &self.principal_type, &self.principal_id, token).await
    }
}

/// Lists a principal's assignments to see how many there are and how many pages that takes, before a strategy is
/// chosen. A failure loses nothing, and so leaves no gap; what was listed to the end need not be listed again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SamplePrincipal {
    /// `USER` or `GROUP`.
    pub principal_type: String,
    pub principal_id: String,
    /// No more pages than this are worth knowing.
    pub most_pages: u32,
}

impl SamplePrincipal {
    /// The kind, as the queue stores it.
    pub const KIND: &str = "sample_principal";
}

impl Collector for SamplePrincipal {
    const OPERATION: Operation = Operation::ListAccountAssignmentsForPrincipal;
    const STAGE: Stage = Stage::Sample;
    const PRIORITY: i64 = 2;

    fn covers(&self) -> Vec<Scope> {
        Vec::new()
    }

    fn asks_for(&self) -> Vec<Scope> {
        assignments_of(&self.principal_type, &self.principal_id)
    }

    fn family() -> Vec<Scope> {
        Vec::new()
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        of_principal(context, &self.principal_type, &self.principal_id, token).await
    }

    fn most_pages(&self) -> u32 {
        self.most_pages
    }
}

fn assignments_of(principal_type: &str, principal_id: &str) -> Vec<Scope> {
    vec![
        Scope::all::<AccountAssignment>()
            .with("principal_type", principal_type)
            .with("principal_id", principal_id),
    ]
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
    let listed = Listed::of(answer.account_assignments.as_ref().map(Vec::is_empty));
    let mut page = Page { next_token: answer.next_token, listed, ..Page::default() };
    for found in answer.account_assignments.unwrap_or_default() {
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
        // A user's answer repeats the rows of its groups, whose own listings are the authority for them.
        let is_of_a_group = principal_type == "USER" && row.principal_type == "GROUP";
        if !is_of_a_group {
            page.rows.push(Row::whole(&row));
        }
    }
    Ok(page)
}
