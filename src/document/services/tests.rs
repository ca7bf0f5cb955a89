use super::*;

fn policy(kind: PolicyKind, statements: &str) -> SummarizedPolicy {
    SummarizedPolicy {
        kind: kind.as_str().to_owned(),
        policy: "p".to_owned(),
        document: Some(format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)),
        unread: None,
    }
}

fn inline(statements: &str) -> SummarizedPolicy {
    policy(PolicyKind::Inline, statements)
}

fn allow(action: &str) -> String {
    format!(r#"{{"Effect":"Allow","Action":{action},"Resource":"*"}}"#)
}

fn of<'s>(found: &'s [ServiceSummary], service: &str) -> &'s ServiceSummary {
    let is_it = |one: &&ServiceSummary| one.service.as_deref() == Some(service);
    found.iter().find(is_it).unwrap_or_else(|| panic!("{service}: {found:?}"))
}

/// Returns the number of a service's actions of the level.
fn number(service: &str, level: AccessLevel) -> usize {
    services()[service].values().filter(|one| **one == level).count()
}

fn all_of(service: &str, level: AccessLevel) -> Option<String> {
    let number = number(service, level);
    (number > 0).then(|| format!("{number} of {number}"))
}

#[test]
fn wildcards_are_expanded() {
    let found = summarize(&[inline(&allow(r#"["S3:get*","sqs:*","iam:PassRol?"]"#))]);
    let names: Vec<_> = found.iter().map(|one| one.service.as_deref().unwrap()).collect();
    assert_eq!(names, ["iam", "s3", "sqs"]);
    assert_eq!(of(&found, "iam").write, Some(format!("1 of {}", number("iam", AccessLevel::Write))));
    let s3 = of(&found, "s3");
    assert_eq!((&s3.write, &s3.permissions), (&None, &None));
    let gets = services()["s3"]
        .iter()
        .filter(|(name, level)| name.starts_with("Get") && **level == AccessLevel::Read);
    assert_eq!(s3.read, Some(format!("{} of {}", gets.count(), number("s3", AccessLevel::Read))));
    let sqs = of(&found, "sqs");
    for (level, told) in [(AccessLevel::Read, &sqs.read), (AccessLevel::Permissions, &sqs.permissions)] {
        assert_eq!(*told, all_of("sqs", level));
    }
    assert!(found.iter().all(|one| one.limits.is_none() && one.not_read.is_none()), "{found:?}");
}

#[test]
fn everything_is_every_service() {
    let found = summarize(&[inline(&allow(r#""*""#))]);
    assert_eq!(found.len(), services().values().filter(|actions| !actions.is_empty()).count());
    for one in &found {
        let service = one.service.as_deref().unwrap();
        assert_eq!(one.write, all_of(service, AccessLevel::Write), "{service}");
    }
}

#[test]
fn not_action_leaves_out() {
    let statement = r#"{"Effect":"Allow","NotAction":["iam:*","S3:Delete*"],"Resource":"*"}"#;
    let found = summarize(&[inline(statement)]);
    assert!(!found.iter().any(|one| one.service.as_deref() == Some("iam")));
    assert_eq!(of(&found, "s3").list, all_of("s3", AccessLevel::List));
    assert_ne!(of(&found, "s3").write, all_of("s3", AccessLevel::Write));
}

#[test]
fn denials_and_boundaries_take_away() {
    let given = inline(&allow(r#"["s3:*","sqs:*"]"#));
    let deny = |more: &str| inline(&format!(r#"{{"Effect":"Deny","Action":"sqs:*",{more}}}"#));
    let found = summarize(&[given.clone(), deny(r#""Resource":"*""#)]);
    assert_eq!(found.len(), 1, "{found:?}");
    let found = summarize(&[given.clone(), deny(r#""Resource":"arn:aws:sqs:*:*:live""#)]);
    assert_eq!(of(&found, "sqs").limits.as_deref(), Some("all but not on arn:aws:sqs:*:*:live"));
    let bound = |statements: &str| policy(PolicyKind::PermissionsBoundary, statements);
    let found = summarize(&[given.clone(), bound(&allow(r#""sqs:*""#))]);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].limits, None);
    let in_region = r#"{"Effect":"Allow","Action":"*","Resource":"*",
        "Condition":{"StringEquals":{"aws:RequestedRegion":["eu-west-1","eu-west-3"]}}}"#;
    let found = summarize(&[given, bound(in_region)]);
    let limits = "all within the boundary if StringEquals aws:RequestedRegion eu-west-1, eu-west-3";
    assert_eq!(of(&found, "sqs").limits.as_deref(), Some(limits));
    assert!(summarize(&[bound(&allow(r#""*""#))]).is_empty(), "a boundary allows nothing by itself");
}

#[test]
fn limits_are_told_where_no_statement_is_free_of_them() {
    let on = |action: &str, resource: &str| {
        format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#)
    };
    let (wide, narrow) = (on("sqs:SendMessage", "*"), on("sqs:*", "arn:aws:sqs:*:*:mine"));
    let all = services()["sqs"].len();
    let found = summarize(&[inline(&format!("{wide},{narrow}"))]);
    let limits = format!("{} on arn:aws:sqs:*:*:mine", all - 1);
    assert_eq!(of(&found, "sqs").limits, Some(limits));
    let if_mfa = r#"{"Effect":"Allow","Action":"sqs:*","Resource":"*","Condition":{"Bool":{"aws:MultiFactorAuthPresent":"true"}}}"#;
    let found = summarize(&[inline(&format!("{narrow},{if_mfa}"))]);
    let limits = "all on arn:aws:sqs:*:*:mine or if Bool aws:MultiFactorAuthPresent true";
    assert_eq!(of(&found, "sqs").limits.as_deref(), Some(limits));
}

#[test]
fn an_action_that_nobody_knows_is_named() {
    let found = summarize(&[inline(&allow(r#"["s3:FlyToTheMoon","moon:*","s3:ListBucket","noService"]"#))]);
    let unlisted: Vec<_> = found.iter().filter_map(|one| one.unlisted.as_deref()).collect();
    assert_eq!(unlisted, ["moon:*", "noService", "s3:FlyToTheMoon"]);
}

#[test]
fn a_policy_that_was_not_read_is_named() {
    let mut customer = policy(PolicyKind::CustomerManaged, "");
    customer.document = None;
    customer.unread = Some("each account has its own".to_owned());
    let broken = SummarizedPolicy { document: Some("{".to_owned()), ..inline("") };
    let mut bound = policy(PolicyKind::PermissionsBoundary, "");
    bound.document = None;
    let found = summarize(&[customer, broken, bound, inline(&allow(r#""sqs:*""#))]);
    let not_read: Vec<_> = found.iter().filter_map(|one| one.not_read.as_deref()).collect();
    assert_eq!(
        not_read,
        [
            "customer managed p: each account has its own",
            "inline p: it is not JSON, or has a key twice in one object",
            "permissions boundary p: the document was not read: it may take away what is listed",
        ]
    );
    assert_eq!(found[0].service.as_deref(), Some("sqs"), "an unread boundary hides nothing");
}
