//! CloudFormation: templates of permission sets and assignments, each with the list that imports its resources.

use serde_json::{Map, Value, json};

use super::assigned::{self, Assigned};
use super::folder::{Folder, Skipped};
use super::permission_sets::{Boundary, PermissionSetForm, PermissionSets, PolicyReference};
use super::source::Source;
use super::terraform::{Written, hashed, instance};
use crate::error::{Error, Result};

/// The maximum number of resources in a template: a change set imports no more. (A template may have 500.)
const MOST_RESOURCES: usize = 200;

/// The maximum length of a template in bytes.
const MOST_BYTES: usize = 1_000_000;

/// The maximum number of bytes in a template outside its resources.
const AROUND: usize = 400;

/// A resource with its logical id and its identifier in an account.
struct Resource {
    logical_id: String,
    kind: &'static str,
    properties: Map<String, Value>,
    identifier: Value,
}

/// Writes the folder's files. Fails if the snapshot does not know its Identity Center instance.
pub fn write(source: &Source<'_>, folder: &Folder) -> Result<Written> {
    let instance = instance(source)?;
    let mut sets = PermissionSets::read(source)?;
    let mut assigned = assigned::read(source, "cloudformation")?;
    assigned::keep_named(source, &mut sets, &assigned);
    let mut skipped = Skipped::default();
    assigned::keep_listed(&mut assigned, &mut skipped);
    for (arn, (name, reason)) in &sets.unseen {
        skipped.add("permission set", format!("{name} ({arn})"), reason);
    }
    let of_sets: Vec<Resource> =
        sets.whole.values().map(|set| permission_set(set, &instance, &mut skipped)).collect::<Result<_>>()?;
    let of_assignments: Vec<Resource> = assigned.iter().map(|one| assignment(one, &instance)).collect();
    templates(folder, "permission-sets", of_sets)?;
    templates(folder, "assignments", of_assignments)?;
    skipped.write(folder)?;
    Ok(Written {
        permission_sets: sets.whole.len() as u64,
        assignments: assigned.len() as u64,
        skipped: skipped.count(),
    })
}

fn permission_set(set: &PermissionSetForm, instance: &str, skipped: &mut Skipped) -> Result<Resource> {
    let mut properties = Map::new();
    let mut put = |name: &str, value: Value| drop(properties.insert(name.to_owned(), value));
    put("InstanceArn", instance.into());
    put("Name", set.name.clone().into());
    for (name, value) in [
        ("Description", &set.description),
        ("SessionDuration", &set.session_duration),
        ("RelayStateType", &set.relay_state),
    ] {
        if let Some(value) = value {
            put(name, value.clone().into());
        }
    }
    if !set.aws_managed.is_empty() {
        put("ManagedPolicies", set.aws_managed.clone().into());
    }
    if !set.customer_managed.is_empty() {
        put("CustomerManagedPolicyReferences", set.customer_managed.iter().map(reference).collect());
    }
    if let Some(document) = &set.inline {
        let document: Value = serde_json::from_str(document).map_err(|error| {
            Error::failed(format!("the inline policy of {} is not JSON", set.name)).caused_by(error)
        })?;
        put("InlinePolicy", document);
    }
    match &set.boundary {
        None => {}
        Some(Boundary::Aws(policy)) => put("PermissionsBoundary", json!({"ManagedPolicyArn": policy})),
        Some(Boundary::Customer(policy)) => {
            put("PermissionsBoundary", json!({"CustomerManagedPolicyReference": reference(policy)}));
        }
    }
    let (kept, empty): (Vec<_>, Vec<_>) = set.tags.iter().partition(|(_, value)| !value.is_empty());
    for (key, _) in empty {
        let what = format!("{key} of {} ({})", set.name, set.arn);
        skipped.add("tag", what, "its value is empty, which a template may not have");
    }
    if !kept.is_empty() {
        let tag = |(key, value): &(String, String)| json!({"Key": key, "Value": value});
        put("Tags", kept.into_iter().map(tag).collect());
    }
    Ok(Resource {
        logical_id: format!("PermissionSet{}", hashed(&[&set.arn])),
        kind: "AWS::SSO::PermissionSet",
        properties,
        identifier: json!({"InstanceArn": instance, "PermissionSetArn": set.arn}),
    })
}

fn assignment(one: &Assigned, instance: &str) -> Resource {
    let Assigned { account_id, permission_set_arn: set, principal_type, principal_id, .. } = one;
    let identifier = json!({
        "InstanceArn": instance,
        "TargetId": account_id,
        "TargetType": "AWS_ACCOUNT",
        "PermissionSetArn": set,
        "PrincipalType": principal_type,
        "PrincipalId": principal_id,
    });
    Resource {
        logical_id: format!("Assignment{}", hashed(&[account_id, set, principal_type, principal_id])),
        kind: "AWS::SSO::Assignment",
        properties: identifier.as_object().cloned().unwrap_or_default(),
        identifier,
    }
}

fn reference(policy: &PolicyReference) -> Value {
    json!({"Name": policy.name, "Path": policy.path})
}

/// Writes as many templates as the limits require.
fn templates(folder: &Folder, name: &str, resources: Vec<Resource>) -> Result<()> {
    let (mut part, mut bytes, mut number) = (Vec::new(), AROUND, 1);
    for resource in resources {
        let length = length(&resource);
        if !part.is_empty() && (part.len() == MOST_RESOURCES || bytes + length > MOST_BYTES) {
            template(folder, name, number, std::mem::take(&mut part))?;
            (bytes, number) = (AROUND, number + 1);
        }
        bytes += length;
        part.push(resource);
    }
    if part.is_empty() { Ok(()) } else { template(folder, name, number, part) }
}

/// Returns the maximum number of bytes that the resource takes in a template.
fn length(resource: &Resource) -> usize {
    let body =
        serde_json::to_string_pretty(&body(resource)).map_or(0, |text| text.len() + text.lines().count() * 4);
    body + resource.logical_id.len() + 20
}

fn body(resource: &Resource) -> Value {
    json!({
        "Type": resource.kind,
        "DeletionPolicy": "Retain",
        "UpdateReplacePolicy": "Retain",
        "Properties": resource.properties,
    })
}

fn template(folder: &Folder, name: &str, number: usize, resources: Vec<Resource>) -> Result<()> {
    let body = |one: &Resource| (one.logical_id.clone(), body(one));
    let imported = |one: &Resource| {
        json!({
            "ResourceType": one.kind,
            "LogicalResourceId": one.logical_id,
            "ResourceIdentifier": one.identifier,
        })
    };
    let template = json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": format!("IAM Identity Center, {name} {number}, as orgcensus saw them"),
        "Resources": resources.iter().map(body).collect::<Map<_, _>>(),
    });
    let import: Vec<Value> = resources.iter().map(imported).collect();
    folder.write(&format!("{name}-{number:04}.json"), &pretty(&template)?)?;
    folder.write(&format!("{name}-{number:04}.import.json"), &pretty(&import.into())?)
}

/// Returns the JSON that these forms write, ending with a line feed.
pub fn pretty(value: &Value) -> Result<Vec<u8>> {
    let mut bytes = serde_json::to_vec_pretty(value)
        .map_err(|error| Error::failed("cannot write JSON").caused_by(error))?;
    bytes.push(b'\n');
    Ok(bytes)
}
