//! Drives the simulator with the real SDK, and compares its answers with the truth.

use std::collections::{BTreeSet, HashMap};

use aws_credential_types::Credentials;
use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_ssoadmin::types::{PrincipalType, ProvisioningStatus};
use aws_types::region::Region;
use serde_json::{Map, Value};

use super::*;

macro_rules! client {
    ($sdk:ident, $simulator:expr) => {
        client!($sdk, $simulator, "AKIATEST", "us-east-1")
    };
    ($sdk:ident, $simulator:expr, $key:expr, $region:expr) => {
        $sdk::Client::from_conf(
            $sdk::Config::builder()
                .behavior_version($sdk::config::BehaviorVersion::latest())
                .endpoint_url($simulator.endpoint())
                .credentials_provider(Credentials::new($key, "secret", None, None, "test"))
                .region(Region::new($region))
                .retry_config($sdk::config::retry::RetryConfig::disabled())
                .build(),
        )
    };
}

/// Collects all items of a listing whose paginator has no `items`.
macro_rules! collect {
    ($listing:expr, $list:ident) => {{
        let pages = $listing.into_paginator().send().try_collect().await.unwrap();
        pages.into_iter().flat_map(|page| page.$list.unwrap_or_default()).collect::<Vec<_>>()
    }};
}

// After the macros that they use.
mod raw;
mod scripted;

fn start(config: Config) -> Simulator {
    Simulator::start(config).expect("a port on loopback")
}

fn by_key<'a>(rows: &'a Rows, column: &str) -> HashMap<&'a str, &'a Map<String, Value>> {
    rows.iter().map(|row| (row[column].as_str().unwrap(), row)).collect()
}

fn text(value: Option<&str>) -> Value {
    value.map_or(Value::Null, Value::from)
}

fn time(value: Option<&aws_smithy_types::DateTime>) -> Value {
    value.map_or(Value::Null, |at| organization::rfc3339((at.as_secs_f64() * 1_000.0).round() as i64).into())
}

#[tokio::test]
async fn users_groups_and_memberships_by_the_sdk_are_the_truth() {
    let simulator = start(Config::default());
    let (client, truth) = (client!(aws_sdk_identitystore, simulator), simulator.truth(0));
    let store = simulator.identity_store_id();
    let users = client.list_users().identity_store_id(&store).extensions("aws:identitystore:enterprise");
    let users: Vec<_> = users.into_paginator().items().send().try_collect().await.unwrap();
    let expected = by_key(&truth["users"], "user_id");
    assert_eq!(users.len(), expected.len());
    for user in &users {
        let row = expected[user.user_id()];
        assert_eq!(row["user_name"], text(user.user_name()));
        assert_eq!(row["title"], text(user.title()));
        assert_eq!(row["display_name"], text(user.display_name()));
        assert_eq!(row["user_status"], text(user.user_status().map(|status| status.as_str())));
        assert_eq!(row["formatted_name"], text(user.name().and_then(|name| name.formatted())));
        assert_eq!(row["primary_email"], text(user.emails().first().and_then(|email| email.value())));
        assert_eq!(row["extensions"].is_null(), user.extensions().is_none());
        assert_eq!(row["created_at"], time(user.created_at()));
        assert_eq!(row["updated_at"], time(user.updated_at()));
    }
    let groups = client.list_groups().identity_store_id(&store);
    let groups: Vec<_> = groups.into_paginator().items().send().try_collect().await.unwrap();
    assert_eq!(groups.len(), truth["groups"].len());
    let mut seen = BTreeSet::new();
    for group in &groups {
        let members = client.list_group_memberships().identity_store_id(&store).group_id(group.group_id());
        let members: Vec<_> = members.into_paginator().items().send().try_collect().await.unwrap();
        for member in members {
            let user = member.member_id().unwrap().as_user_id().unwrap().clone();
            let created = time(member.created_at()).as_str().unwrap().to_owned();
            assert!(seen.insert((
                group.group_id().to_owned(),
                user,
                member.membership_id().to_owned(),
                created
            )));
        }
    }
    let value = |row: &Map<String, Value>, column: &str| row[column].as_str().unwrap().to_owned();
    let expected: BTreeSet<_> = truth["group_memberships"]
        .iter()
        .map(|row| {
            (
                value(row, "group_id"),
                value(row, "user_id"),
                value(row, "membership_id"),
                value(row, "created_at"),
            )
        })
        .collect();
    assert_eq!(seen, expected);
    assert!(simulator.calls().count("ListUsers") > 1, "there are several pages");
}

#[tokio::test]
async fn permission_sets_by_the_sdk_are_the_truth() {
    let simulator = start(Config::default());
    let (client, truth) = (client!(aws_sdk_ssoadmin, simulator), simulator.truth(0));
    let instance = simulator.instance_arn();
    let instances = client.list_instances().send().await.unwrap();
    assert_eq!(instances.instances()[0].instance_arn(), Some(instance.as_str()));
    let sets = client.list_permission_sets().instance_arn(&instance);
    let sets: Vec<String> = sets.into_paginator().items().send().try_collect().await.unwrap();
    let expected = by_key(&truth["permission_sets"], "permission_set_arn");
    assert_eq!(sets.len(), expected.len());
    let (mut policies, mut provisioned, mut assignments) = (0, 0, BTreeSet::new());
    for arn in &sets {
        let set = client.describe_permission_set().instance_arn(&instance).permission_set_arn(arn);
        let set = set.send().await.unwrap().permission_set.unwrap();
        assert_eq!(expected[arn.as_str()]["name"], text(set.name()));
        assert_eq!(expected[arn.as_str()]["description"], text(set.description()));
        assert_eq!(expected[arn.as_str()]["created_at"], time(set.created_date()));
        let inline =
            client.get_inline_policy_for_permission_set().instance_arn(&instance).permission_set_arn(arn);
        policies += usize::from(inline.send().await.unwrap().inline_policy() != Some(""));
        let managed =
            client.list_managed_policies_in_permission_set().instance_arn(&instance).permission_set_arn(arn);
        policies += managed.send().await.unwrap().attached_managed_policies().len();
        let customer = client
            .list_customer_managed_policy_references_in_permission_set()
            .instance_arn(&instance)
            .permission_set_arn(arn);
        policies += customer.send().await.unwrap().customer_managed_policy_references().len();
        let boundary = client
            .get_permissions_boundary_for_permission_set()
            .instance_arn(&instance)
            .permission_set_arn(arn);
        match boundary.send().await {
            Ok(_) => policies += 1,
            Err(error) => assert_eq!(error.code(), Some("ResourceNotFoundException")),
        }
        let accounts = client
            .list_accounts_for_provisioned_permission_set()
            .instance_arn(&instance)
            .permission_set_arn(arn);
        let outdated = ProvisioningStatus::LatestPermissionSetNotProvisioned;
        let outdated = accounts.clone().provisioning_status(outdated).into_paginator().items();
        outdated.send().try_collect().await.unwrap();
        let accounts: Vec<String> = accounts.into_paginator().items().send().try_collect().await.unwrap();
        provisioned += accounts.len();
        let tags = client.list_tags_for_resource().instance_arn(&instance).resource_arn(arn);
        tags.into_paginator().items().send().try_collect().await.unwrap();
        for account in accounts {
            let rows = client
                .list_account_assignments()
                .instance_arn(&instance)
                .permission_set_arn(arn)
                .account_id(account);
            let rows: Vec<_> = rows.into_paginator().items().send().try_collect().await.unwrap();
            assignments.extend(rows.into_iter().map(|row| {
                (row.account_id.unwrap(), row.permission_set_arn.unwrap(), row.principal_id.unwrap())
            }));
        }
    }
    assert_eq!(policies, truth["permission_set_policies"].len());
    assert_eq!(provisioned, truth["provisioned_permission_sets"].len());
    assert_eq!(assignments, assignment_keys(&truth["account_assignments"]));
    let (needed, by_pairs) =
        (simulator.sso_admin_calls(0), simulator.calls().count("ListAccountAssignments"));
    assert_eq!((needed.common + needed.by_pairs, needed.by_pairs), (simulator.calls().total(), by_pairs));
}

fn assignment_keys(rows: &Rows) -> BTreeSet<(String, String, String)> {
    let value = |row: &Map<String, Value>, column: &str| row[column].as_str().unwrap().to_owned();
    let key = |row| (value(row, "account_id"), value(row, "permission_set_arn"), value(row, "principal_id"));
    rows.iter().map(key).collect()
}

#[tokio::test]
async fn assignments_by_principal_are_the_living_ones_with_group_rows_for_users() {
    let simulator = start(Config::default());
    let client = client!(aws_sdk_ssoadmin, simulator);
    let truth = simulator.truth_with(
        0,
        TruthOptions { assignments: Assignments::LivingPrincipals, ..TruthOptions::default() },
    );
    assert!(truth["account_assignments"].len() < simulator.truth(0)["account_assignments"].len());
    let (mut seen, mut access) = (BTreeSet::new(), BTreeSet::new());
    for (resource, kind, column) in
        [("users", PrincipalType::User, "user_id"), ("groups", PrincipalType::Group, "group_id")]
    {
        for row in &truth[resource] {
            let id = row[column].as_str().unwrap();
            let rows = client
                .list_account_assignments_for_principal()
                .instance_arn(simulator.instance_arn())
                .principal_id(id)
                .principal_type(kind.clone());
            let rows: Vec<_> = rows.into_paginator().items().send().try_collect().await.unwrap();
            for row in rows {
                let (account, set) = (row.account_id.unwrap(), row.permission_set_arn.unwrap());
                let principal = row.principal_id.unwrap();
                if kind == PrincipalType::User {
                    access.insert(Access {
                        user_id: id.to_owned(),
                        account_id: account.clone(),
                        permission_set_arn: set.clone(),
                        group_id: (row.principal_type == Some(PrincipalType::Group))
                            .then(|| principal.clone()),
                    });
                }
                if principal == id {
                    seen.insert((account, set, principal));
                }
            }
        }
    }
    assert_eq!(seen, assignment_keys(&truth["account_assignments"]));
    assert_eq!(access, simulator.access(0));
    let pair = |row: &Map<String, Value>| (row["account_id"].clone(), row["permission_set_arn"].clone());
    let on_pairs: Vec<_> = truth["account_assignments"].iter().map(pair).collect();
    let pairs = truth["provisioned_permission_sets"].iter().map(pair);
    let unseen = pairs.filter(|pair| !on_pairs.contains(pair)).count();
    assert!(unseen > 0, "somebody deleted is alone on a pair");
    assert_eq!(simulator.sso_admin_calls(0).by_principals, simulator.calls().total() + unseen);
}

#[tokio::test]
async fn accounts_and_units_by_the_sdk_are_the_truth() {
    let simulator = start(Config::default());
    let (client, truth) = (client!(aws_sdk_organizations, simulator), simulator.truth(0));
    let accounts = collect!(client.list_accounts(), accounts);
    let expected = by_key(&truth["accounts"], "account_id");
    assert_eq!(accounts.len(), expected.len());
    for account in &accounts {
        let row = expected[account.id().unwrap()];
        assert_eq!(row["name"], text(account.name()));
        assert_eq!(row["joined_at"], time(account.joined_timestamp()));
        assert_eq!(row["entity_path"], text(account.paths().first().map(|path| path.trim_end_matches('/'))));
        #[allow(deprecated)]
        let status = account.status().map(|status| status.as_str());
        assert_eq!(row["state"], text(account.state().map(|state| state.as_str()).or(status)));
    }
    let roots = collect!(client.list_roots(), roots);
    let mut open = vec![roots[0].id().unwrap().to_owned()];
    let (mut units, mut placed, mut tags) = (0, 0, 0);
    while let Some(parent) = open.pop() {
        let below =
            collect!(client.list_organizational_units_for_parent().parent_id(&parent), organizational_units);
        units += below.len();
        open.extend(below.into_iter().filter_map(|unit| unit.id));
        let here = collect!(client.list_accounts_for_parent().parent_id(&parent), accounts);
        assert!(here.iter().all(|account| expected[account.id().unwrap()]["parent_id"] == *parent));
        placed += here.len();
        for id in here.iter().filter_map(|account| account.id()).chain([parent.as_str()]) {
            let found = client.list_tags_for_resource().resource_id(id).into_paginator().items();
            tags += found.send().try_collect().await.unwrap().len();
        }
    }
    assert_eq!((units, placed), (truth["organizational_units"].len(), accounts.len()));
    assert_eq!(
        tags,
        truth["tags"]
            .iter()
            .filter(|tag| ![
                "permission_set",
                "policy",
                "application",
                crate::model::Tag::INSTANCE,
                crate::model::Tag::TOKEN_ISSUER
            ]
            .iter()
            .any(|one| tag["resource_type"] == *one))
            .count()
    );
    let organization = client.describe_organization().send().await.unwrap().organization.unwrap();
    assert_eq!(organization.id(), Some(simulator.organization_id().as_str()));
}

fn path_of(simulator: &Simulator) -> String {
    let truth = simulator.rows(0, "roots", TruthOptions::default());
    format!("{}/{}", simulator.organization_id(), truth[0]["root_id"].as_str().unwrap())
}

#[tokio::test]
async fn an_access_report_job_lives_as_documented() {
    let simulator =
        start(Config { access_report_duration: std::time::Duration::from_millis(300), ..Config::default() });
    let client = client!(aws_sdk_iam, simulator);
    let root = path_of(&simulator);
    let generate = |path: &str| client.generate_organizations_access_report().entity_path(path).send();
    let job = generate(&root).await.unwrap().job_id.unwrap();
    assert_eq!(generate(&root).await.unwrap().job_id.unwrap(), job, "the same question, the same job");
    let refused = generate(&format!("{root}/ou-x")).await.unwrap_err();
    assert_eq!(refused.code(), Some("ReportGenerationLimitExceeded"));
    assert_eq!(refused.raw_response().unwrap().status().as_u16(), 409);
    let get = |marker: Option<String>| {
        client.get_organizations_access_report().job_id(&job).max_items(10).set_marker(marker).send()
    };
    let running = get(None).await.unwrap();
    assert_eq!(running.job_status().as_str(), "IN_PROGRESS");
    assert_eq!((running.access_details.is_none(), running.number_of_services_accessible), (true, None));
    let stranger = client!(aws_sdk_iam, simulator, "AKIAOTHER", "us-east-1");
    let stranger = stranger.get_organizations_access_report().job_id(&job).send().await.unwrap_err();
    assert_eq!(stranger.code(), Some("NoSuchEntity"));
    tokio::time::sleep(std::time::Duration::from_millis(350)).await;
    let truth = simulator.rows(0, "service_last_accessed", TruthOptions::default());
    let truth: Vec<_> = truth.iter().filter(|row| row["entity_type"] == "root").collect();
    let (mut rows, mut marker) = (Vec::new(), None);
    loop {
        let page = get(marker).await.unwrap();
        assert_eq!(page.number_of_services_accessible, Some(truth.len() as i32));
        rows.extend(page.access_details.unwrap_or_default());
        marker = page.marker;
        if marker.is_none() {
            break;
        }
    }
    assert_eq!(rows.len(), truth.len());
    for (row, truth) in rows.iter().zip(&truth) {
        assert_eq!(truth["service_namespace"], row.service_namespace());
        assert_eq!(truth["last_authenticated_at"], time(row.last_authenticated_time()));
        assert_eq!(truth["last_authenticated_region"], text(row.region()));
        assert_eq!(truth["last_authenticated_entity"], text(row.entity_path()));
    }
    assert!(rows.iter().any(|row| row.last_authenticated_time().is_none()));
    let slash = generate(&format!("{root}/")).await.unwrap().job_id.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(350)).await;
    let failed = client.get_organizations_access_report().job_id(slash).send().await.unwrap();
    assert_eq!(failed.job_status().as_str(), "FAILED");
    assert_eq!(failed.error_details().unwrap().code(), "INVALID_ORGANIZATIONS_ENTITY_PATH");
}

#[tokio::test]
async fn one_odd_thing_of_each_kind_is_there() {
    let simulator = start(Config::default());
    let truth = simulator.truth(0);
    let has = |resource: &str, test: &dyn Fn(&Map<String, Value>) -> bool| {
        assert!(truth[resource].iter().any(test), "{resource}");
    };
    let contains = |row: &Map<String, Value>, column: &str, text: &str| {
        row[column].as_str().is_some_and(|value| value.contains(text))
    };
    has("users", &|row| {
        row["display_name"].is_null() && row["emails"].is_null() && row["user_status"].is_null()
    });
    has("users", &|row| contains(row, "title", "\n"));
    has("users", &|row| contains(row, "display_name", "=cmd|"));
    has("users", &|row| row["user_status"] == "DISABLED");
    has("accounts", &|row| row["state"] == "CLOSED");
    has("accounts", &|row| contains(row, "name", "\""));
    has("groups", &|row| contains(row, "display_name", "\u{1f980}"));
    has("groups", &|row| {
        truth["group_memberships"].iter().all(|member| member["group_id"] != row["group_id"])
    });
    has("organizational_units", &|row| row["entity_path"].as_str().unwrap().split('/').count() == 7);
    has("tags", &|row| row["value"] == "");
    has("permission_set_policies", &|row| {
        row["kind"] == "permissions_boundary" && row["policy_name"].is_null()
    });
    has("permission_set_policies", &|row| row["kind"] == "permissions_boundary" && row["policy_path"] == "/");
    has("permission_set_policies", &|row| row["policy"] == "/team/TeamPolicy");
    let pairs = &truth["provisioned_permission_sets"];
    has("permission_sets", &|row| {
        pairs.iter().all(|pair| pair["permission_set_arn"] != row["permission_set_arn"])
    });
    has("provisioned_permission_sets", &|row| {
        row["provisioning_status"] == "LATEST_PERMISSION_SET_NOT_PROVISIONED"
    });
    let on = |assignment: &Map<String, Value>, pair: &Map<String, Value>| {
        ["account_id", "permission_set_arn"].iter().all(|column| assignment[*column] == pair[*column])
    };
    has("provisioned_permission_sets", &|pair| truth["account_assignments"].iter().all(|row| !on(row, pair)));
    for (kind, resource, column) in [("USER", "users", "user_id"), ("GROUP", "groups", "group_id")] {
        let living = by_key(&truth[resource], column);
        has("account_assignments", &|row| {
            row["principal_type"] == kind && !living.contains_key(row["principal_id"].as_str().unwrap())
        });
    }
}

#[tokio::test]
async fn a_very_small_organization_and_other_partitions_are_possible() {
    let size = Size {
        accounts: 0,
        organizational_units: 0,
        users: 0,
        groups: 0,
        memberships: 0,
        permission_sets: 0,
        pairs: 0,
        assignments: 0,
        applications: 0,
        services: 0,
    };
    let simulator = start(Config {
        size,
        partition: Partition::China,
        region: "cn-north-1".to_owned(),
        ..Config::default()
    });
    for day in 0..20 {
        let truth = simulator.truth(day);
        assert!(truth["accounts"].iter().all(|row| row["arn"].as_str().unwrap().starts_with("arn:aws-cn:")));
    }
    simulator.set_day(19);
    simulator.set_day(0);
    assert_eq!(simulator.day(), 0);
}

/// Run it by hand, with `--release` for realistic times: `cargo test --lib large_is_made_in_seconds -- --ignored`.
#[tokio::test]
#[ignore = "takes seconds and a gigabyte"]
async fn large_is_made_in_seconds() {
    let begun = std::time::Instant::now();
    let simulator = start(Config::large());
    println!("day 0 after {:?}", begun.elapsed());
    simulator.state.world().index();
    println!("indexed after {:?}", begun.elapsed());
    simulator.set_day(1);
    simulator.state.world().index();
    println!("day 1 after {:?}", begun.elapsed());
    let world = simulator.state.world();
    println!(
        "{} pairs, {} assignments, {} memberships",
        world.pairs.len(),
        world.pairs.values().map(|pair| pair.principals.len()).sum::<usize>(),
        world.members.iter().map(|members| members.len()).sum::<usize>()
    );
    let client = client!(aws_sdk_ssoadmin, simulator);
    let users = simulator.rows(1, "users", TruthOptions::default());
    let begun = std::time::Instant::now();
    for user in users.iter().take(500) {
        client
            .list_account_assignments_for_principal()
            .instance_arn(simulator.instance_arn())
            .principal_id(user["user_id"].as_str().unwrap())
            .principal_type(PrincipalType::User)
            .send()
            .await
            .unwrap();
    }
    println!("{:?} a call, the client's part included", begun.elapsed() / 500);
    let begun = std::time::Instant::now();
    for call in simulator.calls().all() {
        let signature =
            protocol::Signature::parse("Credential=AKIATEST/20260301/us-east-1/sso/aws4_request,", None);
        let target = Some("SWBExternalService.ListAccountAssignmentsForPrincipal");
        simulator.state.serve(target, signature, call.body.into()).await;
    }
    println!("{:?} a call, the server's part alone", begun.elapsed() / 500);
}
