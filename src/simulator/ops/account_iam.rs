//! IAM of the account that is asked: its users, groups, roles and policies
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GetAccountAuthorizationDetails.html>).

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::Context;
use crate::simulator::credentials::account_of;
use crate::simulator::organization::{
    AccountIam, IamGroup, IamPolicy, IamRole, IamUser, Policies, TagPair, rfc3339,
};
use crate::simulator::protocol::{ApiError, element};

/// What RFC 3986 leaves as it is.
pub(super) const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The position of the account of the caller: a session's is that of its role.
pub(super) fn own_account(context: &Context) -> Result<u32, ApiError> {
    let arn = context.credentials.caller_arn(context.world, context.request.signature.as_ref());
    context.world.index().accounts.get(account_of(&arn)).copied().ok_or_else(|| context.denied())
}

fn own(context: &Context) -> Result<AccountIam, ApiError> {
    own_account(context).map(|account| context.world.iam(account))
}

/// Returns what follows the items of a page: whether there are more, and the token of the next page.
pub(super) fn rest(marker: Option<String>) -> String {
    let mut rest = String::new();
    element(&mut rest, "IsTruncated", marker.is_some());
    if let Some(marker) = marker {
        element(&mut rest, "Marker", marker);
    }
    rest
}

/// A thing of an account.
enum Detail<'a> {
    User(&'a IamUser),
    Group(&'a IamGroup),
    Role(&'a IamRole),
    Policy(&'a IamPolicy),
}

impl Detail<'_> {
    fn arn(&self) -> &str {
        match self {
            Self::User(user) => &user.arn,
            Self::Group(group) => &group.arn,
            Self::Role(role) => &role.arn,
            Self::Policy(policy) => &policy.arn,
        }
    }
}

pub(super) fn details(context: &Context) -> Result<String, ApiError> {
    let filters: Vec<&str> =
        (1..=5).filter_map(|at| context.request.input.text(&format!("Filter.member.{at}"))).collect();
    let wants = |kind: &str| filters.is_empty() || filters.contains(&kind);
    let iam = own(context)?;
    let mut items = Vec::new();
    if wants("User") {
        items.extend(iam.users.iter().map(Detail::User));
    }
    if wants("Group") {
        items.extend(iam.groups.iter().map(Detail::Group));
    }
    if wants("Role") {
        items.extend(iam.roles.iter().map(Detail::Role));
    }
    if wants("LocalManagedPolicy") {
        items.extend(iam.policies.iter().map(Detail::Policy));
    }
    let (page, marker) = context.cut_by_name(&items, Detail::arn)?;
    let [mut users, mut groups, mut roles, mut policies] = [const { String::new() }; 4];
    for item in page {
        match item {
            Detail::User(user) => member(&mut users, &user_detail(user)),
            Detail::Group(group) => member(&mut groups, &group_detail(group)),
            Detail::Role(role) => member(&mut roles, &role_detail(role)),
            Detail::Policy(policy) => member(&mut policies, &policy_detail(policy)),
        }
    }
    Ok(format!(
        "<UserDetailList>{users}</UserDetailList><GroupDetailList>{groups}</GroupDetailList>\
         <RoleDetailList>{roles}</RoleDetailList><Policies>{policies}</Policies>{}",
        rest(marker)
    ))
}

pub(super) fn roles(context: &Context) -> Result<String, ApiError> {
    let iam = own(context)?;
    let (page, marker) = context.cut_by_name(&iam.roles, |role| &role.arn)?;
    let mut roles = String::new();
    for role in page {
        let mut inner = head("Role", &role.path, &role.name, &role.id, &role.arn, role.created_at);
        element(&mut inner, "AssumeRolePolicyDocument", utf8_percent_encode(&role.trust_policy, ENCODED));
        if let Some(description) = &role.description {
            element(&mut inner, "Description", description);
        }
        element(&mut inner, "MaxSessionDuration", role.max_session_duration);
        if let Some((arn, version)) = &role.template {
            let mut template = String::new();
            element(&mut template, "TemplateArn", arn);
            element(&mut template, "TemplateMinorVersion", version);
            inner.push_str(&format!("<SourceRoleTemplate>{template}</SourceRoleTemplate>"));
        }
        member(&mut roles, &inner);
    }
    Ok(format!("<Roles>{roles}</Roles>{}", rest(marker)))
}

fn member(list: &mut String, inner: &str) {
    list.push_str("<member>");
    list.push_str(inner);
    list.push_str("</member>");
}

/// What every thing has.
fn head(kind: &str, path: &str, name: &str, id: &str, arn: &str, created_at: i64) -> String {
    let mut inner = String::new();
    element(&mut inner, "Path", path);
    element(&mut inner, &format!("{kind}Name"), name);
    element(&mut inner, &format!("{kind}Id"), id);
    element(&mut inner, "Arn", arn);
    element(&mut inner, "CreateDate", rfc3339(created_at));
    inner
}

fn inline(list: &str, policies: &Policies) -> String {
    let mut members = String::new();
    for (name, document) in &policies.inline {
        let mut inner = String::new();
        element(&mut inner, "PolicyName", name);
        element(&mut inner, "PolicyDocument", utf8_percent_encode(document, ENCODED));
        member(&mut members, &inner);
    }
    format!("<{list}>{members}</{list}>")
}

fn attached(policies: &Policies) -> String {
    let mut members = String::new();
    for (name, arn) in &policies.attached {
        let mut inner = String::new();
        element(&mut inner, "PolicyName", name);
        element(&mut inner, "PolicyArn", arn);
        member(&mut members, &inner);
    }
    format!("<AttachedManagedPolicies>{members}</AttachedManagedPolicies>")
}

fn boundary(arn: Option<&String>) -> String {
    let Some(arn) = arn else { return String::new() };
    let mut inner = String::new();
    element(&mut inner, "PermissionsBoundaryType", "Policy");
    element(&mut inner, "PermissionsBoundaryArn", arn);
    format!("<PermissionsBoundary>{inner}</PermissionsBoundary>")
}

fn tags(pairs: &[TagPair]) -> String {
    let mut members = String::new();
    for (key, value) in pairs {
        let mut inner = String::new();
        element(&mut inner, "Key", key);
        element(&mut inner, "Value", value);
        member(&mut members, &inner);
    }
    format!("<Tags>{members}</Tags>")
}

fn user_detail(user: &IamUser) -> String {
    let mut inner = head("User", &user.path, &user.name, &user.id, &user.arn, user.created_at);
    let mut groups = String::new();
    user.groups.iter().for_each(|group| element(&mut groups, "member", group));
    inner.push_str(&format!("<GroupList>{groups}</GroupList>"));
    inner.push_str(&inline("UserPolicyList", &user.policies));
    inner.push_str(&attached(&user.policies));
    inner.push_str(&boundary(user.boundary.as_ref()));
    inner.push_str(&tags(&user.tags));
    inner
}

fn group_detail(group: &IamGroup) -> String {
    let mut inner = head("Group", &group.path, &group.name, &group.id, &group.arn, group.created_at);
    inner.push_str(&inline("GroupPolicyList", &group.policies));
    inner.push_str(&attached(&group.policies));
    inner
}

fn role_detail(role: &IamRole) -> String {
    let mut inner = head("Role", &role.path, &role.name, &role.id, &role.arn, role.created_at);
    let trust = utf8_percent_encode(&role.trust_policy, ENCODED).to_string();
    element(&mut inner, "AssumeRolePolicyDocument", &trust);
    let mut profiles = String::new();
    if let Some((name, id, arn)) = &role.profile {
        let mut profile = head("InstanceProfile", "/", name, id, arn, role.created_at);
        let of_role = head("Role", &role.path, &role.name, &role.id, &role.arn, role.created_at);
        profile.push_str(&format!("<Roles><member>{of_role}</member></Roles>"));
        profile.push_str(&tags(&role.tags));
        member(&mut profiles, &profile);
    }
    inner.push_str(&format!("<InstanceProfileList>{profiles}</InstanceProfileList>"));
    inner.push_str(&inline("RolePolicyList", &role.policies));
    inner.push_str(&attached(&role.policies));
    inner.push_str(&boundary(role.boundary.as_ref()));
    inner.push_str(&tags(&role.tags));
    let mut used = String::new();
    if let Some((at, region)) = &role.last_used {
        element(&mut used, "LastUsedDate", rfc3339(*at));
        element(&mut used, "Region", region);
    }
    inner.push_str(&format!("<RoleLastUsed>{used}</RoleLastUsed>"));
    inner
}

fn policy_detail(policy: &IamPolicy) -> String {
    let mut inner = head("Policy", &policy.path, &policy.name, &policy.id, &policy.arn, policy.created_at);
    if let Some(description) = &policy.description {
        element(&mut inner, "Description", description);
    }
    let newest = policy.first_version + policy.documents.len() as u64 - 1;
    element(&mut inner, "DefaultVersionId", format_args!("v{newest}"));
    element(&mut inner, "AttachmentCount", policy.attachments);
    element(&mut inner, "PermissionsBoundaryUsageCount", policy.boundary_uses);
    element(&mut inner, "IsAttachable", true);
    element(&mut inner, "UpdateDate", rfc3339(policy.updated_at));
    let mut versions = String::new();
    // The newest first.
    for (number, (at, document)) in
        (policy.first_version..).zip(&policy.documents).collect::<Vec<_>>().into_iter().rev()
    {
        let mut version = String::new();
        element(&mut version, "VersionId", format_args!("v{number}"));
        element(&mut version, "IsDefaultVersion", number == newest);
        element(&mut version, "CreateDate", rfc3339(*at));
        element(&mut version, "Document", utf8_percent_encode(document, ENCODED));
        member(&mut versions, &version);
    }
    inner.push_str(&format!("<PolicyVersionList>{versions}</PolicyVersionList>"));
    inner
}
