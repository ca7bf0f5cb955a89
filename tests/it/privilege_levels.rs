//! The privileged access by level, and the number of sets that could not be judged.

use std::collections::BTreeSet;

use orgcensus::simulator::Rows;

use crate::world::{World, small};

const ALONE: [&str; 4] = ["--access-report", "none", "--skip", "@applications"];
const LEVELS: [(&str, &str); 3] =
    [("administrator", "= 'administrator'"), ("escalation", "= 'escalation'"), ("any", "NOT NULL")];

fn sets(rows: &Rows) -> BTreeSet<String> {
    rows.iter().map(|row| row["permission_set_arn"].as_str().unwrap().to_owned()).collect()
}

fn answer(world: &World, arguments: &[&str]) -> Rows {
    let ran = world.run(&[arguments, &["--format", "json"]].concat());
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    serde_json::from_str(ran.data()).unwrap()
}

/// Returns the sets of a level with which any user reaches an account.
fn held(world: &World, level: &str) -> BTreeSet<String> {
    let sql = format!(
        "SELECT DISTINCT permission_set_arn FROM effective_access WHERE permission_set_arn IN (
             SELECT permission_set_arn FROM privileged_permission_sets WHERE level {level} AND scope = 'any')"
    );
    sets(&world.select(&sql))
}

#[test]
fn each_level_has_its_sets() {
    let world = World::of(small());
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    let account = world.select("SELECT account_id FROM account_assignments LIMIT 1");
    let account = account[0]["account_id"].as_str().unwrap();
    for (level, condition) in LEVELS {
        let expected = held(&world, condition);
        assert!(!expected.is_empty(), "{level}");
        let by_option = answer(&world, &["query", "privileged-access", "--level", level]);
        assert_eq!(sets(&by_option), expected, "{level}");
        for other in [
            answer(&world, &["query", "privileged-access", level]),
            answer(&world, &["query", "privileged-access", "-p", &format!("level={}", level.to_uppercase())]),
            answer(&world, &["admins", "--level", level]),
        ] {
            assert_eq!(other, by_option, "{level}");
        }
        let there = answer(&world, &["admins", "--account", account, "--level", level]);
        let expected: BTreeSet<_> =
            sets(&by_option.iter().filter(|row| row["account_id"] == account).cloned().collect());
        assert_eq!(sets(&there), expected, "{level}");
        let beneath = answer(&world, &["admins", "--ou", "Root", "--level", level]);
        assert_eq!(sets(&beneath), sets(&by_option), "{level}");
    }
    assert_eq!(
        answer(&world, &["query", "privileged-access"]),
        answer(&world, &["query", "privileged-access", "--level", "administrator"])
    );
}

#[test]
fn sets_and_new_paths_have_levels_too() {
    let world = World::of(small());
    for day in [0, 6] {
        world.collect_day(day, &ALONE);
    }
    let gained =
        world.select("SELECT permission_set_arn FROM access_changes WHERE change IN ('gained', 'unknown')");
    for (level, condition) in LEVELS {
        let sql = format!(
            "SELECT permission_set_arn FROM privileged_permission_sets WHERE level {condition} AND scope = 'any'"
        );
        let of_level = sets(&world.select(&sql));
        let found = answer(&world, &["query", "administrator-sets", "--level", level]);
        assert_eq!(sets(&found), of_level, "{level}");
        assert!(found.iter().all(|row| level == "any" || row["level"] == level), "{level}");
        let new: BTreeSet<String> = sets(&gained).intersection(&of_level).cloned().collect();
        assert!(!new.is_empty(), "{level}");
        assert_eq!(sets(&answer(&world, &["query", "new-administrators", "--level", level])), new, "{level}");
    }
    for query in ["administrator-sets", "new-administrators"] {
        let named = answer(&world, &["query", query, "--level", "administrator"]);
        assert_eq!(answer(&world, &["query", query]), named, "{query}");
    }
}

#[test]
fn a_diff_is_narrowed_to_a_level() {
    let world = World::of(small());
    for day in [0, 6] {
        world.collect_day(day, &ALONE);
    }
    let changed = |arguments: &[&str]| -> BTreeSet<String> {
        let ran = world.run(&[&["diff", "1", "2", "--access", "--format", "json"], arguments].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.all());
        let diff: serde_json::Value = serde_json::from_str(ran.data()).unwrap();
        sets(
            &diff["access_changes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|one| one.as_object().unwrap().clone())
                .collect(),
        )
    };
    let all = changed(&[]);
    let of_level = |condition: &str| -> BTreeSet<String> {
        let on = |day: &str| {
            let sql = format!(
                "SELECT permission_set_arn FROM privileged_permission_sets WHERE level {condition} AND scope = 'any'"
            );
            sets(&answer(&world, &["query", &sql, "--at", day]))
        };
        on("1").union(&on("2")).cloned().collect()
    };
    for (level, condition) in LEVELS {
        let expected: BTreeSet<String> = all.intersection(&of_level(condition)).cloned().collect();
        assert!(!expected.is_empty(), "{level}");
        assert_eq!(changed(&["--level", level]), expected, "{level}");
        assert_eq!(changed(&["--privileged", "--level", level]), expected, "{level}");
    }
    assert_eq!(changed(&["--privileged"]), changed(&["--level", "administrator"]));
}

#[test]
fn a_level_that_there_is_not() {
    let world = World::of(small());
    world.collect_day(0, &["--only", "users"]);
    for arguments in [
        &["query", "privileged-access", "root"][..],
        &["query", "privileged-access", "-p", "level="],
        &["query", "privileged-access", "--level", "admin"],
        &["admins", "--level", "Escalation!"],
        &["diff", "--level", "administrators"],
        &["query", "privileged-access", "any", "--level", "any"],
    ] {
        let ran = world.run(arguments);
        assert_eq!(ran.exit, Some(2), "{}", ran.all());
        assert!(ran.stderr.contains("level"), "{}", ran.stderr);
    }
    let ran = world.run(&["query", "privileged-access", "administrater"]);
    assert!(ran.stderr.contains("did you mean") && ran.stderr.contains("escalation, any"), "{}", ran.stderr);
}

#[test]
fn what_could_not_be_weighed_is_counted() {
    let world = World::of(small());
    assert_eq!(world.collect(&ALONE).exit, Some(0));
    let unweighed = answer(&world, &["query", "unweighed-sets"]);
    assert!(!unweighed.is_empty());
    let with_customers = world.select(
        "SELECT DISTINCT permission_set_arn FROM permission_set_policies
         WHERE kind = 'customer_managed'",
    );
    let certain = "SELECT permission_set_arn FROM privileged_permission_sets
        WHERE level = 'administrator' AND scope = 'any' AND unread IS NULL";
    let expected: BTreeSet<String> =
        sets(&with_customers).difference(&sets(&world.select(certain))).cloned().collect();
    assert!(!expected.is_empty() && expected.is_subset(&sets(&unweighed)));
    let told = format!(
        "note: permission sets of which a policy was not read, so that it is not certain whether they are privileged: {} (",
        unweighed.len()
    );
    for arguments in
        [&["admins"][..], &["query", "privileged-access", "--level", "any"], &["admins", "--ou", "Root"]]
    {
        let ran = world.run(arguments);
        assert!(ran.stderr.contains(&told) && ran.stderr.contains("query unweighed-sets"), "{}", ran.stderr);
    }
    // Each of their policies has a row with the reason.
    let silent = "SELECT count(*) FROM permission_set_policies AS p WHERE p.kind = 'customer_managed'
        AND NOT EXISTS (SELECT 1 FROM permission_set_statements AS s
            WHERE s.permission_set_arn = p.permission_set_arn AND s.policy = p.policy
              AND s.effect IS NULL AND s.account_id IS NULL AND s.reason LIKE 'each account has its own document%')";
    assert_eq!(world.number(silent), 0);
}
