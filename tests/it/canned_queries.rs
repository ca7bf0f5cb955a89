//! What holds for every canned query.

use std::collections::BTreeSet;

use orgcensus::model::Entity;
use orgcensus::query::{CannedQuery, ParameterType, catalog};
use orgcensus::store::Census;
use rusqlite::Connection;

use crate::fixture;

/// A value of the fixture for each type of parameter.
fn sample(kind: ParameterType) -> &'static str {
    match kind {
        ParameterType::Entity(Entity::User) => "ANA@example.com",
        ParameterType::Entity(Entity::Account) => "Prod",
        ParameterType::Entity(Entity::Group) => "devs, \"core\"",
        ParameterType::Entity(Entity::PermissionSet) => "deploy",
        ParameterType::Entity(Entity::Ou | Entity::Root) => "Root/Production",
        ParameterType::Date => "2026-01-01",
        ParameterType::Number => "1",
        ParameterType::Text => "text",
    }
}

#[test]
fn every_query_says_what_it_is_and_takes_what_its_sql_takes() {
    let sandbox = fixture::census();
    let census = Census::open(&sandbox.path("orgcensus.db")).unwrap();
    assert!(catalog().len() >= 12);
    for query in catalog() {
        let CannedQuery { name, header, sql } = query;
        assert!(!header.title.is_empty() && !header.title.ends_with('.'), "{name}: title");
        assert!(header.description.ends_with('.'), "{name}: description");
        let statement = census.connection().prepare(sql).unwrap();
        let own: BTreeSet<String> = (1..=statement.parameter_count())
            .map(|index| statement.parameter_name(index).unwrap()[1..].to_owned())
            .collect();
        let declared: BTreeSet<String> = header.parameters.iter().map(|it| it.name.clone()).collect();
        assert_eq!(own, declared, "{name}: parameters");
        assert!(header.parameters.iter().all(|it| !it.description.is_empty()), "{name}: descriptions");
        assert!(statement.readonly(), "{name} reads only");
    }
}

#[test]
fn every_query_is_ordered() {
    for query in catalog() {
        let last = query.sql.rfind("ORDER BY").unwrap_or_else(|| panic!("{} has no ORDER BY", query.name));
        assert!(
            !query.sql[last..].contains(')') || query.name == "services-without-attempts",
            "{}",
            query.name
        );
        assert!(query.sql[..last].ends_with('\n'), "{}: its ORDER BY is the last clause", query.name);
    }
}

#[test]
fn every_query_answers_on_the_fixture() {
    let sandbox = fixture::census();
    for query in catalog() {
        let mut arguments = vec!["query", query.name, "--format", "table"];
        arguments.extend(query.header.parameters.iter().map(|parameter| sample(parameter.kind)));
        let ran = sandbox.run(&arguments);
        assert_eq!(ran.exit, Some(0), "{}: {}", query.name, ran.stderr);
        insta::assert_snapshot!(format!("answer_{}", query.name), ran.all());
    }
}

#[test]
fn every_query_answers_for_every_snapshot() {
    let sandbox = fixture::census();
    for query in catalog() {
        for snapshot in ["1", "2", "3", "4"] {
            let mut arguments = vec!["query", query.name, "--at", snapshot];
            arguments.extend(query.header.parameters.iter().map(|parameter| sample(parameter.kind)));
            let ran = sandbox.run(&arguments);
            assert_eq!(ran.exit, Some(0), "{} at {snapshot}: {}", query.name, ran.stderr);
            if snapshot == "4" {
                let latest: Vec<&str> =
                    arguments.iter().copied().filter(|it| !["--at", "4"].contains(it)).collect();
                assert_eq!(
                    ran.stdout,
                    sandbox.run(&latest).stdout,
                    "{}: the latest is snapshot 4",
                    query.name
                );
            }
        }
    }
}

/// Asked by user or account, no table that grows with the organization may be walked: 100,000 assignments
/// would be. A query for a permission set or for everyone has to walk some.
#[test]
fn queries_by_user_or_account_walk_no_large_table() {
    const LARGE: [&str; 5] = [
        "account_assignments_versions",
        "group_memberships_versions",
        "users_versions",
        "accounts_versions",
        "service_last_accessed_versions",
    ];
    let sandbox = fixture::census();
    let mut census = Census::open(&sandbox.path("orgcensus.db")).unwrap();
    let mut checked = 0;
    for at in [None, Some(2)] {
        if let Some(snapshot) = at {
            census.answer_as_of(snapshot).unwrap();
        }
        for query in catalog() {
            let keys = [
                ParameterType::Entity(Entity::User),
                ParameterType::Entity(Entity::Account),
                ParameterType::Entity(Entity::Group),
            ];
            if !query.header.parameters.iter().any(|parameter| keys.contains(&parameter.kind)) {
                continue;
            }
            for step in plan(census.connection(), query.sql) {
                let walks = step.starts_with("SCAN");
                let alias_of_large = LARGE.iter().any(|table| step.contains(table));
                assert!(!(walks && alias_of_large), "{} {at:?}: {step}", query.name);
                // Views rename their table to v; walking one shows as a scan of v.
                assert!(!step.starts_with("SCAN v"), "{} {at:?}: {step}", query.name);
            }
            checked += 1;
        }
    }
    assert!(checked >= 8, "{checked}");
}

fn plan(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let mut rows = statement.raw_query();
    let mut steps = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        steps.push(row.get::<_, String>("detail").unwrap());
    }
    steps
}
