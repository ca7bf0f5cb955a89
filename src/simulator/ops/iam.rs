//! IAM: the access report of an organization
//! (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_GenerateOrganizationsAccessReport.html>), and managed
//! policies.
//!
//! `access_report` keeps the jobs. This module has the calls and their XML.

use chrono::{DateTime, SecondsFormat, Utc};
use percent_encoding::utf8_percent_encode;

use super::Context;
use super::account_iam::{self, ENCODED};
use super::credential_report;
use crate::simulator::access_report::{Job, Outcome};
use crate::simulator::activity;
use crate::simulator::config::Caller;
use crate::simulator::organization::{ManagedPolicy, rfc3339};
use crate::simulator::paging::Pager;
use crate::simulator::protocol::{ApiError, element};

pub(super) fn answer(context: &Context) -> Result<String, ApiError> {
    let operation = match context.request.operation.as_str() {
        "GetAccountAuthorizationDetails" => return account_iam::details(context),
        "ListRoles" => return account_iam::roles(context),
        "GenerateCredentialReport" => return credential_report::generate(context),
        "GetCredentialReport" => return credential_report::get(context),
        "ListOrganizationsFeatures" => return features(context),
        "GetPolicy" => return policy(context),
        "GetPolicyVersion" => return policy_version(context),
        "GenerateOrganizationsAccessReport" => generate,
        "GetOrganizationsAccessReport" => get,
        _ => return Err(context.unknown_operation()),
    };
    let config = &context.world.config;
    let possible = config.in_organization && config.all_features && config.service_control_policies;
    if context.caller != Caller::ManagementAccount || !possible {
        return Err(context.denied());
    }
    operation(context)
}

/// Returns the requested managed policy, among AWS's own, which every account has.
fn managed_policy(context: &Context) -> Result<ManagedPolicy, ApiError> {
    let arn = context.required("PolicyArn")?;
    context.world.managed_policy(arn).ok_or_else(|| {
        ApiError::new(404, "NoSuchEntity", format!("Policy {arn} does not exist or is not attachable."))
    })
}

fn policy(context: &Context) -> Result<String, ApiError> {
    let policy = managed_policy(context)?;
    let mut inner = String::new();
    element(&mut inner, "PolicyName", &policy.name);
    element(&mut inner, "PolicyId", &policy.id);
    element(&mut inner, "Arn", &policy.arn);
    element(&mut inner, "Path", &policy.path);
    element(&mut inner, "DefaultVersionId", &policy.version_id);
    element(&mut inner, "AttachmentCount", policy.attachments);
    element(&mut inner, "PermissionsBoundaryUsageCount", policy.boundary_uses);
    element(&mut inner, "IsAttachable", true);
    element(&mut inner, "Description", &policy.description);
    element(&mut inner, "CreateDate", rfc3339(policy.created_at));
    element(&mut inner, "UpdateDate", rfc3339(policy.updated_at));
    let mut tags = String::new();
    for (key, value) in &policy.tags {
        let mut tag = String::new();
        element(&mut tag, "Key", key);
        element(&mut tag, "Value", value);
        tags.push_str(&format!("<member>{tag}</member>"));
    }
    inner.push_str(&format!("<Tags>{tags}</Tags>"));
    Ok(format!("<Policy>{inner}</Policy>"))
}

/// Writes the default version. The document is percent-encoded
/// (<https://docs.aws.amazon.com/IAM/latest/APIReference/API_PolicyVersion.html>).
fn policy_version(context: &Context) -> Result<String, ApiError> {
    let policy = managed_policy(context)?;
    let version_id = context.required("VersionId")?;
    if version_id != policy.version_id {
        let message = format!("Policy {} version {version_id} does not exist.", policy.arn);
        return Err(ApiError::new(404, "NoSuchEntity", message));
    }
    let mut inner = String::new();
    element(&mut inner, "Document", utf8_percent_encode(&policy.document, ENCODED));
    element(&mut inner, "VersionId", version_id);
    element(&mut inner, "IsDefaultVersion", true);
    element(&mut inner, "CreateDate", rfc3339(policy.updated_at));
    Ok(format!("<PolicyVersion>{inner}</PolicyVersion>"))
}

/// Lists the features of central root access, for the management account and IAM's delegated administrators.
fn features(context: &Context) -> Result<String, ApiError> {
    let world = context.world;
    if !world.config.in_organization {
        let message = "The request was rejected because your account is in no organization.";
        return Err(ApiError::new(400, "OrganizationNotFoundException", message));
    }
    if !world.config.all_features {
        let message = "The organization does not have all features enabled.";
        return Err(ApiError::new(400, "OrganizationNotInAllFeaturesModeException", message));
    }
    if context.caller != Caller::ManagementAccount {
        let message = "The account is neither the management account nor a delegated administrator of IAM.";
        return Err(ApiError::new(400, "AccountNotManagementOrDelegatedAdministratorException", message));
    }
    let mut xml = String::new();
    element(&mut xml, "OrganizationId", &world.identity.organization_id);
    xml.push_str("<EnabledFeatures>");
    for feature in world.organization_features() {
        element(&mut xml, "member", feature);
    }
    xml.push_str("</EnabledFeatures>");
    Ok(xml)
}

fn generate(context: &Context) -> Result<String, ApiError> {
    let path = context.required("EntityPath")?;
    let policy = context.request.input.text("OrganizationsPolicyId").unwrap_or_default();
    if !is_entity_path(path) {
        let message = format!(
            "Value '{path}' at 'entityPath' failed to satisfy constraint: Member must satisfy regular expression pattern: ^o-[0-9a-z]{{10,32}}\\/r-[0-9a-z]{{4,32}}[0-9a-z-\\/]*"
        );
        return Err(ApiError::invalid(context.request.service, message));
    }
    if path.split('/').next() != Some(context.world.identity.organization_id.as_str()) {
        return Err(context.denied());
    }
    let owner = context.request.signature.clone();
    let id = context.reports.generate(context.world, path, policy, owner)?;
    let mut xml = String::new();
    element(&mut xml, "JobId", id);
    Ok(xml)
}

/// Checks AWS's pattern, which accepts a trailing slash. The job fails on it later.
fn is_entity_path(path: &str) -> bool {
    let mut parts = path.splitn(3, '/');
    let word = |part: Option<&str>, prefix: &str, least: usize| {
        part.and_then(|part| part.strip_prefix(prefix)).is_some_and(|rest| {
            (least..=32).contains(&rest.len())
                && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
        })
    };
    let (organization, root) = (parts.next(), parts.next());
    let rest = parts.next().unwrap_or_default();
    (19..=427).contains(&path.len())
        && word(organization, "o-", 10)
        && word(root, "r-", 4)
        && rest.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '/')
}

fn get(context: &Context) -> Result<String, ApiError> {
    let id = context.required("JobId")?;
    let pager = Pager::of(&context.world.config, context.request)?;
    let sort_key = context.request.input.text("SortKey").unwrap_or("SERVICE_NAMESPACE_ASCENDING");
    let job = context
        .reports
        .find(id, context.request.signature.as_ref())
        .ok_or_else(|| ApiError::new(404, "NoSuchEntity", format!("Report {id} not found.")))?;
    let mut xml = String::new();
    element(&mut xml, "JobCreationDate", wall(job.created_at));
    if !job.is_over() {
        // In progress: neither lists nor counts.
        element(&mut xml, "JobStatus", "IN_PROGRESS");
        element(&mut xml, "IsTruncated", false);
        return Ok(xml);
    }
    element(&mut xml, "JobCompletionDate", wall(job.completed_at()));
    match &*job.outcome {
        Outcome::Failed { code, message } => {
            fail(&mut xml, code, message);
        }
        Outcome::Completed(_) => {
            element(&mut xml, "JobStatus", "COMPLETED");
            details(context, &job, &mut xml, sort_key, &pager)?;
        }
    }
    Ok(xml)
}

/// Writes the counts, which every page repeats, and one page of rows.
fn details(
    context: &Context,
    job: &Job,
    xml: &mut String,
    sort_key: &str,
    pager: &Pager,
) -> Result<(), ApiError> {
    let Outcome::Completed(rows) = &*job.outcome else { return Ok(()) };
    let invalid = |message: &str| ApiError::invalid(context.request.service, message);
    let mut order: Vec<usize> = (0..rows.len()).collect();
    match sort_key {
        "SERVICE_NAMESPACE_ASCENDING" => {}
        "SERVICE_NAMESPACE_DESCENDING" => order.reverse(),
        "LAST_AUTHENTICATED_TIME_ASCENDING" => {
            order.sort_by_key(|row| rows[*row].last.as_ref().map(|last| last.at))
        }
        "LAST_AUTHENTICATED_TIME_DESCENDING" => {
            order.sort_by_key(|row| std::cmp::Reverse(rows[*row].last.as_ref().map(|last| last.at)));
        }
        _ => return Err(invalid("Value at 'sortKey' is not in the enumeration")),
    }
    // A finished report does not change, so that a row keeps its place.
    let places: Vec<(usize, usize)> = order.into_iter().enumerate().collect();
    let (page, marker) = pager.cut(&places, |(place, _)| *place as u128);
    element(xml, "NumberOfServicesAccessible", rows.len());
    element(xml, "NumberOfServicesNotAccessed", rows.iter().filter(|row| row.last.is_none()).count());
    xml.push_str("<AccessDetails>");
    for row in page.iter().map(|(_, row)| &rows[*row]) {
        xml.push_str("<member>");
        element(xml, "ServiceName", row.name);
        element(xml, "ServiceNamespace", row.namespace);
        match &row.last {
            Some(last) => {
                element(xml, "Region", last.region);
                element(xml, "EntityPath", &last.entity_path);
                element(xml, "LastAuthenticatedTime", rfc3339(last.at));
            }
            None => {
                if let Some(region) = activity::idle_region(context.world, row.namespace) {
                    element(xml, "Region", region);
                }
            }
        }
        element(xml, "TotalAuthenticatedEntities", row.accounts);
        xml.push_str("</member>");
    }
    xml.push_str("</AccessDetails>");
    xml.push_str(&account_iam::rest(marker));
    Ok(())
}

fn fail(xml: &mut String, code: &str, message: &str) {
    element(xml, "JobStatus", "FAILED");
    let mut details = String::new();
    element(&mut details, "Message", message);
    element(&mut details, "Code", code);
    xml.push_str(&format!("<ErrorDetails>{details}</ErrorDetails>"));
    element(xml, "IsTruncated", false);
}

/// Returns a failed job about any entity.
pub(in crate::simulator) fn failed_report(code: &str) -> String {
    let mut xml = String::new();
    element(&mut xml, "JobCreationDate", wall(Utc::now()));
    element(&mut xml, "JobCompletionDate", wall(Utc::now()));
    fail(&mut xml, code, "The job failed.");
    xml
}

fn wall(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Millis, true)
}
