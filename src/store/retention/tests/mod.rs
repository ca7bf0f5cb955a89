//! Tests of which snapshots stay, and of their unchanged answers.

mod copies;
pub(in crate::store) mod history;
mod property;
mod prune;
mod rules;
