//! Recent requests to create or delete assignments and to provision permission sets. The listings tell how each one
//! ended. Failed requests are described as well, for their subject and the reason for the failure.

use aws_sdk_ssoadmin::types::{
    AccountAssignmentOperationStatus, PermissionSetProvisioningStatus, StatusValues,
};
use aws_smithy_types::DateTime;
use serde::{Deserialize, Serialize};

use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{key, member, text, time, word};
use super::services::sso_admin::{PAGE, account_instance};
use crate::aws::{Aws, CallFailure, Operation};
use crate::model::{AssignmentRequest, RequestKind, Resource, Row, Scope};

/// Declares the listing of one kind of request, and the description of a failed one. The three kinds differ in the
/// methods called and in the names of the members, for which the SDK has separate types.
macro_rules! requests {
    ($(
        $kind:ident: $List:ident by $list_operation:ident, $list:expr, in $listed:ident;
        $Describe:ident by $describe_operation:ident, $describe:expr, of $id:ident in $described:ident as $row:ident;
    )+) => {$(
        #[doc = concat!("Lists the requests of one kind (", stringify!($list_operation), ").")]
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $List;

        impl Collector for $List {
            type Rows = AssignmentRequest;
            const OPERATION: Operation = Operation::$list_operation;
            const IN: In = In::Instance;
            const PART: Option<(&'static str, &'static str)> = Some(("kind", RequestKind::$kind.as_str()));
            const STAGE: Stage = Stage::Details;
            const PRIORITY: i64 = 6;

            fn once() -> Option<Self> {
                Some(Self)
            }

            fn unavailable(failure: &CallFailure) -> bool {
                account_instance(failure)
            }

            async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
                let (aws, operation) = (&context.aws, Self::OPERATION);
                let answer = aws
                    .call(operation, || {
                        $list(aws)
                            .set_instance_arn(context.instance_arn())
                            .max_results(PAGE)
                            .set_next_token(token.map(str::to_owned))
                            .send()
                    })
                    .await?;
                Ok(Page::of(operation, answer.next_token, answer.$listed, |found| {
                    let at = found.created_date;
                    listed(operation, RequestKind::$kind, found.request_id, found.status, at.as_ref())
                })?)
            }
        }

        #[doc = concat!("Describes a request that failed (", stringify!($describe_operation), ").")]
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        pub struct $Describe {
            pub request_id: String,
        }

        impl Collector for $Describe {
            type Rows = AssignmentRequest;
            const OPERATION: Operation = Operation::$describe_operation;
            const IN: In = In::Instance;
            const FOR_EACH: ForEach = ForEach::All(&[&AssignmentRequest::SPEC]);
            const FOR_ROWS: Option<(&'static str, &'static [&'static str])> =
                Some(("kind", &[RequestKind::$kind.as_str()]));
            const PART: Option<(&'static str, &'static str)> = Some(("kind", RequestKind::$kind.as_str()));
            const STAGE: Stage = Stage::Details;
            const PRIORITY: i64 = 6;

            fn of(row: &Row, _context: &Context) -> Option<Self> {
                let is_its = row.text("kind") == Some(RequestKind::$kind.as_str()) && has_failed(row);
                Some(Self { request_id: row.text("request_id").filter(|_| is_its)?.to_owned() })
            }

            fn scope(&self) -> Scope {
                let scope = Scope::all::<Self::Rows>().with("kind", RequestKind::$kind.as_str());
                scope.with("request_id", &self.request_id)
            }

            fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
                let is_gone = failure.is(&["ResourceNotFoundException"]);
                is_gone.then(|| NotFound { dropped: vec![self.scope()], scope_still_valid: false })
            }

            async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
                let (aws, operation) = (&context.aws, Self::OPERATION);
                let answer = aws
                    .call(operation, || {
                        $describe(aws).set_instance_arn(context.instance_arn()).$id(&self.request_id).send()
                    })
                    .await?;
                let found = member(operation, "status", answer.$described)?;
                Ok(Page::row(&$row(operation, RequestKind::$kind, found)?))
            }
        }
    )+};
}

requests! {
    AssignmentCreation:
        ListAssignmentCreations by ListAccountAssignmentCreationStatus,
            |aws: &Aws| aws.sso_admin.list_account_assignment_creation_status(),
            in account_assignments_creation_status;
        DescribeAssignmentCreation by DescribeAccountAssignmentCreationStatus,
            |aws: &Aws| aws.sso_admin.describe_account_assignment_creation_status(),
            of account_assignment_creation_request_id in account_assignment_creation_status as of_assignment;
    AssignmentDeletion:
        ListAssignmentDeletions by ListAccountAssignmentDeletionStatus,
            |aws: &Aws| aws.sso_admin.list_account_assignment_deletion_status(),
            in account_assignments_deletion_status;
        DescribeAssignmentDeletion by DescribeAccountAssignmentDeletionStatus,
            |aws: &Aws| aws.sso_admin.describe_account_assignment_deletion_status(),
            of account_assignment_deletion_request_id in account_assignment_deletion_status as of_assignment;
    PermissionSetProvisioning:
        ListProvisionings by ListPermissionSetProvisioningStatus,
            |aws: &Aws| aws.sso_admin.list_permission_set_provisioning_status(),
            in permission_sets_provisioning_status;
        DescribeProvisioning by DescribePermissionSetProvisioningStatus,
            |aws: &Aws| aws.sso_admin.describe_permission_set_provisioning_status(),
            of provision_permission_set_request_id in permission_set_provisioning_status as of_provisioning;
}

/// Returns a row of a listing. A failed request is staged by its key until its description supplies the rest.
fn listed(
    operation: Operation,
    kind: RequestKind,
    request_id: Option<String>,
    status: Option<StatusValues>,
    created_at: Option<&DateTime>,
) -> Result<Row, CallFailure> {
    let row = Row::whole(&AssignmentRequest {
        request_id: key(operation, "RequestId", request_id)?,
        kind,
        status: status.and_then(|status| word(status.as_str())),
        created_at: time(operation, "CreatedDate", created_at)?,
        ..AssignmentRequest::default()
    });
    Ok(match has_failed(&row) {
        true => row.with_key_alone(),
        false => row,
    })
}

fn has_failed(row: &Row) -> bool {
    row.text("status") == Some(StatusValues::Failed.as_str())
}

fn of_assignment(
    operation: Operation,
    kind: RequestKind,
    found: AccountAssignmentOperationStatus,
) -> Result<AssignmentRequest, CallFailure> {
    Ok(AssignmentRequest {
        request_id: key(operation, "RequestId", found.request_id)?,
        kind,
        status: found.status.and_then(|status| word(status.as_str())),
        account_id: text(found.target_id),
        permission_set_arn: text(found.permission_set_arn),
        principal_type: found.principal_type.and_then(|of| word(of.as_str())),
        principal_id: text(found.principal_id),
        created_at: time(operation, "CreatedDate", found.created_date.as_ref())?,
        failure_reason: text(found.failure_reason),
    })
}

fn of_provisioning(
    operation: Operation,
    kind: RequestKind,
    found: PermissionSetProvisioningStatus,
) -> Result<AssignmentRequest, CallFailure> {
    Ok(AssignmentRequest {
        request_id: key(operation, "RequestId", found.request_id)?,
        kind,
        status: found.status.and_then(|status| word(status.as_str())),
        account_id: text(found.account_id),
        permission_set_arn: text(found.permission_set_arn),
        created_at: time(operation, "CreatedDate", found.created_date.as_ref())?,
        failure_reason: text(found.failure_reason),
        ..AssignmentRequest::default()
    })
}
