//! The meaning of a policy: every comparison of two policies gives the same result.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use orgcensus::store::Census;
use rusqlite::Connection;
use serde_json::Value;

use crate::fixture::{self, Sandbox};
use crate::world::{World, small};

/// A name, and the same policy twice: as sent first, and as sent again.
type Pair = (&'static str, &'static str, &'static str);

const SAME: [Pair; 12] = [
    (
        "keys",
        r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Resource":"*","Action":"s3:*","Effect":"Allow"}],"Version":"2012-10-17"}"#,
    ),
    (
        "statements",
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:*"},{"Effect":"Deny","Action":"iam:*"}]}"#,
        r#"{"Statement":[{"Effect":"Deny","Action":"iam:*"},{"Effect":"Allow","Action":"s3:*"}]}"#,
    ),
    (
        "lists",
        r#"{"Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":["a","b"]}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":["s3:List*","s3:Get*"],"Resource":["b","a"]}]}"#,
    ),
    (
        "single-value",
        r#"{"Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["*"]}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
    ),
    (
        "action-twice",
        r#"{"Statement":[{"Effect":"Allow","Action":["s3:Get*","s3:Get*"],"Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":["s3:Get*"],"Resource":"*"}]}"#,
    ),
    (
        "empty-sid",
        r#"{"Statement":[{"Sid":"","Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
    ),
    (
        "case-of-actions",
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetBucketAcl","NotAction":"IAM:*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:GetBucketACL","NotAction":"iam:*"}]}"#,
    ),
    (
        "case-of-condition-keys",
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"Bool":{"aws:SecureTransport":"true"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"Bool":{"aws:securetransport":"true"}}}]}"#,
    ),
    (
        "condition-values",
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":["x","y","x"]}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":["y","x"]}}}]}"#,
    ),
    (
        "single-statement",
        r#"{"Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"},{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}"#,
    ),
    (
        "white-space-and-escapes",
        r#"{"Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"arn:ü/*"}]}"#,
        "{ \"Statement\" : [\n\t{\"Effect\":\"Allow\",\"Action\":\"\\u0073\\u0033:*\",\"Resource\":\"arn:\\u00fc\\/*\"} ] }",
    ),
    (
        "principals",
        r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":["1","2"],"Service":"x"},"Action":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":{"Service":["x"],"AWS":["2","1"]},"Action":"*"}]}"#,
    ),
];

const DIFFERENT: [Pair; 8] = [
    (
        "everybody",
        r#"{"Statement":[{"Effect":"Allow","Principal":"*","Action":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"*"},"Action":"*"}]}"#,
    ),
    (
        "account-or-root",
        r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:root"},"Action":"*"}]}"#,
    ),
    (
        "missing-version",
        r#"{"Version":"2008-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    ),
    (
        "case-of-operators",
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":"x"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"stringEquals":{"k":"x"}}}]}"#,
    ),
    (
        "case-of-resources",
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::Bucket"}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::bucket"}]}"#,
    ),
    (
        "case-of-values",
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":"Red"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":"*","Condition":{"StringEquals":{"k":"red"}}}]}"#,
    ),
    (
        "keys-but-for-case",
        r#"{"Statement":[{"Effect":"Allow","Action":["a","b"],"Condition":{"Bool":{"k":"true","K":"true"}}}]}"#,
        r#"{"Statement":[{"Effect":"Allow","Action":["b","a"],"Condition":{"Bool":{"k":"true","K":"true"}}}]}"#,
    ),
    (
        "invalid-json",
        r#"{"Statement":[{"Effect":"Allow","Action":"*"}"#,
        r#"{"Statement": [{"Effect":"Allow","Action":"*"}"#,
    ),
];

fn pairs() -> impl Iterator<Item = Pair> {
    SAME.into_iter().chain(DIFFERENT)
}

fn different() -> BTreeSet<String> {
    DIFFERENT.iter().map(|(name, ..)| (*name).to_owned()).collect()
}

/// Returns the permission sets whose policy differs between snapshots 1 and 2, by each kind of comparison. `names` has
/// a set's name by its ARN.
fn told(sandbox: &Sandbox, names: &BTreeMap<String, String>) -> BTreeMap<&'static str, BTreeSet<String>> {
    let of_arn = |arn: &Value| names.get(arn.as_str().unwrap()).cloned();
    let query = |sql: &str| -> BTreeSet<String> {
        let rows: Vec<Value> =
            serde_json::from_str(sandbox.run(&["query", sql, "--format", "json"]).data()).unwrap();
        rows.iter().filter_map(|row| of_arn(&row["arn"])).collect()
    };
    let mut told = BTreeMap::new();
    told.insert(
        "changes",
        query(
            "SELECT json_extract(key, '$.permission_set_arn') AS arn FROM changes
             WHERE snapshot_id = 2 AND resource = 'permission_set_policies' AND json_extract(fields, '$.document.new') IS NOT NULL",
        ),
    );
    told.insert(
        "_changes",
        query("SELECT permission_set_arn AS arn FROM permission_set_policies_changes WHERE snapshot_id = 2"),
    );
    told.insert(
        "access_changes",
        query(
            "SELECT permission_set_arn AS arn FROM access_changes
             WHERE snapshot_id = 2 AND change = 'altered' AND cause = 'policy_changed'",
        ),
    );
    let diff: Value =
        serde_json::from_str(sandbox.run(&["diff", "1", "2", "--format", "json"]).data()).unwrap();
    let changes = diff["changes"].as_array().unwrap().iter();
    let policies = changes.filter(|change| change["resource"] == "permission_set_policies");
    told.insert("diff", policies.filter_map(|change| of_arn(&change["key"]["permission_set_arn"])).collect());
    let access = diff["access_changes"].as_array().unwrap().iter();
    let altered = access.filter(|change| change["change"] == "altered");
    told.insert("diff, access", altered.filter_map(|change| of_arn(&change["permission_set_arn"])).collect());
    let mut changed = BTreeSet::new();
    for (arn, name) in names {
        let life = sandbox.run(&["history", arn, "--format", "jsonl"]);
        let mut events = life.data().lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        if events.any(|event| event["resource"] == "permission_set_policies" && event["event"] == "changed") {
            changed.insert(name.clone());
        }
    }
    told.insert("history", changed);
    told
}

fn assert_told(sandbox: &Sandbox, names: &BTreeMap<String, String>) {
    for (who, told) in told(sandbox, names) {
        assert_eq!(told, different(), "{who}");
    }
}

/// Creates a census of two snapshots, with a set for each pair and a user who has it. Both policies are stored as in
/// program versions before the hashes of documents.
fn older_census(file: &Path) -> BTreeMap<String, String> {
    let census = Connection::open(file).unwrap();
    for migration in ["0001_first_schema", "0002_snapshot_hashes", "0003_pruned_bounds"] {
        let sql = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("migrations/{migration}.sql"));
        census.execute_batch(&std::fs::read_to_string(sql).unwrap()).unwrap();
    }
    census
        .execute_batch(
            "PRAGMA application_id = 0x6f726763; PRAGMA user_version = 3;
             INSERT INTO snapshots (snapshot_id, taken_at, completed_at, status, tool_version, api_calls,
                 throttled_calls, assignment_strategy, collection_id)
             VALUES (1, '2026-01-01T00:00:00Z', '2026-01-01T00:10:00Z', 'complete', '0', 0, 0, 'pairs', 'a'),
                    (2, '2026-01-02T00:00:00Z', '2026-01-02T00:10:00Z', 'complete', '0', 0, 0, 'pairs', 'b');
             INSERT INTO users_versions (user_id, user_name, valid_from) VALUES ('ana', 'ana', 1);
             INSERT INTO accounts_versions (account_id, name, valid_from) VALUES ('111122223333', 'prod', 1);",
        )
        .unwrap();
    for spec in orgcensus::model::RESOURCES {
        for snapshot in [1, 2] {
            let sql = "INSERT INTO coverage VALUES (?1, ?2, 'complete', 0, 0, NULL)";
            census.execute(sql, (snapshot, spec.name)).unwrap();
        }
    }
    let mut names = BTreeMap::new();
    for (name, before, after) in pairs() {
        let arn = format!("arn:aws:sso:::permissionSet/ssoins-1/{name}");
        let set =
            "INSERT INTO permission_sets_versions (permission_set_arn, name, valid_from) VALUES (?1, ?2, 1)";
        census.execute(set, (&arn, name)).unwrap();
        let assigned =
            "INSERT INTO account_assignments_versions VALUES ('111122223333', ?1, 'USER', 'ana', 1, NULL)";
        census.execute(assigned, [&arn]).unwrap();
        let policy = "INSERT INTO permission_set_policies_versions VALUES (?1, 'inline', 'inline', NULL, NULL, ?2, ?3, ?4)";
        census.execute(policy, (&arn, before, 1, Some(2))).unwrap();
        census.execute(policy, (&arn, after, 2, None::<i64>)).unwrap();
        names.insert(arn, name.to_owned());
    }
    names
}

#[test]
fn both_spellings_stored() {
    let sandbox = fixture::empty();
    let file = sandbox.path("orgcensus.db");
    let names = older_census(&file);
    let before = std::fs::read(&file).unwrap();
    // Before the migration the views call a function, and afterwards they use the stored hashes.
    assert_told(&sandbox, &names);
    assert!(std::fs::read(&file).unwrap() == before, "reading does not write");
    sandbox.run(&["snapshots", "label", "1", "migrated"]).data();
    assert_told(&sandbox, &names);
    Census::open(&file).unwrap().verify().unwrap();
    // Any SQLite can read the views: this connection has none of the program's functions.
    let plain = Connection::open(&file).unwrap();
    for view in ["changes", "permission_set_policies_changes", "access_changes"] {
        let changed: i64 = plain
            .query_row(&format!("SELECT count(*) FROM {view} WHERE snapshot_id = 2"), [], |row| row.get(0))
            .unwrap();
        assert_eq!(changed, DIFFERENT.len() as i64, "{view}");
    }
    // The hash is not a column of the resource, and a wrong one is detected.
    let answer =
        sandbox.run(&["query", "SELECT * FROM permission_set_policies LIMIT 1", "--format", "jsonl"]);
    assert!(!answer.data().contains("hash"), "{}", answer.stdout);
    let forged = "UPDATE permission_set_policies_versions SET document_hash = (
            SELECT o.document_hash FROM permission_set_policies_versions AS o
            WHERE o.permission_set_arn = permission_set_policies_versions.permission_set_arn AND o.valid_from = 1)
        WHERE permission_set_arn LIKE '%/everybody'";
    plain.execute(forged, []).unwrap();
    drop(plain);
    assert_eq!(sandbox.run(&["snapshots", "verify"]).exit, Some(1));
}

#[test]
fn collected_again_in_another_spelling() {
    let mut config = small();
    config.size.permission_sets = 40;
    config.size.pairs = 120;
    config.size.assignments = 200;
    let world = World::of(config);
    let access = world.simulator.access(0);
    let arns: BTreeSet<String> = access.iter().map(|one| one.permission_set_arn.clone()).collect();
    let named: Vec<(String, Pair)> = arns.into_iter().zip(pairs()).collect();
    assert_eq!(named.len(), SAME.len() + DIFFERENT.len());
    let names: BTreeMap<String, String> =
        named.iter().map(|(arn, (name, ..))| (arn.clone(), (*name).to_owned())).collect();
    let put = |document: fn(&Pair) -> &'static str| {
        let policies = named.iter().map(|(arn, pair)| (arn.clone(), document(pair).to_owned()));
        world.simulator.set_inline_policies(policies.collect());
    };
    let collect = || {
        let ran = world.collect_day(0, &["--assignments", "pairs", "--access-report", "none"]);
        let line = ran.stderr.lines().find(|line| line.starts_with("permission_set_policies ")).unwrap();
        let counts: Vec<i64> = line.split_whitespace().skip(2).map(|count| count.parse().unwrap()).collect();
        counts
    };
    let database = world.sandbox.path("orgcensus.db");
    put(|(_, first, _)| first);
    collect();
    put(|(_, _, again)| again);
    // Added, removed, changed.
    assert_eq!(collect(), [0, 0, 8]);
    assert_told(&world.sandbox, &names);
    assert_eq!(world.run(&["diff", "1", "2", "--exit-code"]).exit, Some(3));

    // A new spelling creates no version, and the document stays as first sent.
    put(|pair| if SAME.contains(pair) { pair.1 } else { pair.2 });
    assert_eq!(collect(), [0, 0, 0]);
    put(|(_, _, again)| again);
    assert_eq!(collect(), [0, 0, 0]);
    assert_eq!(world.run(&["diff", "2", "4", "--exit-code"]).exit, Some(0));
    assert_eq!(world.number("SELECT count(*) FROM changes WHERE snapshot_id > 2"), 0);
    for (arn, (name, first, again)) in &named {
        let kept: Vec<String> = world
            .select(&format!(
                "SELECT document FROM permission_set_policies_versions
                 WHERE permission_set_arn = '{arn}' AND kind = 'inline' ORDER BY valid_from"
            ))
            .iter()
            .map(|row| row["document"].as_str().unwrap().to_owned())
            .collect();
        let expected = if different().contains(*name) { vec![*first, *again] } else { vec![*first] };
        assert_eq!(kept, expected, "{name}");
    }
    Census::open(&database).unwrap().verify().unwrap();
}

#[test]
fn history_tells_the_statements() {
    let sandbox = fixture::census();
    let (database, _) = orgcensus::store::Database::open_or_create(&sandbox.path("orgcensus.db")).unwrap();
    let policy = |statements: &str| format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    let read = r#"{"Sid":"Read","Effect":"Allow","Action":["s3:Get*","s3:List*"],"Resource":"*"}"#;
    let less = r#"{"Sid":"Read","Effect":"Allow","Action":["s3:get*"],"Resource":"*"}"#;
    let keys = r#"{"Effect":"Deny","Action":"kms:*","Resource":"*"}"#;
    let set: String = database
        .connection()
        .query_row("SELECT permission_set_arn FROM permission_sets WHERE name = 'ReadOnly'", [], |row| {
            row.get(0)
        })
        .unwrap();
    let versions = [
        (policy(read), 1, Some(2)),
        (policy(&format!("{keys},{less}")), 2, Some(3)),
        (policy(&format!("{less},{keys}")), 3, Some(4)),
        ("no policy".to_owned(), 4, None),
    ];
    let sql =
        "DELETE FROM permission_set_policies_versions WHERE permission_set_arn = ?1 AND kind = 'inline'";
    database.connection().execute(sql, [&set]).unwrap();
    for (document, from, to) in versions {
        let sql = "INSERT INTO permission_set_policies_versions (permission_set_arn, kind, policy, document, valid_from, valid_to)
            VALUES (?1, 'inline', 'inline', ?2, ?3, ?4)";
        database.connection().execute(sql, (&set, document, from, to)).unwrap();
    }
    drop(database);
    let told = sandbox.run(&["history", "ReadOnly"]);
    let lines: Vec<&str> = told.data().lines().filter(|line| line.contains("inline policy")).collect();
    assert_eq!(
        lines,
        [
            "  · inline policy",
            "  · inline policy: + statement \"Read\": Allow s3:Get*, s3:List* on *",
            "  ~ inline policy: statement \"Read\": - Action s3:List*",
            "  ~ inline policy: + statement Deny kms:* on *",
            "  ~ inline policy: document: {\"Version\":\"2012-10-17\",\"Statement\":[{\"Sid\":\"Read\",\"Effect\":\"Allow\",\"Action\":[\"s3:get*\"],\"Resource\":… → no policy",
        ],
        "{}",
        told.stdout
    );
    // The same words as in diff.
    let diff = sandbox.run(&["diff", "1", "2"]);
    for line in &lines[2..4] {
        let said = line.trim_start_matches("  ~ inline policy: ");
        assert!(diff.data().contains(said), "{said}: {}", diff.stdout);
    }
}
