//! Converts the identity store's answers to columns.

use aws_sdk_identitystore::types::{ExternalId, Group as WireGroup, Name, User as WireUser};
use serde_json::Value;

use crate::aws::{CallFailure, Operation};
use crate::collect::convert::{array, document, key, members, string, text, time};
use crate::model::{Group, User};

/// Converts a group.
pub(super) fn group(operation: Operation, found: WireGroup) -> Result<Group, CallFailure> {
    Ok(Group {
        group_id: key(operation, "GroupId", found.group_id)?,
        display_name: text(found.display_name),
        description: text(found.description),
        external_ids: external_ids(found.external_ids),
        group_arn: text(found.group_arn),
        created_at: time(operation, "CreatedAt", found.created_at.as_ref())?,
        created_by: text(found.created_by),
        updated_at: time(operation, "UpdatedAt", found.updated_at.as_ref())?,
        updated_by: text(found.updated_by),
        revision: text(found.revision),
    })
}

/// Converts a user. Multi-valued attributes become JSON in AWS's own spelling.
pub(super) fn user(operation: Operation, found: WireUser) -> Result<User, CallFailure> {
    let name = found.name;
    let part = |part: fn(&Name) -> &Option<String>| name.as_ref().and_then(|name| text(part(name).clone()));
    let primary_email = found.emails.as_ref().and_then(|emails| {
        let primary = emails.iter().find(|email| email.primary).or(emails.first());
        primary.and_then(|email| text(email.value.clone()))
    });
    Ok(User {
        user_id: key(operation, "UserId", found.user_id)?,
        user_name: text(found.user_name),
        display_name: text(found.display_name),
        given_name: part(|name| &name.given_name),
        family_name: part(|name| &name.family_name),
        formatted_name: part(|name| &name.formatted),
        middle_name: part(|name| &name.middle_name),
        honorific_prefix: part(|name| &name.honorific_prefix),
        honorific_suffix: part(|name| &name.honorific_suffix),
        primary_email,
        user_status: text(found.user_status.map(|status| status.as_str().to_owned())),
        user_type: text(found.user_type),
        title: text(found.title),
        user_arn: text(found.user_arn),
        nick_name: text(found.nick_name),
        profile_url: text(found.profile_url),
        preferred_language: text(found.preferred_language),
        locale: text(found.locale),
        timezone: text(found.timezone),
        website: text(found.website),
        birthdate: text(found.birthdate),
        emails: array(found.emails, |email| typed(email.value, email.r#type, email.primary)),
        phone_numbers: array(found.phone_numbers, |phone| typed(phone.value, phone.r#type, phone.primary)),
        roles: array(found.roles, |role| typed(role.value, role.r#type, role.primary)),
        photos: array(found.photos, |photo| {
            members([
                ("Value", Some(Value::String(photo.value))),
                ("Type", string(photo.r#type)),
                ("Display", string(photo.display)),
                ("Primary", Some(Value::Bool(photo.primary))),
            ])
        }),
        addresses: array(found.addresses, |address| {
            members([
                ("StreetAddress", string(address.street_address)),
                ("Locality", string(address.locality)),
                ("Region", string(address.region)),
                ("PostalCode", string(address.postal_code)),
                ("Country", string(address.country)),
                ("Formatted", string(address.formatted)),
                ("Type", string(address.r#type)),
                ("Primary", Some(Value::Bool(address.primary))),
            ])
        }),
        external_ids: external_ids(found.external_ids),
        extensions: found
            .extensions
            .filter(|extensions| !extensions.is_empty())
            .map(|extensions| document(aws_smithy_types::Document::Object(extensions)).to_string()),
        created_at: time(operation, "CreatedAt", found.created_at.as_ref())?,
        created_by: text(found.created_by),
        updated_at: time(operation, "UpdatedAt", found.updated_at.as_ref())?,
        updated_by: text(found.updated_by),
        revision: text(found.revision),
    })
}

fn typed(value: Option<String>, kind: Option<String>, primary: bool) -> serde_json::Map<String, Value> {
    members([("Value", string(value)), ("Type", string(kind)), ("Primary", Some(Value::Bool(primary)))])
}

fn external_ids(ids: Option<Vec<ExternalId>>) -> Option<String> {
    array(ids, |id| members([("Issuer", Some(Value::String(id.issuer))), ("Id", Some(Value::String(id.id)))]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_sends_as_an_empty_string_is_null() {
        let found = WireUser::builder().identity_store_id("d-1").user_id("u").user_arn("").revision("");
        let found = found.user_status("".into()).title("").display_name("").build().unwrap();
        let user = user(Operation::ListUsers, found).unwrap();
        assert_eq!(
            (user.user_status, user.title, user.display_name, user.user_arn),
            (None, None, None, None)
        );
    }
}
