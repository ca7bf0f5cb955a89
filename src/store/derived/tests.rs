use super::*;
use crate::document::privileges::Levels;
use crate::model::{Row, Scope, resource};
use crate::store::Census;
use crate::store::testing::{World, row};

const READ: &str =
    r#"{"Statement":[{"Sid":"R","Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}]}"#;
const ALL: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const ARN: &str = "arn:aws:iam::aws:policy/X";

fn all(name: &str) -> Scope {
    resource(name).unwrap().all()
}

fn permission_set(arn: &str) -> Row {
    row("permission_sets", &[("permission_set_arn", arn), ("name", arn)])
}

fn policy(set: &str, kind: &str, policy: &str, document: Option<&str>) -> Row {
    let key = [("permission_set_arn", set), ("kind", kind), ("policy", policy)];
    let document = document.map(|document| ("document", document));
    row("permission_set_policies", &key.into_iter().chain(document).collect::<Vec<_>>())
}

/// Publishes permission sets `a` and `b`: the one with AWS's policy, whose text is given, the other with these.
fn publish(world: &mut World, text: &str, of_b: &[Row]) {
    let mut collection = world.collect();
    collection.listed(&[all("permission_sets")], vec![permission_set("a"), permission_set("b")]);
    let mut rows = vec![policy("a", "aws_managed", ARN, None)];
    rows.extend(of_b.iter().cloned());
    collection.listed(&[all("permission_set_policies")], rows);
    let managed = row("managed_policies", &[("policy_arn", ARN), ("name", "X"), ("document", text)]);
    collection.listed(&[all("managed_policies")], vec![managed]).publish();
}

const STATEMENTS: &str =
    "SELECT permission_set_arn || ' ' || source || ' ' || coalesce(effect || ' ' || action, reason)
                          FROM permission_set_statements ORDER BY 1";
const ADMINISTRATORS: &str = "SELECT DISTINCT permission_set_arn FROM privileged_permission_sets
                              WHERE level = 'administrator' AND scope = 'any' ORDER BY 1";

#[test]
fn every_pattern_is_a_row() {
    let mut world = World::claimed();
    let of_b = [
        policy("b", "customer_managed", "/team/ours", None),
        policy("b", "inline", "inline", Some("{")),
        policy("b", "permissions_boundary", ARN, None),
    ];
    publish(&mut world, READ, &of_b);
    assert_eq!(
        world.column(STATEMENTS),
        [
            "a aws_managed Allow s3:Get*",
            "a aws_managed Allow s3:List*",
            "b customer_managed each account has its own document, which was not read",
            "b inline it is not JSON, or has a key twice in one object",
            "b permissions_boundary Allow s3:Get*",
            "b permissions_boundary Allow s3:List*",
        ]
    );
    let by_source =
        "SELECT source || ' ' || count(*) || ' ' || count(reason) FROM policy_statements GROUP BY source";
    assert_eq!(world.column(by_source), ["aws_managed 2 0", "customer_managed 1 1", "inline 1 1"]);
    world.census().verify().unwrap();
}

#[test]
fn what_is_gone_is_forgotten() {
    let mut world = World::claimed();
    publish(&mut world, ALL, &[policy("b", "inline", "inline", Some(ALL))]);
    publish(&mut world, READ, &[]);
    assert_eq!(world.column(ADMINISTRATORS), Vec::<String>::new());
    let texts = "SELECT document_id FROM policy_documents";
    assert_eq!(world.column(texts).len(), 2);
    let mut census = world.census();
    census.answer_as_of(1).unwrap();
    let of = |census: &Census, sql: &str| -> Vec<String> {
        let mut statement = census.connection().prepare(sql).unwrap();
        statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
    };
    assert_eq!(of(&census, ADMINISTRATORS), ["a", "b"]);
    census.answer_during(1, 2).unwrap();
    assert_eq!(of(&census, ADMINISTRATORS), ["a", "b"]);
    drop(census);
    world.database.prune(&[1]).unwrap();
    assert_eq!(world.column(texts).len(), 1);
    let kept = "SELECT count(*) || '' FROM privileged_permission_sets_kept";
    assert_eq!(world.column(kept), ["0"]);
    world.census().verify().unwrap();
}

#[test]
fn other_rules_answer_the_same() {
    let mut world = World::claimed();
    publish(&mut world, ALL, &[]);
    let statements = world.column(STATEMENTS);
    for change in [
        "UPDATE derived_rules SET rules = 'other'; DELETE FROM document_statements; DELETE FROM privileged_permission_sets_kept",
        "DELETE FROM derived_rules",
    ] {
        world.database.connection().execute_batch(change).unwrap();
        let census = world.census();
        let read = |sql: &str| -> Vec<String> {
            let mut statement = census.connection().prepare(sql).unwrap();
            statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect()
        };
        assert_eq!(read(STATEMENTS), statements, "{change}");
        assert_eq!(read(ADMINISTRATORS), ["a"], "{change}");
        assert_eq!(privileged_on(census.connection(), 1, Levels::Administrator).unwrap().len(), 1);
    }
    world.database.fill(|_, _| {}).unwrap();
    assert_eq!(world.column(STATEMENTS), statements);
    assert!(is_current(world.database.connection()).unwrap());
}

#[test]
fn what_was_changed_is_noticed() {
    for change in [
        "UPDATE privileged_permission_sets_kept SET level = 'escalation'",
        "DELETE FROM privileged_permission_sets_kept WHERE rowid = 1",
        "INSERT INTO privileged_permission_sets_kept (permission_set_arn, reason, source, valid_from) VALUES ('x', 'y', 'z', 1)",
        "UPDATE document_statements SET effect = 'Deny'",
        "DELETE FROM document_statements",
        "UPDATE policy_documents SET problem = 'x'",
        "DELETE FROM policy_documents",
    ] {
        let mut world = World::claimed();
        publish(&mut world, ALL, &[]);
        world.census().verify().unwrap();
        world.database.connection().execute(change, []).unwrap();
        let told = world.census().verify().unwrap_err().to_string();
        assert!(told.contains("does not match the policies that it is derived from"), "{change}: {told}");
    }
}
