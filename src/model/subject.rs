//! The subjects that results can be narrowed to.

use super::Entity;

/// A kind of subject that a diff, or the rows of a query, can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SubjectKind {
    /// An entity. For an OU: its id, and the ids of the accounts and OUs below it.
    Entity(Entity),
    /// Accounts and permission sets with a tag.
    Tagged,
    /// Permission sets with privileges.
    Privileged,
}

impl SubjectKind {
    /// Returns the option for this kind of subject, without the dashes.
    pub fn option(self) -> &'static str {
        match self {
            Self::Entity(entity) => entity.spec().option,
            Self::Tagged => "tag",
            Self::Privileged => "privileged",
        }
    }

    /// Returns the entities whose ids such a subject has.
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
