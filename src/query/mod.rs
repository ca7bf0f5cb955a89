//! Queries: canned ones, typed parameters, and running SQL that a user typed.
//!
//! - `header`: the comments at the top of a query, with its description and its parameters.
//! - `family`: the subject of a canned query.
//! - `catalog`: the canned queries, one per file: those of `queries/`, and those of a folder of the user.
//! - `values`: converts the values that a user typed to those that a statement binds.
//! - `program`: the program that SQLite compiles a statement to.
//! - `named`: the tables and views that a statement names, and the snapshots that they cover.
//! - `mistakes`: SQL that SQLite accepts although it is a mistake.
//! - `narrowing`: the rows of a canned query that concern an account, an OU, a tag and the like.
//! - `tokens`: the words of SQL.
//! - `lookup`: resolves a typed name, e-mail address or id to one id.
//! - `statement`: preparing, refusing and explaining SQL; streaming its rows.
//! - `coverage`: the resources that a statement reads, and whether the snapshot saw them completely.
//! - `scans`: views that no statement may read completely.
//! - `span`: the answering snapshots: one, or a range of them.
//! - `interruption`: Ctrl-C and time limits.
//!
//! It reads through [`crate::store::Census`] and writes through [`crate::output`]. It never changes the database, and
//! never talks to AWS.

mod catalog;
mod columns;
mod coverage;
mod family;
mod header;
mod interruption;
mod living;
mod lookup;
mod mistakes;
mod named;
mod narrowing;
mod program;
mod projection;
mod reads;
mod reports;
mod scans;
mod span;
mod statement;
pub(crate) mod tokens;
mod unseen;
mod values;

pub use catalog::{CannedQuery, Catalog, catalog};
pub use columns::columns;
pub use coverage::{Incomplete, Judged, Why, judge, lines};
pub use family::Family;
pub use header::{Header, Parameter, ParameterType, sql_during};
pub use interruption::Interruption;
pub use lookup::{Ever, Found, find_ever, nearest_ever, resolve_at_ends};
pub use mistakes::why_empty;
pub use narrowing::{Narrowed, Only, narrow};
pub use program::Program;
pub use projection::Projection;
pub use reads::{Asked, Read, Reads, ResourcePages};
pub use scans::refuse_scan;
pub use span::Span;
pub use statement::{Prepared, Walk, prepare, stream};
pub use values::{Bound, TypedValues, bind};
