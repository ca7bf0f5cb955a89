//! AWS Organizations: the root, OUs and accounts, policies, and delegation
//! (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html>).

use serde_json::{Map, Value, json};

use super::{Context, members, tag_value};
use crate::simulator::config::{Caller, Partition};
use crate::simulator::organization::{Account, Delegation, Millis, Policy, Target, Unit, World, epoch};
use crate::simulator::protocol::ApiError;

type Answer = Result<Map<String, Value>, ApiError>;

pub(super) fn answer(context: &Context) -> Answer {
    let operation = match context.request.operation.as_str() {
        "DescribeOrganization" => describe_organization,
        "ListRoots" => list_roots,
        "ListOrganizationalUnitsForParent" => units_for_parent,
        "DescribeOrganizationalUnit" => describe_unit,
        "ListAccounts" => list_accounts,
        "ListAccountsForParent" => accounts_for_parent,
        "DescribeAccount" => describe_account,
        "ListParents" => list_parents,
        "ListChildren" => list_children,
        "ListTagsForResource" => list_tags,
        "ListDelegatedAdministrators" => delegated_administrators,
        "ListDelegatedServicesForAccount" => delegated_services,
        "ListAWSServiceAccessForOrganization" => trusted_services,
        "ListPolicies" => list_policies,
        "DescribePolicy" => describe_policy,
        "ListTargetsForPolicy" => targets_for_policy,
        "DescribeResourcePolicy" => describe_resource_policy,
        _ => return Err(context.unknown_operation()),
    };
    if !context.world.config.in_organization {
        let message = "Your account is not a member of an organization.";
        return Err(ApiError::new(400, "AWSOrganizationsNotInUseException", message));
    }
    // Any member may call DescribeOrganization. All other calls are for the management account and its delegates.
    if context.caller == Caller::MemberAccount && context.request.operation != "DescribeOrganization" {
        let message = "You don't have permissions to access this resource.";
        return Err(ApiError::new(400, "AccessDeniedException", message));
    }
    operation(context)
}

fn describe_organization(context: &Context) -> Answer {
    let world = context.world;
    let owner = world.management_account();
    Ok(members(json!({"Organization": {
        "Id": *world.identity.organization_id,
        "Arn": world.organization_arn(),
        "FeatureSet": if world.config.all_features { "ALL" } else { "CONSOLIDATED_BILLING" },
        "MasterAccountArn": world.account_arn(owner),
        "MasterAccountId": *owner.id,
        "MasterAccountEmail": owner.email,
        "AvailablePolicyTypes": [],
    }})))
}

fn list_roots(context: &Context) -> Answer {
    let world = context.world;
    let roots = [0_u32];
    let root = |_: &u32| {
        let unit = &world.units[0];
        json!({
            "Id": *unit.id, "Arn": world.unit_arn(unit), "Name": unit.name, "PolicyTypes": policy_types(world),
        })
    };
    context.page("Roots", &roots, |root| u128::from(*root), root)
}

/// Returns the policy types of the root.
pub(in crate::simulator) fn policy_types(world: &World) -> Vec<Value> {
    let mut types = Vec::new();
    if world.config.all_features && world.config.service_control_policies {
        types.push(json!({"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}));
    }
    if world.config.all_features {
        types.push(json!({"Type": "TAG_POLICY", "Status": "ENABLED"}));
    }
    types
}

fn unit_value(world: &World, position: u32) -> Value {
    let unit: &Unit = &world.units[position as usize];
    // The path ends with the OU itself and a slash.
    let path = world.config.paths.then(|| format!("{}/", world.index().unit_paths[position as usize]));
    members(json!({"Id": *unit.id, "Arn": world.unit_arn(unit), "Name": unit.name, "Path": path})).into()
}

fn account_value(world: &World, account: &Account) -> Map<String, Value> {
    let config = &world.config;
    members(json!({
        "Id": *account.id,
        "Arn": world.account_arn(account),
        "Email": account.email,
        "Name": account.name,
        "Status": account.status.filter(|_| config.account_status),
        "State": account.state.filter(|_| config.account_state),
        "Paths": config.paths.then(|| [format!("{}/", world.account_path(account))]),
        "JoinedMethod": account.joined_method,
        "JoinedTimestamp": epoch(account.joined_at),
    }))
}

/// Returns the root or OU named by a parameter.
fn parent(context: &Context) -> Result<u32, ApiError> {
    let id = context.required("ParentId")?;
    let found = context.world.index().units.get(id).copied();
    found.ok_or_else(|| {
        ApiError::new(400, "ParentNotFoundException", "You specified parent that doesn't exist.")
    })
}

fn units_for_parent(context: &Context) -> Answer {
    let world = context.world;
    let units = &world.index().units_of[parent(context)? as usize];
    context.page("OrganizationalUnits", units, |unit| u128::from(*unit), |unit| unit_value(world, *unit))
}

fn describe_unit(context: &Context) -> Answer {
    let id = context.required("OrganizationalUnitId")?;
    let position =
        context.world.index().units.get(id).copied().filter(|position| *position != 0).ok_or_else(|| {
            ApiError::new(
                400,
                "OrganizationalUnitNotFoundException",
                "You specified an organizational unit that doesn't exist.",
            )
        })?;
    Ok(members(json!({"OrganizationalUnit": unit_value(context.world, position)})))
}

fn list_accounts(context: &Context) -> Answer {
    accounts(context, &context.world.index().living_accounts)
}

fn accounts_for_parent(context: &Context) -> Answer {
    accounts(context, &context.world.index().accounts_of[parent(context)? as usize])
}

fn accounts(context: &Context, positions: &[u32]) -> Answer {
    let world = context.world;
    let shown = |position: &u32| account_value(world, &world.accounts[*position as usize]).into();
    context.page("Accounts", positions, |account| u128::from(*account), shown)
}

fn describe_account(context: &Context) -> Answer {
    let world = context.world;
    let position = *world.index().accounts.get(context.required("AccountId")?).ok_or_else(|| {
        ApiError::new(400, "AccountNotFoundException", "You specified an account that doesn't exist.")
    })?;
    Ok(members(json!({"Account": account_value(world, &world.accounts[position as usize])})))
}

fn list_parents(context: &Context) -> Answer {
    let world = context.world;
    let child = context.required("ChildId")?;
    let index = world.index();
    let account = index.accounts.get(child).map(|position| world.accounts[*position as usize].parent);
    let unit = || index.units.get(child).and_then(|position| world.units[*position as usize].parent);
    let parent = account.or_else(unit).ok_or_else(|| {
        ApiError::new(
            400,
            "ChildNotFoundException",
            "You specified an organizational unit (OU) or account that doesn't exist.",
        )
    })?;
    let kind = if parent == 0 { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
    let shown = |parent: &u32| json!({"Id": *world.units[*parent as usize].id, "Type": kind});
    context.page("Parents", &[parent], |parent| u128::from(*parent), shown)
}

fn list_children(context: &Context) -> Answer {
    let world = context.world;
    let (index, parent) = (world.index(), parent(context)? as usize);
    let kind = context.required("ChildType")?;
    let positions = match kind {
        "ACCOUNT" => &index.accounts_of[parent],
        "ORGANIZATIONAL_UNIT" => &index.units_of[parent],
        _ => return Err(ApiError::invalid(context.request.service, "ChildType is not in the enumeration")),
    };
    let id = |position: usize| {
        if kind == "ACCOUNT" { &world.accounts[position].id } else { &world.units[position].id }
    };
    let shown = |child: &u32| json!({"Id": **id(*child as usize), "Type": kind});
    context.page("Children", positions, |child| u128::from(*child), shown)
}

fn list_tags(context: &Context) -> Answer {
    let world = context.world;
    let (index, id) = (world.index(), context.required("ResourceId")?);
    let account = index.accounts.get(id).map(|position| &world.accounts[*position as usize].tags);
    let unit = || index.units.get(id).map(|position| &world.units[*position as usize].tags);
    let policy = context.world.policy(id);
    if policy.is_some_and(|policy| policy.aws_managed) {
        let message = "You provided a value that does not match the required pattern.";
        return Err(ApiError::invalid(context.request.service, message));
    }
    let tags = account.or_else(unit).or(policy.map(|policy| &policy.tags)).ok_or_else(|| {
        ApiError::new(400, "TargetNotFoundException", "You specified a target that doesn't exist.")
    })?;
    context.page_by_name("Tags", tags, |(key, _)| key, tag_value)
}

fn delegated_administrators(context: &Context) -> Answer {
    let world = context.world;
    let delegates = world.delegated_administrators();
    let delegate = |(account, since, _): &(u32, Millis, Vec<Delegation>)| {
        let mut value = account_value(world, &world.accounts[*account as usize]);
        value.remove("Paths");
        value.insert("DelegationEnabledDate".to_owned(), epoch(*since));
        Value::Object(value)
    };
    context.page("DelegatedAdministrators", &delegates, |(account, ..)| u128::from(*account), delegate)
}

fn delegated_services(context: &Context) -> Answer {
    let world = context.world;
    let id = context.required("AccountId")?;
    let delegates = world.delegated_administrators();
    let mut delegates = delegates.iter();
    let found = delegates.find(|(account, ..)| *world.accounts[*account as usize].id == *id);
    let (_, _, services) = found.ok_or_else(|| {
        let message =
            "The provided account is not a registered delegated administrator for your organization.";
        ApiError::new(400, "AccountNotRegisteredException", message)
    })?;
    let shown = |service: &Delegation| json!({"ServicePrincipal": service.service_principal, "DelegationEnabledDate": epoch(service.enabled_at)});
    context.page_by_name("DelegatedServices", services, |service| service.service_principal, shown)
}

fn trusted_services(context: &Context) -> Answer {
    let shown = |service: &Delegation| json!({"ServicePrincipal": service.service_principal, "DateEnabled": epoch(service.enabled_at)});
    context.page_by_name(
        "EnabledServicePrincipals",
        &context.world.trusted_services(),
        |service| service.service_principal,
        shown,
    )
}

/// The types that AWS knows. Partitions other than the commercial one know the first three.
/// Source: <https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPolicies.html>.
const POLICY_TYPES: [&str; 15] = [
    "SERVICE_CONTROL_POLICY",
    "TAG_POLICY",
    "BACKUP_POLICY",
    "RESOURCE_CONTROL_POLICY",
    "AISERVICES_OPT_OUT_POLICY",
    "CHATBOT_POLICY",
    "DECLARATIVE_POLICY_EC2",
    "SECURITYHUB_POLICY",
    "SECURITYHUB_CSPM_POLICY",
    "INSPECTOR_POLICY",
    "UPGRADE_ROLLOUT_POLICY",
    "BEDROCK_POLICY",
    "S3_POLICY",
    "NETWORK_SECURITY_DIRECTOR_POLICY",
    "GUARDDUTY_POLICY",
];

fn list_policies(context: &Context) -> Answer {
    let world = context.world;
    let policy_type = context.required("Filter")?;
    if !POLICY_TYPES.contains(&policy_type) {
        return Err(ApiError::invalid(context.request.service, "Filter is not in the enumeration"));
    }
    if world.config.partition != Partition::Aws && !POLICY_TYPES[..3].contains(&policy_type) {
        let message = "This endpoint does not support the policy type.";
        return Err(ApiError::new(400, "UnsupportedAPIEndpointException", message));
    }
    let of_type: Vec<_> =
        world.policies().iter().filter(|policy| policy.policy_type == policy_type).collect();
    context.page("Policies", &of_type, |policy| order_of(&policy.id), |policy| policy_summary(world, policy))
}

/// Returns the sort position of an id, from its first characters, which tell the simulated ids apart.
fn order_of(id: &str) -> u128 {
    let bytes = id.bytes().chain(std::iter::repeat(0));
    bytes.take(16).fold(0, |order, byte| order << 8 | u128::from(byte))
}

fn policy_summary(world: &World, policy: &Policy) -> Value {
    members(json!({
        "Id": policy.id,
        "Arn": world.policy_arn(policy),
        "Name": policy.name,
        "Description": policy.description,
        "Type": policy.policy_type,
        "AwsManaged": policy.aws_managed,
    }))
    .into()
}

fn policy<'w>(context: &Context<'w>) -> Result<&'w Policy, ApiError> {
    let id = context.required("PolicyId")?;
    context.world.policy(id).ok_or_else(|| {
        ApiError::new(
            400,
            "PolicyNotFoundException",
            "We can't find a policy with the PolicyId that you specified.",
        )
    })
}

fn describe_policy(context: &Context) -> Answer {
    let policy = policy(context)?;
    Ok(members(json!({"Policy": {
        "PolicySummary": policy_summary(context.world, policy), "Content": policy.document,
    }})))
}

fn targets_for_policy(context: &Context) -> Answer {
    let shown = |target: &Target| json!({"TargetId": target.id, "Arn": target.arn, "Name": target.name, "Type": target.target_type});
    context.page("Targets", &policy(context)?.targets, |target| order_of(&target.id), shown)
}

fn describe_resource_policy(context: &Context) -> Answer {
    let world = context.world;
    let (id, document) = world.resource_policy().ok_or_else(|| {
        let message = "We can't find a resource policy for this organization.";
        ApiError::new(400, "ResourcePolicyNotFoundException", message)
    })?;
    Ok(members(json!({"ResourcePolicy": {
        "ResourcePolicySummary": {"Id": id, "Arn": world.resource_policy_arn(&id)}, "Content": document,
    }})))
}
