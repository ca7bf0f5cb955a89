//! Applications, their assignments and their settings.

use serde_json::{Map, Value, json};

use super::instances::is_of_organization;
use super::{Context, members};
use crate::simulator::organization::{Application, Grant, PrincipalKind, World, epoch};
use crate::simulator::protocol::ApiError;

type Answer = Result<Map<String, Value>, ApiError>;

/// Returns the operation with this name, if it is one of these.
pub(super) fn operation(name: &str) -> Option<fn(&Context) -> Answer> {
    Some(match name {
        "ListApplications" => list,
        "GetApplicationAssignmentConfiguration" => assignment_configuration,
        "ListApplicationAssignments" => assignments,
        "ListApplicationGrants" => grants,
        "ListApplicationAccessScopes" => access_scopes,
        "ListApplicationAuthenticationMethods" => authentication_methods,
        _ => return None,
    })
}

/// Returns the application with this ARN.
pub(super) fn by_arn<'a>(context: &'a Context, arn: &str) -> Result<&'a Application, ApiError> {
    let mut applications = context.world.applications().iter();
    let application = applications.find(|application| application.arn == arn);
    application.ok_or_else(|| ApiError::not_found(format!("Application not found: {arn}")))
}

fn application<'a>(context: &'a Context) -> Result<&'a Application, ApiError> {
    by_arn(context, context.required("ApplicationArn")?)
}

fn list(context: &Context) -> Answer {
    let world = context.world;
    let applications = if is_of_organization(context)? { world.applications() } else { &[] };
    let shown = |application: &Application| shown(world, application);
    context.page("Applications", applications, |application| u128::from(application.number), shown)
}

fn shown(world: &World, application: &Application) -> Value {
    let portal = application.portal.as_ref().map(|portal| {
        let sign_in = portal.sign_in.as_ref();
        let sign_in = sign_in.map(|(origin, url)| members(json!({"Origin": origin, "ApplicationUrl": url})));
        members(json!({"Visibility": portal.visibility, "SignInOptions": sign_in}))
    });
    let owner = &world.management_account().id;
    Value::Object(members(json!({
        "ApplicationArn": application.arn,
        "ApplicationProviderArn": application.provider,
        "Name": application.name,
        "ApplicationAccount": *world.accounts[application.account as usize].id,
        "InstanceArn": world.instance_arn(),
        "IdentityStoreArn":
            format!("arn:{}:identitystore::{owner}:identitystore/{}", world.partition(), world.store_id()),
        "Status": application.status,
        "PortalOptions": portal,
        "Description": application.description,
        "CreatedDate": epoch(application.created_at),
        "CreatedFrom": application.created_from,
    })))
}

fn assignment_configuration(context: &Context) -> Answer {
    Ok(members(json!({"AssignmentRequired": application(context)?.assignment_required})))
}

fn assignments(context: &Context) -> Answer {
    let application = application(context)?;
    let key = |&(kind, position): &(PrincipalKind, u32)| (kind as u128) << 32 | u128::from(position);
    let shown = |&(kind, position): &(PrincipalKind, u32)| {
        json!({
            "ApplicationArn": application.arn,
            "PrincipalId": **context.world.principal_id(kind, position),
            "PrincipalType": kind.as_str(),
        })
    };
    context.page("ApplicationAssignments", &application.principals, key, shown)
}

fn grants(context: &Context) -> Answer {
    let shown = |grant: &Grant| {
        let (member, settings) = &grant.settings;
        json!({"GrantType": grant.grant_type, "Grant": {*member: settings}})
    };
    context.page_by_name("Grants", &application(context)?.grants, |grant| grant.grant_type, shown)
}

fn access_scopes(context: &Context) -> Answer {
    let shown = |(scope, targets): &(String, Vec<String>)| {
        let targets = (!targets.is_empty()).then_some(targets);
        Value::Object(members(json!({"Scope": scope, "AuthorizedTargets": targets})))
    };
    context.page_by_name("Scopes", &application(context)?.scopes, |(scope, _)| scope, shown)
}

fn authentication_methods(context: &Context) -> Answer {
    let policies = application(context)?.actor_policy.as_slice();
    let shown = |policy: &Value| json!({"AuthenticationMethodType": "IAM", "AuthenticationMethod": {"Iam": {"ActorPolicy": policy}}});
    context.page_by_name("AuthenticationMethods", policies, |_| "IAM", shown)
}
