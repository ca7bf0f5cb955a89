//! The Identity Center instance itself: its Regions and encryption, the attributes of its sessions, and the token
//! issuers that it trusts.

use aws_sdk_ssoadmin::types::{
    AccessControlAttribute as FoundAttribute, InstanceMetadata, RegionMetadata, RegionScope,
    TrustedTokenIssuerConfiguration,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::collector::{Collector, ForEach, In, NotFound, Page, Stage, Stopped};
use super::context::Context;
use super::convert::{key, members, string, text, time, word};
use super::services::sso_admin::{PAGE, account_instance};
use crate::aws::{CallFailure, Operation};
use crate::model::{
    AccessControlAttribute, IdentityCenterInstance, Resource, Row, Scope, TrustedTokenIssuer,
};

/// Lists the visible instances in all Regions: the organization's, and those of member accounts.
///
/// The collected instance is described for the attributes that the listing does not return. The others belong to other
/// accounts, which may deny a description.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListInstances;

impl Collector for ListInstances {
    type Rows = IdentityCenterInstance;
    const OPERATION: Operation = Operation::ListInstances;
    const IN: In = In::Instance;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn once() -> Option<Self> {
        Some(Self)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .list_instances()
                    .region_scope(RegionScope::AllRegions)
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        let own = context.instance_arn();
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.instances, |found| {
            let row = listed(found)?;
            Ok(match own.as_ref() == Some(&row.instance_arn) {
                true => Row::key_only(&row),
                false => Row::whole(&row),
            })
        })?)
    }
}

fn listed(found: InstanceMetadata) -> Result<IdentityCenterInstance, CallFailure> {
    let operation = Operation::ListInstances;
    Ok(IdentityCenterInstance {
        instance_arn: key(operation, "InstanceArn", found.instance_arn)?,
        name: text(found.name),
        owner_account_id: text(found.owner_account_id),
        identity_store_id: text(found.identity_store_id),
        identity_store_arn: text(found.identity_store_arn),
        status: found.status.and_then(|status| word(status.as_str())),
        status_reason: text(found.status_reason),
        created_at: time(operation, "CreatedDate", found.created_date.as_ref())?,
        primary_region: text(found.primary_region),
        regions: regions(operation, found.regions)?,
        ..IdentityCenterInstance::default()
    })
}

/// Returns the Regions sorted by name, because AWS's order has no meaning.
fn regions(operation: Operation, found: Option<Vec<RegionMetadata>>) -> Result<Option<String>, CallFailure> {
    let mut found = found.unwrap_or_default();
    found.sort_by(|one, other| one.region_name.cmp(&other.region_name));
    let mut regions = Vec::with_capacity(found.len());
    for region in found {
        let added = time(operation, "AddedDate", region.added_date.as_ref())?;
        let status = region.status.and_then(|status| word(status.as_str()));
        regions.push(Value::Object(members([
            ("RegionName", string(region.region_name)),
            ("Status", string(status)),
            ("AddedDate", string(added)),
            ("IsPrimaryRegion", Some(region.is_primary_region.into())),
        ])));
    }
    Ok((!regions.is_empty()).then(|| Value::Array(regions).to_string()))
}

/// Describes the collected instance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeInstance {
    pub instance_arn: String,
}

impl Collector for DescribeInstance {
    type Rows = IdentityCenterInstance;
    const OPERATION: Operation = Operation::DescribeInstance;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ForEach::All(&[&IdentityCenterInstance::SPEC]);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, context: &Context) -> Option<Self> {
        let instance_arn = context.instance_arn().filter(|own| row.text("instance_arn") == Some(own))?;
        Some(Self { instance_arn })
    }

    fn scope(&self) -> Scope {
        Scope::all::<Self::Rows>().with("instance_arn", &self.instance_arn)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let (aws, operation) = (&context.aws, Self::OPERATION);
        let found = aws
            .call(operation, || aws.sso_admin.describe_instance().instance_arn(&self.instance_arn).send())
            .await?;
        let encryption = found.encryption_configuration_details;
        let (mut key_type, mut key_arn, mut status, mut reason) = (None, None, None, None);
        if let Some(encryption) = encryption {
            key_type = encryption.key_type.and_then(|key_type| word(key_type.as_str()));
            key_arn = text(encryption.kms_key_arn);
            status = encryption.encryption_status.and_then(|status| word(status.as_str()));
            reason = text(encryption.encryption_status_reason);
        }
        Ok(Page::row(&IdentityCenterInstance {
            instance_arn: key(operation, "InstanceArn", found.instance_arn)?,
            name: text(found.name),
            owner_account_id: text(found.owner_account_id),
            identity_store_id: text(found.identity_store_id),
            identity_store_arn: text(found.identity_store_arn),
            status: found.status.and_then(|status| word(status.as_str())),
            status_reason: text(found.status_reason),
            created_at: time(operation, "CreatedDate", found.created_date.as_ref())?,
            primary_region: text(found.primary_region),
            regions: regions(operation, found.regions)?,
            permission_sets_enabled: found.permission_sets_enabled,
            encryption_key_type: key_type,
            encryption_key_arn: key_arn,
            encryption_status: status,
            encryption_status_reason: reason,
        }))
    }
}

/// Reads the attributes for access control. ResourceNotFound means that they were never enabled.
/// Source: terraform-provider-aws, aws_ssoadmin_instance_access_control_attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeAccessControlAttributes;

impl Collector for DescribeAccessControlAttributes {
    type Rows = AccessControlAttribute;
    const OPERATION: Operation = Operation::DescribeInstanceAccessControlAttributeConfiguration;
    const IN: In = In::Instance;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        failure.is(&["ResourceNotFoundException"]).then(NotFound::default)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        account_instance(failure)
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .describe_instance_access_control_attribute_configuration()
                    .set_instance_arn(context.instance_arn())
                    .send()
            })
            .await?;
        let instance_arn = context.instance_arn().unwrap_or_default();
        let status = answer.status.and_then(|status| word(status.as_str()));
        let status_reason = text(answer.status_reason);
        let attributes = answer.instance_access_control_attribute_configuration;
        let attributes = attributes.map(|configuration| configuration.access_control_attributes);
        Ok(Page::of(Self::OPERATION, None, attributes, |found: FoundAttribute| {
            let sources = found.value.map(|value| value.source.join(", "));
            Ok(Row::whole(&AccessControlAttribute {
                instance_arn: instance_arn.clone(),
                key: key(Self::OPERATION, "Key", found.key)?,
                source: text(sources),
                status: status.clone(),
                status_reason: status_reason.clone(),
            }))
        })?)
    }
}

/// Lists the trusted token issuers. The listing returns only their names.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListTrustedTokenIssuers;

impl Collector for ListTrustedTokenIssuers {
    type Rows = TrustedTokenIssuer;
    const OPERATION: Operation = Operation::ListTrustedTokenIssuers;
    const IN: In = In::Instance;
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn once() -> Option<Self> {
        Some(Self)
    }

    fn unavailable(failure: &CallFailure) -> bool {
        account_instance(failure)
    }

    async fn page(&self, context: &Context, token: Option<&str>) -> Result<Page, Stopped> {
        let aws = &context.aws;
        let answer = aws
            .call(Self::OPERATION, || {
                aws.sso_admin
                    .list_trusted_token_issuers()
                    .set_instance_arn(context.instance_arn())
                    .max_results(PAGE)
                    .set_next_token(token.map(str::to_owned))
                    .send()
            })
            .await?;
        Ok(Page::of(Self::OPERATION, answer.next_token, answer.trusted_token_issuers, |found| {
            let arn = found.trusted_token_issuer_arn;
            Ok(Row::key_only(&TrustedTokenIssuer {
                trusted_token_issuer_arn: key(Self::OPERATION, "TrustedTokenIssuerArn", arn)?,
                ..TrustedTokenIssuer::default()
            }))
        })?)
    }
}

/// Describes a trusted token issuer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DescribeTrustedTokenIssuer {
    pub trusted_token_issuer_arn: String,
}

impl Collector for DescribeTrustedTokenIssuer {
    type Rows = TrustedTokenIssuer;
    const OPERATION: Operation = Operation::DescribeTrustedTokenIssuer;
    const IN: In = In::Instance;
    const FOR_EACH: ForEach = ForEach::All(&[&TrustedTokenIssuer::SPEC]);
    const STAGE: Stage = Stage::Details;
    const PRIORITY: i64 = 5;

    fn of(row: &Row, _context: &Context) -> Option<Self> {
        let arn = row.text("trusted_token_issuer_arn")?;
        Some(Self { trusted_token_issuer_arn: arn.to_owned() })
    }

    fn scope(&self) -> Scope {
        Scope::all::<Self::Rows>().with("trusted_token_issuer_arn", &self.trusted_token_issuer_arn)
    }

    fn gone(&self, failure: &CallFailure) -> Option<NotFound> {
        let is_gone = failure.is(&["ResourceNotFoundException"]);
        is_gone.then(|| NotFound { dropped: vec![self.scope()], scope_still_valid: false })
    }

    async fn page(&self, context: &Context, _token: Option<&str>) -> Result<Page, Stopped> {
        let (aws, operation) = (&context.aws, Self::OPERATION);
        let found = aws
            .call(operation, || {
                aws.sso_admin
                    .describe_trusted_token_issuer()
                    .trusted_token_issuer_arn(&self.trusted_token_issuer_arn)
                    .send()
            })
            .await?;
        let mut row = TrustedTokenIssuer {
            trusted_token_issuer_arn: key(
                operation,
                "TrustedTokenIssuerArn",
                found.trusted_token_issuer_arn,
            )?,
            name: text(found.name),
            r#type: found.trusted_token_issuer_type.and_then(|found| word(found.as_str())),
            ..TrustedTokenIssuer::default()
        };
        // Of an unknown kind of issuer only the type is recorded.
        let configuration = found.trusted_token_issuer_configuration;
        if let Some(TrustedTokenIssuerConfiguration::OidcJwtConfiguration(oidc)) = configuration {
            row.issuer_url = text(oidc.issuer_url);
            row.claim_attribute_path = text(oidc.claim_attribute_path);
            row.identity_store_attribute_path = text(oidc.identity_store_attribute_path);
            row.jwks_retrieval_option = word(oidc.jwks_retrieval_option.as_str());
        }
        Ok(Page::row(&row))
    }
}
