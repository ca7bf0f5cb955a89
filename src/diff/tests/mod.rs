//! Tests of the answer as a whole; what they have in common is a small history to compare.

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
