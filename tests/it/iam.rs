//! IAM of the account of the credentials: what is stored of it, what is not asked, and what is unknown where a call fails.

use orgcensus::model::{ResourceGroup, ResourceSpec};
use orgcensus::simulator::{Action, Fault};
use serde_json::Value;

use crate::world::{World, small};

const DETAILS: &str = "GetAccountAuthorizationDetails";
/// The calls without which nothing of the group is known.
const READ: [&str; 2] = [DETAILS, "GetCredentialReport"];

fn resources() -> impl Iterator<Item = &'static ResourceSpec> {
    ResourceGroup::Iam.resources()
}

/// The status of the coverage of each of the group's resources, in the last snapshot.
fn statuses(world: &World) -> Vec<String> {
    let status = |spec: &ResourceSpec| {
        let sql = format!(
            "SELECT status FROM coverage WHERE resource = '{}' ORDER BY snapshot_id DESC LIMIT 1",
            spec.name
        );
        world.select(&sql)[0]["status"].as_str().unwrap().to_owned()
    };
    resources().map(status).collect()
}

fn open_rows(world: &World, resource: &str) -> i64 {
    world.number(&format!("SELECT count(*) FROM {resource}_versions WHERE valid_to IS NULL"))
}

#[test]
fn the_account_of_the_credentials_is_read() {
    let world = World::of(small());
    world.collect_day(0, &["--only", "@iam"]);
    let own = world.simulator.management_account_id();
    for spec in resources() {
        let rows = world.simulator.rows(0, spec.name, Default::default());
        assert!(!rows.is_empty(), "{}", spec.name);
        assert_eq!(open_rows(&world, spec.name), rows.len() as i64, "{}", spec.name);
        let others = format!("SELECT count(*) FROM {} WHERE account_id <> '{own}'", spec.name);
        assert_eq!(world.number(&others.replace(spec.name, &format!("{}_versions", spec.name))), 0);
    }
    assert!(statuses(&world).iter().all(|status| status == "limited"), "{:?}", statuses(&world));
    // What was asked for is complete; what was not is unknown.
    let complete = |account: &str| {
        let sql = format!("SELECT count(*) FROM iam_users WHERE account_id = '{account}'");
        world.run(&["query", &sql, "--require-complete"]).exit
    };
    assert_eq!(complete(&own), Some(0));
    let accounts = world.simulator.rows(0, "accounts", Default::default());
    let other = accounts.iter().map(|row| row["account_id"].as_str().unwrap()).find(|id| *id != own).unwrap();
    assert_eq!(complete(other), Some(4));
    // One line for the whole group.
    let shown = world.run(&["snapshots", "show", "1"]);
    let lines: Vec<_> = shown.stderr.lines().filter(|line| line.contains("limited")).collect();
    let said = "@iam is limited: 1 scope not asked for (only the account of the credentials was asked)";
    assert_eq!(lines, [said]);
}

#[test]
fn a_document_is_stored_decoded() {
    let world = World::of(small());
    world.collect_day(0, &["--only", "iam_roles,iam_policies,iam_policy_attachments"]);
    for (table, column) in
        [("iam_roles", "trust_policy"), ("iam_policies", "document"), ("iam_policy_attachments", "document")]
    {
        let sql = format!("SELECT {column} AS text FROM {table}_versions WHERE {column} IS NOT NULL");
        let texts = world.select(&sql);
        assert!(!texts.is_empty(), "{table}");
        for text in texts {
            let policy: Value = serde_json::from_str(text["text"].as_str().unwrap()).unwrap();
            assert!(policy["Statement"].is_array(), "{table}: {policy}");
        }
    }
    let statements = "SELECT count(*) FROM iam_roles AS r JOIN document_statements AS s
                      ON s.document_id = r.trust_policy_id WHERE s.principal IS NOT NULL";
    let ran = world.run(&["query", statements, "--raw"]);
    assert_eq!(ran.data().trim().parse::<i64>().unwrap(), open_rows(&world, "iam_roles"));
}

#[test]
fn none_asks_nothing_of_iam() {
    let world = World::of(small());
    let ran = world.collect(&["--iam", "none", "--access-report", "none"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    for operation in [DETAILS, "ListRoles", "GenerateCredentialReport", "GetCredentialReport"] {
        assert_eq!(world.simulator.calls().count(operation), 0, "{operation}");
    }
    assert!(statuses(&world).iter().all(|status| status == "not_collected"), "{:?}", statuses(&world));
    let policy = world.run(&["iam-policy", "--iam", "none"]);
    assert!(!policy.data().contains(DETAILS), "{}", policy.stdout);
    assert!(world.run(&["iam-policy"]).data().contains(DETAILS));
}

#[test]
fn denied_before_it_was_ever_seen_is_unavailable() {
    let world = World::of(small());
    let deny = || {
        for operation in READ {
            world.simulator.faults().add(Fault::on(operation, Action::Denied { kms_reason: None }));
        }
    };
    deny();
    let ran = world.collect(&["--access-report", "none"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    for operation in READ {
        assert!(ran.stderr.contains(&format!("iam:{operation}")), "{}", ran.stderr);
    }
    assert!(statuses(&world).iter().all(|status| status == "unavailable"), "{:?}", statuses(&world));

    // Once it was seen, it is a gap, and what is known stays.
    world.simulator.faults().clear();
    world.collect_day(0, &["--access-report", "none"]);
    let known: Vec<i64> = resources().map(|spec| open_rows(&world, spec.name)).collect();
    deny();
    let ran = world.collect(&["--access-report", "none"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert!(statuses(&world).iter().all(|status| status == "partial"), "{:?}", statuses(&world));
    assert_eq!(resources().map(|spec| open_rows(&world, spec.name)).collect::<Vec<_>>(), known);
}

/// The details of roles leave out what ListRoles says: without it a role is no other than it was.
#[test]
fn without_their_settings_roles_are_unknown_and_not_changed() {
    let world = World::of(small());
    world.collect_day(0, &["--only", "iam_roles"]);
    let described = "SELECT count(*) FROM iam_roles_versions
                     WHERE valid_to IS NULL AND max_session_duration > 0 AND trust_policy <> ''";
    let known = open_rows(&world, "iam_roles");
    assert_eq!(world.number(described), known);
    world.simulator.faults().add(Fault::on("ListRoles", Action::Status(500)));
    world.simulator.set_day(4);
    let ran = world.collect(&["--only", "iam_roles"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    let changed = "SELECT count(*) FROM iam_roles_versions WHERE valid_from = 2";
    assert_eq!(world.number(changed), 0, "none is new or changed by half of what there is to know");
    assert!(open_rows(&world, "iam_roles") <= known && world.number(described) > 0);
}

/// A list that an answer lost is no empty one.
#[test]
fn an_answer_without_its_list_closes_nothing() {
    let world = World::of(small());
    world.collect_day(0, &["--only", "@iam"]);
    let known: Vec<i64> = resources().map(|spec| open_rows(&world, spec.name)).collect();
    let empty = "<IsTruncated>false</IsTruncated>".to_owned();
    for operation in READ {
        world.simulator.faults().add(Fault::on(operation, Action::Result(empty.clone())));
    }
    let ran = world.collect(&["--only", "@iam"]);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert_eq!(resources().map(|spec| open_rows(&world, spec.name)).collect::<Vec<_>>(), known);
}

#[test]
fn a_newer_use_is_stored_in_steps() {
    let world = World::of(small());
    let serve = |used: &str| {
        let used = match used {
            "" => String::new(),
            used => format!("<LastUsedDate>{used}T01:02:03Z</LastUsedDate><Region>eu-west-1</Region>"),
        };
        let role = format!("<member><RoleName>app</RoleName><RoleLastUsed>{used}</RoleLastUsed></member>");
        let page = format!("<RoleDetailList>{role}</RoleDetailList><IsTruncated>false</IsTruncated>");
        world.simulator.faults().clear();
        world.simulator.faults().add(Fault::on(DETAILS, Action::Result(page)));
    };
    let stored = |options: &[&str]| {
        let ran = world.collect(&[&["--only", "iam_role_activity"], options].concat());
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        let sql = "SELECT coalesce(substr(last_used_at, 1, 10), '') AS used FROM iam_role_activity_versions
                   WHERE valid_to IS NULL";
        world.select(sql)[0]["used"].as_str().unwrap().to_owned()
    };
    for (used, expected, options) in [
        ("", "", &[][..]),
        // The first use is always news.
        ("2026-01-10", "2026-01-10", &[]),
        ("2026-01-16", "2026-01-10", &[]),
        ("2026-01-17", "2026-01-17", &[]),
        ("2026-01-18", "2026-01-17", &["--activity-step", "2"]),
        ("2026-01-19", "2026-01-19", &["--activity-step", "2"]),
        ("2026-01-20", "2026-01-20", &["--activity-step", "0"]),
        // An older one is that of another role by the same name, and so is none at all.
        ("2026-01-12", "2026-01-12", &[]),
        ("", "", &[]),
    ] {
        serve(used);
        assert_eq!(stored(options), expected, "{used} {options:?}");
    }
    // A newer use is no change; the first one is.
    assert_eq!(world.run(&["diff", "3", "4", "--exit-code"]).exit, Some(0));
    assert_eq!(world.run(&["diff", "1", "2", "--exit-code"]).exit, Some(3));
}

/// A page tells how many roles are surely unused, and nothing of roles whose uses were not read.
#[test]
fn a_page_counts_unused_roles() {
    let world = World::of(small());
    let told = || {
        let ran = world.run(&["report", "--force", "page.html"]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        let page = std::fs::read_to_string(world.sandbox.path("page.html")).unwrap();
        let (before, _) = page.split_once(" unused for 90 days").unwrap();
        let (_, number) = before.rsplit_once("<li>").unwrap();
        number.to_owned()
    };
    world.collect_day(0, &["--only", "@iam"]);
    let now = chrono::Utc::now();
    let days_since = |at: &Value| {
        (now - at.as_str().unwrap().parse::<chrono::DateTime<chrono::Utc>>().unwrap()).num_days()
    };
    let roles = "SELECT coalesce(last_used_at, created_at) AS at FROM iam_roles
                 JOIN iam_role_activity USING (account_id, role_name)";
    let roles = world.select(roles);
    let unused = roles.iter().filter(|role| days_since(&role["at"]) >= 97).count();
    assert!(unused > 0, "{} roles", roles.len());
    assert!(told().contains(&format!("≥ {unused}<")), "{}: {unused}", told());
    world.simulator.faults().add(Fault::on(DETAILS, Action::Denied { kms_reason: None }));
    world.collect(&["--only", "@iam"]);
    assert!(told().contains("not collected<"), "{}", told());
}

#[test]
fn a_day_later_the_truth_is_stored() {
    let world = World::of(small());
    for day in [0, 3, 11] {
        world.collect_day(day, &["--only", "@iam"]);
        for spec in resources() {
            let mut expected: Vec<String> = world
                .simulator
                .rows(day, spec.name, Default::default())
                .into_iter()
                .map(|row| Value::Array(spec.key.iter().map(|key| row[*key].clone()).collect()).to_string())
                .collect();
            expected.sort();
            let sql = format!(
                "SELECT json_array({}) AS key FROM {}_versions WHERE valid_to IS NULL",
                spec.key.join(", "),
                spec.name
            );
            let mut found: Vec<String> =
                world.select(&sql).iter().map(|row| row["key"].as_str().unwrap().to_owned()).collect();
            found.sort();
            assert_eq!(found, expected, "{} on day {day}", spec.name);
        }
    }
    let changes = world.run(&["diff", "1", "2"]);
    assert!(changes.data().contains("iam_"), "{}", changes.stdout);
}
