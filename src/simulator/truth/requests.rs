//! The rows of requests.

use super::{Rows, columns};
use crate::model::{AssignmentRequest, RequestKind};
use crate::simulator::organization::{World, rfc3339};

/// Returns every request that is kept. Failed ones include their subject.
pub(super) fn requests(world: &World) -> Rows {
    let rows = |kind: RequestKind| {
        world.requests(kind).into_iter().map(move |request| {
            let failed = request.failure_reason.is_some();
            let of_user = failed && kind != RequestKind::PermissionSetProvisioning;
            columns(&AssignmentRequest {
                request_id: request.id,
                kind,
                status: Some(request.status.to_owned()),
                account_id: failed.then(|| world.accounts[request.account].id.to_string()),
                permission_set_arn: failed.then(|| world.sets[request.set].arn.to_string()),
                principal_type: of_user.then(|| "USER".to_owned()),
                principal_id: of_user.then(|| world.users[request.user].id.to_string()),
                created_at: Some(rfc3339(request.created_at)),
                failure_reason: request.failure_reason.map(str::to_owned),
            })
        })
    };
    RequestKind::ALL.into_iter().flat_map(rows).collect()
}
