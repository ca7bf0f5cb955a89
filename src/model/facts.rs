//! Facts: rows that belong to one snapshot, unlike resources, whose rows continue from one snapshot to the next.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{AccessReportJob, ColumnSpec, ExhaustedBudget, IamCredentialReport, columns_of};

/// The declaration of a kind of facts: findings of a collection that hold for its snapshot alone, such as a request
/// that it made or an event of that time.
///
/// A fact is written into the table `name` with its `snapshot_id`. It is never carried forward, and it is deleted with
/// its snapshot. Staging, publishing, the hash of a snapshot, copies, pruning and the data dictionary derive from the
/// declaration. A migration creates the table.
#[derive(Debug, PartialEq, Eq)]
pub struct FactSpec {
    /// The table's name as users write it.
    pub name: &'static str,
    /// One sentence for the data dictionary.
    pub description: &'static str,
    /// The columns, in the order of the table, after its `snapshot_id`.
    pub columns: &'static [ColumnSpec],
    /// The columns that identify a fact within a snapshot.
    pub key: &'static [&'static str],
    /// The facts that are remembered after their snapshots are pruned; `None` if no facts are.
    pub remembered: Option<Remembered>,
}

/// Facts that outlive their snapshots. When a snapshot is pruned, the last fact of each key is kept as a note of the
/// first remaining snapshot after it.
#[derive(Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The table of these notes, whose columns are `snapshot_id` and columns of the facts.
    pub table: &'static str,
    /// One sentence for the data dictionary.
    pub description: &'static str,
    /// The column and the value that select the facts to remember.
    pub when: (&'static str, &'static str),
}

impl FactSpec {
    /// Returns the tables with these facts: the table of the kind, and the table of facts remembered from pruned
    /// snapshots.
    pub fn tables(&self) -> impl Iterator<Item = &'static str> {
        [self.name].into_iter().chain(self.remembered.as_ref().map(|remembered| remembered.table))
    }
}

/// A struct that is one fact.
pub trait Fact: Serialize {
    /// The declaration of its kind.
    const SPEC: FactSpec;
}

/// Every kind of facts, the oldest first.
pub const FACTS: &[&FactSpec] = &[&AccessReportJob::SPEC, &ExhaustedBudget::SPEC, &IamCredentialReport::SPEC];

/// One fact as a task stages it, without its type.
#[derive(Debug, Clone, PartialEq)]
pub struct FactRow {
    /// The name of its kind.
    pub facts: &'static str,
    /// Column to value; a missing column is NULL. Booleans are stored as 0 and 1.
    pub columns: Map<String, Value>,
}

impl FactRow {
    /// Converts a fact to a row.
    pub fn of<F: Fact>(fact: &F) -> Self {
        Self { facts: F::SPEC.name, columns: columns_of(fact) }
    }
}
