//! `who`, `admins` and `find`: the most common questions, each answered by a canned query.

use crate::fixture;

#[test]
fn whatever_has_the_name_is_told_of() {
    let sandbox = fixture::census();
    for (name, query) in [
        ("ana@example.com", "about-user"),
        ("Admins", "group-access"),
        ("prod", "account-access"),
        ("222222222222", "account-access"),
        ("deploy", "permission-set-access"),
        ("/Production", "ou-access"),
        ("Root/Production", "ou-access"),
        ("ou-f1-prod", "ou-access"),
        ("r-f1", "ou-access"),
        ("FullAWSAccess", "policy-targets"),
        (
            "arn:aws:sts::222222222222:assumed-role/AWSReservedSSO_ReadOnly_0123456789abcdef/ANA@example.com",
            "role-session",
        ),
        ("AWSReservedSSO_ReadOnly_0123456789abcdef", "role-session"),
        ("arn:aws:sts::222222222222:assumed-role/partner/somebody", "who-can-assume"),
        ("arn:aws:iam::222222222222:role/partner", "who-can-assume"),
        ("arn:aws:iam::222222222222:user/automation/ci", "iam-user"),
    ] {
        let told = sandbox.run(&["who", name]);
        let asked = sandbox.run(&["query", query, name]);
        assert_eq!(told.exit, Some(0), "{name}: {}", told.all());
        assert_eq!(told.stdout, asked.stdout, "{name}");
        assert!(told.stderr.starts_with(&format!("orgcensus query {query} ")), "{name}: {}", told.stderr);
    }
}

#[test]
fn a_past_date_has_its_own_answer() {
    let sandbox = fixture::census();
    // carl was deleted in snapshot 2.
    let past = sandbox.run(&["who", "carl", "--at", "1"]);
    assert_eq!(past.exit, Some(0), "{}", past.all());
    assert_eq!(past.stdout, sandbox.run(&["query", "about-user", "carl", "--at", "1"]).stdout);
    let now = sandbox.run(&["who", "carl"]);
    assert_eq!(now.stdout, sandbox.run(&["query", "about-user", "carl"]).stdout);
}

#[test]
fn nobody_is_no_silence() {
    let sandbox = fixture::census();
    let nobody = sandbox.run(&["who", "anaa"]);
    assert_eq!(nobody.exit, Some(2), "{}", nobody.all());
    assert_eq!(nobody.stdout, "");
    assert!(nobody.stderr.contains("orgcensus find anaa"), "{}", nobody.stderr);
    // Two accounts are named Twin, ignoring case.
    assert_eq!(sandbox.run(&["who", "TWIN"]).exit, Some(2));
    assert_eq!(sandbox.run(&["who", ""]).exit, Some(2));
}

#[test]
fn the_privileged_are_told_of_all_an_ou_or_an_account() {
    let sandbox = fixture::census();
    for (arguments, query) in [
        (&["admins"][..], &["query", "privileged-access"][..]),
        (&["admins", "--ou", "/Production"], &["query", "ou-admins", "/Production"]),
        (&["admins", "--account", "prod"], &["query", "account-admins", "prod"]),
        (&["admins", "--at", "1"], &["query", "privileged-access", "--at", "1"]),
    ] {
        let told = sandbox.run(arguments);
        assert_eq!(told.exit, Some(0), "{arguments:?}: {}", told.all());
        assert_eq!(told.stdout, sandbox.run(query).stdout, "{arguments:?}");
    }
    // The access of an OU's accounts equals the access of all, limited to these accounts.
    let of_ou = sandbox.run(&["admins", "--ou", "Root", "--format", "jsonl"]);
    let of_all = sandbox.run(&["admins", "--format", "jsonl"]);
    let people = |text: &str| {
        let user = |line: &str| serde_json::from_str::<serde_json::Value>(line).unwrap()["user_id"].clone();
        text.lines().map(user).map(|id| id.to_string()).collect::<std::collections::BTreeSet<_>>()
    };
    assert!(!people(of_all.data()).is_empty());
    assert_eq!(people(of_ou.data()), people(of_all.data()));
}

#[test]
fn a_part_of_a_name_finds_what_is_there_and_what_is_gone() {
    let sandbox = fixture::census();
    let found = |text: &str| sandbox.run(&["find", text, "--format", "jsonl"]).data().to_owned();
    assert!(found("ANITA").contains("u-ana"), "a second e-mail address");
    assert!(found("carl").contains("\"gone\""));
    assert!(found("55555").contains("Twin"));
    assert!(found("leaving").contains("p-f1"));
    assert!(found("Núñez").contains("u-ana"));
    let nothing = sandbox.run(&["find", "no such thing"]);
    assert_eq!(nothing.exit, Some(0));
    assert!(nothing.stderr.contains("0 rows"), "{}", nothing.stderr);
}

#[test]
fn a_misspelt_text_is_found_by_its_like() {
    let sandbox = fixture::fuller_census();
    let ran = sandbox.run(&["find", "prodd"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    assert!(ran.stderr.contains("hint: did you mean \"prod\"? orgcensus find prod\n"), "{}", ran.stderr);
    // Without a similar text there is no suggestion, and a found text needs none.
    for text in ["qqqqqqqq", "prod"] {
        assert!(!sandbox.run(&["find", text]).stderr.contains("did you mean"), "{text}");
    }
}
