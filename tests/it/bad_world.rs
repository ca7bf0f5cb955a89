//! `collect` with problems outside the program: the message, the hint and the exit code. Nothing is created or changed
//! if nothing could be collected.

use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::Duration;

use orgcensus::model::ResourceGroup;
use orgcensus::simulator::{Action, Caller, Config, Fault, Instances, TruthOptions};
use orgcensus::store::Database;

use crate::fixture::{self, Ran};
use crate::world::{World, small};

const QUICK: [&str; 4] = ["--assignments", "pairs", "--access-report", "none"];

#[track_caller]
fn assert_refused(ran: &Ran, exit: i32, parts: &[&str]) {
    assert_eq!(ran.exit, Some(exit), "{}", ran.stderr);
    assert_eq!(ran.stdout, "");
    for part in parts {
        assert!(ran.stderr.contains(part), "no `{part}` in: {}", ran.stderr);
    }
}

/// Returns the files with data, without the lock files that stay behind on purpose.
fn data_files(world: &World) -> Vec<String> {
    world.sandbox.files().into_iter().filter(|name| !name.ends_with(".lock")).collect()
}

fn ran(world: &World, command: &mut Command) -> Ran {
    world.sandbox.ran(command.output().unwrap())
}

#[test]
fn without_credentials_nothing_is_tried() {
    let world = World::of(small());
    for arguments in [&["collect"][..], &["collect", "--dry-run"]] {
        let mut command = world.command(arguments);
        command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
        let ran = ran(&world, &mut command);
        assert_refused(&ran, 1, &["error: no AWS credentials", "hint: sign in (e.g. `aws sso login"]);
    }
    assert_eq!(data_files(&world), [""; 0]);
    assert_eq!(world.simulator.calls().total(), 0);
}

#[test]
fn a_profile_that_does_not_exist_is_named() {
    let world = World::of(small());
    let mut command = world.command(&["collect", "--profile", "nobody"]);
    command.env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY");
    let ran = ran(&world, &mut command);
    assert_refused(&ran, 1, &["error: ", "nobody", "hint: "]);
    assert_eq!(data_files(&world), [""; 0]);
}

#[test]
fn where_no_instance_is_visible_the_region_is_asked_for() {
    let world = World::of(Config { instances: Instances::None, ..small() });
    let unset = world.collect(&[]);
    assert_refused(
        &unset,
        1,
        &["error: no Identity Center instance in Region us-east-1", "hint: no Region is set", "--region"],
    );
    let set = ran(&world, world.collect_command(&[]).env("AWS_REGION", "eu-west-1"));
    assert_refused(
        &set,
        1,
        &["no Identity Center instance in Region eu-west-1", "hint: pass the instance's"],
    );
    assert_eq!(data_files(&world), [""; 0]);
}

#[test]
fn without_a_region_the_instance_is_found_in_its_own() {
    let config = Config {
        region: "eu-central-1".to_owned(),
        additional_regions: vec!["us-east-1".to_owned(), "us-west-2".to_owned()],
        ..small()
    };
    let world = World::of(config);
    for region in [None, Some("us-west-2")] {
        let mut command = world.collect_command(&QUICK);
        if let Some(region) = region {
            command.env("AWS_REGION", region);
        }
        let ran = ran(&world, &mut command);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        world.assert_truth_but(0, TruthOptions::default(), &["service_last_accessed"]);
    }
    let regions = world.select("SELECT DISTINCT region FROM snapshots");
    assert_eq!(regions[0]["region"], "eu-central-1");
    assert_eq!(regions.len(), 1);
}

#[test]
fn a_member_account_closes_nothing() {
    let world = World::of(Config { caller: Caller::MemberAccount, ..small() });
    let ran = world.collect(&QUICK);
    assert_eq!(ran.exit, Some(4), "{}", ran.stderr);
    assert_eq!(world.number("SELECT count(*) FROM users"), 0);
    let denied = world.gaps();
    for resource in ["users", "groups", "permission_sets", "accounts", "roots"] {
        let gap = (resource.to_owned(), "{}".to_owned(), "denied".to_owned());
        assert!(denied.contains(&gap), "{resource}: {denied:?}");
    }
}

#[test]
fn an_instance_that_is_listed_twice_is_one() {
    let world = World::of(small());
    let faults = world.simulator.faults();
    faults.add(Fault::on("ListInstances", Action::DuplicateItems));
    // The organization is unknown, so the instances' owners do not distinguish the two.
    faults.add(Fault::on("DescribeOrganization", Action::Denied { kms_reason: None }));
    let ran = world.collect(&["--only", "groups"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
}

#[test]
fn of_several_instances_the_organizations_own_is_taken_or_the_one_asked_for() {
    let world = World::of(Config { instances: Instances::Several, ..small() });
    let ran = world.collect(&QUICK);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    world.assert_truth_but(0, TruthOptions::default(), &["service_last_accessed"]);
    let arn = world.simulator.instance_arn();
    let asked = world.collect(&[&QUICK[..], &["--instance-arn", &arn]].concat());
    assert_eq!(asked.exit, Some(0), "{}", asked.stderr);
    let wrong = "arn:aws:sso:::instance/ssoins-0000000000000000";
    let unknown = world.collect(&["--instance-arn", wrong]);
    assert_refused(&unknown, 2, &["no Identity Center instance", wrong, "hint: visible: ", &arn]);
    // If the program cannot tell which instance is the organization's, it asks.
    world.simulator.faults().add(Fault::on("DescribeOrganization", Action::Denied { kms_reason: None }));
    let several = world.collect(&QUICK);
    assert_refused(
        &several,
        2,
        &["2 Identity Center instances are visible", "hint: pass --instance-arn ARN", &arn],
    );
    assert_eq!(world.number("SELECT count(*) FROM snapshots"), 2);
}

#[test]
fn an_account_instance_is_another_census() {
    let world = World::of(Config { instances: Instances::Several, ..small() });
    world.collect_day(0, &QUICK);
    let visible = world.collect(&["--instance-arn", "arn:aws:sso:::instance/ssoins-x"]).stderr;
    let own = world.simulator.instance_arn();
    let other = visible
        .split(['`', ' ', ',', '('])
        .find(|word| {
            word.starts_with("arn:aws:sso:::instance/") && *word != own && !word.ends_with("ssoins-x")
        })
        .unwrap()
        .to_owned();
    let mixed = world.collect(&["--instance-arn", &other]);
    assert_refused(
        &mixed,
        1,
        &[
            "is the census of instance",
            &own,
            &other,
            "hint: if IAM Identity Center was deleted",
            "--instance-arn",
        ],
    );
    assert_eq!(world.number("SELECT count(*) FROM snapshots"), 1);
    assert!(!world.sandbox.path("orgcensus.db.collecting").exists());
}

#[test]
fn an_account_instances_owner_takes_its_own() {
    let world = World::of(Config { instances: Instances::Several, caller: Caller::MemberAccount, ..small() });
    let only = ["--only", "users,groups"];
    let ran = world.collect(&only);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    let organizations = world.simulator.instance_arn();
    let cannot = format!("is taken: these credentials cannot read {organizations}");
    assert!(ran.stderr.contains(&cannot), "{}", ran.stderr);
    let taken = world.select("SELECT instance_arn FROM snapshots")[0]["instance_arn"].clone();
    assert_ne!(taken, *organizations);
    // Requested by name, the instance is taken, and everything of it is denied.
    let asked = world.collect(&[&only[..], &["--instance-arn", &organizations, "--db", "other.db"]].concat());
    assert_eq!(asked.exit, Some(4), "{}", asked.stderr);
    // If neither can be read, both are named.
    let faults = world.simulator.faults();
    for operation in ["ListPermissionSets", "ListUsers"] {
        faults.add(Fault::on(operation, Action::Denied { kms_reason: None }));
    }
    let neither = world.collect(&[&only[..], &["--db", "third.db"]].concat());
    let own = taken.as_str().unwrap();
    assert_refused(&neither, 1, &["neither instance can be read: ", own, &organizations, "hint: "]);
    assert!(!world.sandbox.path("third.db").exists());
    // The delegated administrator reads the organization's.
    let world = World::of(Config {
        instances: Instances::Several,
        caller: Caller::DelegatedAdministrator,
        ..small()
    });
    let ran = world.collect(&only);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert_eq!(
        world.select("SELECT instance_arn FROM snapshots")[0]["instance_arn"],
        world.simulator.instance_arn()
    );
}

#[test]
fn a_rebuilt_instance_is_told_from_another_organization() {
    let world = World::of(small());
    world.collect_day(0, &QUICK);
    let old = "arn:aws:sso:::instance/ssoins-0123456789abcdef";
    let file = world.sandbox.path("orgcensus.db");
    let connection = rusqlite::Connection::open(&file).unwrap();
    connection.execute("UPDATE census SET instance_arn = ?1", [old]).unwrap();
    drop(connection);
    let new = world.simulator.instance_arn();
    let organization = world.simulator.organization_id();
    let ran = world.collect(&QUICK);
    let says = format!("is the census of instance {old} of {organization}, whose instance is now {new}");
    let begin = format!("--db {}.db", new.rsplit('/').next().unwrap());
    assert_refused(&ran, 1, &[&says, "hint: if IAM Identity Center was deleted and enabled again", &begin]);
    assert!(!ran.stderr.contains("one database per organization"), "{}", ran.stderr);
}

#[test]
fn another_organizations_database_is_refused_and_left_alone() {
    let (mine, theirs) = (World::of(small()), World::of(Config { seed: 99, ..small() }));
    mine.collect_day(0, &QUICK);
    let file = mine.sandbox.path("orgcensus.db");
    // Opening changes SQLite's own header, so the test compares the contents.
    let holds = || {
        ["census", "snapshots", "users", "gaps"].map(|table| mine.select(&format!("SELECT * FROM {table}")))
    };
    let before = holds();
    let ran = theirs.collect(&["--db", file.to_str().unwrap()]);
    assert_refused(
        &ran,
        1,
        &[
            "is the census of",
            &mine.simulator.organization_id(),
            &theirs.simulator.organization_id(),
            "hint: ",
        ],
    );
    assert_eq!(holds(), before);
    assert!(!mine.sandbox.path("orgcensus.db.collecting").exists());
}

#[test]
fn the_second_of_two_collectors_is_refused_by_name_of_the_first() {
    let world = World::of(Config { latency: Duration::from_millis(40), ..small() });
    let first = world.spawn(&QUICK);
    world.wait_for_calls(10);
    let second = world.collect(&QUICK);
    let process = format!("is running (process {})", first.id());
    assert_refused(&second, 1, &["another collection into", &process, "hint: wait until it has ended"]);
    let first = world.sandbox.ran(first.wait_with_output().unwrap());
    assert_eq!(first.exit, Some(0), "{}", first.stderr);
    assert_eq!(world.number("SELECT count(*) FROM snapshots"), 1);
}

#[test]
fn files_that_cannot_hold_a_census_are_refused_before_anything_is_called() {
    let world = World::of(small());
    let sandbox = &world.sandbox;
    std::fs::write(
        sandbox.path("notes.txt"),
        "not a database, but long enough to look like one\n".repeat(40),
    )
    .unwrap();
    std::fs::create_dir(sandbox.path("folder")).unwrap();
    let (newer, _) = Database::open_or_create(&sandbox.path("newer.db")).unwrap();
    let newer_format = "PRAGMA user_version = 999; UPDATE file_format SET oldest_reader = 999";
    newer.connection().execute_batch(newer_format).unwrap();
    drop(newer);
    let foreign = rusqlite::Connection::open(sandbox.path("foreign.db")).unwrap();
    foreign.execute_batch("CREATE TABLE t (x)").unwrap();
    drop(foreign);
    for (file, message, hint) in [
        ("notes.txt", "is not a SQLite database", "hint: name the census's own file"),
        ("folder", "is a directory", "hint: name a file in it: --db"),
        ("newer.db", "newer", "hint: "),
        ("foreign.db", "foreign.db", "hint: "),
        ("nowhere/orgcensus.db", "nowhere", "hint: make its folder first"),
    ] {
        let before = std::fs::read(sandbox.path(file)).ok();
        let ran = world.collect(&["--db", file]);
        assert_refused(&ran, 1, &["error: ", message, hint]);
        assert_eq!(std::fs::read(sandbox.path(file)).ok(), before, "{file}");
        assert!(!sandbox.path(&format!("{file}.collecting")).exists());
    }
    assert!(!sandbox.path("nowhere").exists());
    assert_eq!(world.simulator.calls().total(), 0, "no call is worth sending for a database like that");
}

#[test]
fn a_folder_that_cannot_be_written_is_refused() {
    let world = World::of(small());
    let folder = world.sandbox.path("locked");
    std::fs::create_dir(&folder).unwrap();
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o555)).unwrap();
    // No file mode excludes root, but nobody can create a file in /proc.
    let is_almighty = std::fs::write(folder.join("probe"), "").is_ok();
    let database = if is_almighty { "/proc/orgcensus.db" } else { "locked/orgcensus.db" };
    let ran = world.collect(&["--db", database]);
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    assert_refused(&ran, 1, &["cannot lock", "hint: check the permissions of it and its folder"]);
    assert_eq!(world.simulator.calls().total(), 0);
}

#[test]
fn resources_and_rates_that_nobody_knows() {
    let world = World::of(small());
    for flag in ["--only", "--skip", "--require"] {
        let ran = world.run(&["collect", flag, "acounts"]);
        assert_refused(
            &ran,
            2,
            &[
                "there is no resource \"acounts\"",
                "hint: did you mean accounts?",
                "hint: the resources are: ",
            ],
        );
    }
    let left_out = world.run(&["collect", "--skip", "users", "--require", "users"]);
    assert_refused(&left_out, 2, &["--require users, but --only, --skip or --access-report leaves it out"]);
    for rate in ["sso-admin", "sso-admin=fast", "sso-admin=0", "sso-admin=-3", "sso-admin=inf"] {
        let ran = world.run(&["collect", "--rate", rate]);
        assert_refused(&ran, 2, &["SERVICE=TPS"]);
    }
    assert_refused(&world.run(&["collect", "--rate", "s3=4"]), 2, &["no service `s3`", "known: sso-admin"]);
    assert_refused(&world.run(&["collect", "--share", "0"]), 2, &["--share"]);
    assert_refused(&world.run(&["collect", "--assignments", "both"]), 2, &["possible values"]);
    assert_refused(&world.run(&["collect", "--resume-within", "soon"]), 2, &["--resume-within"]);
    assert_refused(&world.run(&["collect", "--external-id", "x"]), 2, &["--assume-role"]);
    assert_eq!(data_files(&world), [""; 0]);
    assert_eq!(world.simulator.calls().total(), 0);
}

#[test]
fn a_role_is_assumed_with_the_right_external_id_only() {
    let world = World::of(Config { external_id: Some("census-42".to_owned()), ..small() });
    let role = format!("arn:aws:iam::{}:role/audit/Census", world.simulator.management_account_id());
    for wrong in [&["--assume-role", &role][..], &["--assume-role", &role, "--external-id", "42"]] {
        let ran = world.collect(wrong);
        assert_refused(
            &ran,
            1,
            &["error: the role cannot be assumed", "AccessDenied: User: ", "--external-id"],
        );
        assert_eq!(data_files(&world), [""; 0], "{}", ran.stderr);
    }
    let right =
        world.collect(&[&QUICK[..], &["--assume-role", &role, "--external-id", "census-42"]].concat());
    assert_eq!(right.exit, Some(0), "{}", right.stderr);
    world.assert_truth_but(0, TruthOptions::default(), &["service_last_accessed"]);
    let caller = world.select("SELECT caller_arn, caller_user_id FROM snapshots");
    let expected =
        format!("arn:aws:sts::{}:assumed-role/Census/orgcensus", world.simulator.management_account_id());
    assert_eq!(caller[0]["caller_arn"], expected);
    assert_eq!(caller[0]["caller_user_id"], "AROASIMULATED0000000:orgcensus");
    // No credential is stored or printed.
    let database = std::fs::read(world.sandbox.path("orgcensus.db")).unwrap();
    for secret in ["made-up", "simulated-secret", "simulated-session"] {
        assert!(!database.windows(secret.len()).any(|part| part == secret.as_bytes()), "{secret}");
        assert!(!right.stderr.contains(secret));
    }
}

#[test]
fn where_nothing_listens_the_run_can_be_repeated() {
    let world = World::of(small());
    let ran = ran(&world, world.command(&["collect"]).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"));
    assert_refused(&ran, 5, &["error: ", "hint: check the network, the proxy and AWS_ENDPOINT_URL"]);
    assert_eq!(data_files(&world), [""; 0]);
}

#[test]
fn a_network_that_is_lost_in_mid_run_ends_it_resumably() {
    let world = World::of(Config { latency: Duration::from_millis(20), ..small() });
    let child = world.spawn(&QUICK);
    world.wait_for_calls(40);
    world.simulator.faults().add(Fault::on("*", Action::Reset));
    let ran = world.sandbox.ran(child.wait_with_output().unwrap());
    assert_refused(&ran, 5, &["error: the network was lost; nothing was published", "hint: "]);
    world.simulator.faults().clear();
    let resumed = world.collect(&QUICK);
    assert_eq!(resumed.exit, Some(0), "{}", resumed.stderr);
    assert!(resumed.stderr.contains("resuming"), "{}", resumed.stderr);
    world.assert_truth_but(0, TruthOptions::default(), &["service_last_accessed"]);
    assert_eq!(world.gaps(), []);
}

#[test]
fn the_census_and_all_beside_it_are_private() {
    let world = World::of(Config { latency: Duration::from_millis(20), ..small() });
    let child = world.spawn(&QUICK);
    world.wait_for_calls(40);
    let mut seen = 0;
    for name in ["orgcensus.db", "orgcensus.db.collecting", "orgcensus.db.lock"] {
        let mode = std::fs::metadata(world.sandbox.path(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
        seen += 1;
    }
    assert_eq!(seen, 3);
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(data_files(&world), ["orgcensus.db"]);
}

#[test]
fn a_dry_run_counts_and_writes_nothing() {
    let world = World::of(small());
    let dry = world.collect(&["--dry-run"]);
    assert_eq!(dry.exit, Some(0), "{}", dry.stderr);
    assert!(dry.stderr.contains("assignments: "), "{}", dry.stderr);
    let ous = world.simulator.rows(0, "organizational_units", TruthOptions::default()).len();
    let reports = format!(" more calls would follow, 0s, and {} access reports beside them", 2 + ous);
    assert!(dry.stderr.contains(&reports), "{reports}: {}", dry.stderr);
    let (before, _) = dry.stderr.split_once("assignments: ").unwrap();
    assert!(before.contains(" tasks, "), "progress is told at once: {}", dry.stderr);
    assert_eq!(world.sandbox.files(), [""; 0]);
    assert_eq!(world.simulator.calls().count("ListAccountAssignments"), 0);
    assert_eq!(world.simulator.calls().count("GenerateOrganizationsAccessReport"), 0);
}

#[test]
fn a_dry_run_tells_each_group() {
    let world = World::of(small());
    let told = |arguments: &[&str]| -> Vec<(String, String)> {
        let dry = world.collect(&[&["--dry-run"], arguments].concat());
        assert_eq!(dry.exit, Some(0), "{}", dry.stderr);
        let (_, after) = dry.stderr.split_once("about ").unwrap();
        let (total, after) = after.split_once(" more calls would follow, ").unwrap();
        // A line of progress may follow on a slow machine; only a group's line is indented.
        let of_group = |line: &str| {
            let (group, said) = line.strip_prefix("  ")?.split_once(' ')?;
            Some((group.to_owned(), said.trim().to_owned()))
        };
        let told: Vec<_> = after.lines().skip(1).filter_map(of_group).collect();
        let calls = |(_, said): &(String, String)| -> Option<u64> {
            let (calls, _) = said.trim_start_matches("at least ").split_once(" more call")?;
            Some(calls.parse().unwrap())
        };
        assert_eq!(
            told.iter().filter_map(calls).sum::<u64>(),
            total.parse::<u64>().unwrap(),
            "{}",
            dry.stderr
        );
        told
    };
    let all = told(&[]);
    let groups: Vec<_> = all.iter().map(|(group, _)| group.as_str()).collect();
    assert_eq!(groups, ResourceGroup::ALL.map(ResourceGroup::as_str));
    let said = |of: ResourceGroup| all.iter().find(|(group, _)| group == of.as_str()).unwrap().1.as_str();
    let number = |resource| world.simulator.rows(0, resource, TruthOptions::default()).len();
    // A call for each group's members, and three listings of the instance itself. The numbers of policies, applications
    // and follow-up calls are not known yet.
    assert_eq!(said(ResourceGroup::Identity), format!("at least {} more calls, 0s", 3 + number("groups")));
    assert!(said(ResourceGroup::Applications).starts_with("at least "), "{all:?}");
    assert!(said(ResourceGroup::Policies).starts_with("at least "), "{all:?}");
    let reports = format!("{} access reports, 2s to 11s each", 2 + number("organizational_units"));
    assert_eq!(said(ResourceGroup::AccessReport), reports);

    assert_eq!(told(&["--only", "users"]), [("@identity".to_owned(), "0 more calls, 0s".to_owned())]);
    let policies = told(&["--only", "@policies", "--rate", "organizations=1"]);
    let groups: Vec<_> = policies.iter().map(|(group, _)| group.as_str()).collect();
    let with_what_they_are_attached_to = ["@organizations", "@permission-sets", "@policies"];
    assert_eq!(groups, with_what_they_are_attached_to);
    assert!(policies[2].1.starts_with("at least ") && !policies[2].1.ends_with(" 0s"), "{policies:?}");
    assert_eq!(told(&["--skip", "@policies,@access-report"]).len(), ResourceGroup::ALL.len() - 2);
}

#[test]
fn an_empty_folder_has_no_census_to_read_and_none_is_made() {
    let sandbox = fixture::empty();
    assert_eq!(sandbox.run(&["query", "SELECT 1"]).exit, Some(1));
    assert_eq!(sandbox.run(&["diff"]).exit, Some(1));
    assert_eq!(sandbox.files(), [""; 0]);
}
