//! Computes when each account last used each service: a pure function of the day, without state.
//!
//! The access report (`access_report`) serves it, and `truth` states it. The rules are those of
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-view-data-orgs.html>. The report of
//! a root or OU covers the services that service control policies allow there, and the accounts below, except for the
//! management account. An account's report covers its own activity. A report by policy is limited to the services that
//! the policy allows, and to the accounts to which it applies. The management account's report ignores the policy.

use serde_json::Value;

use super::dice;
use super::organization::{Account, DAY, Millis, Policy, World};
use super::seed::names::SERVICES;

/// The entity that a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ReportedEntity {
    Unit(u32),
    Account(u32),
}

/// One service in a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServiceActivity {
    pub namespace: &'static str,
    pub name: &'static str,
    pub last: Option<Attempt>,
    /// The number of accounts that attempted to use the service.
    pub accounts: i64,
}

/// The latest attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Attempt {
    pub at: Millis,
    pub region: &'static str,
    /// The account's path on the day of the report.
    pub entity_path: String,
}

/// AWS's tracking period (same page).
const TRACKED: Millis = 400 * DAY;

/// Returns the report's rows, by namespace.
pub(super) fn report(world: &World, entity: ReportedEntity, policy: Option<&Policy>) -> Vec<ServiceActivity> {
    let (unit, mut accounts, everything) = match entity {
        ReportedEntity::Unit(unit) => (unit, accounts_below(world, unit), false),
        ReportedEntity::Account(account) => {
            let parent = world.accounts[account as usize].parent;
            (parent, vec![account], account == world.identity.management_account)
        }
    };
    let denied = denied_services(world, unit);
    let policy = policy.filter(|_| !everything);
    if let Some(policy) = policy {
        accounts.retain(|account| applies(world, policy, &world.accounts[*account as usize]));
    }
    let mut rows: Vec<ServiceActivity> = SERVICES
        .iter()
        .take(world.config.size.services)
        .filter(|(namespace, _, _)| everything || !denied.contains(namespace))
        .filter(|(namespace, _, _)| policy.is_none_or(|policy| allows(policy, namespace)))
        .map(|&(namespace, name, popularity)| {
            let mut row = ServiceActivity { namespace, name, last: None, accounts: 0 };
            for &account in &accounts {
                if let Some(at) =
                    last_attempt(world, &world.accounts[account as usize], namespace, popularity)
                {
                    row.accounts += 1;
                    if row.last.as_ref().is_none_or(|last| last.at < at) {
                        let entity_path = world.account_path(&world.accounts[account as usize]);
                        row.last =
                            Some(Attempt { at, region: region(world, account, namespace), entity_path });
                    }
                }
            }
            row
        })
        .collect();
    rows.sort_by_key(|row| row.namespace);
    rows
}

/// Returns true if the policy is attached to the account, or to any of its parents.
fn applies(world: &World, policy: &Policy, account: &Account) -> bool {
    let is_target = |id: &str| policy.targets.iter().any(|target| target.id == id);
    let mut next = Some(account.parent);
    let mut places = std::iter::from_fn(|| {
        let unit = &world.units[next? as usize];
        next = unit.parent;
        Some(unit)
    });
    is_target(&account.id) || places.any(|unit| is_target(&unit.id))
}

/// Returns true if the policy allows any action of the service. The simulator's policies deny whole services, or single
/// actions.
fn allows(policy: &Policy, namespace: &str) -> bool {
    let document: Value = serde_json::from_str(&policy.document).unwrap_or_default();
    let statements = document["Statement"].as_array().cloned().unwrap_or_default();
    let whole = format!("{namespace}:*");
    let names_all = |statement: &Value| {
        statement["Action"].as_array().is_some_and(|actions| actions.iter().any(|action| *action == *whole))
    };
    !statements.iter().any(|statement| statement["Effect"] == "Deny" && names_all(statement))
}

fn accounts_below(world: &World, unit: u32) -> Vec<u32> {
    let index = world.index();
    let (mut below, mut open) = (Vec::new(), vec![unit]);
    while let Some(unit) = open.pop() {
        below.extend(&index.accounts_of[unit as usize]);
        open.extend(&index.units_of[unit as usize]);
    }
    below.retain(|account| *account != world.identity.management_account);
    below.sort_unstable();
    below
}

fn denied_services(world: &World, unit: u32) -> Vec<&str> {
    let (mut denied, mut next) = (Vec::new(), Some(unit));
    while let Some(position) = next {
        let unit = &world.units[position as usize];
        denied.extend(unit.denied_services.iter().map(String::as_str));
        next = unit.parent;
    }
    denied
}

/// Returns the last attempt. A service is used at regular intervals, or never. Nothing was used today yet.
fn last_attempt(world: &World, account: &Account, namespace: &str, popularity: u64) -> Option<Millis> {
    let dice = dice::hash(world.config.seed, &[&account.id, namespace]);
    if dice % 100 >= popularity {
        return None;
    }
    const INTERVALS: [i64; 8] = [1, 1, 1, 2, 7, 30, 90, 250];
    let interval = INTERVALS[(dice >> 8) as usize % INTERVALS.len()];
    let phase = (dice >> 16) as i64 & 0xff;
    let start = world.config.start.timestamp_millis();
    let midnight = start - start.rem_euclid(DAY);
    let until = account
        .idle_since
        .map_or(i64::from(world.day), |idle| i64::from(world.day).min((idle - midnight).div_euclid(DAY)));
    let yesterday = until - 1;
    let day = yesterday - (yesterday + phase).rem_euclid(interval);
    let at = midnight + day * DAY + ((dice >> 24) as i64 & 0xffff) * 1_000;
    (at > account.joined_at && world.now() - at < TRACKED).then_some(at)
}

fn region(world: &World, account: u32, namespace: &str) -> &'static str {
    let regions = world.config.partition.regions();
    if namespace == "iam" {
        return regions[0];
    }
    regions
        [dice::hash(world.config.seed, &["region", namespace, &account.to_string()]) as usize % regions.len()]
}

/// Returns the Region in the row of an unused service: only `iam` has one.
pub(super) fn idle_region(world: &World, namespace: &str) -> Option<&'static str> {
    (namespace == "iam").then(|| world.config.partition.regions()[0])
}
