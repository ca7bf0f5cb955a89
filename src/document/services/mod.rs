//! Summarizes what policies allow together: each service with the number of its actions of each access level.
//!
//! Wildcards are expanded, and actions that `NotAction` excludes are not allowed. A Deny on everything and a boundary
//! remove actions. A limit of an action to some resources or circumstances is reported and does not remove it.
//! `actions` has every action with its level; `limits` describes the limits of a statement in words;
//! `tier` classifies the whole in one word.

mod actions;
mod limits;
#[cfg(test)]
mod tests;
mod tier;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::privileges::matches_action;
use super::statements::{Statement, statements};
use crate::model::PolicyKind;
pub use actions::{AccessLevel, services};
use limits::{is_unlimited, of_statement};
pub use tier::{Tier, tier};

/// The number of different limits that are reported for a service.
const TOLD: usize = 3;

/// A policy of a permission set.
#[derive(Debug, Clone, Deserialize)]
pub struct SummarizedPolicy {
    /// The kind of attachment, a [`PolicyKind`] as in the column `kind`.
    pub kind: String,
    /// The ARN, or the path and name; `inline` for an inline policy.
    pub policy: String,
    /// The text; `None` if it was not read.
    pub document: Option<String>,
    /// The reason why it was not read.
    pub unread: Option<String>,
}

/// The allowed actions of a service, or a policy that was not read. Numbers of actions are written `3 of 12`; a level
/// without an allowed action has none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ServiceSummary {
    /// The prefix of its actions; `None` for a policy that was not read.
    pub service: Option<String>,
    /// The actions that list.
    pub list: Option<String>,
    /// The actions that read.
    pub read: Option<String>,
    /// The actions that write.
    pub write: Option<String>,
    /// The actions that manage permissions.
    pub permissions: Option<String>,
    /// The actions that tag.
    pub tagging: Option<String>,
    /// The limits, in words, each with the number of actions; `None` if there are none.
    pub limits: Option<String>,
    /// The allowed patterns that match no known action: a new action of AWS, or a misspelt one.
    pub unlisted: Option<String>,
    /// The policy that was not read, and the reason.
    pub not_read: Option<String>,
}

/// The statements read from a permission set's policies.
struct Said {
    allow: Vec<Statement>,
    deny: Vec<Statement>,
    /// The statements of each boundary that allow actions.
    bounds: Vec<Vec<Statement>>,
}

/// Returns the actions that the policies allow together, by service, followed by the policies that were not read.
pub fn summarize(policies: &[SummarizedPolicy]) -> Vec<ServiceSummary> {
    let (said, not_read) = said(policies);
    let mut found: Vec<ServiceSummary> = services().keys().filter_map(|name| said.service(name)).collect();
    found.extend(said.unlisted());
    found.sort_by(|one, other| one.service.cmp(&other.service));
    found.extend(not_read);
    found
}

/// Reads the policies; those that cannot be read are returned beside what the others say.
fn said(policies: &[SummarizedPolicy]) -> (Said, Vec<ServiceSummary>) {
    let mut said = Said { allow: Vec::new(), deny: Vec::new(), bounds: Vec::new() };
    let mut not_read = Vec::new();
    for policy in policies {
        let read = match (&policy.document, &policy.unread) {
            (Some(document), _) => statements(document).map_err(str::to_owned),
            (None, why) => Err(why.clone().unwrap_or_else(|| "the document was not read".to_owned())),
        };
        let is_boundary = policy.kind == PolicyKind::PermissionsBoundary.as_str();
        match read {
            Ok(read) => {
                let (allow, deny) = read.into_iter().partition(|one| one.effect == "Allow");
                said.deny.extend::<Vec<_>>(deny);
                match is_boundary {
                    true => said.bounds.push(allow),
                    false => said.allow.extend::<Vec<_>>(allow),
                }
            }
            Err(why) => not_read.push(unread(policy, is_boundary, &why)),
        }
    }
    (said, not_read)
}

fn unread(policy: &SummarizedPolicy, is_boundary: bool, why: &str) -> ServiceSummary {
    let kind = policy.kind.replace('_', " ");
    let takes_away = if is_boundary { ": it may take away what is listed" } else { "" };
    let not_read = Some(format!("{kind} {}: {why}{takes_away}", policy.policy));
    ServiceSummary { not_read, ..ServiceSummary::default() }
}

impl Said {
    /// Returns the allowed actions of a service; `None` if there are none.
    fn service(&self, service: &str) -> Option<ServiceSummary> {
        let (allow, deny) = (of_service(&self.allow, service), of_service(&self.deny, service));
        if allow.is_empty() {
            return None;
        }
        let bounds: Vec<Vec<Statement>> =
            self.bounds.iter().map(|bound| of_service(bound, service)).collect();
        let actions = &services()[service];
        let mut limited: BTreeMap<String, usize> = BTreeMap::new();
        let mut allowed: Vec<AccessLevel> = Vec::new();
        for (name, level) in actions {
            let action = format!("{service}:{name}");
            let Some(limits) = limits_of(&action, &allow, &deny, &bounds) else { continue };
            allowed.push(*level);
            if !limits.is_empty() {
                *limited.entry(limits).or_default() += 1;
            }
        }
        let count = |level: AccessLevel, among: &mut dyn Iterator<Item = &AccessLevel>| {
            among.filter(|one| **one == level).count()
        };
        let of_level = |level| match count(level, &mut allowed.iter()) {
            0 => None,
            some => Some(format!("{some} of {}", count(level, &mut actions.values()))),
        };
        (!allowed.is_empty()).then(|| ServiceSummary {
            service: Some(service.to_owned()),
            list: of_level(AccessLevel::List),
            read: of_level(AccessLevel::Read),
            write: of_level(AccessLevel::Write),
            permissions: of_level(AccessLevel::Permissions),
            tagging: of_level(AccessLevel::Tagging),
            limits: told(limited, allowed.len()),
            ..ServiceSummary::default()
        })
    }

    /// Returns the patterns of Allow that match no known action, by service.
    fn unlisted(&self) -> Vec<ServiceSummary> {
        let mut unlisted: BTreeMap<String, Vec<&str>> = BTreeMap::new();
        for pattern in self.allow.iter().flat_map(|one| one.action.iter().flatten()) {
            let prefix = prefix(pattern);
            let is_known = services().iter().any(|(service, actions)| {
                may_match(&prefix, service)
                    && actions.keys().any(|name| matches_action(pattern, &format!("{service}:{name}")))
            });
            if !is_known {
                let patterns = unlisted.entry(prefix).or_default();
                if !patterns.contains(&pattern.as_str()) {
                    patterns.push(pattern);
                }
            }
        }
        let summary = |(prefix, patterns): (String, Vec<&str>)| ServiceSummary {
            service: Some(prefix),
            unlisted: Some(patterns.join(", ")),
            ..ServiceSummary::default()
        };
        unlisted.into_iter().map(summary).collect()
    }
}

/// Returns the statements that may match actions of a service.
fn of_service(among: &[Statement], service: &str) -> Vec<Statement> {
    among.iter().filter(|one| may_name(one, service)).cloned().collect()
}

/// Returns the limits of an action in words, empty if there are none; `None` if it is not allowed.
fn limits_of(
    action: &str,
    allow: &[Statement],
    deny: &[Statement],
    bounds: &[Vec<Statement>],
) -> Option<String> {
    let denied: Vec<&Statement> = deny.iter().filter(|one| names(one, action)).collect();
    if denied.iter().any(|one| is_unlimited(one)) {
        return None;
    }
    let mut words: Vec<String> = either(allow, action)?.into_iter().collect();
    for bound in bounds {
        words.extend(either(bound, action)?.map(|limits| format!("within the boundary {limits}")));
    }
    words.extend(denied.into_iter().filter_map(of_statement).map(|limits| format!("but not {limits}")));
    Some(words.join(", "))
}

/// Returns the limits of the statements that match an action, any of which allows it; `None` if none matches, and
/// `Some(None)` if one allows it without limits.
fn either(statements: &[Statement], action: &str) -> Option<Option<String>> {
    let matching: Vec<&Statement> = statements.iter().filter(|one| names(one, action)).collect();
    if matching.is_empty() {
        return None;
    }
    let mut limits: Vec<String> = Vec::new();
    for one in matching {
        match of_statement(one) {
            None => return Some(None),
            Some(words) if limits.contains(&words) => {}
            Some(words) => limits.push(words),
        }
    }
    Some(Some(limits.join(" or ")))
}

/// Decides whether a statement matches an action.
fn names(statement: &Statement, action: &str) -> bool {
    let is_one_of = |patterns: &[String]| patterns.iter().any(|one| matches_action(one, action));
    match (&statement.action, &statement.not_action) {
        (Some(patterns), _) => is_one_of(patterns),
        (None, Some(but)) => !is_one_of(but),
        (None, None) => false,
    }
}

/// Decides whether a statement may match actions of a service. Most patterns name another service.
fn may_name(statement: &Statement, service: &str) -> bool {
    match &statement.action {
        Some(patterns) => patterns.iter().any(|one| may_match(&prefix(one), service)),
        None => true,
    }
}

/// Returns the part before the colon of a pattern, in lower case; `*` if a wildcard may match the colon.
fn prefix(pattern: &str) -> String {
    match pattern.split_once(':') {
        Some((prefix, _)) => prefix.to_ascii_lowercase(),
        None if pattern.contains(['*', '?']) => "*".to_owned(),
        None => pattern.to_ascii_lowercase(),
    }
}

fn may_match(prefix: &str, service: &str) -> bool {
    prefix == service || prefix.contains(['*', '?'])
}

/// Returns the limits with the numbers of actions that they apply to, the largest first.
fn told(limited: BTreeMap<String, usize>, allowed: usize) -> Option<String> {
    let mut limited: Vec<(String, usize)> = limited.into_iter().collect();
    limited.sort_by(|one, other| other.1.cmp(&one.1).then_with(|| one.0.cmp(&other.0)));
    let rest: usize = limited.iter().skip(TOLD).map(|(_, actions)| actions).sum();
    let words = limited.iter().take(TOLD).map(|(words, actions)| match *actions == allowed {
        true => format!("all {words}"),
        false => format!("{actions} {words}"),
    });
    let more = (rest > 0).then(|| format!("{rest} with other limits"));
    let words: Vec<String> = words.chain(more).collect();
    (!words.is_empty()).then(|| words.join("; "))
}
