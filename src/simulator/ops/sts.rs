//! STS: the caller's identity, and assumed roles
//! (<https://docs.aws.amazon.com/STS/latest/APIReference/API_Operations.html>).

use chrono::{SecondsFormat, TimeDelta, Utc};
use serde_json::Value;

use super::Context;
use crate::simulator::credentials::account_of;
use crate::simulator::protocol::{ApiError, element};

pub(super) fn answer(context: &Context) -> Result<String, ApiError> {
    match context.request.operation.as_str() {
        "GetCallerIdentity" => Ok(caller_identity(context)),
        "AssumeRole" => assume_role(context),
        _ => Err(context.unknown_operation()),
    }
}

fn caller_identity(context: &Context) -> String {
    let arn = context.credentials.caller_arn(context.world, context.request.signature.as_ref());
    let account = account_of(&arn);
    let mut xml = String::new();
    element(&mut xml, "Arn", &arn);
    element(
        &mut xml,
        "UserId",
        format_args!("AROASIMULATED0000000:{}", arn.rsplit('/').next().unwrap_or_default()),
    );
    element(&mut xml, "Account", account);
    xml
}

fn assume_role(context: &Context) -> Result<String, ApiError> {
    let role_arn = context.required("RoleArn")?;
    let session = context.required("RoleSessionName")?;
    let parts: Vec<&str> = role_arn.splitn(6, ':').collect();
    let role = parts.get(5).and_then(|resource| resource.strip_prefix("role/"));
    let (Some(account), Some(role)) = (parts.get(4), role) else {
        return Err(ApiError::invalid(context.request.service, format!("{role_arn} is invalid")));
    };
    let account_of = |position: &u32| &context.world.accounts[*position as usize];
    let target = context.world.index().accounts.get(*account).map(account_of);
    // No session begins in a suspended or closed account.
    let known = target.is_some_and(|target| target.is_active());
    let wanted = context.world.config.external_id.as_deref();
    if !known || wanted.is_some_and(|wanted| context.request.input.text("ExternalId") != Some(wanted)) {
        let caller = context.credentials.caller_arn(context.world, context.request.signature.as_ref());
        let message =
            format!("User: {caller} is not authorized to perform: sts:AssumeRole on resource: {role_arn}");
        return Err(ApiError::denied(context.request.service, message));
    }
    // The session's ARN does not include a role's path.
    let role_name = role.rsplit('/').next().unwrap_or(role);
    let arn = format!("arn:{}:sts::{account}:assumed-role/{role_name}/{session}", context.world.partition());
    let policy = context.request.input.text("Policy");
    let allowed = policy
        .map(actions_of)
        .transpose()
        .map_err(|message| ApiError::new(400, "MalformedPolicyDocument", message))?;
    let (access_key_id, token) = context.credentials.assume(arn.clone(), allowed);
    let seconds = context.request.input.number("DurationSeconds").unwrap_or(3_600);
    let expiration = (Utc::now() + TimeDelta::seconds(seconds)).to_rfc3339_opts(SecondsFormat::Secs, true);
    let mut credentials = String::new();
    element(&mut credentials, "AccessKeyId", &access_key_id);
    element(&mut credentials, "SecretAccessKey", "simulated-secret");
    element(&mut credentials, "SessionToken", &token);
    element(&mut credentials, "Expiration", &expiration);
    let mut user = String::new();
    element(&mut user, "AssumedRoleId", format_args!("AROASIMULATED0000000:{session}"));
    element(&mut user, "Arn", &arn);
    Ok(format!("<Credentials>{credentials}</Credentials><AssumedRoleUser>{user}</AssumedRoleUser>"))
}

/// The longest session policy, in characters
/// (<https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html>).
const LONGEST_POLICY: usize = 2_048;

/// Returns the actions that a session policy allows on everything.
fn actions_of(policy: &str) -> Result<Vec<String>, String> {
    if policy.chars().count() > LONGEST_POLICY {
        return Err(format!("Value at 'policy' must have length less than or equal to {LONGEST_POLICY}"));
    }
    let document: Value = serde_json::from_str(policy).map_err(|error| error.to_string())?;
    let statements = document["Statement"].as_array().ok_or("Statement is required")?;
    let allowed = statements.iter().filter(|statement| {
        statement["Effect"] == "Allow" && statement["Resource"] == "*" && statement["Condition"].is_null()
    });
    let actions = allowed.flat_map(|statement| statement["Action"].as_array().cloned().unwrap_or_default());
    Ok(actions.filter_map(|action| action.as_str().map(str::to_owned)).collect())
}
