//! The published snapshots: what each is, what it covers and what it could not see.

/// Whether everything that was asked for was seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SnapshotStatus {
    Complete,
    Partial,
}

/// One row of `snapshots`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    pub snapshot_id: i64,
    /// RFC 3339, UTC.
    pub taken_at: String,
    /// RFC 3339, UTC.
    pub completed_at: String,
    pub status: SnapshotStatus,
    pub organization_id: Option<String>,
    pub instance_arn: Option<String>,
    pub identity_store_id: Option<String>,
    pub region: Option<String>,
    pub caller_arn: Option<String>,
    pub label: Option<String>,
    pub tool_version: String,
    pub api_calls: i64,
    pub throttled_calls: i64,
    pub assignment_strategy: Option<String>,
    pub suspect: Option<String>,
    pub collection_id: String,
}

/// How much of a resource a snapshot saw.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverageStatus {
    Complete,
    Partial,
    NotCollected,
    Unavailable,
}

/// One row of `coverage`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Coverage {
    pub resource: String,
    pub status: CoverageStatus,
    pub rows: i64,
    pub gaps: i64,
    pub reason: Option<String>,
}

/// Why a scope was not seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GapKind {
    /// AWS refused the call.
    Denied,
    /// The call failed for good.
    Failed,
    /// Nobody asked: a flag left it out, or a budget ended.
    NotAsked,
    /// The organization or the kind of credentials rules it out.
    Unavailable,
}

impl GapKind {
    /// The value of the column `kind`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Denied => "denied",
            Self::Failed => "failed",
            Self::NotAsked => "not_asked",
            Self::Unavailable => "unavailable",
        }
    }
}

/// One row of `gaps`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gap {
    pub resource: String,
    /// A JSON object of column to value.
    pub scope: String,
    pub kind: GapKind,
    pub operation: Option<String>,
    pub error_code: Option<String>,
    pub error_message: Option<String>,
    pub attempts: i64,
    pub request_id: Option<String>,
    pub observed_at: Option<String>,
}
