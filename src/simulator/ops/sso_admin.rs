//! IAM Identity Center: instances, permission sets, assignments
//! (<https://docs.aws.amazon.com/singlesignon/latest/APIReference/API_Operations.html>).

use serde_json::{Map, Value, json};

use super::instances::{check_instance, describe_instance, list_instances, region};
use super::{Context, applications, identity_center, members, requests, tag_value};
use crate::simulator::config::Caller;
use crate::simulator::organization::{Boundary, PermissionSet, PrincipalKind, epoch};
use crate::simulator::protocol::{ApiError, Service};

type Answer = Result<Map<String, Value>, ApiError>;

pub(super) fn answer(context: &Context) -> Answer {
    let operation = match context.request.operation.as_str() {
        "ListInstances" => return list_instances(context),
        "DescribeInstance" => describe_instance,
        "ListTagsForResource" => list_tags,
        "ListPermissionSets" => list_permission_sets,
        "DescribePermissionSet" => describe_permission_set,
        "GetInlinePolicyForPermissionSet" => inline_policy,
        "GetPermissionsBoundaryForPermissionSet" => permissions_boundary,
        "ListManagedPoliciesInPermissionSet" => managed_policies,
        "ListCustomerManagedPolicyReferencesInPermissionSet" => customer_managed_policies,
        "ListAccountsForProvisionedPermissionSet" => provisioned_accounts,
        "ListPermissionSetsProvisionedToAccount" => provisioned_sets,
        "ListAccountAssignments" => assignments,
        "ListAccountAssignmentsForPrincipal" => assignments_for_principal,
        name => applications::operation(name)
            .or_else(|| identity_center::operation(name))
            .or_else(|| requests::operation(name))
            .ok_or_else(|| context.unknown_operation())?,
    };
    // The member account's own instance is the account instance.
    let is_own = context.request.input.text("InstanceArn") == Some(&*context.world.account_instance_arn());
    if context.caller == Caller::MemberAccount && !is_own {
        return Err(context.denied());
    }
    operation(context)
}

fn permission_set<'a>(context: &'a Context) -> Result<(u32, &'a PermissionSet), ApiError> {
    check_instance(context)?;
    let arn = context.required("PermissionSetArn")?;
    set_by_arn(context, arn)
}

fn set_by_arn<'a>(context: &'a Context, arn: &str) -> Result<(u32, &'a PermissionSet), ApiError> {
    let position = *context.world.index().sets.get(arn).ok_or_else(|| {
        ApiError::not_found(format!(
            "Could not find PermissionSet with id {}",
            arn.rsplit('/').next().unwrap_or(arn)
        ))
    })?;
    Ok((position, &*context.world.sets[position as usize]))
}

fn list_tags(context: &Context) -> Answer {
    let arn = context.required("ResourceArn")?;
    if region(context) != context.world.config.region {
        return Err(ApiError::not_found(format!("Resource not found: {arn}")));
    }
    let issuers = context.world.issuers();
    let of_instance = context.world.instance_tags();
    let tags = match arn {
        _ if arn == context.world.instance_arn() => of_instance.as_slice(),
        // The account's own instance has none.
        _ if arn == context.world.account_instance_arn() => &[],
        _ if arn.contains(":trustedTokenIssuer/") => {
            let issuer = issuers.iter().find(|issuer| issuer.arn == arn);
            let not_found = || ApiError::not_found(format!("Resource not found: {arn}"));
            issuer.ok_or_else(not_found)?.tags.as_slice()
        }
        _ if arn.contains(":application/") => applications::by_arn(context, arn)?.tags.as_slice(),
        _ => set_by_arn(context, arn)?.1.tags.as_slice(),
    };
    context.page_by_name("Tags", tags, |(key, _)| key, tag_value)
}

/// Returns the requested page of these permission sets.
fn list_sets(context: &Context, sets: &[u32]) -> Answer {
    let arn = |set: &u32| json!(*context.world.sets[*set as usize].arn);
    context.page("PermissionSets", sets, |set| u128::from(*set), arn)
}

fn list_permission_sets(context: &Context) -> Answer {
    check_instance(context)?;
    list_sets(context, &context.world.index().living_sets)
}

fn describe_permission_set(context: &Context) -> Answer {
    let (_, set) = permission_set(context)?;
    let described = members(json!({
        "Name": set.name,
        "PermissionSetArn": *set.arn,
        "Description": set.description,
        "CreatedDate": epoch(set.created_at),
        "SessionDuration": set.session_duration,
        "RelayState": set.relay_state,
    }));
    Ok(members(json!({"PermissionSet": described})))
}

fn inline_policy(context: &Context) -> Answer {
    let (_, set) = permission_set(context)?;
    let put = context.inline_policies.read().expect("no thread panics while it puts them");
    let document = put.get(&*set.arn).or(set.inline.as_ref());
    // A missing policy is an empty text, not an error.
    Ok(members(json!({"InlinePolicy": document.map_or("", String::as_str)})))
}

fn permissions_boundary(context: &Context) -> Answer {
    let (_, set) = permission_set(context)?;
    let boundary = match &set.boundary {
        Some(Boundary::Managed(arn)) => json!({"ManagedPolicyArn": arn}),
        Some(Boundary::Customer { path, name }) => {
            json!({"CustomerManagedPolicyReference": members(json!({"Name": name, "Path": path}))})
        }
        None => {
            let message = format!("PermissionsBoundary not found for {}", set.arn);
            return Err(ApiError::not_found(message));
        }
    };
    Ok(members(json!({"PermissionsBoundary": boundary})))
}

fn managed_policies(context: &Context) -> Answer {
    let (_, set) = permission_set(context)?;
    let attached = |policy: &String| {
        let name = policy.rsplit('/').next();
        json!({"Name": name, "Arn": context.world.managed_policy_arn(policy)})
    };
    context.page_by_name("AttachedManagedPolicies", &set.aws_managed, |policy| policy, attached)
}

fn customer_managed_policies(context: &Context) -> Answer {
    let (_, set) = permission_set(context)?;
    // Policies of one name under several paths are several.
    let named = |policy: &(Option<String>, String)| {
        let (path, name) = policy;
        (format!("{}{name}", path.as_deref().unwrap_or("/")), json!({"Name": name, "Path": path}))
    };
    let policies: Vec<(String, Value)> = set.customer_managed.iter().map(named).collect();
    let reference = |(_, policy): &(String, Value)| Value::Object(members(policy.clone()));
    context.page_by_name("CustomerManagedPolicyReferences", &policies, |(name, _)| name, reference)
}

/// Returns the items with the requested provisioning status, if any.
fn with_status(context: &Context, items: &[(u32, bool)]) -> Result<Vec<u32>, ApiError> {
    let wanted = match context.request.input.text("ProvisioningStatus") {
        None => None,
        Some("LATEST_PERMISSION_SET_PROVISIONED") => Some(true),
        Some("LATEST_PERMISSION_SET_NOT_PROVISIONED") => Some(false),
        Some(other) => {
            let message = format!("Value '{other}' at 'provisioningStatus' is not in the enumeration");
            return Err(ApiError::invalid(Service::SsoAdmin, message));
        }
    };
    Ok(items
        .iter()
        .filter(|(_, latest)| wanted.is_none_or(|wanted| wanted == *latest))
        .map(|(item, _)| *item)
        .collect())
}

fn provisioned_accounts(context: &Context) -> Answer {
    let (set, _) = permission_set(context)?;
    let world = context.world;
    let accounts = with_status(context, &world.index().accounts_of_set[set as usize])?;
    let id = |account: &u32| json!(*world.accounts[*account as usize].id);
    context.page("AccountIds", &accounts, |account| u128::from(*account), id)
}

fn provisioned_sets(context: &Context) -> Answer {
    check_instance(context)?;
    let world = context.world;
    let account = account(context, context.required("AccountId")?)?;
    let sets = with_status(context, &world.index().sets_of_account[account as usize])?;
    let mut answer = list_sets(context, &sets)?;
    // https://github.com/aws-samples/aft-sso-account-configuration-using-aws-control-tower/issues/1
    if answer["PermissionSets"] == json!([]) {
        answer.remove("PermissionSets");
    }
    Ok(answer)
}

fn account(context: &Context, id: &str) -> Result<u32, ApiError> {
    let world = context.world;
    // A vanished account keeps its assignments, which can still be requested.
    let position = world.index().accounts.get(id).copied().or_else(|| {
        world.accounts.iter().position(|account| *account.id == *id).map(|position| position as u32)
    });
    position.ok_or_else(|| ApiError::not_found(format!("Account not found: {id}")))
}

fn assignments(context: &Context) -> Answer {
    let (set, _) = permission_set(context)?;
    let account = account(context, context.required("AccountId")?)?;
    let world = context.world;
    let principals = world.pairs.get(&(set, account)).map_or(&[][..], |pair| &pair.principals);
    let key = |&(kind, position): &(PrincipalKind, u32)| (kind as u128) << 32 | u128::from(position);
    let shown = |&(kind, position): &(PrincipalKind, u32)| row(context, account, set, kind, position);
    context.page("AccountAssignments", principals, key, shown)
}

/// Lists a principal's assignments. "Retrieves a list of the IAM Identity Center associated AWS accounts that the
/// principal has access to": a user's answer includes its groups' rows, unless the configuration says otherwise.
fn assignments_for_principal(context: &Context) -> Answer {
    check_instance(context)?;
    if context.caller != Caller::ManagementAccount {
        return Err(context.denied());
    }
    let world = context.world;
    let index = world.index();
    let id = context.required("PrincipalId")?;
    let not_found = || ApiError::not_found(format!("Principal not found: {id}"));
    let principals: Vec<(PrincipalKind, u32)> = match context.required("PrincipalType")? {
        "GROUP" => vec![(PrincipalKind::Group, *index.groups.get(id).ok_or_else(not_found)?)],
        "USER" => {
            let user = *index.users.get(id).ok_or_else(not_found)?;
            let groups =
                index.groups_of[user as usize].iter().map(|(group, _)| (PrincipalKind::Group, *group));
            let groups = groups.filter(|_| world.config.repeats_groups);
            groups.chain([(PrincipalKind::User, user)]).collect()
        }
        other => {
            let message = format!("Value '{other}' at 'principalType' is not in the enumeration");
            return Err(ApiError::invalid(Service::SsoAdmin, message));
        }
    };
    let filter = context
        .request
        .input
        .0
        .get("Filter")
        .and_then(|filter| filter.get("AccountId"))
        .and_then(Value::as_str);
    let mut rows: Vec<(u32, u32, PrincipalKind, u32)> = Vec::new();
    for (kind, position) in principals {
        for &(account, set) in index.grants.get(&(kind, position)).map_or(&[][..], Vec::as_slice) {
            if filter.is_none_or(|wanted| *world.accounts[account as usize].id == *wanted) {
                rows.push((account, set, kind, position));
            }
        }
    }
    rows.sort_unstable();
    let key = |&(account, set, kind, position): &(u32, u32, PrincipalKind, u32)| {
        u128::from(account) << 96 | u128::from(set) << 64 | (kind as u128) << 32 | u128::from(position)
    };
    let shown = |&(account, set, kind, position): &(u32, u32, PrincipalKind, u32)| {
        row(context, account, set, kind, position)
    };
    context.page("AccountAssignments", &rows, key, shown)
}

fn row(context: &Context, account: u32, set: u32, kind: PrincipalKind, position: u32) -> Value {
    let world = context.world;
    json!({
        "AccountId": *world.accounts[account as usize].id,
        "PermissionSetArn": *world.sets[set as usize].arn,
        "PrincipalType": kind.as_str(),
        "PrincipalId": **world.principal_id(kind, position),
    })
}
