//! Access changes by what brought them about, in one sentence each: three people who were added to one group, whatever
//! it gives them, are one thing to read, and so is a policy that alters the access of thousands.
//!
//! Every access change belongs to one group alone, so that the groups add up to the whole. What administrators gained
//! or lost stands in groups of its own, the first, which name everybody.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::super::change::{AccessChange, AccessChangeKind, Cause, CauseKind, Change};
use super::access::{
    account, content as content_of, group_name, permission_set, sign, unseen, unseen_side, user,
};
use super::report::{Detail, Entry};
use crate::document::StatementChange;
use crate::output::text;

/// So many names are written out as examples.
const EXAMPLES: usize = 3;
/// So many accounts of an administrator are named before they are counted.
const NAMED_ACCOUNTS: usize = 5;
/// So many characters of what changed in a policy are told.
const STATEMENT: usize = 80;

/// Access changes of one kind that one cause brought about, or several of one kind about one group or permission set.
pub struct CauseGroup<'d> {
    cause: Option<&'d Cause>,
    pub is_privileged: bool,
    pub changes: Vec<&'d AccessChange>,
}

/// The groups that the access changes make: those of administrators first, then by how many people they concern.
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
    // What an administrator gained or lost is read before what only altered, however many have it.
    groups.sort_by_key(|group| {
        let kind = group.is_privileged.then(|| group.changes[0].change);
        (!group.is_privileged, kind, Reverse(group.people().len()), Reverse(group.changes.len()))
    });
    groups
}

/// The cause that says most: what came or went as a whole before what came or went of it, and what was seen before what
/// may have been.
fn main_cause(change: &AccessChange) -> Option<&Cause> {
    let causes = change.causes.iter().map(|cause| &**cause);
    causes.min_by_key(|cause| (cause.is_unknown(), rank(cause.kind)))
}

/// Lower says more.
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

/// The group or permission set that a cause is about; nothing where causes of its kind are told together.
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
    /// The people whose access changed, by id.
    pub fn people(&self) -> BTreeSet<&'d str> {
        self.changes.iter().map(|change| &*change.user_id).collect()
    }

    /// What happened, to whom and where; of administrators everybody is named.
    ///
    /// `policies` are the rows that tell what changed in a policy.
    pub fn entry(&self, policies: &[&Change]) -> Entry {
        let mut details = Vec::new();
        let people = self.names(user);
        if self.is_privileged && people.len() > 1 {
            details.push(Detail::Plain(people.iter().copied().collect::<Vec<_>>().join(", ")));
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

    fn names(&self, name: impl Fn(&'d AccessChange) -> &'d str) -> BTreeSet<&'d str> {
        self.changes.iter().map(|change| name(change)).collect()
    }

    /// The rows of this kind that changed.
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
        let number = |one: &str, several: &str| match causes.len() {
            1 => format!("1 {one}"),
            many => format!("{many} {several}"),
        };
        let users = |done: &str| self.counted(user, "user", "users", done);
        let accounts = |done: &str| self.counted(account, "account", "accounts", done);
        let set = format!("permission set {}", permission_set(first));
        let mut words = match main.kind {
            CauseKind::MembershipAdded => {
                format!("{}: {}", group(), self.counted(user, "member", "members", "added"))
            }
            CauseKind::MembershipRemoved => {
                format!("{}: {}", group(), self.counted(user, "member", "members", "removed"))
            }
            CauseKind::AssignmentGranted => {
                format!("{}: {} granted", group(), number("assignment", "assignments"))
            }
            CauseKind::AssignmentRevoked => {
                format!("{}: {} revoked", group(), number("assignment", "assignments"))
            }
            CauseKind::UserCreated => users("created"),
            CauseKind::UserDeleted => users("deleted"),
            CauseKind::UserEnabled => users("enabled"),
            CauseKind::UserDisabled => users("disabled"),
            CauseKind::GroupCreated => format!("{}: created", group()),
            CauseKind::GroupDeleted => format!("{}: deleted", group()),
            CauseKind::GroupRecreated => format!("{}: deleted and made again", group()),
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

    /// `3 members added (ana, bo, cy)`; those of administrators are named below.
    fn counted(
        &self,
        name: impl Fn(&'d AccessChange) -> &'d str,
        one: &str,
        several: &str,
        done: &str,
    ) -> String {
        let names = self.names(name);
        let number = match names.len() {
            1 => format!("1 {one}"),
            many => format!("{many} {several}"),
        };
        let is_told_elsewhere = one != "account" && (self.is_privileged || names.len() == 1);
        match is_told_elsewhere {
            true => format!("{number} {done}"),
            false => format!("{number} {done} ({})", examples(&names)),
        }
    }

    /// `3 people gained 2 sets in 41 accounts`.
    fn effect(&self) -> String {
        let first = self.changes[0];
        let (people, sets, accounts) = (self.names(user), self.names(permission_set), self.names(account));
        let is_one = self.people().len() == 1;
        let who = one_or(&people, "people");
        let set = match sets.len() {
            1..=2 => sets.iter().copied().collect::<Vec<_>>().join(" and "),
            many => format!("{many} permission sets"),
        };
        let place = match accounts.len() {
            1 => first_of(&accounts),
            2..=NAMED_ACCOUNTS if self.is_privileged => {
                format!(
                    "{} accounts ({})",
                    accounts.len(),
                    accounts.iter().copied().collect::<Vec<_>>().join(", ")
                )
            }
            many => format!("{many} accounts"),
        };
        let verb = |one: &'static str, several: &'static str| if is_one { one } else { several };
        match first.change {
            AccessChangeKind::Gained => format!("{who} gained {set} in {place}"),
            AccessChangeKind::Lost => format!("{who} lost {set} in {place}"),
            AccessChangeKind::Altered => format!("altered for {who} with {set} in {place}"),
            AccessChangeKind::Rerouted => {
                format!("rerouted: {who} {} {set} in {place} another way", verb("reaches", "reach"))
            }
            AccessChangeKind::Unknown => {
                format!("unknown for {who} with {set} in {place}, {}", unseen_side(first))
            }
        }
    }
}

/// What changed of a permission set for those who have it.
fn content(causes: &[&Cause], policies: &[&Change]) -> String {
    let row = |cause: &Cause| {
        policies.iter().find(|change| change.resource == cause.resource && change.key == cause.key)
    };
    let mut said: Vec<String> = Vec::new();
    for cause in causes {
        let (what, done) = content_of(cause);
        let words = format!("{what} {done}");
        let actions: Vec<String> = row(cause).into_iter().flat_map(|change| actions(change)).collect();
        let actions = actions.join(" ");
        said.push(match actions.is_empty() {
            true => words,
            false => format!("{words} ({})", text::cut(&actions, STATEMENT)),
        });
    }
    said.join(", ")
}

/// `+ s3:PutBucketPolicy`: the actions that came and went in a policy that stays.
fn actions(change: &Change) -> Vec<String> {
    let (mut added, mut removed) = (Vec::new(), Vec::new());
    let is_action = |name: &str| matches!(name, "Action" | "NotAction");
    for StatementChange { elements, .. } in &change.statements {
        for element in elements.iter().filter(|element| is_action(&element.element)) {
            added.extend(element.added.iter().cloned());
            removed.extend(element.removed.iter().cloned());
        }
    }
    let words = |sign: &str, actions: &[String]| {
        (!actions.is_empty()).then(|| format!("{sign} {}", actions.join(", ")))
    };
    words("+", &added).into_iter().chain(words("-", &removed)).collect()
}

/// The first names, and that there are more.
fn examples(names: &BTreeSet<&str>) -> String {
    let shown = names.iter().take(EXAMPLES).copied().collect::<Vec<_>>().join(", ");
    if names.len() > EXAMPLES { format!("{shown}, …") } else { shown }
}

fn one_or(names: &BTreeSet<&str>, several: &str) -> String {
    match names.len() {
        1 => first_of(names),
        many => format!("{many} {several}"),
    }
}

fn first_of(names: &BTreeSet<&str>) -> String {
    names.first().copied().unwrap_or_default().to_owned()
}
