use std::collections::BTreeSet;

use super::*;

fn held(kind: PolicyKind, policy: &str, document: Option<&str>) -> Held {
    Held { kind: kind.as_str().to_owned(), policy: policy.to_owned(), document: document.map(Rc::from) }
}

fn inline(statements: &str) -> Held {
    held(
        PolicyKind::Inline,
        "inline",
        Some(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)),
    )
}

fn boundary(statements: &str) -> Held {
    Held { kind: "permissions_boundary".to_owned(), policy: "/b".to_owned(), ..inline(statements) }
}

/// Returns `level scope action`, followed by `?` under a condition; for an unread policy, the reason.
fn weighed(policies: &[Held]) -> BTreeSet<String> {
    let told = |one: Privilege| match (one.level, one.scope, one.action) {
        (Some(level), Some(scope), Some(action)) => {
            format!("{level} {scope} {action}{}", if one.conditional == Some(true) { "?" } else { "" })
        }
        _ => one.reason,
    };
    Scales::default().weigh(policies).into_iter().map(told).collect()
}

fn allow(actions: &str, resources: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{actions},"Resource":{resources}}}"#)
}

fn assert_weighed(policies: &[Held], expected: &[&str]) {
    let expected: BTreeSet<String> = expected.iter().map(|one| (*one).to_owned()).collect();
    assert_eq!(weighed(policies), expected, "{policies:?}");
}

fn is_administrator(policies: &[Held]) -> bool {
    let is_one = |one: &Privilege| one.level == Some("administrator") && one.scope == Some("any");
    Scales::default().weigh(policies).iter().any(is_one)
}

#[test]
fn one_action_is_enough() {
    for (actions, resources) in [
        (r#""iam:PutRolePolicy""#, r#""*""#),
        (r#"["s3:Get*","IAM:putROLEpolicy"]"#, r#"["*"]"#),
        (r#""iam:PutRole?olicy""#, r#""arn:aws:iam::*:role/*""#),
        (r#""iam:PutRolePo*""#, r#""arn:aws-us-gov:iam::111122223333:role/*""#),
    ] {
        assert_weighed(&[inline(&allow(actions, resources))], &["administrator any iam:PutRolePolicy"]);
    }
    assert_weighed(
        &[inline(&allow(r#""iam:PutRolePolicy""#, r#""arn:aws:iam::*:role/team/*""#))],
        &["administrator named iam:PutRolePolicy"],
    );
}

#[test]
fn actions_of_several_policies_add_up() {
    let pass = allow(r#""iam:PassRole""#, r#""*""#);
    let run = allow(r#""ec2:RunInstances""#, r#""*""#);
    assert_weighed(&[inline(&pass)], &[]);
    assert_weighed(&[inline(&run)], &[]);
    let managed = Held {
        kind: "aws_managed".to_owned(),
        policy: "arn:aws:iam::aws:policy/Run".to_owned(),
        ..inline(&run)
    };
    let both = [inline(&pass), managed];
    assert_weighed(&both, &["escalation any iam:PassRole + ec2:RunInstances"]);
    let [found] = Scales::default().weigh(&both).into_iter().collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(
        found.reason,
        "inline policy allows iam:PassRole, AWS managed policy Run allows ec2:RunInstances"
    );
    assert_eq!(found.source, "aws_managed, inline");
}

#[test]
fn one_role_is_named() {
    let one = allow(r#""iam:PassRole""#, r#""arn:aws:iam::111122223333:role/app""#);
    let run = allow(r#""ec2:RunInstances""#, r#""*""#);
    assert_weighed(&[inline(&format!("{one},{run}"))], &["escalation named iam:PassRole + ec2:RunInstances"]);
    let wide = allow(r#""iam:PassRole""#, r#""*""#);
    let some = allow(r#""lambda:CreateFunction""#, r#""arn:aws:lambda:*:*:function:app-*""#);
    assert_weighed(
        &[inline(&format!("{wide},{some}"))],
        &["escalation any iam:PassRole + lambda:CreateFunction"],
    );
}

#[test]
fn what_everybody_may_do_for_himself() {
    let own = r#"{"Effect":"Allow","Action":["iam:*AccessKey*","iam:*LoginProfile","iam:*MFADevice"],
        "Resource":["arn:aws:iam::*:user/${aws:username}","arn:aws:iam::*:mfa/${aws:username}"]}"#;
    assert!(!is_administrator(&[inline(own)]));
    assert!(
        weighed(&[inline(own)]).iter().all(|one| one.contains(" self ")),
        "{:?}",
        weighed(&[inline(own)])
    );
}

#[test]
fn readers_are_not_privileged() {
    for actions in [
        r#"["iam:Get*","iam:List*","iam:Generate*","s3:Get*","ec2:Describe*","sso:List*","sts:GetCallerIdentity"]"#,
        r#"["cloudtrail:LookupEvents","organizations:Describe*","organizations:List*","lambda:Get*","ssm:Get*"]"#,
        r#""s3:*""#,
    ] {
        assert_weighed(&[inline(&allow(actions, r#""*""#))], &[]);
    }
    // The resources belong to another service.
    assert_weighed(&[inline(&allow(r#""*""#, r#""arn:aws:s3:::bucket/*""#))], &[]);
    assert_weighed(&[inline(&allow(r#""iam:PutUserPolicy""#, r#""arn:aws:iam::*:role/*""#))], &[]);
}

#[test]
fn what_is_not_named_is_allowed() {
    let all_but = |names: &str| format!(r#"{{"Effect":"Allow","NotAction":{names},"Resource":"*"}}"#);
    let power = [inline(&all_but(r#"["iam:*","organizations:*","account:*"]"#))];
    assert!(!is_administrator(&power));
    let escalations = weighed(&power);
    assert!(escalations.contains("escalation any ssm:StartSession"), "{escalations:?}");
    assert!(!escalations.iter().any(|one| one.contains("iam:")), "{escalations:?}");
    assert!(is_administrator(&[inline(&all_but(r#""s3:*""#))]));
    let [first] = Scales::default().weigh(&power).into_iter().take(1).collect::<Vec<_>>().try_into().unwrap();
    assert_eq!(first.reason, "inline policy allows all but iam:*, organizations:*, account:*");
    let some = r#"{"Effect":"Allow","Action":"iam:PutRolePolicy","NotResource":"arn:aws:iam::*:role/audit"}"#;
    assert_weighed(&[inline(some)], &["administrator any iam:PutRolePolicy"]);
    let none = r#"{"Effect":"Allow","Action":"iam:PutRolePolicy","NotResource":"*"}"#;
    assert_weighed(&[inline(none)], &[]);
}

#[test]
fn a_deny_on_everything_takes_away() {
    let given = allow(r#"["iam:PutRolePolicy","iam:AttachRolePolicy"]"#, r#""*""#);
    let with = |deny: &str| weighed(&[inline(&given), inline(deny)]).len();
    assert_eq!(with(r#"{"Effect":"Deny","Action":"iam:PutRolePolicy","Resource":"*"}"#), 1);
    assert_eq!(with(r#"{"Effect":"Deny","Action":"IAM:*","Resource":["x","*"]}"#), 0);
    assert_eq!(with(r#"{"Effect":"Deny","NotAction":"s3:*","Resource":"*"}"#), 0);
    assert_eq!(with(r#"{"Effect":"Deny","Action":"iam:*","Resource":"arn:aws:iam::*:role/audit"}"#), 2);
    let unless = r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"false"}}}"#;
    assert_eq!(with(unless), 2);
}

#[test]
fn a_condition_is_told() {
    let under = |action: &str| {
        format!(
            r#"{{"Effect":"Allow","Action":"{action}","Resource":"*","Condition":{{"Bool":{{"a":"b"}}}}}}"#
        )
    };
    let conditional = inline(&under("iam:PutRolePolicy"));
    assert_weighed(std::slice::from_ref(&conditional), &["administrator any iam:PutRolePolicy?"]);
    let free = inline(&allow(r#""iam:PutRolePolicy""#, r#""*""#));
    assert_weighed(&[conditional, free], &["administrator any iam:PutRolePolicy"]);
}

#[test]
fn a_boundary_only_takes_away() {
    let given = inline(&allow(r#"["iam:PutRolePolicy","iam:AttachRolePolicy"]"#, r#""*""#));
    let within = |bounds: Held| weighed(&[given.clone(), bounds]);
    assert_eq!(within(boundary(&allow(r#""s3:*""#, r#""*""#))).len(), 0);
    assert_eq!(within(boundary(&allow(r#""*""#, r#""*""#))).len(), 2);
    let named = within(boundary(&allow(r#""iam:Put*""#, r#""arn:aws:iam::*:role/team-*""#)));
    assert_eq!(named, BTreeSet::from(["administrator named iam:PutRolePolicy".to_owned()]));
    // A boundary grants nothing by itself.
    assert_weighed(&[boundary(&allow(r#""*""#, r#""*""#))], &[]);
    let unread = held(PolicyKind::PermissionsBoundary, "/b", None);
    let found = Scales::default().weigh(&[given, unread]);
    assert!(found.iter().all(|one| one.unread.as_deref() == Some("permissions boundary /b")), "{found:?}");
    assert!(found.iter().all(|one| one.reason.ends_with("; not read: permissions boundary /b")), "{found:?}");
}

#[test]
fn what_is_not_read_is_a_question() {
    for (kind, policy, document, expected) in [
        (PolicyKind::CustomerManaged, "/team/Ours", None, "not read: customer managed policy /team/Ours"),
        (PolicyKind::AwsManaged, "arn:aws:iam::aws:policy/X", None, "not read: AWS managed policy X"),
        (PolicyKind::Inline, "inline", Some("{\"Statement\": 7}"), "not read: inline policy"),
        (
            PolicyKind::AwsManaged,
            "arn:aws-cn:iam::aws:policy/AdministratorAccess",
            None,
            "AWS managed policy AdministratorAccess, by its name: not read",
        ),
    ] {
        let found = Scales::default().weigh(&[held(kind, policy, document)]);
        let [one] = found.into_iter().collect::<Vec<_>>().try_into().unwrap();
        assert_eq!(one.reason, expected);
        assert!(one.unread.is_some());
        assert_eq!(one.level.is_some(), policy.ends_with("AdministratorAccess"));
    }
    // A customer's policy with the name of AWS's policy does not count.
    assert!(!is_administrator(&[held(PolicyKind::CustomerManaged, "/AdministratorAccess", None)]));
}

#[test]
fn everything_is_told_once() {
    let found = Scales::default().weigh(&[inline(&allow(r#""*""#, r#""*""#))]);
    assert!(found.len() > 100);
    let reasons: BTreeSet<&str> = found.iter().map(|one| one.reason.as_str()).collect();
    assert_eq!(reasons, BTreeSet::from(["inline policy allows *"]));
}
