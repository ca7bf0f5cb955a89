//! The only door to the terminal: data to standard output or a file, words to standard error.
//!
//! - [`format`](Format): which formats there are and which one holds where none was asked for.
//! - [`destination`](Destination): standard output, or a file that appears only when it is whole.
//! - [`rows`](RowWriter): columns and rows in any format, written as they come.
//! - [`words`]: prose, warnings and errors for people.
//! - [`text`]: what may be shown on a terminal, and how the rest is written.
//!
//! It knows values and columns, never a resource, a query or AWS. It never decides what to say, and never
//! holds more rows than the table format needs to settle its widths.

mod csv;
mod destination;
mod format;
mod json;
mod markdown;
mod rows;
mod table;
pub mod text;
pub mod words;

pub use destination::{Destination, DestinationOptions, write_error};
pub use format::Format;
pub use markdown::escaped as escaped_markdown;
pub use rows::{RowSink, RowWriter};
