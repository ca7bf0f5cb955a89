//! The ids that an OU, a tag or privilege stands for: those in either snapshot, because an account that moved out of an
//! OU or lost a tag matters as much as one that moved in.

use std::collections::HashSet;

use rusqlite::{Connection, Params};

use super::{Subject, SubjectKind};
use crate::document::privileges::Levels;
use crate::error::Result;
use crate::model::Entity;
use crate::store::{privileged_on, unreadable};

impl Subject {
    /// Returns the OUs, all OUs beneath them, and their accounts.
    pub fn in_ous(connection: &Connection, snapshots: [i64; 2], ous: &HashSet<String>) -> Result<Self> {
        let sql = "
            WITH RECURSIVE units (id) AS (
                SELECT ?2 UNION SELECT ou_id FROM organizational_units JOIN units ON parent_id = units.id)
            SELECT id FROM units
            UNION
            SELECT account_id FROM accounts
            WHERE parent_id IN (SELECT id FROM units)
               OR instr('/' || entity_path || '/', '/' || ?2 || '/') > 0";
        let mut ids = HashSet::new();
        for snapshot_id in snapshots {
            for ou in ous {
                ids.extend(on(connection, &["organizational_units", "accounts"], sql, (snapshot_id, ou))?);
            }
        }
        Ok(Self { kind: SubjectKind::Entity(Entity::Ou), ids })
    }

    /// Returns the accounts and permission sets with the tag.
    pub fn tagged(connection: &Connection, snapshots: [i64; 2], key: &str, value: &str) -> Result<Self> {
        let sql = "SELECT resource_id FROM tags
                   WHERE key = ?2 AND value = ?3 AND resource_type IN ('account', 'permission_set')";
        let mut ids = HashSet::new();
        for snapshot_id in snapshots {
            ids.extend(on(connection, &["tags"], sql, (snapshot_id, key, value))?);
        }
        Ok(Self { kind: SubjectKind::Tagged, ids })
    }

    /// Returns the permission sets that are privileged in either snapshot, at these levels.
    pub fn privileged(connection: &Connection, snapshots: [i64; 2], levels: Levels) -> Result<Self> {
        let mut ids = HashSet::new();
        for snapshot_id in snapshots {
            ids.extend(privileged_on(connection, snapshot_id, levels)?);
        }
        Ok(Self { kind: SubjectKind::Privileged, ids })
    }
}

/// Returns the result of a statement in a snapshot, which is `?1`. The named resources replace the views of the same
/// names.
fn on(
    connection: &Connection,
    resources: &[&str],
    sql: &str,
    parameters: impl Params,
) -> Result<Vec<String>> {
    let alive: Vec<String> = resources
        .iter()
        .map(|name| {
            format!(
                "{name} AS (SELECT * FROM {name}_versions
                            WHERE valid_from <= ?1 AND (valid_to IS NULL OR valid_to > ?1))"
            )
        })
        .collect();
    let sql = format!("WITH {} SELECT * FROM ({sql})", alive.join(", "));
    connection
        .prepare_cached(&sql)
        .and_then(|mut statement| statement.query_map(parameters, |row| row.get(0))?.collect())
        .map_err(unreadable)
}
