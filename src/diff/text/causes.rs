//! Access changes by cause, in one sentence each. Three users who were added to one group are one sentence, whatever it
//! grants them, and so is a policy that alters the access of thousands.
//!
//! Every access change belongs to exactly one group, so that the groups add up to the whole. The gains and losses of
//! administrators are in separate groups, listed first, which name everyone.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use serde_json::Value;

use super::super::change::{AccessChange, AccessChangeKind, Cause, CauseKind, Change};
use super::access::{
    account, content as content_of, group_name, permission_set, sign, unseen, unseen_side, user,
};
use super::report::{Detail, Entry};
use crate::amounts::counted;
use crate::document;
use crate::excerpt::excerpt;

/// The number of names that are written out as examples.
const EXAMPLES: usize = 3;
/// The number of an administrator's accounts that are named before they are counted.
const NAMED_ACCOUNTS: usize = 5;
/// The number of characters shown of the actions added and removed in a policy.
const ACTIONS: usize = 80;

/// Access changes of one kind with one cause, or with several causes of one kind about one group or permission set.
pub struct CauseGroup<'d> {
    pub cause: Option<&'d Cause>,
    pub is_privileged: bool,
    pub changes: Vec<&'d AccessChange>,
}

/// Returns the groups of the access changes: those of administrators first, then by the number of users.
pub fn groups(changes: &[AccessChange]) -> Vec<CauseGroup<'_>> {
    let mut groups: BTreeMap<_, CauseGroup<'_>> = BTreeMap::new();
    for change in changes {
        let cause = main_cause(change);
        let about = cause.map(|cause| (rank(cause.kind), subject(cause, change)));
        let hidden = (change.change == AccessChangeKind::Unknown).then(|| unseen(change));
        let key = (change.change, change.privileged, about, hidden, unseen_side(change));
        let group = groups.entry(key).or_insert_with(|| CauseGroup {
            cause,
            is_privileged: change.privileged,
            changes: Vec::new(),
        });
        group.changes.push(change);
    }
    let mut groups: Vec<_> = groups.into_values().collect();
    // Administrators' gains and losses are listed before mere alterations, however many users these have.
    groups.sort_by_key(|group| {
        let kind = group.is_privileged.then(|| group.changes[0].change);
        (!group.is_privileged, kind, Reverse(group.people().len()), Reverse(group.changes.len()))
    });
    groups
}

/// Returns the most informative cause: whole entities before parts of them, and seen causes before possible ones. A
/// removal explains no gain: a new member of a group also gets assignments in an account that left the organization.
pub(in crate::diff) fn main_cause(change: &AccessChange) -> Option<&Cause> {
    let causes = change.causes.iter().map(|cause| &**cause);
    let is_against = |kind| change.change == AccessChangeKind::Gained && kind == CauseKind::AccountDeleted;
    causes.min_by_key(|cause| (cause.is_unknown(), is_against(cause.kind), rank(cause.kind)))
}

/// Returns the rank of a cause; a lower rank is more informative.
fn rank(kind: CauseKind) -> u8 {
    match kind {
        CauseKind::GroupRecreated => 0,
        CauseKind::GroupCreated => 1,
        CauseKind::GroupDeleted => 2,
        CauseKind::PermissionSetCreated => 3,
        CauseKind::PermissionSetDeleted => 4,
        CauseKind::AccountCreated => 5,
        CauseKind::AccountDeleted => 6,
        CauseKind::UserCreated => 7,
        CauseKind::UserDeleted => 8,
        CauseKind::UserEnabled => 9,
        CauseKind::UserDisabled => 10,
        CauseKind::AssignmentGranted => 11,
        CauseKind::AssignmentRevoked => 12,
        CauseKind::MembershipAdded => 13,
        CauseKind::MembershipRemoved => 14,
        CauseKind::PolicyChanged => 15,
    }
}

/// Returns the group or permission set that a cause concerns; empty if causes of its kind are reported together.
fn subject<'d>(cause: &'d Cause, change: &'d AccessChange) -> &'d str {
    let of_key = |column: &str| cause.key.get(column).and_then(Value::as_str).unwrap_or_default();
    match cause.kind {
        CauseKind::MembershipAdded
        | CauseKind::MembershipRemoved
        | CauseKind::GroupCreated
        | CauseKind::GroupDeleted
        | CauseKind::GroupRecreated => of_key("group_id"),
        CauseKind::AssignmentGranted | CauseKind::AssignmentRevoked => match of_key("principal_type") {
            "GROUP" => of_key("principal_id"),
            _ => "",
        },
        CauseKind::PermissionSetCreated | CauseKind::PermissionSetDeleted | CauseKind::PolicyChanged => {
            &change.permission_set_arn
        }
        CauseKind::UserCreated
        | CauseKind::UserDeleted
        | CauseKind::UserEnabled
        | CauseKind::UserDisabled
        | CauseKind::AccountCreated
        | CauseKind::AccountDeleted => "",
    }
}

impl<'d> CauseGroup<'d> {
    /// Returns the group that the causes concern.
    fn about_group(&self) -> Option<NamedThing<'d>> {
        let (cause, change) = (self.cause?, self.changes[0]);
        let id = match cause.kind {
            CauseKind::PermissionSetCreated | CauseKind::PermissionSetDeleted | CauseKind::PolicyChanged => {
                ""
            }
            _ => subject(cause, change),
        };
        let name = cause.group_name.as_deref().unwrap_or_else(|| group_name(change, id));
        (!id.is_empty()).then_some(NamedThing { id, name })
    }

    /// Returns the users whose access changed, by id.
    pub fn people(&self) -> BTreeSet<&'d str> {
        self.changes.iter().map(|change| &*change.user_id).collect()
    }

    /// Returns the entry: the change, the users and the accounts. All administrators are named.
    ///
    /// `policies` are the rows that show the changes of a policy.
    pub fn entry(&self, policies: &[&Change]) -> Entry {
        let mut details = Vec::new();
        let people = Names::of(&self.changes, of_user);
        if self.is_privileged && people.count() > 1 {
            details.push(Detail::Plain(people.all()));
        }
        let first = self.changes[0];
        if first.change == AccessChangeKind::Unknown {
            details.extend(unseen(first).map(Detail::Aside));
        }
        Entry {
            sign: sign(first.change),
            line: format!("{} → {}", self.cause_in_words(policies), self.effect()),
            details,
        }
    }

    /// Returns the causes of this group's kind and subject.
    fn causes(&self) -> Vec<&'d Cause> {
        let Some(main) = self.cause else { return Vec::new() };
        let of_kind = self.changes.iter().flat_map(|change| {
            let is_its = |cause: &&Cause| {
                cause.kind == main.kind && subject(cause, change) == subject(main, self.changes[0])
            };
            change.causes.iter().map(|cause| &**cause).filter(is_its)
        });
        let mut causes: BTreeMap<String, &Cause> = BTreeMap::new();
        for cause in of_kind {
            causes.entry(format!("{} {:?}", cause.resource, cause.key)).or_insert(cause);
        }
        causes.into_values().collect()
    }

    fn cause_in_words(&self, policies: &[&Change]) -> String {
        let Some(main) = self.cause else { return "for reasons that were not seen".to_owned() };
        let first = self.changes[0];
        let causes = self.causes();
        let group = || match subject(main, first) {
            "" => "directly".to_owned(),
            id => format!("group {}", main.group_name.as_deref().unwrap_or_else(|| group_name(first, id))),
        };
        let assignments = counted(causes.len(), "assignment");
        let members = |done: &str| format!("{}: {}", group(), self.people_in_words("member", done));
        let users = |done: &str| self.people_in_words("user", done);
        let accounts = |done: &str| {
            let accounts = Names::of(&self.changes, of_account);
            format!("{} {done} ({})", counted(accounts.count(), "account"), accounts.examples())
        };
        let set = format!("permission set {}", permission_set(first));
        let mut words = match main.kind {
            CauseKind::MembershipAdded => members("added"),
            CauseKind::MembershipRemoved => members("removed"),
            CauseKind::AssignmentGranted => format!("{}: {assignments} granted", group()),
            CauseKind::AssignmentRevoked => format!("{}: {assignments} revoked", group()),
            CauseKind::UserCreated => users("created"),
            CauseKind::UserDeleted => users("deleted"),
            CauseKind::UserEnabled => users("enabled"),
            CauseKind::UserDisabled => users("disabled"),
            CauseKind::GroupCreated => format!("{}: created", group()),
            CauseKind::GroupDeleted => format!("{}: deleted", group()),
            CauseKind::GroupRecreated => format!("{}: deleted and created again", group()),
            CauseKind::PermissionSetCreated => format!("{set}: created"),
            CauseKind::PermissionSetDeleted => format!("{set}: deleted"),
            CauseKind::PolicyChanged => format!("{set}: {}", content(&causes, policies)),
            CauseKind::AccountCreated => accounts("new in the organization"),
            CauseKind::AccountDeleted => accounts("no longer in the organization"),
        };
        let by: BTreeSet<_> = causes.iter().map(|cause| cause.by.as_deref()).collect();
        if let (1, Some(Some(by))) = (by.len(), by.first()) {
            words.push_str(&format!(" by {by}"));
        }
        words
    }

    /// Returns `3 members added (ana, bo, cy)`. Administrators are named below; a single user is named with the effect.
    fn people_in_words(&self, noun: &str, done: &str) -> String {
        let people = Names::of(&self.changes, of_user);
        let counted = counted(people.count(), noun);
        match self.is_privileged || people.count() == 1 {
            true => format!("{counted} {done}"),
            false => format!("{counted} {done} ({})", people.examples()),
        }
    }

    /// Returns `3 people gained 2 permission sets in 41 accounts`.
    fn effect(&self) -> String {
        let first = self.changes[0];
        let people = Names::of(&self.changes, of_user);
        let sets = Names::of(&self.changes, of_set);
        let accounts = Names::of(&self.changes, of_account);
        let is_one = people.count() == 1;
        let who = if is_one { people.all() } else { format!("{} people", people.count()) };
        let set = match sets.count() {
            1..=2 => sets.0.join(" and "),
            many => format!("{many} permission sets"),
        };
        let place = match accounts.count() {
            1 => accounts.all(),
            some @ 2..=NAMED_ACCOUNTS if self.is_privileged => {
                format!("{some} accounts ({})", accounts.all())
            }
            many => format!("{many} accounts"),
        };
        let verb = |one: &'static str, several: &'static str| if is_one { one } else { several };
        match first.change {
            AccessChangeKind::Gained => format!("{who} gained {set} in {place}"),
            AccessChangeKind::Lost => format!("{who} lost {set} in {place}"),
            AccessChangeKind::Altered => format!("altered for {who} with {set} in {place}"),
            AccessChangeKind::Rerouted => {
                format!("rerouted: {who} {} {set} in {place} by another path", verb("reaches", "reach"))
            }
            AccessChangeKind::Unknown => {
                format!("unknown for {who} with {set} in {place}, {}", unseen_side(first))
            }
        }
    }
}

/// A group of access changes for programs: the content of the sentence, with all users, permission sets and accounts.
#[derive(Debug, Serialize)]
pub struct AccessByCause<'d> {
    /// The kind of change.
    pub change: AccessChangeKind,
    /// True if the access is that of an administrator's permission set.
    pub privileged: bool,
    /// The cause; `None` if it was not seen.
    pub cause: Option<CauseKind>,
    /// The group that the cause concerns; `None` if it concerns none.
    pub group: Option<NamedThing<'d>>,
    /// The rows that changed, each once, with who changed it and when, if AWS reports that.
    pub causes: Vec<&'d Cause>,
    /// The sentence of the text.
    pub summary: String,
    /// The users whose access changed.
    pub users: Vec<NamedThing<'d>>,
    /// The permission sets of the access.
    pub permission_sets: Vec<NamedThing<'d>>,
    /// The accounts of the access.
    pub accounts: Vec<NamedThing<'d>>,
    /// The number of access changes.
    pub access_changes: usize,
}

/// A user, permission set, account or group of access changes.
#[derive(Debug, Serialize)]
pub struct NamedThing<'d> {
    /// The id, or the ARN of a permission set.
    pub id: &'d str,
    /// The name, or the id if there is none.
    pub name: &'d str,
}

/// Returns the access changes of a diff by cause, in the order of the text.
pub fn by_cause<'d>(changes: &'d [AccessChange], rows: &[Change]) -> Vec<AccessByCause<'d>> {
    let policies = policies(rows);
    let told = |group: CauseGroup<'d>| {
        let named = |named: fn(&'d AccessChange) -> (&'d str, &'d str)| {
            let by_id: BTreeMap<_, _> = group.changes.iter().map(|change| named(change)).collect();
            by_id.into_iter().map(|(id, name)| NamedThing { id, name }).collect()
        };
        AccessByCause {
            change: group.changes[0].change,
            privileged: group.is_privileged,
            cause: group.cause.map(|cause| cause.kind),
            group: group.about_group(),
            causes: group.causes(),
            summary: group.entry(&policies).line,
            users: named(of_user),
            permission_sets: named(of_set),
            accounts: named(of_account),
            access_changes: group.changes.len(),
        }
    };
    groups(changes).into_iter().map(told).collect()
}

/// Returns the rows that show the changes of a policy.
pub(super) fn policies(rows: &[Change]) -> Vec<&Change> {
    rows.iter().filter(|row| !row.statements.is_empty()).collect()
}

/// Returns the changes of a permission set's content, for those who have it.
fn content(causes: &[&Cause], policies: &[&Change]) -> String {
    let row = |cause: &Cause| {
        policies.iter().find(|change| change.resource == cause.resource && change.key == cause.key)
    };
    let said = causes.iter().map(|cause| {
        let (what, done) = content_of(cause);
        let actions = row(cause).map(|change| document::actions(&change.statements)).unwrap_or_default();
        match actions.is_empty() {
            true => format!("{what} {done}"),
            false => format!("{what} {done} ({})", excerpt(&actions, ACTIONS)),
        }
    });
    said.collect::<Vec<_>>().join(", ")
}

/// The names of several entities, one for each: two may have the same name.
struct Names<'d>(Vec<&'d str>);

impl<'d> Names<'d> {
    fn of(changes: &[&'d AccessChange], named: fn(&'d AccessChange) -> (&'d str, &'d str)) -> Self {
        let names: BTreeMap<&str, &str> = changes.iter().map(|change| named(change)).collect();
        let mut names: Vec<&str> = names.into_values().collect();
        names.sort_unstable();
        Self(names)
    }

    fn count(&self) -> usize {
        self.0.len()
    }

    fn all(&self) -> String {
        self.0.join(", ")
    }

    /// Returns the first names, followed by `…` if there are more.
    fn examples(&self) -> String {
        let shown = self.0[..self.count().min(EXAMPLES)].join(", ");
        if self.count() > EXAMPLES { format!("{shown}, …") } else { shown }
    }
}

fn of_user(change: &AccessChange) -> (&str, &str) {
    (&change.user_id, user(change))
}

fn of_account(change: &AccessChange) -> (&str, &str) {
    (&change.account_id, account(change))
}

fn of_set(change: &AccessChange) -> (&str, &str) {
    (&change.permission_set_arn, permission_set(change))
}
