//! What can go wrong outside, one theme a file: each fault by script, and what it comes to in the tables, the
//! gaps, the exit code and the diff (`crate::gaps` asserts those). README.md names these tests in "What happens
//! when…".

mod beyond;
mod broken_answers;
mod changes;
mod credentials;
mod denied;
mod kms;
mod missing_lists;
mod other_keys;
mod pages;
mod reports;
mod table;
mod throttled;
mod worlds;
