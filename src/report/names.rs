//! Writing ids and names: unchanged, or as the pseudonyms that `export --mask` writes for them.

use crate::export::mask::{Mask, Privacy};

/// A writer of ids and names.
#[derive(Debug, Clone, Default)]
pub struct Names {
    mask: Option<Mask>,
}

impl Names {
    /// Creates a writer. With a key, it writes pseudonyms.
    pub fn new(mask: Option<Mask>) -> Self {
        Self { mask }
    }

    /// Returns true if pseudonyms are written.
    pub fn are_masked(&self) -> bool {
        self.mask.is_some()
    }

    /// Writes an id.
    pub fn id(&self, id: &str) -> String {
        self.written(Privacy::Id, id)
    }

    /// Writes a name.
    pub fn text(&self, text: &str) -> String {
        self.written(Privacy::Text, text)
    }

    /// Writes a name that may be unknown.
    pub fn known(&self, text: Option<&str>) -> Option<String> {
        text.map(|text| self.text(text))
    }

    /// Writes names joined by slashes.
    pub fn path(&self, path: &str) -> String {
        match self.are_masked() {
            true => path.split('/').map(|name| self.text(name)).collect::<Vec<_>>().join("/"),
            false => path.to_owned(),
        }
    }

    /// Writes a selector as it was typed. With pseudonyms, it says only that there is one.
    pub fn typed(&self, typed: &str) -> String {
        if self.are_masked() { "as named to the program".to_owned() } else { typed.to_owned() }
    }

    /// Writes a JSON object of columns to ids.
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
