//! Permission sets with their policies and tags, for the forms that make them again.

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
    /// Its description; never empty.
    pub description: Option<String>,
    /// Its session's length, as ISO 8601 writes it: PT1H.
    pub session_duration: Option<String>,
    /// Where a session begins; never empty.
    pub relay_state: Option<String>,
    /// Keys and values, by key.
    pub tags: Vec<(String, String)>,
    /// ARNs of the policies that AWS maintains.
    pub aws_managed: Vec<String>,
    /// Policies of the accounts.
    pub customer_managed: Vec<PolicyReference>,
    /// The inline policy, as AWS returned it.
    pub inline: Option<String>,
    /// The permissions boundary.
    pub boundary: Option<Boundary>,
}

/// A policy that is looked up by name in each account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReference {
    /// Name of the policy.
    pub name: String,
    /// Path of the policy; / unless set.
    pub path: String,
}

/// What limits a permission set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boundary {
    /// A policy that AWS maintains, by ARN.
    Aws(String),
    /// A policy of the accounts.
    Customer(PolicyReference),
}

/// The permission sets of a snapshot.
#[derive(Debug, Default)]
pub struct PermissionSets {
    /// Those that were seen with all that belongs to them, by ARN.
    pub whole: BTreeMap<String, PermissionSetForm>,
    /// Those of which something was not seen: names by ARN, each with the reason. Without their policies or tags they
    /// would be made again without them.
    pub unseen: BTreeMap<String, (String, String)>,
}

impl PermissionSets {
    /// Reads all that the snapshot knows.
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
    /// The name and path; where AWS returned none, those that `policy` is made of.
    fn of(policy: String, name: Option<String>, path: Option<String>) -> Self {
        let (before, last) = policy.rsplit_once('/').unwrap_or(("", &policy));
        Self {
            name: name.unwrap_or_else(|| last.to_owned()),
            path: path.unwrap_or_else(|| format!("{before}/")),
        }
    }
}
