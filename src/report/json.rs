//! The relations as the JSON that the page's script joins.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;
use serde_json::Value;
use serde_json::ser::{Formatter, Serializer};

use super::names::Names;
use super::relations::{Assignment, Gone, Member, Principal, Relations, Since, Standing};
use super::sight::{Sight, Told, was_never_seen};
use crate::document::services::Tier;
use crate::model::{AccessRole, Entity, resource};
use crate::store::{CoverageStatus, Gap};

/// Further facts for the script.
pub struct Facts {
    /// The completion time of the snapshot.
    pub at: String,
    /// The completion time of the baseline; `None` without one.
    pub baseline: Option<String>,
    /// The organization in the headings of pages.
    pub organization: String,
    /// The name of production as it was typed; `None` if there is none.
    pub production: Option<String>,
}

/// The kinds of things that have a page, with their names in addresses and in the script.
const KINDS: [(Entity, &str); 4] = [
    (Entity::User, "person"),
    (Entity::Group, "group"),
    (Entity::Account, "account"),
    (Entity::PermissionSet, "set"),
];

/// Id, name, full name, e-mail address, 1 if disabled, standing.
type PersonRow = (String, Option<String>, Option<String>, Option<String>, u8, u8);
/// Id, name, standing.
type GroupRow = (String, Option<String>, u8);
/// Id, name, standing, OU, state, 1 if production, 1 if it manages the organization.
type AccountRow<'r> = (String, Option<String>, u8, Option<u32>, Option<&'r str>, u8, u8);
/// ARN, name, standing, tier, session, reasons why it is an administrator's, policies.
type SetRow<'r> = (String, Option<String>, u8, usize, Option<&'r str>, &'r [String], &'r [(String, String)]);

/// The data of the script. Each thing is an array of values without keys. Memberships and assignments are one list for
/// each column, so that keys are not repeated in every row.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Data<'r> {
    at: &'r str,
    baseline: Option<&'r str>,
    organization: &'r str,
    production: Option<&'r str>,
    masked: bool,
    times: &'r [String],
    /// The word of each tier, and its meaning.
    tiers: [(&'static str, &'static str); Tier::ALL.len()],
    /// Id and path.
    ous: Vec<(String, Option<String>)>,
    people: Vec<PersonRow>,
    groups: Vec<GroupRow>,
    accounts: Vec<AccountRow<'r>>,
    sets: Vec<SetRow<'r>>,
    members: Members,
    assignments: Assignments,
    gone_members: Vec<[u32; 4]>,
    gone_assignments: Vec<[u32; 6]>,
    gaps: Vec<Hidden>,
    /// The access roles of resources that were never collected.
    not_collected: Vec<String>,
}

#[derive(Serialize)]
struct Members {
    group: Vec<u32>,
    person: Vec<u32>,
    since: Vec<u32>,
    before: BTreeMap<usize, i64>,
}

#[derive(Serialize)]
struct Assignments {
    account: Vec<u32>,
    set: Vec<u32>,
    group: Vec<u8>,
    principal: Vec<u32>,
    since: Vec<u32>,
    before: BTreeMap<usize, i64>,
}

/// A gap: the access role of the rows that it hides, and the ids of the only things concerned, by their kind in [`KINDS`].
#[derive(Serialize)]
struct Hidden(String, BTreeMap<&'static str, String>);

/// Returns the relations as JSON. Every text in it is safe inside a script element.
pub fn write(relations: &Relations, sight: &Sight, facts: &Facts, names: &Names) -> String {
    let is_masked = names.are_masked();
    let data = Data {
        at: &facts.at,
        baseline: facts.baseline.as_deref(),
        organization: &facts.organization,
        production: facts.production.as_deref(),
        masked: is_masked,
        times: &relations.times,
        tiers: Tier::ALL.map(|tier| (tier.as_str(), tier.meaning())),
        ous: list(&relations.ous, |one| {
            (names.id(&one.id), one.path.as_deref().map(|path| names.path(path)))
        }),
        people: list(&relations.people, |one| {
            (
                names.id(&one.user_id),
                names.known(one.user_name.as_deref()),
                names.known(one.display_name.as_deref()),
                names.known(one.email.as_deref()),
                one.is_disabled.into(),
                standing(one.standing),
            )
        }),
        groups: list(&relations.groups, |one| {
            (names.id(&one.group_id), names.known(one.name.as_deref()), standing(one.standing))
        }),
        accounts: list(&relations.accounts, |one| {
            (
                names.id(&one.account_id),
                names.known(one.name.as_deref()),
                standing(one.standing),
                one.ou,
                one.state.as_deref(),
                one.is_production.into(),
                one.is_management.into(),
            )
        }),
        sets: list(&relations.sets, |one| {
            (
                names.id(&one.permission_set_arn),
                names.known(one.name.as_deref()),
                standing(one.standing),
                tier(one.tier),
                one.session_duration.as_deref(),
                // The names of policies, and the reasons derived from their text, can name resources.
                if is_masked { &[] } else { one.reasons.as_slice() },
                if is_masked { &[] } else { one.policies.as_slice() },
            )
        }),
        members: members(&relations.members),
        assignments: assignments(&relations.assignments),
        gone_members: list(&relations.gone_members, gone_member),
        gone_assignments: list(&relations.gone_assignments, gone_assignment),
        gaps: gaps(sight, names),
        not_collected: sight
            .unseen(Told::Access)
            .filter(|one| was_never_seen(one))
            .map(|one| role(&one.resource))
            .collect(),
    };
    safe(&data)
}

fn list<'r, T, U>(all: &'r [T], one: impl FnMut(&'r T) -> U) -> Vec<U> {
    all.iter().map(one).collect()
}

fn standing(standing: Standing) -> u8 {
    match standing {
        Standing::There => 0,
        Standing::Gone => 1,
        Standing::NotSeen => 2,
    }
}

fn tier(tier: Tier) -> usize {
    Tier::ALL.iter().position(|one| *one == tier).expect("ALL has every tier")
}

fn principal(principal: Principal) -> (u8, u32) {
    match principal {
        Principal::Group(group) => (1, group),
        Principal::Person(person) => (0, person),
    }
}

fn members(members: &[Member]) -> Members {
    Members {
        group: list(members, |one| one.group),
        person: list(members, |one| one.person),
        since: list(members, |one| one.since.first_seen),
        before: late_beginnings(members.iter().map(|one| one.since)),
    }
}

fn assignments(assignments: &[Assignment]) -> Assignments {
    Assignments {
        account: list(assignments, |one| one.account),
        set: list(assignments, |one| one.set),
        group: list(assignments, |one| principal(one.principal).0),
        principal: list(assignments, |one| principal(one.principal).1),
        since: list(assignments, |one| one.since.first_seen),
        before: late_beginnings(assignments.iter().map(|one| one.since)),
    }
}

/// Returns the earliest possible beginnings of the rows where it is not the time just before the row was first seen. -1
/// means before the first snapshot.
fn late_beginnings(all: impl Iterator<Item = Since>) -> BTreeMap<usize, i64> {
    let is_odd = |one: &Since| one.not_before != one.first_seen.checked_sub(1);
    let odd = all.enumerate().filter(|(_, one)| is_odd(one));
    odd.map(|(row, one)| (row, one.not_before.map_or(-1, i64::from))).collect()
}

fn gone_member(one: &Gone<Member>) -> [u32; 4] {
    let Member { group, person, since } = one.what;
    [group, person, since.first_seen, one.gone]
}

fn gone_assignment(one: &Gone<Assignment>) -> [u32; 6] {
    let Assignment { account, set, since, .. } = one.what;
    let (is_group, principal) = principal(one.what.principal);
    [account, set, is_group.into(), principal, since.first_seen, one.gone]
}

/// Returns the gaps that may hide rows. If not all gaps are listed, each incomplete resource is one gap that concerns
/// everything.
fn gaps(sight: &Sight, names: &Names) -> Vec<Hidden> {
    let told = Told::all();
    let unseen = sight
        .coverage
        .iter()
        .filter(|one| told.contains(one.resource.as_str()) && one.status != CoverageStatus::Complete);
    let is_each_listed = sight.gap_count == sight.gaps.len();
    let mut found = Vec::new();
    for one in unseen {
        let mut of_it = sight.gaps.iter().filter(|gap| gap.resource == one.resource).peekable();
        match of_it.peek().is_some() && is_each_listed {
            true => found.extend(of_it.map(|gap| Hidden(role(&one.resource), things(gap, names)))),
            false => found.push(Hidden(role(&one.resource), BTreeMap::new())),
        }
    }
    found
}

fn role(name: &str) -> String {
    format!("{:?}", resource(name).map_or(AccessRole::None, |spec| spec.in_access))
}

/// Returns the ids in the scope of a gap, by the kind that the columns of its resource declare.
fn things(gap: &Gap, names: &Names) -> BTreeMap<&'static str, String> {
    let scope: Value = serde_json::from_str(&gap.scope).unwrap_or_default();
    let columns = resource(&gap.resource).map_or(&[][..], |spec| spec.columns);
    let thing = |column: &crate::model::ColumnSpec| {
        let id = scope[column.name].as_str()?;
        let entity = column.entity(id, |other| scope[other].as_str())?;
        let (_, kind) = KINDS.into_iter().find(|(one, _)| *one == entity)?;
        Some((kind, names.id(id)))
    };
    columns.iter().filter_map(thing).collect()
}

/// Returns JSON in which the characters that could end a script element or a line of script are escaped: `<`, `>`, `&`,
/// U+2028 and U+2029. JSON has them in texts alone.
fn safe(value: &impl Serialize) -> String {
    let mut written = Vec::new();
    value
        .serialize(&mut Serializer::with_formatter(&mut written, InScript))
        .expect("writing to memory does not fail, and every key is a text or a number");
    String::from_utf8(written).expect("JSON is UTF-8")
}

/// Escapes texts for a script element.
struct InScript;

impl Formatter for InScript {
    fn write_string_fragment<W: ?Sized + io::Write>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        while let Some(place) = rest.find(['<', '>', '&', '\u{2028}', '\u{2029}']) {
            let (before, from) = rest.split_at(place);
            let mut characters = from.chars();
            let character = characters.next().map_or(0, u32::from);
            write!(writer, "{before}\\u{character:04x}")?;
            rest = characters.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn no_text_ends_the_script() {
        let hostile = "</script><!-- & \u{2028}\u{2029} \" \\ ";
        let text = safe(&json!({ hostile: [hostile, "a<b", "<"] }));
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        let read: Value = serde_json::from_str(&text).unwrap();
        assert_eq!(read, json!({ hostile: [hostile, "a<b", "<"] }));
    }
}
