//! How ids and names are written: as they are, or as the pseudonyms that `export --mask` writes for them.

use crate::export::mask::{Mask, Privacy};

/// Writes ids and names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    mask: Option<Mask>,
}

impl Names {
    /// With pseudonyms in place of all of them, where there is a key.
    pub fn new(mask: Option<Mask>) -> Self {
        Self { mask }
    }

    /// Whether they are pseudonyms.
    pub fn are_masked(&self) -> bool {
        self.mask.is_some()
    }

    /// An id.
    pub fn id(&self, id: &str) -> String {
        self.written(Privacy::Id, id)
    }

    /// A name.
    pub fn text(&self, text: &str) -> String {
        self.written(Privacy::Text, text)
    }

    /// A name that may not be known.
    pub fn known(&self, text: Option<&str>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    /// Names joined by slashes.
    pub fn path(&self, path: &str) -> String {
        match self.are_masked() {
            true => path.split('/').map(|name| self.text(name)).collect::<Vec<_>>().join("/"),
            false => path.to_owned(),
        }
    }

    /// What was typed: no more than that something was, where names are pseudonyms.
    pub fn typed(&self, typed: &str) -> String {
        if self.are_masked() { "as named to the program".to_owned() } else { typed.to_owned() }
    }

    /// A JSON object of columns to ids.
    pub fn scope(&self, scope: &str) -> String {
        match &self.mask {
            Some(mask) => mask.json(Privacy::Id, scope),
            None => scope.to_owned(),
        }
    }

    fn written(&self, privacy: Privacy, text: &str) -> String {
        match &self.mask {
            Some(mask) => mask.pseudonym(privacy, text),
            None => text.to_owned(),
        }
    }
}
