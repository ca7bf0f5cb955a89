//! AWS Organizations: the root, OUs and accounts
//! (<https://docs.aws.amazon.com/organizations/latest/APIReference/API_Operations.html>).

use serde_json::{Map, Value, json};

use super::{Context, members, tag_value};
use crate::simulator::config::Caller;
use crate::simulator::organization::{Account, DAY, Unit, World, epoch};
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
        _ => return Err(context.unknown_operation()),
    };
    if !context.world.config.in_organization {
        let message = "Your account is not a member of an organization.";
        return Err(ApiError::new(400, "AWSOrganizationsNotInUseException", message));
    }
    // Any member may call DescribeOrganization, the rest is for the management account and its delegates.
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

/// The policy types of the root.
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

/// The root or OU named by a parameter.
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
    let tags = account.or_else(unit).ok_or_else(|| {
        ApiError::new(400, "TargetNotFoundException", "You specified a target that doesn't exist.")
    })?;
    context.page_by_place("Tags", tags, tag_value)
}

fn delegated_administrators(context: &Context) -> Answer {
    let world = context.world;
    let delegates = [world.identity.delegated_account];
    let delegate = |position: &u32| {
        let mut value = account_value(world, &world.accounts[*position as usize]);
        value.remove("Paths");
        value.insert("DelegationEnabledDate".to_owned(), epoch(world.identity.created_at + 100 * DAY));
        Value::Object(value)
    };
    context.page("DelegatedAdministrators", &delegates, |account| u128::from(*account), delegate)
}
