//! The gaps of all snapshots, each read once, and the rows that they hide.

use std::collections::HashMap;
use std::rc::Rc;

use rusqlite::{Connection, OptionalExtension, ToSql, params_from_iter};

use super::gaps::{HidingGap, SnapshotGaps};
use super::implicit;
use crate::error::Result;
use crate::model::{ImplicitGap, ResourceSpec};
use crate::store::file::quoted;
use crate::store::record::{Record, text_of};
use crate::store::{GapKind, unreadable, versions_table};

/// The gaps of snapshots by resource, each read once.
pub(crate) struct GapIndex<'c> {
    connection: &'c Connection,
    read: HashMap<(i64, &'static str), Rc<SnapshotGaps>>,
    /// The implicit gaps of each snapshot and resource.
    listed_so: HashMap<(i64, &'static str), Vec<&'static ImplicitGap>>,
}

impl<'c> GapIndex<'c> {
    pub fn new(connection: &'c Connection) -> Self {
        Self { connection, read: HashMap::new(), listed_so: HashMap::new() }
    }

    /// Returns the gaps of the snapshot in the resource.
    pub fn unseen(&mut self, snapshot_id: i64, resource: &'static str) -> Result<Rc<SnapshotGaps>> {
        if let Some(unseen) = self.read.get(&(snapshot_id, resource)) {
            return Ok(Rc::clone(unseen));
        }
        let unseen = Rc::new(SnapshotGaps::read(self.connection, snapshot_id, resource)?);
        self.read.insert((snapshot_id, resource), Rc::clone(&unseen));
        Ok(unseen)
    }

    /// Returns the gaps of the snapshot that hide a row which it lacks and the compared snapshot has, the most
    /// informative first; empty if its absence was seen.
    pub fn hiding(
        &mut self,
        spec: &'static ResourceSpec,
        row: &Record,
        absent: i64,
        present: i64,
    ) -> Result<Vec<HidingGap>> {
        let unseen = self.unseen(absent, spec.name)?;
        let mut gaps: Vec<HidingGap> = unseen.over(row).cloned().collect();
        gaps.sort_by_key(|gap| GapKind::rank(&gap.kind));
        if gaps.is_empty() {
            gaps.extend(self.left_out(spec, row, absent, present)?);
        }
        if !gaps.is_empty() && self.was_closed_by(spec, row, absent)? {
            gaps.clear();
        }
        Ok(gaps)
    }

    /// Returns the gap of the snapshot that hides the row of this key, which it lacks; `None` if its absence was seen.
    pub fn hides(
        &mut self,
        spec: &'static ResourceSpec,
        key: &Record,
        snapshot_id: i64,
    ) -> Result<Option<HidingGap>> {
        match self.unseen(snapshot_id, spec.name)?.over(key).next() {
            Some(gap) if !self.was_closed_by(spec, key, snapshot_id)? => Ok(Some(gap.clone())),
            _ => Ok(None),
        }
    }

    /// Returns the scope of the row if the snapshot did not list it: no explicit gap records that.
    fn left_out(
        &mut self,
        spec: &'static ResourceSpec,
        row: &Record,
        absent: i64,
        present: i64,
    ) -> Result<Option<HidingGap>> {
        for gap in self.implicit_gaps(spec, absent)? {
            if absent > present && !gap.hides_ends {
                continue;
            }
            let value = |(place, column): (usize, &&str)| format!("?{} AS {}", place + 3, quoted(column));
            let values: Vec<String> = spec.key.iter().enumerate().map(value).collect();
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM snapshots AS s, (SELECT {}) AS v WHERE s.snapshot_id = ?1 AND {})",
                values.join(", "),
                implicit::hides(spec, gap, "?2")
            );
            let key: Vec<String> = spec.key.iter().map(|column| text_of(&row[*column])).collect();
            let mut parameters: Vec<&dyn ToSql> = vec![&absent, &present];
            parameters.extend(key.iter().map(|value| value as &dyn ToSql));
            let is_hidden: bool = self
                .connection
                .prepare_cached(&sql)
                .and_then(|mut statement| statement.query_row(parameters.as_slice(), |row| row.get(0)))
                .map_err(unreadable)?;
            if is_hidden {
                let scope = |column: &&str| ((*column).to_owned(), text_of(&row[*column]).into());
                return Ok(Some(HidingGap {
                    scope: gap.scope.iter().map(scope).collect(),
                    kind: "unavailable".to_owned(),
                    operation: None,
                    error_code: None,
                    message: Some(gap.message.to_owned()),
                    snapshot_id: absent,
                }));
            }
        }
        Ok(None)
    }

    /// Returns the implicit gaps that apply to the snapshot's way of listing the resource.
    fn implicit_gaps(
        &mut self,
        spec: &'static ResourceSpec,
        snapshot_id: i64,
    ) -> Result<Vec<&'static ImplicitGap>> {
        if spec.implicit_gaps.is_empty() {
            return Ok(Vec::new());
        }
        if let Some(known) = self.listed_so.get(&(snapshot_id, spec.name)) {
            return Ok(known.clone());
        }
        let mut listed_so = Vec::new();
        for gap in spec.implicit_gaps {
            let sql = format!(
                "SELECT EXISTS (SELECT 1 FROM snapshots AS s WHERE s.snapshot_id = ?1 AND {})",
                implicit::listed(gap)
            );
            let is_so = self.connection.query_row(&sql, [snapshot_id], |row| row.get(0));
            if is_so.map_err(unreadable)? {
                listed_so.push(gap);
            }
        }
        self.listed_so.insert((snapshot_id, spec.name), listed_so.clone());
        Ok(listed_so)
    }

    /// Returns the newest kept snapshot, not newer than `until`, without a gap over the row (or scope). A row was
    /// surely seen where its version began, so `began` ends the search: there, or in a pruned snapshot before.
    pub fn last_seen(
        &mut self,
        spec: &'static ResourceSpec,
        row: &Record,
        until: i64,
        began: Option<i64>,
    ) -> Result<Option<i64>> {
        let mut next = Some(until);
        while let Some(snapshot_id) = next {
            let kept: Option<i64> = self
                .connection
                .prepare_cached("SELECT max(snapshot_id) FROM snapshots WHERE snapshot_id <= ?1")
                .and_then(|mut statement| statement.query_row([snapshot_id], |row| row.get(0)))
                .map_err(unreadable)?;
            let Some(kept) = kept else { return Ok(None) };
            if began.is_some_and(|began| kept < began) {
                return Ok(None);
            }
            if !self.unseen(kept, spec.name)?.hides(row) {
                return Ok(Some(kept));
            }
            if began == Some(kept) {
                return Ok(Some(self.seen_before(spec, row, kept)?.unwrap_or(kept)));
            }
            next = kept.checked_sub(1);
        }
        Ok(None)
    }

    /// Returns the snapshot that last saw the row of a version that began in `began`, if `snapshot_id` only carried it.
    pub fn carried(
        &mut self,
        spec: &'static ResourceSpec,
        row: &Record,
        snapshot_id: i64,
        began: i64,
    ) -> Result<Option<i64>> {
        if !self.unseen(snapshot_id, spec.name)?.hides(row) {
            return Ok(None);
        }
        Ok(self.last_seen(spec, row, snapshot_id, Some(began))?.filter(|seen| *seen != snapshot_id))
    }

    /// Returns true if the file records the facts that pruning hides. An older file does not.
    pub fn knows_pruned(&self) -> Result<bool> {
        self.connection
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM pragma_table_info('pruned_beginnings'))")
            .and_then(|mut statement| statement.query_row([], |row| row.get(0)))
            .map_err(unreadable)
    }

    /// Returns the pruned snapshot that saw the row last, if the version that begins in `began` was only carried then.
    fn seen_before(&self, spec: &ResourceSpec, row: &Record, began: i64) -> Result<Option<i64>> {
        if !self.knows_pruned()? {
            return Ok(None);
        }
        let sql = format!(
            "SELECT last_seen FROM pruned_beginnings
             WHERE snapshot_id = CAST(?1 AS INTEGER) AND resource = '{}' AND key = {}",
            spec.name,
            json_key(spec)
        );
        let values = std::iter::once(began.to_string()).chain(spec.key.iter().map(|key| text_of(&row[*key])));
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| {
                statement.query_row(params_from_iter(values), |row| row.get(0)).optional()
            })
            .map_err(unreadable)
    }

    /// Returns true if the snapshot's own publish closed a version of the row's key, which needs evidence. If a pruned
    /// snapshot may have closed it, the file records which one did.
    fn was_closed_by(&self, spec: &ResourceSpec, row: &Record, snapshot_id: i64) -> Result<bool> {
        let key = spec.key;
        let equal: Vec<String> = key
            .iter()
            .enumerate()
            .map(|(index, column)| format!("{} = ?{}", quoted(column), index + 2))
            .collect();
        let written_down = match self.knows_pruned()? {
            true => format!(
                "(SELECT seen FROM pruned_endings WHERE snapshot_id = CAST(?1 AS INTEGER) AND resource = '{}'
                  AND key = {})",
                spec.name,
                json_key(spec)
            ),
            false => "NULL".to_owned(),
        };
        let sql = format!(
            "SELECT coalesce({written_down},
                 EXISTS (SELECT 1 FROM {} WHERE {} AND +valid_to = CAST(?1 AS INTEGER)))",
            quoted(&versions_table(spec.name)),
            equal.join(" AND ")
        );
        let mut values = vec![snapshot_id.to_string()];
        values.extend(key.iter().map(|column| text_of(&row[*column])));
        self.connection
            .prepare_cached(&sql)
            .and_then(|mut statement| statement.query_row(params_from_iter(values), |row| row.get(0)))
            .map_err(unreadable)
    }
}

/// Returns the key of a row as JSON, in SQL; the values are the parameters from the second on.
fn json_key(spec: &ResourceSpec) -> String {
    let member = |(index, column): (usize, &&str)| format!("'{column}', ?{}", index + 2);
    let members: Vec<_> = spec.key.iter().enumerate().map(member).collect();
    format!("json_object({})", members.join(", "))
}
