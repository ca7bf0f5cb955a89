//! The external faults, one theme per file: each fault by script, and its effects in the tables, the gaps, the exit
//! code and the diff (asserted by `crate::gaps`). `docs/faults.md` names these tests.

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
