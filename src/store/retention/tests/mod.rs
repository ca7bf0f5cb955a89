//! Which snapshots stay, and that they answer as before.

mod copies;
pub(in crate::store) mod history;
mod property;
mod prune;
mod rules;
