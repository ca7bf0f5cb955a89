//! Rules that describe assignments: a principal's permission set in all accounts of the organization, in an OU, or with
//! a tag.
//!
//! SQL gathers the facts, and `store` gives its connections the functions of this module, with JSON as input and
//! output. So a canned query can use them as of any snapshot, with filters, coverage and evidence like every other
//! query.

mod cover;
mod exceptions;
mod rules;

#[cfg(test)]
mod tests;

pub use exceptions::exceptions;
pub use rules::{Rule, rules};

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;

/// The form of a rule's scope, widest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// All accounts.
    Root,
    /// The accounts in an OU and in all OUs below it.
    Ou,
    /// The accounts with a tag.
    Tag,
    /// One account.
    Account,
}

impl Form {
    /// Returns the word for the form in a row.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Root => "root",
            Self::Ou => "ou_id",
            Self::Tag => "account_tag",
            Self::Account => "account",
        }
    }
}

/// The facts behind the rules, as SQL gathers them.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    /// Accounts, each with the id of its root or OU.
    pub accounts: Vec<(String, Option<String>)>,
    /// OUs, each with the id of its root or parent OU.
    pub ous: Vec<(String, Option<String>)>,
    /// Tags of accounts: id, key, value.
    pub tags: Vec<(String, String, Option<String>)>,
    /// Assignments: account, permission set, type and id of the principal.
    pub assignments: Vec<(String, String, String, String)>,
}

impl Facts {
    /// Reads the four lists from JSON. Fails for malformed JSON.
    pub fn parse(accounts: &str, ous: &str, tags: &str, assignments: &str) -> serde_json::Result<Self> {
        fn list<'j, T: Deserialize<'j>>(json: &'j str) -> serde_json::Result<Vec<T>> {
            serde_json::from_str(json)
        }
        Ok(Self {
            accounts: list(accounts)?,
            ous: list(ous)?,
            tags: list(tags)?,
            assignments: list(assignments)?,
        })
    }
}

/// Accounts by number, in the order of their ids.
type Accounts = Vec<usize>;

/// A scope with its accounts.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Scope {
    form: Form,
    /// `all`, the id of an OU or account, or `KEY^VALUE`.
    id: String,
    /// The accounts, at least one.
    accounts: Accounts,
}

/// The facts, with accounts by number.
struct Organization {
    ids: Vec<String>,
    /// Every scope except those of single accounts, widest form first.
    scopes: Vec<Scope>,
    /// The scopes that each account is in.
    of_account: Vec<Vec<usize>>,
    /// The OU that contains each account directly.
    own_ou: Vec<Option<String>>,
    /// The accounts of each permission set and principal.
    held: BTreeMap<Held, Accounts>,
}

/// A permission set, and the type and id of a principal.
type Held = (String, String, String);

impl Organization {
    fn new(facts: &Facts) -> Self {
        let parents: BTreeMap<&str, Option<&str>> =
            facts.accounts.iter().map(|(id, parent)| (id.as_str(), parent.as_deref())).collect();
        let ids: Vec<String> = parents.keys().map(|id| (*id).to_owned()).collect();
        let number: HashMap<&str, usize> =
            parents.keys().enumerate().map(|(number, id)| (*id, number)).collect();
        let ous: HashMap<&str, Option<&str>> =
            facts.ous.iter().map(|(id, parent)| (id.as_str(), parent.as_deref())).collect();
        let mut found: BTreeMap<(Form, String), Accounts> = BTreeMap::new();
        for (account, parent) in parents.values().enumerate() {
            found.entry((Form::Root, "all".to_owned())).or_default().push(account);
            let mut next = *parent;
            // A tree has no more levels than OUs. The limit guards against circles in a damaged file.
            for _ in 0..ous.len() {
                let Some((ou, parent)) = next.and_then(|id| ous.get_key_value(id)) else { break };
                found.entry((Form::Ou, (*ou).to_owned())).or_default().push(account);
                next = *parent;
            }
        }
        for (id, key, value) in &facts.tags {
            if let Some(account) = number.get(id.as_str()) {
                let tag = format!("{key}^{}", value.as_deref().unwrap_or_default());
                found.entry((Form::Tag, tag)).or_default().push(*account);
            }
        }
        let scope = |((form, id), mut accounts): ((Form, String), Accounts)| {
            accounts.sort_unstable();
            accounts.dedup();
            Scope { form, id, accounts }
        };
        let scopes: Vec<Scope> = found.into_iter().map(scope).collect();
        let mut of_account = vec![Vec::new(); ids.len()];
        for (place, scope) in scopes.iter().enumerate() {
            scope.accounts.iter().for_each(|account| of_account[*account].push(place));
        }
        let mut held: BTreeMap<Held, Accounts> = BTreeMap::new();
        for (account, set, kind, principal) in &facts.assignments {
            if let Some(account) = number.get(account.as_str()) {
                held.entry((set.clone(), kind.clone(), principal.clone())).or_default().push(*account);
            }
        }
        for accounts in held.values_mut() {
            accounts.sort_unstable();
            accounts.dedup();
        }
        let own_ou = parents
            .values()
            .map(|parent| parent.filter(|id| ous.contains_key(id)).map(str::to_owned))
            .collect();
        Self { ids, scopes, of_account, own_ou, held }
    }

    /// Returns how many of these accounts are in each scope; scopes without any are left out.
    fn counted(&self, accounts: &[usize]) -> BTreeMap<usize, usize> {
        let mut counted = BTreeMap::new();
        for scope in accounts.iter().flat_map(|account| &self.of_account[*account]) {
            *counted.entry(*scope).or_default() += 1;
        }
        counted
    }
}

/// Decides whether `count` of `of` is at least this share, in percent.
fn is_share(count: usize, of: usize, percent: f64) -> bool {
    count as f64 * 100.0 >= of as f64 * percent
}
