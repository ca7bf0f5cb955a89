//! The organization's policies and its delegation on one day. They follow from the tree, the seed and the day, and so
//! are not stored: a policy that is attached to an OU is deleted with it.

use serde_json::{Value, json};

use super::{Account, DAY, Millis, TagPair, Unit, World, numbered};
use crate::simulator::dice;

/// A policy of the organization.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Policy {
    pub id: String,
    pub name: String,
    pub description: Option<String>,
    pub policy_type: &'static str,
    pub aws_managed: bool,
    pub document: String,
    pub targets: Vec<Target>,
    pub tags: Vec<TagPair>,
}

/// A target of a policy.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Target {
    /// `ROOT`, `ORGANIZATIONAL_UNIT` or `ACCOUNT`.
    pub target_type: &'static str,
    pub id: String,
    pub name: String,
    pub arn: String,
}

/// A service that is trusted, or administered by an account.
#[derive(Debug, Clone)]
pub(in crate::simulator) struct Delegation {
    pub service_principal: &'static str,
    pub enabled_at: Millis,
}

/// The number of accounts with a policy of their own, in a hundred.
const ACCOUNTS_WITH_A_POLICY: u64 = 4;
/// The number of policies that come and go with the days.
const TEMPORARY: u32 = 6;

/// Returns the existing policies.
pub(super) fn policies(world: &World) -> Vec<Policy> {
    let mut policies = Vec::new();
    if !world.config.all_features {
        return policies;
    }
    if world.config.service_control_policies {
        service_control_policies(world, &mut policies);
    }
    policies.push(Policy {
        tags: vec![("owner".to_owned(), "finops".to_owned())],
        description: Some("Spelling of the cost centers".to_owned()),
        targets: vec![of_unit(world, &world.units[0])],
        ..policy(world, "cost-centers", "TAG_POLICY", cost_centers(world.day / 5))
    });
    // Backup policies are disabled. Earlier ones remain, attached to nothing.
    let plan = json!({"plans": {"daily": {"regions": {"@@assign": ["us-east-1"]}}}});
    policies.push(policy(world, "old backups", "BACKUP_POLICY", plan));
    policies.iter_mut().for_each(|policy| policy.targets.sort_by(|one, other| one.id.cmp(&other.id)));
    policies.sort_by(|one, other| one.id.cmp(&other.id));
    policies
}

fn service_control_policies(world: &World, policies: &mut Vec<Policy>) {
    const TYPE: &str = "SERVICE_CONTROL_POLICY";
    let units = || numbered(&world.units).filter(|(_, unit)| unit.exists).map(|(_, unit)| unit);
    let accounts = || world.accounts.iter().filter(|account| account.exists);
    let everything: Vec<_> = units()
        .map(|unit| of_unit(world, unit))
        .chain(accounts().map(|account| of_account(world, account)))
        .collect();
    policies.push(Policy {
        id: "p-FullAWSAccess".to_owned(),
        name: "FullAWSAccess".to_owned(),
        description: Some("Allows access to every operation".to_owned()),
        aws_managed: true,
        targets: everything,
        ..policy(world, "", TYPE, document("AllowAll", "Allow", &["*".to_owned()]))
    });
    for unit in units().filter(|unit| !unit.denied_services.is_empty()) {
        let actions: Vec<_> = unit.denied_services.iter().map(|service| format!("{service}:*")).collect();
        policies.push(Policy {
            name: format!("deny in {}", unit.name),
            targets: vec![of_unit(world, unit)],
            tags: vec![("purpose".to_owned(), String::new())],
            ..policy(world, &format!("deny {}", unit.id), TYPE, document("DenyServices", "Deny", &actions))
        });
    }
    let is_guarded = |account: &&std::sync::Arc<Account>| {
        dice::hash(world.config.seed, &["guarded", &account.id]) % 100 < ACCOUNTS_WITH_A_POLICY
    };
    let guarded: Vec<_> = accounts().filter(is_guarded).map(|account| of_account(world, account)).collect();
    policies.push(Policy {
        description: Some(format!("Guards the audit trail, revision {}", world.day / 3)),
        targets: guarded,
        ..policy(
            world,
            "guard \"audit\" trail",
            TYPE,
            document("Trail", "Deny", &["cloudtrail:Stop*".to_owned()]),
        )
    });
    let existing: Vec<_> = units().collect();
    for number in 0..world.config.more_policies {
        let service = format!("service{number}:*");
        policies.push(Policy {
            targets: vec![of_unit(world, existing[number % existing.len()])],
            tags: vec![("number".to_owned(), number.to_string())],
            ..policy(world, &format!("deny service {number}"), TYPE, document("Deny", "Deny", &[service]))
        });
    }
    for number in (0..TEMPORARY).filter(|number| (world.day + number) % 9 < 5) {
        let unit = &world.units[number as usize % world.units.len()];
        policies.push(Policy {
            targets: if unit.exists { vec![of_unit(world, unit)] } else { Vec::new() },
            ..policy(
                world,
                &format!("temporary-{number}"),
                TYPE,
                document("Freeze", "Deny", &["iam:Create*".to_owned()]),
            )
        });
    }
}

/// Returns a policy without targets. Its id follows from its name, and from the day on which it was created.
fn policy(world: &World, name: &str, policy_type: &'static str, document: Value) -> Policy {
    let id = format!("p-{:08x}", dice::hash(world.config.seed, &["policy", name]) as u32);
    Policy {
        id,
        name: name.to_owned(),
        description: None,
        policy_type,
        aws_managed: false,
        document: document.to_string(),
        targets: Vec::new(),
        tags: Vec::new(),
    }
}

fn document(sid: &str, effect: &str, actions: &[String]) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{"Sid": sid, "Effect": effect, "Action": actions, "Resource": "*"}],
    })
}

fn cost_centers(revision: u32) -> Value {
    let values: Vec<_> = (0..=revision % 7).map(|number| format!("{}", 1_000 + number)).collect();
    json!({"tags": {"cost-center": {"tag_key": {"@@assign": "cost-center"}, "tag_value": {"@@assign": values}}}})
}

fn of_unit(world: &World, unit: &Unit) -> Target {
    Target {
        target_type: if unit.parent.is_none() { "ROOT" } else { "ORGANIZATIONAL_UNIT" },
        id: unit.id.to_string(),
        name: unit.name.clone(),
        arn: world.unit_arn(unit),
    }
}

fn of_account(world: &World, account: &Account) -> Target {
    Target {
        target_type: "ACCOUNT",
        id: account.id.to_string(),
        name: account.name.clone(),
        arn: world.account_arn(account),
    }
}

impl World {
    /// Returns the ARN of a policy. AWS's own policies belong to no organization.
    pub fn policy_arn(&self, policy: &Policy) -> String {
        let kind = policy.policy_type.to_ascii_lowercase();
        match policy.aws_managed {
            true => format!("arn:{}:organizations::aws:policy/{kind}/{}", self.partition(), policy.id),
            false => self.organizations_arn("policy", Some(&format!("{kind}/{}", policy.id))),
        }
    }

    pub fn resource_policy_arn(&self, id: &str) -> String {
        self.organizations_arn("resourcepolicy", Some(id))
    }

    /// Returns the id and the document of the resource policy, if there is one.
    pub fn resource_policy(&self) -> Option<(String, String)> {
        let exists = self.config.all_features && self.day % 6 != 5;
        let delegate = &self.accounts[self.identity.delegated_account as usize].id;
        let document = json!({
            "Version": "2012-10-17",
            "Statement": [{
                "Sid": format!("Revision{}", self.day / 4),
                "Effect": "Allow",
                "Principal": {"AWS": format!("arn:{}:iam::{delegate}:root", self.partition())},
                "Action": ["organizations:Describe*", "organizations:List*"],
                "Resource": "*",
            }],
        });
        exists.then(|| (format!("rp-{:08x}", self.config.seed as u32), document.to_string()))
    }

    /// Returns the delegated administrators, each with its start and its services.
    pub fn delegated_administrators(&self) -> Vec<(u32, Millis, Vec<Delegation>)> {
        let since = |days: i64| self.identity.created_at + days * DAY;
        let mut services = vec![
            Delegation { service_principal: "sso.amazonaws.com", enabled_at: since(100) },
            Delegation { service_principal: "guardduty.amazonaws.com", enabled_at: since(130) },
        ];
        if self.day % 3 == 2 {
            services.push(Delegation { service_principal: "config.amazonaws.com", enabled_at: since(140) });
        }
        let mut delegates = vec![(self.identity.delegated_account, since(100), services)];
        let member = self.identity.member_account;
        if self.day % 4 >= 2 && self.accounts[member as usize].exists {
            let backup = Delegation { service_principal: "backup.amazonaws.com", enabled_at: since(150) };
            delegates.push((member, since(150), vec![backup]));
        }
        delegates.sort_by_key(|(account, ..)| *account);
        delegates
    }

    /// Returns the services that the organization trusts.
    pub fn trusted_services(&self) -> Vec<Delegation> {
        const ALWAYS: [&str; 6] = [
            "access-analyzer.amazonaws.com",
            "backup.amazonaws.com",
            "config.amazonaws.com",
            "guardduty.amazonaws.com",
            "iam.amazonaws.com",
            "sso.amazonaws.com",
        ];
        let at = |number: usize| self.identity.created_at + (60 + number as i64) * DAY;
        let mut services: Vec<_> = ALWAYS
            .into_iter()
            .enumerate()
            .map(|(number, service_principal)| Delegation { service_principal, enabled_at: at(number) })
            .collect();
        if self.day % 5 >= 2 {
            services
                .push(Delegation { service_principal: "tagpolicies.tag.amazonaws.com", enabled_at: at(9) });
        }
        services
    }

    /// Returns the enabled features of central root access.
    pub fn organization_features(&self) -> Vec<&'static str> {
        let sessions = (self.day >= 2).then_some("RootSessions");
        std::iter::once("RootCredentialsManagement").chain(sessions).collect()
    }
}
