//! Every IAM action with AWS's own access level: `iam_actions.json`, read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

const TEXT: &str = include_str!("../iam_actions.json");

/// The access level that AWS gives an action.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessLevel {
    /// Lists resources.
    List,
    /// Reads the contents of resources.
    Read,
    /// Creates, changes and deletes.
    Write,
    /// Changes permissions.
    Permissions,
    /// Changes only tags.
    Tagging,
}

impl AccessLevel {
    /// Every level, from the smallest to the largest, with tagging last.
    pub const ALL: [Self; 5] = [Self::List, Self::Read, Self::Write, Self::Permissions, Self::Tagging];
}

#[derive(Deserialize)]
struct File {
    services: BTreeMap<String, BTreeMap<String, AccessLevel>>,
}

/// Returns the actions of each service by name. The services are sorted by the prefix that is written before the colon.
pub fn services() -> &'static BTreeMap<String, BTreeMap<String, AccessLevel>> {
    static READ: LazyLock<File> = LazyLock::new(|| {
        serde_json::from_str(TEXT).expect("a test reads the actions that are part of the program")
    });
    &READ.services
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_have_actions_of_every_level() {
        let services = services();
        assert!(services.len() > 400, "{}", services.len());
        assert_eq!(services["iam"]["PassRole"], AccessLevel::Write);
        assert_eq!(services["s3"]["PutBucketPolicy"], AccessLevel::Permissions);
        for level in AccessLevel::ALL {
            assert!(services.values().flat_map(BTreeMap::values).any(|one| *one == level), "{level:?}");
        }
        assert!(
            services.keys().all(|name| *name == name.to_ascii_lowercase()),
            "prefixes are in small letters"
        );
    }
}
