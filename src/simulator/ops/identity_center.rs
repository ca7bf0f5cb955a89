//! The instance's attributes for access control, and its trusted token issuers.

use serde_json::{Map, Value, json};

use super::instances::{check_instance, is_of_organization};
use super::{Context, members};
use crate::simulator::organization::Issuer;
use crate::simulator::protocol::ApiError;

type Answer = Result<Map<String, Value>, ApiError>;

/// Returns the operation with this name, if it is one of these.
pub(super) fn operation(name: &str) -> Option<fn(&Context) -> Answer> {
    Some(match name {
        "DescribeInstanceAccessControlAttributeConfiguration" => attributes,
        "ListTrustedTokenIssuers" => issuers,
        "DescribeTrustedTokenIssuer" => issuer,
        _ => return None,
    })
}

fn attributes(context: &Context) -> Answer {
    check_instance(context)?;
    let not_enabled =
        || ApiError::not_found("Instance access control attribute configuration is not found".to_owned());
    let (status, reason, attributes) = context.world.attributes().ok_or_else(not_enabled)?;
    let attributes: Vec<_> = attributes
        .iter()
        .map(|attribute| json!({"Key": attribute.key, "Value": {"Source": [attribute.source]}}))
        .collect();
    Ok(members(json!({
        "Status": status,
        "StatusReason": reason,
        "InstanceAccessControlAttributeConfiguration": {"AccessControlAttributes": attributes},
    })))
}

fn issuers(context: &Context) -> Answer {
    let issuers = if is_of_organization(context)? { context.world.issuers() } else { Vec::new() };
    let shown = |issuer: &Issuer| {
        json!({
            "TrustedTokenIssuerArn": issuer.arn, "Name": issuer.name, "TrustedTokenIssuerType": "OIDC_JWT",
        })
    };
    context.page_by_name("TrustedTokenIssuers", &issuers, |issuer| &issuer.arn, shown)
}

fn issuer(context: &Context) -> Answer {
    let arn = context.required("TrustedTokenIssuerArn")?;
    let issuers = context.world.issuers();
    let issuer = issuers.iter().find(|issuer| issuer.arn == arn);
    let issuer =
        issuer.ok_or_else(|| ApiError::not_found(format!("Trusted token issuer not found: {arn}")))?;
    Ok(members(json!({
        "TrustedTokenIssuerArn": issuer.arn,
        "Name": issuer.name,
        "TrustedTokenIssuerType": "OIDC_JWT",
        "TrustedTokenIssuerConfiguration": {"OidcJwtConfiguration": {
            "IssuerUrl": issuer.url,
            "ClaimAttributePath": issuer.claim,
            "IdentityStoreAttributePath": issuer.attribute,
            "JwksRetrievalOption": "OPEN_ID_DISCOVERY",
        }},
    })))
}
