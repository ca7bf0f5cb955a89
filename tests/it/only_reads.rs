//! The calls of a collection only read, are exactly those that the program declares, and are those that `iam-policy`
//! allows.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use orgcensus::aws::{Operation, Service};
use orgcensus::model::{RESOURCES, ResourceGroup};
use orgcensus::simulator::{Action, Config, Fault};
use serde_json::Value;

use crate::doctor::ADDED;
use crate::world::{World, awkward, small};

/// Returns the IAM actions of the calls that the simulator received.
fn sent(world: &World) -> BTreeSet<String> {
    let declared = |service: &str, operation: &str| {
        Operation::ALL
            .iter()
            .find(|known| known.service().name() == service && known.name() == operation)
            .copied()
    };
    world
        .simulator
        .calls()
        .counts()
        .into_keys()
        .filter_map(|(service, operation)| {
            let found = declared(service.as_str(), &operation);
            let known = found.unwrap_or_else(|| panic!("{}:{operation} is not declared", service.as_str()));
            assert!(only_reads(&operation), "{operation}");
            known.action()
        })
        .collect()
}

/// Returns the actions that `iam-policy` with these flags allows.
fn allowed(world: &World, arguments: &[&str]) -> BTreeSet<String> {
    let ran = world.run(&[&["iam-policy"], arguments].concat());
    let policy: Value = serde_json::from_str(ran.data()).unwrap();
    let actions = policy["Statement"][0]["Action"].as_array().unwrap().iter();
    actions.map(|action| action.as_str().unwrap().to_owned()).collect()
}

/// The calls that are sent only if the usual ones are not available: without paths, or for a directory that cannot be
/// listed.
const FALLBACKS: [&str; 3] =
    ["organizations:ListAccountsForParent", "identitystore:DescribeUser", "identitystore:DescribeGroup"];

#[test]
fn everything_that_is_sent_is_declared_and_allowed_and_nothing_else_is() {
    let world = awkward();
    world.collect_day(0, &["--assignments", "principals", "--access-report", "accounts"]);
    world.collect_day(1, &["--assignments", "pairs", "--access-report", "accounts"]);
    world.run(&["doctor"]).data();
    let mut allowed = allowed(&world, &["--access-report", "accounts"]);
    for fallback in FALLBACKS {
        assert!(allowed.remove(fallback), "{fallback} is allowed too");
    }
    assert_eq!(sent(&world), allowed);
}

#[test]
fn the_fallbacks_are_sent_where_they_are_needed() {
    let pathless = World::of(Config { paths: false, ..small() });
    pathless.collect_day(0, &["--access-report", "none"]);
    assert!(sent(&pathless).contains(FALLBACKS[0]));
    let legacy = World::of(Config { legacy_directory: true, ..small() });
    legacy.collect(&["--access-report", "none"]);
    assert!(sent(&legacy).is_superset(&FALLBACKS[1..].iter().map(|&action| action.to_owned()).collect()));
}

#[test]
fn a_selection_sends_what_its_policy_allows() {
    let mut selections: Vec<Vec<&str>> = RESOURCES.iter().map(|spec| vec!["--only", spec.name]).collect();
    selections.extend([
        vec!["--skip", "permission_sets", "--access-report", "none"],
        vec!["--skip", "groups", "--assignments", "pairs", "--access-report", "none"],
        vec!["--assignments", "pairs", "--access-report", "none"],
        vec!["--only", "account_assignments", "--assignments", "pairs"],
    ]);
    selections.extend(ResourceGroup::ALL.map(|group| vec!["--only", group.as_str()]));
    for flags in selections.iter().map(Vec::as_slice) {
        let world = World::of(small());
        let ran = world.collect(flags);
        assert_eq!(ran.exit, Some(0), "{flags:?}: {}", ran.stderr);
        let mut allowed = allowed(&world, flags);
        let sent = sent(&world);
        if flags.contains(&"service_last_accessed") || flags.contains(&ResourceGroup::AccessReport.as_str()) {
            // An entity is checked by its tags, if its report's path is called invalid. A policy is described, if a
            // report by it is refused.
            for only_then in ["organizations:ListTagsForResource", "organizations:DescribePolicy"] {
                assert!(allowed.remove(only_then), "{only_then}");
            }
        }
        for fallback in FALLBACKS {
            assert!(!sent.contains(fallback));
            allowed.remove(fallback);
        }
        assert_eq!(sent, allowed, "{flags:?}");
        let asked = World::of(small());
        asked.run(&[&["doctor"], flags].concat()).data();
        assert!(self::sent(&asked).is_subset(&allowed), "doctor {flags:?}");
    }
}

#[test]
fn a_policy_is_json_that_aws_takes() {
    let world = World::of(small());
    let policy: Value = serde_json::from_str(world.run(&["iam-policy"]).data()).unwrap();
    assert_eq!(policy["Version"], "2012-10-17");
    for statement in policy["Statement"].as_array().unwrap() {
        assert!(statement["Sid"].as_str().unwrap().chars().all(|letter| letter.is_ascii_alphanumeric()));
        assert_eq!(
            (&statement["Effect"], &statement["Resource"]),
            (&Value::from("Allow"), &Value::from("*"))
        );
        for action in statement["Action"].as_array().unwrap() {
            let (_, name) = action.as_str().unwrap().split_once(':').unwrap();
            assert!(only_reads(name), "{name}");
        }
    }
    let csv = world.run(&["iam-policy", "--format", "csv"]);
    assert_eq!((csv.exit, csv.stdout.as_str()), (Some(2), ""));
    assert!(csv.stderr.contains("--format does not apply to iam-policy"), "{}", csv.stderr);
}

/// Finds every client method that the source calls, by the client's field. The SDK's own calls to find credentials
/// (sts:AssumeRole, sso:GetRoleCredentials, …) use none of these clients, and follow the user's configuration.
#[test]
fn the_source_calls_no_client_for_anything_that_is_not_declared() {
    let clients = [
        ("sso_admin", Service::SsoAdmin),
        ("identity_store", Service::IdentityStore),
        ("organizations", Service::Organizations),
        ("iam", Service::Iam),
        ("sts", Service::Sts),
    ];
    let mut called = BTreeSet::new();
    for file in source_files(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/src"))) {
        let text: String = std::fs::read_to_string(&file).unwrap().split_whitespace().collect();
        let is_aws = file.components().any(|part| part.as_os_str() == "aws");
        assert!(is_aws || !text.contains("::Client"), "{} makes a client", file.display());
        for (client, service) in clients {
            for (_, after) in text
                .match_indices(&format!("aws.{client}."))
                .map(|(at, found)| text.split_at(at + found.len()))
            {
                let method = after.split('(').next().unwrap();
                let name: String = method.split('_').map(capitalized).collect();
                assert!(only_reads(&name), "{}: {name}", file.display());
                called.insert((service, name));
            }
        }
    }
    // A method's name has no capital letters within words.
    let alike = |(service, name): (Service, String)| (service, name.to_ascii_lowercase());
    let declared = Operation::ALL.iter().map(|operation| (operation.service(), operation.name().to_owned()));
    assert_eq!(called.into_iter().map(alike).collect::<BTreeSet<_>>(), declared.map(alike).collect());
}

fn source_files(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { source_files(&path) } else { vec![path] });
    // The simulator serves, and calls no service.
    found.filter(|path| !path.components().any(|part| part.as_os_str() == "simulator")).collect()
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_ascii_uppercase() + rest
}

/// Returns true if an operation with this name only reads. The exceptions start a report about the organization or an
/// account, and change nothing in it.
fn only_reads(operation: &str) -> bool {
    ["List", "Describe", "Get"].iter().any(|verb| operation.starts_with(verb))
        || ["GenerateOrganizationsAccessReport", "GenerateCredentialReport"].contains(&operation)
}

#[test]
fn without_any_one_of_the_actions_something_is_missing_and_its_operation_is_named() {
    let world = World::of(small());
    let flags = ["--assignments", "pairs", "--access-report", "root"];
    let allowed = allowed(&world, &flags);
    let operations = Operation::ALL.iter().filter(|operation| {
        operation
            .action()
            .is_some_and(|action| allowed.contains(&action) && !FALLBACKS.contains(&action.as_str()))
    });
    for operation in operations {
        let _ = std::fs::remove_file(world.sandbox.path("orgcensus.db"));
        world.simulator.faults().clear();
        world.simulator.faults().add(Fault::on(&operation.to_string(), Action::Denied { kms_reason: None }));
        let ran = world.collect(&flags);
        if *operation == Operation::ListInstances {
            let hint = "hint: allow the action sso:ListInstances";
            assert!(ran.exit == Some(1) && ran.stderr.contains(hint), "{}", ran.stderr);
            continue;
        }
        // A resource that was never seen is not a failure, but still named.
        let (exit, kind) = if ADDED.contains(operation) { (0, "unavailable") } else { (4, "denied") };
        assert_eq!(ran.exit, Some(exit), "{operation}: {}", ran.stderr);
        let sql = format!("SELECT count(*) FROM gaps WHERE kind = '{kind}' AND operation = '{operation}'");
        assert!(world.number(&sql) > 0, "{operation}");
    }
}
