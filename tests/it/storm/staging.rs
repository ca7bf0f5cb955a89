//! The tasks that an unpublished collection has ended, for which a resumed run must not repeat any call.

use orgcensus::simulator::Call;
use rusqlite::{Connection, OpenFlags};
use serde_json::{Map, Value};

use crate::kill::PREFLIGHT;
use crate::world::{World, select};

/// An ended task whose kind is named after its operation.
#[derive(Debug)]
pub struct Ended {
    operation: String,
    /// The ids in its requests.
    ids: Vec<String>,
}

impl Ended {
    /// Returns true if the call belongs to the task.
    pub fn is_of(&self, call: &Call) -> bool {
        call.operation == self.operation
            && !PREFLIGHT.contains(&call.operation.as_str())
            && self.ids.iter().all(|id| call.body.contains(id.as_str()))
    }
}

/// Returns the ended tasks in the staging beside the census.
pub fn ended(world: &World) -> Vec<Ended> {
    let file = world.sandbox.path("orgcensus.db.collecting");
    if !file.exists() {
        return Vec::new();
    }
    let staging = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY).unwrap();
    // A run that was killed at its beginning may have created the file without tables.
    if select(&staging, "SELECT 1 FROM sqlite_master WHERE name = 'tasks'").is_empty() {
        return Vec::new();
    }
    select(&staging, "SELECT kind, body FROM tasks WHERE state <> 'open'")
        .iter()
        .map(|row| {
            let body: Map<String, Value> = serde_json::from_str(row["body"].as_str().unwrap()).unwrap();
            let ids = body.iter().filter(|(name, _)| {
                name.ends_with("_id") || name.ends_with("_arn") || *name == "policy_type"
            });
            Ended {
                operation: camel_case(row["kind"].as_str().unwrap()),
                ids: ids.filter_map(|(_, value)| Some(value.as_str()?.to_owned())).collect(),
            }
        })
        .collect()
}

/// Converts `list_users` to `ListUsers`.
fn camel_case(kind: &str) -> String {
    let capitalized = |word: &str| word[..1].to_uppercase() + &word[1..];
    kind.split('_').map(capitalized).collect()
}
