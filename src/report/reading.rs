//! Reads the relations of a page from the census's views, as of the answering snapshot.

use std::collections::{HashMap, HashSet};

use rusqlite::{Connection, OptionalExtension, Row};

use super::relations::{
    Account, Assignment, Gone, Group, Member, Ou, PermissionSet, Person, Principal, Relations, Since,
    Standing,
};
use super::sight::Sight;
use crate::document::services::{SummarizedPolicy, Tier, tier};
use crate::error::Result;
use crate::export::source::Source;
use crate::model::Entity;
use crate::store::failed;

/// Reads the relations, including those that ended after the snapshot `baseline`. `unread` has the permission sets
/// whose policies may be incomplete; `None` means all of them.
pub fn read(
    source: &Source<'_>,
    baseline: Option<i64>,
    production: &HashSet<String>,
    unread: Option<&HashSet<String>>,
    sight: &Sight,
) -> Result<Relations> {
    let mut reader = Reader { standings: standings(source, sight)?, ..Reader::default() };
    for snapshot in source.census().snapshots()? {
        if snapshot.snapshot_id <= source.snapshot().snapshot_id {
            reader.time(Some(snapshot.completed_at.clone()));
            // The bound `not_before` is the start of a snapshot. A page names that snapshot by its completion time.
            reader.begun.insert(snapshot.taken_at, snapshot.completed_at);
        }
    }
    reader.accounts(source, production)?;
    reader.sets(source, unread)?;
    source.all(include_str!("sql/users.sql"), |row| {
        let person = Person {
            user_id: row.get(0).map_err(failed)?,
            user_name: row.get(1).map_err(failed)?,
            display_name: row.get(2).map_err(failed)?,
            email: row.get(3).map_err(failed)?,
            is_disabled: text(row, 4)?.as_deref() == Some("DISABLED"),
            standing: Standing::There,
        };
        push(&mut reader.places.people, person.user_id.clone(), &mut reader.found.people, person);
        Ok(())
    })?;
    source.all(include_str!("sql/groups.sql"), |row| {
        let group = Group {
            group_id: row.get(0).map_err(failed)?,
            name: row.get(1).map_err(failed)?,
            standing: Standing::There,
        };
        push(&mut reader.places.groups, group.group_id.clone(), &mut reader.found.groups, group);
        Ok(())
    })?;
    let connection = source.census().connection();
    // Reports the coverage of the data that the next two statements read.
    source.all("SELECT user_id FROM effective_access LIMIT 0", |_| Ok(()))?;
    source.since(include_str!("sql/memberships.sql"), |row| {
        let since = reader.since(row, 2)?;
        let member = reader.member(connection, row, since)?;
        reader.found.members.push(member);
        Ok(())
    })?;
    source.since(include_str!("sql/assignments.sql"), |row| {
        let since = reader.since(row, 4)?;
        let assignment = reader.assignment(connection, row, since)?;
        reader.found.assignments.push(assignment);
        Ok(())
    })?;
    if let Some(baseline) = baseline {
        reader.gone(connection, baseline)?;
    }
    Ok(reader.finish())
}

/// Reads why things that assignments name are in no list, by id.
fn standings(source: &Source<'_>, sight: &Sight) -> Result<Standings> {
    let mut found = Standings { lists_users: sight.lists(Entity::User), ..Standings::default() };
    source.all(include_str!("sql/orphans.sql"), |row| {
        let reason = text(row, 0)?.unwrap_or_default();
        let principal = text(row, 3)?.unwrap_or_default();
        if reason.ends_with("_not_listed") {
            found.not_listed.extend([text(row, 1)?, text(row, 2)?].into_iter().flatten());
            found.not_listed.insert(principal);
        } else if reason == "principal_deleted" {
            found.deleted.insert(principal);
        }
        Ok(())
    })?;
    Ok(found)
}

#[derive(Default)]
struct Standings {
    /// Users and groups that were deleted.
    deleted: HashSet<String>,
    /// The ids in assignments of which something was not listed.
    not_listed: HashSet<String>,
    /// True if all users were listed.
    lists_users: bool,
}

impl Standings {
    fn of(&self, id: &str) -> Standing {
        match self.not_listed.contains(id) && !self.deleted.contains(id) {
            true => Standing::NotSeen,
            false => Standing::Gone,
        }
    }
}

#[derive(Default)]
struct Reader {
    found: Relations,
    places: Places,
    standings: Standings,
    /// The times in the order in which they were read.
    times: HashMap<String, u32>,
    /// The completion time of each snapshot, by its start time.
    begun: HashMap<String, String>,
}

/// The places of things in their lists, by id.
#[derive(Default)]
struct Places {
    people: HashMap<String, u32>,
    groups: HashMap<String, u32>,
    accounts: HashMap<String, u32>,
    sets: HashMap<String, u32>,
}

fn push<T>(places: &mut HashMap<String, u32>, id: String, all: &mut Vec<T>, one: T) -> u32 {
    let place = u32::try_from(all.len()).expect("no organization has billions of anything");
    places.insert(id, place);
    all.push(one);
    place
}

impl Reader {
    fn accounts(&mut self, source: &Source<'_>, production: &HashSet<String>) -> Result<()> {
        let mut ous: HashMap<String, u32> = HashMap::new();
        source.all(include_str!("sql/accounts.sql"), |row| {
            let account_id: String = row.get(0).map_err(failed)?;
            let path = text(row, 5)?;
            let ou = text(row, 4)?.map(|id| match ous.get(&id) {
                Some(place) => *place,
                None => push(&mut ous, id.clone(), &mut self.found.ous, Ou { id, path }),
            });
            let account = Account {
                name: row.get(1).map_err(failed)?,
                state: row.get(2).map_err(failed)?,
                is_management: row.get::<_, Option<bool>>(3).map_err(failed)?.unwrap_or_default(),
                ou,
                is_production: production.contains(&account_id),
                standing: Standing::There,
                account_id,
            };
            push(&mut self.places.accounts, account.account_id.clone(), &mut self.found.accounts, account);
            Ok(())
        })
    }

    fn sets(&mut self, source: &Source<'_>, unread: Option<&HashSet<String>>) -> Result<()> {
        let mut policies: HashMap<String, Vec<SummarizedPolicy>> = HashMap::new();
        source.all(include_str!("sql/set_policies.sql"), |row| {
            policies.entry(row.get(0).map_err(failed)?).or_default().push(SummarizedPolicy {
                kind: row.get(1).map_err(failed)?,
                policy: row.get(2).map_err(failed)?,
                document: row.get(3).map_err(failed)?,
                unread: row.get(4).map_err(failed)?,
            });
            Ok(())
        })?;
        let mut reasons: HashMap<String, Vec<String>> = HashMap::new();
        source.all(include_str!("sql/administrators.sql"), |row| {
            reasons.entry(row.get(0).map_err(failed)?).or_default().extend(text(row, 1)?);
            Ok(())
        })?;
        source.all(include_str!("sql/sets.sql"), |row| {
            let arn: String = row.get(0).map_err(failed)?;
            let policies = policies.remove(&arn).unwrap_or_default();
            let reasons = reasons.remove(&arn).unwrap_or_default();
            let is_unread = unread.is_none_or(|unread| unread.contains(&arn));
            let tier = match (reasons.is_empty(), is_unread) {
                (false, _) => Tier::Administrator,
                (true, true) => Tier::Unknown,
                (true, false) => tier(&policies),
            };
            let set = PermissionSet {
                name: row.get(1).map_err(failed)?,
                session_duration: row.get(3).map_err(failed)?,
                tier,
                reasons,
                policies: policies.into_iter().map(|one| (one.kind, one.policy)).collect(),
                standing: Standing::There,
                permission_set_arn: arn,
            };
            push(&mut self.places.sets, set.permission_set_arn.clone(), &mut self.found.sets, set);
            Ok(())
        })
    }

    fn gone(&mut self, connection: &Connection, baseline: i64) -> Result<()> {
        let mut statement = connection.prepare(include_str!("sql/gone_memberships.sql")).map_err(failed)?;
        let mut rows = statement.query([baseline]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let since = Since { first_seen: self.time(text(row, 2)?), not_before: None };
            let gone = self.time(text(row, 3)?);
            let what = self.member(connection, row, since)?;
            self.found.gone_members.push(Gone { what, gone });
        }
        let mut statement = connection.prepare(include_str!("sql/gone_assignments.sql")).map_err(failed)?;
        let mut rows = statement.query([baseline]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let since = Since { first_seen: self.time(text(row, 4)?), not_before: None };
            let gone = self.time(text(row, 5)?);
            let what = self.assignment(connection, row, since)?;
            self.found.gone_assignments.push(Gone { what, gone });
        }
        Ok(())
    }

    fn member(&mut self, connection: &Connection, row: &Row<'_>, since: Since) -> Result<Member> {
        let (group, person): (String, String) = (row.get(0).map_err(failed)?, row.get(1).map_err(failed)?);
        Ok(Member { group: self.group(connection, group)?, person: self.person(connection, person)?, since })
    }

    fn assignment(&mut self, connection: &Connection, row: &Row<'_>, since: Since) -> Result<Assignment> {
        let principal_id: String = row.get(3).map_err(failed)?;
        let is_orphan = self.standings.deleted.contains(&principal_id);
        let principal = match text(row, 2)?.as_deref() {
            Some("GROUP") => Principal::Group(self.group(connection, principal_id)?),
            _ => Principal::Person(self.person(connection, principal_id)?),
        };
        let account = self.account(connection, row.get(0).map_err(failed)?)?;
        let set = self.set(connection, row.get(1).map_err(failed)?)?;
        Ok(Assignment { account, set, principal, since, is_orphan })
    }

    /// Returns the place of a person. A person who is in no list gets a new place, with the last known name.
    fn person(&mut self, connection: &Connection, id: String) -> Result<u32> {
        if let Some(place) = self.places.people.get(&id) {
            return Ok(*place);
        }
        let (user_name, display_name) = last(connection, include_str!("sql/last_user.sql"), &id)?;
        let standing = self.standings.of(&id);
        // The view of orphans gives no reason for a member who is in no list.
        let standing = match standing {
            Standing::Gone if !self.standings.lists_users && !self.standings.deleted.contains(&id) => {
                Standing::NotSeen
            }
            standing => standing,
        };
        let person = Person {
            user_id: id.clone(),
            user_name,
            display_name,
            email: None,
            is_disabled: false,
            standing,
        };
        Ok(push(&mut self.places.people, id, &mut self.found.people, person))
    }

    fn group(&mut self, connection: &Connection, id: String) -> Result<u32> {
        if let Some(place) = self.places.groups.get(&id) {
            return Ok(*place);
        }
        let (name, _) = last(connection, include_str!("sql/last_group.sql"), &id)?;
        let group = Group { group_id: id.clone(), name, standing: self.standings.of(&id) };
        Ok(push(&mut self.places.groups, id, &mut self.found.groups, group))
    }

    fn account(&mut self, connection: &Connection, id: String) -> Result<u32> {
        if let Some(place) = self.places.accounts.get(&id) {
            return Ok(*place);
        }
        let (name, _) = last(connection, include_str!("sql/last_account.sql"), &id)?;
        let account = Account {
            account_id: id.clone(),
            name,
            state: None,
            is_management: false,
            ou: None,
            is_production: false,
            standing: self.standings.of(&id),
        };
        Ok(push(&mut self.places.accounts, id, &mut self.found.accounts, account))
    }

    fn set(&mut self, connection: &Connection, id: String) -> Result<u32> {
        if let Some(place) = self.places.sets.get(&id) {
            return Ok(*place);
        }
        let (name, _) = last(connection, include_str!("sql/last_set.sql"), &id)?;
        let set = PermissionSet {
            permission_set_arn: id.clone(),
            name,
            session_duration: None,
            tier: Tier::Unknown,
            reasons: Vec::new(),
            policies: Vec::new(),
            standing: self.standings.of(&id),
        };
        Ok(push(&mut self.places.sets, id, &mut self.found.sets, set))
    }

    fn since(&mut self, row: &Row<'_>, column: usize) -> Result<Since> {
        let first_seen = self.time(text(row, column)?);
        let not_before = text(row, column + 1)?
            .map(|time| self.begun.get(&time).cloned().unwrap_or(time))
            .map(|time| self.time(Some(time)));
        Ok(Since { first_seen, not_before })
    }

    /// Returns the number of a time in the order of reading.
    fn time(&mut self, time: Option<String>) -> u32 {
        let time = time.unwrap_or_default();
        let next = u32::try_from(self.times.len()).expect("a census has fewer snapshots");
        *self.times.entry(time).or_insert(next)
    }

    /// Sorts the times, and renumbers them in the rows.
    fn finish(mut self) -> Relations {
        let mut times: Vec<(String, u32)> = self.times.into_iter().collect();
        times.sort();
        let mut places = vec![0; times.len()];
        for (new, (_, old)) in (0..).zip(&times) {
            places[*old as usize] = new;
        }
        let place = |old: &mut u32| *old = places[*old as usize];
        let since = |since: &mut Since| {
            place(&mut since.first_seen);
            since.not_before.iter_mut().for_each(place);
        };
        let found = &mut self.found;
        found.members.iter_mut().for_each(|one| since(&mut one.since));
        found.assignments.iter_mut().for_each(|one| since(&mut one.since));
        for one in &mut found.gone_members {
            since(&mut one.what.since);
            place(&mut one.gone);
        }
        for one in &mut found.gone_assignments {
            since(&mut one.what.since);
            place(&mut one.gone);
        }
        found.times = times.into_iter().map(|(time, _)| time).collect();
        self.found
    }
}

fn last(connection: &Connection, sql: &str, id: &str) -> Result<(Option<String>, Option<String>)> {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional())
        .map(Option::unwrap_or_default)
        .map_err(failed)
}

fn text(row: &Row<'_>, column: usize) -> Result<Option<String>> {
    row.get(column).map_err(failed)
}
