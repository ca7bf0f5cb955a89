use serde_json::{Value, json};

use super::*;

fn document(statements: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string().into()
}

/// The changes as lines: `~ Sid: Action -[a] +[b]`.
fn lines(before: Value, after: Value) -> Vec<String> {
    let (before, after) = (document(before), document(after));
    let found = changes(Some(&before), Some(&after)).unwrap();
    assert_eq!(found.is_empty(), same(&before, &after), "{before} {after}");
    let mirrored = changes(Some(&after), Some(&before)).unwrap();
    assert_eq!(mirrored.len(), found.len());
    let of_one = |change: &StatementChange| {
        let sign = match change.change {
            ChangeKind::Added => "+",
            ChangeKind::Removed => "-",
            _ => "~",
        };
        let elements: Vec<String> = change
            .elements
            .iter()
            .map(|one| format!("{} -{:?} +{:?}", one.element, one.removed, one.added))
            .collect();
        format!("{sign} {}: {}", change.statement.as_deref().unwrap_or("beside"), elements.join("; "))
            .replace('"', "")
    };
    found.iter().map(of_one).collect()
}

#[test]
fn order_and_spelling_are_no_change() {
    let one = r#"{"Version": "2012-10-17", "Statement": [
        {"Sid": "Read", "Effect": "Allow", "Action": ["s3:GetObject", "s3:ListBucket"], "Resource": "*",
         "Condition": {"StringEquals": {"aws:PrincipalTag/team": ["a", "b"]}, "Bool": {"aws:SecureTransport": true}}},
        {"Effect": "Deny", "NotAction": "iam:*", "Resource": ["arn:a", "arn:b"], "Principal": {"AWS": "1", "Service": ["x", "y"]}}]}"#;
    let other = r#"{"Statement":[
        {"Principal":{"Service":["y","x"],"AWS":["1"]},"Resource":["arn:b","arn:a"],"NotAction":["iam:*"],"Effect":"Deny"},
        {"Condition":{"Bool":{"aws:SecureTransport":"true"},"StringEquals":{"aws:PrincipalTag/team":["b","a"]}},
         "Resource":["*"],"Action":["s3:ListBucket","s3:GetObject"],"Effect":"Allow","Sid":"Read"}],"Version":"2012-10-17"}"#;
    let (one, other) = (Value::from(one), Value::from(other));
    assert!(same(&one, &other));
    assert_eq!(changes(Some(&one), Some(&other)), Some(Vec::new()));

    let single = json!({"Effect": "Allow", "Action": "s3:*", "Resource": "*"});
    assert_eq!(lines(single.clone(), json!([single])), Vec::<String>::new());
}

#[test]
fn a_statement_is_known_by_its_sid() {
    let before = json!([
        {"Sid": "A", "Effect": "Allow", "Action": ["s3:Get", "s3:List"], "Resource": "*"},
        {"Sid": "Old", "Effect": "Deny", "Action": "iam:*", "Resource": "arn:x"}]);
    let after = json!([
        {"Sid": "New", "Effect": "Allow", "Action": "ec2:*", "Resource": "*"},
        {"Sid": "A", "Effect": "Deny", "Action": ["s3:List", "s3:Put"], "Resource": "*"}]);
    assert_eq!(
        lines(before, after),
        [
            "~ A: Effect -[Allow] +[Deny]; Action -[s3:Get] +[s3:Put]",
            "- Old: Sid -[Old] +[]; Effect -[Deny] +[]; Action -[iam:*] +[]; Resource -[arn:x] +[]",
            "+ New: Sid -[] +[New]; Effect -[] +[Allow]; Action -[] +[ec2:*]; Resource -[] +[*]",
        ]
    );
}

#[test]
fn without_a_sid_a_statement_is_known_by_all_but_one_of_its_elements() {
    let statement =
        |action: Value, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
    assert_eq!(
        lines(
            json!([statement(json!("s3:Get"), "arn:a"), statement(json!("s3:Get"), "arn:b")]),
            json!([statement(json!(["s3:Get", "s3:Put"]), "arn:b"), statement(json!("s3:Get"), "arn:a")]),
        ),
        ["~ Allow s3:Get, s3:Put on arn:b: Action -[] +[s3:Put]"]
    );
    // Nothing in common but the effect: one went and one came.
    let two =
        lines(json!([statement(json!("s3:Get"), "arn:a")]), json!([statement(json!("ec2:Run"), "arn:b")]));
    assert_eq!(two.len(), 2);
    assert!(two[0].starts_with("- Allow s3:Get on arn:a") && two[1].starts_with("+ Allow ec2:Run on arn:b"));
    // A Sid that is new, and one that is another, leave it the statement that it was.
    let with_sid =
        |sid: &str| json!({"Sid": sid, "Effect": "Allow", "Action": "s3:Get", "Resource": "arn:a"});
    assert_eq!(
        lines(json!([statement(json!("s3:Get"), "arn:a")]), json!([with_sid("X")])),
        ["~ X: Sid -[] +[X]"]
    );
    assert_eq!(lines(json!([with_sid("X")]), json!([with_sid("Y")])), ["~ Y: Sid -[X] +[Y]"]);
}

#[test]
fn an_action_is_not_what_a_not_action_names() {
    let changed = lines(
        json!([{"Sid": "A", "Effect": "Allow", "Action": "iam:*", "Resource": "*"}]),
        json!([{"Sid": "A", "Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
    );
    assert_eq!(changed, ["~ A: Action -[iam:*] +[]; NotAction -[] +[iam:*]"]);
    let gist = lines(
        json!([]),
        json!([{"Effect": "Allow", "NotAction": ["iam:*", "sts:*"], "NotResource": "arn:x"}]),
    );
    assert!(gist[0].starts_with("+ Allow all but iam:*, sts:* on all but arn:x:"), "{gist:?}");
}

#[test]
fn conditions_and_principals_are_compared_value_by_value() {
    let statement = |condition: Value| json!([{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": condition}]);
    assert_eq!(
        lines(
            statement(json!({"StringEquals": {"aws:PrincipalTag/team": ["a", "b"]}, "Bool": {"x": "true"}})),
            statement(json!({"StringLike": {"aws:PrincipalTag/team": "a"}, "Bool": {"x": "false"}})),
        ),
        ["~ A: Condition Bool x -[true] +[false]; \
          Condition StringEquals aws:PrincipalTag/team -[a, b] +[]; \
          Condition StringLike aws:PrincipalTag/team -[] +[a]"]
    );
    let principal =
        |principal: Value| json!([{"Sid": "A", "Effect": "Allow", "Principal": principal, "Action": "*"}]);
    assert_eq!(
        lines(principal(json!("*")), principal(json!({"AWS": "*"}))),
        ["~ A: Principal -[*] +[]; Principal AWS -[] +[*]"]
    );
}

#[test]
fn what_is_there_twice_is_counted() {
    let one = json!({"Effect": "Allow", "Action": ["s3:Get", "s3:Get"], "Resource": "*"});
    let less = json!({"Effect": "Allow", "Action": "s3:Get", "Resource": "*"});
    assert_eq!(lines(json!([one]), json!([less])), ["~ Allow s3:Get on *: Action -[s3:Get] +[]"]);
    let twice = lines(json!([less, less]), json!([less]));
    assert_eq!(twice.len(), 1);
    assert!(twice[0].starts_with("- Allow s3:Get on *"));
}

#[test]
fn what_stands_beside_the_statements_is_compared_too() {
    let statements = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let of = |version: &str| Value::from(json!({"Version": version, "Statement": statements}).to_string());
    let found = changes(Some(&of("2008-10-17")), Some(&of("2012-10-17"))).unwrap();
    assert_eq!((found.len(), &found[0].statement), (1, &None));
    assert_eq!(found[0].elements[0].element, "Version");
}

#[test]
fn a_document_that_came_or_went_is_all_of_its_statements() {
    let document = document(json!([{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}]));
    for (before, after, change) in [
        (None, Some(&document), ChangeKind::Added),
        (Some(&document), Some(&Value::Null), ChangeKind::Removed),
    ] {
        let found = changes(before, after).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].change, found[0].statement.as_deref()), (change, Some("A")));
    }
}

#[test]
fn what_is_no_policy_is_never_the_same_as_another_text() {
    for (one, other) in [
        ("[1,2]", "[2,1]"),
        ("{}", "{ }"),
        ("{\"Statement\":[1,2]}", "{\"Statement\":[2,1]}"),
        ("{\"Statement\":[{\"Condition\":{\"Bool\":1}}]}", "{\"Statement\":[{\"Condition\":{\"Bool\":1}}] }"),
        // Of two values of one key a reader may take either.
        (r#"{"Statement":[{"Action":"a","Action":"b"}]}"#, r#"{"Statement":[{"Action":"c","Action":"b"}]}"#),
    ] {
        let (one, other) = (Value::from(one), Value::from(other));
        assert!(!same(&one, &other), "{one} {other}");
        assert_eq!(changes(Some(&one), Some(&other)), None);
    }
    assert!(!same(&Value::Null, &"{}".into()));
}
