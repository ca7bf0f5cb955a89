//! The only access to the terminal: data to standard output or a file, messages to standard error.
//!
//! A [`Destination`] that is a terminal passes everything through one filter. A [`Page`] takes text for people line by
//! line. [`stderr`] prints one line per message. So no text from a directory or a command line can reach a terminal
//! unescaped, forge a line, or stay invisible.
//!
//! - [`format`](Format): the formats, and the default format.
//! - [`destination`](Destination): standard output, or a file that appears only when it is complete.
//! - `pager`: a pager for answers that are taller than the terminal.
//! - [`column`](OutputColumn): the name of a column, and the kind of its values.
//! - [`rows`](RowWriter): columns and rows in any format, written as they arrive.
//! - `workbook`: rows as the sheets of a workbook, behind one that describes them ([`About`], which a command makes).
//! - [`stderr`]: messages, warnings and errors for people.
//! - [`text`]: the characters that may be shown on a terminal, and the escapes for all others.
//!
//! This module knows values and columns, never a resource, a query or AWS. It never decides what to say, and never
//! holds more rows than the table format needs to determine its widths.

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
