//! The census for other programs: as tables for engines, and in the forms of single programs.
//!
//! - `dataset`: the tables, with the type and meaning of each column and the SELECT that reads them, all derived from the
//!   declarations in `model`.
//! - `parquet_file`: writes one table as one Parquet file, row group by row group.
//! - `mask`: pseudonyms in place of names and ids.
//! - `flat`: a SQLite file with typed tables in place of views.
//! - `datasette`: Datasette's metadata of such a file.
//! - `ddl`: the statements that make the files of a lake tables of another engine.
//! - `dialect`: the canned queries in the SQL of another engine.
//! - `query_views`: those queries as views of that engine.
//! - `lake`: a folder of such files with a manifest that lists every one.
//! - `source`: statements on one snapshot with filters, and the unseen part of what they read.
//! - `principals`, `permission_sets`, `assigned`: the data that the forms share.
//! - `workbook`: several canned queries as sheets.
//! - `folder`: a folder that appears only when it is complete, and the list of items that could not be written.
//! - `assignments`: the reports of AWS's published scripts.
//! - `extensions`: the input of AWS's solution for permission sets and assignments.
//! - `terraform`, `cloudformation`: templates that create the same permission sets and assignments.

pub mod assigned;
pub mod assignments;
pub mod cloudformation;
pub mod dataset;
pub mod datasette;
pub mod ddl;
pub mod dialect;
pub mod extensions;
pub mod flat;
pub mod folder;
pub mod lake;
pub mod mask;
mod parquet_file;
pub mod permission_sets;
pub mod principals;
pub mod query_views;
pub mod source;
pub mod terraform;
pub mod workbook;
