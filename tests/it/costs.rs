//! The cost of each group of resources: a formula over the numbers of items, compared with the simulator's call counts
//! and with the page that states the results (`docs/costs.md`).

use std::collections::BTreeMap;

use orgcensus::aws::{Operation, Service, quota_of};
use orgcensus::model::ResourceGroup;
use orgcensus::simulator::Config;

use crate::world::{World, small};

/// The numbers of items for which calls are made.
#[derive(Debug, Clone, Copy)]
struct Counts {
    accounts: usize,
    organizational_units: usize,
    users: usize,
    groups: usize,
    permission_sets: usize,
    pairs: usize,
    policies: usize,
    managed_policies: usize,
    applications: usize,
    /// The pages of access scopes after the first one of each application. A page has ten.
    later_scope_pages: usize,
    token_issuers: usize,
    delegated_accounts: usize,
    /// By kind: assignments created, assignments deleted, permission sets provisioned.
    failed_requests: [usize; 3],
}

/// The calls by operation.
type Calls = BTreeMap<Operation, usize>;

/// Returns the calls that a group adds, with assignments by pairs and without access reports. Each listing has one
/// page, except for listings of all items of a kind, and for the targets of the policy that is attached everywhere.
fn calls(group: ResourceGroup, counts: &Counts) -> Calls {
    use Operation::*;
    let Counts { accounts, organizational_units: units, permission_sets: sets, policies, .. } = *counts;
    let Counts { applications, managed_policies: managed, token_issuers: issuers, .. } = *counts;
    let pages = |items: usize, page: usize| items.div_ceil(page).max(1);
    // AWS's own policy is attached everywhere, and has no tags.
    let everywhere = pages(accounts + units + 1, 20) - 1;
    let found: Vec<(Operation, usize)> = match group {
        ResourceGroup::Organizations => vec![
            (DescribeOrganization, 1),
            (ListRoots, 1),
            (ListAccounts, pages(accounts, 20)),
            (ListOrganizationalUnitsForParent, units + 1),
            (ListTagsForResource, units + 1 + accounts),
            (ListDelegatedAdministrators, 1),
            (ListDelegatedServicesForAccount, counts.delegated_accounts),
            (ListAWSServiceAccessForOrganization, 1),
            (ListOrganizationsFeatures, 1),
        ],
        ResourceGroup::Policies => vec![
            // Fifteen types, of which one has nearly all policies.
            (ListPolicies, 14 + pages(policies, 20)),
            (DescribePolicy, policies),
            (ListTargetsForPolicy, policies + everywhere),
            (ListTagsForResource, policies - 1),
            (DescribeResourcePolicy, 1),
            (GetPolicy, managed),
            (GetPolicyVersion, managed),
        ],
        ResourceGroup::Identity => vec![
            (ListUsers, pages(counts.users, 100)),
            (ListGroups, pages(counts.groups, 100)),
            (ListGroupMemberships, counts.groups),
            (ListInstances, 1),
            (DescribeInstance, 1),
            (DescribeInstanceAccessControlAttributeConfiguration, 1),
            (ListTrustedTokenIssuers, 1),
            (DescribeTrustedTokenIssuer, issuers),
            (ListSsoAdminTags, 1 + issuers),
        ],
        ResourceGroup::PermissionSets => vec![
            (ListPermissionSets, pages(sets, 100)),
            (DescribePermissionSet, sets),
            (GetInlinePolicyForPermissionSet, sets),
            (GetPermissionsBoundaryForPermissionSet, sets),
            (ListManagedPoliciesInPermissionSet, sets),
            (ListCustomerManagedPolicyReferencesInPermissionSet, sets),
            (ListAccountsForProvisionedPermissionSet, 2 * sets),
            (ListSsoAdminTags, sets),
        ],
        ResourceGroup::Assignments => vec![
            (ListAccountAssignments, counts.pairs),
            (ListAccountAssignmentCreationStatus, 1),
            (ListAccountAssignmentDeletionStatus, 1),
            (ListPermissionSetProvisioningStatus, 1),
            (DescribeAccountAssignmentCreationStatus, counts.failed_requests[0]),
            (DescribeAccountAssignmentDeletionStatus, counts.failed_requests[1]),
            (DescribePermissionSetProvisioningStatus, counts.failed_requests[2]),
        ],
        ResourceGroup::Applications => vec![
            (ListApplications, pages(applications, 50)),
            (GetApplicationAssignmentConfiguration, applications),
            (ListApplicationAssignments, applications),
            (ListApplicationGrants, applications),
            (ListApplicationAccessScopes, applications + counts.later_scope_pages),
            (ListApplicationAuthenticationMethods, applications),
            (ListSsoAdminTags, applications),
        ],
        // Of the account of the credentials: users and roles are read once for each resource that they have rows of.
        ResourceGroup::Iam => vec![
            (GetAccountAuthorizationDetails, 7),
            (ListRoles, 1),
            // For the credentials and for their uses, and one look while the report is in progress.
            (GenerateCredentialReport, 2),
            (GetCredentialReport, 3),
        ],
        ResourceGroup::AccessReport => Vec::new(),
    };
    found.into_iter().collect()
}

/// Returns the seconds that calls take at AWS's quotas: the time of the slowest quota, because all are used
/// concurrently.
fn seconds(calls: &Calls) -> f64 {
    let mut of_quota: BTreeMap<(Service, Option<Operation>), usize> = BTreeMap::new();
    for (operation, calls) in calls {
        let service = operation.service();
        let own = quota_of(service).per_operation.then_some(*operation);
        *of_quota.entry((service, own)).or_default() += calls;
    }
    of_quota
        .iter()
        .map(|((service, _), calls)| *calls as f64 / quota_of(*service).per_second)
        .fold(0.0, f64::max)
}

/// The first calls of every collection.
const FIRST: [Operation; 3] =
    [Operation::GetCallerIdentity, Operation::DescribeOrganization, Operation::ListInstances];

/// Returns the calls of a whole collection, by the formula.
fn all(counts: &Counts) -> Calls {
    let mut all = Calls::new();
    let of_groups = ResourceGroup::ALL.into_iter().flat_map(|group| calls(group, counts));
    for (operation, calls) in of_groups.chain(FIRST.map(|operation| (operation, 1))) {
        *all.entry(operation).or_default() += calls;
    }
    all.retain(|_, calls| *calls > 0);
    all
}

/// Returns the calls that the simulator counted.
fn counted(world: &World) -> Calls {
    let mut counted = Calls::new();
    for call in world.simulator.calls().all() {
        let name = format!("{:?}", call.service);
        let is_it = |operation: &&Operation| {
            format!("{:?}", operation.service()) == name && operation.name() == call.operation
        };
        let operation = Operation::ALL.iter().find(is_it).unwrap_or_else(|| panic!("{}", call.operation));
        *counted.entry(*operation).or_default() += 1;
    }
    counted
}

/// Returns the numbers of items in a census.
fn counts(world: &World) -> Counts {
    let number = |of: &str| usize::try_from(world.number(&format!("SELECT count(*) FROM {of}"))).unwrap();
    let failed =
        |kind: &str| number(&format!("assignment_requests WHERE status = 'FAILED' AND kind = '{kind}'"));
    Counts {
        accounts: number("accounts"),
        organizational_units: number("organizational_units"),
        users: number("users"),
        groups: number("groups"),
        permission_sets: number("permission_sets"),
        pairs: number("provisioned_permission_sets"),
        policies: number("organization_policies"),
        managed_policies: number("managed_policies"),
        applications: number("applications"),
        later_scope_pages: number(
            "(SELECT application_arn, count(*) AS scopes FROM application_access_scopes GROUP BY 1) AS a
             JOIN json_each('[10, 20, 30, 40]') AS full ON a.scopes > full.value",
        ),
        token_issuers: number("trusted_token_issuers"),
        delegated_accounts: number("delegated_administrator_accounts"),
        failed_requests: ["assignment_creation", "assignment_deletion", "permission_set_provisioning"]
            .map(failed),
    }
}

#[test]
fn the_formula_counts_what_the_simulator_counts() {
    for (policies, applications) in [(0, 9), (45, 60)] {
        let mut config = Config { more_policies: policies, short_pages: None, empty_pages: false, ..small() };
        config.size.applications = applications;
        let world = World::of(config);
        let ran = world.collect(&["--assignments", "pairs", "--access-report", "none"]);
        assert_eq!(ran.exit, Some(0), "{}", ran.all());
        assert_eq!(counted(&world), all(&counts(&world)), "{policies} policies, {applications} applications");
    }
}

/// The two organizations on the page.
const STATED: [(&str, Counts); 2] = [
    (
        "100 accounts",
        Counts {
            accounts: 100,
            organizational_units: 24,
            users: 400,
            groups: 60,
            permission_sets: 40,
            pairs: 1_200,
            policies: 50,
            managed_policies: 20,
            applications: 40,
            later_scope_pages: 0,
            token_issuers: 1,
            delegated_accounts: 2,
            failed_requests: [0; 3],
        },
    ),
    (
        "5,000 accounts",
        Counts {
            accounts: 5_000,
            organizational_units: 400,
            users: 50_000,
            groups: 3_000,
            permission_sets: 500,
            pairs: 100_000,
            policies: 1_000,
            managed_policies: 60,
            applications: 2_000,
            later_scope_pages: 0,
            token_issuers: 3,
            delegated_accounts: 5,
            failed_requests: [0; 3],
        },
    ),
];

fn with_commas(number: usize) -> String {
    let digits = number.to_string();
    let parts: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|part| std::str::from_utf8(part).unwrap()).collect();
    parts.join(",")
}

#[test]
fn the_page_states_what_the_formula_gives() {
    let mut table = String::new();
    for group in ResourceGroup::ALL.into_iter().filter(|group| *group != ResourceGroup::AccessReport) {
        table.push_str(&format!("| `{}`", group.as_str()));
        for (_, counts) in &STATED {
            let calls = calls(group, counts);
            let seconds = seconds(&calls).ceil() as usize;
            let sum = with_commas(calls.values().sum());
            table.push_str(&format!(" | {sum} | {}", with_commas(seconds)));
        }
        table.push_str(" |\n");
    }
    let page = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/costs.md")).unwrap();
    assert!(page.contains(&table), "docs/costs.md lacks\n{table}");
    for (name, Counts { policies, applications, pairs, permission_sets, .. }) in &STATED {
        for (number, noun) in [
            (policies, "policies"),
            (applications, "applications"),
            (pairs, "pairs"),
            (permission_sets, "permission sets"),
        ] {
            let said = format!("{} {noun}", with_commas(*number));
            let lines: Vec<&str> =
                page.lines().filter(|line| line.starts_with(&format!("- {name}"))).collect();
            assert!(
                lines.iter().any(|line| line.contains(&said)),
                "docs/costs.md does not say of {name}: {said}"
            );
        }
    }
}

#[test]
fn a_thousand_policies_cost_what_the_formula_says() {
    let mut config = Config { more_policies: 1_000, short_pages: None, empty_pages: false, ..small() };
    config.size.applications = 2_000;
    let world = World::of(config);
    let ran =
        world.collect(&["--assignments", "pairs", "--access-report", "none", "--applications-budget", "10m"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    let counts = counts(&world);
    assert!(counts.policies > 1_000 && counts.applications > 1_500, "{counts:?}");
    assert_eq!(counted(&world), all(&counts));
    world.simulator.set_day(1);
    let ran = world.collect(&["--only", "@policies,@permission-sets", "--quiet"]);
    assert_eq!(ran.exit, Some(0), "{}", ran.all());
    // How long that takes is measured by `benches/groups.rs`.
    let sql = "SELECT count(*) FROM policy_statements WHERE effect = 'Deny'";
    for at in ["1", "2"] {
        let ran = world.run(&["query", sql, "--at", at, "--raw"]);
        let found: usize = ran.data().trim().parse().unwrap();
        assert!(found > 1_000, "{found}");
    }
}
