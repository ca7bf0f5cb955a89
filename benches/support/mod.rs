//! What the benches share: a census of any size without AWS, and tables of what was measured.

pub mod census;
pub mod churn;
pub mod measure;
