//! The identity store: users, groups, memberships
//! (<https://docs.aws.amazon.com/singlesignon/latest/IdentityStoreAPIReference/API_Operations.html>).

use serde_json::{Map, Value, json};

use super::{Context, members};
use crate::simulator::config::{Caller, Instances};
use crate::simulator::dice;
use crate::simulator::organization::{Group, Member, User, World, epoch};
use crate::simulator::protocol::{ApiError, Service};

type Answer = Result<Map<String, Value>, ApiError>;

pub(super) fn answer(context: &Context) -> Answer {
    let operation = match context.request.operation.as_str() {
        "ListUsers" => list_users,
        "ListGroups" => list_groups,
        "ListGroupMemberships" => memberships,
        "ListGroupMembershipsForMember" => memberships_for_member,
        "DescribeUser" => describe_user,
        "DescribeGroup" => describe_group,
        _ => return Err(context.unknown_operation()),
    };
    let is_own = context.request.input.text("IdentityStoreId") == Some(&*context.world.account_store_id());
    if context.caller == Caller::MemberAccount && !is_own {
        return Err(context.denied());
    }
    let config = &context.world.config;
    let describes = matches!(context.request.operation.as_str(), "DescribeUser" | "DescribeGroup");
    if config.legacy_directory && !(config.legacy_describes && describes) {
        return Err(legacy(context));
    }
    check_store(context)?;
    operation(context)
}

/// Returns the answer of a directory by legacy AD sync (<https://github.com/noqdev/iambic/issues/557>,
/// <https://github.com/boto/boto3/issues/3985>).
fn legacy(context: &Context) -> ApiError {
    match context.request.operation.as_str() {
        "ListUsers" | "ListGroups" => ApiError::invalid(Service::IdentityStore, "Filter is required"),
        "ListGroupMemberships" | "ListGroupMembershipsForMember" => context.unknown_operation(),
        _ => ApiError::not_found("The resource was not found."),
    }
}

fn check_store(context: &Context) -> Result<(), ApiError> {
    let world = context.world;
    let config = &world.config;
    let wanted = context.required("IdentityStoreId")?;
    let region = context.request.signature.as_ref().map_or("", |signature| signature.region.as_str());
    let here = region == config.region || config.additional_regions.iter().any(|other| other == region);
    let known = match config.instances {
        Instances::None => false,
        Instances::Organization | Instances::Account => wanted == own_store(world),
        Instances::Several => wanted == world.store_id() || wanted == world.account_store_id(),
    };
    if here && known {
        Ok(())
    } else {
        Err(ApiError::not_found("IDENTITY_STORE not found.").with("ResourceType", "IDENTITY_STORE"))
    }
}

/// Returns the store with the people: the only instance's, or the organization's.
fn own_store(world: &World) -> String {
    if world.config.instances == Instances::Account { world.account_store_id() } else { world.store_id() }
}

/// Returns true if the call is for the store with the people. The other one is empty.
fn populated(context: &Context) -> bool {
    context.request.input.text("IdentityStoreId") == Some(own_store(context.world).as_str())
}

fn list_users(context: &Context) -> Answer {
    let world = context.world;
    let users = if populated(context) { world.index().living_users.as_slice() } else { &[] };
    let extended = wants_extension(context);
    let shown = |user: &u32| user_value(world, &world.users[*user as usize], extended).into();
    context.page("Users", users, |user| u128::from(*user), shown)
}

fn wants_extension(context: &Context) -> bool {
    let wanted = context.request.input.0.get("Extensions").and_then(Value::as_array);
    wanted.is_some_and(|wanted| wanted.iter().any(|name| name == "aws:identitystore:enterprise"))
}

fn user_value(world: &World, user: &User, extended: bool) -> Map<String, Value> {
    let name = members(json!({
        "Formatted": user.formatted,
        "FamilyName": user.family_name,
        "GivenName": user.given_name,
        "MiddleName": user.middle_name,
        "HonorificPrefix": user.honorific_prefix,
        "HonorificSuffix": user.honorific_suffix,
    }));
    members(json!({
        "IdentityStoreId": own_store(world),
        "UserId": *user.id,
        "UserArn": world.identity_arn("user", &user.id),
        "Revision": revision(&user.id, world.updated_at(user.updated_at)),
        "UserName": user.user_name,
        "ExternalIds": user.external_ids,
        "Name": if name.is_empty() { Value::Null } else { Value::Object(name) },
        "DisplayName": user.display_name,
        "NickName": user.nick_name,
        "ProfileUrl": user.profile_url,
        "Emails": user.emails,
        "Addresses": user.addresses,
        "PhoneNumbers": user.phone_numbers,
        "UserType": user.user_type,
        "Title": user.title,
        "PreferredLanguage": user.preferred_language,
        "Locale": user.locale,
        "Timezone": user.timezone,
        "UserStatus": user.status,
        "Photos": user.photos,
        "Website": user.website,
        "Birthdate": user.birthdate,
        "Roles": user.roles,
        "CreatedAt": epoch(user.created_at),
        "CreatedBy": world.created_by(user.created_at),
        "UpdatedAt": epoch(world.updated_at(user.updated_at)),
        "UpdatedBy": world.updated_by(user.updated_at),
        "Extensions": if extended { user.extensions.clone() } else { None },
    }))
}

/// Returns the revision for an item and the time of its last update.
pub(in crate::simulator) fn revision(id: &str, updated_at: i64) -> String {
    format!("{:016x}", dice::hash(0, &[id, &updated_at.to_string()]))
}

fn list_groups(context: &Context) -> Answer {
    let world = context.world;
    let groups = if populated(context) { world.index().living_groups.as_slice() } else { &[] };
    let shown = |group: &u32| group_value(world, &world.groups[*group as usize]).into();
    context.page("Groups", groups, |group| u128::from(*group), shown)
}

fn group_value(world: &World, group: &Group) -> Map<String, Value> {
    members(json!({
        "IdentityStoreId": own_store(world),
        "GroupId": *group.id,
        "GroupArn": world.identity_arn("group", &group.id),
        "Revision": revision(&group.id, world.updated_at(group.updated_at)),
        "DisplayName": group.display_name,
        "Description": group.description,
        "ExternalIds": group.external_ids,
        "CreatedAt": epoch(group.created_at),
        "CreatedBy": world.created_by(group.created_at),
        "UpdatedAt": epoch(world.updated_at(group.updated_at)),
        "UpdatedBy": world.updated_by(group.updated_at),
    }))
}

fn memberships(context: &Context) -> Answer {
    let world = context.world;
    let group = group(context, context.required("GroupId")?)?;
    let mut found = world.members[group as usize].to_vec();
    found.sort_unstable_by_key(|member| member.user);
    let shown = |member: &Member| membership_value(world, group, *member);
    context.page("GroupMemberships", &found, |member| u128::from(member.user), shown)
}

fn memberships_for_member(context: &Context) -> Answer {
    let world = context.world;
    let id = context
        .request
        .input
        .0
        .get("MemberId")
        .and_then(|member| member.get("UserId"))
        .and_then(Value::as_str);
    let id = id.ok_or_else(|| ApiError::invalid(Service::IdentityStore, "MemberId.UserId is required"))?;
    let user = user(context, id)?;
    let groups = &world.index().groups_of[user as usize];
    let shown = |&(group, since): &(u32, i64)| membership_value(world, group, Member { user, since });
    context.page("GroupMemberships", groups, |(group, _)| u128::from(*group), shown)
}

fn membership_value(world: &World, group: u32, member: Member) -> Value {
    let id = world.membership_id(group, member);
    let membership = json!({
        "IdentityStoreId": own_store(world),
        "MembershipId": id,
        "MembershipArn": world.identity_arn("membership", &id),
        "GroupId": *world.groups[group as usize].id,
        "MemberId": {"UserId": *world.users[member.user as usize].id},
        "CreatedAt": epoch(member.since),
        "CreatedBy": world.created_by(member.since),
        "UpdatedAt": epoch(world.updated_at(member.since)),
        "UpdatedBy": world.updated_by(member.since),
    });
    members(membership).into()
}

fn describe_user(context: &Context) -> Answer {
    let world = context.world;
    let position = user(context, context.required("UserId")?)?;
    Ok(user_value(world, &world.users[position as usize], wants_extension(context)))
}

fn describe_group(context: &Context) -> Answer {
    let position = group(context, context.required("GroupId")?)?;
    Ok(group_value(context.world, &context.world.groups[position as usize]))
}

fn user(context: &Context, id: &str) -> Result<u32, ApiError> {
    let found = context.world.index().users.get(id).copied().filter(|_| populated(context));
    found.ok_or_else(|| {
        ApiError::not_found("USER not found.").with("ResourceType", "USER").with("ResourceId", id)
    })
}

fn group(context: &Context, id: &str) -> Result<u32, ApiError> {
    let found = context.world.index().groups.get(id).copied().filter(|_| populated(context));
    found.ok_or_else(|| {
        ApiError::not_found("GROUP not found.").with("ResourceType", "GROUP").with("ResourceId", id)
    })
}
