//! The documents that rows hold: their equality by meaning, and the differences between two.
//!
//! A document is stored as AWS first sent it. Everything that compares two documents (publish, the views of changes,
//! `diff`, `history`) compares their canonical form, which is made here: either the form itself, or its hash beside the
//! document in the database (`store::documents`).
//!
//! - `policy`: IAM policies, and the parts of their text without meaning.
//! - `strict`: JSON in which no object names a key twice.
//! - `statements`: the statements of a policy as they are written.
//! - `services`: the actions that policies allow, by service and access level.
//! - `privileges`: the policies with which a principal can grant itself more.
//! - `changes`: the differences between two policies, by statement; `words` describes them to people.
//!
//! If equality is in doubt, two documents differ. A document without a canonical form is compared by its text.

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

/// The version of the rules that make the canonical form. A change of the form raises it, and adds a migration that
/// hashes the documents again (`store::documents::HASHED_SINCE`).
const RULES: u32 = 1;

/// Returns the version of the rules that read policies, and of the catalogue that weighs them.
pub fn rules() -> String {
    format!("{RULES} {}", privileges::rules())
}

/// Returns the hash of a document's meaning: the rules' version, a colon, and the SHA-256 of the canonical form.
pub fn hash(grammar: Grammar, document: &str) -> String {
    format!("{RULES}:{}", sha256(form(grammar, document)))
}

/// Decides whether two values of a resource's column are the same, which includes documents with the same meaning.
pub fn is_same_value(spec: &ResourceSpec, column: &str, one: &Value, other: &Value) -> bool {
    let documents = || Some((spec.document(column)?, one.as_str()?, other.as_str()?));
    one == other || documents().is_some_and(|(held, one, other)| is_same(held.grammar, one, other))
}

/// Decides whether two documents have the same meaning.
pub fn is_same(grammar: Grammar, one: &str, other: &str) -> bool {
    one == other || form(grammar, one) == form(grammar, other)
}

/// Returns the canonical form, or the text itself if there is none. The prefix keeps a text from equalling the form of
/// another document.
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

/// Returns JSON as text, with the keys of its objects in order.
fn sorted(mut json: Value) -> String {
    json.sort_all_objects();
    json.to_string()
}
