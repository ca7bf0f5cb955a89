//! The manifest: which files an export has, with what is in each. It is written last, so that whoever believes it never
//! reads a half-written export.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::export::mask::{Mask, Privacy};
use crate::store::{Coverage, Identity};

/// The version of the layout and of the manifest. A change of either is a new number, and every file is written anew.
pub const VERSION: u32 = 1;

/// What `DIR/_orgcensus/manifest.json` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// See [`VERSION`].
    pub version: u32,
    /// The program's version.
    pub program: String,
    /// Whose export it is.
    pub owner: Owner,
    /// The options that its files depend on.
    pub options: BTreeMap<String, String>,
    /// The snapshots of which days were exported, oldest first.
    pub days: Vec<DayEntry>,
    /// The tables.
    pub tables: BTreeMap<String, TableEntry>,
}

/// Whose census an export is of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// `o-…`; `None` for an instance outside an organization.
    pub organization_id: Option<String>,
    /// ARN of the Identity Center instance; `None` where there is none.
    pub instance_arn: Option<String>,
}

impl Owner {
    /// The owner of a census, masked where there is a mask.
    pub fn of(identity: &Identity, mask: Option<&Mask>) -> Self {
        let shown = |id: &Option<String>| match (mask, id) {
            (Some(mask), Some(id)) => Some(mask.pseudonym(Privacy::Id, id)),
            _ => id.clone(),
        };
        Self {
            organization_id: shown(&identity.organization_id),
            instance_arn: shown(&identity.instance_arn),
        }
    }

    /// Whether an export of the one may be continued by the other: one may know more of itself than the other.
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |mine: &Option<String>, theirs: &Option<String>| {
            mine.is_none() || theirs.is_none() || mine == theirs
        };
        same(&self.organization_id, &other.organization_id) && same(&self.instance_arn, &other.instance_arn)
    }

    /// As an error names it.
    pub fn words(&self) -> String {
        match (&self.organization_id, &self.instance_arn) {
            (Some(organization), _) => format!("organization {organization}"),
            (None, Some(instance)) => format!("instance {instance}"),
            (None, None) => "no known organization".to_owned(),
        }
    }
}

/// A day, and the snapshot that answers for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayEntry {
    /// `YYYY-MM-DD`, UTC.
    pub snapshot_date: String,
    /// Number of the snapshot.
    pub snapshot_id: i64,
    /// RFC 3339, UTC.
    pub taken_at: String,
    /// RFC 3339, UTC.
    pub completed_at: String,
    /// `complete` or `partial`.
    pub status: String,
    /// What proves the snapshot; `None` in a census older than that.
    pub snapshot_hash: Option<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// One sentence.
    pub description: String,
    /// Its columns, in order.
    pub columns: Vec<ColumnEntry>,
    /// Its files, by their path below the folder.
    pub files: BTreeMap<String, FileEntry>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnEntry {
    /// Its name.
    pub name: String,
    /// `text`, `json`, `integer`, `boolean`, `time` or `date`.
    pub r#type: String,
    /// A fragment; empty where there is nothing to say.
    pub description: String,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Number of the snapshot that it is of; of a table over all snapshots, the newest.
    pub snapshot_id: i64,
    /// Number of rows.
    pub rows: u64,
    /// Number of bytes.
    pub bytes: u64,
    /// `sha256:…` of the bytes.
    pub sha256: String,
    /// Stands for all that the file is made from: the same again gives the same file.
    pub made_from: String,
    /// The resources behind its rows that the snapshot did not see completely: their rows may be missing, or of an earlier
    /// snapshot. Nothing of one that was not collected says that there is none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_complete: Vec<CoverageEntry>,
}

/// How much a snapshot saw of a resource, where that was not all of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageEntry {
    /// The resource.
    pub resource: String,
    /// `limited`, `partial`, `not_collected` or `unavailable`.
    pub status: String,
    /// Number of gaps of kind denied or failed.
    pub gaps: i64,
    /// Why, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl CoverageEntry {
    /// What the manifest says of a resource's coverage. A reason may name things, and is left out where they are masked.
    pub fn of(coverage: &Coverage, is_masked: bool) -> Self {
        Self {
            resource: coverage.resource.clone(),
            status: coverage.status.as_str().to_owned(),
            gaps: coverage.gaps,
            reason: coverage.reason.clone().filter(|_| !is_masked),
        }
    }
}
