//! Tests of the whole diff, on small histories that they share.

mod access;
mod activity;
mod brief;
mod filter;
mod history;
mod lives;
mod oracle;
mod plans;
mod random;
mod recreated;
mod rows;
mod text;
mod unknown;
mod views;
mod visibility;
