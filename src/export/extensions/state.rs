//! The items of a snapshot that the solution's schemas accept, and those that they refuse.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Interface;
use super::schema;
use crate::error::Result;
use crate::export::assigned::{self, Assigned};
use crate::export::folder::Skipped;
use crate::export::permission_sets::PermissionSets;
use crate::export::principals::{Name, optional, text};
use crate::export::source::Source;
use crate::scopes::{Facts, Form, Rule, rules};

/// The items that are written for a snapshot.
#[derive(Debug, Default)]
pub struct State {
    /// The data of each permission set, by name.
    pub sets: BTreeMap<String, Value>,
    /// The names of all known permission sets, including those that cannot be written.
    pub known_sets: BTreeSet<String>,
    /// The links that are written.
    pub links: BTreeSet<String>,
    /// Links that an earlier state may contain, of assignments that were not seen or cannot be written now.
    pub unwritten_links: BTreeSet<String>,
    /// The items that cannot be written.
    pub skipped: Skipped,
    /// The number of assignments in the management account that were left out.
    pub in_management_account: u64,
}

impl State {
    /// Reads the state of the source's snapshot.
    pub fn read(source: &Source<'_>, interface: Interface, by_scope: bool) -> Result<Self> {
        let mut sets = PermissionSets::read(source)?;
        let assigned = assigned::read(source, "identity-center-extensions")?;
        assigned::keep_named(source, &mut sets, &assigned);
        let mut state = Self::default();
        for (arn, (name, reason)) in &sets.unseen {
            state.known_sets.insert(name.clone());
            state.skipped.add("permission set", format!("{name} ({arn})"), reason);
        }
        for (arn, set) in &sets.whole {
            state.known_sets.insert(set.name.clone());
            match schema::permission_set(set) {
                Ok(data) => drop(state.sets.insert(set.name.clone(), data)),
                Err(reason) => state.skipped.add("permission set", format!("{} ({arn})", set.name), reason),
            }
        }
        let mut linked = Vec::new();
        for one in &assigned {
            match state.linkable(one) {
                Ok(true) => linked.push(one),
                Ok(false) => state.in_management_account += 1,
                Err(reason) => state.skip(one, &reason, interface),
            }
        }
        match by_scope {
            false => {
                linked.iter().for_each(|one| state.link(one, (Form::Account, &one.account_id), interface))
            }
            true => state.link_by_scope(source, &linked, interface)?,
        }
        Ok(state)
    }

    /// Decides whether the assignment can be a link: false in the management account, and an error if it cannot for
    /// another reason.
    fn linkable(&self, one: &Assigned) -> Result<bool, String> {
        match one.is_management_account {
            Some(true) => return Ok(false),
            Some(false) => {}
            None => return Err("it is not known whether the account manages the organization".to_owned()),
        }
        if let Some(why) = one.not_active() {
            return Err(why.to_owned());
        }
        match &one.principal {
            Name::Known(_) => {}
            Name::NotSeen(_) => return Err("the principal was not seen".to_owned()),
            Name::Gone => return Err("the principal was deleted".to_owned()),
        }
        match one.permission_set_name.as_ref() {
            Some(name) if self.sets.contains_key(name) => Ok(true),
            _ => Err("its permission set is not written".to_owned()),
        }
    }

    fn link(&mut self, one: &Assigned, scope: (Form, &str), interface: Interface) {
        match link(one, scope, interface) {
            Ok(link) => drop(self.links.insert(link)),
            Err(reason) => self.skip(one, &reason, interface),
        }
    }

    /// Leaves the assignment out. A link that it had earlier stays.
    fn skip(&mut self, one: &Assigned, reason: &str, interface: Interface) {
        let set = one.permission_set_name.as_deref().unwrap_or(&one.permission_set_arn);
        let who = match &one.principal {
            Name::Known(name) => name,
            Name::NotSeen(id) => id,
            Name::Gone => &one.principal_id,
        };
        let what = format!("{set} for {} {who} in {}", one.principal_type.to_lowercase(), one.account_id);
        self.skipped.add("assignment", what, reason);
        if let Ok(link) = link(one, (Form::Account, &one.account_id), interface) {
            self.unwritten_links.insert(link);
        }
    }

    /// Adds links for the rules that give exactly these assignments. Where a rule cannot be written, links are by
    /// account.
    fn link_by_scope(
        &mut self,
        source: &Source<'_>,
        linked: &[&Assigned],
        interface: Interface,
    ) -> Result<()> {
        let facts = facts(source, linked)?;
        let mut by_key: BTreeMap<[&str; 4], &Assigned> = BTreeMap::new();
        for one in linked {
            by_key.insert(
                [&one.permission_set_arn, &one.principal_type, &one.principal_id, &one.account_id],
                one,
            );
        }
        for Rule { permission_set_arn, principal_type, principal_id, form, scope, accounts, .. } in
            &rules(&facts, 100.0)
        {
            let of = |account: &String| {
                by_key.get(&[permission_set_arn, principal_type, principal_id, account.as_str()]).copied()
            };
            let mut each = accounts.iter().filter_map(of);
            let Some(first) = each.next() else { continue };
            match link(first, (*form, scope), interface) {
                Ok(link) => drop(self.links.insert(link)),
                Err(_) => std::iter::once(first)
                    .chain(each)
                    .for_each(|one| self.link(one, (Form::Account, &one.account_id), interface)),
            }
        }
        Ok(())
    }
}

fn link(one: &Assigned, scope: (Form, &str), interface: Interface) -> Result<String, String> {
    let Name::Known(principal) = &one.principal else { return Err("the principal has no name".to_owned()) };
    let set = one.permission_set_name.as_deref().unwrap_or_default();
    schema::link(interface, scope, set, principal, &one.principal_type)
}

/// Reads the facts that rules are derived from.
fn facts(source: &Source<'_>, linked: &[&Assigned]) -> Result<Facts> {
    let mut facts = Facts::default();
    source.all(include_str!("../sql/accounts.sql"), |row| {
        facts.accounts.push((text(row, 0)?, optional(row, 1)?));
        Ok(())
    })?;
    source.all(include_str!("../sql/ous.sql"), |row| {
        facts.ous.push((text(row, 0)?, optional(row, 1)?));
        Ok(())
    })?;
    source.all(include_str!("../sql/account_tags.sql"), |row| {
        facts.tags.push((text(row, 0)?, text(row, 1)?, optional(row, 2)?));
        Ok(())
    })?;
    facts.assignments = linked
        .iter()
        .map(|one| {
            let (set, kind) = (one.permission_set_arn.clone(), one.principal_type.clone());
            (one.account_id.clone(), set, kind, one.principal_id.clone())
        })
        .collect();
    Ok(facts)
}
