//! The smallest number of sso-admin calls, as its listings are documented, to compare with a plan of calls.

use serde::{Deserialize, Serialize};

use crate::model::RequestKind;
use crate::simulator::organization::{Application, PrincipalKind, World};

/// The sso-admin calls that a complete collection needs. Each page of a listing is one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SsoAdminCalls {
    /// The calls for any strategy: ListInstances, ListPermissionSets, and for each set its description, inline policy,
    /// boundary, both lists of policies, tags, and its accounts twice (all of them, and those that are not at the
    /// latest version).
    pub common: usize,
    /// The calls for the instance: another listing and its description, its tags, its attributes for access control,
    /// and the token issuers, each with a description and tags. Also the requests of each kind, with a description of
    /// each failed one.
    pub instance: usize,
    /// ListApplications, and for each application the requirement of an assignment, and its assignments.
    pub applications: usize,
    /// For each application its grants, access scopes, authentication methods and tags, within a time budget.
    pub details: usize,
    /// ListAccountAssignments for every provisioned pair of account and permission set.
    pub by_pairs: usize,
    /// ListAccountAssignmentsForPrincipal for every existing user and group, whose answers repeat a group's rows for
    /// each of its members, and ListAccountAssignments for the pairs without any of them.
    pub by_principals: usize,
}

impl SsoAdminCalls {
    /// Returns the total for the cheaper strategy.
    pub fn fewest(&self) -> usize {
        self.common + self.instance + self.applications + self.details + self.by_pairs.min(self.by_principals)
    }
}

/// Counts the calls from the world.
pub(in crate::simulator) fn sso_admin_calls(world: &World) -> SsoAdminCalls {
    let index = world.index();
    let page = world.config.short_pages.unwrap_or(100).clamp(1, 100);
    let pages = |rows: usize| rows.div_ceil(page).max(1);
    let granted = |kind, position| index.grants.get(&(kind, position)).map_or(0, Vec::len);

    let of_sets = index.living_sets.iter().map(|&position| {
        let set = &world.sets[position as usize];
        let accounts = &index.accounts_of_set[position as usize];
        let outdated = accounts.iter().filter(|(_, latest)| !latest).count();
        let listings =
            [set.aws_managed.len(), set.customer_managed.len(), set.tags.len(), outdated, accounts.len()];
        3 + listings.into_iter().map(pages).sum::<usize>()
    });
    let of_groups = index.living_groups.iter().map(|&group| pages(granted(PrincipalKind::Group, group)));
    let of_users = index.living_users.iter().map(|&user| {
        let groups = index.groups_of[user as usize].iter();
        let groups = groups.filter(|_| world.config.repeats_groups);
        let by_groups: usize = groups.map(|&(group, _)| granted(PrincipalKind::Group, group)).sum();
        pages(granted(PrincipalKind::User, user) + by_groups)
    });
    let (mut by_pairs, mut unseen) = (0, 0);
    for (_, pair) in world.pairs.iter().filter(|((set, _), _)| world.sets[*set as usize].exists) {
        let calls = pages(pair.principals.len());
        by_pairs += calls;
        if !pair.principals.iter().any(|&(kind, position)| world.principal_exists(kind, position)) {
            unseen += calls;
        }
    }
    let issuers = world.issuers().len();
    let of_requests = RequestKind::ALL.map(|kind| {
        let requests = world.requests(kind);
        pages(requests.len()) + requests.iter().filter(|request| request.failure_reason.is_some()).count()
    });
    let applications = world.applications();
    let scopes = |one: &Application| one.scopes.len().div_ceil(page.min(10)).max(1);
    let of_details = |one: &Application| pages(one.grants.len()) + scopes(one) + 1 + pages(one.tags.len());
    SsoAdminCalls {
        instance: 4 + pages(issuers) + 2 * issuers + of_requests.iter().sum::<usize>(),
        applications: applications.len().div_ceil(page.min(50)).max(1)
            + applications.iter().map(|one| 1 + pages(one.principals.len())).sum::<usize>(),
        details: applications.iter().map(of_details).sum(),
        common: 1 + pages(index.living_sets.len()) + of_sets.sum::<usize>(),
        by_pairs,
        by_principals: of_groups.sum::<usize>() + of_users.sum::<usize>() + unseen,
    }
}
