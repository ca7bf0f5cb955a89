//! The census as tables for other engines.
//!
//! - `dataset`: which tables there are, with the type and meaning of each column and the SELECT that reads them, all
//!   derived from the declarations in `model`.
//! - `parquet_file`: writes one table as one Parquet file, row group by row group.
//! - `mask`: pseudonyms in place of names and ids.
//! - `flat`: a SQLite file with typed tables in place of views.
//! - `ddl`: the statements that make the files of a lake tables of another engine.
//! - `lake`: a folder of such files with a manifest that names every one.

pub mod dataset;
pub mod ddl;
pub mod flat;
pub mod lake;
pub mod mask;
mod parquet_file;
