//! The instances of Identity Center, and their refusals.

use serde_json::{Map, Value, json};

use super::{Context, members};
use crate::simulator::config::Instances;
use crate::simulator::organization::{DAY, epoch};
use crate::simulator::protocol::{ApiError, Service};

type Answer = Result<Map<String, Value>, ApiError>;

/// Returns the called Region.
pub(super) fn region<'a>(context: &'a Context) -> &'a str {
    context.request.signature.as_ref().map_or("", |signature| signature.region.as_str())
}

fn here(context: &Context) -> bool {
    let config = &context.world.config;
    region(context) == config.region || config.additional_regions.iter().any(|other| other == region(context))
}

/// Returns the metadata of the instances, the account instance first.
fn instances(context: &Context) -> Vec<Map<String, Value>> {
    let world = context.world;
    let config = &world.config;
    let mut found = Vec::new();
    if matches!(config.instances, Instances::Account | Instances::Several) {
        let owner = &world.accounts[world.identity.member_account as usize].id;
        found.push(members(json!({
            "InstanceArn": world.account_instance_arn(),
            "IdentityStoreId": world.account_store_id(),
            "OwnerAccountId": **owner,
            "Name": "team-instance",
            "CreatedDate": epoch(world.identity.created_at + 900 * DAY),
            "Status": "ACTIVE",
            "PrimaryRegion": config.region,
        })));
    }
    if matches!(config.instances, Instances::Organization | Instances::Several) {
        let owner = &world.management_account().id;
        let regions: Vec<Value> = std::iter::once(&config.region)
            .chain(&config.additional_regions)
            .map(|name| {
                json!({
                    "RegionName": name, "Status": "ACTIVE", "AddedDate": epoch(world.identity.created_at),
                    "IsPrimaryRegion": *name == config.region,
                })
            })
            .collect();
        found.push(members(json!({
            "InstanceArn": world.instance_arn(),
            "IdentityStoreId": world.store_id(),
            "IdentityStoreArn":
                format!("arn:{}:identitystore::{owner}:identitystore/{}", world.partition(), world.store_id()),
            "OwnerAccountId": **owner,
            "Name": world.instance_name(),
            "CreatedDate": epoch(world.identity.created_at),
            "Status": "ACTIVE",
            "StatusReason": world.instance_status_reason(),
            "PrimaryRegion": config.region,
            "Regions": regions,
        })));
    }
    found
}

fn arn(instance: &Map<String, Value>) -> &str {
    instance["InstanceArn"].as_str().unwrap_or_default()
}

/// Lists the instances. In a Region without an instance the list is empty, unless all Regions are requested.
pub(super) fn list_instances(context: &Context) -> Answer {
    let everywhere = context.request.input.text("RegionScope") == Some("ALL_REGIONS");
    let found = if everywhere || here(context) { instances(context) } else { Vec::new() };
    context.page_by_name("Instances", &found, arn, |instance| Value::Object(instance.clone()))
}

pub(super) fn describe_instance(context: &Context) -> Answer {
    let wanted = context.required("InstanceArn")?;
    let mut found = instances(context)
        .into_iter()
        .find(|instance| here(context) && instance["InstanceArn"] == wanted)
        .ok_or_else(|| context.denied())?;
    let of_organization = wanted == context.world.instance_arn();
    found.insert("PermissionSetsEnabled".to_owned(), of_organization.into());
    let [key_type, key_arn, status, reason] = context.world.encryption(of_organization);
    let encryption = members(json!({
        "KeyType": key_type, "KmsKeyArn": key_arn, "EncryptionStatus": status, "EncryptionStatusReason": reason,
    }));
    found.insert("EncryptionConfigurationDetails".to_owned(), Value::Object(encryption));
    Ok(found)
}

/// Refuses calls that the instance or the Region does not support.
pub(super) fn check_instance(context: &Context) -> Result<(), ApiError> {
    let wanted = context.required("InstanceArn")?;
    let known = instances(context).iter().any(|instance| here(context) && instance["InstanceArn"] == wanted);
    if !known {
        return Err(ApiError::not_found(format!("Instance not found: {wanted}")));
    }
    let refuse = |message: &str| Err(ApiError::invalid(Service::SsoAdmin, message));
    if wanted != context.world.instance_arn() {
        return refuse("The operation is not supported for this Identity Center instance");
    }
    // https://docs.aws.amazon.com/singlesignon/latest/userguide/multi-region-iam-identity-center.html
    if region(context) != context.world.config.region {
        return refuse(
            "The operation is not supported in this Region. Use the primary Region of the instance.",
        );
    }
    Ok(())
}

/// Returns true if the call is about the organization's instance. The account's own has no issuers and no applications.
pub(super) fn is_of_organization(context: &Context) -> Result<bool, ApiError> {
    let wanted = context.required("InstanceArn")?;
    if !instances(context).iter().any(|instance| instance["InstanceArn"] == wanted) {
        return Err(ApiError::not_found(format!("Instance not found: {wanted}")));
    }
    Ok(wanted == context.world.instance_arn())
}
