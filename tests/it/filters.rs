//! `query NAME --account`, `--ou` and the like only select rows. The values of a row are the same as without them.

use orgcensus::model::Entity;
use orgcensus::query::{Header, Only, Span, TypedValues, bind, catalog, columns, narrow, prepare};
use orgcensus::store::Census;
use rusqlite::types::Value as Sql;
use serde_json::{Map, Value};

use crate::canned_queries::words_of;
use crate::fixture::{self, Sandbox};

type Answer = Vec<Map<String, Value>>;

fn rows(sandbox: &Sandbox, arguments: &[&str]) -> Result<Answer, String> {
    let ran = sandbox.run(&[arguments, &["--format", "json"]].concat());
    match ran.exit {
        Some(0) => Ok(serde_json::from_str(&ran.stdout).unwrap()),
        _ => Err(ran.refusal()),
    }
}

/// Returns true if a row names one of the ids in a column of ids.
fn names(row: &Map<String, Value>, ids: &[&str]) -> bool {
    let holds_ids = |column: &str| column.ends_with("_id") || column.ends_with("_arn");
    row.iter().any(|(column, value)| {
        holds_ids(column) && column != "parent_id" && value.as_str().is_some_and(|value| ids.contains(&value))
    })
}

const DEPLOY: &str = "arn:aws:sso:::permissionSet/ssoins-1/ps-deploy";

/// Each filter as typed, and the ids that it means in the fixture.
const FILTERS: [(&[&str], &[&str]); 6] = [
    (&["--account", "prod"], &["222222222222"]),
    (
        &["--ou", "Root/Production"],
        &["ou-f1-prod", "ou-f1-west", "222222222222", "333333333333", "666666666666"],
    ),
    (&["--user", "ANA@example.com"], &["u-ana"]),
    (&["--group", "devs, \"core\""], &["g-devs"]),
    (&["--permission-set", "deploy"], &[DEPLOY]),
    (&["--tag", "Environment=prod"], &["222222222222"]),
];

/// Returns the answer of a statement, with its values bound as the program binds them.
fn answer(census: &Census, sql: &str, header: &Header, typed: &TypedValues) -> Answer {
    let span = Span::at(census.snapshots().unwrap().pop().unwrap());
    let mut prepared = prepare(census, sql).unwrap();
    bind(&mut prepared, header, None, typed, census, &span).unwrap();
    let names: Vec<String> = prepared.statement.column_names().into_iter().map(str::to_owned).collect();
    let mut rows = prepared.statement.raw_query();
    let mut answer = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let value = |at: usize| match row.get::<_, Sql>(at).unwrap() {
            Sql::Integer(number) => number.into(),
            Sql::Real(number) => number.into(),
            Sql::Text(text) => text.into(),
            Sql::Null | Sql::Blob(_) => Value::Null,
        };
        answer.push(names.iter().enumerate().map(|(at, name)| (name.clone(), value(at))).collect());
    }
    answer
}

/// Returns the filter of a row in [`FILTERS`].
fn only(filter: &[&str]) -> Only {
    let entity = Entity::ALL.into_iter().find(|one| filter[0] == format!("--{}", one.spec().option));
    entity.map_or_else(|| Only::Tag(filter[1].to_owned()), |one| Only::Entity(one, filter[1].to_owned()))
}

#[test]
fn filtered_is_unfiltered_then_filtered_by_hand() {
    let sandbox = fixture::fuller_census();
    let census = Census::open(&sandbox.path("orgcensus.db")).unwrap();
    let span = Span::at(census.snapshots().unwrap().pop().unwrap());
    let (mut narrowed, mut kept, mut dropped) = (0, 0, 0);
    for query in catalog() {
        let values: Vec<String> = words_of(query)[2..].iter().map(|word| (*word).to_owned()).collect();
        let typed = || TypedValues::new(&query.header, None, &values, &[]).unwrap();
        let all = answer(&census, &query.sql, &query.header, &typed());
        let columns = columns(&prepare(&census, &query.sql).unwrap().statement, &[]).unwrap();
        for (filter, ids) in FILTERS {
            let filtered = match narrow(&census, &query.name, &query.sql, &columns, &[only(filter)], &span) {
                Ok(filtered) => filtered,
                Err(error) => {
                    assert!(error.to_string().contains("cannot narrow"), "{error}");
                    continue;
                }
            };
            let (mut header, mut typed) = (query.header.clone(), typed());
            for (parameter, text) in filtered.parameters {
                typed.add(parameter.name.clone(), text);
                header.parameters.push(parameter);
            }
            let found = answer(&census, &filtered.sql, &header, &typed);
            let by_hand: Answer = all.iter().filter(|row| names(row, ids)).cloned().collect();
            assert_eq!(found, by_hand, "{} {filter:?}", query.name);
            narrowed += 1;
            kept += found.len();
            dropped += all.len() - found.len();
        }
    }
    assert!(narrowed > 150 && kept > 100 && dropped > 100, "{narrowed} {kept} {dropped}");
}

#[test]
fn all_filters_hold_together() {
    let sandbox = fixture::fuller_census();
    let words = ["query", "all-assignments", "--ou", "Root/Production", "--privileged"];
    let all = rows(&sandbox, &["query", "all-assignments"]).unwrap();
    let privileged = rows(&sandbox, &["query", "administrator-sets"]).unwrap();
    let privileged: Vec<&str> =
        privileged.iter().map(|row| row["permission_set_arn"].as_str().unwrap()).collect();
    let (_, in_production) = FILTERS[1];
    let by_hand: Answer =
        all.iter().filter(|row| names(row, in_production) && names(row, &privileged)).cloned().collect();
    assert!(!by_hand.is_empty() && by_hand.len() < all.len());
    assert_eq!(rows(&sandbox, &words).unwrap(), by_hand);
}

/// For a past snapshot and over a range, a name has its meaning of that time.
#[test]
fn a_filter_is_of_the_time_that_answers() {
    let sandbox = fixture::fuller_census();
    let count = |more: &[&str]| {
        rows(&sandbox, &[&["query", "all-assignments", "--user", "carl"], more].concat())
            .map(|rows| rows.len())
    };
    assert_eq!(count(&["--at", "1"]).unwrap(), 1);
    assert_eq!(count(&["--during", "1", "4"]).unwrap(), 1);
    assert_eq!(count(&["--group", "Admins"]).unwrap(), 0, "his assignment is his own");
    let ou = ["query", "all-assignments", "--ou", "Root/Production", "--during", "1", "4"];
    assert!(rows(&sandbox, &ou).unwrap_err().ends_with("exit 2"), "an OU has its accounts in one snapshot");
}

#[test]
fn what_no_filter_can_narrow_is_refused() {
    let sandbox = fixture::fuller_census();
    let refusals: Vec<String> = [
        &["query", "SELECT * FROM users", "--account", "prod"][..],
        &["query", "direct-users", "--account", "prod"],
        &["query", "users", "--group", "devs"],
        &["query", "account-access", "prod", "--user", "nobody"],
        &["query", "account-access", "prod", "--tag", "environment=prod"],
        &["query", "account-access", "prod", "--tag", "environment"],
    ]
    .iter()
    .map(|words| rows(&sandbox, words).unwrap_err())
    .collect();
    insta::assert_snapshot!(refusals.join("\n\n"));
}

/// An account without a row in the census is in no known OU. An account whose tags were not seen may have any tag.
#[test]
fn rows_of_unknown_places_and_tags_are_counted() {
    let sandbox = fixture::fuller_census();
    let database = rusqlite::Connection::open(sandbox.path("orgcensus.db")).unwrap();
    database
        .execute_batch(
            "INSERT INTO account_assignments_versions (account_id, permission_set_arn, principal_type, principal_id, valid_from)
             VALUES ('999999999999', 'arn:aws:sso:::permissionSet/ssoins-1/ps-read', 'USER', 'u-ana', 4);
             INSERT INTO gaps (snapshot_id, resource, scope, kind, attempts, observed_at)
             VALUES (4, 'tags', '{\"resource_id\":\"333333333333\",\"resource_type\":\"account\"}', 'denied', 1, '2026-04-10T02:00:30Z');",
        )
        .unwrap();
    let warned = |filter: &[&str]| sandbox.run(&[&["query", "all-assignments"], filter].concat()).stderr;
    let orphans =
        "SELECT count(*) FROM account_assignments WHERE account_id NOT IN (SELECT account_id FROM accounts)";
    let orphans: i64 = database.query_row(orphans, [], |row| row.get(0)).unwrap();
    let told = warned(&["--ou", "Root/Production"]);
    assert!(orphans > 1 && told.contains(&format!("{orphans} further rows may belong")), "{told}");
    let told = warned(&["--tag", "Environment=prod"]);
    let in_account = "SELECT count(*) FROM account_assignments WHERE account_id = '333333333333'";
    let hidden: i64 = database.query_row(in_account, [], |row| row.get(0)).unwrap();
    assert!(hidden > 1 && told.contains(&format!("{hidden} further rows may belong")), "{told}");
    let told = warned(&["--account", "prod"]);
    assert!(!told.contains("further row"), "{told}");
    // A row excluded by another filter does not belong to the answer in any case.
    for (set, rows) in [("ReadOnly", orphans), ("Administrator", 0)] {
        let told = warned(&["--ou", "Root/Production", "--permission-set", set]);
        assert_eq!(told.contains(&format!("{rows} further rows may belong")), rows > 0, "{set}: {told}");
        assert_eq!(told.contains("further row"), rows > 0, "{set}: {told}");
    }
    let told = warned(&["--ou", "Root/Production", "--account", "prod"]);
    assert!(!told.contains("further row"), "{told}");
}
