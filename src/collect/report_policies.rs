//! The service control policies of access reports: `--access-report-policies`.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

/// The policies to which access reports are narrowed, besides each entity's own report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ReportPolicies {
    /// No policy.
    #[default]
    None,
    /// The policies that are attached to a target.
    Attached,
    /// All policies.
    All,
    /// The policies with these ids.
    These(BTreeSet<String>),
}

impl ReportPolicies {
    /// Returns true if any report by policy is requested.
    pub fn are_asked(&self) -> bool {
        *self != Self::None
    }

    /// Returns true if the targets of the policies are needed. `at_targets` is true if there are reports at each
    /// target.
    pub(super) fn need_targets(&self, at_targets: bool) -> bool {
        match self {
            Self::None => false,
            Self::Attached => true,
            Self::All | Self::These(_) => at_targets,
        }
    }
}

impl FromStr for ReportPolicies {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        match typed.trim() {
            "attached" => return Ok(Self::Attached),
            "all" => return Ok(Self::All),
            _ => {}
        }
        let ids: BTreeSet<String> = typed.split(',').map(|id| id.trim().to_owned()).collect();
        match ids.iter().find(|id| !is_policy_id(id)) {
            None => Ok(Self::These(ids)),
            Some(wrong) => Err(format!(
                "{wrong:?} is no policy's id: give attached, all, or ids such as p-FullAWSAccess"
            )),
        }
    }
}

/// Formats the policies as the flag takes them.
impl fmt::Display for ReportPolicies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Attached => f.write_str("attached"),
            Self::All => f.write_str("all"),
            Self::These(ids) => f.write_str(&ids.iter().map(String::as_str).collect::<Vec<_>>().join(",")),
        }
    }
}

/// Returns true if the id matches AWS's pattern. Source: the API model of Organizations, PolicyId.
fn is_policy_id(id: &str) -> bool {
    id.strip_prefix("p-").is_some_and(|rest| {
        (8..=128).contains(&rest.len()) && rest.chars().all(|one| one.is_ascii_alphanumeric() || one == '_')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_and_ids() {
        let read = |typed: &str| typed.parse::<ReportPolicies>();
        assert_eq!(read("attached"), Ok(ReportPolicies::Attached));
        assert_eq!(read(" all "), Ok(ReportPolicies::All));
        let two = read("p-FullAWSAccess, p-0123abcd,p-FullAWSAccess").unwrap();
        assert_eq!(two.to_string(), "p-0123abcd,p-FullAWSAccess");
        for typed in ["p-FullAWSAccess", "attached", "all"] {
            assert_eq!(read(typed).unwrap().to_string(), typed);
        }
    }

    #[test]
    fn what_is_no_id() {
        for typed in ["", "none", "ALL", "p-", "p-short", "ou-ab12-abcdefgh", "FullAWSAccess", "p-0123abc!"] {
            assert!(typed.parse::<ReportPolicies>().is_err(), "{typed:?}");
        }
        for typed in ["p-0123abcd,", ",p-0123abcd", "all,p-0123abcd", "attached,all", "p-0123abcd p-4567abcd"]
        {
            assert!(typed.parse::<ReportPolicies>().is_err(), "{typed:?}");
        }
        let longest = format!("p-{}", "a".repeat(128));
        assert!(longest.parse::<ReportPolicies>().is_ok());
        assert!(format!("{longest}a").parse::<ReportPolicies>().is_err());
    }
}
