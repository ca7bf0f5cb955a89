//! What the snapshot saw of that which a page tells, and how a count is written where it did not see all of it.

use std::collections::{BTreeSet, HashSet};

use indicatif::HumanCount;
use serde_json::Value;

use crate::error::Result;
use crate::model::{DERIVED_VIEWS, Entity};
use crate::store::{Census, Coverage, CoverageStatus, Gap, Snapshot};

/// A page lists so many gaps, and counts the others.
pub const MOST_GAPS: usize = 1_000;

/// A count as far as it is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Count {
    /// All of it was seen.
    Exactly(u64),
    /// Something that counts may not have been seen.
    AtLeast(u64),
    /// Nothing of it was seen, because nobody asked or nobody may.
    NotCollected,
}

impl Count {
    /// The count in a page: `1,204`, `≥ 12`, `not collected`.
    pub fn words(self) -> String {
        match self {
            Self::Exactly(count) => grouped(count),
            Self::AtLeast(count) => format!("≥ {}", grouped(count)),
            Self::NotCollected => "not collected".to_owned(),
        }
    }
}

/// A number with commas between thousands.
pub fn grouped(number: u64) -> String {
    HumanCount(number).to_string()
}

/// `1 gap`, `2,000 gaps`.
pub fn number(count: usize, one: &str, many: &str) -> String {
    format!("{} {}", grouped(count as u64), if count == 1 { one } else { many })
}

/// `1 account`, `41 accounts`.
pub fn in_accounts(count: usize) -> String {
    number(count, "account", "accounts")
}

/// What a snapshot saw.
#[derive(Debug, Clone)]
pub struct Sight {
    /// Of each resource.
    pub coverage: Vec<Coverage>,
    /// What hides something of what a page tells, the first [`MOST_GAPS`].
    pub gaps: Vec<Gap>,
    /// How many there are.
    pub gap_count: usize,
    /// Whether the assignments of deleted users and groups were not all looked for.
    pub misses_orphans: bool,
}

impl Sight {
    /// Reads it.
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

    /// Whether all of these resources were seen completely.
    pub fn saw(&self, told: Told) -> bool {
        self.unseen(told).next().is_none()
    }

    /// Those of them that were not.
    pub fn unseen(&self, told: Told) -> impl Iterator<Item = &Coverage> {
        let names = told.resources();
        self.coverage
            .iter()
            .filter(move |one| names.contains(one.resource.as_str()))
            .filter(|one| one.status != CoverageStatus::Complete)
    }

    /// What a number counts, where it rests on these resources.
    pub fn count(&self, count: u64, told: Told) -> Count {
        let has_nothing = |one: &Coverage| {
            one.rows == 0 && matches!(one.status, CoverageStatus::NotCollected | CoverageStatus::Unavailable)
        };
        match self.saw(told) {
            true => Count::Exactly(count),
            false if count == 0 && self.unseen(told).any(has_nothing) => Count::NotCollected,
            false => Count::AtLeast(count),
        }
    }

    /// Whether a list of things of this kind has all of them.
    pub fn lists(&self, entity: Entity) -> bool {
        let resource = entity.spec().resource;
        self.coverage.iter().all(|one| one.resource != resource || one.status == CoverageStatus::Complete)
    }

    /// The permission sets of which a policy may not have been seen; `None` for all of them.
    pub fn unread_sets(&self) -> Option<HashSet<String>> {
        let names = Told::Tiers.resources();
        let access = Told::Access.resources();
        let is_of_policies = |name: &str| names.contains(name) && !access.contains(name);
        let mut found = HashSet::new();
        for one in self.coverage.iter().filter(|one| is_of_policies(&one.resource)) {
            if matches!(one.status, CoverageStatus::NotCollected | CoverageStatus::Unavailable) {
                // A text that was not read is unread in its own row; where no set's policies were listed, all are.
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

/// Whether a resource has a row for each policy of each permission set.
fn lists_policies_of_sets(resource: &str) -> bool {
    crate::model::resource(resource).is_some_and(|spec| spec.in_access == crate::model::AccessRole::Policy)
}

/// What of the census a part of a page tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// Who reaches what.
    Access,
    /// How far a permission set gets, and who reaches so far.
    Tiers,
    /// Which accounts are in which OU.
    Places,
    /// The tags of accounts.
    Tags,
}

impl Told {
    /// The resources that it rests on, by the declarations of the views.
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
        }
    }

    /// All that the first screen rests on.
    pub fn all() -> BTreeSet<&'static str> {
        [Self::Access, Self::Tiers, Self::Places].into_iter().flat_map(Self::resources).collect()
    }
}
