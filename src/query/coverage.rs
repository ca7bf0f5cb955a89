//! Which resources a statement reads, and whether the snapshot saw them completely.
//!
//! SQLite itself says what is read: EXPLAIN names the b-trees that the statement opens, after views are
//! flattened and joins that cannot matter are left out. So a view over six tables of which the statement
//! needs two is judged by the two.

use std::collections::{BTreeMap, BTreeSet};

use rusqlite::Connection;

use crate::error::{Error, Result};
use crate::model::RESOURCES;
use crate::store::{Census, Coverage, CoverageStatus};

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
    /// Its coverage; `None` where the snapshot knows nothing of the resource.
    pub coverage: Option<Coverage>,
}

impl std::fmt::Display for Incomplete {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let resource = self.resource;
        let Some(coverage) = &self.coverage else { return write!(f, "{resource} (not collected)") };
        let reason = coverage.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        match coverage.status {
            CoverageStatus::Complete => write!(f, "{resource} (complete)"),
            CoverageStatus::Partial if coverage.gaps == 1 => write!(f, "{resource} (partial, 1 gap)"),
            CoverageStatus::Partial => write!(f, "{resource} (partial, {} gaps)", coverage.gaps),
            CoverageStatus::NotCollected => write!(f, "{resource} (not collected{reason})"),
            CoverageStatus::Unavailable => write!(f, "{resource} (unavailable{reason})"),
        }
    }
}

/// Those of the resources that the snapshot did not see completely.
pub fn not_complete(
    census: &Census,
    snapshot_id: i64,
    resources: &BTreeSet<&'static str>,
) -> Result<Vec<Incomplete>> {
    let coverage = census.coverage(snapshot_id)?;
    let mut incomplete = Vec::new();
    for resource in resources {
        let coverage = coverage.iter().find(|coverage| coverage.resource == *resource);
        if coverage.is_none_or(|coverage| coverage.status != CoverageStatus::Complete) {
            incomplete.push(Incomplete { resource, coverage: coverage.cloned() });
        }
    }
    Ok(incomplete)
}
