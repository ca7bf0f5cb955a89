//! The columns and rows of an answer to show, and their layout.

use clap::Args;

use crate::amounts::counted;
use crate::error::Result;
use crate::output::{Format, OutputColumn};
use crate::query::Projection;

/// The options that lay an answer out.
#[derive(Debug, Default, Args)]
pub struct LayoutArgs {
    /// Show only these columns, in this order; repeatable, or several with commas between them
    #[arg(
        long,
        value_name = "COLUMN",
        value_delimiter = ',',
        conflicts_with_all = ["list", "show"],
        help_heading = "Output"
    )]
    columns: Vec<String>,

    /// Show at most this many rows
    #[arg(
        long,
        value_name = "ROWS",
        value_parser = clap::value_parser!(u64).range(1..),
        conflicts_with_all = ["list", "show", "evidence"],
        help_heading = "Output"
    )]
    pub limit: Option<u64>,

    /// Show each row as lines of names and values
    #[arg(
        short = 'x',
        long,
        conflicts_with_all = ["format", "csv_for", "raw", "list", "show"],
        help_heading = "Output"
    )]
    vertical: bool,

    /// Show every column, in lines that may be longer than the terminal
    #[arg(long, conflicts_with_all = ["list", "show", "vertical"], help_heading = "Output")]
    pub wide: bool,
}

impl LayoutArgs {
    /// Returns the format that the options request.
    pub fn format(&self) -> Option<Format> {
        self.vertical.then_some(Format::Vertical)
    }

    /// Returns the selection of these columns and of the rows.
    pub fn projection(&self, columns: Vec<OutputColumn>) -> Result<Projection> {
        Projection::of(columns, &self.columns, self.limit)
    }
}

/// Describes the number of rows.
pub fn rows_in_words(rows: u64, has_more: bool) -> String {
    match (rows, has_more) {
        (rows, false) => counted(rows, "row"),
        (1, true) => "the first row; there are more, which --limit leaves out".to_owned(),
        (rows, true) => format!("the first {rows} rows; there are more, which --limit leaves out"),
    }
}
