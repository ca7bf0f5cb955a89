//! The only door to the terminal: data to standard output or a file, words to standard error.
//!
//! A [`Destination`] that is a terminal passes everything through one filter, a [`Page`] takes text for people by the
//! line, and [`stderr`] print one line each: so nothing that a directory or a command line holds can reach a terminal
//! raw, forge a line, or be there unseen.
//!
//! - [`format`](Format): which formats there are and which one holds where none was asked for.
//! - [`destination`](Destination): standard output, or a file that appears only when it is whole.
//! - `pager`: a pager before a terminal that a long answer does not fit on.
//! - [`column`](OutputColumn): the name of a column, and what its values are.
//! - [`rows`](RowWriter): columns and rows in any format, written as they come.
//! - `workbook`: rows as the sheets of a workbook, behind one that describes them ([`About`], which a command makes).
//! - [`stderr`]: prose, warnings and errors for people.
//! - [`text`]: what may be shown on a terminal, and how the rest is written.
//!
//! It knows values and columns, never a resource, a query or AWS. It never decides what to say, and never
//! holds more rows than the table format needs to settle its widths.

mod about;
mod characters;
mod column;
mod csv;
mod destination;
mod escaper;
mod format;
mod json;
mod markdown;
mod page;
mod pager;
mod raw;
mod rows;
mod standard;
pub mod stderr;
mod table;
pub mod text;
mod vertical;
mod workbook;
mod wrap;

pub use about::{About, Section};
pub use column::OutputColumn;
pub use destination::{Destination, DestinationOptions, write_error};
pub use format::{CsvFor, Format, RowSink};
pub use markdown::escaped as escaped_markdown;
pub use page::{Ink, Page};
pub use rows::RowWriter;
pub use workbook::{WorkbookWriter, refuse_terminal};
