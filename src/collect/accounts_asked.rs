//! The accounts that are asked about their own IAM, and how they are reached: `--iam-role` and `--iam-accounts`.

use std::fmt;
use std::str::FromStr;

use crate::model::Row;

/// The name of the role to assume in each account, after its path if it has one: `audit/OrgCensus`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleName(String);

impl RoleName {
    /// Returns the name without the path.
    pub fn name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }

    /// Returns the path as IAM writes it: `/`, or `/audit/`.
    pub fn path(&self) -> String {
        match self.0.rsplit_once('/') {
            Some((path, _)) => format!("/{path}/"),
            None => "/".to_owned(),
        }
    }
}

impl fmt::Display for RoleName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RoleName {
    type Err = String;

    /// Source of the characters: <https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html>.
    fn from_str(typed: &str) -> Result<Self, String> {
        if typed.starts_with("arn:") {
            let name = typed.split_once(":role/").map_or("NAME", |(_, name)| name);
            return Err(format!("give the role's name alone, as it is in every account: {name}"));
        }
        let of_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
        let (path, name) = typed.rsplit_once('/').unwrap_or(("", typed));
        let is_name = (1..=64).contains(&name.len()) && name.chars().all(of_name);
        let is_path = path.len() <= 510
            && (path.is_empty() || path.split('/').all(|part| !part.is_empty()))
            && path.chars().all(|c| c.is_ascii_graphic());
        match is_name && is_path && !typed.starts_with('/') {
            true => Ok(Self(typed.to_owned())),
            false => Err(
                "a role's name has letters, digits and _+=,.@-, after a path with slashes if it has one: \
                          audit/OrgCensus"
                    .to_owned(),
            ),
        }
    }
}

/// An account, or an OU or root with all accounts under it, by its id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place(String);

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Place {
    type Err = String;

    fn from_str(typed: &str) -> Result<Self, String> {
        let is_account = typed.len() == 12 && typed.bytes().all(|byte| byte.is_ascii_digit());
        match is_account || typed.starts_with("ou-") || typed.starts_with("r-") {
            true => Ok(Self(typed.to_owned())),
            false => {
                Err("give the id of an account (12 digits), of an OU (ou-…) or of the root (r-…)".to_owned())
            }
        }
    }
}

/// The accounts that are asked themselves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum AccountsAsked {
    /// The account of the credentials.
    #[default]
    Caller,
    /// Every active account: the caller's own as the caller, and the others by a role.
    ByRole {
        /// The role.
        role: RoleName,
        /// The places to which the accounts are limited; none for all.
        places: Vec<Place>,
    },
}

/// The reason why an account is not asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotAsked {
    /// No role is named, and it is not the caller's.
    OtherAccount,
    /// It is in none of the named places.
    OtherPlace,
    /// It is suspended, closed or not active yet.
    NotActive,
}

impl NotAsked {
    /// Returns the message of the gap.
    pub fn reason(self) -> &'static str {
        match self {
            Self::OtherAccount => "only the account of the credentials was asked",
            Self::OtherPlace => "left out by --iam-accounts",
            Self::NotActive => "the account is not active",
        }
    }
}

impl AccountsAsked {
    /// Returns the role to assume in accounts, if one is named.
    pub fn role(&self) -> Option<&RoleName> {
        match self {
            Self::Caller => None,
            Self::ByRole { role, .. } => Some(role),
        }
    }

    /// Returns why accounts are left out of which no row is looked at; `None` if every account is looked at.
    pub fn leaves_out(&self) -> Option<NotAsked> {
        match self {
            Self::Caller => Some(NotAsked::OtherAccount),
            Self::ByRole { places, .. } => (!places.is_empty()).then_some(NotAsked::OtherPlace),
        }
    }

    /// Decides about the account of a row. `is_own` is true for the account of the credentials.
    pub fn decide(&self, account: &Row, is_own: bool) -> Result<(), NotAsked> {
        let Self::ByRole { places, .. } = self else {
            return if is_own { Ok(()) } else { Err(NotAsked::OtherAccount) };
        };
        let path = account.text("entity_path").unwrap_or_default();
        let id = account.entity().map(|(_, id)| id).unwrap_or_default();
        let is_in = |place: &Place| place.0 == id || path.split('/').any(|part| part == place.0);
        if !places.is_empty() && !places.iter().any(is_in) {
            return Err(NotAsked::OtherPlace);
        }
        match account.text("state") {
            // AWS refuses a session in any other account. Without a state, the answer shows it.
            Some(state) if state != "ACTIVE" && !is_own => Err(NotAsked::NotActive),
            _ => Ok(()),
        }
    }

    /// Returns a text that differs between choices, for the staging; `None` for the default.
    pub fn canonical(&self) -> Option<String> {
        let Self::ByRole { role, places } = self else { return None };
        let mut places: Vec<&Place> = places.iter().collect();
        places.sort();
        places.dedup();
        let places: Vec<String> = places.into_iter().map(ToString::to_string).collect();
        Some(format!("role={role} in={}", places.join(",")))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Account;

    #[test]
    fn a_role_is_named_alone_with_its_path() {
        let role: RoleName = "audit/OrgCensus".parse().unwrap();
        assert_eq!((role.name(), &*role.path()), ("OrgCensus", "/audit/"));
        let role: RoleName = "OrgCensus".parse().unwrap();
        assert_eq!((role.name(), &*role.path()), ("OrgCensus", "/"));
        for bad in ["", "/OrgCensus", "a//b", "a b", "Org/", "arn:aws:iam::111122223333:role/OrgCensus", "é"]
        {
            assert!(bad.parse::<RoleName>().is_err(), "{bad}");
        }
        let whole = "arn:aws:iam::111122223333:role/audit/OrgCensus".parse::<RoleName>().unwrap_err();
        assert!(whole.ends_with(": audit/OrgCensus"), "{whole}");
    }

    #[test]
    fn accounts_are_asked_by_state_and_place() {
        let row = |id: &str, state: Option<&str>| {
            Row::whole(&Account {
                account_id: id.to_owned(),
                state: state.map(str::to_owned),
                entity_path: Some(format!("o-1/r-1/ou-1-a/{id}")),
                ..Account::default()
            })
        };
        let asked = |places: &[&str]| AccountsAsked::ByRole {
            role: "R".parse().unwrap(),
            places: places.iter().map(|place| place.parse().unwrap()).collect(),
        };
        let active = row("111111111111", Some("ACTIVE"));
        let suspended = row("222222222222", Some("SUSPENDED"));
        assert_eq!(AccountsAsked::Caller.decide(&active, false), Err(NotAsked::OtherAccount));
        assert_eq!(AccountsAsked::Caller.decide(&suspended, true), Ok(()));
        assert_eq!(asked(&[]).decide(&active, false), Ok(()));
        assert_eq!(asked(&[]).decide(&suspended, false), Err(NotAsked::NotActive));
        assert_eq!(asked(&[]).decide(&row("333333333333", None), false), Ok(()));
        assert_eq!(asked(&["ou-1-a"]).decide(&active, false), Ok(()));
        assert_eq!(asked(&["ou-1"]).decide(&active, false), Err(NotAsked::OtherPlace));
        assert_eq!(asked(&["222222222222"]).decide(&active, true), Err(NotAsked::OtherPlace));
        assert!("1111".parse::<Place>().is_err() && "/Prod".parse::<Place>().is_err());
    }
}
