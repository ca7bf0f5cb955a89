//! What can go wrong outside, one theme a file: each fault by script, and what it comes to in the tables, the
//! gaps, the exit code and the diff (`crate::gaps` asserts those). `docs/faults.md` names these tests.

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
