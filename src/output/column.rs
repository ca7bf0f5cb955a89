//! A column of an answer, with the kind of its values if that is declared.

use crate::model::ColumnKind;

/// A column, as a sink receives it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// The name, as shown in the header.
    pub name: String,
    /// The kind of its values; `None` for an expression, and if no declaration exists.
    pub kind: Option<ColumnKind>,
}

impl OutputColumn {
    /// Returns true if its text is JSON.
    pub fn is_json(&self) -> bool {
        matches!(self.kind, Some(ColumnKind::Json | ColumnKind::Document { .. }))
    }
}

impl From<String> for OutputColumn {
    fn from(name: String) -> Self {
        Self { name, kind: None }
    }
}

impl From<&str> for OutputColumn {
    fn from(name: &str) -> Self {
        name.to_owned().into()
    }
}
