//! Documents that rows hold: when two of them say the same, and what differs between two.
//!
//! A document is stored as AWS first sent it. Everything that compares two of them (publish, the views of changes,
//! `diff`, `history`) compares their one canonical form, made here: as itself, or as its hash beside the document in
//! the database (`store::documents`).
//!
//! - `policy`: IAM's policies, and what of their text has no meaning.
//! - `strict`: JSON in which no object names a key twice.
//! - `statements`: the statements of a policy as they are written.
//! - `services`: what policies allow, by service and access level.
//! - `privileges`: which policies let whoever has them grant themselves more.
//! - `changes`: what differs between two policies, by statement; `words` says it to people.
//!
//! In doubt two documents differ. What has no canonical form is compared by its text.

mod changes;
mod policy;
pub mod privileges;
pub mod services;
mod statements;
mod strict;
#[cfg(test)]
mod tests;
mod words;

use serde_json::Value;

pub use changes::{ElementChange, StatementChange, StatementChangeKind, between};
pub use statements::{Statement, statements};
pub use words::{actions, lines, lines_between};

use crate::digest::sha256;
use crate::model::{Grammar, ResourceSpec};
use policy::Policy;

/// The version of the rules by which the canonical form is made. Whoever changes what a form is raises it, and adds a
/// migration that hashes the documents anew (`store::documents::HASHED_BY`).
const RULES: u32 = 1;

/// Returns what tells the rules by which policies are read, and the catalogue that they are weighed against, from others.
pub fn rules() -> String {
    format!("{RULES} {}", privileges::rules())
}

/// Returns the hash of what a document says: the rules' version, a colon, and the SHA-256 of the canonical form.
pub fn hash(grammar: Grammar, document: &str) -> String {
    format!("{RULES}:{}", sha256(form(grammar, document)))
}

/// Decides whether two values of a resource's column are the same: documents that say the same are.
pub fn is_same_value(spec: &ResourceSpec, column: &str, one: &Value, other: &Value) -> bool {
    let documents = || Some((spec.document(column)?, one.as_str()?, other.as_str()?));
    one == other || documents().is_some_and(|(held, one, other)| is_same(held.grammar, one, other))
}

/// Decides whether two documents say the same.
pub fn is_same(grammar: Grammar, one: &str, other: &str) -> bool {
    one == other || form(grammar, one) == form(grammar, other)
}

/// The canonical form; the text itself where there is none. What stands before it keeps a text from passing for the
/// form of another document.
fn form(grammar: Grammar, document: &str) -> String {
    let policy = || Policy::parse(document).map(|policy| format!("policy {}", policy.form()));
    let json = || strict::parse(document).map(|json| format!("json {}", sorted(json)));
    let canonical = match grammar {
        Grammar::IamPolicy => policy(),
        Grammar::Json => json(),
        Grammar::IamPolicyOrJson => policy().or_else(json),
    };
    canonical.unwrap_or_else(|| format!("text {document}"))
}

/// JSON as text, the keys of its objects in order.
fn sorted(mut json: Value) -> String {
    json.sort_all_objects();
    json.to_string()
}
