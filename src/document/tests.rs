use serde_json::{Value, json};

use super::*;
use crate::model::{PermissionSetPolicy, Resource};

fn document(statements: Value) -> String {
    json!({"Version": "2012-10-17", "Statement": statements}).to_string()
}

fn same(one: &str, other: &str) -> bool {
    let same = is_same(Grammar::IamPolicy, one, other);
    assert_eq!(hash(Grammar::IamPolicy, one) == hash(Grammar::IamPolicy, other), same, "{one} {other}");
    same
}

/// Returns the changes as lines: `~ Sid: Action -[a] +[b]`.
fn lines(before: Value, after: Value) -> Vec<String> {
    let (before, after) = (document(before), document(after));
    let found = between(Some(&before), Some(&after)).unwrap();
    assert_eq!(found.is_empty(), same(&before, &after), "{before} {after}");
    let mirrored = between(Some(&after), Some(&before)).unwrap();
    assert_eq!(mirrored.len(), found.len());
    let of_one = |change: &StatementChange| {
        let sign = match change.change {
            StatementChangeKind::Added => "+",
            StatementChangeKind::Removed => "-",
            StatementChangeKind::Changed => "~",
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
    assert!(same(one, other));
    assert_eq!(between(Some(one), Some(other)), Some(Vec::new()));

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
    // They have nothing in common but the effect: one was removed and one was added.
    let two =
        lines(json!([statement(json!("s3:Get"), "arn:a")]), json!([statement(json!("ec2:Run"), "arn:b")]));
    assert_eq!(two.len(), 2);
    assert!(two[0].starts_with("- Allow s3:Get on arn:a") && two[1].starts_with("+ Allow ec2:Run on arn:b"));
    // A new or different Sid leaves it the same statement.
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
fn what_is_there_twice_is_there_once() {
    let one = json!({"Effect": "Allow", "Action": ["s3:Get", "s3:get"], "Resource": "*"});
    let less = json!({"Effect": "Allow", "Action": "s3:Get", "Resource": "*"});
    assert_eq!(lines(json!([one]), json!([less])), Vec::<String>::new());
    assert_eq!(lines(json!([less, less]), json!([less])), Vec::<String>::new());
}

#[test]
fn what_stands_beside_the_statements_is_compared_too() {
    let statements = json!([{"Effect": "Allow", "Action": "*", "Resource": "*"}]);
    let of = |version: &str| json!({"Version": version, "Statement": statements}).to_string();
    let found = between(Some(&of("2008-10-17")), Some(&of("2012-10-17"))).unwrap();
    assert_eq!((found.len(), &found[0].statement), (1, &None));
    assert_eq!(found[0].elements[0].element, "Version");
}

#[test]
fn a_document_that_came_or_went_is_all_of_its_statements() {
    let document = document(json!([{"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"}]));
    for (before, after, change) in [
        (None, Some(&*document), StatementChangeKind::Added),
        (Some(&*document), None, StatementChangeKind::Removed),
    ] {
        let found = between(before, after).unwrap();
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
        // If a key has two values, a reader may use either.
        (r#"{"Statement":[{"Action":"a","Action":"b"}]}"#, r#"{"Statement":[{"Action":"c","Action":"b"}]}"#),
    ] {
        assert!(!same(one, other), "{one} {other}");
        assert_eq!(between(Some(one), Some(other)), None);
    }
    assert!(!is_same_value(&PermissionSetPolicy::SPEC, "document", &Value::Null, &"{}".into()));
}

/// Returns the text of a policy with a statement of these members beside `"Effect": "Allow"`.
fn policy(members: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{members}}}]}}"#)
}

#[test]
fn spelling_without_meaning_is_ignored() {
    for (one, other) in [
        (r#""Sid":"","Action":"s3:*","Resource":"*""#, r#""Action":"s3:*","Resource":"*""#),
        (r#""Action":"s3:GetBucketAcl","Resource":"*""#, r#""Action":"S3:GetBucketACL","Resource":"*""#),
        (
            r#""NotAction":["IAM:*","sts:*"],"Resource":"*""#,
            r#""NotAction":["sts:*","iam:*"],"Resource":["*"]"#,
        ),
        (r#""Action":["a:B","a:b"],"NotResource":["x","x"]"#, r#""NotResource":"x","Action":"a:b""#),
        (
            r#""Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#,
            r#""Resource":"*","Condition":{"Bool":{"AWS:securetransport":[true]}},"Action":"*""#,
        ),
        (
            r#""Action":"*","Condition":{"StringLike":{"aws:PrincipalTag/Team":["b","a","b"]}}"#,
            r#""Action":"*","Condition":{"StringLike":{"aws:principaltag/team":["a","b"]}}"#,
        ),
        (
            r#""Action":"*","Principal":{"AWS":["1","2"],"Service":"x"}"#,
            r#""Action":"*","Principal":{"Service":["x"],"AWS":["2","1","1"]}"#,
        ),
        (r#""Action":"\u0073\u0033:Get","Resource":"*""#, r#" "Action" : "s3:Get" , "Resource" : "*" "#),
        (
            r#""Action":"*","Condition":{"NumericLessThan":{"k":5}}"#,
            r#""Action":"*","Condition":{"NumericLessThan":{"k":"5"}}"#,
        ),
    ] {
        assert!(same(&policy(one), &policy(other)), "{one} {other}");
        assert_eq!(between(Some(&policy(one)), Some(&policy(other))), Some(Vec::new()));
    }
}

#[test]
fn in_doubt_a_policy_is_another() {
    for (one, other) in [
        (r#""Action":"*","Principal":"*""#, r#""Action":"*","Principal":{"AWS":"*"}"#),
        (
            r#""Action":"*","Principal":{"AWS":"111122223333"}"#,
            r#""Action":"*","Principal":{"AWS":"arn:aws:iam::111122223333:root"}"#,
        ),
        (r#""Action":"*","Principal":{"AWS":"1"}"#, r#""Action":"*","Principal":{"aws":"1"}"#),
        (r#""Action":"*","Resource":"arn:aws:s3:::A""#, r#""Action":"*","Resource":"arn:aws:s3:::a""#),
        (
            r#""Action":"*","Condition":{"Bool":{"k":"true"}}"#,
            r#""Action":"*","Condition":{"bool":{"k":"true"}}"#,
        ),
        (
            r#""Action":"*","Condition":{"Bool":{"k":"true"}}"#,
            r#""Action":"*","Condition":{"Bool":{"k":"True"}}"#,
        ),
        (r#""Sid":"A","Action":"*""#, r#""Sid":"a","Action":"*""#),
        (r#""Sid":"A","Action":"*""#, r#""Action":"*""#),
        (r#""Action":"*","Condition":{}"#, r#""Action":"*""#),
        (r#""Action":"*","Condition":{"Bool":{}}"#, r#""Action":"*","Condition":{}"#),
        (r#""Action":"*","Condition":[]"#, r#""Action":"*","Condition":{}"#),
        (r#""Action":"*","Principal":{}"#, r#""Action":"*""#),
        (r#""Action":"*","Resource":[]"#, r#""Action":"*""#),
        (r#""Action":"*","Principal AWS":"1""#, r#""Action":"*","Principal":{"AWS":"1"}"#),
        // This does not apply to letters of every language.
        (r#""Action":"\u212a:*""#, r#""Action":"k:*""#),
        (
            r#""Action":"*","Condition":{"NumericEquals":{"k":1.0}}"#,
            r#""Action":"*","Condition":{"NumericEquals":{"k":1.00}}"#,
        ),
    ] {
        assert!(!same(&policy(one), &policy(other)), "{one} {other}");
    }
    let of = |beside: &str| {
        format!(r#"{{{beside}"Statement":[{{"Effect":"Allow","Action":"*","Resource":"*"}}]}}"#)
    };
    for (one, other) in [
        ("", r#""Version":"2008-10-17","#),
        (r#""Version":"2008-10-17","#, r#""Version":"2012-10-17","#),
        (r#""Id":"","#, ""),
        (r#""Id":"a","#, r#""Id":"A","#),
    ] {
        assert!(!same(&of(one), &of(other)), "{one} {other}");
    }
}

/// Such texts differ even by white space alone.
#[test]
fn what_has_no_canonical_form_is_compared_as_text() {
    for members in [
        r#""Action":"*","Condition":{"Bool":{"aws:a":"true","AWS:A":"true"}}"#,
        r#""Action":"*","Condition":{"Bool":{"k":"1"},"bool":{"k":"1"}}"#,
        r#""Action":"*","action":"*""#,
        r#""Action":"*","Action":"*""#,
        r#""Action":{"a":"*"}"#,
        r#""Action":[["*"]]"#,
        r#""Action":7"#,
        r#""Action":"*","Condition":{"Bool":{"k":{}}}"#,
        r#""Action":"*","Principal":{"AWS":{"a":"b"}}"#,
        r#""Action":"*","Resource":1e2"#,
        r#""Action":"\ud800""#,
    ] {
        let text = policy(members);
        assert!(same(&text, &text));
        assert!(!same(&text, &format!("{text} ")), "{members}");
        assert_eq!(between(Some(&text), Some(&format!("{text} "))), None);
    }
    // Nothing here decodes an encoded document.
    let encoded = "%7B%22Statement%22%3A%7B%22Effect%22%3A%22Deny%22%7D%7D";
    assert!(!same(encoded, r#"{"Statement":{"Effect":"Deny"}}"#));
    let deep = "[".repeat(200);
    assert!(!same(&deep, &format!("{deep} ")));
}

/// Every two of them differ: none is the canonical form of another.
#[test]
fn a_form_is_of_one_meaning_only() {
    let forms = [
        policy(r#""Action":"*""#),
        policy(r#""Action":["*","a"]"#),
        policy(r#""Action":"[\"*\"]""#),
        policy(r#""NotAction":"*""#),
        policy(r#""Action":"*","Resource":"true""#),
        policy(r#""Action":"*","Other":"true""#),
        policy(r#""Action":"*","Other":true"#),
        policy(r#""Action":"*","Other":null"#),
        policy(r#""Action":"*","Other":"null""#),
        form(Grammar::IamPolicy, &policy(r#""Action":"*""#)),
        form(Grammar::IamPolicy, &policy(r#""Action":"*""#))["policy ".len()..].to_owned(),
    ];
    for (place, one) in forms.iter().enumerate() {
        assert!(forms[..place].iter().all(|other| !same(one, other)), "{one}");
    }
}

#[test]
fn other_grammars_compare_as_json() {
    let is_same = |one: &str, other: &str| is_same(Grammar::Json, one, other);
    assert!(is_same(r#"{"a": 1, "b": {"c": [1, 2], "d": null}}"#, r#"{"b":{"d":null,"c":[1,2]},"a":1}"#));
    for (one, other) in [
        (r#"{"a":[1,2]}"#, r#"{"a":[2,1]}"#),
        (r#"{"a":"x"}"#, r#"{"a":["x"]}"#),
        (r#"{"Sid":""}"#, "{}"),
        (r#"{"Action":"S3:Get"}"#, r#"{"Action":"s3:get"}"#),
        (r#"{"a":1,"a":2}"#, r#"{"a":2,"a":1}"#),
        ("{", "{ "),
    ] {
        assert!(!is_same(one, other), "{one} {other}");
    }
    assert!(is_same(r#"{"a":1,"A":2}"#, r#"{"A":2,"a":1}"#));
}

/// The stored hashes of a census must mean the same to every later version of the program, or be migrated.
#[test]
fn the_hash_stays_what_it_is() {
    let policy = policy(r#""Sid":"Read","Action":["s3:Get*","s3:List*"],"Resource":"*""#);
    let sha256 = "446dadc96cd4a0d80fa7a7f3ae8793d05001c1c3d64c021eef3f21160cbb8bef";
    assert_eq!(hash(Grammar::IamPolicy, &policy), format!("1:sha256:{sha256}"));
    assert_eq!(hash(Grammar::Json, "{ }"), format!("1:{}", crate::digest::sha256("json {}")));
    assert_eq!(hash(Grammar::Json, "{"), format!("1:{}", crate::digest::sha256("text {")));
}

#[test]
fn actions_that_came_and_went_are_told_in_short() {
    let policy = |statements: &str| format!(r#"{{"Statement":[{statements}]}}"#);
    let told = |before: &str, after: &str| {
        let changes = between(Some(&policy(before)), Some(&policy(after))).unwrap();
        super::actions(&changes)
    };
    let allow = r#"{"Effect":"Allow","Action":["s3:Get*","ecs:RunTask"],"Resource":"*"}"#;
    let other = r#"{"Effect":"Allow","Action":["s3:Get*","s3:PutBucketPolicy"],"Resource":"*"}"#;
    assert_eq!(told(allow, other), "+ s3:PutBucketPolicy - ecs:RunTask");
    let deny = r#"{"Sid":"No","Effect":"Deny","NotAction":"iam:*","Resource":"*"}"#;
    assert_eq!(told(allow, &format!("{allow},{deny}")), "+ Deny all but iam:*");
    let narrower = allow.replace("\"*\"", "\"arn:aws:s3:::a\"");
    assert_eq!(told(allow, &narrower), "", "no action came or went");
}
