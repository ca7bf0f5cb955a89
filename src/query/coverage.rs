//! Which resources a statement reads, and whether the snapshot saw them completely.
//!
//! SQLite itself says what is read: EXPLAIN names the b-trees that the statement opens, after views are
//! flattened and joins that cannot matter are left out. So a view over six tables of which the statement
//! needs two is judged by the two.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use super::span::Span;
use crate::error::{Error, Result};
use crate::model::RESOURCES;
use crate::store::{Census, CoverageStatus, GapKind};

/// Which resource each b-tree of the database belongs to.
#[derive(Debug)]
pub struct ResourcePages(BTreeMap<i64, &'static str>);

impl ResourcePages {
    /// Reads them from the schema.
    pub fn read(connection: &Connection) -> Result<Self> {
        let read = || -> rusqlite::Result<BTreeMap<i64, &'static str>> {
            let mut pages = BTreeMap::new();
            let mut statement =
                connection.prepare("SELECT rootpage, tbl_name FROM main.sqlite_schema WHERE rootpage > 0")?;
            let mut rows = statement.query([])?;
            while let Some(row) = rows.next()? {
                let table: String = row.get(1)?;
                let resource = table.strip_suffix("_versions").unwrap_or_default();
                if let Some(spec) = RESOURCES.iter().find(|spec| spec.name == resource) {
                    pages.insert(row.get(0)?, spec.name);
                }
            }
            Ok(pages)
        };
        read().map(Self).map_err(|error| Error::failed("cannot read the schema").caused_by(error))
    }

    /// The resources that a statement reads. A statement that cannot be explained, such as one that is an
    /// EXPLAIN itself, reads none.
    pub fn read_by(&self, connection: &Connection, sql: &str) -> BTreeSet<&'static str> {
        let explain = || -> rusqlite::Result<BTreeSet<&'static str>> {
            let mut resources = BTreeSet::new();
            let mut statement = connection.prepare(&format!("EXPLAIN {sql}"))?;
            // Parameters stay unbound: the program is the same for every value.
            let mut rows = statement.raw_query();
            while let Some(row) = rows.next()? {
                let (opcode, page, database): (String, i64, i64) =
                    (row.get("opcode")?, row.get("p2")?, row.get("p3")?);
                // Database 0 is the census, 1 what is temporary.
                if opcode == "OpenRead" && database == 0 {
                    resources.extend(self.0.get(&page).copied());
                }
            }
            Ok(resources)
        };
        explain().unwrap_or_default()
    }
}

/// A resource that a statement reads and that the snapshot did not see completely.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incomplete {
    pub resource: &'static str,
    pub why: Why,
    /// How many listings were denied or failed.
    gaps: i64,
    reason: Option<String>,
}

/// What kept a snapshot from seeing a resource completely, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    Denied,
    Failed,
    NotCollected,
    Unavailable,
}

impl Why {
    const ALL: [Self; 4] = [Self::Denied, Self::Failed, Self::NotCollected, Self::Unavailable];

    fn word(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::NotCollected => "not collected",
            Self::Unavailable => "unavailable",
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
            Why::NotCollected | Why::Unavailable => {
                let reasons: BTreeSet<_> = of.iter().filter_map(|one| one.reason.as_deref()).collect();
                reasons.into_iter().enumerate().fold(String::new(), |words, (index, reason)| {
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
pub fn not_complete(
    census: &Census,
    span: &Span,
    resources: &BTreeSet<&'static str>,
) -> Result<(Vec<i64>, Vec<Incomplete>)> {
    let (mut snapshots, mut merged) = (Vec::new(), Vec::<Incomplete>::new());
    for snapshot in span.snapshots() {
        let incomplete = not_complete_in(census, snapshot.snapshot_id, resources)?;
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
            (self.why, self.reason) = (other.why, other.reason);
        }
    }
}

fn not_complete_in(
    census: &Census,
    snapshot_id: i64,
    resources: &BTreeSet<&'static str>,
) -> Result<Vec<Incomplete>> {
    let coverage = census.coverage(snapshot_id)?;
    let mut incomplete = Vec::new();
    for resource in resources.iter().copied() {
        let coverage = coverage.iter().find(|coverage| coverage.resource == resource);
        let why = match coverage.map(|coverage| coverage.status) {
            Some(CoverageStatus::Complete) => continue,
            Some(CoverageStatus::Partial) if is_denied(census, snapshot_id, resource)? => Why::Denied,
            Some(CoverageStatus::Partial) => Why::Failed,
            Some(CoverageStatus::Unavailable) => Why::Unavailable,
            Some(CoverageStatus::NotCollected) | None => Why::NotCollected,
        };
        let gaps = coverage.map_or(0, |coverage| coverage.gaps);
        let reason = coverage.and_then(|coverage| coverage.reason.clone());
        incomplete.push(Incomplete { resource, why, gaps, reason });
    }
    Ok(incomplete)
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
