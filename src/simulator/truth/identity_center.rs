//! The rows of the instance itself.

use serde_json::json;

use super::{Rows, columns};
use crate::model::{AccessControlAttribute, IdentityCenterInstance, TrustedTokenIssuer};
use crate::simulator::config::Instances;
use crate::simulator::organization::{Attribute, DAY, Issuer, World, rfc3339};

/// Returns the existing instances: the organization's and that of a member account. Only the collected one is
/// described: the organization's, if there is one.
pub(super) fn instances(world: &World) -> Rows {
    let (organization, account) = match world.config.instances {
        Instances::Organization => (true, false),
        Instances::Account => (false, true),
        Instances::Several => (true, true),
        Instances::None => (false, false),
    };
    let described = |row: IdentityCenterInstance, of_organization: bool| {
        let [encryption_key_type, encryption_key_arn, encryption_status, encryption_status_reason] =
            world.encryption(of_organization);
        IdentityCenterInstance {
            permission_sets_enabled: Some(of_organization),
            encryption_key_type,
            encryption_key_arn,
            encryption_status,
            encryption_status_reason,
            ..row
        }
    };
    let mut rows = Rows::new();
    if account {
        let row = of_account(world);
        rows.push(columns(&if organization { row } else { described(row, false) }));
    }
    if organization {
        rows.push(columns(&described(of_organization(world), true)));
    }
    rows
}

fn of_account(world: &World) -> IdentityCenterInstance {
    IdentityCenterInstance {
        instance_arn: world.account_instance_arn(),
        name: Some("team-instance".to_owned()),
        owner_account_id: Some(world.accounts[world.identity.member_account as usize].id.to_string()),
        identity_store_id: Some(world.account_store_id()),
        status: Some("ACTIVE".to_owned()),
        created_at: Some(rfc3339(world.identity.created_at + 900 * DAY)),
        primary_region: Some(world.config.region.clone()),
        ..IdentityCenterInstance::default()
    }
}

fn of_organization(world: &World) -> IdentityCenterInstance {
    let (config, owner) = (&world.config, &world.management_account().id);
    let mut names: Vec<_> = std::iter::once(&config.region).chain(&config.additional_regions).collect();
    names.sort();
    let added = rfc3339(world.identity.created_at);
    let regions: Vec<_> = names
        .into_iter()
        .map(|name| {
            json!({
                "RegionName": name, "Status": "ACTIVE", "AddedDate": added, "IsPrimaryRegion": *name == config.region,
            })
        })
        .collect();
    let store = world.store_id();
    IdentityCenterInstance {
        instance_arn: world.instance_arn(),
        name: world.instance_name().map(str::to_owned),
        owner_account_id: Some(owner.to_string()),
        identity_store_arn: Some(format!(
            "arn:{}:identitystore::{owner}:identitystore/{store}",
            world.partition()
        )),
        identity_store_id: Some(store),
        status: Some("ACTIVE".to_owned()),
        status_reason: world.instance_status_reason().map(str::to_owned),
        created_at: Some(added),
        primary_region: Some(config.region.clone()),
        regions: Some(json!(regions).to_string()),
        ..IdentityCenterInstance::default()
    }
}

pub(super) fn attributes(world: &World) -> Rows {
    let Some((status, reason, attributes)) = world.attributes() else { return Rows::new() };
    let row = |attribute: &Attribute| {
        columns(&AccessControlAttribute {
            instance_arn: world.instance_arn(),
            key: attribute.key.to_owned(),
            source: Some(attribute.source.to_owned()),
            status: Some(status.to_owned()),
            status_reason: reason.map(str::to_owned),
        })
    };
    attributes.iter().map(row).collect()
}

pub(super) fn issuers(world: &World) -> Rows {
    let row = |issuer: Issuer| {
        columns(&TrustedTokenIssuer {
            trusted_token_issuer_arn: issuer.arn,
            name: Some(issuer.name.to_owned()),
            r#type: Some("OIDC_JWT".to_owned()),
            issuer_url: Some(issuer.url),
            claim_attribute_path: Some(issuer.claim.to_owned()),
            identity_store_attribute_path: Some(issuer.attribute.to_owned()),
            jwks_retrieval_option: Some("OPEN_ID_DISCOVERY".to_owned()),
        })
    };
    world.issuers().into_iter().map(row).collect()
}
