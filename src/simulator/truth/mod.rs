//! What a complete collection must hold: the rows of every resource, and what differs between two days.
//!
//! Written from the world itself, with the model's structs but without a line of the collector's, so that
//! the two can be held against each other. It states what the configuration's organization *has*; what a
//! caller may not see (a member account, a legacy directory) is still stated. `rows` writes the rows, `costs` counts
//! the calls that they need. `identity_center`, `applications` and `requests` write those of an instance.

mod applications;
mod costs;
mod identity_center;
mod requests;
mod rows;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::organization::{PrincipalKind, World};
use crate::model::{self, RESOURCES, Resource, Row};

pub use costs::SsoAdminCalls;
pub(super) use costs::sso_admin_calls;
pub(super) use rows::rows;

/// Rows of one resource: column to value.
pub type Rows = Vec<Map<String, Value>>;

/// Which assignments a collection can have seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Assignments {
    /// By pairs: all of them.
    #[default]
    All,
    /// By principals: those of users and groups that exist.
    LivingPrincipals,
    /// By principals, and afterwards every provisioned pair that no living principal is assigned on.
    LivingPrincipalsAndUnseenPairs,
}

/// For which entities an access report was made.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportDepth {
    /// Nothing: no report was asked for.
    None,
    /// The root and the management account.
    Root,
    /// These and the OUs.
    #[default]
    OrganizationalUnits,
    /// These and the accounts.
    Accounts,
}

/// By which service control policies access reports were made, besides.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReportedPolicies {
    /// By none.
    #[default]
    None,
    /// By those that are attached to anything.
    Attached,
    /// By all.
    All,
}

/// What the truth is to cover.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TruthOptions {
    /// Limits the rows of `account_assignments`.
    pub assignments: Assignments,
    /// Limits the rows of the access reports.
    pub access_report: ReportDepth,
    /// Adds rows of the access reports by policy.
    pub report_policies: ReportedPolicies,
}

/// The keys of the rows that differ between two days.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// Keys of rows that only the second day has.
    pub added: Rows,
    /// Keys of rows that only the first day has.
    pub removed: Rows,
    /// Those with another value in a column that is neither key nor volatile.
    pub changed: Rows,
}

impl Changes {
    /// Whether nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// One way to a permission set in an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// Id in the identity store.
    pub user_id: String,
    /// 12 digits.
    pub account_id: String,
    /// ARN of the permission set that is reached.
    pub permission_set_arn: String,
    /// The group that gives it; `None` when it is assigned to the user.
    pub group_id: Option<String>,
}

/// Every resource's rows.
pub(super) fn all(world: &World, options: TruthOptions) -> BTreeMap<&'static str, Rows> {
    RESOURCES.iter().map(|spec| (spec.name, rows(world, spec.name, options))).collect()
}

/// What a comparison shows, resource by resource, so that only one's rows are in memory at a time.
pub(super) fn net_changes(
    from: &World,
    to: &World,
    options: TruthOptions,
) -> BTreeMap<&'static str, Changes> {
    RESOURCES
        .iter()
        .map(|spec| {
            let mut changes = Changes::default();
            if spec.not_compared.is_some() {
                return (spec.name, changes);
            }
            let mut before = keyed(from, spec, options);
            for (key, row) in keyed(to, spec, options) {
                match before.remove(&key) {
                    None => changes.added.push(key_of(&row, spec)),
                    Some(old) if lasting(&old, spec) != lasting(&row, spec) => {
                        changes.changed.push(key_of(&row, spec));
                    }
                    Some(_) => {}
                }
            }
            changes.removed = before.values().map(|row| key_of(row, spec)).collect();
            (spec.name, changes)
        })
        .collect()
}

/// The columns of a row.
fn columns<R: Resource>(row: &R) -> Map<String, Value> {
    Row::whole(row).columns
}

fn keyed(
    world: &World,
    spec: &model::ResourceSpec,
    options: TruthOptions,
) -> BTreeMap<String, Map<String, Value>> {
    rows(world, spec.name, options)
        .into_iter()
        .map(|row| (Value::Object(key_of(&row, spec)).to_string(), row))
        .collect()
}

fn key_of(row: &Map<String, Value>, spec: &model::ResourceSpec) -> Map<String, Value> {
    spec.key.iter().map(|column| ((*column).to_owned(), row[*column].clone())).collect()
}

fn lasting<'a>(row: &'a Map<String, Value>, spec: &model::ResourceSpec) -> Vec<(&'a String, &'a Value)> {
    row.iter().filter(|(column, _)| !spec.volatile.contains(&column.as_str())).collect()
}

/// Every way of every user that exists.
pub(super) fn access(world: &World) -> BTreeSet<Access> {
    let mut ways = BTreeSet::new();
    for (&(set, account), pair) in &world.pairs {
        let mut add = |user: u32, group_id: Option<&str>| {
            ways.insert(Access {
                user_id: world.users[user as usize].id.to_string(),
                account_id: world.accounts[account as usize].id.to_string(),
                permission_set_arn: world.sets[set as usize].arn.to_string(),
                group_id: group_id.map(str::to_owned),
            });
        };
        for &(kind, position) in
            pair.principals.iter().filter(|(kind, at)| world.principal_exists(*kind, *at))
        {
            match kind {
                PrincipalKind::User => add(position, None),
                PrincipalKind::Group => {
                    let group = &world.groups[position as usize];
                    world.members[position as usize]
                        .iter()
                        .for_each(|member| add(member.user, Some(&group.id)));
                }
            }
        }
    }
    ways
}
