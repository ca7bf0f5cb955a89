//! Decides whether a permission set is privileged: which entries of the catalogue its policies allow together.
//!
//! `docs/privileges.md` has the rules. `catalogue` reads the entries, `patterns` matches actions and resources, and
//! `facts` finds the catalogue's actions that one policy allows and denies. This module combines several policies. It
//! knows no table.

mod catalogue;
mod facts;
mod patterns;
#[cfg(test)]
mod tests;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use catalogue::{Entry, catalogue};
pub use catalogue::{Level, Levels, rules};
use facts::{Allowed, Facts};
use patterns::Reach;
pub(super) use patterns::matches_action;

use crate::model::PolicyKind;

/// A policy of a permission set.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Held {
    /// The kind of attachment, a [`PolicyKind`] as in the column `kind`.
    pub kind: String,
    /// The ARN, or the path and name; `inline` for an inline policy.
    pub policy: String,
    /// The text; `None` if it was not read.
    pub document: Option<Rc<str>>,
}

/// A reason why a permission set is privileged, or an unread policy that may make it so.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Privilege {
    /// The reason in words.
    pub reason: String,
    /// The level, `administrator` or `escalation`; `None` if it is unknown whether there is any.
    pub level: Option<&'static str>,
    /// The scope: `any`, `named` or `self`.
    pub scope: Option<&'static str>,
    /// True if it is allowed only under a condition.
    pub conditional: Option<bool>,
    /// The actions of the entry.
    pub action: Option<String>,
    /// The attachments of the policies that allow it.
    pub source: String,
    /// The unread policies that may change it.
    pub unread: Option<String>,
}

impl Privilege {
    /// The scope of everything.
    pub const ANY: &str = "any";

    /// Returns true if it has one of these levels, and reaches everything.
    pub fn is_of(&self, levels: Levels) -> bool {
        levels.take(self.level) && self.scope == Some(Self::ANY)
    }
}

/// AWS's own policies with a fixed meaning, for a census without the texts of policies: it was made by an older
/// program, or without the permission to read them.
const BY_NAME: [(&str, Level); 7] = [
    ("AdministratorAccess", Level::Administrator),
    ("IAMFullAccess", Level::Administrator),
    ("AWSOrganizationsFullAccess", Level::Administrator),
    ("AWSSSOMasterAccountAdministrator", Level::Administrator),
    ("AWSSSOMemberAccountAdministrator", Level::Administrator),
    ("AWSSSODirectoryAdministrator", Level::Administrator),
    ("PowerUserAccess", Level::Escalation),
];

/// The services whose actions have an effect only in the account that manages Identity Center or the organization. A
/// statement that names them is meant for that account; one that allows everything except some actions is not.
const OF_ONE_ACCOUNT: [&str; 4] = ["sso:", "sso-directory:", "identitystore:", "organizations:"];

/// The action that passes a role to a service.
const PASS_ROLE: &str = "iam:PassRole";

/// The facts of policies by which permission sets are weighed. Each text is read once.
#[derive(Debug, Default)]
pub struct Scales {
    read: HashMap<Rc<str>, Option<Rc<Facts>>>,
}

/// A policy, with the facts read from it.
struct Read<'p> {
    held: &'p Held,
    facts: Rc<Facts>,
}

impl Scales {
    /// Returns the reasons why a permission set with these policies is privileged, and the unread policies that may
    /// make it so.
    pub fn weigh(&mut self, policies: &[Held]) -> BTreeSet<Privilege> {
        let (mut read, mut unread) = (Vec::new(), Vec::new());
        for held in policies {
            match held.document.as_ref().and_then(|document| self.facts(document)) {
                Some(facts) => read.push(Read { held, facts }),
                None => unread.push(held),
            }
        }
        let (bounds, read): (Vec<Read<'_>>, Vec<Read<'_>>) =
            read.into_iter().partition(|one| is_boundary(one.held));
        let (unread_bounds, unread): (Vec<&Held>, Vec<&Held>) =
            unread.into_iter().partition(|held| is_boundary(held));
        let hidden = (!unread_bounds.is_empty())
            .then(|| unread_bounds.iter().map(|held| words(held)).collect::<Vec<_>>().join(", "));
        let hits = catalogue().entries.iter().filter_map(|entry| weigh_entry(entry, &read, &bounds));
        let mut found: BTreeSet<Privilege> = hits.map(|hit| with_unread(hit, hidden.as_deref())).collect();
        found.extend(unread.iter().map(|held| with_unread(not_read(held), hidden.as_deref())));
        found
    }

    fn facts(&mut self, document: &Rc<str>) -> Option<Rc<Facts>> {
        let read = self.read.entry(Rc::clone(document)).or_insert_with(|| Facts::of(document).map(Rc::new));
        read.clone()
    }
}

/// Decides whether the policies allow every action of the entry together.
fn weigh_entry(entry: &Entry, read: &[Read<'_>], bounds: &[Read<'_>]) -> Option<Privilege> {
    let mut widest: Vec<(&Held, &Allowed)> = Vec::new();
    // The permissions of the permission set and its boundaries for each action.
    let mut needed: Vec<(&str, &Allowed)> = Vec::new();
    for action in &entry.actions {
        let place = catalogue().place(action)?;
        if read.iter().chain(bounds).any(|one| one.facts.denies(place)) {
            return None;
        }
        let allowed = read.iter().filter_map(|one| Some((one.held, one.facts.allows(place)?)));
        let (held, allowed) = allowed.max_by_key(|(_, allowed)| allowed.strength())?;
        widest.push((held, allowed));
        needed.push((action, allowed));
        for bound in bounds {
            needed.push((action, bound.facts.allows(place)?));
        }
    }
    // If any role may be passed, the required name of the resource that receives it is no limit.
    let passes_role = entry.actions.iter().any(|action| action == PASS_ROLE);
    let decides = |action: &str| !passes_role || action == PASS_ROLE;
    let deciding = needed.iter().filter(|(action, _)| decides(action));
    let reach = deciding.map(|(_, allowed)| allowed.reach).min()?;
    let is_incidental = widest
        .iter()
        .zip(&entry.actions)
        .any(|((_, allowed), action)| allowed.is_by_exception && is_of_one_account(action));
    let level = if is_incidental { Level::Escalation } else { entry.level };
    let mut said: Vec<(String, Vec<&str>)> = Vec::new();
    for (held, allowed) in &widest {
        let policy = words(held);
        match said.iter_mut().find(|(of, _)| *of == policy) {
            Some((_, patterns)) if patterns.contains(&allowed.pattern.as_str()) => {}
            Some((_, patterns)) => patterns.push(&allowed.pattern),
            None => said.push((policy, vec![&allowed.pattern])),
        }
    }
    let said = said.iter().map(|(policy, patterns)| format!("{policy} allows {}", patterns.join(" and ")));
    let sources: BTreeSet<&str> = widest.iter().map(|(held, _)| held.kind.as_str()).collect();
    Some(Privilege {
        reason: said.collect::<Vec<_>>().join(", "),
        level: Some(level.as_str()),
        scope: Some(match reach {
            Reach::Any => Privilege::ANY,
            Reach::Named => "named",
            Reach::Own => "self",
        }),
        conditional: Some(needed.iter().any(|(_, allowed)| allowed.is_conditional)),
        action: Some(entry.actions.join(" + ")),
        source: sources.into_iter().collect::<Vec<_>>().join(", "),
        unread: None,
    })
}

/// Returns the result for a policy that was not read.
fn not_read(held: &Held) -> Privilege {
    let by_name = BY_NAME.iter().find(|(name, _)| {
        held.kind == PolicyKind::AwsManaged.as_str() && held.policy.rsplit('/').next() == Some(name)
    });
    let policy = words(held);
    Privilege {
        reason: match by_name {
            Some(_) => format!("{policy}, by its name: not read"),
            None => format!("not read: {policy}"),
        },
        level: by_name.map(|(_, level)| level.as_str()),
        scope: by_name.map(|_| "any"),
        conditional: by_name.map(|_| false),
        action: None,
        source: held.kind.clone(),
        unread: Some(policy),
    }
}

/// Adds to a result that an unread boundary may remove it.
fn with_unread(mut found: Privilege, hidden: Option<&str>) -> Privilege {
    let Some(hidden) = hidden else { return found };
    let also = match found.unread.take() {
        Some(unread) => format!("{unread}, {hidden}"),
        None => hidden.to_owned(),
    };
    if found.level.is_some() {
        found.reason = format!("{}; not read: {hidden}", found.reason);
    }
    Privilege { unread: Some(also), ..found }
}

fn is_boundary(held: &Held) -> bool {
    held.kind == PolicyKind::PermissionsBoundary.as_str()
}

fn is_of_one_account(action: &str) -> bool {
    OF_ONE_ACCOUNT.iter().any(|service| action.starts_with(service))
}

/// Returns `AWS managed policy ReadOnlyAccess`, `customer managed policy /team/Ours` or `inline policy`.
fn words(held: &Held) -> String {
    let name = match held.policy.split_once(":policy/") {
        Some((_, path_and_name)) => path_and_name.rsplit('/').next().unwrap_or_default(),
        None => &held.policy,
    };
    match held.kind.as_str() {
        kind if kind == PolicyKind::Inline.as_str() => "inline policy".to_owned(),
        kind if kind == PolicyKind::AwsManaged.as_str() => format!("AWS managed policy {name}"),
        kind if kind == PolicyKind::CustomerManaged.as_str() => format!("customer managed policy {name}"),
        _ => format!("permissions boundary {name}"),
    }
}
