//! Assignments in the two forms of AWS's published scripts: one row each, and one object by permission set.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::types::Value;
use serde_json::json;

use super::principals::{Member, Name, Principals, members, optional, text};
use super::source::Source;
use crate::amounts::counted_as;
use crate::error::Result;
use crate::output::{Destination, Format, RowWriter};
use crate::store::failed;

/// The columns of the scripts' reports.
const COLUMNS: [&str; 5] = ["Account ID", "Account Name", "Permission Set", "Principal Type", "Principal"];

/// Further columns for one row per person.
const PEOPLE: [&str; 3] = ["User", "User Status", "Via Group"];

/// Further columns with ids.
const IDS: [&str; 3] = ["Principal ID", "Permission Set ARN", "Email"];

/// The placeholder for the people of a group whose members were not seen.
const MEMBERS_NOT_SEEN: &str = "(members not seen)";

/// The additions to the columns of the scripts.
#[derive(Debug, Clone, Copy, Default)]
pub struct AssignmentOptions {
    /// Writes a row for each person. A group without members keeps one row.
    pub expand_groups: bool,
    /// Adds the ids of principals and permission sets, and e-mail addresses.
    pub with_ids: bool,
}

impl AssignmentOptions {
    /// Returns the names of the columns.
    pub fn columns(self) -> Vec<&'static str> {
        let people = PEOPLE.into_iter().filter(|_| self.expand_groups);
        let ids = IDS.into_iter().filter(|_| self.with_ids);
        COLUMNS.into_iter().chain(people).chain(ids).collect()
    }
}

/// Counts of entries whose name is unknown.
#[derive(Debug, Default)]
pub struct NotNamed {
    principals: u64,
    groups: u64,
}

impl NotNamed {
    /// Returns a line for each kind of entry that was not seen.
    pub fn lines(&self) -> Vec<String> {
        let principals = (self.principals > 0).then(|| {
            let rows = counted_as(self.principals, "entry", "entries");
            format!("{rows} of users and groups that were not seen: \"(not seen: ID)\" stands for the name")
        });
        let groups = (self.groups > 0).then(|| {
            let rows = counted_as(self.groups, "entry", "entries");
            format!("{rows} of groups whose members were not seen: \"{MEMBERS_NOT_SEEN}\" stands for them")
        });
        principals.into_iter().chain(groups).collect()
    }
}

/// One person of an assignment: name, status, the group of the assignment, e-mail address.
type Person = (Option<String>, Option<String>, Option<String>, Option<String>);

/// Writes a row for each assignment, or for each person who has it. The output begins only after the filters proved
/// valid. Returns the number of rows, and the counts of unknown names.
pub fn write_rows(
    source: &Source<'_>,
    options: AssignmentOptions,
    format: Format,
    destination: &mut Destination,
) -> Result<(u64, NotNamed)> {
    let principals = Principals::read(source)?;
    let groups = if options.expand_groups { members(source)? } else { Default::default() };
    let mut not_named = NotNamed::default();
    let sql = include_str!("sql/assignments.sql");
    let columns = options.columns();
    let begin = || RowWriter::begin(format, columns, destination);
    let writer = source.narrowed_into("assignments-csv", sql, begin, |writer, row| {
        let (kind, id) = (text(row, 6)?, text(row, 7)?);
        let name = principals.name(&kind, &id, optional(row, 8)?, row.get(9).map_err(failed)?);
        not_named.principals += u64::from(matches!(name, Name::NotSeen(_)));
        let email = optional(row, 11)?;
        let people: Vec<Person> = match kind.as_str() {
            _ if !options.expand_groups => vec![(None, None, None, email)],
            "GROUP" => {
                let found = groups.get(&id).map(Vec::as_slice).unwrap_or_default();
                let is_unseen = principals.members_are_unseen(&id);
                not_named.groups += u64::from(is_unseen);
                not_named.principals +=
                    found.iter().filter(|one| matches!(one.name, Name::NotSeen(_))).count() as u64;
                of_group(&name, found, is_unseen)
            }
            _ => vec![(name.in_report(), optional(row, 10)?, None, email)],
        };
        let set_arn = text(row, 4)?;
        let set = optional(row, 5)?.unwrap_or_else(|| set_arn.clone());
        for (user, status, via, email) in people {
            let mut values: Vec<Option<String>> = vec![
                Some(text(row, 0)?),
                optional(row, 1)?,
                Some(set.clone()),
                Some(kind.clone()),
                name.in_report(),
            ];
            if options.expand_groups {
                values.extend([user, status, via]);
            }
            if options.with_ids {
                values.extend([Some(id.clone()), Some(set_arn.clone()), email]);
            }
            let values: Vec<Value> =
                values.into_iter().map(|one| one.map_or(Value::Null, Value::Text)).collect();
            writer.values(&values)?;
        }
        Ok(())
    })?;
    Ok((writer.finish()?, not_named))
}

/// Returns the people of a group's assignment. A group without members gives one row without a person.
fn of_group(name: &Name, members: &[Member], is_unseen: bool) -> Vec<Person> {
    let via = name.in_report();
    let person = |one: &Member| (one.name.in_report(), one.status.clone(), via.clone(), one.email.clone());
    let mut people: Vec<Person> = members.iter().map(person).collect();
    if is_unseen {
        people.push((Some(MEMBERS_NOT_SEEN.to_owned()), None, via, None));
    } else if people.is_empty() {
        people.push((None, None, via, None));
    }
    people
}

/// The holders of a permission set in any account, each with an e-mail address.
#[derive(Debug, Default)]
struct Holders {
    users: BTreeMap<Holder, Option<String>>,
    groups: BTreeMap<Holder, Option<String>>,
}

/// A name with an id. The id distinguishes two holders of the same name where ids are written.
type Holder = (Name, String);

/// Returns the object by permission set, with its users and groups, distinct and sorted.
pub fn object(source: &Source<'_>, options: AssignmentOptions) -> Result<(serde_json::Value, NotNamed)> {
    let principals = Principals::read(source)?;
    let groups = if options.expand_groups { members(source)? } else { Default::default() };
    let mut not_named = NotNamed::default();
    let mut sets: BTreeMap<String, Holders> = BTreeMap::new();
    let mut unseen_groups = BTreeSet::new();
    source.narrowed("assignments-json", include_str!("sql/assignments_by_set.sql"), |row| {
        let (kind, id) = (text(row, 3)?, text(row, 4)?);
        let name = principals.name(&kind, &id, optional(row, 5)?, row.get(6).map_err(failed)?);
        let set = optional(row, 2)?.map_or_else(|| text(row, 1), Ok)?;
        let holders = sets.entry(set).or_default();
        if kind != "GROUP" {
            holders.users.insert((name, id), optional(row, 7)?);
            return Ok(());
        }
        if options.expand_groups {
            if principals.members_are_unseen(&id) {
                let unseen = Name::Known(format!(
                    "(members not seen: {})",
                    name.in_report().unwrap_or_else(|| id.clone())
                ));
                holders.users.insert((unseen, id.clone()), None);
                unseen_groups.insert(id.clone());
            }
            for member in groups.get(&id).map(Vec::as_slice).unwrap_or_default() {
                holders.users.insert((member.name.clone(), member.user_id.clone()), member.email.clone());
            }
        }
        holders.groups.insert((name, id), None);
        Ok(())
    })?;
    not_named.groups = unseen_groups.len() as u64;
    let mut written = serde_json::Map::new();
    for (set, Holders { users, groups }) in sets {
        let all = users.keys().chain(groups.keys());
        not_named.principals += all.filter(|(name, _)| matches!(name, Name::NotSeen(_))).count() as u64;
        let users = list(users, options);
        let groups = list(groups, options);
        written.insert(set, json!({"Users": users, "Groups": groups}));
    }
    Ok((serde_json::Value::Object(written), not_named))
}

/// Returns a list of names, or of objects with ids. Deleted principals come last.
fn list(holders: BTreeMap<Holder, Option<String>>, options: AssignmentOptions) -> Vec<serde_json::Value> {
    let named = |name: &Name| name.in_report().map_or(serde_json::Value::Null, serde_json::Value::from);
    let object = |((name, id), email): (Holder, Option<String>)| match options.with_ids {
        true => json!({"Name": named(&name), "Id": id, "Email": email}),
        false => named(&name),
    };
    let mut list: Vec<serde_json::Value> = holders.into_iter().map(object).collect();
    list.dedup();
    list
}
