//! Whether the answering snapshots saw completely what a statement reads: `reads` says what that is.
//!
//! A table is judged by its coverage. Where that is limited, it depends on what the statement asks for of it: the
//! resource declares which answers are concerned ([`LimitConcerns`]).

use std::collections::BTreeSet;

use super::reads::{Asked, Reads};
use super::span::Span;
use super::unseen::asks_for_unseen;
use crate::error::Result;
use crate::model::{LimitConcerns, ResourceSpec, resource as resource_named};
use crate::store::{Census, Coverage, CoverageStatus, GapKind};

/// A resource that a statement reads and that the snapshot did not see completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    pub resource: &'static str,
    pub why: Why,
    /// How many listings were denied or failed.
    gaps: i64,
    /// How much nobody asked for, of a limited resource.
    limits: Option<String>,
    reason: Option<String>,
}

/// What kept a snapshot from seeing a resource completely, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Denied,
    Failed,
    NotCollected,
    Unavailable,
    /// Only parts of it were asked for.
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

/// The resources by what kept them from being seen: `users, groups (denied, 3 gaps); tags (not collected:
/// --skip tags)`.
pub fn in_words(incomplete: &[Incomplete]) -> String {
    let of = |why: Why| {
        let of: Vec<_> = incomplete.iter().filter(|one| one.why == why).collect();
        let names: Vec<_> = of.iter().map(|one| one.resource).collect();
        let detail = match why {
            Why::Denied | Why::Failed => match of.iter().map(|one| one.gaps).sum() {
                1 => ", 1 gap".to_owned(),
                gaps => format!(", {gaps} gaps"),
            },
            Why::NotCollected | Why::Unavailable | Why::Limited => {
                let limits: String = of
                    .iter()
                    .filter_map(|one| one.limits.as_ref())
                    .map(|limits| format!(", {limits}"))
                    .collect();
                let reasons: BTreeSet<_> = of.iter().filter_map(|one| one.reason.as_deref()).collect();
                reasons.into_iter().enumerate().fold(limits, |words, (index, reason)| {
                    words + if index == 0 { ": " } else { "; " } + reason
                })
            }
        };
        (!names.is_empty()).then(|| format!("{} ({}{detail})", names.join(", "), why.word()))
    };
    Why::ALL.into_iter().filter_map(of).collect::<Vec<_>>().join("; ")
}

/// Which of the answering snapshots did not see all of the resources completely, and what of them, each
/// resource once with the worst that kept it from being seen.
pub fn not_complete(census: &Census, span: &Span, reads: &Reads) -> Result<(Vec<i64>, Vec<Incomplete>)> {
    let (mut snapshots, mut merged) = (Vec::new(), Vec::<Incomplete>::new());
    for snapshot in span.snapshots() {
        let incomplete = not_complete_in(census, snapshot.snapshot_id, reads)?;
        if !incomplete.is_empty() {
            snapshots.push(snapshot.snapshot_id);
        }
        for one in incomplete {
            match merged.iter_mut().find(|other| other.resource == one.resource) {
                Some(other) => other.add(one),
                None => merged.push(one),
            }
        }
    }
    merged.sort_by_key(|one| one.resource);
    Ok((snapshots, merged))
}

impl Incomplete {
    /// Joins what kept another snapshot from seeing the resource.
    fn add(&mut self, other: Self) {
        self.gaps += other.gaps;
        let place = |why: Why| Why::ALL.iter().position(|one| *one == why);
        if place(other.why) < place(self.why) {
            (self.why, self.limits, self.reason) = (other.why, other.limits, other.reason);
        }
    }
}

fn not_complete_in(census: &Census, snapshot_id: i64, reads: &Reads) -> Result<Vec<Incomplete>> {
    let whole = census.coverage(snapshot_id)?;
    let mut incomplete = Vec::new();
    for (resource, asked) in reads {
        let coverage = whole.iter().find(|coverage| coverage.resource == *resource);
        let why = match coverage.map(|coverage| coverage.status) {
            Some(CoverageStatus::Complete) => continue,
            Some(CoverageStatus::Limited) => {
                let spec = resource_named(resource).expect("only resources are read");
                if !is_concerned(census, snapshot_id, spec, &whole, asked)? {
                    continue;
                }
                Why::Limited
            }
            Some(CoverageStatus::Partial) if is_denied(census, snapshot_id, resource)? => Why::Denied,
            Some(CoverageStatus::Partial) => Why::Failed,
            Some(CoverageStatus::Unavailable) => Why::Unavailable,
            Some(CoverageStatus::NotCollected) | None => Why::NotCollected,
        };
        let gaps = coverage.map_or(0, |coverage| coverage.gaps);
        let limits = coverage.and_then(Coverage::limits);
        let reason = coverage.and_then(|coverage| coverage.reason.clone());
        incomplete.push(Incomplete { resource, why, gaps, limits, reason });
    }
    Ok(incomplete)
}

/// Whether the limited coverage of a resource concerns a statement that asks for this of it.
fn is_concerned(
    census: &Census,
    snapshot_id: i64,
    spec: &ResourceSpec,
    coverage: &[Coverage],
    asked: &[Asked],
) -> Result<bool> {
    match spec.limit {
        LimitConcerns::UnseenScopes => {
            for asked in asked {
                if asks_for_unseen(census.connection(), snapshot_id, spec, coverage, asked)? {
                    return Ok(true);
                }
            }
            Ok(false)
        }
        // What asks for nothing of those who were deleted asks for nothing that is hidden.
        LimitConcerns::Deleted => Ok(!asked.is_empty()),
    }
}

fn is_denied(census: &Census, snapshot_id: i64, resource: &str) -> Result<bool> {
    let gaps = census.gaps(snapshot_id)?;
    Ok(gaps.iter().any(|gap| gap.resource == resource && gap.kind == GapKind::Denied))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_not_seen_is_told_once_for_each_reason() {
        let one = |resource, why, gaps, reason: Option<&str>| Incomplete {
            resource,
            why,
            gaps,
            limits: None,
            reason: reason.map(str::to_owned),
        };
        let incomplete = [
            one("accounts", Why::NotCollected, 0, Some("left out")),
            one("users", Why::Denied, 1, None),
            one("groups", Why::NotCollected, 0, Some("left out")),
            one("group_memberships", Why::Denied, 2, Some("no")),
            one("roots", Why::Failed, 1, None),
        ];
        assert_eq!(
            in_words(&incomplete),
            "users, group_memberships (denied, 3 gaps); roots (failed, 1 gap); \
             accounts, groups (not collected: left out)"
        );
    }
}
