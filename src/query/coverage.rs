//! Decides whether the snapshots behind an answer completely saw everything that a statement reads (see `reads`).
//!
//! A table is judged by its coverage in the answering snapshot, or in every snapshot of a range. If it is read through
//! a view that covers many snapshots, it is judged in each of those. If the coverage is limited, the result depends on
//! the rows that the statement asks for: the resource declares which answers are affected ([`LimitConcerns`]).

use std::collections::{BTreeMap, BTreeSet};

use super::reads::{Asked, Read, Reads};
use super::span::Span;
use super::unseen::{asks_for_unseen, asks_for_untaken};
use crate::amounts::{counted, plural};
use crate::error::Result;
use crate::model::{LimitConcerns, ResourceSpec, resource as resource_named};
use crate::store::{Census, Coverage, CoverageStatus, GapKind, Snapshot, Tells};

/// The coverage of everything that a statement reads.
#[derive(Debug)]
pub struct Judged {
    /// Every snapshot behind the answer, oldest first.
    pub snapshots: Vec<Snapshot>,
    /// The resources that some of them did not see completely.
    pub incomplete: Vec<Incomplete>,
}

/// A resource that a statement reads and that a snapshot did not see completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    /// The name of the resource, as in [`crate::model::RESOURCES`].
    pub resource: &'static str,
    /// The number of snapshots in which it was checked.
    of: usize,
    /// The reasons of the snapshots that did not see it completely; at least one.
    unseen: BTreeMap<i64, Unseen>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Unseen {
    why: Why,
    /// The number of listings that were denied or failed.
    gaps: i64,
    /// The extent of the part that was not requested, for a limited resource.
    limits: Option<String>,
    reason: Option<String>,
}

impl Unseen {
    /// Returns the reason for a report that was never requested.
    fn untaken() -> Self {
        let reason = "no such report was ever taken: collect --access-report-policies takes those by policy";
        Self { why: Why::Limited, gaps: 0, limits: None, reason: Some(reason.to_owned()) }
    }
}

/// The reason why a snapshot did not see a resource completely, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// AWS refused a listing.
    Denied,
    /// A listing failed permanently.
    Failed,
    /// The resource was not requested.
    NotCollected,
    /// The organization or the kind of credentials rules it out.
    Unavailable,
    /// Only parts of it were requested.
    Limited,
}

impl Why {
    const ALL: [Self; 5] = [Self::Denied, Self::Failed, Self::NotCollected, Self::Unavailable, Self::Limited];

    fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::NotCollected => "not collected",
            Self::Unavailable => "unavailable",
            Self::Limited => "limited",
        }
    }
}

impl Incomplete {
    /// Returns true if this is the only reason in all snapshots.
    pub fn is_only(&self, why: Why) -> bool {
        self.unseen.values().all(|one| one.why == why)
    }

    /// Returns the first snapshot that did not see it completely.
    pub fn first(&self) -> i64 {
        self.unseen.keys().next().copied().unwrap_or_default()
    }

    /// Returns `users was not completely seen in 3 of 12 snapshots (1 denied, 2 limited): ids 4, 7 to 8`.
    fn in_several(&self) -> String {
        let count = |why: Why| {
            let count = self.unseen.values().filter(|one| one.why == why).count();
            (count > 0).then(|| format!("{count} {}", why.word()))
        };
        let reasons: Vec<_> = Why::ALL.into_iter().filter_map(count).collect();
        let ids = ranges(self.unseen.keys().copied());
        let noun = plural(self.unseen.len(), "id", "ids");
        format!(
            "{} was not completely seen in {} of {} snapshots ({}): {noun} {ids}",
            self.resource,
            self.unseen.len(),
            self.of,
            reasons.join(", "),
        )
    }
}

/// Returns the lines about incomplete resources. For a single snapshot, one line lists all resources by reason
/// (`snapshot 3 does not completely cover users, groups (denied, 3 gaps); tags (not collected: --skip tags)`). For
/// several snapshots there is one line for each resource.
pub fn lines(incomplete: &[Incomplete]) -> Vec<String> {
    let (of_one, of_several): (Vec<_>, Vec<_>) = incomplete.iter().partition(|one| one.of == 1);
    let snapshots: BTreeSet<i64> = of_one.iter().map(|one| one.first()).collect();
    let one_each = snapshots.into_iter().map(|id| {
        let of_it = of_one.iter().filter_map(|one| Some((one.resource, one.unseen.get(&id)?)));
        format!("snapshot {id} does not completely cover {}", in_words(&of_it.collect::<Vec<_>>()))
    });
    one_each.chain(of_several.into_iter().map(Incomplete::in_several)).collect()
}

/// Returns the resources by reason: `users, groups (denied, 3 gaps); tags (not collected: --skip tags)`.
fn in_words(incomplete: &[(&str, &Unseen)]) -> String {
    let of = |why: Why| {
        let of: Vec<_> = incomplete.iter().filter(|(_, one)| one.why == why).collect();
        let names: Vec<_> = of.iter().map(|(resource, _)| *resource).collect();
        let detail = match why {
            Why::Denied | Why::Failed => {
                let gaps: i64 = of.iter().map(|(_, one)| one.gaps).sum();
                format!(", {}", counted(gaps, "gap"))
            }
            Why::NotCollected | Why::Unavailable | Why::Limited => {
                let limits: BTreeSet<_> = of.iter().filter_map(|(_, one)| one.limits.as_deref()).collect();
                let limits: String = limits.into_iter().flat_map(|limits| [", ", limits]).collect();
                let reasons: BTreeSet<_> = of.iter().filter_map(|(_, one)| one.reason.as_deref()).collect();
                reasons.into_iter().enumerate().fold(limits, |words, (index, reason)| {
                    words + if index == 0 { ": " } else { "; " } + reason
                })
            }
        };
        (!names.is_empty()).then(|| format!("{} ({}{detail})", names.join(", "), why.word()))
    };
    Why::ALL.into_iter().filter_map(of).collect::<Vec<_>>().join("; ")
}

/// Returns ranges of ids: `4, 7 to 9, 12`.
fn ranges(ids: impl Iterator<Item = i64>) -> String {
    let mut ranges: Vec<(i64, i64)> = Vec::new();
    for id in ids {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == id => *last = id,
            _ => ranges.push((id, id)),
        }
    }
    let words = |(first, last): &(i64, i64)| match last - first {
        0 => first.to_string(),
        1 => format!("{first}, {last}"),
        _ => format!("{first} to {last}"),
    };
    ranges.iter().map(words).collect::<Vec<_>>().join(", ")
}

/// Judges everything that a statement reads by every snapshot behind its answer.
pub fn judge(census: &Census, span: &Span, reads: &Reads) -> Result<Judged> {
    let kept = census.snapshots()?;
    let mut looked_at: BTreeSet<i64> = span.snapshots().iter().map(|one| one.snapshot_id).collect();
    let mut incomplete = Vec::new();
    let mut coverage = BTreeMap::new();
    for (resource, read) in reads {
        let snapshots = judged_by(&kept, span, read);
        let mut unseen = BTreeMap::new();
        for id in &snapshots {
            let whole = match coverage.entry(*id) {
                std::collections::btree_map::Entry::Occupied(read) => read.into_mut(),
                std::collections::btree_map::Entry::Vacant(new) => new.insert(census.coverage(*id)?),
            };
            if let Some(one) = unseen_of(census, *id, resource, whole, &read.asked)? {
                unseen.insert(*id, one);
            }
        }
        if !unseen.is_empty() {
            incomplete.push(Incomplete { resource, of: snapshots.len(), unseen });
        }
        looked_at.extend(snapshots);
    }
    let snapshots = kept.into_iter().filter(|one| looked_at.contains(&one.snapshot_id)).collect();
    Ok(Judged { snapshots, incomplete })
}

/// Returns the snapshots by which a resource is judged, given how it is read.
fn judged_by(kept: &[Snapshot], span: &Span, read: &Read) -> BTreeSet<i64> {
    let (from, to) = (span.from().snapshot_id, span.to().snapshot_id);
    let first = kept.first().map_or(from, |one| one.snapshot_id);
    let begins = |tells: &Tells| match tells {
        Tells::Answering => from,
        Tells::Each if span.is_range() => from,
        Tells::Each | Tells::UntilThen => first,
    };
    let from = read.tells.iter().map(begins).min().unwrap_or(from);
    let told = kept.iter().map(|one| one.snapshot_id).filter(|id| (from..=to).contains(id));
    match &read.snapshots {
        Some(named) => told.filter(|id| named.contains(id)).collect(),
        None => told.collect(),
    }
}

/// Returns the reason why the snapshot did not see the requested part of the resource; `None` if it did.
fn unseen_of(
    census: &Census,
    snapshot_id: i64,
    resource: &str,
    whole: &[Coverage],
    asked: &[Asked],
) -> Result<Option<Unseen>> {
    let coverage = whole.iter().find(|coverage| coverage.resource == *resource);
    let spec = resource_named(resource).expect("only resources are read");
    let why = match coverage.map(|coverage| coverage.status) {
        Some(CoverageStatus::Complete) => {
            return Ok(are_untaken(census, snapshot_id, spec, asked)?.then(Unseen::untaken));
        }
        Some(CoverageStatus::Limited) => {
            if !is_concerned(census, snapshot_id, spec, whole, asked)? {
                return Ok(are_untaken(census, snapshot_id, spec, asked)?.then(Unseen::untaken));
            }
            Why::Limited
        }
        Some(CoverageStatus::Partial) if is_denied(census, snapshot_id, resource)? => Why::Denied,
        Some(CoverageStatus::Partial) => Why::Failed,
        Some(CoverageStatus::Unavailable) => Why::Unavailable,
        Some(CoverageStatus::NotCollected) | None => {
            let has_reports = matches!(spec.limit, LimitConcerns::UntakenReports { .. });
            if has_reports && !is_concerned(census, snapshot_id, spec, whole, asked)? {
                return Ok(None);
            }
            Why::NotCollected
        }
    };
    let gaps = coverage.map_or(0, |coverage| coverage.gaps);
    let limits = coverage.and_then(Coverage::limits);
    let reason = coverage.and_then(|coverage| coverage.reason.clone());
    Ok(Some(Unseen { why, gaps, limits, reason }))
}

/// Returns true if the limited coverage of a resource affects a statement that asks for these rows.
fn is_concerned(
    census: &Census,
    snapshot_id: i64,
    spec: &ResourceSpec,
    coverage: &[Coverage],
    asked: &[Asked],
) -> Result<bool> {
    match spec.limit {
        LimitConcerns::UnseenScopes | LimitConcerns::UntakenReports { .. } => {
            for asked in asked {
                if asks_for_unseen(census.connection(), snapshot_id, spec, coverage, asked)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        // A statement that asks for no rows of deleted users and groups asks for nothing hidden.
        LimitConcerns::Deleted => Ok(!asked.is_empty()),
    }
}

/// Returns true if the statement asks by name for reports that were never taken.
fn are_untaken(census: &Census, snapshot_id: i64, spec: &ResourceSpec, asked: &[Asked]) -> Result<bool> {
    for asked in asked {
        if asks_for_untaken(census.connection(), snapshot_id, spec, asked)? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_denied(census: &Census, snapshot_id: i64, resource: &str) -> Result<bool> {
    let gaps = census.gaps(snapshot_id)?;
    Ok(gaps.iter().any(|gap| gap.resource == resource && gap.kind == GapKind::Denied))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unseen(why: Why, gaps: i64, reason: Option<&str>) -> Unseen {
        Unseen { why, gaps, limits: None, reason: reason.map(str::to_owned) }
    }

    #[test]
    fn what_was_not_seen_is_told_once_for_each_reason() {
        let one = |resource, why, gaps, reason: Option<&str>| Incomplete {
            resource,
            of: 1,
            unseen: BTreeMap::from([(3, unseen(why, gaps, reason))]),
        };
        let incomplete = [
            one("accounts", Why::NotCollected, 0, Some("left out")),
            one("users", Why::Denied, 1, None),
            one("groups", Why::NotCollected, 0, Some("left out")),
            one("group_memberships", Why::Denied, 2, Some("no")),
            one("roots", Why::Failed, 1, None),
        ];
        assert_eq!(
            lines(&incomplete),
            ["snapshot 3 does not completely cover users, group_memberships (denied, 3 gaps); \
              roots (failed, 1 gap); accounts, groups (not collected: left out)"]
        );
    }

    #[test]
    fn of_several_snapshots_each_reason_is_counted() {
        let of = |ids: &[(i64, Why)]| {
            let unseen = ids.iter().map(|(id, why)| (*id, unseen(*why, 1, None))).collect();
            lines(&[Incomplete { resource: "users", of: 12, unseen }]).concat()
        };
        assert_eq!(
            of(&[(4, Why::Limited), (7, Why::Denied), (9, Why::Limited)]),
            "users was not completely seen in 3 of 12 snapshots (1 denied, 2 limited): ids 4, 7, 9"
        );
        assert_eq!(
            of(&[1, 2, 5, 6, 7, 8].map(|id| (id, Why::NotCollected))),
            "users was not completely seen in 6 of 12 snapshots (6 not collected): ids 1, 2, 5 to 8"
        );
        assert_eq!(
            of(&[(2, Why::Failed)]),
            "users was not completely seen in 1 of 12 snapshots (1 failed): id 2"
        );
    }
}
