//! Drives the simulator through the real SDK, and holds its answers against the truth.

use std::collections::{BTreeSet, HashMap};

use aws_credential_types::Credentials;
use aws_sdk_iam::error::ProvideErrorMetadata;
use aws_sdk_ssoadmin::types::PrincipalType;
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

/// All items of a listing whose paginator has no `items`.
macro_rules! collect {
    ($listing:expr, $list:ident) => {{
        let pages = $listing.into_paginator().send().try_collect().await.unwrap();
        pages.into_iter().flat_map(|page| page.$list.unwrap_or_default()).collect::<Vec<_>>()
    }};
}

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
        let accounts: Vec<String> = accounts.into_paginator().items().send().try_collect().await.unwrap();
        provisioned += accounts.len();
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
    assert_eq!(tags, truth["tags"].iter().filter(|tag| tag["resource_type"] != "permission_set").count());
    let organization = client.describe_organization().send().await.unwrap().organization.unwrap();
    assert_eq!(organization.id(), Some(simulator.organization_id().as_str()));
}
