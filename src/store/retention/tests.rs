//! Which snapshots stay, and that they answer as before.

mod copies;
mod history;
mod property;
mod prune;
mod rules;
