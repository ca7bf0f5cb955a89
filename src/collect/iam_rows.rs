//! What IAM says of roles and policies, as rows.

use aws_sdk_iam::types::{
    AttachedPolicy, InstanceProfile, ManagedPolicyDetail, PolicyDetail, RoleDetail, Tag,
};
use serde_json::Value;

use super::convert::{array, key, member, members, policy_document, string, text, time};
use crate::aws::{CallFailure, Operation};
use crate::model::{IamPolicy, IamPolicyAttachment, IamRole, Row};

/// The tags by their keys: no order of theirs means anything.
pub(super) fn sorted_tags(tags: Option<Vec<Tag>>) -> Option<String> {
    let mut tags = tags?;
    tags.sort_by(|one, other| one.key.cmp(&other.key));
    array(Some(tags), |tag| members([("Key", Some(tag.key.into())), ("Value", Some(tag.value.into()))]))
}

/// The row of a role, without what only ListRoles says.
pub(super) fn role(
    operation: Operation,
    account_id: &str,
    found: RoleDetail,
) -> Result<IamRole, CallFailure> {
    let boundary = found.permissions_boundary.and_then(|boundary| boundary.permissions_boundary_arn);
    Ok(IamRole {
        account_id: account_id.to_owned(),
        role_name: key(operation, "RoleName", found.role_name)?,
        role_id: text(found.role_id),
        arn: text(found.arn),
        path: text(found.path),
        created_at: time(operation, "CreateDate", found.create_date.as_ref())?,
        trust_policy: text(found.assume_role_policy_document).map(policy_document),
        permissions_boundary_arn: text(boundary),
        instance_profiles: instance_profiles(operation, found.instance_profile_list)?,
        tags: sorted_tags(found.tags),
        ..IamRole::default()
    })
}

/// The instance profiles by their names.
fn instance_profiles(
    operation: Operation,
    profiles: Option<Vec<InstanceProfile>>,
) -> Result<Option<String>, CallFailure> {
    let mut profiles = profiles.unwrap_or_default();
    profiles.sort_by(|one, other| one.instance_profile_name.cmp(&other.instance_profile_name));
    let mut shown = Vec::with_capacity(profiles.len());
    for profile in profiles {
        let created = time(operation, "CreateDate", Some(&profile.create_date))?;
        let tags = sorted_tags(profile.tags).and_then(|tags| serde_json::from_str(&tags).ok());
        shown.push(Value::Object(members([
            ("InstanceProfileName", Some(profile.instance_profile_name.into())),
            ("InstanceProfileId", Some(profile.instance_profile_id.into())),
            ("Arn", Some(profile.arn.into())),
            ("Path", Some(profile.path.into())),
            ("CreateDate", string(created)),
            ("Tags", tags),
        ])));
    }
    Ok((!shown.is_empty()).then(|| Value::Array(shown).to_string()))
}

/// The row of a managed policy, with the text of its version that is in force.
pub(super) fn policy(
    operation: Operation,
    account_id: &str,
    found: ManagedPolicyDetail,
) -> Result<IamPolicy, CallFailure> {
    let mut versions = found.policy_version_list.unwrap_or_default();
    // By their numbers, v2 before v10.
    versions.sort_by_key(|version| {
        let id = version.version_id.clone().unwrap_or_default();
        (id.len(), id)
    });
    let (mut document, mut shown) = (None, Vec::with_capacity(versions.len()));
    for version in versions {
        let created = time(operation, "CreateDate", version.create_date.as_ref())?;
        if version.is_default_version {
            document = text(version.document);
        }
        shown.push(Value::Object(members([
            ("VersionId", string(version.version_id)),
            ("IsDefaultVersion", Some(version.is_default_version.into())),
            ("CreateDate", string(created)),
        ])));
    }
    // No policy is without a document: one that an answer lost is unknown, and no document that was taken away.
    let document = member(operation, "Document of the default version", document)?;
    Ok(IamPolicy {
        account_id: account_id.to_owned(),
        policy_arn: key(operation, "Arn", found.arn)?,
        name: text(found.policy_name),
        path: text(found.path),
        policy_id: text(found.policy_id),
        description: text(found.description),
        default_version_id: text(found.default_version_id),
        document: Some(policy_document(document)),
        created_at: time(operation, "CreateDate", found.create_date.as_ref())?,
        updated_at: time(operation, "UpdateDate", found.update_date.as_ref())?,
        versions: Some(Value::Array(shown).to_string()),
        is_attachable: Some(found.is_attachable),
        attachment_count: found.attachment_count.map(i64::from),
        boundary_usage_count: found.permissions_boundary_usage_count.map(i64::from),
    })
}

/// The policies of one user, group or role.
pub(super) fn attachments(
    operation: Operation,
    account_id: &str,
    principal_type: &str,
    principal_name: &str,
    inline: Option<Vec<PolicyDetail>>,
    attached: Option<Vec<AttachedPolicy>>,
) -> Result<Vec<Row>, CallFailure> {
    let blank = || IamPolicyAttachment {
        account_id: account_id.to_owned(),
        principal_type: principal_type.to_owned(),
        principal_name: principal_name.to_owned(),
        ..IamPolicyAttachment::default()
    };
    let mut rows = Vec::new();
    for found in inline.unwrap_or_default() {
        let name = key(operation, "PolicyName", found.policy_name)?;
        let document = member(operation, "PolicyDocument", text(found.policy_document))?;
        rows.push(Row::whole(&IamPolicyAttachment {
            kind: IamPolicyAttachment::INLINE.to_owned(),
            policy_name: Some(name.clone()),
            policy: name,
            document: Some(policy_document(document)),
            ..blank()
        }));
    }
    for found in attached.unwrap_or_default() {
        rows.push(Row::whole(&IamPolicyAttachment {
            kind: IamPolicyAttachment::MANAGED.to_owned(),
            policy: key(operation, "PolicyArn", found.policy_arn)?,
            policy_name: text(found.policy_name),
            ..blank()
        }));
    }
    Ok(rows)
}
