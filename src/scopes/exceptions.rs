//! Accounts that differ from nearly all other accounts of their OU or tag.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Facts, Form, Organization, Scope, is_share};

/// The minimum number of accounts of a scope that can have an exception.
const FEWEST: usize = 3;

/// An account without an assignment that nearly all others have, or with one that nearly none has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exception {
    /// ARN of the permission set.
    pub permission_set_arn: String,
    /// USER or GROUP.
    pub principal_type: String,
    /// Id of the principal.
    pub principal_id: String,
    /// Id of the account.
    pub account_id: String,
    /// True if the account lacks the assignment, false if it has an additional one.
    pub is_missing: bool,
    /// The form of the scope that the account is compared with.
    pub form: Form,
    /// `all`, the id of an OU, or `KEY^VALUE`.
    pub scope: String,
    /// Number of accounts of the scope with the assignment.
    pub have: usize,
    /// Number of accounts of the scope.
    pub of: usize,
}

impl Exception {
    /// Returns the exception as the JSON that SQL reads.
    pub fn to_json(&self) -> Value {
        let finding = if self.is_missing { "missing" } else { "more" };
        json!([
            self.permission_set_arn,
            self.principal_type,
            self.principal_id,
            self.account_id,
            finding,
            self.form.as_str(),
            self.scope,
            self.have,
            self.of
        ])
    }
}

/// Returns the exceptions, ordered by permission set, principal and account.
///
/// An account lacks an assignment that at least `min_share` percent of a scope have. If it is in several such scopes,
/// the one with the greatest share is named. An account has an additional assignment if at most the remaining share of
/// its own OU has it, and no scope of the account has it nearly throughout.
pub fn exceptions(facts: &Facts, min_share: f64) -> Vec<Exception> {
    let organization = Organization::new(facts);
    let mut found = Vec::new();
    for ((set, kind, principal), accounts) in &organization.held {
        let counted = organization.counted(accounts);
        let exception = |account: usize, is_missing: bool, scope: &Scope, have: usize| Exception {
            permission_set_arn: set.clone(),
            principal_type: kind.clone(),
            principal_id: principal.clone(),
            account_id: organization.ids[account].clone(),
            is_missing,
            form: scope.form,
            scope: scope.id.clone(),
            have,
            of: scope.accounts.len(),
        };
        let is_rule = |scope: &Scope, have: usize| {
            scope.accounts.len() >= FEWEST && is_share(have, scope.accounts.len(), min_share)
        };
        let mut of_set: BTreeMap<(usize, bool), Exception> = BTreeMap::new();
        for (place, have) in &counted {
            let scope = &organization.scopes[*place];
            if !is_rule(scope, *have) {
                continue;
            }
            for account in scope.accounts.iter().filter(|one| accounts.binary_search(one).is_err()) {
                let new = exception(*account, true, scope, *have);
                let known = of_set.entry((*account, true)).or_insert_with(|| new.clone());
                if new.have * known.of > known.have * new.of {
                    *known = new;
                }
            }
        }
        for account in accounts {
            let Some(ou) = &organization.own_ou[*account] else { continue };
            let scopes = || {
                organization.of_account[*account].iter().map(|place| (place, &organization.scopes[*place]))
            };
            let have = |place: &usize| counted.get(place).copied().unwrap_or_default();
            let own = scopes().find(|(_, scope)| scope.form == Form::Ou && scope.id == *ou);
            let Some((place, scope)) = own else { continue };
            let of = scope.accounts.len();
            let is_rare = of >= FEWEST && is_share(of - have(place), of, min_share);
            if is_rare && !scopes().any(|(place, scope)| is_rule(scope, have(place))) {
                of_set.insert((*account, false), exception(*account, false, scope, have(place)));
            }
        }
        found.extend(of_set.into_values());
    }
    found
}
