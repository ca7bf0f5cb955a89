//! The numbers of the first screen.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use super::relations::{Principal, Relations, Standing};
use super::sight::{Count, Sight, Told};
use crate::document::services::Tier;

/// The administrators at one snapshot, with their accounts. A large organization has millions of such pairs, so each id
/// is stored once.
#[derive(Debug, Default)]
pub struct Administrators {
    people: Vec<String>,
    accounts: Vec<String>,
    pairs: HashSet<(u32, u32)>,
    places: HashMap<String, u32>,
}

impl Administrators {
    /// Adds an administrator of an account. A pair that was already added makes no difference.
    pub fn add(&mut self, user_id: &str, account_id: &str) {
        let Self { people, accounts, pairs, places } = self;
        let person = place_of(user_id, people, places);
        let account = place_of(account_id, accounts, places);
        pairs.insert((person, account));
    }

    /// Returns the ids of the people who are administrators of any account that `is_counted` selects.
    pub fn people_in(&self, is_counted: impl Fn(&str) -> bool) -> HashSet<&str> {
        let counted: Vec<bool> = self.accounts.iter().map(|account| is_counted(account)).collect();
        let kept = self.pairs.iter().filter(|(_, account)| counted[*account as usize]);
        kept.map(|(person, _)| self.people[*person as usize].as_str()).collect()
    }
}

/// Returns the place of an id in its list. The ids of users and of accounts never coincide.
fn place_of(id: &str, list: &mut Vec<String>, places: &mut HashMap<String, u32>) -> u32 {
    if let Some(place) = places.get(id) {
        return *place;
    }
    let place = u32::try_from(list.len()).expect("an organization has fewer than four billion users");
    list.push(id.to_owned());
    places.insert(id.to_owned(), place);
    place
}

/// The numbers of the first screen.
#[derive(Debug, Clone)]
pub struct Numbers {
    /// People with access to any account.
    pub people: Count,
    /// The people among them whose sign-in is disabled.
    pub disabled: u64,
    /// People who are administrators in production.
    pub administrators: Count,
    /// The people who became administrators since the baseline, and those who no longer are; `None` without a baseline,
    /// or if either snapshot did not see all of it.
    pub administrators_moved: Option<(u64, u64)>,
    /// The permission sets assigned in production with a policy that was not read.
    pub unweighed: usize,
    /// Assignments to people instead of groups.
    pub direct: Count,
    /// Assignments whose user or group was deleted.
    pub orphans: Count,
    /// Roles of accounts that nobody used for 90 days.
    pub unused_roles: Count,
    /// People by the OU of the account and by tier of access.
    pub matrix: Vec<MatrixRow>,
    /// The totals of each kind.
    pub things: Things,
}

/// The number of things of each kind.
#[derive(Debug, Clone, Copy)]
pub struct Things {
    /// Users.
    pub people: usize,
    /// Groups.
    pub groups: usize,
    /// Accounts.
    pub accounts: usize,
    /// Permission sets.
    pub sets: usize,
    /// Assignments.
    pub assignments: usize,
    /// Memberships.
    pub members: usize,
}

/// A row of the matrix.
#[derive(Debug, Clone)]
pub struct MatrixRow {
    /// Place of the OU in [`Relations::ous`]; `None` for accounts whose OU is unknown.
    pub ou: Option<u32>,
    /// Number of accounts in the OU.
    pub accounts: usize,
    /// Number of people with access to one of the accounts, by tier.
    pub people: BTreeMap<Tier, u64>,
}

/// Counts the relations.
///
/// `production` is set if production accounts are named, and true if a tag names them. `before` has the ids of the
/// production administrators at the baseline.
pub fn numbers(
    relations: &Relations,
    sight: &Sight,
    production: Option<bool>,
    before: Option<&HashSet<&str>>,
    unused_roles: Option<u64>,
) -> Numbers {
    let account = |place: u32| &relations.accounts[place as usize];
    let set = |place: u32| &relations.sets[place as usize];
    let is_production = |place: u32| production.is_none() || account(place).is_production;
    let reached = relations.people_with(|_| true);
    let with = |people: &[bool]| people.iter().filter(|is_counted| **is_counted).count() as u64;
    let administrators =
        relations.people_with(|one| set(one.set).tier == Tier::Administrator && is_production(one.account));
    let unweighed: HashSet<u32> = relations
        .assignments
        .iter()
        .filter(|one| set(one.set).tier == Tier::Unknown && is_production(one.account))
        .map(|one| one.set)
        .collect();
    // Production accounts are found by their tags or by their place in the tree.
    let sees_production =
        production.is_none_or(|is_tag| sight.saw(if is_tag { Told::Tags } else { Told::Places }));
    let administrators_now = match sight.count(with(&administrators), Told::Tiers) {
        Count::Exactly(count) if !unweighed.is_empty() || !sees_production => Count::AtLeast(count),
        count => count,
    };
    // Compares known administrators alone. A policy that is never read must not look like a change.
    let moved = before.filter(|_| sight.saw(Told::Tiers) && sees_production).map(|before| {
        let people = relations.people.iter().zip(&administrators).filter(|(_, is_one)| **is_one);
        let now: HashSet<&str> = people.map(|(person, _)| person.user_id.as_str()).collect();
        (now.difference(before).count() as u64, before.difference(&now).count() as u64)
    });
    let direct = relations.assignments.iter().filter(|one| matches!(one.principal, Principal::Person(_)));
    let orphans = relations.assignments.iter().filter(|one| one.is_orphan).count() as u64;
    let orphans = match sight.count(orphans, Told::Access) {
        Count::Exactly(count) if sight.misses_orphans => Count::AtLeast(count),
        count => count,
    };
    let people = reached.iter().zip(&relations.people);
    Numbers {
        people: sight.count(with(&reached), Told::Access),
        disabled: people.filter(|(is_reached, person)| **is_reached && person.is_disabled).count() as u64,
        administrators: administrators_now,
        administrators_moved: moved,
        unweighed: unweighed.len(),
        direct: sight.count(direct.count() as u64, Told::Access),
        orphans,
        unused_roles: unused_roles.map_or(Count::NotCollected, |count| sight.count(count, Told::Roles)),
        matrix: matrix(relations),
        things: things(relations),
    }
}

fn matrix(relations: &Relations) -> Vec<MatrixRow> {
    let ou = |account: u32| relations.accounts[account as usize].ou;
    let tier = |set: u32| relations.sets[set as usize].tier;
    let mut cells: BTreeMap<(Option<u32>, Tier), BTreeSet<Principal>> = BTreeMap::new();
    let mut accounts: BTreeMap<Option<u32>, usize> = BTreeMap::new();
    for one in relations.accounts.iter().filter(|one| one.standing == Standing::There) {
        *accounts.entry(one.ou).or_default() += 1;
    }
    for one in &relations.assignments {
        cells.entry((ou(one.account), tier(one.set))).or_default().insert(one.principal);
        accounts.entry(ou(one.account)).or_default();
    }
    let mut rows: Vec<MatrixRow> = accounts
        .into_iter()
        .map(|(ou, accounts)| MatrixRow { ou, accounts, people: BTreeMap::new() })
        .collect();
    let mut people = DistinctPeople::new(relations);
    for ((place, of), principals) in cells {
        let people = people.count(&principals);
        if let Some(row) = rows.iter_mut().find(|row| row.ou == place).filter(|_| people > 0) {
            row.people.insert(of, people);
        }
    }
    let path = |row: &MatrixRow| row.ou.map(|ou| relations.ous[ou as usize].path.clone());
    rows.sort_by_key(|row| (row.ou.is_none(), path(row)));
    rows
}

/// Counts the people behind principals, each person once.
///
/// A large organization has thousands of cells and a million memberships, so each count reads only the groups of its
/// cell.
struct DistinctPeople<'r> {
    relations: &'r Relations,
    /// The people in each group.
    members: Vec<Vec<u32>>,
    /// The last count that included each person.
    counted_in: Vec<u32>,
    counts: u32,
}

impl<'r> DistinctPeople<'r> {
    fn new(relations: &'r Relations) -> Self {
        let mut members = vec![Vec::new(); relations.groups.len()];
        for member in &relations.members {
            members[member.group as usize].push(member.person);
        }
        Self { relations, members, counted_in: vec![0; relations.people.len()], counts: 0 }
    }

    fn count(&mut self, principals: &BTreeSet<Principal>) -> u64 {
        self.counts += 1;
        let mut found = 0;
        for principal in principals {
            let people = match principal {
                Principal::Group(group) => self.members[*group as usize].as_slice(),
                Principal::Person(person) => std::slice::from_ref(person),
            };
            for person in people.iter().map(|person| *person as usize) {
                let is_new = self.counted_in[person] != self.counts;
                self.counted_in[person] = self.counts;
                found += u64::from(is_new && self.relations.people[person].standing == Standing::There);
            }
        }
        found
    }
}

fn things(relations: &Relations) -> Things {
    let is_there = |standing: Standing| standing == Standing::There;
    Things {
        people: relations.people.iter().filter(|one| is_there(one.standing)).count(),
        groups: relations.groups.iter().filter(|one| is_there(one.standing)).count(),
        accounts: relations.accounts.iter().filter(|one| is_there(one.standing)).count(),
        sets: relations.sets.iter().filter(|one| is_there(one.standing)).count(),
        assignments: relations.assignments.len(),
        members: relations.members.len(),
    }
}
