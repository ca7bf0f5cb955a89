//! The census as tables for other engines.
//!
//! - `dataset`: which tables there are, with the type and meaning of each column and the SELECT that reads them, all
//!   derived from the declarations in `model`.
//! - `parquet_file`: writes one table as one Parquet file, row group by row group.
//! - `lake`: a folder of such files with a manifest that names every one.

pub mod dataset;
pub mod lake;
mod parquet_file;
