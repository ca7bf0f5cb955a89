//! The relations as the JSON that the page's script joins.

use serde_json::{Map, Value, json};

use super::names::Names;
use super::relations::{Assignment, Gone, Member, Principal, Relations, Since, Standing};
use super::sight::Sight;
use crate::document::services::Tier;

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

/// Returns the relations as JSON. Every text in it is safe inside a script element.
pub fn write(relations: &Relations, sight: &Sight, facts: &Facts, names: &Names) -> String {
    let things = json!({
        "at": facts.at,
        "baseline": facts.baseline,
        "organization": facts.organization,
        "production": facts.production,
        "masked": names.are_masked(),
        "times": relations.times,
        "tiers": Tier::ALL.map(|tier| [tier.as_str(), tier.meaning()]),
        "ous": relations.ous.iter().map(|one| json!([names.id(&one.id), one.path.as_deref().map(|path| names.path(path))])).collect::<Vec<_>>(),
        "people": relations.people.iter().map(|one| json!([
            names.id(&one.user_id),
            names.known(one.user_name.as_deref()),
            names.known(one.display_name.as_deref()),
            names.known(one.email.as_deref()),
            u8::from(one.is_disabled),
            standing(one.standing),
        ])).collect::<Vec<_>>(),
        "groups": relations.groups.iter().map(|one| json!([
            names.id(&one.group_id),
            names.known(one.name.as_deref()),
            standing(one.standing),
        ])).collect::<Vec<_>>(),
        "accounts": relations.accounts.iter().map(|one| json!([
            names.id(&one.account_id),
            names.known(one.name.as_deref()),
            standing(one.standing),
            one.ou,
            one.state,
            u8::from(one.is_production),
            u8::from(one.is_management),
        ])).collect::<Vec<_>>(),
        "sets": relations.sets.iter().map(|one| json!([
            names.id(&one.permission_set_arn),
            names.known(one.name.as_deref()),
            standing(one.standing),
            tier(one.tier),
            one.session_duration,
            // The names of policies, and the reasons derived from their text, can name resources.
            if names.are_masked() { &[] } else { one.reasons.as_slice() },
            if names.are_masked() { &[] } else { one.policies.as_slice() },
        ])).collect::<Vec<_>>(),
        "members": members(&relations.members),
        "assignments": assignments(&relations.assignments),
        "goneMembers": relations.gone_members.iter().map(gone_member).collect::<Vec<_>>(),
        "goneAssignments": relations.gone_assignments.iter().map(gone_assignment).collect::<Vec<_>>(),
        "gaps": gaps(sight, names),
    });
    escaped(&things.to_string())
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

fn principal(principal: Principal) -> (u32, u32) {
    match principal {
        Principal::Group(group) => (1, group),
        Principal::Person(person) => (0, person),
    }
}

/// Returns memberships as one list for each column, so that keys are not repeated in every row.
fn members(members: &[Member]) -> Value {
    json!({
        "group": members.iter().map(|one| one.group).collect::<Vec<_>>(),
        "person": members.iter().map(|one| one.person).collect::<Vec<_>>(),
        "since": firsts(members.iter().map(|one| one.since)),
        "before": late_beginnings(members.iter().map(|one| one.since)),
    })
}

fn assignments(assignments: &[Assignment]) -> Value {
    let all = || assignments.iter();
    let set: Vec<u32> = all().map(|one| one.set).collect();
    json!({
        "account": all().map(|one| one.account).collect::<Vec<_>>(),
        "set": set,
        "group": all().map(|one| principal(one.principal).0).collect::<Vec<_>>(),
        "principal": all().map(|one| principal(one.principal).1).collect::<Vec<_>>(),
        "since": firsts(all().map(|one| one.since)),
        "before": late_beginnings(all().map(|one| one.since)),
    })
}

fn firsts(all: impl Iterator<Item = Since>) -> Vec<u32> {
    all.map(|one| one.first_seen).collect()
}

/// Returns the earliest possible beginnings of the rows where it is not the time just before the row was first seen. -1
/// means before the first snapshot.
fn late_beginnings(all: impl Iterator<Item = Since>) -> Map<String, Value> {
    let odd = |(row, one): (usize, Since)| {
        let usual = one.first_seen.checked_sub(1);
        (one.not_before != usual)
            .then(|| (row.to_string(), one.not_before.map_or(json!(-1), |time| json!(time))))
    };
    all.enumerate().filter_map(odd).collect()
}

fn gone_member(one: &Gone<Member>) -> Vec<u32> {
    gone(vec![one.what.group, one.what.person], one.what.since, one.gone)
}

fn gone_assignment(one: &Gone<Assignment>) -> Vec<u32> {
    let (is_group, principal) = principal(one.what.principal);
    gone(vec![one.what.account, one.what.set, is_group, principal], one.what.since, one.gone)
}

fn gone(mut row: Vec<u32>, since: Since, gone: u32) -> Vec<u32> {
    row.extend([since.first_seen, gone]);
    row
}

/// Returns the gaps that may hide rows, as the role and the scope of each. If not all gaps are listed, each incomplete
/// resource is one gap of its whole scope.
fn gaps(sight: &Sight, names: &Names) -> Vec<Value> {
    let told = super::sight::Told::all();
    let unseen = sight.coverage.iter().filter(|one| {
        told.contains(one.resource.as_str()) && one.status != crate::store::CoverageStatus::Complete
    });
    let is_each_listed = sight.gap_count == sight.gaps.len();
    let mut found = Vec::new();
    for one in unseen {
        let mut of_it = sight.gaps.iter().filter(|gap| gap.resource == one.resource).peekable();
        let role = crate::model::resource(&one.resource).map(|spec| format!("{:?}", spec.in_access));
        match of_it.peek().is_some() && is_each_listed {
            true => found.extend(of_it.map(|gap| {
                let scope: Value = serde_json::from_str(&names.scope(&gap.scope)).unwrap_or_default();
                json!([role, scope])
            })),
            false => found.push(json!([role, {}])),
        }
    }
    found
}

/// Escapes the characters that could end a script element or a line of script: `<`, `>`, `&`, U+2028 and U+2029.
fn escaped(json: &str) -> String {
    let mut text = String::with_capacity(json.len() + json.len() / 50);
    for character in json.chars() {
        match character {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => {
                text.push_str(&format!("\\u{:04x}", u32::from(character)));
            }
            character => text.push(character),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_ends_the_script() {
        let hostile = "</script><!-- & \u{2028}\u{2029}";
        let text = escaped(&json!([hostile]).to_string());
        assert!(!text.contains(['<', '>', '&', '\u{2028}', '\u{2029}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), json!([hostile]));
    }
}
