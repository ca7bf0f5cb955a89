//! AWS's own managed policies on one day. AWS publishes a new version of some of them from time to time. Their content
//! follows from their names and the day, and so is not stored.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Boundary, DAY, Millis, TagPair, World};
use crate::simulator::dice;

/// A managed policy with its default version.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct ManagedPolicy {
    pub arn: String,
    pub id: String,
    pub name: String,
    pub path: String,
    pub description: String,
    pub version_id: String,
    pub document: String,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// The number of attachments in the account of the credentials.
    pub attachments: i64,
    pub boundary_uses: i64,
    /// The tags; AWS's own policies have none so far.
    pub tags: Vec<TagPair>,
}

/// 6 February 2015, when AWS created the first of its managed policies.
const FIRST: Millis = 1_423_247_986_000;

impl World {
    /// Returns the managed policies of the permission sets at the positions for which `is_listed` is true.
    pub fn managed_policies(&self, is_listed: impl Fn(u32) -> bool) -> Vec<ManagedPolicy> {
        let mut found = BTreeMap::new();
        for (_, set) in super::numbered(&self.sets).filter(|(position, _)| is_listed(*position)) {
            let prefix = self.managed_policy_arn("");
            let boundary = match &set.boundary {
                Some(Boundary::Managed(arn)) => arn.strip_prefix(&prefix),
                Some(Boundary::Customer { .. }) | None => None,
            };
            for name in set.aws_managed.iter().map(String::as_str).chain(boundary) {
                found.entry(name.to_owned()).or_insert_with(|| self.managed_policy_named(name));
            }
        }
        found.into_values().collect()
    }

    /// Returns the managed policy with this ARN, if any permission set attaches it, or ever did.
    pub fn managed_policy(&self, arn: &str) -> Option<ManagedPolicy> {
        self.managed_policies(|_| true).into_iter().find(|policy| policy.arn == arn)
    }

    fn managed_policy_named(&self, full_name: &str) -> ManagedPolicy {
        let (path, name) = match full_name.rsplit_once('/') {
            Some((path, name)) => (format!("/{path}/"), name),
            None => ("/".to_owned(), full_name),
        };
        let hash = dice::hash(self.config.seed, &["managed policy", full_name]);
        let period = period(full_name, hash);
        let shift = hash.checked_rem(period).unwrap_or_default();
        let revision = (u64::from(self.day) + shift).checked_div(period).unwrap_or_default();
        let since = (revision * period).saturating_sub(shift);
        let updated_at = match revision {
            0 => FIRST + (hash % 3_000) as i64 * DAY,
            _ => self.config.start.timestamp_millis() + since as i64 * DAY - DAY / 2,
        };
        ManagedPolicy {
            arn: self.managed_policy_arn(full_name),
            id: format!("ANPA{:016X}", hash),
            name: name.to_owned(),
            path,
            description: format!("What {name} is for: \"100%\" + more"),
            version_id: format!("v{}", revision + 1),
            document: spelled(&document(full_name, name, revision), revision),
            created_at: FIRST,
            updated_at,
            attachments: 1 + (hash % 5) as i64,
            boundary_uses: (hash % 3) as i64,
            tags: match hash % 2 {
                0 => Vec::new(),
                _ => vec![("origin".to_owned(), "AWS".to_owned())],
            },
        }
    }
}

/// Returns the number of days until AWS publishes the next version; 0 for never.
fn period(full_name: &str, hash: u64) -> u64 {
    match full_name {
        "ReadOnlyAccess" => 3,
        "AmazonS3ReadOnlyAccess" => 4,
        "SecurityAudit" => 7,
        "AdministratorAccess" | "PowerUserAccess" | "IAMReadOnlyAccess" => 0,
        name if name.starts_with("job-function/") => 0,
        _ => 5 + hash % 9,
    }
}

/// Returns the revision whose content a version has. Every third version only changes the formatting.
fn said(revision: u64) -> u64 {
    revision - u64::from(revision % 3 == 2)
}

fn document(full_name: &str, name: &str, revision: u64) -> Value {
    let revision = said(revision);
    let added: Vec<String> = (0..revision % 5).map(|number| format!("added{number}:Describe*")).collect();
    let actions = |actions: &[&str]| -> Vec<String> {
        actions.iter().map(|action| (*action).to_owned()).chain(added.iter().cloned()).collect()
    };
    let allow = |actions: Vec<String>| json!([{"Effect": "Allow", "Action": actions, "Resource": "*"}]);
    let statement = match full_name {
        "AdministratorAccess" => json!({"Effect": "Allow", "Action": "*", "Resource": "*"}),
        "PowerUserAccess" => json!([
            {"Effect": "Allow", "NotAction": ["iam:*", "organizations:*", "account:*"], "Resource": "*"},
            {"Effect": "Allow", "Resource": "*", "Action": [
                "account:GetAccountInformation", "account:ListRegions", "iam:CreateServiceLinkedRole",
                "iam:DeleteServiceLinkedRole", "iam:ListRoles", "organizations:DescribeEffectivePolicy",
                "organizations:DescribeOrganization"]},
        ]),
        "aws-service-role/ReadOnlyAccess" => json!([{
            "Sid": "Odd", "Effect": "Allow", "Action": actions(&["s3:Get*"]), "Resource": ["arn:aws:s3:::a+b/*", "*"],
            "Condition": {"StringLike": {"aws:PrincipalTag/team": "ü+%2B \"x\" & <y>"}},
        }]),
        "ReadOnlyAccess" | "SecurityAudit" | "job-function/ViewOnlyAccess" => allow(actions(&[
            "cloudtrail:Describe*",
            "cloudtrail:Get*",
            "ec2:Describe*",
            "iam:GenerateCredentialReport",
            "iam:Get*",
            "iam:List*",
            "organizations:Describe*",
            "organizations:List*",
            "s3:Get*",
            "s3:List*",
            "sso:Describe*",
            "sso:List*",
        ])),
        "IAMReadOnlyAccess" => allow(actions(&[
            "iam:GenerateCredentialReport",
            "iam:GenerateServiceLastAccessedDetails",
            "iam:Get*",
            "iam:List*",
            "iam:SimulateCustomPolicy",
            "iam:SimulatePrincipalPolicy",
        ])),
        "job-function/DatabaseAdministrator" => json!([
            {"Effect": "Allow", "Action": ["dynamodb:*", "rds:*", "ec2:DescribeSecurityGroups"], "Resource": "*"},
            {"Effect": "Allow", "Action": "iam:PassRole", "Resource": [
                "arn:aws:iam::*:role/rds-monitoring-role", "arn:aws:iam::*:role/rdbms-lambda-access"]},
        ]),
        _ => {
            let service = name.trim_start_matches("Amazon").trim_start_matches("AWS").to_ascii_lowercase();
            let service = service.replace('_', "");
            let service = service.trim_end_matches("access").trim_end_matches("policy");
            match service.strip_suffix("readonly") {
                Some(service) => allow(actions(&[&format!("{service}:Get*"), &format!("{service}:List*")])),
                None => allow(actions(&[&format!("{}:*", service.trim_end_matches("full"))])),
            }
        }
    };
    json!({"Version": "2012-10-17", "Statement": statement})
}

/// Formats the document like AWS: over several lines, and not the same way in every version.
fn spelled(document: &Value, revision: u64) -> String {
    match revision % 3 {
        2 => document.to_string(),
        _ => serde_json::to_string_pretty(document).expect("a value is always JSON"),
    }
}
