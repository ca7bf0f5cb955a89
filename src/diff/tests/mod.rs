//! Tests of the answer as a whole; what they have in common is a small history to compare.

mod access;
mod history;
mod oracle;
mod plans;
mod rows;
mod text;
mod unknown;
