//! What the name of a view's column says of it: views declare no kinds.

use super::FieldKind;
use crate::export::mask::Privacy;
use crate::model::{Entity, PUBLIC_IN_VIEWS};

/// The part in a masked export of a column of a view: an id is called like the column of the resource that has it.
pub(super) fn privacy_of(name: &str, kind: FieldKind) -> Privacy {
    match kind {
        FieldKind::Integer | FieldKind::Boolean | FieldKind::Time | FieldKind::Date => Privacy::Public,
        // The keys of rows and of scopes are ids.
        FieldKind::Json if ["key", "scope"].contains(&name) => Privacy::Id,
        // What a statement is about is JSON, and names things; the name of a resource of the census is a word.
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

/// The entity whose id a column of a view has.
pub(super) fn entity_of(name: &str) -> Option<Entity> {
    Entity::ALL.into_iter().find(|entity| entity.spec().id == name)
}
