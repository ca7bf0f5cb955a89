//! Facts: rows that belong to one snapshot, beside the resources, whose rows live on from one snapshot to the next.

use serde::Serialize;
use serde_json::{Map, Value};

use super::{AccessReportJob, ColumnSpec, ExhaustedBudget, columns_of};

/// The declaration of a kind of facts: what a collection found out that holds for its snapshot alone, such as a request
/// that it made or an event of that time.
///
/// A fact is written into the table `name` with its `snapshot_id`, is never carried forward and goes with its snapshot.
/// Staging, publishing, the hash of a snapshot, copies, pruning and the data dictionary derive from the declaration; a
/// migration makes the table.
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
    /// What stays known of the facts of pruned snapshots; `None`: nothing does.
    pub remembered: Option<Remembered>,
}

/// The last fact of each key is kept when its snapshot is pruned, as a note of the first snapshot that stays after it.
#[derive(Debug, PartialEq, Eq)]
pub struct Remembered {
    /// The table of these notes, whose columns are `snapshot_id` and columns of the facts.
    pub table: &'static str,
    /// One sentence for the data dictionary.
    pub description: &'static str,
    /// The column and the value of the facts that are worth remembering.
    pub when: (&'static str, &'static str),
}

impl FactSpec {
    /// The tables with its facts: its own, and that of those remembered of pruned snapshots.
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
pub const FACTS: &[&FactSpec] = &[&AccessReportJob::SPEC, &ExhaustedBudget::SPEC];

/// One fact as a task stages it, with its type erased.
#[derive(Debug, Clone, PartialEq)]
pub struct FactRow {
    /// The name of its kind.
    pub facts: &'static str,
    /// Column to value; a missing column is NULL. Booleans are stored as 0 and 1.
    pub columns: Map<String, Value>,
}

impl FactRow {
    /// Erases the type of a fact.
    pub fn of<F: Fact>(fact: &F) -> Self {
        Self { facts: F::SPEC.name, columns: columns_of(fact) }
    }
}
