//! The smallest number of rules that give the assignments.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::cover::fewest;
use super::{Facts, Form, Organization, Scope, is_share};

/// A rule: the principal has the permission set in every account of the scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    /// ARN of the permission set.
    pub permission_set_arn: String,
    /// USER or GROUP.
    pub principal_type: String,
    /// Id of the principal.
    pub principal_id: String,
    /// The form of the scope.
    pub form: Form,
    /// `all`, the id of an OU or account, or `KEY^VALUE`.
    pub scope: String,
    /// The accounts of the scope with the assignment.
    pub accounts: Vec<String>,
    /// The accounts of the scope without the assignment. There are none if `min_share` is 100.
    pub missing: Vec<String>,
}

impl Rule {
    /// Returns the rule as the JSON that SQL reads.
    pub fn to_json(&self) -> Value {
        json!([
            self.permission_set_arn,
            self.principal_type,
            self.principal_id,
            self.form.as_str(),
            self.scope,
            self.accounts.len(),
            self.missing.len(),
            self.missing
        ])
    }
}

/// Returns the smallest number of rules for each permission set and principal, ordered by their ids. A rule for more
/// than one account requires at least `min_share` percent of its accounts to have the assignment. With 100, expanding
/// the rules gives exactly the assignments.
pub fn rules(facts: &Facts, min_share: f64) -> Vec<Rule> {
    let organization = Organization::new(facts);
    let mut rules = Vec::new();
    for ((set, kind, principal), accounts) in &organization.held {
        let wide = organization.counted(accounts).into_iter().filter_map(|(scope, count)| {
            let scope = &organization.scopes[scope];
            // A scope that would cover a single account is replaced by that account's own id.
            (count > 1 && is_share(count, scope.accounts.len(), min_share)).then_some(scope)
        });
        let wide: Vec<&Scope> = wide.collect();
        let rule = |form: Form, id: &str, accounts: Vec<String>, missing: Vec<String>| Rule {
            permission_set_arn: set.clone(),
            principal_type: kind.clone(),
            principal_id: principal.clone(),
            form,
            scope: id.to_owned(),
            accounts,
            missing,
        };
        // An account that no wider rule covers gets a rule of its own, independently of the other accounts.
        let is_wide: BTreeSet<usize> = wide.iter().flat_map(|scope| scope.accounts.iter().copied()).collect();
        let (covered, alone): (Vec<usize>, Vec<usize>) =
            accounts.iter().partition(|one| is_wide.contains(one));
        let has = |account: &&usize| accounts.binary_search(account).is_ok();
        let place = |account: &usize| covered.binary_search(account).ok();
        let sets: Vec<Vec<usize>> =
            wide.iter().map(|scope| scope.accounts.iter().filter_map(place).collect()).collect();
        for chosen in fewest(covered.len(), &sets) {
            let Scope { form, id, accounts: all } = wide[chosen];
            let (held, missing): (Vec<usize>, Vec<usize>) = all.iter().partition(|account| has(account));
            let named =
                |accounts: Vec<usize>| accounts.iter().map(|one| organization.ids[*one].clone()).collect();
            rules.push(rule(*form, id, named(held), named(missing)));
        }
        rules.extend(alone.iter().map(|account| {
            let id = &organization.ids[*account];
            rule(Form::Account, id, vec![id.clone()], Vec::new())
        }));
    }
    rules
}
