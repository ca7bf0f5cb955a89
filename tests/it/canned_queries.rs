//! The rules for every canned query.

use std::collections::{BTreeMap, BTreeSet};

use orgcensus::model::Entity;
use orgcensus::query::{CannedQuery, Family, Parameter, ParameterType, catalog};
use orgcensus::store::Census;
use rusqlite::Connection;

use crate::fixture;

/// Returns a value of the fixture for a parameter.
pub fn sample(parameter: &Parameter) -> &'static str {
    match (parameter.name.as_str(), parameter.kind) {
        ("other", ParameterType::Entity(Entity::User)) => "bob",
        ("other", ParameterType::Entity(Entity::Ou)) => "Root/Sandbox",
        ("permission_set", _) => "deploy",
        ("role", _) => {
            "arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_ReadOnly_0123456789abcdef/ANA@example.com"
        }
        ("policy", ParameterType::Text) => "readonlyaccess",
        ("name", ParameterType::Text) => "CI",
        ("role_or_account", _) => "Prod",
        ("list", _) => "ana; \"bob@example.com\",\n u-eve anita@example.org\\",
        ("percent", _) => "20",
        ("min_share", _) => "60",
        ("limit", _) => "50",
        ("begin", _) => "8",
        ("end", _) => "18",
        ("days", _) => "5",
        ("text", _) => "break-glass",
        ("part", _) => "ADM",
        ("key", _) => "environment",
        ("value", _) => "prod",
        ("other", ParameterType::Text) => "dev",
        ("entity", _) => "111111111111",
        (_, ParameterType::Entity(Entity::User)) => "ANA@example.com",
        (_, ParameterType::Entity(Entity::Account)) => "Prod",
        (_, ParameterType::Entity(Entity::Group)) => "devs, \"core\"",
        (_, ParameterType::Entity(Entity::PermissionSet)) => "deploy",
        (_, ParameterType::Entity(Entity::Ou | Entity::Root)) => "Root/Production",
        (_, ParameterType::Entity(Entity::Policy)) => "FullAWSAccess",
        (_, ParameterType::Place) => "Root/Production",
        (_, ParameterType::Entity(Entity::Application)) => "wiki",
        (_, ParameterType::Date) => "2026-01-01",
        (_, ParameterType::Number) => "1",
        (_, ParameterType::Level) => "any",
        (_, ParameterType::Text) => "text",
    }
}

/// Returns the words that ask a query about the samples.
pub fn words_of(query: &'static CannedQuery) -> Vec<&'static str> {
    let values = query.header.parameters.iter().map(sample);
    ["query", query.name.as_str()].into_iter().chain(values).collect()
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
        let sql = &query.sql[last..];
        assert!(!sql.contains(')') || query.name == "services-without-attempts", "{}", query.name);
        assert!(query.sql[..last].ends_with('\n'), "{}: its ORDER BY is the last clause", query.name);
    }
}

#[test]
fn every_query_answers_on_the_fixture() {
    let sandbox = fixture::census();
    for query in catalog() {
        let ran = sandbox.run(&[&words_of(query)[..], &["--format", "table"]].concat());
        assert_eq!(ran.exit, Some(0), "{}: {}", query.name, ran.stderr);
        insta::assert_snapshot!(format!("answer_{}", query.name), ran.all());
    }
}

/// A query without rows on the small fixture has rows on the fuller one.
#[test]
fn every_query_has_rows_somewhere() {
    let (sandbox, fuller) = (fixture::census(), fixture::fuller_census());
    let mut checked = 0;
    for query in catalog() {
        if sandbox.run(&words_of(query)).data().lines().count() > 1 {
            continue;
        }
        // A shared address is looked up by name.
        let arguments: Vec<&str> =
            words_of(query).iter().map(|word| word.trim_end_matches("@example.com")).collect();
        let ran = fuller.run(&[&arguments[..], &["--format", "table"]].concat());
        assert!(ran.data().lines().count() > 2, "{}: {}", query.name, ran.all());
        insta::assert_snapshot!(format!("fuller_{}", query.name), ran.all());
        checked += 1;
    }
    assert!(checked >= 10, "{checked}");
}

/// By an action, by a pattern of actions, and by all actions but some.
#[test]
fn who_can_edit_a_policy_is_found_by_every_form_of_a_statement() {
    let ran = fixture::fuller_census().run(&["query", "policy-editors"]);
    let of_iam: Vec<&str> = ran.data().lines().filter(|row| row.contains(",IAM ")).collect();
    assert_eq!(
        of_iam,
        [
            "/boundary,IAM role,partner,1,222222222222,all-but-s3,",
            "/boundary,IAM user,ci,1,222222222222,deploy,",
            "/team/deploy,IAM role,partner,1,222222222222,all-but-s3,",
            "/team/deploy,IAM user,ci,1,222222222222,deploy,",
            "/team/deploy,IAM user,ci,1,222222222222,push,",
        ]
    );
}

#[test]
fn every_query_answers_for_every_snapshot() {
    let sandbox = fixture::census();
    for query in catalog() {
        for snapshot in ["1", "2", "3", "4"] {
            let arguments = [&words_of(query)[..], &["--at", snapshot]].concat();
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

/// A query by user or account must not walk a table that grows with the organization, such as 100,000 assignments. A
/// query for a permission set or for all users has to walk some.
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
            for table in walked(census.connection(), &query.sql) {
                assert!(!LARGE.contains(&table.as_str()), "{} {at:?} walks {table}", query.name);
            }
            checked += 1;
        }
    }
    assert!(checked >= 8, "{checked}");
}

#[test]
fn the_list_is_by_family_and_fits_80_columns() {
    let sandbox = fixture::empty();
    let whole = sandbox.run(&["query", "--list", "--format", "table"]);
    for line in whole.data().lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for family in
        Family::ALL.into_iter().filter(|one| catalog().iter().any(|it| it.header.family == Some(*one)))
    {
        let ran = sandbox.run(&["query", "--list", "--family", family.name(), "--format", "table"]);
        let part = ran.data();
        assert!(whole.data().contains(part), "{part}");
        assert!(part.starts_with(&format!("{}: ", family.name())), "{part}");
        assert_eq!(part.matches("\n  e.g. orgcensus query ").count(), 1, "{part}");
        let rows = sandbox.run(&["query", "--family", family.name()]);
        assert!(rows.data().lines().skip(1).all(|row| row.contains(&format!(",{},", family.name()))));
    }
    let wrong = sandbox.run(&["query", "--list", "--family", "persons"]).refusal();
    assert!(
        wrong.starts_with("error: there is no family \"persons\"\nhint: did you mean person?\n"),
        "{wrong}"
    );
}

#[test]
fn every_example_is_whole() {
    for query in catalog() {
        let Some(example) = query.example() else { panic!("{} has no example", query.name) };
        let required = query.header.parameters.iter().filter(|it| it.default.is_none()).count();
        let values = shell_words(&example).len() - 1;
        assert!((required..=query.header.parameters.len()).contains(&values), "{example}");
    }
}

/// Splits a line like a shell, with single quotes only.
fn shell_words(line: &str) -> Vec<String> {
    let quoted = line.split('\'').enumerate();
    let words = quoted.flat_map(|(place, part)| match place % 2 {
        0 => part.split_whitespace().map(str::to_owned).collect::<Vec<_>>(),
        _ => vec![part.to_owned()],
    });
    words.collect()
}

#[test]
fn shells_complete_names_and_families() {
    let sandbox = fixture::empty();
    for shell in ["bash", "zsh", "fish"] {
        let script = sandbox.run(&["completions", shell]);
        for word in catalog().iter().map(|query| query.name.as_str()).chain(Family::ALL.map(Family::name)) {
            assert!(script.data().contains(word), "{shell} {word}");
        }
    }
}

/// Returns the tables that SQLite's program for the statement walks from one end, directly or by an index.
fn walked(connection: &Connection, sql: &str) -> Vec<String> {
    let pages: BTreeMap<i64, String> =
        rows(connection, "SELECT rootpage, tbl_name FROM main.sqlite_schema", |row| {
            Ok((row.get(0)?, row.get(1)?))
        });
    let program: Vec<(String, i64, i64)> = rows(connection, &format!("EXPLAIN {sql}"), |row| {
        Ok((row.get("opcode")?, row.get("p1")?, row.get("p2")?))
    });
    let opens = program.iter().filter(|(opcode, ..)| opcode == "OpenRead");
    let tables: BTreeMap<i64, &String> =
        opens.filter_map(|(_, cursor, page)| Some((*cursor, pages.get(page)?))).collect();
    let walks = program.iter().filter(|(opcode, ..)| ["Rewind", "Last"].contains(&opcode.as_str()));
    walks.filter_map(|(_, cursor, _)| Some((*tables.get(cursor)?).clone())).collect()
}

fn rows<T, C: FromIterator<T>>(
    connection: &Connection,
    sql: &str,
    read: impl Fn(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> C {
    let mut statement = connection.prepare(sql).unwrap();
    let mut rows = statement.raw_query();
    let mut found = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        found.push(read(row).unwrap());
    }
    found.into_iter().collect()
}
