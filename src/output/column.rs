//! A column of an answer, with what its values are where that is declared.

use crate::model::ColumnKind;

/// A column as a sink is told of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputColumn {
    /// The name, as the header shows it.
    pub name: String,
    /// What its values are; `None` of an expression, and of what no declaration tells.
    pub kind: Option<ColumnKind>,
}

impl OutputColumn {
    /// Whether its text is JSON.
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
