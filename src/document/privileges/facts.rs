//! The catalogue's actions that one policy allows and denies.

use super::catalogue::catalogue;
use super::patterns::{Reach, matches_action, reach, reach_all};
use crate::document::statements::{Statement, statements};

/// The number of patterns of a NotAction that are named.
const NAMED: usize = 3;

/// The state of each action of the catalogue in one policy.
#[derive(Debug)]
pub(super) struct Facts {
    allowed: Vec<Option<Allowed>>,
    denied: Vec<bool>,
}

/// The widest permission that any statement gives for an action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Allowed {
    /// The reach among its resources.
    pub reach: Reach,
    /// True if it is allowed only under a condition.
    pub is_conditional: bool,
    /// True if it is allowed by a NotAction that does not name it.
    pub is_by_exception: bool,
    /// The pattern that matches it, in words.
    pub pattern: String,
}

impl Allowed {
    /// Returns the order of permissions: by reach, then without a condition, then by name.
    pub fn strength(&self) -> (Reach, bool, bool) {
        (self.reach, !self.is_conditional, !self.is_by_exception)
    }
}

impl Facts {
    /// Reads a policy; `None` if it cannot be read.
    pub fn of(document: &str) -> Option<Self> {
        let statements = statements(document).ok()?;
        let actions = &catalogue().actions;
        let mut facts = Self { allowed: vec![None; actions.len()], denied: vec![false; actions.len()] };
        for statement in &statements {
            for (place, (action, kinds)) in actions.iter().enumerate() {
                match statement.effect.as_str() {
                    "Allow" => facts.allow(place, allowed(statement, action, kinds)),
                    _ => facts.denied[place] |= is_denied(statement, action),
                }
            }
        }
        Some(facts)
    }

    /// Returns the permission for the action at this position of the catalogue.
    pub fn allows(&self, place: usize) -> Option<&Allowed> {
        self.allowed[place].as_ref()
    }

    /// Returns true if it denies that action on everything, without a condition.
    pub fn denies(&self, place: usize) -> bool {
        self.denied[place]
    }

    fn allow(&mut self, place: usize, found: Option<Allowed>) {
        let Some(found) = found else { return };
        let held = &mut self.allowed[place];
        if held.as_ref().is_none_or(|held| held.strength() < found.strength()) {
            *held = Some(found);
        }
    }
}

fn allowed(statement: &Statement, action: &str, kinds: &[String]) -> Option<Allowed> {
    let (is_by_exception, pattern) = match (&statement.action, &statement.not_action) {
        (Some(patterns), _) => (false, patterns.iter().find(|one| matches_action(one, action))?.clone()),
        (None, Some(but)) if !but.iter().any(|one| matches_action(one, action)) => (true, all_but(but)),
        (None, _) => return None,
    };
    let reach = match (&statement.resource, &statement.not_resource) {
        (Some(patterns), _) => reach(patterns, kinds)?,
        (None, Some(but)) if reach_all(but, kinds) => return None,
        // A NotResource reaches more than named resources. No identity policy lacks both elements.
        (None, _) => Reach::Any,
    };
    Some(Allowed { reach, is_conditional: statement.condition.is_some(), is_by_exception, pattern })
}

/// Returns true if a statement denies the action on everything, unconditionally.
fn is_denied(statement: &Statement, action: &str) -> bool {
    let is_named = |patterns: &[String]| patterns.iter().any(|one| matches_action(one, action));
    let is_of_action = match (&statement.action, &statement.not_action) {
        (Some(patterns), _) => is_named(patterns),
        (None, Some(but)) => !is_named(but),
        (None, None) => false,
    };
    let is_on_everything = statement.resource.iter().flatten().any(|one| is_everything(one));
    is_of_action && is_on_everything && statement.condition.is_none()
}

fn is_everything(resource: &str) -> bool {
    !resource.is_empty() && resource.chars().all(|one| one == '*')
}

/// Returns `all but iam:*, sts:*`, with only the first of many.
fn all_but(patterns: &[String]) -> String {
    let named: Vec<&str> = patterns.iter().take(NAMED).map(String::as_str).collect();
    let more = match patterns.len().saturating_sub(NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("all but {}{more}", named.join(", "))
}
