//! The escalating actions: `escalations.json`, read once. `docs/privileges.md` describes how it is made.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::digest::sha256;

const TEXT: &str = include_str!("../escalations.json");

/// The version of the rules that match entries (`weigh`). A change of the rules raises it, so that the stored results
/// for permission sets are computed again.
const RULES: u32 = 1;

/// The effect of an entry.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The principal can reach as far as one more thing does, such as a role that can be passed.
    Escalation,
    /// The principal can grant itself anything.
    Administrator,
}

impl Level {
    /// Returns the word of the column `level`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Escalation => "escalation",
            Self::Administrator => "administrator",
        }
    }
}

/// A choice of levels. Every choice requires unlimited reach (the scope `any`).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Levels {
    /// Administrator: it can grant itself anything.
    #[default]
    Administrator,
    /// Escalation: it needs one more thing for that.
    Escalation,
    /// Either level.
    Any,
}

impl Levels {
    /// Every choice.
    pub const ALL: [Self; 3] = [Self::Administrator, Self::Escalation, Self::Any];

    /// Returns the word that is typed.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administrator => "administrator",
            Self::Escalation => "escalation",
            Self::Any => "any",
        }
    }

    /// Returns the choice with this word.
    pub fn named(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.as_str() == word)
    }

    /// Returns true if the choice includes a level of the column `level`.
    pub fn take(self, level: Option<&str>) -> bool {
        match self {
            Self::Any => level.is_some(),
            Self::Administrator | Self::Escalation => level == Some(self.as_str()),
        }
    }
}

/// The actions that together let a permission set grant itself more.
#[derive(Debug, Deserialize)]
pub(super) struct Entry {
    pub level: Level,
    /// The concrete actions, all of which are needed.
    pub actions: Vec<String>,
}

/// The catalogue, with derived data.
#[derive(Debug)]
pub(super) struct Catalogue {
    pub entries: Vec<Entry>,
    /// Every action of an entry, with the ARNs of the resources that it applies to.
    pub actions: Vec<(String, Vec<String>)>,
}

impl Catalogue {
    /// Returns the position of an action among the actions.
    pub fn place(&self, action: &str) -> Option<usize> {
        self.actions.binary_search_by(|(name, _)| name.as_str().cmp(action)).ok()
    }
}

#[derive(Deserialize)]
struct File {
    entries: Vec<Entry>,
    resources: BTreeMap<String, Vec<String>>,
}

/// Returns the catalogue.
pub(super) fn catalogue() -> &'static Catalogue {
    static READ: LazyLock<Catalogue> = LazyLock::new(|| {
        let File { entries, resources } =
            serde_json::from_str(TEXT).expect("a test reads the catalogue that is part of the program");
        Catalogue { entries, actions: resources.into_iter().collect() }
    });
    &READ
}

/// Returns the version of the rules and of the catalogue.
pub fn rules() -> &'static str {
    static NAMED: LazyLock<String> = LazyLock::new(|| format!("{RULES}:{}", sha256(TEXT)));
    &NAMED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_action_applies_to_something() {
        let catalogue = catalogue();
        assert!(catalogue.entries.len() > 100);
        for action in catalogue.entries.iter().flat_map(|entry| &entry.actions) {
            let place = catalogue.place(action).unwrap_or_else(|| panic!("{action} applies to nothing"));
            assert!(!catalogue.actions[place].1.is_empty(), "{action}");
        }
    }
}
