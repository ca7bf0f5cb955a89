//! `doctor`: the visible and the hidden resources, and the missing permissions, with one row for each operation despite
//! any failure.

use std::collections::BTreeMap;
use std::process::Command;
use std::time::Duration;

use chrono::{SecondsFormat, TimeDelta, Utc};
use orgcensus::aws::Operation;
use orgcensus::model::ResourceGroup;
use orgcensus::simulator::{Action, Caller, Config, Fault, Instances};
use serde_json::{Map, Value};

use crate::fixture::Ran;
use crate::world::{KEY, World, small};

/// The result of a run, with its rows by operation.
struct Examined {
    ran: Ran,
    rows: BTreeMap<String, Map<String, Value>>,
}

fn examined(world: &World, arguments: &[&str]) -> Examined {
    examined_by(world, &mut world.command(&[&["doctor", "--format", "json"], arguments].concat()))
}

fn examined_by(world: &World, command: &mut Command) -> Examined {
    let ran = world.sandbox.ran(command.output().unwrap());
    let rows: Vec<Map<String, Value>> =
        serde_json::from_str(&ran.stdout).unwrap_or_else(|error| panic!("{error}: {}", ran.all()));
    let rows = rows.into_iter().map(|row| (row["operation"].as_str().unwrap().to_owned(), row)).collect();
    Examined { ran, rows }
}

impl Examined {
    #[track_caller]
    fn text(&self, operation: &str, column: &str) -> &str {
        let row = self.rows.get(operation).unwrap_or_else(|| panic!("{operation}: {}", self.ran.all()));
        row[column].as_str().unwrap_or_default()
    }

    #[track_caller]
    fn seen(&self, operation: &str) -> &str {
        self.text(operation, "seen")
    }

    #[track_caller]
    fn missing(&self, operation: &str) -> &str {
        self.text(operation, "missing")
    }

    /// Returns the operations with this result.
    fn all(&self, seen: &str) -> Vec<&str> {
        self.rows.iter().filter(|(_, row)| row["seen"] == seen).map(|(name, _)| name.as_str()).collect()
    }

    #[track_caller]
    fn says(&self, part: &str) {
        // Facts are wrapped.
        let words = self.ran.stderr.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(words.contains(part), "no `{part}` in: {}", self.ran.stderr);
    }
}

/// The operations that are not sent if the directory can be listed and accounts have paths, or that are never sent as a
/// test.
const NOT_TRIED: [&str; 4] = [
    "iam:GenerateOrganizationsAccessReport",
    "identitystore:DescribeGroup",
    "identitystore:DescribeUser",
    "organizations:ListAccountsForParent",
];

fn denied(operation: &str) -> Fault {
    Fault::on(operation, Action::Denied { kms_reason: None })
}

#[test]
fn with_everything_allowed_everything_is_seen_and_nothing_is_written() {
    let world = World::of(small());
    let all = examined(&world, &[]);
    assert_eq!(all.ran.exit, Some(0), "{}", all.ran.all());
    assert_eq!(all.all("not tried"), NOT_TRIED);
    assert_eq!(all.all("yes").len(), Operation::ALL.len() - NOT_TRIED.len());
    assert_eq!(world.sandbox.files(), [""; 0]);
    assert_eq!(world.simulator.calls().count("GenerateOrganizationsAccessReport"), 0);
    // One call for each read, and some to find subjects.
    let (calls, reads) = (world.simulator.calls().total(), all.all("yes").len());
    assert!(calls < reads * 3 / 2, "{calls} calls for {reads} reads");
    all.says("the management account");
    all.says("credentials keys, from the environment; they do not expire");
    all.says("service control policies are enabled on the root");
    all.says("everything that was tried can be read");
}

#[test]
fn the_reads_are_sent_beside_each_other() {
    let world = World::of(Config { latency: Duration::from_millis(300), ..small() });
    assert_eq!(examined(&world, &[]).ran.exit, Some(0));
    // Five services, and within one a call every twentieth of a second.
    assert!(world.simulator.calls().peak() >= 5, "{}", world.simulator.calls().peak());
}

#[test]
fn each_denied_operation_names_its_action_and_hides_no_other() {
    let usual = examined(&World::of(small()), &[]);
    let tried: Vec<Operation> = Operation::ALL
        .iter()
        .copied()
        .filter(|operation| !NOT_TRIED.contains(&operation.to_string().as_str()))
        .collect();
    std::thread::scope(|scope| {
        for some in tried.chunks(tried.len().div_ceil(4)) {
            let usual = &usual;
            scope.spawn(move || {
                let world = World::of(small());
                for operation in some {
                    world.simulator.faults().clear();
                    world.simulator.faults().add(denied(&service_and_name(*operation)));
                    assert_only_this_is_missing(&examined(&world, &[]), usual, *operation);
                }
            });
        }
    });
}

/// The operations of resources that were added after the core.
pub(crate) const ADDED: [Operation; 30] = [
    Operation::ListPolicies,
    Operation::DescribePolicy,
    Operation::ListTargetsForPolicy,
    Operation::DescribeResourcePolicy,
    Operation::ListDelegatedAdministrators,
    Operation::ListDelegatedServicesForAccount,
    Operation::ListAWSServiceAccessForOrganization,
    Operation::ListOrganizationsFeatures,
    Operation::GetPolicy,
    Operation::GetPolicyVersion,
    Operation::GetAccountAuthorizationDetails,
    Operation::ListRoles,
    Operation::GenerateCredentialReport,
    Operation::GetCredentialReport,
    Operation::DescribeInstance,
    Operation::DescribeInstanceAccessControlAttributeConfiguration,
    Operation::ListTrustedTokenIssuers,
    Operation::DescribeTrustedTokenIssuer,
    Operation::ListApplications,
    Operation::GetApplicationAssignmentConfiguration,
    Operation::ListApplicationAssignments,
    Operation::ListApplicationGrants,
    Operation::ListApplicationAccessScopes,
    Operation::ListApplicationAuthenticationMethods,
    Operation::ListAccountAssignmentCreationStatus,
    Operation::DescribeAccountAssignmentCreationStatus,
    Operation::ListAccountAssignmentDeletionStatus,
    Operation::DescribeAccountAssignmentDeletionStatus,
    Operation::ListPermissionSetProvisioningStatus,
    Operation::DescribePermissionSetProvisioningStatus,
];

fn service_and_name(operation: Operation) -> String {
    format!("{}:{}", operation.service().name(), operation.name())
}

fn assert_only_this_is_missing(found: &Examined, usual: &Examined, operation: Operation) {
    let name = operation.to_string();
    // A resource that was added after the core and never seen is not a failure.
    let is_added = ADDED.contains(&operation);
    assert_eq!(found.ran.exit, Some(if is_added { 0 } else { 1 }), "{}", found.ran.all());
    // The same answer denies both operations with this name.
    let refused = found.all(if is_added { "unavailable" } else { "no" });
    assert!(refused.contains(&name.as_str()), "{}", found.ran.all());
    let depends = |other: &&str| found.missing(other) == found.missing(&name);
    assert!(refused.iter().all(depends), "{}", found.ran.all());
    match operation.action() {
        Some(action) => assert_eq!(found.missing(&name), format!("allow {action}")),
        None => assert!(found.missing(&name).starts_with("no action"), "{}", found.missing(&name)),
    }
    assert!(found.text(&name, "error_code").starts_with("AccessDenied"), "{name}");
    for (other, row) in found.rows.iter().filter(|(other, _)| **other != name) {
        let why = row["missing"].as_str().unwrap_or_default();
        let follows = why.starts_with("it depends on")
            || why == found.missing(&name)
            || why.contains("it is not known whether");
        assert!(row["seen"] == usual.seen(other) || follows, "{name} denied, {other}: {row:?}");
    }
    let all = Operation::ALL.len();
    found.says(&match is_added {
        true => " are unavailable here".to_owned(),
        false => format!("1 of {all} operations cannot be used; orgcensus iam-policy"),
    });
}

#[test]
fn a_denied_service_is_told_operation_by_operation() {
    let world = World::of(small());
    world.simulator.faults().add(denied("organizations:*"));
    let found = examined(&world, &[]);
    assert_eq!(found.ran.exit, Some(1));
    assert_eq!(
        found.all("no"),
        ["organizations:DescribeOrganization", "organizations:ListAccounts", "organizations:ListRoots"]
    );
    let follows = found.missing("organizations:ListOrganizationalUnitsForParent");
    assert_eq!(follows, "it depends on ListRoots: see there");
    assert_eq!(found.seen("identitystore:ListGroupMemberships"), "yes");
    assert_eq!(found.seen("sso-admin:ListAccountAssignments"), "yes");
    let needed_for = found.text("organizations:DescribeOrganization", "needed_for");
    assert_eq!(needed_for, "organization, service_last_accessed");
    found.says("organization not known");
}

#[test]
fn key_trouble_is_told_from_a_missing_action() {
    let world = World::of(small());
    let reason = |reason: &str| Action::Denied { kms_reason: Some(reason.to_owned()) };
    let faults = world.simulator.faults();
    faults.add(Fault::on("ListPermissionSets", reason("KMS_AccessDeniedException")));
    faults.add(Fault::on("ListUsers", reason("KMS_ACCESS_DENIED")));
    let found = examined(&world, &[]);
    for (operation, service) in
        [("sso-admin:ListPermissionSets", "sso"), ("identitystore:ListUsers", "identitystore")]
    {
        let missing = found.missing(operation);
        assert!(missing.starts_with("allow kms:Decrypt on the instance's key"), "{missing}");
        assert!(missing.contains(&format!("kms:ViaService {service}.*.amazonaws.com")), "{missing}");
    }
}

#[test]
fn where_no_instance_is_visible_the_rest_is_examined_and_the_region_asked_for() {
    let world = World::of(Config { instances: Instances::None, ..small() });
    let mut command = world.command(&["doctor", "--format", "json"]);
    let found = examined_by(&world, command.env("AWS_REGION", "eu-west-1"));
    assert_eq!(found.ran.exit, Some(1), "{}", found.ran.all());
    assert_eq!(found.all("no"), ["sso-admin:ListInstances"]);
    let missing = found.missing("sso-admin:ListInstances");
    assert!(missing.contains("in Region eu-west-1; pass the instance's primary Region"), "{missing}");
    assert!(missing.contains("--region"), "{missing}");
    assert_eq!(found.missing("identitystore:ListUsers"), "it depends on ListInstances: see there");
    for seen in [
        "organizations:ListAccounts",
        "organizations:ListTagsForResource",
        "iam:GetOrganizationsAccessReport",
    ] {
        assert_eq!(found.seen(seen), "yes", "{seen}");
    }
    let unset = examined(&world, &[]);
    assert!(unset.missing("sso-admin:ListInstances").contains("no Region is set, so us-east-1 was asked"));
}

#[test]
fn credentials_that_one_region_does_not_take_are_told_from_ended_ones() {
    let world = World::of(small());
    world.simulator.faults().add(Fault::on("sso-admin:*", Action::ExpiredCredentials));
    let found = examined(&world, &[]);
    assert_eq!(found.ran.exit, Some(1), "{}", found.ran.all());
    let missing = found.missing("sso-admin:ListInstances");
    assert!(missing.contains("valid for sso-admin in us-east-1; is the Region enabled"), "{missing}");
    assert_eq!(found.seen("organizations:ListAccounts"), "yes");
}

#[test]
fn the_region_that_was_asked_is_told_from_the_instances_own() {
    let config = Config {
        region: "eu-central-1".to_owned(),
        additional_regions: vec!["us-east-1".to_owned()],
        ..small()
    };
    let found = examined(&World::of(config), &[]);
    assert_eq!(found.ran.exit, Some(0), "{}", found.ran.all());
    found.says("the organization's, in eu-central-1 (us-east-1 was asked)");
}

#[test]
fn of_several_instances_one_has_to_be_named_where_the_organizations_is_not_known() {
    let world = World::of(Config { instances: Instances::Several, ..small() });
    let own = world.simulator.instance_arn();
    assert_eq!(examined(&world, &[]).ran.exit, Some(0));
    world.simulator.faults().add(denied("DescribeOrganization"));
    let found = examined(&world, &[]);
    let missing = found.missing("sso-admin:ListInstances");
    assert!(missing.contains("pass --instance-arn ARN, one of: ") && missing.contains(&own), "{missing}");
    assert_eq!(found.seen("organizations:ListAccounts"), "yes");
    let named = examined(&world, &["--instance-arn", &own]);
    assert_eq!(named.all("no"), ["organizations:DescribeOrganization"], "{}", named.ran.all());
    assert_eq!(named.seen("sso-admin:ListAccountAssignments"), "yes");
    let unknown = examined(&world, &["--instance-arn", "arn:aws:sso:::instance/ssoins-x"]);
    assert!(unknown.missing("sso-admin:ListInstances").contains("visible: "), "{}", unknown.ran.all());
}

#[test]
fn a_member_account_is_told_what_it_lacks_and_that_actions_alone_are_not_enough() {
    let world = World::of(Config { caller: Caller::MemberAccount, ..small() });
    let found = examined(&world, &[]);
    assert_eq!(found.ran.exit, Some(1), "{}", found.ran.all());
    for (operation, action) in [
        ("sso-admin:ListPermissionSets", "allow sso:ListPermissionSets"),
        ("identitystore:ListUsers", "allow identitystore:ListUsers"),
        ("organizations:ListAccounts", "allow organizations:ListAccounts"),
    ] {
        assert_eq!(found.missing(operation), action);
    }
    assert_eq!(found.seen("iam:GetOrganizationsAccessReport"), "unavailable");
    found.says("a member account, and not known to be a delegated administrator");
    found.says("register-delegated-administrator --service-principal sso.amazonaws.com");
}

#[test]
fn a_delegated_administrator_lacks_nothing_that_it_could_be_allowed() {
    let found = examined(&World::of(Config { caller: Caller::DelegatedAdministrator, ..small() }), &[]);
    assert_eq!(found.ran.exit, Some(0), "{}", found.ran.all());
    assert_eq!(
        found.all("unavailable"),
        [
            "iam:GenerateOrganizationsAccessReport",
            "iam:GetOrganizationsAccessReport",
            "iam:ListOrganizationsFeatures",
            "sso-admin:ListAccountAssignmentsForPrincipal"
        ]
    );
    found.says("delegated administrator of Identity Center");
}

#[test]
fn an_account_instance_has_no_permission_sets_and_lacks_no_action() {
    let found = examined(&World::of(Config { instances: Instances::Account, ..small() }), &[]);
    assert_eq!(found.ran.exit, Some(0), "{}", found.ran.all());
    assert_eq!(found.seen("sso-admin:DescribePermissionSet"), "unavailable");
    assert_eq!(found.missing("sso-admin:ListPermissionSets"), "an account instance has no permission sets");
    assert_eq!(found.seen("identitystore:ListGroupMemberships"), "yes");
    found.says(", an account instance of ");
}

#[test]
fn an_empty_directory_leaves_nothing_to_ask_and_says_so() {
    let world = World::of(Config { instances: Instances::Several, ..small() });
    let others = examined(&world, &["--instance-arn", "arn:aws:sso:::instance/ssoins-x"]);
    let own = world.simulator.instance_arn();
    let visible = others.missing("sso-admin:ListInstances").to_owned();
    let is_other = |word: &&str| word.starts_with("arn:aws:sso:::instance/ssoins-") && *word != own;
    let empty = visible.split_whitespace().find(is_other).unwrap();
    let found = examined(&world, &["--instance-arn", empty]);
    assert_eq!(found.ran.exit, Some(0), "{}", found.ran.all());
    assert_eq!(found.seen("identitystore:ListGroups"), "yes");
    assert_eq!(found.seen("identitystore:ListGroupMemberships"), "not tried");
    let missing = found.missing("identitystore:ListGroupMemberships");
    assert_eq!(missing, "nothing to ask it about: ListGroups lists none");
}

#[test]
fn where_service_control_policies_are_off_the_command_that_enables_them_is_named() {
    let found = examined(&World::of(Config { service_control_policies: false, ..small() }), &[]);
    assert_eq!(found.ran.exit, Some(0), "{}", found.ran.all());
    for operation in ["iam:GenerateOrganizationsAccessReport", "iam:GetOrganizationsAccessReport"] {
        assert_eq!(found.seen(operation), "unavailable");
        let missing = found.missing(operation);
        assert!(missing.contains("aws organizations enable-policy-type --root-id r-"), "{missing}");
    }
    found.says("service control policies are not enabled on the root: no access reports");
}

#[test]
fn without_an_organization_its_reads_are_unavailable() {
    let found = examined(&World::of(Config { in_organization: false, ..small() }), &[]);
    assert_eq!(found.ran.exit, Some(0), "{}", found.ran.all());
    for operation in [
        "organizations:ListAccounts",
        "organizations:ListTagsForResource",
        "iam:GetOrganizationsAccessReport",
    ] {
        assert_eq!(found.missing(operation), "the account is in no organization", "{operation}");
        assert_eq!(found.seen(operation), "unavailable");
    }
}

#[test]
fn the_ways_around_are_tried_where_they_are_needed() {
    let world = World::of(Config { legacy_directory: true, ..small() });
    let legacy = examined(&world, &[]);
    assert_eq!(legacy.ran.exit, Some(0), "{}", legacy.ran.all());
    for operation in ["identitystore:ListUsers", "identitystore:ListGroupMemberships"] {
        assert_eq!(legacy.seen(operation), "unavailable", "{operation}");
    }
    assert_eq!(legacy.seen("identitystore:DescribeGroup"), "yes");
    world.simulator.faults().add(denied("ListAccountAssignments"));
    let unnamed = examined(&world, &[]);
    let why = unnamed.missing("identitystore:DescribeGroup");
    assert_eq!(why, "no assignment that was seen names anybody to ask about");
    let pathless = examined(&World::of(Config { paths: false, ..small() }), &[]);
    assert_eq!(pathless.seen("organizations:ListAccountsForParent"), "yes");
}

#[test]
fn what_has_just_gone_is_no_missing_permission() {
    let world = World::of(small());
    let faults = world.simulator.faults();
    faults.add(Fault::on("ListAccountsForProvisionedPermissionSet", Action::NotFound).times(2));
    faults.add(Fault::on("DescribePermissionSet", Action::NotFound));
    faults.add(Fault::on("ListGroupMemberships", Action::NotFound));
    let found = examined(&world, &[]);
    assert_eq!(found.ran.exit, Some(0), "{}", found.ran.all());
    assert_eq!(found.seen("sso-admin:DescribePermissionSet"), "yes");
    // Another permission set is asked instead.
    assert_eq!(found.seen("sso-admin:ListAccountAssignments"), "yes");
}

#[test]
fn what_hangs_or_is_throttled_hides_nothing_else() {
    let world = World::of(small());
    let faults = world.simulator.faults();
    faults.add(Fault::on("sso-admin:ListPermissionSets", Action::Hang));
    faults.add(Fault::on("sts:*", Action::Status(503)));
    faults.add(Fault::on("identitystore:ListUsers", Action::Throttle { retry_after_seconds: Some(60) }));
    let found = examined(&world, &[]);
    assert_eq!(found.ran.exit, Some(1), "{}", found.ran.all());
    assert_eq!(
        found.all("no"),
        ["identitystore:ListUsers", "sso-admin:ListPermissionSets", "sts:GetCallerIdentity"]
    );
    assert_eq!(found.text("sso-admin:ListPermissionSets", "error_code"), "Timeout");
    assert!(found.missing("identitystore:ListUsers").contains("quota of identitystore in us-east-1"));
    assert_eq!(found.seen("identitystore:ListGroupMemberships"), "yes");
    assert_eq!(found.seen("organizations:ListTagsForResource"), "yes");
    // The command is interactive: two attempts at a hanging call, and none if AWS asks for a minute.
    assert_eq!(world.simulator.calls().count("ListPermissionSets"), 2);
    assert_eq!(world.simulator.calls().count("ListUsers"), 1);
}

#[test]
fn a_selection_is_examined_alone() {
    let world = World::of(small());
    world.simulator.faults().add(denied("sso-admin:ListPermissionSets"));
    let users = examined(&world, &["--only", "users"]);
    assert_eq!(users.ran.exit, Some(0), "{}", users.ran.all());
    assert_eq!(
        users.rows.keys().collect::<Vec<_>>(),
        [
            "identitystore:ListUsers",
            "organizations:DescribeOrganization",
            "sso-admin:ListInstances",
            "sts:GetCallerIdentity"
        ]
    );
    assert_eq!(users.text("sso-admin:ListInstances", "needed_for"), "users");
    let without = examined(&world, &["--skip", "permission_sets", "--access-report", "none"]);
    assert_eq!(without.ran.exit, Some(0), "{}", without.ran.all());
    assert!(!without.rows.contains_key("iam:GetOrganizationsAccessReport"));
    let misspelt = world.run(&["doctor", "--only", "user"]);
    assert_eq!(misspelt.exit, Some(2));
}

#[test]
fn each_group_is_summed_up() {
    let world = World::of(small());
    let groups = |arguments: &[&str]| -> Vec<String> {
        let table = world.run(&[&["doctor", "--format", "table"], arguments].concat());
        let (_, groups) =
            table.stdout.split_once("\nby group\n").unwrap_or_else(|| panic!("{}", table.all()));
        groups.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
    };
    assert_eq!(groups(&[]), ResourceGroup::ALL.map(|group| format!("yes {}", group.as_str())));
    assert_eq!(
        groups(&["--only", "@policies"]),
        ["yes @organizations", "yes @permission-sets", "yes @policies"]
    );
    assert_eq!(groups(&["--only", "users"]), ["yes @identity"]);
    for operation in
        ["organizations:DescribePolicy", "organizations:ListTargetsForPolicy", "identitystore:ListUsers"]
    {
        world.simulator.faults().add(denied(operation));
    }
    let refused = "DescribePolicy, ListTargetsForPolicy";
    assert_eq!(
        groups(&["--only", "@policies"]),
        ["yes @organizations", "yes @permission-sets", "no @policies", refused]
    );
    let all = groups(&["--access-report", "none"]);
    // A resource that was never seen is not a failure unless it was requested by name.
    for line in ["no @identity", "ListUsers", "unavailable @policies", refused, "yes @permission-sets"] {
        assert!(all.iter().any(|said| said == line), "{line}: {all:?}");
    }
    assert!(!all.iter().any(|said| said.contains("@access-report")), "{all:?}");
}

#[test]
fn what_is_missing_can_be_read_at_80_columns() {
    let world = World::of(Config { caller: Caller::MemberAccount, ..small() });
    let ran = world.run(&["doctor"]);
    assert_eq!(ran.exit, Some(1));
    for action in ["sso:ListPermissionSets", "identitystore:ListGroups", "organizations:ListRoots"] {
        assert!(ran.stdout.contains(&format!("missing: allow {action}\n")), "{}", ran.stdout);
    }
    // A word to copy stays whole.
    let is_word = |line: &str| line.split_whitespace().count() <= 1 || line.starts_with("caller ");
    let wide = |line: &&str| line.chars().count() > 80 && !is_word(line);
    assert_eq!(ran.stdout.lines().filter(wide).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn who_is_calling_is_in_the_file_that_is_handed_on() {
    let world = World::of(small());
    assert_eq!(world.run(&["doctor", "--quiet", "--output", "doctor.txt"]).exit, Some(0));
    let text = std::fs::read_to_string(world.sandbox.path("doctor.txt")).unwrap();
    for fact in ["caller  ", "credentials  ", "organization  ", "instance  "] {
        assert!(text.contains(&format!("\n{fact}")) || text.starts_with(fact), "no {fact} in: {text}");
    }
}

#[test]
fn without_credentials_or_a_connection_it_ends_at_once() {
    let world = World::of(small());
    let refused = |command: &mut Command, exit: i32, parts: &[&str]| {
        let ran = world.sandbox.ran(command.output().unwrap());
        assert_eq!((ran.exit, ran.stdout.as_str()), (Some(exit), ""), "{}", ran.stderr);
        for part in parts {
            assert!(ran.stderr.contains(part), "no `{part}` in: {}", ran.stderr);
        }
    };
    let doctor = || world.command(&["doctor"]);
    refused(
        doctor().env_remove("AWS_ACCESS_KEY_ID").env_remove("AWS_SECRET_ACCESS_KEY"),
        1,
        &["error: no AWS credentials", "hint: sign in (e.g. `aws sso login"],
    );
    assert_eq!(world.simulator.calls().total(), 0);
    refused(
        doctor().env("AWS_ENDPOINT_URL", "http://127.0.0.1:9"),
        5,
        &["error: ", "hint: check the network, the proxy and AWS_ENDPOINT_URL"],
    );
    world.simulator.expire_credentials(KEY);
    refused(&mut doctor(), 5, &["error: ", "ExpiredToken", "hint: sign in again"]);
}

#[test]
fn the_end_of_the_credentials_and_who_renews_them_is_told_and_no_secret_is() {
    let world = World::of(small());
    let end = Utc::now() + TimeDelta::seconds(42 * 60 + 50);
    let end = end.to_rfc3339_opts(SecondsFormat::Secs, true);
    let users = ["doctor", "--only", "users", "--format", "json"];
    let mut command = world.command(&users);
    command.env("AWS_SESSION_TOKEN", "a-secret-token");
    let unknown = examined_by(&world, &mut command);
    unknown.says(
        "a session, from the environment; they expire at an unknown time and are not renewed: a collection",
    );
    command.env("AWS_CREDENTIAL_EXPIRATION", &end);
    let told = examined_by(&world, &mut command);
    told.says("they expire in 42m (at ");
    told.says("stops with exit code 5; the same command with new credentials resumes it");
    for ran in [&unknown.ran, &told.ran] {
        assert!(!ran.all().contains("a-secret-token") && !ran.all().contains("made-up"), "{}", ran.all());
    }

    let process = format!(
        r#"{{"Version": 1, "AccessKeyId": "{KEY}", "SecretAccessKey": "made-up", "SessionToken": "t", "Expiration": "{end}"}}"#
    );
    std::fs::write(world.sandbox.path("keys.json"), process).unwrap();
    let profile = format!(
        "[profile audit]\ncredential_process = /bin/cat {}\n",
        world.sandbox.path("keys.json").display()
    );
    std::fs::write(world.sandbox.path("config"), profile).unwrap();
    let mut command = world.command(&[&users[..], &["--profile", "audit"]].concat());
    let renewed = examined_by(&world, command.env("AWS_CONFIG_FILE", world.sandbox.path("config")));
    renewed.says("from a credential_process; they expire in 42m");
    renewed.says("and are renewed by asking the process again");

    let role = format!("arn:aws:iam::{}:role/Census", world.simulator.management_account_id());
    let assumed = examined(&world, &["--only", "users", "--assume-role", &role]);
    assumed.says("an assumed role; they expire in ");
    assumed.says("are renewed for as long as the credentials that assume the role last");
}
