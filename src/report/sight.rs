//! The coverage of the snapshot for a page, and the form of a count that is not completely known.

use std::collections::{BTreeSet, HashSet};

use serde_json::Value;

use crate::amounts::{counted_grouped, grouped};
use crate::error::Result;
use crate::model::{DERIVED_VIEWS, Entity, IamRole, IamRoleActivity, Resource};
use crate::store::{Census, Coverage, CoverageStatus, Gap, Snapshot};

/// The maximum number of gaps that a page lists. Further gaps are only counted.
pub const MOST_GAPS: usize = 1_000;

/// A count, as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// Everything was seen.
    Exactly(u64),
    /// Something that counts may not have been seen.
    AtLeast(u64),
    /// Nothing was seen, because it was not collected or access was denied.
    NotCollected,
}

impl Count {
    /// Returns the count as a page writes it: `1,204`, `≥ 12`, `not collected`.
    pub fn words(self) -> String {
        match self {
            Self::Exactly(count) => grouped(count),
            Self::AtLeast(count) => format!("≥ {}", grouped(count)),
            Self::NotCollected => "not collected".to_owned(),
        }
    }
}

/// Returns a count of accounts: `1 account`, `41 accounts`.
pub fn in_accounts(count: usize) -> String {
    counted_grouped(count, "account", "accounts")
}

/// The coverage of a snapshot.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The coverage of each resource.
    pub coverage: Vec<Coverage>,
    /// The gaps that may hide data of a page, the first [`MOST_GAPS`].
    pub gaps: Vec<Gap>,
    /// The number of all such gaps.
    pub gap_count: usize,
    /// True if the search for assignments of deleted users and groups was incomplete.
    pub misses_orphans: bool,
}

impl Sight {
    /// Reads the coverage of the snapshot.
    pub fn read(census: &Census, snapshot: &Snapshot) -> Result<Self> {
        let mut gaps = census.gaps(snapshot.snapshot_id)?;
        let told = Told::all();
        gaps.retain(|gap| told.contains(gap.resource.as_str()));
        let gap_count = gaps.len();
        gaps.truncate(MOST_GAPS);
        Ok(Self {
            coverage: census.coverage(snapshot.snapshot_id)?,
            gaps,
            gap_count,
            misses_orphans: snapshot.assignment_strategy.as_deref() == Some("principals"),
        })
    }

    /// Returns true if all resources behind this part were seen completely.
    pub fn saw(&self, told: Told) -> bool {
        self.unseen(told).next().is_none()
    }

    /// Returns the resources behind this part that were not seen completely.
    pub fn unseen(&self, told: Told) -> impl Iterator<Item = &Coverage> {
        let names = told.resources();
        self.coverage
            .iter()
            .filter(move |one| names.contains(one.resource.as_str()))
            .filter(|one| one.status != CoverageStatus::Complete)
    }

    /// Returns a count that depends on the resources behind this part, as far as it is known.
    pub fn count(&self, count: u64, told: Told) -> Count {
        match self.saw(told) {
            true => Count::Exactly(count),
            false if count == 0 && self.unseen(told).any(was_never_seen) => Count::NotCollected,
            false => Count::AtLeast(count),
        }
    }

    /// Returns true if all entities of this kind were listed.
    pub fn lists(&self, entity: Entity) -> bool {
        let resource = entity.spec().resource;
        self.coverage.iter().all(|one| one.resource != resource || one.status == CoverageStatus::Complete)
    }

    /// Returns the permission sets with policies that may not have been seen; `None` for all permission sets.
    pub fn unread_sets(&self) -> Option<HashSet<String>> {
        let names = Told::Tiers.resources();
        let access = Told::Access.resources();
        let is_of_policies = |name: &str| names.contains(name) && !access.contains(name);
        let mut found = HashSet::new();
        for one in self.coverage.iter().filter(|one| is_of_policies(&one.resource)) {
            if matches!(one.status, CoverageStatus::NotCollected | CoverageStatus::Unavailable) {
                // A policy text that was not read is marked in its own row. If no policies of sets were listed, all
                // sets are affected.
                if one.rows == 0 && lists_policies_of_sets(&one.resource) {
                    return None;
                }
            }
        }
        for gap in self.gaps.iter().filter(|gap| lists_policies_of_sets(&gap.resource)) {
            let scope: Value = serde_json::from_str(&gap.scope).unwrap_or_default();
            found.insert(scope[Entity::PermissionSet.spec().id].as_str()?.to_owned());
        }
        match self.gap_count > self.gaps.len() {
            true => None,
            false => Some(found),
        }
    }
}

/// Returns true if nothing of a resource was ever seen, because it was not requested or not permitted.
pub fn was_never_seen(one: &Coverage) -> bool {
    one.rows == 0 && matches!(one.status, CoverageStatus::NotCollected | CoverageStatus::Unavailable)
}

/// Returns true if the resource has a row for each policy of each permission set.
fn lists_policies_of_sets(resource: &str) -> bool {
    crate::model::resource(resource).is_some_and(|spec| spec.in_access == crate::model::AccessRole::Policy)
}

/// A part of a page, by the data behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// The access of people.
    Access,
    /// The tiers of permission sets, and the people of each tier.
    Tiers,
    /// The OUs of accounts.
    Places,
    /// The tags of accounts.
    Tags,
    /// The roles of accounts, and their uses.
    Roles,
}

impl Told {
    /// Returns the resources behind this part, from the declarations of the views.
    pub fn resources(self) -> BTreeSet<&'static str> {
        let of_view = |name: &str| {
            let view = DERIVED_VIEWS.iter().find(|view| view.name == name);
            view.into_iter().flat_map(|view| view.resources()).map(|spec| spec.name)
        };
        match self {
            Self::Access => of_view("effective_access").collect(),
            Self::Tiers => of_view("effective_access").chain(of_view("privileged_permission_sets")).collect(),
            Self::Places => of_view("organization_tree").collect(),
            Self::Tags => BTreeSet::from([crate::model::TAGS]),
            Self::Roles => BTreeSet::from([IamRole::SPEC.name, IamRoleActivity::SPEC.name]),
        }
    }

    /// Returns the resources behind the first screen.
    pub fn all() -> BTreeSet<&'static str> {
        [Self::Access, Self::Tiers, Self::Places].into_iter().flat_map(Self::resources).collect()
    }
}
