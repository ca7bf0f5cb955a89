//! Asking the census: canned queries, typed parameters, and running SQL that a user typed.
//!
//! - `header`: the comments at the top of a query that say what it is and which values it takes.
//! - `family`: what a canned query is about.
//! - `catalog`: the canned queries, one per file: those of `queries/`, and those of a folder of the user's own.
//! - `values`: the values that a user typed, as what a statement binds.
//! - `program`: what SQLite compiles a statement to.
//! - `named`: the tables and views that a statement names, and of which snapshots they tell.
//! - `mistakes`: SQL that SQLite takes and a person cannot have meant.
//! - `narrowing`: the rows of a canned query that concern an account, an OU, a tag and the like.
//! - `tokens`: the words of SQL.
//! - `lookup`: a typed name, e-mail address or id as the one id that it means.
//! - `statement`: preparing, refusing and explaining SQL; streaming its rows.
//! - `coverage`: which resources a statement reads, and whether the snapshot saw them completely.
//! - `scans`: views of which no statement may read everything.
//! - `span`: which snapshots answer: one, or a range of them.
//! - `interruption`: Ctrl-C and time limits.
//!
//! It reads through [`crate::store::Census`] and writes through [`crate::output`]. It never changes the
//! database, and never talks to AWS.

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
mod tokens;
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
