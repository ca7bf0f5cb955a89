//! Permission sets with their policies and tags, for the forms that create them again.

use std::collections::BTreeMap;

use super::principals::{optional, text};
use super::source::Source;
use crate::error::Result;
use crate::model::PolicyKind;

/// A permission set as the forms write it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionSetForm {
    /// ARN of the set.
    pub arn: String,
    /// Name of the set.
    pub name: String,
    /// The description; never empty.
    pub description: Option<String>,
    /// The length of a session in ISO 8601: PT1H.
    pub session_duration: Option<String>,
    /// The URL where a session begins; never empty.
    pub relay_state: Option<String>,
    /// Keys and values, sorted by key.
    pub tags: Vec<(String, String)>,
    /// ARNs of the AWS managed policies.
    pub aws_managed: Vec<String>,
    /// The customer managed policies.
    pub customer_managed: Vec<PolicyReference>,
    /// The inline policy, as AWS returned it.
    pub inline: Option<String>,
    /// The permissions boundary.
    pub boundary: Option<Boundary>,
}

/// A policy that each account has under the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReference {
    /// Name of the policy.
    pub name: String,
    /// Path of the policy; / unless set.
    pub path: String,
}

/// The permissions boundary of a permission set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boundary {
    /// An AWS managed policy, by ARN.
    Aws(String),
    /// A customer managed policy.
    Customer(PolicyReference),
}

/// The permission sets of a snapshot.
#[derive(Debug, Default)]
pub struct PermissionSets {
    /// The permission sets that were seen completely, by ARN.
    pub whole: BTreeMap<String, PermissionSetForm>,
    /// The names of the permission sets that were not seen completely, by ARN, each with the reason. The forms would
    /// create them without the policies or tags that were not seen.
    pub unseen: BTreeMap<String, (String, String)>,
}

impl PermissionSets {
    /// Reads all permission sets that the snapshot knows.
    pub fn read(source: &Source<'_>) -> Result<Self> {
        let mut sets: BTreeMap<String, PermissionSetForm> = BTreeMap::new();
        let filled = |text: Option<String>| text.filter(|text| !text.is_empty());
        source.all(include_str!("sql/permission_sets.sql"), |row| {
            let arn = text(row, 0)?;
            let set = PermissionSetForm {
                name: optional(row, 1)?.unwrap_or_else(|| arn.clone()),
                description: filled(optional(row, 2)?),
                session_duration: filled(optional(row, 3)?),
                relay_state: filled(optional(row, 4)?),
                arn: arn.clone(),
                ..PermissionSetForm::default()
            };
            sets.insert(arn, set);
            Ok(())
        })?;
        source.all(include_str!("sql/policies.sql"), |row| {
            let (arn, kind, policy) = (text(row, 0)?, text(row, 1)?, text(row, 2)?);
            let (name, path, document) = (optional(row, 3)?, optional(row, 4)?, optional(row, 5)?);
            if let Some(set) = sets.get_mut(&arn) {
                set.attach(&kind, policy, name, path, document);
            }
            Ok(())
        })?;
        source.all(include_str!("sql/permission_set_tags.sql"), |row| {
            let (arn, key, value) = (text(row, 0)?, text(row, 1)?, optional(row, 2)?);
            if let Some(set) = sets.get_mut(&arn) {
                set.tags.push((key, value.unwrap_or_default()));
            }
            Ok(())
        })?;
        let (policies, tags) = (source.unseen("permission_set_policies")?, source.unseen("tags")?);
        let mut all = Self::default();
        for (arn, set) in sets {
            let reason = if policies.may_hide(&[("permission_set_arn", &arn)])? {
                Some("not all of its policies were seen")
            } else if tags.may_hide(&[("resource_type", "permission_set"), ("resource_id", &arn)])? {
                Some("its tags were not seen")
            } else {
                None
            };
            match reason {
                Some(reason) => drop(all.unseen.insert(arn, (set.name, reason.to_owned()))),
                None => drop(all.whole.insert(arn, set)),
            }
        }
        Ok(all)
    }
}

impl PermissionSetForm {
    fn attach(
        &mut self,
        kind: &str,
        policy: String,
        name: Option<String>,
        path: Option<String>,
        document: Option<String>,
    ) {
        let kinds = [
            PolicyKind::AwsManaged,
            PolicyKind::CustomerManaged,
            PolicyKind::Inline,
            PolicyKind::PermissionsBoundary,
        ];
        let Some(kind) = kinds.into_iter().find(|one| one.as_str() == kind) else { return };
        match kind {
            PolicyKind::AwsManaged => self.aws_managed.push(policy),
            PolicyKind::CustomerManaged => {
                self.customer_managed.push(PolicyReference::of(policy, name, path))
            }
            PolicyKind::Inline => self.inline = document,
            PolicyKind::PermissionsBoundary if policy.starts_with("arn:") => {
                self.boundary = Some(Boundary::Aws(policy));
            }
            PolicyKind::PermissionsBoundary => {
                self.boundary = Some(Boundary::Customer(PolicyReference::of(policy, name, path)));
            }
        }
    }
}

impl PolicyReference {
    /// Returns the policy's name and path. If AWS returned none, they are taken from `policy`.
    fn of(policy: String, name: Option<String>, path: Option<String>) -> Self {
        let (before, last) = policy.rsplit_once('/').unwrap_or(("", &policy));
        Self {
            name: name.unwrap_or_else(|| last.to_owned()),
            path: path.unwrap_or_else(|| format!("{before}/")),
        }
    }
}
