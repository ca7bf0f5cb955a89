//! The output formats: their names, the default, and their way to write rows.

use std::path::Path;

use clap::ValueEnum;
use rusqlite::types::ValueRef;

use crate::error::{Error, Result};

/// How rows are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// Aligned columns, for reading on a terminal
    Table,
    /// Comma-separated values with a header line: UTF-8, line feeds as line ends
    Csv,
    /// The same with CRLF as line ends, as RFC 4180 and Python write it, which `export assignments-csv` has
    #[value(skip)]
    CsvCrlf,
    /// The same for spreadsheets, which `--csv-for excel` asks for
    #[value(skip)]
    CsvForExcel,
    /// One JSON array of objects
    Json,
    /// One JSON object per line
    Jsonl,
    /// A Markdown table
    Markdown,
    /// A workbook for spreadsheets, with a sheet that says which snapshot answered; to a file
    Xlsx,
    /// A source of dbt, which `schema --all` writes
    #[value(hide = true)]
    Dbt,
    /// The values of one column, one a line, which `query --raw` asks for
    #[value(skip)]
    Raw,
    /// Each row as lines of names and values, which `query -x` asks for
    #[value(skip)]
    Vertical,
}

/// Which program CSV is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CsvFor {
    /// Excel and its like: a byte order mark, CRLF, and ' before text that begins with = + - @ TAB CR LF
    Excel,
}

/// Writes rows in one format.
pub trait RowSink {
    /// Writes a row with as many values as there are columns.
    fn row(&mut self, values: &[ValueRef<'_>]) -> Result<()>;
    /// Writes the text after the last row, and flushes.
    fn finish(&mut self) -> Result<()>;
}

/// The formats by a file's extension. A text file has the layout of a terminal.
const EXTENSIONS: &[(&str, Format)] = &[
    ("csv", Format::Csv),
    ("json", Format::Json),
    ("jsonl", Format::Jsonl),
    ("ndjson", Format::Jsonl),
    ("md", Format::Markdown),
    ("markdown", Format::Markdown),
    ("txt", Format::Table),
    ("xlsx", Format::Xlsx),
];

impl Format {
    /// Returns the name as typed after `--format`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::Csv | Self::CsvCrlf | Self::CsvForExcel => "csv",
            Self::Json => "json",
            Self::Jsonl => "jsonl",
            Self::Markdown => "markdown",
            Self::Xlsx => "xlsx",
            Self::Dbt => "dbt",
            Self::Raw => "raw",
            Self::Vertical => "vertical",
        }
    }

    /// Returns the format with this name, ignoring case.
    pub fn named(name: &str) -> Option<Self> {
        Self::value_variants().iter().copied().find(|format| format.name().eq_ignore_ascii_case(name))
    }

    /// Returns the format of a file's extension, so that `--output access.json` does not contain CSV; `None` for a file
    /// without one. An unknown extension is an error (exit 2).
    pub fn of_file(path: &Path) -> Result<Option<Self>> {
        let Some(extension) = path.extension() else { return Ok(None) };
        let known = EXTENSIONS.iter().find(|(name, _)| extension.eq_ignore_ascii_case(name));
        known.map(|(_, format)| Some(*format)).ok_or_else(|| {
            let names: Vec<_> = EXTENSIONS.iter().map(|(name, _)| format!(".{name}")).collect();
            let extension = extension.to_string_lossy();
            let error = Error::usage(format!("no format has the extension .{extension}"));
            let error = match extension.to_lowercase().as_str() {
                "parquet" => error.hint("orgcensus export FOLDER writes every table as Parquet"),
                "db" | "sqlite" => {
                    error.hint("orgcensus export --flat FILE.db writes a SQLite file of plain tables")
                }
                "html" | "htm" => error.hint("orgcensus report FILE.html writes one page for a browser"),
                _ => error,
            };
            error
                .hint(format!("the known extensions are {}", names.join(", ")))
                .hint("or choose the format, e.g. --format csv")
        })
    }
}
