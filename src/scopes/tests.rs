//! Expanding the rules gives the assignments again, and no smaller number of rules does.

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::rules::Rule;
use super::*;

type Expanded = BTreeSet<(String, String, String, String)>;

/// Expands the rules with the facts alone, without the code under test.
fn expanded(facts: &Facts, rules: &[Rule]) -> Expanded {
    let mut all = Expanded::new();
    for rule in rules {
        for (account, _) in
            facts.accounts.iter().filter(|(id, parent)| is_in(facts, id, parent.as_deref(), rule))
        {
            let (set, kind) = (rule.permission_set_arn.clone(), rule.principal_type.clone());
            all.insert((account.clone(), set, kind, rule.principal_id.clone()));
        }
    }
    all
}

fn is_in(facts: &Facts, account: &str, parent: Option<&str>, rule: &Rule) -> bool {
    match rule.form {
        Form::Root => true,
        Form::Account => rule.scope == account,
        Form::Tag => facts.tags.iter().any(|(id, key, value)| {
            id == account && format!("{key}^{}", value.as_deref().unwrap_or_default()) == rule.scope
        }),
        Form::Ou => {
            let above = |id: &str| {
                facts.ous.iter().find(|(ou, _)| ou == id).and_then(|(_, parent)| parent.as_deref())
            };
            std::iter::successors(parent, |id| above(id)).any(|id| id == rule.scope)
        }
    }
}

/// Returns the assignments in the accounts that the facts list.
fn given(facts: &Facts) -> Expanded {
    let is_known = |account: &str| facts.accounts.iter().any(|(id, _)| id == account);
    facts.assignments.iter().filter(|one| is_known(&one.0)).cloned().collect()
}

/// Generates small organizations in which OUs, tags and chance decide the assignments.
fn facts() -> impl Strategy<Value = Facts> {
    let ous = proptest::collection::vec(0..5_usize, 0..5);
    let accounts = proptest::collection::vec((0..6_usize, 0..4_usize, 0..3_usize), 1..9);
    let assignments = proptest::collection::vec((0..10_usize, 0..2_usize, 0..2_usize), 0..30);
    let whole = proptest::collection::vec((0..6_usize, 0..2_usize, 0..2_usize), 0..3);
    (ous, accounts, assignments, whole).prop_map(|(ous, accounts, assignments, whole)| {
        let ou = |number: usize| format!("ou-{number}");
        let ous: Vec<(String, Option<String>)> = ous
            .into_iter()
            .enumerate()
            .map(|(number, parent)| {
                (ou(number), Some(if parent < number { ou(parent) } else { "r-1".to_owned() }))
            })
            .collect();
        let id = |number: usize| format!("{number:012}");
        let mut facts = Facts { ous, ..Facts::default() };
        for (number, (parent, environment, team)) in accounts.iter().enumerate() {
            facts.accounts.push((id(number), Some(ou(*parent))));
            for (key, value) in [("environment", environment), ("team", team)] {
                if *value > 0 {
                    facts.tags.push((id(number), key.to_owned(), Some(format!("v{value}"))));
                }
            }
        }
        let mut assign = |account: String, set: usize, principal: usize| {
            let kind = if principal == 0 { "GROUP" } else { "USER" };
            facts.assignments.push((account, format!("ps-{set}"), kind.to_owned(), format!("p-{principal}")));
        };
        for (account, set, principal) in assignments {
            assign(id(account), set, principal);
        }
        for (place, set, principal) in whole {
            for (number, (parent, environment, _)) in accounts.iter().enumerate() {
                if *parent == place || *environment == place {
                    assign(id(number), set, principal);
                }
            }
        }
        facts
    })
}

/// Finds the smallest number of sets that cover all, by trying every choice.
fn by_trying_all(size: usize, sets: &[Vec<usize>]) -> usize {
    let masks: Vec<u32> = sets.iter().map(|set| set.iter().fold(0, |mask, one| mask | 1 << one)).collect();
    let whole = (1_u32 << size) - 1;
    (0..1_u32 << sets.len())
        .filter(|choice| {
            let chosen = masks.iter().enumerate().filter(|(place, _)| choice >> place & 1 == 1);
            chosen.fold(0, |all, (_, mask)| all | mask) == whole
        })
        .map(u32::count_ones)
        .min()
        .unwrap_or(0) as usize
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn rules_expand_to_the_assignments(facts in facts()) {
        let found = rules(&facts, 100.0);
        prop_assert_eq!(expanded(&facts, &found), given(&facts));
        prop_assert!(found.iter().all(|rule| rule.missing.is_empty()));
    }

    #[test]
    fn rules_with_exceptions_name_what_they_give_too_much(facts in facts(), share in 40.0..100.0_f64) {
        let found = rules(&facts, share);
        let mut all = expanded(&facts, &found);
        for rule in &found {
            for account in &rule.missing {
                let key = (account.clone(), rule.permission_set_arn.clone(), rule.principal_type.clone(), rule.principal_id.clone());
                prop_assert!(!given(&facts).contains(&key));
                all.remove(&key);
            }
        }
        prop_assert_eq!(all, given(&facts));
        prop_assert!(found.len() <= rules(&facts, 100.0).len());
    }

    #[test]
    fn no_fewer_sets_cover_all(sets in proptest::collection::vec(proptest::collection::btree_set(0..7_usize, 1..5), 0..8)) {
        let size = 7;
        let mut sets: Vec<Vec<usize>> = sets.into_iter().map(|set| set.into_iter().collect()).collect();
        sets.extend((0..size).map(|one| vec![one]));
        let found = cover::fewest(size, &sets);
        let covered: BTreeSet<usize> = found.iter().flat_map(|place| sets[*place].clone()).collect();
        prop_assert_eq!(covered.len(), size);
        prop_assert_eq!(found.len(), by_trying_all(size, &sets));
    }

    #[test]
    fn exceptions_are_what_they_say(facts in facts(), share in 51.0..95.0_f64) {
        for one in exceptions(&facts, share) {
            let key = (one.account_id.clone(), one.permission_set_arn.clone(), one.principal_type.clone(), one.principal_id.clone());
            prop_assert_eq!(given(&facts).contains(&key), !one.is_missing);
            let percent = one.have as f64 * 100.0 / one.of as f64;
            let is_so = if one.is_missing { percent >= share && one.have < one.of } else { 100.0 - percent >= share };
            prop_assert!(is_so);
        }
    }
}

#[test]
fn the_widest_form_of_the_same_accounts_is_taken() {
    let account = |id: &str, parent: &str| (id.to_owned(), Some(parent.to_owned()));
    let facts = Facts {
        accounts: vec![account("1", "ou-a"), account("2", "ou-b"), account("3", "ou-c")],
        ous: vec![account("ou-a", "r-1"), account("ou-b", "ou-a"), account("ou-c", "r-1")],
        tags: vec![
            ("1".to_owned(), "env".to_owned(), Some("prod".to_owned())),
            ("3".to_owned(), "env".to_owned(), Some("prod".to_owned())),
        ],
        assignments: [
            ("1", "in-ou"),
            ("2", "in-ou"),
            ("1", "by-tag"),
            ("3", "by-tag"),
            ("1", "all"),
            ("2", "all"),
            ("3", "all"),
            ("3", "one"),
            ("9", "elsewhere"),
        ]
        .map(|(account, set)| (account.to_owned(), set.to_owned(), "GROUP".to_owned(), "g".to_owned()))
        .to_vec(),
    };
    let found: Vec<String> = rules(&facts, 100.0)
        .iter()
        .map(|rule| {
            format!(
                "{} {} {} {}",
                rule.permission_set_arn,
                rule.form.as_str(),
                rule.scope,
                rule.accounts.len()
            )
        })
        .collect();
    assert_eq!(
        found,
        ["all root all 3", "by-tag account_tag env^prod 2", "in-ou ou_id ou-a 2", "one account 3 1"]
    );
}

#[test]
fn a_circle_of_ous_ends() {
    let pair = |id: &str, parent: &str| (id.to_owned(), Some(parent.to_owned()));
    let facts = Facts {
        accounts: vec![pair("1", "ou-a")],
        ous: vec![pair("ou-a", "ou-b"), pair("ou-b", "ou-a")],
        tags: Vec::new(),
        assignments: vec![("1".to_owned(), "ps".to_owned(), "USER".to_owned(), "u".to_owned())],
    };
    assert_eq!(rules(&facts, 100.0).len(), 1);
}
