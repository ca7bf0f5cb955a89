//! What is told of a diff, before it is laid out: sections of entries with details. Text and Markdown are two ways
//! to write the same telling. Nothing is neutralised here: whoever writes it does that.

use super::super::change::ChangeKind;

/// A heading and what stands under it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Section {
    pub heading: String,
    pub entries: Vec<Entry>,
    /// What was left out, and how to see it.
    pub rest: Vec<String>,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub sign: ChangeKind,
    pub line: String,
    pub details: Vec<Detail>,
}

/// A line below an entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Detail {
    Plain(String),
    /// Why it happened; several follow each other.
    Because(String),
    /// What is said beside it.
    Aside(String),
}
