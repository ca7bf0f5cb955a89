//! Describes the caller, the credentials, the account and the instance.

use super::layout::hanging;
use crate::aws::Instance;
use crate::cli::GlobalOptions;
use crate::collect::{Context, Examination, Finding, Groundwork, Seen};

/// The column where the facts begin.
const MARGIN: usize = 14;

/// Describes the values that were typed, set in the environment or read from a config file, with the origin of each.
pub fn settings(global: &GlobalOptions) -> Vec<String> {
    let path = global.config.iter().flat_map(|path| line("config", &path.to_string_lossy()));
    let of_each = global.settings.iter().enumerate().flat_map(|(index, one)| {
        let heading = if index == 0 { "settings" } else { "" };
        line(heading, &format!("{} = {} (from {})", one.name, one.value, one.origin))
    });
    path.chain(of_each).collect()
}

/// Describes the facts that are known before the examination, in lines.
pub fn introduce(groundwork: &Groundwork) -> Vec<String> {
    let caller = groundwork.caller.as_ref().ok().and_then(|caller| caller.arn.as_deref());
    let organization = match &groundwork.organization {
        Ok(Some(organization)) => {
            let management = organization.management_account_id.as_deref().unwrap_or("not known");
            let features = match organization.feature_set.as_deref() {
                Some("CONSOLIDATED_BILLING") => ", consolidated billing only",
                _ => "",
            };
            format!("{}, management account {management}{features}", organization.organization_id)
        }
        Ok(None) => "none: the account is in no organization".to_owned(),
        Err(_) => "not known".to_owned(),
    };
    [
        line("caller", caller.unwrap_or("not known")),
        line("credentials", &groundwork.credentials.describe()),
        line("organization", &organization),
    ]
    .concat()
}

/// Describes the results of the examination, in lines.
pub fn conclude(groundwork: &Groundwork, examination: &Examination) -> Vec<String> {
    let mut lines = Vec::new();
    let context = &examination.context;
    if let Some(completeness) = completeness(context, &examination.findings) {
        lines.extend(line("account", &completeness));
    }
    let instance = match &context.instance {
        Some(instance) => Some(describe(instance, context, groundwork.aws.region())),
        None => groundwork.instances.is_some().then(|| "not known".to_owned()),
    };
    lines.extend(instance.into_iter().flat_map(|instance| line("instance", &instance)));
    let policies = examination.policies_enabled.map(|enabled| match enabled {
        true => "service control policies are enabled on the root",
        false => "service control policies are not enabled on the root: no access reports",
    });
    lines.extend(policies.into_iter().flat_map(|policies| line("policies", policies)));
    lines
}

fn line(what: &str, fact: &str) -> Vec<String> {
    hanging(what, fact, MARGIN)
}

/// Describes the account of these credentials, and its consequences.
fn completeness(context: &Context, findings: &[Finding]) -> Option<String> {
    let account = context.caller.as_ref()?.account_id.as_deref()?;
    let owner = context.instance.as_ref().and_then(|instance| instance.owner_account_id.as_deref());
    // Only the management account and its delegates may call these.
    let mut inside = findings.iter().filter(|finding| {
        ["ListPermissionSets", "ListUsers", "ListGroups"].contains(&finding.operation.name())
    });
    let is_delegate = inside.clone().any(|finding| finding.seen == Seen::Yes);
    let is_denied = |finding: &Finding| {
        finding.error_code.as_deref().is_some_and(|code| code.starts_with("AccessDenied"))
    };
    let what = match context.is_management_account() {
        Some(true) => "the management account".to_owned(),
        Some(false) if owner == Some(account) => {
            "a member account, with an account instance of its own".to_owned()
        }
        Some(false) if is_delegate => {
            "a member account, delegated administrator of Identity Center: assignments are listed by pairs, and \
             there is no access report"
                .to_owned()
        }
        Some(false) if inside.any(is_denied) => format!(
            "a member account, and not known to be a delegated administrator: besides the actions, it needs to be \
            registered (by the management account: aws organizations register-delegated-administrator \
             --service-principal sso.amazonaws.com --account-id {account}), or use the management account"
        ),
        Some(false) => "a member account".to_owned(),
        None => "which one of the organization is not known".to_owned(),
    };
    Some(format!("{account}, {what}"))
}

fn describe(instance: &Instance, context: &Context, asked_in: &str) -> String {
    let owner = instance.owner_account_id.as_deref();
    let kind = match (owner, context.management_account_id()) {
        (Some(owner), Some(management)) if owner == management => ", the organization's".to_owned(),
        (Some(owner), Some(_)) => format!(", an account instance of {owner}"),
        (Some(owner), None) => format!(", of account {owner}"),
        (None, _) => String::new(),
    };
    let status = match instance.status.as_deref() {
        None | Some("ACTIVE") => String::new(),
        Some(status) => format!(", {status}"),
    };
    let asked = if instance.region == asked_in { String::new() } else { format!(" ({asked_in} was asked)") };
    format!("{}{kind}{status}, in {}{asked}", instance.instance_arn, instance.region)
}
