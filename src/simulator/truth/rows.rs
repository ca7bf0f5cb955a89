//! Every resource's rows, column by column, as the design specifies them.

use serde_json::Value;

use super::{
    Assignments, ReportDepth, ReportedPolicies, Rows, TruthOptions, applications, columns, iam,
    identity_center, requests,
};
use crate::model::{
    self, Account, AccountAssignment, DelegatedAdministrator, DelegatedAdministratorAccount, Entity,
    GroupMembership, Organization, OrganizationFeature, OrganizationPolicy, OrganizationPolicyTarget,
    OrganizationResourcePolicy, OrganizationalUnit, PermissionSetPolicy, PolicyKind,
    ProvisionedPermissionSet, Root, ServiceLastAccessed, Tag, TrustedService,
};
use crate::simulator::activity::{self, ReportedEntity};
use crate::simulator::config::Instances;
use crate::simulator::ops::{policy_types, revision};
use crate::simulator::organization::{
    Boundary, Delegation, Group, ManagedPolicy, Member, PermissionSet, Policy, PrincipalKind, TagPair,
    Target, User, World, numbered, rfc3339,
};

/// Returns one resource's rows.
pub(in crate::simulator) fn rows(world: &World, resource: &str, options: TruthOptions) -> Rows {
    let config = &world.config;
    let organization = config.in_organization;
    let store = config.instances != Instances::None;
    let sets = matches!(config.instances, Instances::Organization | Instances::Several);
    match resource {
        "organization" if organization => vec![columns(&organization_row(world))],
        "roots" if organization => vec![columns(&root_row(world))],
        "organizational_units" if organization => units(world),
        "accounts" if organization => accounts(world),
        "organization_policies" if organization => policies_of_organization(world),
        "organization_policy_targets" if organization => policy_targets(world),
        "organization_resource_policies" if organization => resource_policies(world),
        "delegated_administrator_accounts" if organization => delegated_accounts(world),
        "delegated_administrators" if organization => delegated_administrators(world),
        "trusted_services" if organization => trusted_services(world),
        "organization_features" if organization && config.all_features => features(world),
        "identity_center_instances" => identity_center::instances(world),
        "access_control_attributes" if sets => identity_center::attributes(world),
        "trusted_token_issuers" if sets => identity_center::issuers(world),
        "assignment_requests" if sets => requests::requests(world),
        "applications" if sets => applications::applications(world),
        "application_assignments" if sets => applications::assignments(world),
        "application_grants" if sets => applications::grants(world),
        "application_access_scopes" if sets => applications::access_scopes(world),
        "application_authentication_methods" if sets => applications::authentication_methods(world),
        "users" if store => world
            .users
            .iter()
            .filter(|user| user.exists)
            .map(|user| columns(&user_row(world, user)))
            .collect(),
        "groups" if store => world
            .groups
            .iter()
            .filter(|group| group.exists)
            .map(|group| columns(&group_row(world, group)))
            .collect(),
        "group_memberships" if store => memberships(world),
        "permission_sets" if sets => living_sets(world).map(|set| columns(&set_row(set))).collect(),
        "permission_set_policies" if sets => {
            living_sets(world).flat_map(|set| policies(world, set)).collect()
        }
        "managed_policies" if sets => managed_policies(world),
        "provisioned_permission_sets" if sets => provisioned(world),
        "account_assignments" if sets => assignments(world, options.assignments),
        name if name.starts_with("iam_") && organization => iam::rows(world, name, options.iam),
        "service_last_accessed" if organization => last_accessed(world, options),
        "tags" => tags(world, organization, sets),
        _ => Vec::new(),
    }
}

fn organization_row(world: &World) -> Organization {
    let owner = world.management_account();
    Organization {
        organization_id: world.identity.organization_id.clone(),
        arn: Some(world.organization_arn()),
        feature_set: Some(if world.config.all_features { "ALL" } else { "CONSOLIDATED_BILLING" }.to_owned()),
        management_account_id: Some(owner.id.to_string()),
        management_account_email: Some(owner.email.clone()),
        management_account_arn: Some(world.account_arn(owner)),
    }
}

fn root_row(world: &World) -> Root {
    let root = &world.units[0];
    let types = policy_types(world);
    Root {
        root_id: root.id.to_string(),
        arn: Some(world.unit_arn(root)),
        name: Some(root.name.clone()),
        policy_types: (!types.is_empty()).then(|| Value::Array(types).to_string()),
    }
}

fn units(world: &World) -> Rows {
    let living = numbered(&world.units).filter(|(_, unit)| unit.exists && unit.parent.is_some());
    living
        .map(|(position, unit)| {
            columns(&OrganizationalUnit {
                ou_id: unit.id.to_string(),
                arn: Some(world.unit_arn(unit)),
                name: Some(unit.name.clone()),
                parent_id: unit.parent.map(|parent| world.units[parent as usize].id.to_string()),
                entity_path: Some(world.index().unit_paths[position as usize].clone()),
            })
        })
        .collect()
}

fn accounts(world: &World) -> Rows {
    let config = &world.config;
    let living = numbered(&world.accounts).filter(|(_, account)| account.exists);
    living
        .map(|(position, account)| {
            let state = account.state.filter(|_| config.account_state);
            let status = account.status.filter(|_| config.account_status);
            columns(&Account {
                account_id: account.id.to_string(),
                arn: Some(world.account_arn(account)),
                name: Some(account.name.clone()),
                email: Some(account.email.clone()),
                state: state.or(status).map(str::to_owned),
                joined_method: Some(account.joined_method.to_owned()),
                joined_at: Some(rfc3339(account.joined_at)),
                parent_id: Some(world.units[account.parent as usize].id.to_string()),
                entity_path: Some(world.account_path(account)),
                is_management_account: Some(position == world.identity.management_account),
            })
        })
        .collect()
}

fn policies_of_organization(world: &World) -> Rows {
    let row = |policy: &Policy| {
        columns(&OrganizationPolicy {
            policy_id: policy.id.clone(),
            arn: Some(world.policy_arn(policy)),
            name: Some(policy.name.clone()),
            description: policy.description.clone(),
            r#type: Some(policy.policy_type.to_owned()),
            aws_managed: Some(policy.aws_managed),
            document: Some(policy.document.clone()),
        })
    };
    world.policies().iter().map(row).collect()
}

fn policy_targets(world: &World) -> Rows {
    let of_policy = |policy: &Policy| {
        let row = |target: &Target| {
            columns(&OrganizationPolicyTarget {
                policy_id: policy.id.clone(),
                target_id: target.id.clone(),
                target_type: Some(target.target_type.to_owned()),
            })
        };
        policy.targets.iter().map(row).collect::<Rows>()
    };
    world.policies().iter().flat_map(of_policy).collect()
}

fn resource_policies(world: &World) -> Rows {
    let row = |(id, document): (String, String)| {
        columns(&OrganizationResourcePolicy {
            arn: Some(world.resource_policy_arn(&id)),
            resource_policy_id: id,
            document: Some(document),
        })
    };
    world.resource_policy().map(row).into_iter().collect()
}

fn delegated_accounts(world: &World) -> Rows {
    let delegates = world.delegated_administrators().into_iter();
    delegates
        .map(|(account, since, _)| {
            columns(&DelegatedAdministratorAccount {
                account_id: world.accounts[account as usize].id.to_string(),
                delegation_enabled_at: Some(rfc3339(since)),
            })
        })
        .collect()
}

fn delegated_administrators(world: &World) -> Rows {
    let of_account = |(account, _, services): (u32, _, Vec<Delegation>)| {
        let row = |service: &Delegation| {
            columns(&DelegatedAdministrator {
                account_id: world.accounts[account as usize].id.to_string(),
                service_principal: service.service_principal.to_owned(),
                delegation_enabled_at: Some(rfc3339(service.enabled_at)),
            })
        };
        services.iter().map(row).collect::<Rows>()
    };
    world.delegated_administrators().into_iter().flat_map(of_account).collect()
}

fn trusted_services(world: &World) -> Rows {
    let row = |service: Delegation| {
        columns(&TrustedService {
            service_principal: service.service_principal.to_owned(),
            enabled_at: Some(rfc3339(service.enabled_at)),
        })
    };
    world.trusted_services().into_iter().map(row).collect()
}

fn features(world: &World) -> Rows {
    let row = |feature: &str| columns(&OrganizationFeature { feature: feature.to_owned() });
    world.organization_features().into_iter().map(row).collect()
}

fn user_row(world: &World, user: &User) -> model::User {
    let text = |value: &Option<Value>| value.as_ref().map(Value::to_string);
    // The address marked as primary. AWS allows one address, so an unmarked one counts as primary.
    let primary_email = user.emails.as_ref().and_then(|emails| {
        let emails = emails.as_array()?;
        let primary = emails.iter().find(|email| email["Primary"] == true).or(emails.first())?;
        primary["Value"].as_str().map(str::to_owned)
    });
    model::User {
        user_id: user.id.to_string(),
        user_name: Some(user.user_name.clone()),
        display_name: user.display_name.clone(),
        given_name: user.given_name.clone(),
        family_name: user.family_name.clone(),
        primary_email,
        user_status: user.status.map(str::to_owned),
        user_type: user.user_type.clone(),
        title: user.title.clone(),
        user_arn: Some(world.identity_arn("user", &user.id)),
        nick_name: user.nick_name.clone(),
        formatted_name: user.formatted.clone(),
        middle_name: user.middle_name.clone(),
        honorific_prefix: user.honorific_prefix.clone(),
        honorific_suffix: user.honorific_suffix.clone(),
        profile_url: user.profile_url.clone(),
        preferred_language: user.preferred_language.clone(),
        locale: user.locale.clone(),
        timezone: user.timezone.clone(),
        website: user.website.clone(),
        birthdate: user.birthdate.clone(),
        emails: text(&user.emails),
        phone_numbers: text(&user.phone_numbers),
        addresses: text(&user.addresses),
        photos: text(&user.photos),
        roles: text(&user.roles),
        external_ids: text(&user.external_ids),
        extensions: text(&user.extensions),
        created_at: Some(rfc3339(user.created_at)),
        created_by: world.created_by(user.created_at),
        updated_at: Some(rfc3339(world.updated_at(user.updated_at))),
        updated_by: world.updated_by(user.updated_at),
        revision: Some(revision(&user.id, world.updated_at(user.updated_at))),
    }
}

fn group_row(world: &World, group: &Group) -> model::Group {
    model::Group {
        group_id: group.id.to_string(),
        display_name: Some(group.display_name.clone()),
        description: group.description.clone(),
        external_ids: group.external_ids.as_ref().map(Value::to_string),
        group_arn: Some(world.identity_arn("group", &group.id)),
        created_at: Some(rfc3339(group.created_at)),
        created_by: world.created_by(group.created_at),
        updated_at: Some(rfc3339(world.updated_at(group.updated_at))),
        updated_by: world.updated_by(group.updated_at),
        revision: Some(revision(&group.id, world.updated_at(group.updated_at))),
    }
}

fn memberships(world: &World) -> Rows {
    let living = numbered(&world.groups).filter(|(_, group)| group.exists);
    living
        .flat_map(|(position, group)| {
            world.members[position as usize].iter().map(move |&member: &Member| {
                let id = world.membership_id(position, member);
                columns(&GroupMembership {
                    group_id: group.id.to_string(),
                    user_id: world.users[member.user as usize].id.to_string(),
                    membership_arn: Some(world.identity_arn("membership", &id)),
                    membership_id: Some(id),
                    created_at: Some(rfc3339(member.since)),
                    created_by: world.created_by(member.since),
                    updated_at: Some(rfc3339(world.updated_at(member.since))),
                    updated_by: world.updated_by(member.since),
                })
            })
        })
        .collect()
}

fn living_sets(world: &World) -> impl Iterator<Item = &PermissionSet> {
    numbered(&world.sets).filter(|(position, _)| world.lists_set(*position)).map(|(_, set)| &**set)
}

/// Returns a policy's tags as a column.
fn tags_json(tags: &[TagPair]) -> Option<String> {
    let tag = |(key, value): &(String, String)| serde_json::json!({"Key": key, "Value": value});
    (!tags.is_empty()).then(|| serde_json::Value::from(tags.iter().map(tag).collect::<Vec<_>>()).to_string())
}

fn managed_policies(world: &World) -> Rows {
    let row = |policy: ManagedPolicy| {
        columns(&model::ManagedPolicy {
            policy_arn: policy.arn,
            name: Some(policy.name),
            path: Some(policy.path),
            version_id: Some(policy.version_id),
            document: Some(policy.document),
            created_at: Some(rfc3339(policy.created_at)),
            updated_at: Some(rfc3339(policy.updated_at)),
            is_aws_managed: Some(true),
            policy_id: Some(policy.id),
            description: Some(policy.description),
            attachment_count: Some(policy.attachments),
            boundary_usage_count: Some(policy.boundary_uses),
            is_attachable: Some(true),
            tags: tags_json(&policy.tags),
        })
    };
    world.managed_policies(|set| world.lists_set(set)).into_iter().map(row).collect()
}

fn set_row(set: &PermissionSet) -> model::PermissionSet {
    model::PermissionSet {
        permission_set_arn: set.arn.to_string(),
        name: Some(set.name.clone()),
        description: set.description.clone(),
        session_duration: Some(set.session_duration.clone()),
        relay_state: set.relay_state.clone(),
        created_at: Some(rfc3339(set.created_at)),
    }
}

fn policies(world: &World, set: &PermissionSet) -> Rows {
    let row = |kind, policy: String| PermissionSetPolicy {
        permission_set_arn: set.arn.to_string(),
        kind,
        policy,
        ..PermissionSetPolicy::default()
    };
    let customer = |kind, path: &Option<String>, name: &str| {
        let path = path.as_deref().unwrap_or("/");
        PermissionSetPolicy {
            policy_name: Some(name.to_owned()),
            policy_path: Some(path.to_owned()),
            ..row(kind, format!("{path}{name}"))
        }
    };
    let mut found = Vec::new();
    for policy in &set.aws_managed {
        let name = policy.rsplit('/').next().map(str::to_owned);
        let arn = world.managed_policy_arn(policy);
        found.push(PermissionSetPolicy { policy_name: name, ..row(PolicyKind::AwsManaged, arn) });
    }
    for (path, name) in &set.customer_managed {
        found.push(customer(PolicyKind::CustomerManaged, path, name));
    }
    if let Some(document) = &set.inline {
        found.push(PermissionSetPolicy {
            document: Some(document.clone()),
            ..row(PolicyKind::Inline, "inline".to_owned())
        });
    }
    match &set.boundary {
        Some(Boundary::Managed(arn)) => found.push(row(PolicyKind::PermissionsBoundary, arn.clone())),
        Some(Boundary::Customer { path, name }) => {
            found.push(customer(PolicyKind::PermissionsBoundary, path, name));
        }
        None => {}
    }
    found.iter().map(columns).collect()
}

fn provisioned(world: &World) -> Rows {
    let status = |latest: bool| {
        if latest { "LATEST_PERMISSION_SET_PROVISIONED" } else { "LATEST_PERMISSION_SET_NOT_PROVISIONED" }
    };
    let pairs = world.pairs.iter().filter(|((set, account), _)| world.lists_pair(*set, *account));
    pairs
        .map(|(&(set, account), pair)| {
            columns(&ProvisionedPermissionSet {
                account_id: world.accounts[account as usize].id.to_string(),
                permission_set_arn: world.sets[set as usize].arn.to_string(),
                provisioning_status: Some(status(pair.latest).to_owned()),
            })
        })
        .collect()
}

fn assignments(world: &World, which: Assignments) -> Rows {
    let mut rows = Vec::new();
    for (&(set, account), pair) in &world.pairs {
        let lives = |&(kind, position): &(PrincipalKind, u32)| world.principal_exists(kind, position);
        let whole_pair = match which {
            Assignments::All => true,
            Assignments::LivingPrincipals => false,
            Assignments::LivingPrincipalsAndUnseenPairs => !pair.principals.iter().any(lives),
        };
        for principal in pair.principals.iter().filter(|principal| whole_pair || lives(principal)) {
            rows.push(columns(&AccountAssignment {
                account_id: world.accounts[account as usize].id.to_string(),
                permission_set_arn: world.sets[set as usize].arn.to_string(),
                principal_type: principal.0.as_str().to_owned(),
                principal_id: world.principal_id(principal.0, principal.1).to_string(),
            }));
        }
    }
    rows
}

fn last_accessed(world: &World, options: TruthOptions) -> Rows {
    let (config, depth) = (&world.config, options.access_report);
    if depth == ReportDepth::None || !config.all_features || !config.service_control_policies {
        return Vec::new();
    }
    let management = world.identity.management_account;
    let mut entities = vec![ReportedEntity::Unit(0), ReportedEntity::Account(management)];
    if depth >= ReportDepth::OrganizationalUnits {
        let units = numbered(&world.units).filter(|(position, unit)| unit.exists && *position != 0);
        entities.extend(units.map(|(position, _)| ReportedEntity::Unit(position)));
    }
    if depth >= ReportDepth::Accounts {
        let accounts = world.index().living_accounts.iter().filter(|account| **account != management);
        entities.extend(accounts.map(|account| ReportedEntity::Account(*account)));
    }
    let own = entities.into_iter().flat_map(|entity| entity_rows(world, entity, None));
    own.chain(last_accessed_by_policy(world, options)).collect()
}

/// Returns the rows by policy: at the root, and with reports of accounts also at each target except the management
/// account.
fn last_accessed_by_policy(world: &World, options: TruthOptions) -> Rows {
    let index = world.index();
    let at = |target: &Target| match index.units.get(target.id.as_str()) {
        Some(0) => None,
        Some(unit) => Some(ReportedEntity::Unit(*unit)),
        None => index.accounts.get(target.id.as_str()).map(|account| ReportedEntity::Account(*account)),
    };
    let management = ReportedEntity::Account(world.identity.management_account);
    let mut rows = Rows::new();
    for policy in world.policies().iter().filter(|policy| policy.policy_type == "SERVICE_CONTROL_POLICY") {
        let is_asked = match options.report_policies {
            ReportedPolicies::None => false,
            ReportedPolicies::Attached => !policy.targets.is_empty(),
            ReportedPolicies::All => true,
        };
        if !is_asked {
            continue;
        }
        rows.extend(entity_rows(world, ReportedEntity::Unit(0), Some(policy)));
        if options.access_report >= ReportDepth::Accounts {
            let targets = policy.targets.iter().filter_map(at).filter(|entity| *entity != management);
            rows.extend(targets.flat_map(|entity| entity_rows(world, entity, Some(policy))));
        }
    }
    rows
}

fn entity_rows(world: &World, entity: ReportedEntity, policy: Option<&Policy>) -> Rows {
    let (entity_id, entity_type, entity_path) = match entity {
        ReportedEntity::Unit(position) => {
            let kind = if position == 0 { Entity::Root } else { Entity::Ou };
            let path = world.index().unit_paths[position as usize].clone();
            (world.units[position as usize].id.to_string(), kind, path)
        }
        ReportedEntity::Account(position) => {
            let account = &world.accounts[position as usize];
            (account.id.to_string(), Entity::Account, world.account_path(account))
        }
    };
    activity::report(world, entity, policy)
        .into_iter()
        .map(|row| {
            let last = row.last.as_ref();
            let region = last.map(|last| last.region).or(activity::idle_region(world, row.namespace));
            columns(&ServiceLastAccessed {
                entity_id: entity_id.clone(),
                policy_id: policy.map(|policy| policy.id.clone()).unwrap_or_default(),
                service_namespace: row.namespace.to_owned(),
                entity_type,
                entity_path: Some(entity_path.clone()),
                service_name: Some(row.name.to_owned()),
                last_authenticated_at: last.map(|last| rfc3339(last.at)),
                last_authenticated_region: region.map(str::to_owned),
                last_authenticated_entity: last.map(|last| last.entity_path.clone()),
                total_authenticated_entities: Some(row.accounts),
            })
        })
        .collect()
}

fn tags(world: &World, organization: bool, sets: bool) -> Rows {
    let mut rows = Vec::new();
    let mut add = |kind: &'static str, id: &str, tags: &[TagPair]| {
        for (key, value) in tags {
            rows.push(columns(&Tag {
                resource_type: kind,
                resource_id: id.to_owned(),
                key: key.clone(),
                value: Some(value.clone()),
            }));
        }
    };
    if organization {
        for (position, unit) in numbered(&world.units).filter(|(_, unit)| unit.exists) {
            let kind = if position == 0 { Entity::Root } else { Entity::Ou };
            add(kind.as_str(), &unit.id, &unit.tags);
        }
        for account in world.accounts.iter().filter(|account| account.exists) {
            add(Entity::Account.as_str(), &account.id, &account.tags);
        }
        world.policies().iter().for_each(|policy| add(Entity::Policy.as_str(), &policy.id, &policy.tags));
    }
    if sets {
        living_sets(world).for_each(|set| add(Entity::PermissionSet.as_str(), &set.arn, &set.tags));
        let applications = world.applications().iter();
        let instance = world.instance_arn();
        add(Tag::INSTANCE, &instance, &world.instance_tags());
        world.issuers().iter().for_each(|issuer| add(Tag::TOKEN_ISSUER, &issuer.arn, &issuer.tags));
        applications.for_each(|one| add(Entity::Application.as_str(), &one.arn, &one.tags));
    }
    rows
}
