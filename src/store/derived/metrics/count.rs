//! The counts of successive snapshots. Rows that begin and end change the state, and only the accounts that these rows
//! affect are counted again.

use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::{Connection, Row};

use crate::error::Result;
use crate::model::MetricSources;
use crate::store::file::Doing;

/// The counts of an account, or of the organization.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Counts {
    pub people: i64,
    pub direct_paths: i64,
    pub group_paths: i64,
    pub administrators: i64,
    pub direct_assignments: i64,
    /// True if a permission set is assigned for which it is unknown whether it grants administrator access.
    pub has_unread: bool,
}

/// The state of the sources in one snapshot, and the events of later snapshots.
pub(super) struct Tally {
    accounts: Names,
    principals: Names,
    /// The total number of users in all snapshots.
    people: usize,
    /// The events in order: those that end a row come before those that begin one.
    events: std::iter::Peekable<std::vec::IntoIter<Event>>,
    state: State,
}

#[derive(Default)]
struct State {
    /// The assignments of each account.
    grants: Vec<Vec<Grant>>,
    is_listed: Vec<bool>,
    counts: Vec<Counts>,
    is_dirty: Vec<bool>,
    /// The members of each principal.
    members: Vec<Vec<u32>>,
    is_touched: Vec<bool>,
    /// For each permission set, the number of rows by which it is an administrator's, and the number for which that is
    /// unknown.
    weights: Vec<[u32; 2]>,
    is_reweighed: Vec<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Grant {
    principal: u32,
    set: u32,
    is_direct: bool,
}

struct Event {
    at: i64,
    begins: bool,
    what: What,
}

enum What {
    Account(u32),
    Grant(u32, Grant),
    Member(u32, u32),
    Weight(u32, bool),
}

impl Tally {
    /// Reads the sources from this snapshot on.
    pub(super) fn read(connection: &Connection, sources: &MetricSources, since: i64) -> Result<Self> {
        let (mut accounts, mut principals, mut people, mut sets) =
            (Names::default(), Names::default(), Names::default(), Names::default());
        let mut events = Vec::new();
        each(connection, sources.accounts, since, &mut events, |row| {
            Ok(What::Account(accounts.number(row.get_ref(0)?.as_str()?)))
        })?;
        each(connection, sources.administrators, since, &mut events, |row| {
            Ok(What::Weight(sets.number(row.get_ref(0)?.as_str()?), row.get(1)?))
        })?;
        each(connection, sources.grants, since, &mut events, |row| {
            let grant = Grant {
                principal: principals.number(row.get_ref(1)?.as_str()?),
                set: sets.number(row.get_ref(2)?.as_str()?),
                is_direct: row.get(3)?,
            };
            Ok(What::Grant(accounts.number(row.get_ref(0)?.as_str()?), grant))
        })?;
        each(connection, sources.members, since, &mut events, |row| {
            let principal = principals.number(row.get_ref(0)?.as_str()?);
            Ok(What::Member(principal, people.number(row.get_ref(1)?.as_str()?)))
        })?;
        events.sort_by_key(|event| (event.at, event.begins));
        let (of_accounts, of_principals, of_sets) =
            (accounts.names.len(), principals.names.len(), sets.names.len());
        let state = State {
            grants: vec![Vec::new(); of_accounts],
            is_listed: vec![false; of_accounts],
            counts: vec![Counts::default(); of_accounts],
            is_dirty: vec![false; of_accounts],
            members: vec![Vec::new(); of_principals],
            is_touched: vec![false; of_principals],
            weights: vec![[0; 2]; of_sets],
            is_reweighed: vec![false; of_sets],
        };
        let people = people.names.len();
        Ok(Self { accounts, principals, people, events: events.into_iter().peekable(), state })
    }

    /// Advances to a later snapshot, counts it, and returns the organization's counts.
    pub(super) fn go_on(&mut self, snapshot_id: i64) -> Counts {
        while let Some(event) = self.events.next_if(|event| event.at <= snapshot_id) {
            self.state.apply(&event);
        }
        self.state.count(self.people)
    }

    /// Returns the accounts that exist or in which something is assigned, with their counts.
    pub(super) fn accounts(&self) -> impl Iterator<Item = (&Rc<str>, &Counts)> {
        let state = &self.state;
        let is_there = |number: usize| state.is_listed[number] || !state.grants[number].is_empty();
        let numbers = (0..state.counts.len()).filter(move |number| is_there(*number));
        numbers.map(|number| (&self.accounts.names[number], &state.counts[number]))
    }

    /// Returns the accounts in which something is assigned to the principal.
    pub(super) fn accounts_of(&self, principal: &str) -> Vec<Rc<str>> {
        let Some(principal) = self.principals.numbers.get(principal) else { return Vec::new() };
        let has_it = |grants: &Vec<Grant>| grants.iter().any(|grant| grant.principal == *principal);
        let accounts = self.state.grants.iter().zip(&self.accounts.names);
        accounts.filter(|(grants, _)| has_it(grants)).map(|(_, name)| Rc::clone(name)).collect()
    }
}

impl State {
    fn apply(&mut self, event: &Event) {
        match &event.what {
            What::Account(account) => self.is_listed[*account as usize] = event.begins,
            What::Grant(account, grant) => {
                set(&mut self.grants[*account as usize], *grant, event.begins);
                self.is_dirty[*account as usize] = true;
            }
            What::Member(principal, person) => {
                set(&mut self.members[*principal as usize], *person, event.begins);
                self.is_touched[*principal as usize] = true;
            }
            What::Weight(set, is_known) => {
                let weight = &mut self.weights[*set as usize][usize::from(!is_known)];
                *weight = if event.begins { *weight + 1 } else { weight.saturating_sub(1) };
                self.is_reweighed[*set as usize] = true;
            }
        }
    }

    /// Counts the accounts that changed, and the organization.
    fn count(&mut self, people: usize) -> Counts {
        let mut seen = Seen::new(people);
        let mut total = Counts::default();
        // For each principal: true if it has any assignment, and true if it has an administrator's permission set.
        let mut principals = vec![(false, false); self.members.len()];
        for (number, grants) in self.grants.iter().enumerate() {
            let is_touched = |grant: &Grant| {
                self.is_touched[grant.principal as usize] || self.is_reweighed[grant.set as usize]
            };
            if self.is_dirty[number] || grants.iter().any(is_touched) {
                self.counts[number] = self.count_account(grants, &mut seen);
            }
            for grant in grants {
                let known = &mut principals[grant.principal as usize];
                *known = (true, known.1 || self.weights[grant.set as usize][0] > 0);
            }
            let counts = &self.counts[number];
            total.direct_paths += counts.direct_paths;
            total.group_paths += counts.group_paths;
            total.direct_assignments += counts.direct_assignments;
            total.has_unread |= counts.has_unread;
        }
        seen.begin();
        for (members, (is_granted, is_administrator)) in self.members.iter().zip(principals) {
            for person in members.iter().filter(|_| is_granted) {
                total.people += seen.person(*person);
                if is_administrator {
                    total.administrators += seen.administrator(*person);
                }
            }
        }
        self.is_dirty.fill(false);
        self.is_touched.fill(false);
        self.is_reweighed.fill(false);
        total
    }

    fn count_account(&self, grants: &[Grant], seen: &mut Seen) -> Counts {
        seen.begin();
        let mut counts = Counts::default();
        for grant in grants {
            let members = &self.members[grant.principal as usize];
            let paths = members.len() as i64;
            match grant.is_direct {
                true => {
                    counts.direct_paths += paths;
                    counts.direct_assignments += 1;
                }
                false => counts.group_paths += paths,
            }
            let [known, unknown] = self.weights[grant.set as usize];
            counts.has_unread |= known == 0 && unknown > 0;
            for person in members {
                counts.people += seen.person(*person);
                if known > 0 {
                    counts.administrators += seen.administrator(*person);
                }
            }
        }
        counts
    }
}

/// Adds an element to a list, or removes it. The order of the list has no meaning.
fn set<T: PartialEq>(list: &mut Vec<T>, one: T, begins: bool) {
    if begins {
        list.push(one);
    } else if let Some(place) = list.iter().position(|other| *other == one) {
        list.swap_remove(place);
    }
}

/// The users already counted, in the round of one account.
struct Seen {
    round: u32,
    people: Vec<u32>,
    administrators: Vec<u32>,
}

impl Seen {
    fn new(people: usize) -> Self {
        Self { round: 0, people: vec![0; people], administrators: vec![0; people] }
    }

    fn begin(&mut self) {
        self.round += 1;
    }

    /// Returns 1 for a user not counted yet in this round.
    fn person(&mut self, person: u32) -> i64 {
        first(&mut self.people[person as usize], self.round)
    }

    fn administrator(&mut self, person: u32) -> i64 {
        first(&mut self.administrators[person as usize], self.round)
    }
}

fn first(last: &mut u32, round: u32) -> i64 {
    i64::from(std::mem::replace(last, round) != round)
}

/// Ids with their numbers, in the order in which they were found.
#[derive(Default)]
struct Names {
    numbers: HashMap<Rc<str>, u32>,
    names: Vec<Rc<str>>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(number) = self.numbers.get(name) {
            return *number;
        }
        let (number, name) = (self.names.len() as u32, Rc::<str>::from(name));
        self.numbers.insert(Rc::clone(&name), number);
        self.names.push(name);
        number
    }
}

/// Reads the rows of a source that hold in this snapshot or later, each as the events of its beginning and its end.
fn each(
    connection: &Connection,
    select: &str,
    since: i64,
    events: &mut Vec<Event>,
    mut what: impl FnMut(&Row<'_>) -> rusqlite::Result<What>,
) -> Result<()> {
    let sql = format!("SELECT * FROM (\n{select}\n) WHERE valid_to IS NULL OR valid_to > ?1");
    let mut read = || -> rusqlite::Result<()> {
        let mut statement = connection.prepare(&sql)?;
        let bounds = statement.column_count() - 2;
        let mut rows = statement.query([since])?;
        while let Some(row) = rows.next()? {
            let (from, to): (i64, Option<i64>) = (row.get(bounds)?, row.get(bounds + 1)?);
            events.push(Event { at: from, begins: true, what: what(row)? });
            if let Some(at) = to {
                events.push(Event { at, begins: false, what: what(row)? });
            }
        }
        Ok(())
    };
    read().doing("read what is counted")
}
