//! Access changes in sentences: user, change, permission set, account, path, and causes.
//!
//! Users with the same change for the same reasons share an entry: a policy of a widely used permission set alters
//! thousands of accesses, and is read once.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde_json::Value;

use super::super::change::{AccessChange, AccessChangeKind, AccessPath, Cause, CauseKind, ChangeKind};
use super::super::names::{policy_name, policy_words};
use super::report::{Detail, Entry, Section};
use super::rows::hidden_by;
use crate::model::{self, AccessRole};

/// The number of names that are written out before the rest is counted.
const NAMED: usize = 5;

/// Returns the section of the access changes one by one.
pub fn section(changes: &[AccessChange]) -> Section {
    Section { heading: "access".to_owned(), entries: entries(changes), rest: Vec::new() }
}

/// Returns the entries of the access changes, gained ones first.
pub fn entries<'d>(changes: impl IntoIterator<Item = &'d AccessChange>) -> Vec<Entry> {
    let mut likes = Likes::default();
    let mut places: BTreeMap<EntryKey<'_>, Vec<&AccessChange>> = BTreeMap::new();
    for change in changes {
        places.entry(place(change, &mut likes)).or_default().push(change);
    }
    places.into_values().map(|changes| entry(&changes)).collect()
}

fn entry(changes: &[&AccessChange]) -> Entry {
    let first = changes[0];
    let mut details = Vec::new();
    if first.change == AccessChangeKind::Rerouted {
        details.push(Detail::Plain(format!("before: {}", through(&first.before_ways))));
        details.push(Detail::Plain(format!("now: {}", through(&first.after_ways))));
    }
    details.extend(first.causes.iter().map(|cause| Detail::Because(because(cause, changes))));
    details.extend(unseen(first).map(Detail::Aside));
    Entry { sign: sign(first.change), line: headline(changes), details }
}

/// Returns the description of the hidden part of the change, with its gap.
pub fn unseen(change: &AccessChange) -> Option<String> {
    change.gap.as_ref().map(|gap| format!("{} {}", not_seen(change), hidden_by(gap)))
}

/// Returns the words for the part that a gap hides: the causes, or else a path beside theirs.
fn not_seen(change: &AccessChange) -> &'static str {
    let is_all_known = !change.causes.iter().any(|cause| cause.is_unknown());
    match (change.before_ways.is_empty(), change.after_ways.is_empty()) {
        (true, _) if is_all_known => "there may have been another path, not seen",
        (_, true) if is_all_known => "there may still be another path, not seen",
        _ => "not seen",
    }
}

/// Returns the sign in front of the change.
pub fn sign(change: AccessChangeKind) -> ChangeKind {
    match change {
        AccessChangeKind::Gained => ChangeKind::Added,
        AccessChangeKind::Lost => ChangeKind::Removed,
        AccessChangeKind::Altered | AccessChangeKind::Rerouted => ChangeKind::Changed,
        AccessChangeKind::Unknown => ChangeKind::Unknown,
    }
}

/// The key of changes that share an entry, which also gives the order of entries.
type EntryKey<'d> = (AccessChangeKind, &'d str, &'d str, Vec<Arc<str>>, String);
/// The descriptions of causes that thousands of changes may share.
type Likes = HashMap<*const Cause, Arc<str>>;

fn place<'d>(change: &'d AccessChange, likes: &mut Likes) -> EntryKey<'d> {
    let like = |cause: &Arc<Cause>| {
        Arc::clone(likes.entry(Arc::as_ptr(cause)).or_insert_with(|| like(cause).into()))
    };
    let causes = change.causes.iter().map(like).collect();
    // A change through a policy or a user happens in many accounts; any other change in one.
    let account = if change.change == AccessChangeKind::Altered { "" } else { account(change) };
    let ways = match change.change {
        AccessChangeKind::Rerouted => format!("{:?} {:?}", change.before_ways, change.after_ways),
        _ => String::new(),
    };
    (change.change, permission_set(change), account, causes, ways)
}

/// Returns the properties of a cause that are equal for several users.
fn like(cause: &Cause) -> String {
    let key: Vec<_> = cause.key.iter().filter(|(column, _)| *column != "user_id").collect();
    let hidden = cause.gap.as_ref().map(hidden_by);
    let happened = (cause.kind, cause.change, &cause.by, &cause.at, hidden, cause.last_seen);
    format!("{key:?} {happened:?}")
}

fn headline(changes: &[&AccessChange]) -> String {
    let first = changes[0];
    // All administrators are named.
    let most = if first.privileged { usize::MAX } else { NAMED };
    let who = named("users", changes.iter().map(|change| user(change)).collect(), most);
    let place = named("accounts", changes.iter().map(|change| account(change)).collect(), NAMED);
    let set = permission_set(first);
    let ways = if first.after_ways.is_empty() { &first.before_ways } else { &first.after_ways };
    match first.change {
        AccessChangeKind::Gained => format!("{who} gained {set} in {place}, {}", through(ways)),
        AccessChangeKind::Lost => format!("{who} lost {set} in {place}"),
        AccessChangeKind::Altered => {
            let has = if is_one(changes) { "has" } else { "have" };
            let only = |kind| first.causes.iter().all(|cause| cause.kind == kind);
            let how = if only(CauseKind::UserDisabled) {
                "now as a disabled user"
            } else if only(CauseKind::UserEnabled) {
                "now as an enabled user"
            } else {
                "but not the same"
            };
            format!("{who} still {has} {set} in {place}, {how}")
        }
        AccessChangeKind::Rerouted => {
            let reaches = if is_one(changes) { "reaches" } else { "reach" };
            format!("{who} {reaches} {set} in {place} by another path")
        }
        AccessChangeKind::Unknown => format!("{who}: {set} in {place}, {}", unseen_side(first)),
    }
}

/// Returns the side on which an unknown change was not seen.
pub fn unseen_side(change: &AccessChange) -> &'static str {
    match (change.before_ways.is_empty(), change.after_ways.is_empty()) {
        (true, _) => "not seen before",
        (_, true) => "not seen now",
        _ => "not wholly seen",
    }
}

fn is_one(changes: &[&AccessChange]) -> bool {
    changes.iter().all(|change| change.user_id == changes[0].user_id)
}

fn because(cause: &Cause, changes: &[&AccessChange]) -> String {
    let change = changes[0];
    let of_key = |column: &str| cause.key.get(column).and_then(Value::as_str).unwrap_or_default();
    let group = || cause.group_name.as_deref().unwrap_or_else(|| group_name(change, of_key("group_id")));
    let whom = || if is_one(changes) { format!("user {}", user(change)) } else { "each user".to_owned() };
    let mut words = match cause.kind {
        CauseKind::MembershipAdded => format!("added to group {}", group()),
        CauseKind::MembershipRemoved => format!("removed from group {}", group()),
        CauseKind::AssignmentGranted | CauseKind::AssignmentRevoked => {
            let whose = match of_key("principal_type") {
                "GROUP" => format!("group {}", group_name(change, of_key("principal_id"))),
                _ => format!("user {}", user(change)),
            };
            let done = if cause.kind == CauseKind::AssignmentGranted {
                "was assigned"
            } else {
                "is no longer assigned"
            };
            format!("{whose} {done} {} in {}", permission_set(change), account(change))
        }
        CauseKind::UserCreated => format!("{} was created", whom()),
        CauseKind::UserDeleted => format!("{} was deleted", whom()),
        CauseKind::UserEnabled => format!("{} was enabled", whom()),
        CauseKind::UserDisabled => format!("{} was disabled", whom()),
        CauseKind::GroupCreated => format!("group {} was created", group()),
        CauseKind::GroupDeleted => format!("group {} was deleted", group()),
        CauseKind::GroupRecreated => format!("group {} was deleted and created again", group()),
        CauseKind::PermissionSetCreated => format!("permission set {} was created", permission_set(change)),
        CauseKind::PermissionSetDeleted => format!("permission set {} was deleted", permission_set(change)),
        CauseKind::AccountCreated => format!("account {} is new in the organization", account(change)),
        CauseKind::AccountDeleted => format!("account {} is no longer in the organization", account(change)),
        CauseKind::PolicyChanged => {
            let (what, done) = content(cause);
            if part(cause) == AccessRole::ManagedPolicy {
                format!("{what}, which {} has, {done}", permission_set(change))
            } else {
                let preposition = match cause.change {
                    ChangeKind::Added => "to",
                    ChangeKind::Removed => "from",
                    ChangeKind::Changed | ChangeKind::Unknown => "in",
                };
                format!("{what} {done} {preposition} {}", permission_set(change))
            }
        }
    };
    let said: Vec<String> = [("by", &cause.by), ("at", &cause.at)]
        .into_iter()
        .filter_map(|(word, value)| Some(format!("{word} {}", value.as_ref()?)))
        .collect();
    if !said.is_empty() {
        words.push_str(&format!(" ({})", said.join(", ")));
    }
    if cause.is_unknown() {
        words.push_str(", or was not seen");
    }
    if let Some(snapshot) = cause.last_seen {
        words.push_str(&format!(", last seen before in snapshot {snapshot}"));
    }
    words
}

/// Returns the changed part of a permission set's content, and the change.
pub fn content(cause: &Cause) -> (String, &'static str) {
    let of_key = |column: &str| cause.key.get(column).and_then(Value::as_str).unwrap_or_default();
    match part(cause) {
        AccessRole::PermissionSet => return ("the session duration".to_owned(), "changed"),
        AccessRole::ManagedPolicy => {
            let name = policy_name(of_key("policy_arn"));
            return (format!("AWS's policy {name}"), "says something else");
        }
        _ => {}
    }
    let what = match (of_key("kind"), policy_name(of_key("policy"))) {
        ("inline", _) if cause.change == ChangeKind::Added => "an inline policy".to_owned(),
        ("inline", _) => "the inline policy".to_owned(),
        (kind @ "permissions_boundary", name) => policy_words(kind, name),
        (_, name) => format!("policy {name}"),
    };
    let done = match cause.change {
        ChangeKind::Added => "was attached",
        ChangeKind::Removed => "was detached",
        ChangeKind::Changed | ChangeKind::Unknown => "changed",
    };
    (what, done)
}

/// Returns the role in access of the cause's row.
fn part(cause: &Cause) -> AccessRole {
    model::resource(cause.resource).map_or(AccessRole::None, |spec| spec.in_access)
}

fn through(ways: &[AccessPath]) -> String {
    let ways: Vec<String> = ways
        .iter()
        .map(|way| match way {
            AccessPath::Direct => "directly".to_owned(),
            AccessPath::Group { group_id, group_name } => {
                format!("through group {}", group_name.as_ref().unwrap_or(group_id))
            }
        })
        .collect();
    ways.join(" and ")
}

/// Returns up to `most` names, with their number if there are more.
fn named(what: &str, names: BTreeSet<&str>, most: usize) -> String {
    let shown = |number| names.iter().take(number).copied().collect::<Vec<_>>().join(", ");
    match names.len() {
        all if all > most => format!("{all} {what} ({}, …)", shown(NAMED)),
        all if all > NAMED => format!("{all} {what} ({})", shown(all)),
        all => shown(all),
    }
}

/// Returns the user's name, or else the id.
pub fn user(change: &AccessChange) -> &str {
    change.user_name.as_ref().unwrap_or(&change.user_id)
}

/// Returns the account's name, or else the id.
pub fn account(change: &AccessChange) -> &str {
    change.account_name.as_ref().unwrap_or(&change.account_id)
}

/// Returns the permission set's name, or else its ARN.
pub fn permission_set(change: &AccessChange) -> &str {
    change.permission_set_name.as_ref().unwrap_or(&change.permission_set_arn)
}

/// Returns the group's name from the paths of the change, or else its id.
pub fn group_name<'d>(change: &'d AccessChange, id: &'d str) -> &'d str {
    change
        .after_ways
        .iter()
        .chain(&change.before_ways)
        .find_map(|way| match way {
            AccessPath::Group { group_id, group_name } if **group_id == *id => group_name.as_deref(),
            _ => None,
        })
        .unwrap_or(id)
}
