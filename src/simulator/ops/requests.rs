//! The requests of the last days, as a listing and in detail.

use serde_json::{Map, Value, json};

use super::instances::check_instance;
use super::{Context, members};
use crate::model::RequestKind;
use crate::simulator::organization::{Request, epoch};
use crate::simulator::protocol::ApiError;

type Answer = Result<Map<String, Value>, ApiError>;

/// Returns the operation with this name, if it is one of these.
pub(super) fn operation(name: &str) -> Option<fn(&Context) -> Answer> {
    use RequestKind::{AssignmentCreation, AssignmentDeletion, PermissionSetProvisioning};
    Some(match name {
        "ListAccountAssignmentCreationStatus" => {
            |context| list(context, AssignmentCreation, "AccountAssignmentsCreationStatus")
        }
        "ListAccountAssignmentDeletionStatus" => {
            |context| list(context, AssignmentDeletion, "AccountAssignmentsDeletionStatus")
        }
        "ListPermissionSetProvisioningStatus" => {
            |context| list(context, PermissionSetProvisioning, "PermissionSetsProvisioningStatus")
        }
        "DescribeAccountAssignmentCreationStatus" => {
            |context| describe(context, AssignmentCreation, "AccountAssignmentCreation")
        }
        "DescribeAccountAssignmentDeletionStatus" => {
            |context| describe(context, AssignmentDeletion, "AccountAssignmentDeletion")
        }
        "DescribePermissionSetProvisioningStatus" => {
            |context| describe(context, PermissionSetProvisioning, "ProvisionPermissionSet")
        }
        _ => return None,
    })
}

fn list(context: &Context, kind: RequestKind, member: &str) -> Answer {
    check_instance(context)?;
    let shown = |request: &Request| json!({"Status": request.status, "RequestId": request.id, "CreatedDate": epoch(request.created_at)});
    context.page_by_name(member, &context.world.requests(kind), |request| &request.id, shown)
}

/// Describes the request named by the member `<name>RequestId`.
fn describe(context: &Context, kind: RequestKind, name: &str) -> Answer {
    check_instance(context)?;
    let world = context.world;
    let id = context.required(&format!("{name}RequestId"))?;
    let requests = world.requests(kind);
    let request = requests.iter().find(|request| request.id == id);
    let request = request.ok_or_else(|| ApiError::not_found(format!("Request not found: {id}")))?;
    let account = &*world.accounts[request.account].id;
    let mut described = members(json!({
        "Status": request.status,
        "RequestId": request.id,
        "FailureReason": request.failure_reason,
        "PermissionSetArn": *world.sets[request.set].arn,
        "CreatedDate": epoch(request.created_at),
    }));
    let member = match kind {
        RequestKind::PermissionSetProvisioning => {
            described.insert("AccountId".to_owned(), account.into());
            "PermissionSetProvisioningStatus".to_owned()
        }
        RequestKind::AssignmentCreation | RequestKind::AssignmentDeletion => {
            let more = json!({
                "TargetId": account, "TargetType": "AWS_ACCOUNT", "PrincipalType": "USER",
                "PrincipalId": *world.users[request.user].id,
            });
            described.extend(members(more));
            format!("{name}Status")
        }
    };
    Ok(Map::from_iter([(member, Value::Object(described))]))
}
