//! The output formats: their names, and which one holds where none was asked for.

use std::path::Path;

use clap::ValueEnum;

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns, for reading on a terminal
    Table,
    /// Comma-separated values with a header line (RFC 4180)
    Csv,
    /// One JSON array of objects
    Json,
    /// One JSON object a line
    Jsonl,
    /// A Markdown table
    Markdown,
}

impl Format {
    /// The name as typed after `--format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Markdown => "markdown",
        }
    }

    /// The format of this name, ignoring case.
    pub fn named(name: &str) -> Option<Self> {
        Self::value_variants().iter().copied().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    /// The format that a file's extension promises, so that `--output access.json` does not hold CSV.
    pub fn of_file(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            "jsonl" | "ndjson" => Some(Self::Jsonl),
            "md" | "markdown" => Some(Self::Markdown),
            "txt" => Some(Self::Table),
            _ => None,
        }
    }
}
