//! What accounts have themselves, as rows: users, groups, roles and policies.

use serde_json::{Value, json};

use super::{IamAccounts, Rows, columns, iam_credentials};
use crate::model;
use crate::model::{IamGroupMember, IamPolicyAttachment, IamRoleActivity};
use crate::simulator::config::Caller;
use crate::simulator::organization::{
    AccountIam, IamPolicy, IamRole, Policies, TagPair, World, numbered, rfc3339,
};

/// The rows of a resource, of the caller's account or of every active one; none where it is none of these.
pub(super) fn rows(world: &World, resource: &str, accounts: IamAccounts) -> Rows {
    let own = match world.config.caller {
        Caller::ManagementAccount => world.identity.management_account,
        Caller::DelegatedAdministrator => world.identity.delegated_account,
        Caller::MemberAccount => world.identity.member_account,
    };
    match accounts {
        IamAccounts::Caller => rows_of(world, resource, own),
        IamAccounts::Active => numbered(&world.accounts)
            .filter(|(position, account)| account.exists && (*position == own || account.is_active()))
            .flat_map(|(position, _)| rows_of(world, resource, position))
            .collect(),
    }
}

fn rows_of(world: &World, resource: &str, position: u32) -> Rows {
    let account = world.accounts[position as usize].id.to_string();
    let iam = world.iam(position);
    match resource {
        "iam_users" => iam
            .users
            .iter()
            .map(|user| {
                columns(&model::IamUser {
                    account_id: account.clone(),
                    user_name: user.name.clone(),
                    user_id: Some(user.id.clone()),
                    arn: Some(user.arn.clone()),
                    path: Some(user.path.clone()),
                    created_at: Some(rfc3339(user.created_at)),
                    permissions_boundary_arn: user.boundary.clone(),
                    tags: tags(&user.tags).map(|tags| tags.to_string()),
                })
            })
            .collect(),
        "iam_groups" => iam
            .groups
            .iter()
            .map(|group| {
                columns(&model::IamGroup {
                    account_id: account.clone(),
                    group_name: group.name.clone(),
                    group_id: Some(group.id.clone()),
                    arn: Some(group.arn.clone()),
                    path: Some(group.path.clone()),
                    created_at: Some(rfc3339(group.created_at)),
                })
            })
            .collect(),
        "iam_group_members" => iam
            .users
            .iter()
            .flat_map(|user| {
                user.groups.iter().map(|group| {
                    columns(&IamGroupMember {
                        account_id: account.clone(),
                        group_name: group.clone(),
                        user_name: user.name.clone(),
                    })
                })
            })
            .collect(),
        "iam_roles" => iam.roles.iter().map(|role| columns(&role_row(&account, role))).collect(),
        "iam_role_activity" => iam
            .roles
            .iter()
            .map(|role| {
                columns(&IamRoleActivity {
                    account_id: account.clone(),
                    role_name: role.name.clone(),
                    last_used_at: role.last_used.map(|(at, _)| rfc3339(at)),
                    last_used_region: role.last_used.map(|(_, region)| region.to_owned()),
                })
            })
            .collect(),
        "iam_policies" => iam.policies.iter().map(|policy| columns(&policy_row(&account, policy))).collect(),
        "iam_policy_attachments" => attachments(&account, &iam),
        "iam_credentials" => iam_credentials::credentials(world, position),
        "iam_credential_activity" => iam_credentials::activity(world, position),
        _ => Rows::new(),
    }
}

fn tags(pairs: &[TagPair]) -> Option<Value> {
    let tag = |(key, value): &TagPair| json!({"Key": key, "Value": value});
    (!pairs.is_empty()).then(|| pairs.iter().map(tag).collect())
}

fn role_row(account: &str, role: &IamRole) -> model::IamRole {
    let profiles = role.profile.as_ref().map(|(name, id, arn)| {
        let profile = json!({
            "InstanceProfileName": name, "InstanceProfileId": id, "Arn": arn, "Path": "/",
            "CreateDate": rfc3339(role.created_at), "Tags": tags(&role.tags),
        });
        json!([profile]).to_string()
    });
    let template = role
        .template
        .as_ref()
        .map(|(arn, version)| json!({"TemplateArn": arn, "TemplateMinorVersion": version}).to_string());
    model::IamRole {
        account_id: account.to_owned(),
        role_name: role.name.clone(),
        role_id: Some(role.id.clone()),
        arn: Some(role.arn.clone()),
        path: Some(role.path.clone()),
        created_at: Some(rfc3339(role.created_at)),
        description: role.description.clone(),
        max_session_duration: Some(role.max_session_duration),
        trust_policy: Some(role.trust_policy.clone()),
        permissions_boundary_arn: role.boundary.clone(),
        instance_profiles: profiles,
        source_template: template,
        tags: tags(&role.tags).map(|tags| tags.to_string()),
    }
}

fn policy_row(account: &str, policy: &IamPolicy) -> model::IamPolicy {
    let newest = policy.first_version + policy.documents.len() as u64 - 1;
    let versions: Value = (policy.first_version..)
        .zip(&policy.documents)
        .map(|(number, (at, _))| {
            json!({
                "VersionId": format!("v{number}"), "IsDefaultVersion": number == newest, "CreateDate": rfc3339(*at),
            })
        })
        .collect();
    model::IamPolicy {
        account_id: account.to_owned(),
        policy_arn: policy.arn.clone(),
        name: Some(policy.name.clone()),
        path: Some(policy.path.clone()),
        policy_id: Some(policy.id.clone()),
        description: policy.description.clone(),
        default_version_id: Some(format!("v{newest}")),
        document: policy.documents.last().map(|(_, document)| document.clone()),
        created_at: Some(rfc3339(policy.created_at)),
        updated_at: Some(rfc3339(policy.updated_at)),
        versions: Some(versions.to_string()),
        is_attachable: Some(true),
        attachment_count: Some(policy.attachments),
        boundary_usage_count: Some(policy.boundary_uses),
    }
}

fn attachments(account: &str, iam: &AccountIam) -> Rows {
    let mut rows = Rows::new();
    let mut add = |principal_type: &str, principal_name: &str, policies: &Policies| {
        let blank = || IamPolicyAttachment {
            account_id: account.to_owned(),
            principal_type: principal_type.to_owned(),
            principal_name: principal_name.to_owned(),
            ..IamPolicyAttachment::default()
        };
        rows.extend(policies.inline.iter().map(|(name, document)| {
            columns(&IamPolicyAttachment {
                kind: "inline".to_owned(),
                policy: name.clone(),
                policy_name: Some(name.clone()),
                document: Some(document.clone()),
                ..blank()
            })
        }));
        rows.extend(policies.attached.iter().map(|(name, arn)| {
            columns(&IamPolicyAttachment {
                kind: "managed".to_owned(),
                policy: arn.clone(),
                policy_name: Some(name.clone()),
                ..blank()
            })
        }));
    };
    iam.users.iter().for_each(|user| add("USER", &user.name, &user.policies));
    iam.groups.iter().for_each(|group| add("GROUP", &group.name, &group.policies));
    iam.roles.iter().for_each(|role| add("ROLE", &role.name, &role.policies));
    rows
}
