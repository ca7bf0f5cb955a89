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
        reader.people.push(person.user_id.clone(), person);
        Ok(())
    })?;
    source.all(include_str!("sql/groups.sql"), |row| {
        let group = Group {
            group_id: row.get(0).map_err(failed)?,
            name: row.get(1).map_err(failed)?,
            standing: Standing::There,
        };
        reader.groups.push(group.group_id.clone(), group);
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

    /// Returns the standing of a user. The view of orphans gives no reason for a member who is in no list, so the
    /// coverage of users decides.
    fn of_user(&self, id: &str) -> Standing {
        match self.of(id) {
            Standing::Gone if !self.lists_users && !self.deleted.contains(id) => Standing::NotSeen,
            standing => standing,
        }
    }
}

#[derive(Default)]
struct Reader {
    found: Relations,
    people: Listed<Person>,
    groups: Listed<Group>,
    accounts: Listed<Account>,
    sets: Listed<PermissionSet>,
    standings: Standings,
    /// The times in the order in which they were read.
    times: HashMap<String, u32>,
    /// The completion time of each snapshot, by its start time.
    begun: HashMap<String, String>,
}

/// The things of one kind, and their places by id.
struct Listed<T> {
    all: Vec<T>,
    places: HashMap<String, u32>,
}

impl<T> Default for Listed<T> {
    fn default() -> Self {
        Self { all: Vec::new(), places: HashMap::new() }
    }
}

impl<T> Listed<T> {
    fn push(&mut self, id: String, one: T) -> u32 {
        let place = u32::try_from(self.all.len()).expect("no organization has billions of anything");
        self.places.insert(id, place);
        self.all.push(one);
        place
    }

    /// Returns the place of a thing. One that is in no list gets a new place, with the last known names, which `sql`
    /// returns.
    fn place(
        &mut self,
        connection: &Connection,
        sql: &str,
        id: String,
        unlisted: impl FnOnce(String, LastNames) -> T,
    ) -> Result<u32> {
        if let Some(place) = self.places.get(&id) {
            return Ok(*place);
        }
        let names = connection
            .prepare_cached(sql)
            .and_then(|mut statement| {
                let names = |row: &Row<'_>| Ok(LastNames { name: row.get(0)?, display_name: row.get(1)? });
                statement.query_row([&id], names).optional()
            })
            .map_err(failed)?;
        let one = unlisted(id.clone(), names.unwrap_or_default());
        Ok(self.push(id, one))
    }
}

/// The names of a thing when it was last seen.
#[derive(Default)]
struct LastNames {
    name: Option<String>,
    display_name: Option<String>,
}

impl Reader {
    fn accounts(&mut self, source: &Source<'_>, production: &HashSet<String>) -> Result<()> {
        let mut ous: Listed<Ou> = Listed::default();
        source.all(include_str!("sql/accounts.sql"), |row| {
            let account_id: String = row.get(0).map_err(failed)?;
            let path = text(row, 5)?;
            let ou = text(row, 4)?.map(|id| match ous.places.get(&id) {
                Some(place) => *place,
                None => ous.push(id.clone(), Ou { id, path }),
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
            self.accounts.push(account.account_id.clone(), account);
            Ok(())
        })?;
        self.found.ous = ous.all;
        Ok(())
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
            self.sets.push(set.permission_set_arn.clone(), set);
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

    fn person(&mut self, connection: &Connection, id: String) -> Result<u32> {
        let standings = &self.standings;
        self.people.place(connection, include_str!("sql/last_user.sql"), id, |id, names| Person {
            standing: standings.of_user(&id),
            user_id: id,
            user_name: names.name,
            display_name: names.display_name,
            email: None,
            is_disabled: false,
        })
    }

    fn group(&mut self, connection: &Connection, id: String) -> Result<u32> {
        let standings = &self.standings;
        self.groups.place(connection, include_str!("sql/last_group.sql"), id, |id, names| Group {
            standing: standings.of(&id),
            group_id: id,
            name: names.name,
        })
    }

    fn account(&mut self, connection: &Connection, id: String) -> Result<u32> {
        let standings = &self.standings;
        self.accounts.place(connection, include_str!("sql/last_account.sql"), id, |id, names| Account {
            standing: standings.of(&id),
            account_id: id,
            name: names.name,
            state: None,
            is_management: false,
            ou: None,
            is_production: false,
        })
    }

    fn set(&mut self, connection: &Connection, id: String) -> Result<u32> {
        let standings = &self.standings;
        self.sets.place(connection, include_str!("sql/last_set.sql"), id, |id, names| PermissionSet {
            standing: standings.of(&id),
            permission_set_arn: id,
            name: names.name,
            session_duration: None,
            tier: Tier::Unknown,
            reasons: Vec::new(),
            policies: Vec::new(),
        })
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
        Relations {
            people: self.people.all,
            groups: self.groups.all,
            accounts: self.accounts.all,
            sets: self.sets.all,
            ..self.found
        }
    }
}

fn text(row: &Row<'_>, column: usize) -> Result<Option<String>> {
    row.get(column).map_err(failed)
}
