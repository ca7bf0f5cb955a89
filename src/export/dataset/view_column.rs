//! The meaning of a view's column, derived from its name because views declare no kinds.

use super::FieldKind;
use crate::export::mask::Privacy;
use crate::model::{Entity, PUBLIC_IN_VIEWS};

/// Returns the treatment of a view's column in a masked export. An id has the name of the resource's column it comes
/// from.
pub(super) fn privacy_of(name: &str, kind: FieldKind) -> Privacy {
    match kind {
        FieldKind::Integer | FieldKind::Boolean | FieldKind::Time | FieldKind::Date => Privacy::Public,
        // The keys of rows and of scopes are ids.
        FieldKind::Json if ["key", "scope"].contains(&name) => Privacy::Id,
        // The subject of a statement is JSON that names things. The name of a resource of the census is public.
        FieldKind::Text if is_word(name) => Privacy::Public,
        FieldKind::Text if is_id(name) => Privacy::Id,
        FieldKind::Text | FieldKind::Json => Privacy::Text,
    }
}

fn is_word(name: &str) -> bool {
    PUBLIC_IN_VIEWS.contains(&name)
}

fn is_id(name: &str) -> bool {
    name == "id" || name.ends_with("_id") || name.ends_with("_arn")
}

/// Returns the entity whose ids a view's column has.
pub(super) fn entity_of(name: &str) -> Option<Entity> {
    Entity::ALL.into_iter().find(|entity| entity.spec().id == name)
}
