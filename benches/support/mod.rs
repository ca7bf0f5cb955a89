//! The common code of the benches: a census of any size without AWS, and tables of results.

pub mod census;
pub mod churn;
pub mod measure;
