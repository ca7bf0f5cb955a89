//! Discovers the caller, the organization and the Identity Center instances.

use aws_sdk_ssoadmin::types::{InstanceMetadata, RegionScope};

use super::clients::Aws;
use super::failure::{CallFailure, FailureClass};
use super::operation::Operation;
use super::settings::is_region;
use crate::error::{Error, Result};

/// The identity behind the credentials (sts:GetCallerIdentity).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// 12 digits; `None` if the answer lacks it.
    pub account_id: Option<String>,
    /// The ARN of the user, or of the role's session; `None` if the answer lacks it.
    pub arn: Option<String>,
    /// The unique id of the user; for a role's session the role's id, a colon and the session's name; `None` if the
    /// answer lacks it.
    pub user_id: Option<String>,
}

/// The organization that the caller's account belongs to (organizations:DescribeOrganization).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationFacts {
    /// `o-…`.
    pub organization_id: String,
    /// 12 digits; AWS's `MasterAccountId`.
    pub management_account_id: Option<String>,
    /// `ALL` or `CONSOLIDATED_BILLING`.
    pub feature_set: Option<String>,
}

/// An Identity Center instance (sso-admin:ListInstances).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// `arn:…:sso:::instance/ssoins-…`: an instance ARN has neither Region nor account.
    pub instance_arn: String,
    /// `d-…`: the directory with its users and groups.
    pub identity_store_id: Option<String>,
    /// The management account for the organization's instance, or else the member account that created its own.
    pub owner_account_id: Option<String>,
    /// The Region in which permission sets and assignments can be read.
    pub region: String,
    /// `ACTIVE`, or the state that keeps it from being read.
    pub status: Option<String>,
}

impl Instance {
    /// Returns true if it exists, or is being created.
    pub fn is_active(&self) -> bool {
        !matches!(self.status.as_deref(), Some("CREATE_FAILED" | "DELETE_IN_PROGRESS"))
    }
}

/// The number of pages that no real list of instances has: an account sees its own and the organization's.
const MOST_PAGES: usize = 100;

/// Requests the caller's identity.
pub async fn caller(aws: &Aws) -> Result<Caller, CallFailure> {
    let answer = aws.call(Operation::GetCallerIdentity, || aws.sts.get_caller_identity().send()).await?;
    Ok(Caller { account_id: answer.account, arn: answer.arn, user_id: answer.user_id })
}

/// Requests the organization; `None` for an account outside any.
pub async fn organization(aws: &Aws) -> Result<Option<OrganizationFacts>, CallFailure> {
    let answer =
        aws.call(Operation::DescribeOrganization, || aws.organizations.describe_organization().send()).await;
    let organization = match answer {
        Ok(answer) => answer.organization,
        Err(failure) if failure.is(&["AWSOrganizationsNotInUseException"]) => None,
        Err(failure) => return Err(failure),
    };
    Ok(organization.and_then(|organization| {
        Some(OrganizationFacts {
            organization_id: organization.id?,
            management_account_id: organization.master_account_id,
            feature_set: organization.feature_set.map(|set| set.as_str().to_owned()),
        })
    }))
}

/// Lists the instances that the caller can see, in all Regions. ListInstances is regional: in the wrong Region it
/// answers with an empty list instead of an error (aws-sdk `RegionScope`).
///
/// This call comes before the collection, so it has a page loop of its own, with the same rules: an empty page with a
/// token continues the listing, and a repeated token is an error.
pub async fn instances(aws: &Aws) -> Result<Vec<Instance>, CallFailure> {
    let mut instances = Vec::new();
    let mut token: Option<String> = None;
    let mut seen = std::collections::HashSet::new();
    loop {
        let page = aws
            .call(Operation::ListInstances, || {
                aws.sso_admin
                    .list_instances()
                    .region_scope(RegionScope::AllRegions)
                    .set_next_token(token.clone())
                    .send()
            })
            .await?;
        for found in page.instances.unwrap_or_default() {
            // Pages may repeat an item.
            let Some(found) = instance(found, aws.region()) else { continue };
            if !is_region(&found.region) {
                let message =
                    format!("{} is in \"{}\", which is not a Region", found.instance_arn, found.region);
                return Err(CallFailure::unusable(Operation::ListInstances, message));
            }
            if !instances.contains(&found) {
                instances.push(found);
            }
        }
        token = page.next_token.filter(|token| !token.is_empty());
        match &token {
            None => return Ok(instances),
            Some(token) if seen.len() < MOST_PAGES && seen.insert(token.clone()) => {}
            Some(_) => {
                let message = "its tokens are repeated or too many: the listing has no end".to_owned();
                return Err(CallFailure::unusable(Operation::ListInstances, message));
            }
        }
    }
}

/// Requests a permission set and a user of an instance. Fails if the caller may read neither.
pub async fn probe(aws: &Aws, instance: &Instance) -> Result<(), CallFailure> {
    let aws = &aws.in_region(&instance.region);
    let sets = aws.call(Operation::ListPermissionSets, || {
        aws.sso_admin.list_permission_sets().instance_arn(&instance.instance_arn).max_results(1).send()
    });
    let users = async {
        let Some(store) = &instance.identity_store_id else { return true };
        let list = || aws.identity_store.list_users().identity_store_id(store).max_results(1).send();
        is_denied(&aws.call(Operation::ListUsers, list).await)
    };
    let (sets, users_are_denied) = tokio::join!(sets, users);
    match is_denied(&sets) && users_are_denied {
        true => sets.map(drop),
        false => Ok(()),
    }
}

fn is_denied<T>(answer: &Result<T, CallFailure>) -> bool {
    matches!(answer, Err(failure) if failure.class == FailureClass::Denied)
}

fn instance(found: InstanceMetadata, asked_in: &str) -> Option<Instance> {
    let primary = found
        .regions
        .unwrap_or_default()
        .into_iter()
        .find(|region| region.is_primary_region)
        .and_then(|region| region.region_name);
    Some(Instance {
        instance_arn: found.instance_arn?,
        identity_store_id: found.identity_store_id,
        owner_account_id: found.owner_account_id,
        region: found.primary_region.or(primary).unwrap_or_else(|| asked_in.to_owned()),
        status: found.status.map(|status| status.as_str().to_owned()),
    })
}

/// Chooses the instance of the census: the requested one, or else the organization's (owned by the management account),
/// or else the only one.
pub fn choose_instance(
    instances: Vec<Instance>,
    asked_for: Option<&str>,
    management_account_id: Option<&str>,
    aws: &Aws,
) -> Result<Instance> {
    let list = |instances: &[Instance]| {
        instances
            .iter()
            .map(|instance| {
                let owner = instance.owner_account_id.as_deref().unwrap_or("unknown account");
                format!("{} ({owner}, {})", instance.instance_arn, instance.region)
            })
            .collect::<Vec<_>>()
            .join(", ")
    };
    if let Some(asked_for) = asked_for {
        return instances.iter().find(|instance| instance.instance_arn == asked_for).cloned().ok_or_else(
            || {
                let error = Error::unknown(format!("no Identity Center instance `{asked_for}` is visible"));
                if instances.is_empty() {
                    error
                } else {
                    error.hint(format!("visible: {}", list(&instances)))
                }
            },
        );
    }
    let (active, inactive): (Vec<_>, Vec<_>) = instances.into_iter().partition(Instance::is_active);
    let owned = active.iter().filter(|instance| {
        management_account_id.is_some() && instance.owner_account_id.as_deref() == management_account_id
    });
    match (active.as_slice(), owned.collect::<Vec<_>>().as_slice()) {
        ([only], _) => Ok(only.clone()),
        (_, [organizations]) => Ok((*organizations).clone()),
        ([], _) if !inactive.is_empty() => {
            let inactive = inactive.iter().map(|instance| {
                format!("{} is {}", instance.instance_arn, instance.status.as_deref().unwrap_or("not active"))
            });
            let inactive = inactive.collect::<Vec<_>>().join(", ");
            Err(Error::failed(format!("no active Identity Center instance: {inactive}")))
        }
        ([], _) => {
            let error = Error::failed(format!("no Identity Center instance in Region {}", aws.region()));
            Err(if aws.region_is_set() {
                error.hint(
                    "pass the instance's primary Region, e.g. --region eu-west-1, and the management account's \
                     or the delegated administrator's credentials",
                )
            } else {
                error.hint(format!(
                    "no Region is set, so {} was asked: pass the instance's primary Region, e.g. --region \
                     eu-west-1, or set AWS_REGION",
                    aws.region()
                ))
            })
        }
        (several, _) => Err(Error::usage(format!("{} Identity Center instances are visible", several.len()))
            .hint(format!("pass --instance-arn ARN, one of: {}", list(several)))),
    }
}
