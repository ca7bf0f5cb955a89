//! The manifest: the files of an export, with the content of each. It is written last, so that a reader who follows it
//! never reads a half-written export.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::export::mask::{Mask, Privacy};
use crate::store::{Coverage, Identity};

/// The version of the layout and of the manifest. Every change of either raises it, and then all files are written
/// again.
pub const VERSION: u32 = 1;

/// The content of `DIR/_orgcensus/manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// See [`VERSION`].
    pub version: u32,
    /// The program's version.
    pub program: String,
    /// The owner of the export.
    pub owner: Owner,
    /// The options that the export's files depend on.
    pub options: BTreeMap<String, String>,
    /// The exported days, oldest first.
    pub days: Vec<DayEntry>,
    /// The tables, by name.
    pub tables: BTreeMap<String, TableEntry>,
}

/// The organization or instance whose census was exported.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Owner {
    /// The organization id, `o-…`; `None` for an instance outside an organization.
    pub organization_id: Option<String>,
    /// ARN of the Identity Center instance; `None` if there is none.
    pub instance_arn: Option<String>,
}

impl Owner {
    /// Returns the owner of a census, masked if there is a mask.
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

    /// Decides whether one owner may continue an export of the other. An id that either does not know is no difference.
    pub fn is_same(&self, other: &Self) -> bool {
        let same = |mine: &Option<String>, theirs: &Option<String>| {
            mine.is_none() || theirs.is_none() || mine == theirs
        };
        same(&self.organization_id, &other.organization_id) && same(&self.instance_arn, &other.instance_arn)
    }

    /// Returns the owner in the words of an error.
    pub fn words(&self) -> String {
        match (&self.organization_id, &self.instance_arn) {
            (Some(organization), _) => format!("organization {organization}"),
            (None, Some(instance)) => format!("instance {instance}"),
            (None, None) => "no known organization".to_owned(),
        }
    }
}

/// A day and its answering snapshot.
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
    /// The hash that proves the snapshot; `None` in a census that predates the hashes.
    pub snapshot_hash: Option<String>,
}

/// A table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableEntry {
    /// The description of the table, in one sentence.
    pub description: String,
    /// The columns, in order.
    pub columns: Vec<ColumnEntry>,
    /// The files, by their path below the folder.
    pub files: BTreeMap<String, FileEntry>,
}

/// A column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnEntry {
    /// The column's name.
    pub name: String,
    /// `text`, `json`, `integer`, `boolean`, `time` or `date`.
    pub r#type: String,
    /// A fragment without a full stop; empty if there is no description.
    pub description: String,
}

/// A file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Number of the snapshot of the file; for a table over all snapshots, the newest.
    pub snapshot_id: i64,
    /// Number of rows.
    pub rows: u64,
    /// Number of bytes.
    pub bytes: u64,
    /// `sha256:…` of the bytes.
    pub sha256: String,
    /// A digest of the file's inputs. Equal inputs give an equal file.
    pub made_from: String,
    /// The resources behind the rows that the snapshot did not see completely. Their rows may be missing, or come from
    /// an earlier snapshot. A resource that was not collected is unknown, not empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub not_complete: Vec<CoverageEntry>,
}

/// The coverage of a resource that a snapshot did not see completely.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CoverageEntry {
    /// The resource's name.
    pub resource: String,
    /// `limited`, `partial`, `not_collected` or `unavailable`.
    pub status: String,
    /// Number of gaps of kind denied or failed.
    pub gaps: i64,
    /// The reason, in words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl CoverageEntry {
    /// Returns the entry for a resource's coverage. The reason may contain names, so a masked export leaves it out.
    pub fn of(coverage: &Coverage, is_masked: bool) -> Self {
        Self {
            resource: coverage.resource.clone(),
            status: coverage.status.as_str().to_owned(),
            gaps: coverage.gaps,
            reason: coverage.reason.clone().filter(|_| !is_masked),
        }
    }
}
