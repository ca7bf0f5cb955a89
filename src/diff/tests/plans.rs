//! Tests that the cost grows with the changes: no statement walks a table that did not change.

use super::history::History;
use crate::diff::access::paths::{ASSIGNMENTS_OF_SETS, OWNERS_OF};
use crate::diff::rows::{began_sql, ended_sql};
use crate::model::RESOURCES;

fn plan(history: &History, sql: &str) -> String {
    let mut statement = history.connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}")).unwrap();
    let count = statement.parameter_count();
    for index in 1..=count {
        statement.raw_bind_parameter(index, 1).unwrap();
    }
    let mut lines = Vec::new();
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().unwrap() {
        lines.push(row.get::<_, String>(3).unwrap());
    }
    lines.join("\n")
}

#[test]
fn row_changes_are_found_by_where_versions_began_and_ended() {
    let history = History::new();
    for spec in RESOURCES {
        let ended = plan(&history, &ended_sql(spec));
        assert!(
            ended.contains(&format!("USING INDEX {}_ended (valid_to>? AND valid_to<?)", spec.name)),
            "{ended}"
        );
        let began = plan(&history, &began_sql(spec));
        assert!(
            began.contains(&format!("USING INDEX {}_began (valid_from>? AND valid_from<?)", spec.name)),
            "{began}"
        );
        assert!(!ended.contains("SCAN") && !began.contains("SCAN"), "{ended}\n{began}");
    }
}

#[test]
fn the_assignments_of_a_permission_set_are_found_from_account_to_account() {
    let history = History::new();
    let plan = plan(&history, ASSIGNMENTS_OF_SETS);
    assert!(plan.contains("SEARCH assignment USING INDEX"), "{plan}");
    assert!(plan.contains("(account_id=? AND permission_set_arn=?"), "{plan}");
    assert!(!plan.contains("SCAN assignment") && !plan.contains("SCAN next"), "{plan}");
}

#[test]
fn who_is_assigned_a_permission_set_in_an_account_is_found_by_both() {
    let history = History::new();
    let plan = plan(&history, OWNERS_OF);
    assert!(plan.contains("(account_id=? AND permission_set_arn=?)"), "{plan}");
}
