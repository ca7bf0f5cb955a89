//! `docs/questions.md` names for each question the queries that answer it, as the queries' headers do.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::read_to_string;

use orgcensus::query::catalog;

/// Returns the numbered rows of the page: the number, and the named queries.
fn documented() -> BTreeMap<u16, BTreeSet<String>> {
    let page = read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/questions.md")).unwrap();
    let row = |line: &str| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, number, _, queries, _] = cells[..] else { return None };
        let names = queries.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        Some((number.parse().ok()?, names))
    };
    page.lines().filter_map(row).collect()
}

#[test]
fn the_page_names_the_queries_that_say_so() {
    let mut said: BTreeMap<u16, BTreeSet<String>> = BTreeMap::new();
    for query in catalog() {
        for number in &query.header.questions {
            said.entry(*number).or_default().insert(query.name.clone());
        }
    }
    let documented = documented();
    assert!(documented.len() > 80, "{documented:?}");
    let answered: BTreeMap<_, _> = documented.into_iter().filter(|(_, names)| !names.is_empty()).collect();
    assert_eq!(answered, said);
    assert!(said.len() > 65, "{}", said.len());
}
