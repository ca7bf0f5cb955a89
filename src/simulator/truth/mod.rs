//! The rows of a complete collection for every resource, and the differences between two days.
//!
//! They are written from the world itself, with the model's structs but without any code of the collector, so that the
//! two can be compared. They state what the configured organization *has*, even if a caller may not see it (a member
//! account, a legacy directory). `rows` writes the rows, and `costs` counts the calls that they need.
//! `identity_center`, `applications` and `requests` write the rows of an instance.

mod applications;
mod costs;
mod iam;
mod iam_credentials;
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

/// The rows of one resource: column to value.
pub type Rows = Vec<Map<String, Value>>;

/// The assignments that a collection can have seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Assignments {
    /// By pairs: all assignments.
    #[default]
    All,
    /// By principals: the assignments of existing users and groups.
    LivingPrincipals,
    /// By principals, and afterwards every provisioned pair without a living principal.
    LivingPrincipalsAndUnseenPairs,
}

/// The entities with an access report.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum ReportDepth {
    /// No report was requested.
    None,
    /// The root and the management account.
    Root,
    /// The same and the OUs.
    #[default]
    OrganizationalUnits,
    /// The same and the accounts.
    Accounts,
}

/// The service control policies with further access reports.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum ReportedPolicies {
    /// No policy.
    #[default]
    None,
    /// The policies with a target.
    Attached,
    /// All policies.
    All,
}

/// The scope of the truth.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TruthOptions {
    /// Limits the rows of `account_assignments`.
    pub assignments: Assignments,
    /// Limits the rows of the access reports.
    pub access_report: ReportDepth,
    /// Adds rows of the access reports by policy.
    pub report_policies: ReportedPolicies,
    /// Limits the rows of IAM.
    pub iam: IamAccounts,
}

/// The accounts whose IAM is seen.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum IamAccounts {
    /// The account of the caller.
    #[default]
    Caller,
    /// Every active account.
    Active,
}

/// The keys of the rows that differ between two days.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    /// The keys of rows that only the second day has.
    pub added: Rows,
    /// The keys of rows that only the first day has.
    pub removed: Rows,
    /// The keys of rows with another value in a column that is neither key nor volatile.
    pub changed: Rows,
}

impl Changes {
    /// Returns true if nothing differs.
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// One path to a permission set in an account.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Access {
    /// The id in the identity store.
    pub user_id: String,
    /// 12 digits.
    pub account_id: String,
    /// The ARN of the permission set.
    pub permission_set_arn: String,
    /// The group that grants it; `None` if it is assigned to the user.
    pub group_id: Option<String>,
}

/// Returns every resource's rows.
pub(super) fn all(world: &World, options: TruthOptions) -> BTreeMap<&'static str, Rows> {
    RESOURCES.iter().map(|spec| (spec.name, rows(world, spec.name, options))).collect()
}

/// Compares two days, resource by resource, so that only one resource's rows are in memory at a time.
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

/// Returns the columns of a row.
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

/// Returns every path of every existing user.
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
