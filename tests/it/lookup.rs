//! The resolution of ambiguous names, which is the same for `query`, `-p`, `diff` and `history`.

use orgcensus::store::Database;

use crate::fixture::{self, Ran, Sandbox};

/// Returns the fixture with similar names.
fn alike() -> Sandbox {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let sql = "
        INSERT INTO users_versions (user_id, user_name, display_name, primary_email, emails, user_status, valid_from)
        VALUES ('u-1', 'Trail Space ', 'T', 't@example.com', NULL, 'ENABLED', 1),
               ('u-2', 'kim', 'Lee', 'kim@example.com', NULL, 'ENABLED', 1),
               ('u-3', 'lee', 'kim', 'shared@example.com', NULL, 'DISABLED', 1),
               ('u-4', 'Kim2', 'u-2', 'kim', '[{\"Value\":\"SHARED@example.com\"}]', NULL, 1),
               ('u-5', 'twice', 'X', NULL, NULL, 'ENABLED', 1), ('u-6', ' twice', 'Y', NULL, NULL, 'DISABLED', 1),
               ('u-7', 'Zero' || char(0x200b) || 'Width', 'Z', NULL, NULL, 'ENABLED', 1),
               ('u-8', 'forge', 'Forge' || char(10) || 'error: run this', 'f@example.com', NULL, 'ENABLED', 1),
               ('u-9', 'forge2', 'Forge' || char(10) || 'error: run this', 'f@example.com', NULL, 'ENABLED', 1);
        INSERT INTO groups_versions (group_id, display_name, valid_from)
        VALUES ('g-prod', 'prod', 1), ('g-a', 'Ops', 1), ('g-b', 'ops ', 1);
        INSERT INTO organizational_units_versions (ou_id, name, parent_id, entity_path, valid_from)
        VALUES ('ou-f1-2', 'Production', 'ou-f1-sand', 'o-fixture/r-f1/ou-f1-sand/ou-f1-2', 1)";
    database.connection().execute_batch(sql).unwrap();
    sandbox
}

const USER: &str = "SELECT user_id FROM users WHERE user_id = :user";

/// Returns the id of a name, which must be the same in every command that takes a user.
fn user(sandbox: &Sandbox, typed: &str) -> String {
    let by_name = sandbox.run(&["query", USER, "-p", &format!("user:user={typed}")]);
    let id = by_name.data().lines().nth(1).unwrap_or_default().to_owned();
    let echo = |ran: &Ran| ran.stderr.lines().find(|line| line.contains(" is u-")).map(str::to_owned);
    let canned = sandbox.run(&["query", "user-access", typed]);
    assert_eq!((canned.exit, echo(&canned)), (Some(0), echo(&by_name)), "{typed:?}");
    let diff = sandbox.run(&["diff", "1", "4", "--user", typed]);
    assert_eq!((diff.exit, echo(&diff)), (Some(0), echo(&by_name)), "{typed:?}: {}", diff.stderr);
    let history = sandbox.run(&["history", "--kind", "user", typed]);
    assert!(history.data().contains(&format!("({id})")), "{typed:?}: {}", history.stdout);
    assert_eq!(echo(&history), echo(&by_name), "{typed:?}");
    match echo(&by_name) {
        None => id,
        Some(echo) => {
            assert!(echo.starts_with(&format!("user {typed:?} is {id} (")), "{echo}");
            format!("{id} echoed")
        }
    }
}

#[test]
fn the_surest_name_is_taken() {
    let sandbox = alike();
    for (typed, id) in [
        ("u-2", "u-2"),
        ("kim", "u-2"),
        ("lee", "u-3"),
        ("Lee", "u-3 echoed"),
        ("KIM", "u-2 echoed"),
        ("kim2", "u-4 echoed"),
        ("Trail Space ", "u-1"),
        ("Trail Space", "u-1 echoed"),
        (" trail space", "u-1 echoed"),
        ("twice", "u-5"),
        (" twice", "u-6"),
        ("U-7", "u-7 echoed"),
        ("kim@example.com", "u-2"),
    ] {
        assert_eq!(user(&sandbox, typed), id, "{typed:?}");
    }
}

#[test]
fn several_on_one_step_are_ambiguous() {
    let sandbox = alike();
    for (typed, ids) in [
        ("shared@example.com", &[][..]),
        ("TWICE", &["u-5 (\"twice\", \"X\", ENABLED)", "u-6 (\" twice\", \"Y\", DISABLED)"]),
        ("twice ", &["u-5 (\"twice\", \"X\", ENABLED)", "u-6 (\" twice\", \"Y\", DISABLED)"]),
        ("SHARED@EXAMPLE.COM", &["u-3 (\"lee\"", "u-4 (\"Kim2\""]),
        ("f@example.com", &["u-8 (\"forge\", \"Forge\\nerror: run this\"", "u-9 (\"forge2\""]),
        ("Forge\nerror: run this", &["u-8 (", "u-9 ("]),
    ] {
        for arguments in [
            &["query", "user-access", typed][..],
            &["query", "user-access", "-p", &format!("user={typed}")],
            &["query", USER, "-p", &format!("user:user={typed}")],
            &["diff", "1", "4", "--user", typed],
            &["diff", "1", "4", "--steps", "--user", typed],
            &["history", typed],
        ] {
            let ran = sandbox.run(arguments);
            if ids.is_empty() {
                assert_eq!(ran.exit, Some(0), "{arguments:?}: {}", ran.stderr);
                continue;
            }
            assert_eq!((ran.exit, ran.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", ran.stderr);
            assert!(ran.stderr.contains(" is ambiguous in "), "{}", ran.stderr);
            for id in ids {
                assert!(ran.stderr.contains(&format!("hint: {id}")), "{id}: {}", ran.stderr);
            }
            let forged = |line: &str| !line.starts_with("error: user") && line.starts_with("error: ");
            assert!(!ran.stderr.lines().any(forged), "{}", ran.stderr);
        }
    }
}

#[test]
fn other_kinds_have_the_same_ladder() {
    let sandbox = alike();
    let taken = |query: &str, typed: &str| sandbox.run(&["query", query, typed]);
    assert_eq!(taken("group-members", "ops ").exit, Some(0));
    assert_eq!(taken("group-members", "OPS").exit, Some(2));
    assert_eq!(taken("account-access", "Twin").exit, Some(0));
    assert_eq!(taken("account-access", "TWIN").exit, Some(2));
    let set = taken("permission-set-access", "readonly ");
    assert!(set.stderr.contains("permission set \"readonly \" is arn:aws:sso:::"), "{}", set.stderr);
    // A path is unambiguous, unlike a name that two OUs have.
    for (ou, exit) in
        [("/Production", 0), ("/production/", 0), ("Production", 2), ("Root/Sandbox/Production", 0)]
    {
        let sql = ["query", "SELECT :ou", "-p", &format!("ou:ou={ou}")].map(str::to_owned);
        let ran = sandbox.run(&sql.each_ref().map(String::as_str));
        assert_eq!(ran.exit, Some(exit), "{ou}: {}", ran.stderr);
        assert_eq!(sandbox.run(&["diff", "1", "4", "--ou", ou]).exit, Some(exit), "{ou}");
    }
}

#[test]
fn the_surest_kind_has_the_life() {
    let sandbox = alike();
    let life = sandbox.run(&["history", "prod"]);
    assert!(life.data().starts_with("group prod (g-prod)\n"), "{}", life.stdout);
    assert!(life.stderr.contains("an account has the name \"prod\" too: --kind account"), "{}", life.stderr);
    assert!(sandbox.run(&["history", "prod", "--kind", "account"]).data().starts_with("account prod ("));
}

#[test]
fn suggestions_say_which_one_is_which() {
    let sandbox = alike();
    for (arguments, hint) in [
        (["query", "user-access", "kimm"], "did you mean \"kim\" (u-2, ENABLED), \"kim\" (u-3, DISABLED) or"),
        (["query", "user-access", "Trail Spce"], "did you mean \"Trail Space \" (u-1, ENABLED)?"),
        (["query", "user-access", "ZeroWidth"], "did you mean \"Zero\\u{200b}Width\" (u-7, ENABLED)?"),
        (["query", "account-access", "sandbx"], "did you mean \"sandbox 🦀\" (044444444444, SUSPENDED)?"),
        (["history", "--kind=group", "Opss"], "did you mean \"Ops\" (group g-a)"),
    ] {
        let ran = sandbox.run(&arguments);
        assert_eq!(ran.exit, Some(2), "{arguments:?}");
        assert!(ran.stderr.contains(hint), "{hint}: {}", ran.stderr);
    }
}

#[test]
fn a_tag_may_have_equals_signs() {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let sql = "
        UPDATE coverage SET status = 'complete' WHERE resource = 'tags';
        INSERT INTO tags_versions (resource_type, resource_id, key, value, valid_from)
        VALUES ('account', '044444444444', 'cost=center', 'a', 1), ('account', '222222222222', 'cost', 'center=b', 1),
               ('account', '333333333333', 'x=', 'y', 1), ('account', '044444444444', 'team', '', 1),
               ('account', '044444444444', 'both', 'a=b', 1), ('account', '222222222222', 'both=a', 'b', 1)";
    database.connection().execute_batch(sql).unwrap();
    drop(database);
    let diff = |tag: &str| sandbox.run(&["diff", "1", "2", "--resource", "accounts", "--tag", tag]);
    for (tag, says) in [
        ("cost=center=a", "sandbox"),
        ("team=", "sandbox"),
        ("both=a=b", "sandbox"),
        ("cost=center=b", "nothing changed"),
        ("x==y", "nothing changed"),
    ] {
        assert!(diff(tag).data().contains(says), "{tag}: {}", diff(tag).stdout);
    }
    assert!(diff("both=a=b").stderr.contains("is a tag of each of the keys \"both\" and \"both=a\""));
    for tag in ["cost=center=c", "cost=center", "=a", "both=b"] {
        let ran = diff(tag);
        assert_eq!(ran.exit, Some(2), "{tag}: {}", ran.stdout);
    }
    assert!(diff("cost=centre=a").stderr.contains("did you mean \"cost=center=a\""));
    assert_eq!(diff("cost").exit, Some(2));
}

/// An entity that is no longer listed but still assigned is found by its last name, with a note.
#[test]
fn a_last_known_name_is_found_and_said() {
    let sandbox = fixture::census();
    let (database, _) = Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let sql = "
        INSERT INTO accounts_versions (account_id, name, valid_from, valid_to)
        VALUES ('777777777777', 'left early', 1, 2), ('777777777777', 'Left', 2, 3), ('888888888888', 'nobody', 1, 2);
        INSERT INTO permission_sets_versions (permission_set_arn, name, valid_from, valid_to)
        VALUES ('arn:lost', 'Lost', 1, 4);
        INSERT INTO account_assignments_versions (account_id, permission_set_arn, principal_type, principal_id, valid_from)
        VALUES ('222222222222', 'arn:lost', 'USER', 'u-ana', 1)";
    database.connection().execute_batch(sql).unwrap();
    drop(database);
    let echo = |ran: &Ran| {
        let line = ran.stderr.lines().find(|line| line.contains("last known name"));
        line.map(str::to_owned).unwrap_or_default()
    };
    for (query, typed, said, rows) in [
        (
            "account-access",
            "Left",
            "account \"Left\" is not listed in snapshot 4: it is the last known name of 777777777777",
            1,
        ),
        ("account-access", " left ", "account \" left \" is not listed in snapshot 4", 1),
        (
            "permission-set-access",
            "lost",
            "permission set \"lost\" is not listed in snapshot 4: it is the last known name of arn:lost",
            1,
        ),
        (
            "user-access",
            "Carl",
            "user \"Carl\" is not listed in snapshot 4: it is the last known name of u-carl",
            0,
        ),
        (
            "group-members",
            "gone",
            "group \"gone\" is not listed in snapshot 4: it is the last known name of g-gone",
            0,
        ),
    ] {
        let ran = sandbox.run(&["query", query, typed]);
        assert_eq!(ran.exit, Some(0), "{typed}: {}", ran.stderr);
        assert!(echo(&ran).starts_with(said), "{said}\n{}", ran.stderr);
        assert_eq!(ran.data().lines().count() - 1, rows, "{typed}: {}", ran.stdout);
    }
    // A name that it no longer had, and the name of an entity that nothing references.
    for typed in ["left early", "nobody"] {
        let ran = sandbox.run(&["query", "account-access", typed]);
        assert_eq!(ran.exit, Some(2), "{typed}: {}", ran.stderr);
        assert!(ran.stderr.contains("it existed in snapshot 1"), "{}", ran.stderr);
    }
    // For a time at which it was listed, it is found as usual.
    let ran = sandbox.run(&["query", "account-access", "Left", "--at", "2"]);
    assert_eq!((ran.exit, echo(&ran)), (Some(0), String::new()), "{}", ran.stderr);
}

#[test]
fn a_place_is_a_root_an_ou_or_an_account() {
    let sandbox = fixture::census();
    let ask = |typed: &str| sandbox.run(&["query", "SELECT :at AS it", "-p", &format!("at:place={typed}")]);
    for (typed, id) in [
        ("r-f1", "r-f1"),
        ("Root", "r-f1"),
        ("Root/Production", "ou-f1-prod"),
        ("/Production/", "ou-f1-prod"),
        ("production", "ou-f1-prod"),
        ("prod", "222222222222"),
        ("222222222222", "222222222222"),
        ("ou-f1-west", "ou-f1-west"),
    ] {
        let ran = ask(typed);
        assert_eq!(
            (ran.exit, ran.data().trim_end()),
            (Some(0), &*format!("it\n{id}")),
            "{typed}: {}",
            ran.stderr
        );
    }
    for typed in ["nowhere", "ou-none", "r-", "Root/Prod", "22222222222", " ", "FullAWSAccess"] {
        let refusal = ask(typed).refusal();
        assert!(refusal.starts_with("error: there is no root, OU or account "), "{refusal}");
        assert!(refusal.contains("\nhint: "), "{refusal}");
    }
    let several = ask("TWIN").refusal();
    assert!(several.contains("is ambiguous"), "{several}");
    let misspelt = sandbox.run(&["query", "services-allowed-unused", "Productoin"]).refusal();
    assert!(misspelt.contains("did you mean"), "{misspelt}");
}
