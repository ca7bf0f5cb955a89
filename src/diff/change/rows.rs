//! What happened to a row, or that it cannot be told.

use serde::Serialize;

use crate::document::StatementChange;
use crate::store::{HidingGap, Record};

/// What happened to a row, or that it cannot be told for the rows of a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// Only in `to`.
    Added,
    /// Only in `from`.
    Removed,
    /// On both sides, with other values in columns that count.
    Changed,
    /// A gap hides it on one side at least, so that neither presence nor absence is proved.
    Unknown,
}

impl ChangeKind {
    /// The word that JSON and text use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// One changed row, or one scope of which nothing can be said.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// Name of the resource, as in [`crate::model::RESOURCES`].
    pub resource: &'static str,
    /// `unknown` makes this a scope instead of a row.
    pub change: ChangeKind,
    /// The row's key; the scope for `unknown`.
    pub key: Record,
    /// What a person calls it.
    pub label: String,
    /// What the ids of the row (or scope) name, by column, as far as it is known.
    pub names: Record,
    /// The row in `from`, volatile columns left out.
    pub before: Option<Record>,
    /// The row in `to`, volatile columns left out.
    pub after: Option<Record>,
    /// The columns that differ, for `changed`.
    pub fields: Vec<String>,
    /// Whether nothing differs but that something was used again, which does not count as a change.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub activity: bool,
    /// What came, went and changed in its policy document, where it has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<StatementChange>,
    /// Where the account is or the OU stands, by name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ou_path: Option<BeforeAfter>,
    /// What hides the rows, for `unknown`.
    pub gap: Option<HidingGap>,
    /// The newest kept snapshot that saw the row of `from`, where `from` only carried it.
    pub last_seen: Option<i64>,
    /// For `unknown`: the rows that this leaves open. Scopes may overlap, and then count a row each.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
}

impl Change {
    /// A scope of which nothing can be said; `label` is what a person calls it.
    pub(in crate::diff) fn unknown(
        resource: &'static str,
        gap: HidingGap,
        label: String,
        names: Record,
        rows: i64,
        last_seen: Option<i64>,
    ) -> Self {
        Self {
            resource,
            change: ChangeKind::Unknown,
            key: gap.scope.clone(),
            label,
            names,
            before: None,
            after: None,
            fields: Vec::new(),
            activity: false,
            statements: Vec::new(),
            ou_path: None,
            gap: Some(gap),
            last_seen,
            rows: Some(rows),
        }
    }
}

/// Something on either side, as far as it is known there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BeforeAfter {
    /// In `from`; `None` where it is unknown or does not exist there.
    pub before: Option<String>,
    /// In `to`; `None` where it is unknown or does not exist there.
    pub after: Option<String>,
}
