//! The families that canned queries belong to.

use crate::error::{Error, Result};
use crate::nearest::did_you_mean;

/// The subject of a canned query, in the order in which families are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Family {
    /// One user.
    Person,
    /// An account, or the accounts of an OU.
    Account,
    /// A permission set, or all of them.
    PermissionSet,
    /// A group, or all of them.
    Group,
    /// An application, or all of them.
    Application,
    /// Things that should be cleaned up.
    Hygiene,
    /// Changes.
    Change,
    /// Use.
    Use,
    /// The tree, its accounts and their tags.
    Organization,
    /// Evidence for auditors.
    Evidence,
    /// Input for scripts and for procedures of AWS.
    Steps,
}

impl Family {
    /// Every family, in the order of the list.
    pub const ALL: [Self; 11] = [
        Self::Person,
        Self::Account,
        Self::PermissionSet,
        Self::Group,
        Self::Application,
        Self::Hygiene,
        Self::Change,
        Self::Use,
        Self::Organization,
        Self::Evidence,
        Self::Steps,
    ];

    /// Returns the name as a header and `--family` write it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "person",
            Self::Account => "account",
            Self::PermissionSet => "permission-set",
            Self::Group => "group",
            Self::Application => "application",
            Self::Hygiene => "hygiene",
            Self::Change => "change",
            Self::Use => "use",
            Self::Organization => "organization",
            Self::Evidence => "evidence",
            Self::Steps => "steps",
        }
    }

    /// Returns a few words on the answers of its queries.
    pub fn title(self) -> &'static str {
        match self {
            Self::Person => "what a user reaches, and why",
            Self::Account => "who reaches an account or an OU",
            Self::PermissionSet => "what a permission set allows, and to whom",
            Self::Group => "who is in a group, and what it reaches",
            Self::Application => "who may use an application",
            Self::Hygiene => "what should be cleaned up",
            Self::Change => "what came, went and changed",
            Self::Use => "what is used, and what is not",
            Self::Organization => "the tree, its accounts and their tags",
            Self::Evidence => "lists with counts, for an audit",
            Self::Steps => "what scripts and procedures need",
        }
    }

    /// Returns the family with this name, ignoring case. Another name is an error that lists the names (exit 2).
    pub fn named(name: &str) -> Result<Self> {
        let normal = name.trim().to_lowercase().replace(['_', ' '], "-");
        Self::ALL.into_iter().find(|family| family.name() == normal).ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            Error::unknown(format!("there is no family {name:?}"))
                .hint_if_any(did_you_mean(&normal, names))
                .hint(format!("the families are {}", names.join(", ")))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lists_every_family_once_in_order() {
        assert!(Family::ALL.is_sorted_by(|one, other| one < other));
        for family in Family::ALL {
            assert_eq!(Family::named(family.name()).unwrap(), family);
        }
    }

    #[test]
    fn a_misspelt_family_gets_the_nearest_name() {
        assert_eq!(Family::named("Permission_Set").unwrap(), Family::PermissionSet);
        for (typed, meant) in [
            ("persn", "person"),
            ("grop", "group"),
            ("PERSONS", "person"),
            ("organisation", "organization"),
            ("hygeine", "hygiene"),
        ] {
            let error = Family::named(typed).unwrap_err();
            assert_eq!(error.to_string(), format!("there is no family {typed:?}"));
            assert_eq!(error.hints()[0], format!("did you mean {meant}?"));
        }
        assert!(
            Family::named("zzz").unwrap_err().hints()[0].starts_with("the families are person, account, ")
        );
    }
}
