//! The derivations from the declarations of the tasks. The queue is a contract, because an unfinished collection is
//! stored in it. `accounts` has tasks that are asked in accounts.

mod accounts;

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use super::collector::{Asked, ForEach, In};
use super::graph::{finder_of, first_tasks, hangs_on, instead_of, needs, source_of};
use super::task::{COLLECTORS, Kind, Task};
use super::*;
use crate::aws::{ConnectionOptions, FixedEndpoint, PaceOptions, Rate, RetryPolicy, Service};
use crate::model::RESOURCES;
use crate::simulator::{Config, Simulator};
use crate::store::{CollectionHeader, Database, Staging};
pub(super) use accounts::AskAccount;

fn selection(only: &[&str], skip: &[&str], strategy: StrategyChoice) -> Selection {
    let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect::<Vec<_>>();
    Selection::new(&owned(only), &owned(skip), ReportDepth::Accounts, strategy).unwrap()
}

/// Collects from a simulator into a staging, and returns what `read` finds there.
async fn collected<T>(
    simulator: &Simulator,
    options: ConnectionOptions,
    selection: &Selection,
    read: impl FnOnce(&Staging, Ended) -> T,
) -> T {
    let fast = Service::ALL.into_iter().map(|service| (service, Rate::Fixed(100_000.0))).collect();
    let connection = ConnectionOptions {
        pace: PaceOptions { rates: fast, share: None },
        retry_policy: RetryPolicy::default().hurried(100),
        endpoint: Some(FixedEndpoint { url: simulator.endpoint(), access_key_id: "tester".to_owned() }),
        ..options
    };
    let context = Preflight::run(&connection, selection, None, &[]).await.unwrap().context;
    let folder = tempfile::tempdir().unwrap();
    let (database, _) = Database::open_or_create(&folder.path().join("o.db")).unwrap();
    let header = CollectionHeader {
        collection_id: "c".to_owned(),
        started_at: "2026-01-01T00:00:00Z".to_owned(),
        organization_id: None,
        instance_arn: None,
        identity_store_id: None,
        region: None,
        caller_arn: None,
        caller_user_id: None,
        label: None,
        selection: selection.canonical(),
        tool_version: "0".to_owned(),
    };
    let mut staging = Staging::create(&database, &header).unwrap();
    let options = RunOptions {
        report_budget: Duration::from_secs(600),
        details_budget: Duration::from_secs(600),
        policies_budget: Duration::from_secs(600),
        dry_run: false,
        full_every: None,
    };
    let collection =
        Collection::new(&context, selection, database.connection(), &mut staging, options).unwrap();
    let ended = collection.run(&mut (), std::future::pending()).await.unwrap();
    read(&staging, ended)
}

/// Returns the queue of a whole collection, with a line for the first task of each kind.
async fn queue(config: Config, strategy: StrategyChoice) -> BTreeMap<String, String> {
    let simulator = Simulator::start(config).unwrap();
    let selection = selection(&[], &[], strategy);
    collected(&simulator, ConnectionOptions::default(), &selection, |staging, ended| {
        assert!(matches!(ended, Ended::Finished), "{ended:?}");
        let sql = "SELECT kind, min(body) || char(10) || concat_ws(' ', ' ', lane, stage, priority) || coalesce((
                SELECT group_concat(char(10) || '  ' || role || ' ' || resource || ' ' || scope, '')
                FROM (SELECT * FROM task_scopes AS s WHERE s.task_id = tasks.task_id ORDER BY role, resource, scope)
            ), '') FROM tasks GROUP BY kind";
        let mut statement = staging.connection().prepare(sql).unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_queue_is_as_it_was() {
    let usual = Config::default();
    let unusual =
        Config { paths: false, legacy_directory: true, legacy_describes: true, ..Config::default() };
    let mut kinds = queue(usual.clone(), StrategyChoice::Pairs).await;
    for (config, strategy) in [(unusual, StrategyChoice::Pairs), (usual, StrategyChoice::Principals)] {
        for (kind, first) in queue(config, strategy).await {
            kinds.entry(kind).or_insert(first);
        }
    }
    let untried = COLLECTORS.iter().map(|spec| spec.kind).filter(|kind| !kinds.contains_key(*kind));
    assert_eq!(untried.collect::<Vec<_>>(), ["sample_principal", AskAccount::KIND]);
    insta::assert_snapshot!(kinds.into_values().collect::<Vec<_>>().join("\n"));
}

#[test]
fn only_and_skip_ask_as_ever() {
    let mut text = String::new();
    for spec in RESOURCES {
        for (flag, only, skip) in [("only", vec![spec.name], vec![]), ("skip", vec![], vec![spec.name])] {
            let selection = selection(&only, &skip, StrategyChoice::Auto);
            let operations: Vec<_> = operations(&selection).iter().map(|one| one.name()).collect();
            writeln!(text, "--{flag} {}: {}", spec.name, selection.canonical()).unwrap();
            writeln!(text, "  {}", operations.join(" ")).unwrap();
        }
    }
    insta::assert_snapshot!(text);
}

#[test]
fn declarations_are_whole() {
    for spec in RESOURCES {
        assert!(finder_of(spec).is_some(), "nothing finds the rows of {}", spec.name);
    }
    for spec in COLLECTORS {
        let is_once = matches!(spec.for_each, ForEach::Once);
        assert_eq!((spec.once)().is_some(), is_once, "{}", spec.kind);
        if let Some(task) = (spec.once)() {
            assert_eq!(task.kind(), spec.kind);
        }
        for resource in spec.for_each.resources() {
            assert!(finder_of(resource).is_some(), "{} is asked for {}", spec.kind, resource.name);
        }
        let source = source_of(spec.operation);
        assert_eq!(source.is_none(), is_once && spec.place == In::Organization, "{}", spec.kind);
    }
}

/// A task of each kind, parsed from its body, equals the original.
#[test]
fn bodies_are_read_again() {
    for task in first_tasks() {
        assert_eq!(task.body(), format!("{{\"kind\":\"{}\"}}", task.kind()));
        assert_eq!(Task::of_body(&task.body()).unwrap(), task);
    }
    let unknown = Task::of_body("{\"kind\":\"list_planets\"}").unwrap_err();
    assert!(unknown.to_string().contains("cannot be read"), "{unknown}");
}

#[test]
fn what_is_needed_follows_from_what_is_asked() {
    let sorted =
        |names: std::collections::BTreeSet<&'static str>| names.into_iter().collect::<Vec<_>>().join(" ");
    for (resource, needed, any) in [
        ("organization", "", ""),
        ("roots", "", ""),
        ("organizational_units", "roots", ""),
        ("accounts", "organizational_units roots", ""),
        ("users", "", ""),
        ("group_memberships", "groups", ""),
        ("account_assignments", "provisioned_permission_sets", ""),
        ("applications", "", ""),
        ("application_assignments", "applications", ""),
        ("application_grants", "applications", ""),
        ("service_last_accessed", "accounts organization organizational_units roots", ""),
        (
            "tags",
            "",
            "accounts applications identity_center_instances organization_policies organizational_units permission_sets \
             roots trusted_token_issuers",
        ),
    ] {
        assert_eq!(sorted(needs(resource)), needed, "{resource}");
        assert_eq!(sorted(hangs_on(resource)), any, "{resource}");
    }
}

#[test]
fn principals_are_asked_where_they_are_known() {
    let by_principal = Operation::ListAccountAssignmentsForPrincipal;
    let asks = |skip: &[&str], strategy| operations(&selection(&[], skip, strategy)).contains(&by_principal);
    assert!(asks(&[], StrategyChoice::Auto) && asks(&[], StrategyChoice::Principals));
    assert!(!asks(&[], StrategyChoice::Pairs));
    assert!(!asks(&["users"], StrategyChoice::Principals) && !asks(&["groups"], StrategyChoice::Auto));
}

#[test]
fn what_stands_in_for_another_is_found_by_it() {
    let kinds = |operation| instead_of(operation).map(|spec| spec.kind).collect::<Vec<_>>();
    assert_eq!(kinds(Operation::ListUsers), ["describe_user"]);
    assert_eq!(kinds(Operation::ListAccounts), ["list_accounts_for_parent"]);
    assert_eq!(kinds(Operation::ListRoots), [""; 0]);
    for spec in COLLECTORS {
        if let Asked::Instead { of, .. } = spec.asked {
            assert_eq!(source_of(spec.operation), Some(of), "{}", spec.kind);
        }
    }
}
