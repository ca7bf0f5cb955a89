//! `query`: names, values, the user's own SQL, dates, coverage.
use insta::assert_snapshot;

use crate::fixture;

#[test]
fn a_user_is_found_by_id_name_and_any_address_ignoring_case() {
    let sandbox = fixture::census();
    let by_id = sandbox.run(&["query", "user-access", "u-ana"]);
    assert_eq!(by_id.data().lines().count(), 7);
    for name in ["ana", "ANA", "Ana Núñez", "ANA NÚÑEZ", "Ana@Example.com", "anita@example.org", "U-ANA"]
    {
        assert_eq!(sandbox.run(&["query", "user-access", name]).data(), by_id.data(), "{name}");
    }
    assert_eq!(sandbox.run(&["query", "user-access", "-p", "user=ana"]), by_id);
    assert_eq!(sandbox.run(&["query", "USER-ACCESS", "-p", ":user=ana"]), by_id);
}

#[test]
fn a_tables_name_asks_for_its_rows() {
    let sandbox = fixture::census();
    let resources = orgcensus::model::RESOURCES.iter().map(|spec| spec.name);
    // A view that requires a condition is refused in both forms.
    let views = orgcensus::model::DERIVED_VIEWS.iter().filter(|view| view.asked_by.is_empty());
    let views = views.map(|view| view.name);
    for table in resources.chain(views) {
        let ran = sandbox.run(&["query", table]);
        let sql = format!("SELECT * FROM {table}");
        let written = sandbox.run(&["query", &sql]);
        assert_eq!(ran.data(), written.data(), "{table}");
        assert_eq!(ran.stderr, format!("{table} is a table: {sql}\n{}", written.stderr));
    }
    let sets = sandbox.run(&["query", "Permission-Sets", "--at", "1"]);
    assert_eq!(sets.data(), sandbox.run(&["query", "SELECT * FROM permission_sets", "--at", "1"]).data());
    // A canned query takes precedence over a table with its name.
    assert!(!sandbox.run(&["query", "orphan-assignments"]).stderr.contains("is a table"));
    let own = sandbox.path("own");
    std::fs::create_dir(&own).unwrap();
    std::fs::write(
        own.join("users.sql"),
        "-- title: Own\n-- description: Own.\n-- family: person\nSELECT 1 AS own\n",
    )
    .unwrap();
    assert_eq!(sandbox.run(&["query", "users", "--queries", "own"]).data(), "own\n1\n");
    let more = sandbox.run(&["query", "users", "ana"]).refusal();
    assert!(more.contains("exit 2"), "{more}");
}

#[test]
fn an_account_that_organizations_does_not_know_is_found_by_its_id() {
    let sandbox = fixture::census();
    let ran = sandbox.run(&["query", "account-access", "777777777777", "--format", "jsonl"]);
    assert!(ran.data().contains("\"user_name\":\"sam.two\""), "{}", ran.stdout);
    assert!(ran.data().contains("\"account_name\":null"), "{}", ran.stdout);
}

#[test]
fn an_account_id_with_a_leading_zero_stays_one() {
    let sandbox = fixture::census();
    let sql = "SELECT name FROM accounts WHERE account_id = :id";
    let ran = sandbox.run(&["query", sql, "-p", "id=044444444444"]);
    assert_eq!(ran.data(), "name\nsandbox 🦀\n");
}

#[test]
fn the_same_question_is_answered_for_any_date() {
    let sandbox = fixture::census();
    let bob = |at: &str| {
        let sql = "SELECT user_status FROM users WHERE user_name = 'bob'";
        sandbox.run(&["query", sql, "--at", at]).data().lines().last().unwrap().to_owned()
    };
    assert_eq!(bob("1"), "ENABLED");
    assert_eq!(bob("2026-02-09"), "ENABLED");
    assert_eq!(bob("2026-02-10"), "DISABLED");
    assert_eq!(bob("latest~3"), "ENABLED");
    assert_eq!(bob("latest"), "DISABLED");
    let carl = sandbox.run(&["query", "user-access", "carl", "--at", "2026-01-31", "--format", "jsonl"]);
    assert!(carl.data().contains("\"via\":\"direct\""));
    assert_eq!(
        carl.stderr,
        "snapshot 1, 2026-01-10T02:01Z, [AGE] old, complete, 21 days before 2026-01-31\n"
    );
}

#[test]
fn no_rows_are_said_to_be_none_in_which_snapshot() {
    let sandbox = fixture::census();
    assert_snapshot!(sandbox.run(&["query", "user-access", "sam.one", "--at", "1"]).all());
}

#[test]
fn what_a_snapshot_did_not_see_is_said_and_may_be_required() {
    let sandbox = fixture::census();
    assert_snapshot!(sandbox.run(&["query", "group-members", "g-devs", "--at", "3"]).all());
    let required = sandbox.run(&["query", "group-members", "g-devs", "--at", "3", "--require-complete"]);
    assert_snapshot!(required.refusal());
    // A table that the statement does not read causes no warning.
    let users = sandbox.run(&["query", "SELECT count(*) FROM users", "--at", "3", "--require-complete"]);
    assert_eq!(users.data(), "count(*)\n5\n");
    // Not even a table that its view reads for a column that is not requested.
    let tags = sandbox.run(&["query", "SELECT count(*) FROM tags", "--require-complete"]);
    assert_eq!(tags.exit, Some(4));
    assert!(tags.stderr.contains("tags (not collected: --skip tags)"), "{}", tags.stderr);
}

#[test]
fn sql_comes_from_an_argument_or_from_standard_input() {
    let sandbox = fixture::census();
    let sql = "SELECT account_id FROM accounts WHERE name = :name -- a comment";
    let argument = sandbox.run(&["query", sql, "-p", "name=prod"]);
    assert_eq!(argument.data(), "account_id\n222222222222\n");
    assert_eq!(sandbox.run_with_input(&["query", "-", "-p", "name=prod"], sql), argument);
    // SQL with its own header has typed parameters, and takes values by position.
    let typed = format!("-- param name (account): which\n{}", sql.replace("WHERE name", "WHERE account_id"));
    assert_eq!(sandbox.run_with_input(&["query", "-", "prod"], &typed), argument);
}

#[test]
fn quiet_leaves_only_the_data_and_the_warnings() {
    let sandbox = fixture::census();
    assert_eq!(sandbox.run(&["-q", "query", "user-groups", "ana"]).stderr, "");
    let partial = sandbox.run(&["query", "-q", "user-groups", "ana", "--at", "3"]);
    assert!(partial.stderr.starts_with("warning: snapshot 3 does not completely cover group_memberships"));
}

#[test]
fn the_queries_are_listed_and_shown_without_a_census() {
    let sandbox = fixture::empty();
    assert_snapshot!(sandbox.run(&["query", "--list", "--format", "table"]).all());
    let shown = sandbox.run(&["query", "--show", "user-access"]);
    assert!(shown.data().starts_with("-- title: What a user can reach\n"));
}

#[test]
fn a_date_of_ones_own_sql_is_its_beginning() {
    let sandbox = fixture::census();
    for (typed, first) in [
        ("2026-02-28", "2026-02-28T00:00:00Z"),
        ("2026-Q3", "2026-07-01T00:00:00Z"),
        ("2026-02", "2026-02-01T00:00:00Z"),
        ("2026-02-28T10:30Z", "2026-02-28T10:30:00Z"),
    ] {
        let ran = sandbox.run(&["query", "SELECT :since AS d", "-p", &format!("since:date={typed}")]);
        assert_eq!(ran.data(), format!("d\n{first}\n"));
    }
}

#[test]
fn a_time_limit_ends_a_long_statement() {
    let sandbox = fixture::census();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let ran = sandbox.run(&["query", endless, "--timeout", "200ms", "--output", "out.csv"]);
    assert_snapshot!(ran.refusal());
    assert_eq!(sandbox.files(), ["orgcensus.db"]);
}

#[test]
fn ctrl_c_ends_a_long_statement_and_leaves_no_file() {
    let sandbox = fixture::census();
    let endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n";
    let child = sandbox.command(&["query", endless, "--output", "out.csv"]).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(700));
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(130));
    assert_eq!(sandbox.files(), ["orgcensus.db"]);
}

#[test]
fn a_value_without_a_type_is_never_compared_wrongly_in_silence() {
    let sandbox = fixture::census();
    let ask = |sql: &str, value: &str| sandbox.run(&["query", sql, "-p", value]);
    // Deeper than the root's children. A column that the view computes has a type, and an expression has none.
    let deeper = "SELECT count(*) AS n FROM organization_tree WHERE depth > :n";
    assert_eq!(ask(deeper, "n:number=1").data(), "n\n6\n");
    assert_eq!(ask(deeper, "n=1").data(), "n\n6\n");
    let computed = "SELECT count(*) AS n FROM organization_tree WHERE depth + 0 > :n";
    assert_eq!(ask(computed, "n:number=1").data(), "n\n6\n");
    assert_snapshot!(ask(computed, "n=1").refusal());
    // Beside a column the value takes the column's type, and an id stays an id.
    let columns = "SELECT count(*) AS n FROM accounts WHERE is_management_account = :n";
    assert_eq!(ask(columns, "n=1").data(), "n\n1\n");
    let computed = "SELECT name FROM organization_tree WHERE id = :id";
    assert_eq!(ask(computed, "id=222222222222").data(), "name\nprod\n");
    assert_eq!(ask(computed, "id=044444444444").data(), "name\nsandbox 🦀\n");
    assert_eq!(ask("SELECT count(*) AS n FROM users WHERE lower(user_name) = :n", "n=ana").data(), "n\n1\n");
}

#[test]
fn sql_of_ones_own_resolves_names_by_the_type_that_is_said() {
    let sandbox = fixture::census();
    let sql = "SELECT user_name FROM users WHERE user_id = :u";
    assert_eq!(sandbox.run(&["query", sql, "-p", "u:user=Anita@example.org"]).data(), "user_name\nana\n");
    let wrong = sandbox.run(&["query", sql, "-p", "u:person=ana"]).refusal();
    assert!(wrong.starts_with("error: there is no type \"person\"\nhint: the types are user, "), "{wrong}");
    let twice = sandbox.run(&["query", "user-access", "-p", "user:text=ana"]).refusal();
    assert!(twice.starts_with("error: the query already declares user as a user\n"), "{twice}");
}

#[test]
fn no_rows_of_what_was_not_seen_is_said_to_be_no_proof() {
    let sandbox = fixture::census();
    assert_snapshot!(sandbox.run(&["query", "SELECT * FROM tags"]).all());
    let both = "SELECT * FROM group_memberships AS m JOIN tags AS t ON t.resource_id = m.user_id";
    assert_snapshot!(sandbox.run(&["query", "-q", both, "--at", "3"]).stderr);
}

#[test]
fn a_snapshot_of_another_day_than_the_one_asked_for_says_so() {
    let sandbox = fixture::census();
    let said = |at: &str| sandbox.run(&["query", "SELECT 1", "--at", at, "--color", "always"]).stderr;
    let (yellow, plain) = ("\u{1b}[1;33msnapshot 2, 2026-02-10T02:01Z", "snapshot 2, 2026-02-10T02:01Z");
    assert!(said("2026-02-10").starts_with(plain));
    let later = said("2026-02-12");
    assert!(later.starts_with(yellow) && later.contains(", complete, 2 days before 2026-02-12"), "{later}");
    let future = said("2999-01-01");
    assert!(future.contains("complete, the latest one: 2999-01-01 is not over yet"), "{future}");
    let diff = sandbox.run(&["diff", "2026-01-10", "2026-02-12"]).stderr;
    assert_eq!(diff, "to snapshot 2, 2026-02-10T02:01Z, [AGE] old, complete, 2 days before 2026-02-12\n");
}

#[test]
fn sql_may_begin_with_a_comment() {
    let sandbox = fixture::census();
    let ran = sandbox.run(&["query", "-- who?\nSELECT user_name FROM users WHERE user_id = 'u-ana'"]);
    assert_eq!(ran.data(), "user_name\nana\n");
}

/// The stored changes are judged by the resources from which they were computed.
#[test]
fn kept_changes_are_judged_by_what_is_behind_them() {
    let sandbox = fixture::census();
    let ask = || {
        ["access_changes", "access_change_causes"].map(|view| {
            let sql = format!("SELECT change, cause, sum(users) FROM {view} GROUP BY 1, 2 ORDER BY 1, 2");
            sandbox.run(&["query", &sql, "--at", "3", "--require-complete"])
        })
    };
    let computed = ask();
    let (mut database, _) =
        orgcensus::store::Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let mut filled = 0;
    database.fill(|_, _| filled += 1).unwrap();
    drop(database);
    // Each snapshot is reported once for each table that is filled.
    assert!(filled > 0 && filled % 4 == 0, "{filled}");
    for (kept, computed) in ask().into_iter().zip(computed) {
        assert_eq!(kept, computed);
        assert_eq!(kept.exit, Some(4), "{kept:?}");
        assert!(
            kept.stderr.contains("group_memberships was not completely seen in 1 of 3 snapshots (1 denied)"),
            "{kept:?}"
        );
    }
}

#[test]
fn json_columns_are_json() {
    let sandbox = fixture::census();
    let file = rusqlite::Connection::open(sandbox.path("orgcensus.db")).unwrap();
    let document = "{\"Version\": \"2012-10-17\",\n \"Statement\": [{\"Sid\": \"a \\\" b\", \"Resource\": [1.50, 1e400]}]}";
    for (user, emails) in [
        ("a", "[{\"Value\": \"a@x\",\n \"Primary\": true}]"),
        ("b", "{\"k\": 1, \"\\u006b\": 2}"),
        ("c", "not json"),
    ] {
        let sql = "INSERT INTO users_versions (user_id, user_name, emails, valid_from) VALUES (?1, '{\"n\": 1}', ?2, 1)";
        file.execute(sql, ["json-".to_owned() + user, emails.to_owned()]).unwrap();
    }
    let sql = "INSERT INTO permission_set_policies_versions (permission_set_arn, kind, policy, document, valid_from)
               VALUES ('json', 'inline', 'inline', ?1, 1)";
    file.execute(sql, [document]).unwrap();
    drop(file);
    let lines = |sql: &str, more: &[&str]| {
        let ran = sandbox.run(&[&["query", sql, "--format", "jsonl"], more].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.all());
        ran.data().to_owned()
    };
    let of_users = "FROM users WHERE user_id LIKE 'json-%' ORDER BY user_id";
    let expected = [
        "{\"user_name\":\"{\\\"n\\\": 1}\",\"emails\":[{\"Value\":\"a@x\",\"Primary\":true}]}",
        "{\"user_name\":\"{\\\"n\\\": 1}\",\"emails\":\"{\\\"k\\\": 1, \\\"\\\\u006b\\\": 2}\"}",
        "{\"user_name\":\"{\\\"n\\\": 1}\",\"emails\":\"not json\"}",
    ];
    for view in ["users", "users_history", "users_by_snapshot"] {
        let of_them = of_users.replace("users", view);
        let found = lines(&format!("SELECT DISTINCT user_name, emails {of_them}"), &[]);
        assert_eq!(found.lines().collect::<Vec<_>>(), expected, "{view}");
    }
    let of_policy = "FROM permission_set_policies WHERE permission_set_arn = 'json'";
    let whole = "{\"d\":{\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"a \\\" b\",\"Resource\":[1.50,1e400]}]}}\n";
    assert_eq!(lines(&format!("SELECT document AS d {of_policy}"), &[]), whole);
    // An expression is text, unless its type is given.
    let expression = format!("SELECT document || '' AS policy {of_policy}");
    assert!(lines(&expression, &[]).starts_with("{\"policy\":\"{"));
    assert_eq!(lines(&expression, &["--json", "policy"]), whole.replace("{\"d\"", "{\"policy\""));
    let ran = sandbox.run(&["query", &expression, "--json", "polcy"]);
    assert_eq!(ran.exit, Some(2));
    assert!(
        ran.stderr.contains("no column \"polcy\"") && ran.stderr.contains("did you mean policy?"),
        "{}",
        ran.stderr
    );
    // Other formats have the text as it is stored.
    let ran = sandbox.run(&["query", &format!("SELECT document AS d {of_policy}"), "--format", "csv"]);
    assert!(ran.data().contains(&document.replace('"', "\"\"")), "{}", ran.data());
}

#[test]
fn raw_values() {
    let sandbox = fixture::census();
    let sql = "SELECT 'a \"b\"' AS it UNION ALL SELECT NULL UNION ALL SELECT 7 UNION ALL SELECT 1.5 UNION ALL SELECT x'00ff'";
    let ran = sandbox.run(&["query", sql, "--raw"]);
    assert_eq!((ran.exit, ran.data()), (Some(0), "a \"b\"\n\n7\n1.5\n00ff\n"));
    let ran = sandbox.run(&["query", "SELECT 1 AS a, 2 AS b", "--raw"]);
    assert_eq!((ran.exit, ran.stdout.as_str()), (Some(2), ""));
    assert!(ran.stderr.contains("--raw writes one column, and the answer has 2"), "{}", ran.stderr);
    assert_eq!(sandbox.run(&["query", "SELECT 1 AS a", "--raw", "--format", "csv"]).exit, Some(2));
}
