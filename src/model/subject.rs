//! To what answers are narrowed.

use super::Entity;

/// A kind of what an answer can be narrowed to: a diff, and the rows of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// An entity; of an OU its id, and those of the accounts and OUs beneath it.
    Entity(Entity),
    /// Accounts and permission sets with a tag.
    Tagged,
    /// Permission sets with privileges.
    Privileged,
}

impl SubjectKind {
    /// The option that narrows to it, without the dashes.
    pub fn option(self) -> &'static str {
        match self {
            Self::Entity(entity) => entity.spec().option,
            Self::Tagged => "tag",
            Self::Privileged => "privileged",
        }
    }

    /// The entities whose ids such a subject has.
    pub fn entities(self) -> Vec<Entity> {
        match self {
            Self::Entity(entity) if entity.spec().beneath.is_empty() => vec![entity],
            Self::Entity(entity) => entity.spec().beneath.to_vec(),
            Self::Tagged => vec![Entity::Account, Entity::PermissionSet],
            Self::Privileged => vec![Entity::PermissionSet],
        }
    }
}

impl From<Entity> for SubjectKind {
    fn from(entity: Entity) -> Self {
        Self::Entity(entity)
    }
}
