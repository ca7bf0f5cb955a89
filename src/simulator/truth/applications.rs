//! The rows of applications.

use serde_json::{Value, json};

use super::{Rows, columns};
use crate::model::{
    Application, ApplicationAccessScope, ApplicationAssignment, ApplicationAuthenticationMethod,
    ApplicationGrant,
};
use crate::simulator::organization::{self, World, rfc3339};

pub(super) fn applications(world: &World) -> Rows {
    let owner = &world.management_account().id;
    let store =
        format!("arn:{}:identitystore::{owner}:identitystore/{}", world.partition(), world.store_id());
    let row = |one: &organization::Application| {
        let portal = one.portal.as_ref();
        let sign_in = portal.and_then(|portal| portal.sign_in.as_ref());
        columns(&Application {
            application_arn: one.arn.clone(),
            name: one.name.clone(),
            description: one.description.clone(),
            application_account_id: Some(world.accounts[one.account as usize].id.to_string()),
            provider_arn: Some(one.provider.clone()),
            instance_arn: Some(world.instance_arn()),
            identity_store_arn: Some(store.clone()),
            status: Some(one.status.to_owned()),
            assignment_required: Some(one.assignment_required),
            portal_visibility: portal.map(|portal| portal.visibility.to_owned()),
            portal_origin: sign_in.map(|(origin, _)| (*origin).to_owned()),
            portal_url: sign_in.and_then(|(_, url)| url.clone()),
            created_at: Some(rfc3339(one.created_at)),
            created_from: one.created_from.clone(),
        })
    };
    world.applications().iter().map(row).collect()
}

pub(super) fn assignments(world: &World) -> Rows {
    let of_one = |one: &organization::Application| {
        let row = |&(kind, position): &(organization::PrincipalKind, u32)| {
            columns(&ApplicationAssignment {
                application_arn: one.arn.clone(),
                principal_type: kind.as_str().to_owned(),
                principal_id: world.principal_id(kind, position).to_string(),
            })
        };
        one.principals.iter().map(row).collect::<Rows>()
    };
    world.applications().iter().flat_map(of_one).collect()
}

pub(super) fn grants(world: &World) -> Rows {
    let of_one = |one: &organization::Application| {
        let row = |grant: &organization::Grant| {
            let (_, settings) = &grant.settings;
            columns(&ApplicationGrant {
                application_arn: one.arn.clone(),
                grant_type: grant.grant_type.to_owned(),
                settings: (*settings != json!({})).then(|| settings.to_string()),
            })
        };
        one.grants.iter().map(row).collect::<Rows>()
    };
    world.applications().iter().flat_map(of_one).collect()
}

pub(super) fn access_scopes(world: &World) -> Rows {
    let of_one = |one: &organization::Application| {
        let row = |(scope, targets): &(String, Vec<String>)| {
            columns(&ApplicationAccessScope {
                application_arn: one.arn.clone(),
                scope: scope.clone(),
                authorized_targets: (!targets.is_empty()).then(|| json!(targets).to_string()),
            })
        };
        one.scopes.iter().map(row).collect::<Rows>()
    };
    world.applications().iter().flat_map(of_one).collect()
}

pub(super) fn authentication_methods(world: &World) -> Rows {
    let row = |one: &organization::Application| {
        let policy = one.actor_policy.as_ref()?;
        Some(columns(&ApplicationAuthenticationMethod {
            application_arn: one.arn.clone(),
            method: "IAM".to_owned(),
            actor_policy: Some(sorted(policy).to_string()),
        }))
    };
    world.applications().iter().filter_map(row).collect()
}

/// Returns the value with its keys sorted: the keys of an open type have no order.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> =
                members.iter().map(|(name, value)| (name.clone(), sorted(value))).collect();
            members.sort_by(|(one, _), (other, _)| one.cmp(other));
            Value::Object(members.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        other => other.clone(),
    }
}
