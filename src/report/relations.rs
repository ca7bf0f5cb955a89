//! The rows behind a page. Each thing is stored once, and rows refer to it by its place in a list. The page joins the
//! rows itself, so that a path of access takes no space.

use std::collections::HashSet;

use crate::document::services::Tier;

/// The state of a thing in the snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The thing exists.
    There,
    /// The thing was deleted, or left the organization.
    Gone,
    /// The thing was not seen, which does not mean that it was deleted.
    NotSeen,
}

/// A person: a user of the identity store.
#[derive(Debug, Clone)]
pub struct Person {
    /// Id in the identity store.
    pub user_id: String,
    /// Sign-in name; the last known one for a deleted user.
    pub user_name: Option<String>,
    /// Full name.
    pub display_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// True if sign-in is disabled.
    pub is_disabled: bool,
    /// The state of the user in the snapshot.
    pub standing: Standing,
}

/// A group of the identity store.
#[derive(Debug, Clone)]
pub struct Group {
    /// Id in the identity store.
    pub group_id: String,
    /// Name; the last known one for a deleted group.
    pub name: Option<String>,
    /// The state of the group in the snapshot.
    pub standing: Standing,
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// The account id, 12 digits.
    pub account_id: String,
    /// Name; the last known one for an account that left the organization.
    pub name: Option<String>,
    /// State in AWS's words.
    pub state: Option<String>,
    /// True for the management account.
    pub is_management: bool,
    /// Place in [`Relations::ous`]; `None` if it is unknown.
    pub ou: Option<u32>,
    /// True if `--production` selects the account.
    pub is_production: bool,
    /// The state of the account in the snapshot.
    pub standing: Standing,
}

/// A root or an OU that has accounts.
#[derive(Debug, Clone)]
pub struct Ou {
    /// Id of the root or OU.
    pub id: String,
    /// Names from the root down, joined by slashes; `None` if they are unknown.
    pub path: Option<String>,
}

/// A permission set.
#[derive(Debug, Clone)]
pub struct PermissionSet {
    /// ARN of the permission set.
    pub permission_set_arn: String,
    /// Name; the last known one for a deleted permission set.
    pub name: Option<String>,
    /// Length of a session, as AWS writes it.
    pub session_duration: Option<String>,
    /// The tier of its access.
    pub tier: Tier,
    /// The reasons for the administrator tier.
    pub reasons: Vec<String>,
    /// Its policies, each with kind and name.
    pub policies: Vec<(String, String)>,
    /// The state of the permission set in the snapshot.
    pub standing: Standing,
}

/// The beginning of a row: the first time at which it was seen, and the last before at which it did not exist. Both are
/// places in [`Relations::times`].
#[derive(Debug, Clone, Copy)]
pub struct Since {
    /// The time at which the row was first seen.
    pub first_seen: u32,
    /// The row began after this time; `None` if it may have begun before the first snapshot.
    pub not_before: Option<u32>,
}

/// A membership of a person in a group.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Place in [`Relations::groups`].
    pub group: u32,
    /// Place in [`Relations::people`].
    pub person: u32,
    /// The beginning of the membership.
    pub since: Since,
}

/// The holder of an assignment: a place in [`Relations::groups`] or [`Relations::people`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A group.
    Group(u32),
    /// A person.
    Person(u32),
}

/// An assignment of a permission set in an account.
#[derive(Debug, Clone, Copy)]
pub struct Assignment {
    /// Place in [`Relations::accounts`].
    pub account: u32,
    /// Place in [`Relations::sets`].
    pub set: u32,
    /// The holder.
    pub principal: Principal,
    /// The beginning of the assignment.
    pub since: Since,
    /// True if the user or group was deleted, so that nobody has the access.
    pub is_orphan: bool,
}

/// A row that ended since the baseline.
#[derive(Debug, Clone, Copy)]
pub struct Gone<T> {
    /// The row.
    pub what: T,
    /// The first time at which it no longer existed, a place in [`Relations::times`].
    pub gone: u32,
}

/// All rows that a page joins.
#[derive(Debug, Clone, Default)]
pub struct Relations {
    /// Times of snapshots, RFC 3339, oldest first.
    pub times: Vec<String>,
    /// The OUs and roots of the accounts.
    pub ous: Vec<Ou>,
    /// People, by name.
    pub people: Vec<Person>,
    /// Groups, by name.
    pub groups: Vec<Group>,
    /// Accounts, by name.
    pub accounts: Vec<Account>,
    /// Permission sets, by name.
    pub sets: Vec<PermissionSet>,
    /// Memberships, by group.
    pub members: Vec<Member>,
    /// Assignments, by principal.
    pub assignments: Vec<Assignment>,
    /// Memberships that ended since the baseline.
    pub gone_members: Vec<Gone<Member>>,
    /// Assignments that ended since the baseline.
    pub gone_assignments: Vec<Gone<Assignment>>,
}

impl Relations {
    /// Returns the people with at least one of the assignments that `keep` accepts, directly or through a group: one
    /// flag for each place in `people`. People who were deleted or not seen do not count.
    pub fn people_with(&self, keep: impl Fn(&Assignment) -> bool) -> Vec<bool> {
        let mut groups = vec![false; self.groups.len()];
        let mut people = vec![false; self.people.len()];
        for assignment in self.assignments.iter().filter(|one| keep(one)) {
            match assignment.principal {
                Principal::Group(group) => groups[group as usize] = true,
                Principal::Person(person) => people[person as usize] = true,
            }
        }
        for member in self.members.iter().filter(|one| groups[one.group as usize]) {
            people[member.person as usize] = true;
        }
        for (is_counted, person) in people.iter_mut().zip(&self.people) {
            *is_counted &= person.standing == Standing::There;
        }
        people
    }

    /// Returns the part of the relations about these accounts: the accounts, their assignments, the principals of
    /// those, and the members of these groups. Places change.
    pub fn of_accounts(&self, accounts: &HashSet<String>) -> Self {
        let is_kept: Vec<bool> = self.accounts.iter().map(|one| accounts.contains(&one.account_id)).collect();
        let assignments = || self.assignments.iter().chain(self.gone_assignments.iter().map(|one| &one.what));
        let kept = || assignments().filter(|one| is_kept[one.account as usize]);
        let (mut groups, mut people) = (vec![false; self.groups.len()], vec![false; self.people.len()]);
        let mut sets = vec![false; self.sets.len()];
        for assignment in kept() {
            sets[assignment.set as usize] = true;
            match assignment.principal {
                Principal::Group(group) => groups[group as usize] = true,
                Principal::Person(person) => people[person as usize] = true,
            }
        }
        let members = self.members.iter().chain(self.gone_members.iter().map(|one| &one.what));
        for member in members.filter(|one| groups[one.group as usize]) {
            people[member.person as usize] = true;
        }
        let mut ous = vec![false; self.ous.len()];
        for (account, _) in self.accounts.iter().zip(&is_kept).filter(|(_, is_kept)| **is_kept) {
            account.ou.into_iter().for_each(|ou| ous[ou as usize] = true);
        }
        let places = Places {
            ous: Place::of(&ous),
            accounts: Place::of(&is_kept),
            groups: Place::of(&groups),
            people: Place::of(&people),
            sets: Place::of(&sets),
        };
        places.narrow(self)
    }
}

/// The new places of the kept things of one list.
struct Place(Vec<Option<u32>>);

impl Place {
    fn of(is_kept: &[bool]) -> Self {
        let mut next = 0..;
        Self(is_kept.iter().map(|is_kept| is_kept.then(|| next.next()).flatten()).collect())
    }

    fn moved(&self, old: u32) -> Option<u32> {
        self.0[old as usize]
    }

    fn keep<T: Clone>(&self, all: &[T]) -> Vec<T> {
        all.iter().zip(&self.0).filter(|(_, place)| place.is_some()).map(|(one, _)| one.clone()).collect()
    }
}

/// The new places of the kept things of all lists.
struct Places {
    ous: Place,
    accounts: Place,
    groups: Place,
    people: Place,
    sets: Place,
}

impl Places {
    fn narrow(&self, all: &Relations) -> Relations {
        let mut accounts = self.accounts.keep(&all.accounts);
        for account in &mut accounts {
            account.ou = account.ou.and_then(|ou| self.ous.moved(ou));
        }
        Relations {
            times: all.times.clone(),
            ous: self.ous.keep(&all.ous),
            people: self.people.keep(&all.people),
            groups: self.groups.keep(&all.groups),
            accounts,
            sets: self.sets.keep(&all.sets),
            members: all.members.iter().filter_map(|one| self.member(one)).collect(),
            assignments: all.assignments.iter().filter_map(|one| self.assignment(one)).collect(),
            gone_members: all
                .gone_members
                .iter()
                .filter_map(|one| Some(Gone { what: self.member(&one.what)?, gone: one.gone }))
                .collect(),
            gone_assignments: all
                .gone_assignments
                .iter()
                .filter_map(|one| Some(Gone { what: self.assignment(&one.what)?, gone: one.gone }))
                .collect(),
        }
    }

    fn member(&self, one: &Member) -> Option<Member> {
        let (group, person) = (self.groups.moved(one.group)?, self.people.moved(one.person)?);
        Some(Member { group, person, since: one.since })
    }

    fn assignment(&self, one: &Assignment) -> Option<Assignment> {
        Some(Assignment {
            account: self.accounts.moved(one.account)?,
            set: self.sets.moved(one.set)?,
            principal: match one.principal {
                Principal::Group(group) => Principal::Group(self.groups.moved(group)?),
                Principal::Person(person) => Principal::Person(self.people.moved(person)?),
            },
            ..*one
        })
    }
}
