//! Random histories: users, groups, members and assignments. Any listing may break off on any day, and assignments may
//! be listed by pairs or by principals.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::select;

use crate::model::{Row, Scope};
use crate::store::GapKind;
use crate::store::testing::{Collection, World, row, scope};

/// The end of a listing: complete, cut off after its rows, or refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    Whole,
    CutOff,
    Refused,
}

/// The organization on one day, and the end of each listing. A value holds the row's columns; the second one is
/// volatile.
#[derive(Debug, Clone)]
pub struct Day {
    users: (End, BTreeMap<u8, (u8, u8)>),
    groups: (End, BTreeMap<u8, u8>),
    /// The end of each group's members listing. The members of a missing group are not listed.
    members: Vec<End>,
    memberships: BTreeMap<(u8, u8), (u8, u8)>,
    by_principals: bool,
    /// The end of the listing of each pair of account and permission set, or of each principal.
    assignments: Vec<End>,
    /// Each account, true if the principal is a group, and the principal's number.
    assigned: BTreeMap<(u8, bool, u8), ()>,
}

fn end() -> impl Strategy<Value = End> {
    select(vec![End::Whole, End::Whole, End::Whole, End::CutOff, End::Refused])
}

pub fn day() -> impl Strategy<Value = Day> {
    let value = || (0..2u8, 0..2u8);
    (
        (end(), proptest::collection::btree_map(0..3u8, value(), 0..3)),
        (end(), proptest::collection::btree_map(0..2u8, 0..2u8, 0..3)),
        proptest::collection::vec(end(), 2),
        proptest::collection::btree_map((0..2u8, 0..3u8), value(), 0..4),
        any::<bool>(),
        proptest::collection::vec(end(), 5),
        proptest::collection::btree_map((0..2u8, any::<bool>(), 0..3u8), Just(()), 0..4),
    )
        .prop_map(|(users, groups, members, memberships, by_principals, assignments, assigned)| Day {
            users,
            groups,
            members,
            memberships,
            by_principals,
            assignments,
            assigned,
        })
}

/// Collects and publishes the day.
pub fn collect(world: &mut World, day: &Day) {
    // A collection by principal also lists each pair with a row of another principal.
    let open = world.column(
        "SELECT account_id || principal_type || principal_id FROM account_assignments_versions WHERE valid_to IS NULL",
    );
    let mut collection = world.collect();
    let all = |resource| scope(resource, &[]);
    let users = day.users.1.iter().map(|(user, (status, at))| {
        row(
            "users",
            &[("user_id", &user.to_string()), ("user_status", word(*status)), ("updated_at", word(*at))],
        )
    });
    list(&mut collection, day.users.0, &[all("users")], &[], users.collect());
    let groups = day.groups.1.iter().map(|(group, text)| {
        row("groups", &[("group_id", &group.to_string()), ("description", word(*text))])
    });
    list(&mut collection, day.groups.0, &[all("groups")], &[all("group_memberships")], groups.collect());
    let listed = |end: End| end != End::Refused;
    for group in day.groups.1.keys().filter(|_| listed(day.groups.0)) {
        let covers = [scope("group_memberships", &[("group_id", &group.to_string())])];
        list(&mut collection, day.members[usize::from(*group)], &covers, &[], members(day, *group));
    }
    collection.strategy(if day.by_principals { "principals" } else { "pairs" });
    if day.by_principals {
        by_principals(&mut collection, day, &open);
    } else {
        (0..2).for_each(|account| pair(&mut collection, day, account, day.assignments[usize::from(account)]));
    }
    collection.publish();
}

fn word(value: u8) -> &'static str {
    ["one", "other"][usize::from(value)]
}

fn list(collection: &mut Collection<'_>, end: End, covers: &[Scope], hides: &[Scope], rows: Vec<Row>) {
    match end {
        End::Whole => collection.listed(covers, rows),
        End::CutOff => collection.failed(GapKind::Failed, covers, hides, rows),
        End::Refused => collection.failed(GapKind::Denied, covers, hides, vec![]),
    };
}

fn members(day: &Day, group: u8) -> Vec<Row> {
    let of_group = day.memberships.iter().filter(|((of, _), _)| *of == group);
    let member = |((group, user), (id, at)): (&(u8, u8), &(u8, u8))| {
        let (group, user) = (group.to_string(), user.to_string());
        let columns = [
            ("group_id", &*group),
            ("user_id", &user),
            ("membership_id", word(*id)),
            ("updated_at", word(*at)),
        ];
        row("group_memberships", &columns)
    };
    of_group.map(member).collect()
}

fn principal_type(is_group: bool) -> &'static str {
    if is_group { "GROUP" } else { "USER" }
}

fn assignments(day: &Day, wanted: impl Fn(&(u8, bool, u8)) -> bool) -> Vec<Row> {
    let rows = day.assigned.keys().filter(|key| wanted(key)).map(|(account, is_group, principal)| {
        let columns = [
            ("account_id", &*account.to_string()),
            ("permission_set_arn", "set"),
            ("principal_type", principal_type(*is_group)),
            ("principal_id", &principal.to_string()),
        ];
        row("account_assignments", &columns)
    });
    rows.collect()
}

fn pair(collection: &mut Collection<'_>, day: &Day, account: u8, end: End) {
    let covers = [scope(
        "account_assignments",
        &[("account_id", &account.to_string()), ("permission_set_arn", "set")],
    )];
    list(collection, end, &covers, &[], assignments(day, |(of, ..)| *of == account));
}

fn by_principals(collection: &mut Collection<'_>, day: &Day, open: &[String]) {
    let users = day.users.1.keys().map(|user| (false, *user));
    let groups = day.groups.1.keys().map(|group| (true, *group));
    let known: Vec<(bool, u8)> = users
        .filter(|_| day.users.0 != End::Refused)
        .chain(groups.filter(|_| day.groups.0 != End::Refused))
        .collect();
    for (index, (is_group, principal)) in known.iter().enumerate() {
        let (kind, id) = (principal_type(*is_group), principal.to_string());
        let covers = [scope("account_assignments", &[("principal_type", kind), ("principal_id", &id)])];
        let rows = assignments(day, |(_, of_group, of)| (*of_group, *of) == (*is_group, *principal));
        list(collection, day.assignments[index], &covers, &[], rows);
    }
    let is_known = |row: &str| {
        known
            .iter()
            .any(|(is_group, principal)| row[1..] == format!("{}{principal}", principal_type(*is_group)))
    };
    for account in 0..2u8 {
        let of_others = |row: &&String| row.starts_with(&account.to_string()) && !is_known(row);
        if open.iter().any(|row| of_others(&row)) {
            pair(collection, day, account, day.assignments[usize::from(account)]);
        }
    }
}
