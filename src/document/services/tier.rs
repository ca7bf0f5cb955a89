//! The tier of access that a set of policies allows, in one word.

use serde::Serialize;

use super::{AccessLevel, Said, SummarizedPolicy, limits_of, of_service, said, services};

/// The services that are about money alone: who has nothing else has a tier of its own.
const BILLING: [&str; 18] = [
    "account",
    "aws-portal",
    "bcm-data-exports",
    "bcm-pricing-calculator",
    "bcm-recommended-actions",
    "billing",
    "billingconductor",
    "budgets",
    "ce",
    "consolidatedbilling",
    "cur",
    "freetier",
    "invoicing",
    "mapcredits",
    "payments",
    "purchase-orders",
    "sustainability",
    "tax",
];

/// How far a permission set gets, the farthest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// It can grant itself anything.
    Administrator,
    /// It writes in some service without limits.
    Write,
    /// It writes, and everywhere only to some resources or under conditions.
    Custom,
    /// It has services about money alone.
    Billing,
    /// It lists and reads.
    Read,
    /// Its policies allow nothing.
    Nothing,
    /// A policy was not read, so that it may be any of these.
    Unknown,
}

impl Tier {
    /// Every tier, the farthest first.
    pub const ALL: [Self; 7] = [
        Self::Administrator,
        Self::Write,
        Self::Custom,
        Self::Billing,
        Self::Read,
        Self::Nothing,
        Self::Unknown,
    ];

    /// The word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Write => "write",
            Self::Custom => "custom",
            Self::Billing => "billing",
            Self::Read => "read",
            Self::Nothing => "nothing",
            Self::Unknown => "unknown",
        }
    }

    /// Its meaning, as a fragment of a sentence.
    pub fn meaning(self) -> &'static str {
        match self {
            Self::Administrator => "can grant itself anything",
            Self::Write => "writes in at least one service without limits",
            Self::Custom => "writes, but only to named resources or under conditions",
            Self::Billing => "billing and cost services alone",
            Self::Read => "lists and reads, writes nothing",
            Self::Nothing => "its policies allow nothing",
            Self::Unknown => "a policy was not read: it may be any of these",
        }
    }
}

/// Returns the tier of what the policies allow together, save that it tells no administrator: that is weighed by
/// [`super::super::privileges`]. A policy that was not read makes it unknown.
pub fn tier(policies: &[SummarizedPolicy]) -> Tier {
    let (said, not_read) = said(policies);
    if !not_read.is_empty() {
        return Tier::Unknown;
    }
    let mut found = if said.unlisted().is_empty() { Tier::Nothing } else { Tier::Custom };
    let (mut has_billing, mut has_other) = (false, false);
    for service in services().keys() {
        let Some(writes) = writes(&said, service) else { continue };
        match BILLING.contains(&service.as_str()) {
            true => has_billing = true,
            false => {
                has_other = true;
                found = found.min(writes);
            }
        }
        if found == Tier::Write {
            return found;
        }
    }
    if has_billing && !has_other { found.min(Tier::Billing) } else { found }
}

/// How far the statements get in a service; `None` where they allow nothing of it.
fn writes(said: &Said, service: &str) -> Option<Tier> {
    let (allow, deny) = (of_service(&said.allow, service), of_service(&said.deny, service));
    if allow.is_empty() {
        return None;
    }
    let bounds: Vec<_> = said.bounds.iter().map(|bound| of_service(bound, service)).collect();
    let mut found = None;
    for (name, level) in &services()[service] {
        let action = format!("{service}:{name}");
        let Some(limits) = limits_of(&action, &allow, &deny, &bounds) else { continue };
        let tier = match level {
            AccessLevel::List | AccessLevel::Read => Tier::Read,
            AccessLevel::Write | AccessLevel::Permissions | AccessLevel::Tagging if limits.is_empty() => {
                return Some(Tier::Write);
            }
            AccessLevel::Write | AccessLevel::Permissions | AccessLevel::Tagging => Tier::Custom,
        };
        found = Some(found.map_or(tier, |found: Tier| found.min(tier)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(statements: &str) -> Tier {
        tier(&[policy("inline", Some(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)))])
    }

    fn policy(kind: &str, document: Option<&str>) -> SummarizedPolicy {
        let (kind, document) = (kind.to_owned(), document.map(ToOwned::to_owned));
        SummarizedPolicy { kind, policy: "inline".to_owned(), document, unread: None }
    }

    #[test]
    fn the_farthest_action_decides() {
        for (statements, expected) in [
            (r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#, Tier::Write),
            (r#"{"Effect":"Allow","Action":["s3:Get*","ec2:Describe*"],"Resource":"*"}"#, Tier::Read),
            (r#"{"Effect":"Allow","Action":"s3:PutObject","Resource":"arn:aws:s3:::one/*"}"#, Tier::Custom),
            (r#"{"Effect":"Allow","Action":["budgets:*","ce:*"],"Resource":"*"}"#, Tier::Billing),
            (r#"{"Effect":"Allow","Action":["budgets:*","s3:GetObject"],"Resource":"*"}"#, Tier::Read),
            (r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#, Tier::Nothing),
            (r#"{"Effect":"Allow","Action":"brandnew:Thing","Resource":"*"}"#, Tier::Custom),
            (
                r#"{"Effect":"Allow","Action":["s3:PutObject","s3:GetObject"],"Resource":"*"},
                   {"Effect":"Deny","Action":"s3:Put*","Resource":"*"}"#,
                Tier::Read,
            ),
        ] {
            assert_eq!(of(statements), expected, "{statements}");
        }
    }

    #[test]
    fn what_was_not_read_is_unknown() {
        let all = r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
        assert_eq!(tier(&[policy("inline", Some(all)), policy("customer_managed", None)]), Tier::Unknown);
        assert_eq!(
            tier(&[policy("inline", Some(all)), policy("permissions_boundary", None)]),
            Tier::Unknown,
            "an unread boundary may take everything away"
        );
        assert_eq!(tier(&[]), Tier::Nothing);
    }
}
