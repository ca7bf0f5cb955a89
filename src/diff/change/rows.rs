//! The changes of rows, including unknown ones.

use serde::Serialize;

use crate::document::StatementChange;
use crate::store::{HidingGap, Record};

/// The change of a row; `Unknown` for the rows of a scope that was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeKind {
    /// The row is only in `to`.
    Added,
    /// The row is only in `from`.
    Removed,
    /// The row is on both sides, with other values in columns that count.
    Changed,
    /// A gap hides it on at least one side, so that neither presence nor absence is proved.
    Unknown,
}

impl ChangeKind {
    /// Returns the word that JSON and text use.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Unknown => "unknown",
        }
    }
}

/// A changed row, or an unknown scope.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Change {
    /// The name of the resource, as in [`crate::model::RESOURCES`].
    pub resource: &'static str,
    /// The change; `unknown` makes this a scope instead of a row.
    pub change: ChangeKind,
    /// The row's key; the scope for `unknown`.
    pub key: Record,
    /// The label for people.
    pub label: String,
    /// The names of the entities whose ids are in the row (or scope), by column, if they are known.
    pub names: Record,
    /// The row in `from`, volatile columns left out.
    pub before: Option<Record>,
    /// The row in `to`, volatile columns left out.
    pub after: Option<Record>,
    /// The columns that differ, for `changed`.
    pub fields: Vec<String>,
    /// True if only the use of something is newer, which does not count as a change.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub activity: bool,
    /// The added, removed and changed statements of its policy document, if it has one.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub statements: Vec<StatementChange>,
    /// The location of the account or OU, by the names of its OUs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ou_path: Option<BeforeAfter>,
    /// The gap that hides the rows, for `unknown`.
    pub gap: Option<HidingGap>,
    /// The newest kept snapshot that saw the row of `from`, if `from` only carried it.
    pub last_seen: Option<i64>,
    /// The number of hidden rows, for `unknown`. Scopes may overlap, and then each counts the row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<i64>,
}

impl Change {
    /// Creates an unknown scope; `label` is its label for people.
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

/// A value on both sides, if it is known there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BeforeAfter {
    /// The value in `from`; `None` if it is unknown or does not exist there.
    pub before: Option<String>,
    /// The value in `to`; `None` if it is unknown or does not exist there.
    pub after: Option<String>,
}
