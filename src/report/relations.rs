//! The rows that a page is made of, each thing once and everything else by its place in a list: the page joins them
//! itself, so that a path of access costs nothing.

use std::collections::HashSet;

use crate::document::services::Tier;

/// Whether a thing is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// The snapshot has it.
    There,
    /// It was deleted, or left the organization.
    Gone,
    /// The snapshot did not see it, which does not say that it is gone.
    NotSeen,
}

/// A person: a user of the identity store.
#[derive(Debug, Clone)]
pub struct Person {
    /// Id in the identity store.
    pub user_id: String,
    /// Sign-in name, the last known one of who is gone.
    pub user_name: Option<String>,
    /// Full name.
    pub display_name: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Whether signing in is disabled.
    pub is_disabled: bool,
    /// Whether the user is there.
    pub standing: Standing,
}

/// A group of the identity store.
#[derive(Debug, Clone)]
pub struct Group {
    /// Id in the identity store.
    pub group_id: String,
    /// Name, the last known one of what is gone.
    pub name: Option<String>,
    /// Whether the group is there.
    pub standing: Standing,
}

/// An account.
#[derive(Debug, Clone)]
pub struct Account {
    /// 12 digits.
    pub account_id: String,
    /// Name, the last known one of what is gone.
    pub name: Option<String>,
    /// State, as AWS has it.
    pub state: Option<String>,
    /// Whether it manages the organization.
    pub is_management: bool,
    /// Place in [`Relations::ous`]; `None` where it is not known.
    pub ou: Option<u32>,
    /// Whether `--production` names it.
    pub is_production: bool,
    /// Whether the account is there.
    pub standing: Standing,
}

/// A root or an OU that has accounts.
#[derive(Debug, Clone)]
pub struct Ou {
    /// Its id.
    pub id: String,
    /// Names from the root down, joined by slashes; `None` where they are not known.
    pub path: Option<String>,
}

/// A permission set.
#[derive(Debug, Clone)]
pub struct PermissionSet {
    /// Its ARN.
    pub permission_set_arn: String,
    /// Name, the last known one of what is gone.
    pub name: Option<String>,
    /// How long a session lasts, as AWS has it.
    pub session_duration: Option<String>,
    /// How far it gets.
    pub tier: Tier,
    /// Why it is an administrator's.
    pub reasons: Vec<String>,
    /// Its policies: the kind of each, and what it is called.
    pub policies: Vec<(String, String)>,
    /// Whether the permission set is there.
    pub standing: Standing,
}

/// Since when something is as it is: seen first at one time, and not there at another. Places in [`Relations::times`].
#[derive(Debug, Clone, Copy)]
pub struct Since {
    /// When it was first seen.
    pub first_seen: u32,
    /// It began after this; `None`: before the first snapshot.
    pub not_before: Option<u32>,
}

/// A person is in a group.
#[derive(Debug, Clone, Copy)]
pub struct Member {
    /// Place in [`Relations::groups`].
    pub group: u32,
    /// Place in [`Relations::people`].
    pub person: u32,
    /// Since when.
    pub since: Since,
}

/// Who has an assignment: a place in [`Relations::groups`] or [`Relations::people`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Principal {
    /// A group.
    Group(u32),
    /// A person.
    Person(u32),
}

/// A permission set is assigned in an account.
#[derive(Debug, Clone, Copy)]
pub struct Assignment {
    /// Place in [`Relations::accounts`].
    pub account: u32,
    /// Place in [`Relations::sets`].
    pub set: u32,
    /// Who has it.
    pub principal: Principal,
    /// Since when.
    pub since: Since,
    /// Whether it leads nowhere because its user or group was deleted.
    pub is_orphan: bool,
}

/// What ended since the baseline: places in [`Relations::times`] of when it was first seen, and by when it was gone.
#[derive(Debug, Clone, Copy)]
pub struct Gone<T> {
    /// What it was.
    pub what: T,
    /// By when it was gone.
    pub gone: u32,
}

/// Everything that a page joins.
#[derive(Debug, Clone, Default)]
pub struct Relations {
    /// Times of snapshots, RFC 3339, oldest first.
    pub times: Vec<String>,
    /// Where accounts are.
    pub ous: Vec<Ou>,
    /// By name.
    pub people: Vec<Person>,
    /// By name.
    pub groups: Vec<Group>,
    /// By name.
    pub accounts: Vec<Account>,
    /// By name.
    pub sets: Vec<PermissionSet>,
    /// By group.
    pub members: Vec<Member>,
    /// By principal.
    pub assignments: Vec<Assignment>,
    /// Memberships that ended since the baseline.
    pub gone_members: Vec<Gone<Member>>,
    /// Assignments that ended since the baseline.
    pub gone_assignments: Vec<Gone<Assignment>>,
}

impl Relations {
    /// The people who have at least one of the assignments that `keep` takes, directly or through a group: places in
    /// `people`, one bit each. Who is gone or was not seen is nobody.
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

    /// How many people [`Self::people_with`] finds.
    pub fn count_people(&self, keep: impl Fn(&Assignment) -> bool) -> u64 {
        self.people_with(keep).into_iter().filter(|is_counted| *is_counted).count() as u64
    }

    /// What of it is about these accounts: the accounts, what is assigned there, to whom, and who is in those groups.
    /// Places change.
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

/// The new places of what is kept of a list.
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

/// The new places of what is kept of everything.
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
