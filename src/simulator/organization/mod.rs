//! The simulated organization on one day: the one source of answers and of the truth.
//!
//! `seed` generates day 0, and `days` every next day. `ops` reads the world to answer calls, and `truth` to state the
//! rows; `index` finds by id. Items are referenced by their position, which never changes. A deleted item stays as a
//! record with `exists == false`, because assignments still name it.

mod applications;
mod iam;
mod iam_credentials;
mod identity_center;
mod index;
mod managed_policies;
mod policies;
mod requests;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use chrono::{DateTime, SecondsFormat};
use serde_json::Value;

use super::config::Config;
use super::dice;
pub(super) use applications::{Application, Grant};
pub(super) use iam::{AccountIam, IamGroup, IamPolicy, IamRole, IamUser, Policies};
pub(super) use iam_credentials::ReportLine;
pub(super) use identity_center::{Attribute, Issuer};
use index::Index;
pub(super) use managed_policies::ManagedPolicy;
pub(super) use policies::{Delegation, Policy, Target};
pub(super) use requests::Request;

/// A moment in milliseconds since 1970.
pub(super) type Millis = i64;

/// The key and value of a tag.
pub(super) type TagPair = (String, String);

/// The facts that never change.
#[derive(Debug)]
pub(super) struct Identity {
    pub organization_id: String,
    pub root_id: String,
    pub management_account: u32,
    pub delegated_account: u32,
    pub member_account: u32,
    /// The 16 hexadecimal digits after `ssoins-`.
    pub instance_hex: String,
    /// The ten hexadecimal digits after `d-`, with which every principal's id begins.
    pub store_hex: String,
    pub created_at: Millis,
}

/// The root (position 0) or an organizational unit.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub id: Arc<str>,
    pub name: String,
    pub parent: Option<u32>,
    pub exists: bool,
    pub tags: Vec<TagPair>,
    /// The namespaces denied by a service control policy attached to it.
    pub denied_services: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct Account {
    pub id: Arc<str>,
    pub name: String,
    pub email: String,
    pub state: Option<&'static str>,
    pub status: Option<&'static str>,
    pub joined_method: &'static str,
    pub joined_at: Millis,
    pub parent: u32,
    pub exists: bool,
    /// The time of its last use.
    pub idle_since: Option<Millis>,
    pub tags: Vec<TagPair>,
}

impl Account {
    /// Returns true if a session may begin in it.
    pub fn is_active(&self) -> bool {
        self.state.or(self.status).is_none_or(|state| state == "ACTIVE")
    }
}

/// A user. Multi-valued attributes are stored as the JSON arrays that AWS sends.
#[derive(Debug, Clone, Default)]
pub(super) struct User {
    pub id: Arc<str>,
    pub exists: bool,
    pub user_name: String,
    pub formatted: Option<String>,
    pub family_name: Option<String>,
    pub given_name: Option<String>,
    pub middle_name: Option<String>,
    pub honorific_prefix: Option<String>,
    pub honorific_suffix: Option<String>,
    pub display_name: Option<String>,
    pub nick_name: Option<String>,
    pub profile_url: Option<String>,
    pub emails: Option<Value>,
    pub addresses: Option<Value>,
    pub phone_numbers: Option<Value>,
    pub photos: Option<Value>,
    pub roles: Option<Value>,
    pub external_ids: Option<Value>,
    pub extensions: Option<Value>,
    pub user_type: Option<String>,
    pub title: Option<String>,
    pub preferred_language: Option<String>,
    pub locale: Option<String>,
    pub timezone: Option<String>,
    pub website: Option<String>,
    pub birthdate: Option<String>,
    pub status: Option<&'static str>,
    pub created_at: Millis,
    pub updated_at: Millis,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Group {
    pub id: Arc<str>,
    pub exists: bool,
    pub display_name: String,
    pub description: Option<String>,
    pub external_ids: Option<Value>,
    pub created_at: Millis,
    pub updated_at: Millis,
}

/// A user's membership in a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Member {
    pub user: u32,
    pub since: Millis,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Boundary {
    Managed(String),
    Customer { path: Option<String>, name: String },
}

#[derive(Debug, Clone, Default)]
pub(super) struct PermissionSet {
    pub arn: Arc<str>,
    pub exists: bool,
    pub name: String,
    pub description: Option<String>,
    pub session_duration: String,
    pub relay_state: Option<String>,
    pub created_at: Millis,
    /// The names of AWS managed policies, with the path that some have (`job-function/Billing`).
    pub aws_managed: Vec<String>,
    /// The path (`None` if AWS omits it, which means `/`) and the name.
    pub customer_managed: Vec<(Option<String>, String)>,
    pub inline: Option<String>,
    pub boundary: Option<Boundary>,
    pub tags: Vec<TagPair>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum PrincipalKind {
    Group,
    User,
}

impl PrincipalKind {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Group => "GROUP",
            Self::User => "USER",
        }
    }
}

/// A permission set's presence in an account.
#[derive(Debug, Clone, Default)]
pub(super) struct Pair {
    /// True if it is provisioned at the set's latest version.
    pub latest: bool,
    /// The assigned principals, sorted.
    pub principals: Vec<(PrincipalKind, u32)>,
}

/// The organization on one day.
#[derive(Debug)]
pub(super) struct World {
    pub day: u32,
    pub config: Arc<Config>,
    pub identity: Arc<Identity>,
    pub units: Vec<Arc<Unit>>,
    pub accounts: Vec<Arc<Account>>,
    pub users: Vec<Arc<User>>,
    pub groups: Vec<Arc<Group>>,
    /// By group.
    pub members: Vec<Arc<Vec<Member>>>,
    pub sets: Vec<Arc<PermissionSet>>,
    /// By permission set, then account.
    pub pairs: BTreeMap<(u32, u32), Arc<Pair>>,
    /// The time when the directory sync last updated every user and group.
    pub synced_at: Option<Millis>,
    pub index: OnceLock<Index>,
    /// The policies of the organization, once requested.
    pub policies: OnceLock<Vec<Policy>>,
    /// The applications, once requested.
    pub applications: OnceLock<Vec<Application>>,
}

impl World {
    /// Returns the time of this day.
    pub fn now(&self) -> Millis {
        self.config.start.timestamp_millis() + i64::from(self.day) * DAY
    }

    pub fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::of(self))
    }

    /// Returns the policies of the organization, ordered by id.
    pub fn policies(&self) -> &[Policy] {
        self.policies.get_or_init(|| policies::policies(self))
    }

    /// Returns the policy with this id, if there is one.
    pub fn policy(&self, id: &str) -> Option<&Policy> {
        self.policies().iter().find(|policy| policy.id == id)
    }

    /// Returns the applications, ordered by number.
    pub fn applications(&self) -> &[Application] {
        self.applications.get_or_init(|| applications::applications(self))
    }

    /// Returns the next day's world before any change.
    pub fn tomorrow(&self) -> Self {
        Self {
            day: self.day + 1,
            config: self.config.clone(),
            identity: self.identity.clone(),
            units: self.units.clone(),
            accounts: self.accounts.clone(),
            users: self.users.clone(),
            groups: self.groups.clone(),
            members: self.members.clone(),
            sets: self.sets.clone(),
            pairs: self.pairs.clone(),
            synced_at: self.synced_at,
            index: OnceLock::new(),
            policies: OnceLock::new(),
            applications: OnceLock::new(),
        }
    }

    pub fn management_account(&self) -> &Account {
        &self.accounts[self.identity.management_account as usize]
    }

    pub fn partition(&self) -> &'static str {
        self.config.partition.as_str()
    }

    pub fn organization_arn(&self) -> String {
        self.organizations_arn("organization", None)
    }

    pub fn account_arn(&self, account: &Account) -> String {
        self.organizations_arn("account", Some(&account.id))
    }

    pub fn unit_arn(&self, unit: &Unit) -> String {
        self.organizations_arn(if unit.parent.is_none() { "root" } else { "ou" }, Some(&unit.id))
    }

    fn organizations_arn(&self, kind: &str, id: Option<&str>) -> String {
        let owner = &self.management_account().id;
        let organization = &self.identity.organization_id;
        let id = id.map(|id| format!("/{id}")).unwrap_or_default();
        format!("arn:{}:organizations::{owner}:{kind}/{organization}{id}", self.partition())
    }

    pub fn instance_arn(&self) -> String {
        format!("arn:{}:sso:::instance/ssoins-{}", self.partition(), self.identity.instance_hex)
    }

    /// Returns the ARN of the member account's own instance, which exists if `Instances` includes it.
    pub fn account_instance_arn(&self) -> String {
        let reversed: String = self.identity.instance_hex.chars().rev().collect();
        format!("arn:{}:sso:::instance/ssoins-{reversed}", self.partition())
    }

    pub fn store_id(&self) -> String {
        format!("d-{}", self.identity.store_hex)
    }

    pub fn account_store_id(&self) -> String {
        format!("d-{}", self.identity.store_hex.chars().rev().collect::<String>())
    }

    /// Returns the ARN of a user, group or membership
    /// (<https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsidentitystore.html>).
    pub fn identity_arn(&self, kind: &str, id: &str) -> String {
        format!("arn:{}:identitystore:::{kind}/{id}", self.partition())
    }

    pub fn managed_policy_arn(&self, name: &str) -> String {
        format!("arn:{}:iam::aws:policy/{name}", self.partition())
    }

    /// Returns a membership's id. It follows from the user, the group and the time, so that leaving and returning
    /// creates a new one.
    pub fn membership_id(&self, group: u32, member: Member) -> String {
        let parts = [
            &*self.groups[group as usize].id,
            &*self.users[member.user as usize].id,
            &member.since.to_string(),
        ];
        format!("{}-{}", self.identity.store_hex, dice::uuid_from(self.config.seed, &parts))
    }

    /// Returns the ids from the organization down to the account, without a trailing slash.
    pub fn account_path(&self, account: &Account) -> String {
        format!("{}/{}", self.index().unit_paths[account.parent as usize], account.id)
    }

    /// Returns true if the permission set is listed.
    pub fn lists_set(&self, set: u32) -> bool {
        self.sets[set as usize].exists && !(self.is_half_deleted() && set == HALF_DELETED_SET)
    }

    /// Returns true if the pair of permission set and account is listed among the provisioned pairs.
    pub fn lists_pair(&self, set: u32, account: u32) -> bool {
        let parts = ["half deleted", &self.sets[set as usize].arn, &self.accounts[account as usize].id];
        self.lists_set(set)
            && !(self.is_half_deleted() && dice::hash(self.config.seed, &parts).is_multiple_of(10))
    }

    fn is_half_deleted(&self) -> bool {
        self.config.half_deleted_since.is_some_and(|day| self.day >= day)
    }

    pub fn principal_id(&self, kind: PrincipalKind, position: u32) -> &Arc<str> {
        match kind {
            PrincipalKind::Group => &self.groups[position as usize].id,
            PrincipalKind::User => &self.users[position as usize].id,
        }
    }

    pub fn principal_exists(&self, kind: PrincipalKind, position: u32) -> bool {
        match kind {
            PrincipalKind::Group => self.groups[position as usize].exists,
            PrincipalKind::User => self.users[position as usize].exists,
        }
    }

    /// Returns the time when a user or group was last updated, by its own change or by the directory sync.
    pub fn updated_at(&self, own: Millis) -> Millis {
        own.max(self.synced_at.unwrap_or(own))
    }

    /// Returns the author of the last update. The value names the sync's run, so that it changes with every run, like
    /// the time.
    pub fn updated_by(&self, own: Millis) -> Option<String> {
        match self.synced_at {
            Some(synced) if synced >= own => {
                let run = dice::uuid_from(self.config.seed, &["sync", &synced.to_string()]);
                Some(self.role_session("DirectorySync", &run))
            }
            _ => self.created_by(own),
        }
    }

    /// Returns the creator of a user, group or membership. The API only says "the identifier of the user or system",
    /// and the one value ever observed is the id of an account. Each of the plausible forms is sent.
    pub fn created_by(&self, created_at: Millis) -> Option<String> {
        match dice::hash(self.config.seed, &["created by", &created_at.to_string()]) % 8 {
            0..3 => Some(self.management_account().id.to_string()),
            3 => Some(self.role_session("IdentityAdmin", "console")),
            4 => Some(self.users.first()?.id.to_string()),
            5 => Some("sso.amazonaws.com".to_owned()),
            6 => Some("AWS Directory Service".to_owned()),
            _ => None,
        }
    }

    fn role_session(&self, role: &str, session: &str) -> String {
        let account = &self.management_account().id;
        format!("arn:{}:sts::{account}:assumed-role/{role}/{session}", self.partition())
    }
}

/// The permission set that is in no listing, if configured.
const HALF_DELETED_SET: u32 = 1;

pub(super) const DAY: Millis = 86_400_000;

/// Formats a time as RFC 3339 in UTC, to the second, or to the millisecond if there are any.
pub(super) fn rfc3339(at: Millis) -> String {
    let format = if at % 1000 == 0 { SecondsFormat::Secs } else { SecondsFormat::Millis };
    DateTime::from_timestamp_millis(at)
        .expect("simulated times lie within a few years of the start")
        .to_rfc3339_opts(format, true)
}

/// Returns seconds since 1970, like a time in AWS JSON 1.1.
pub(super) fn epoch(at: Millis) -> Value {
    Value::from(at as f64 / 1000.0)
}

/// Returns the items with their positions.
pub(super) fn numbered<T>(items: &[Arc<T>]) -> impl Iterator<Item = (u32, &Arc<T>)> {
    items.iter().enumerate().map(|(position, item)| (position as u32, item))
}
