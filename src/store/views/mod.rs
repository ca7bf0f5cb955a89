//! The SQL of the views: `<name>`, `<name>_history`, `<name>_by_snapshot`, `<name>_changes` and the derived ones, for
//! the latest snapshot, as of a snapshot, or over a range.
//!
//! Every text is derived from the version tables' own columns and from [`crate::model::DERIVED_VIEWS`]; no resource is
//! named here. The permanent views answer for the latest snapshot; `reader` shadows all of them by TEMP views to answer
//! for another one, because SQLite resolves a view's tables in the view's own schema.

mod changes;
pub(super) mod kept;
mod label;
mod selected;
mod tells;

use std::collections::BTreeSet;

use rusqlite::Connection;

use super::columns::{Column, columns, declared_columns, resource_columns, versions_table};
use super::documents;
use super::file::{Doing, literal, quoted};
use super::schema::{self, portable};
use super::visibility::sql::{covers, hidden, key_of, seen_all_the_same, seen_before, unseen};
use crate::error::Result;
use crate::model::{DERIVED_VIEWS, DerivedView, FACTS, FactSpec, OverRange, RESOURCES, ResourceSpec};

pub(super) use changes::CHANGES;
use selected::{document_ids, lasting, list};
pub use tells::{Tells, shows_every_resource, tells};

/// The view with the one snapshot that all views answer for.
pub(super) const ANSWERING_SNAPSHOT: &str = "answering_snapshot";

/// The view with every snapshot that views over several snapshots cover. `select` is its beginning; the condition on
/// the snapshots is added.
pub(super) const SNAPSHOT_DATES: DerivedView = DerivedView {
    name: "snapshot_dates",
    description: "The snapshots with their dates, for charts: those until the answering one, or those of the range asked for.",
    select: "SELECT
    s.snapshot_id, -- the snapshot
    s.taken_at, -- time of its first call, UTC
    s.completed_at, -- time of its last call, UTC
    CAST(substr(s.completed_at, 1, 10) AS TEXT) AS date, -- the day on which it was completed, UTC
    CAST(NOT EXISTS (SELECT 1 FROM snapshots AS l WHERE l.snapshot_id > s.snapshot_id
        AND substr(l.completed_at, 1, 10) = substr(s.completed_at, 1, 10)) AS INTEGER) AS is_last_of_day, -- 1 for the last one of its day: a chart by day counts those only
    CAST(s.snapshot_id > (SELECT min(f.snapshot_id) FROM snapshots AS f) AS INTEGER) AS has_before -- 0 for the first one: nothing can have changed since
FROM snapshots AS s
WHERE ",
    over_range: OverRange::Same,
    ..DerivedView::PLAIN
};

/// The view with every row that the answering snapshot only carried forward. `select` is its beginning; the rest is
/// made from the tables of all resources.
pub(super) const STALE_ROWS: DerivedView = DerivedView {
    name: "stale_rows",
    description: "Every row of the answering snapshot that a gap hid: it is carried forward from an earlier one.",
    select: "-- A row of a listing that broke off may have been seen just the same: only its gap is known.
SELECT
    r.resource, -- name of the resource
    r.key, -- the row's key, a JSON object of column to value
    r.last_seen_at, -- when it was last seen, UTC
    r.gap -- what hid it, a JSON object of scope, kind, operation and error_code
FROM (",
    ..DerivedView::PLAIN
};

/// The snapshot or snapshots that the views answer for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answering {
    /// The newest snapshot when a statement runs.
    Latest,
    /// The snapshot with this id.
    AsOf(i64),
    /// Every snapshot from the first to the second: the rows alive in any of them, with their bounds as of the last.
    During { from: i64, to: i64 },
}

/// The suffix of the missing table that a view without an answer over a range selects from, so that SQLite's error
/// names the view.
pub(super) const OVER_A_RANGE: &str = " over a range";

impl Answering {
    /// Returns the SELECT of a derived view, whose text for one snapshot is `select`.
    fn derived(self, view: &DerivedView, select: &str) -> String {
        match (self, view.over_range) {
            (Self::During { from, .. }, OverRange::Marked(select)) => during(select, from),
            (Self::During { .. }, OverRange::Nothing) => {
                format!("SELECT * FROM {}", quoted(&format!("{}{OVER_A_RANGE}", view.name)))
            }
            _ => select.trim_end().to_owned(),
        }
    }

    /// Returns the condition that changes at the snapshot `t` belong to the answer.
    pub(super) fn changes(self) -> String {
        match self {
            Self::Latest => "1".to_owned(),
            Self::AsOf(snapshot_id) => format!("t.snapshot_id <= {snapshot_id}"),
            Self::During { from, to } => format!("t.snapshot_id > {from} AND t.snapshot_id <= {to}"),
        }
    }
}

/// Returns SQL with its comments `-- during: …` turned into SQL.
fn during(sql: &str, from: i64) -> String {
    sql.replace("-- during: ", "").replace("{from}", &from.to_string())
}

/// The parts of a file that older files lack.
#[derive(Debug, Clone, Copy)]
struct File {
    /// True if the file has the tables of pruning notes.
    knows_pruned: bool,
    /// True if the file has the hashes of documents, by the current rules.
    hashes_documents: bool,
}

impl File {
    fn of(connection: &Connection) -> Result<Self> {
        Ok(Self {
            knows_pruned: !columns(connection, "main", "pruned_beginnings")?.is_empty(),
            hashes_documents: documents::are_hashed(connection)?,
        })
    }
}

/// A view's name and its SELECT.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct View {
    pub name: String,
    pub select: String,
}

impl View {
    /// Returns the statement as `sqlite_master` stores it.
    fn create(&self) -> String {
        format!("CREATE VIEW {} AS\n{}", quoted(&self.name), self.select)
    }
}

/// Returns the SELECT that replaces a missing table of facts.
fn no_facts(spec: &FactSpec) -> String {
    let columns: String =
        spec.columns.iter().map(|column| format!(", NULL AS {}", quoted(column.name))).collect();
    format!("SELECT NULL AS snapshot_id{columns} WHERE 0")
}

/// Returns the view that replaces the missing versions of a resource.
fn no_versions(spec: &ResourceSpec) -> View {
    let derived = spec.documents.iter().map(|held| held.hash_column);
    let columns = spec.columns.iter().map(|column| column.name).chain(derived);
    let columns: String = columns.map(|column| format!("NULL AS {}, ", quoted(column))).collect();
    View {
        name: versions_table(spec.name),
        // Each row of a table has a rowid, which views use.
        select: format!("SELECT {columns}NULL AS valid_from, NULL AS valid_to, NULL AS rowid WHERE 0"),
    }
}

/// Returns every view, each after those that it names. An older file is readable too: its missing tables are empty, and
/// no coverage says that they were seen.
pub(super) fn all(connection: &Connection, answering: Answering) -> Result<Vec<View>> {
    let mut views = vec![
        View { name: ANSWERING_SNAPSHOT.to_owned(), select: answering_snapshot(answering) },
        View { name: SNAPSHOT_DATES.name.to_owned(), select: snapshot_dates(answering) },
    ];
    for spec in FACTS {
        // Queries name these tables, and a file of an older version may lack them.
        for table in spec.tables() {
            if columns(connection, "main", table)?.is_empty() {
                views.push(View { name: table.to_owned(), select: no_facts(spec) });
            }
        }
    }
    let mut resources = Vec::with_capacity(RESOURCES.len());
    for spec in RESOURCES {
        let mut columns = resource_columns(connection, spec.name)?;
        if columns.is_empty() {
            views.push(no_versions(spec));
            columns = declared_columns(spec);
        }
        resources.push((*spec, columns));
    }
    let (mut stale, mut changed) = (Vec::new(), Vec::new());
    let file = File::of(connection)?;
    for (spec, columns) in resources {
        stale.push(stale_rows(spec, &columns, answering, file));
        if spec.not_compared.is_none() {
            changed.push(changes::of_all(spec));
        }
        let view = |suffix: &str, select| View { name: format!("{}{suffix}", spec.name), select };
        views.push(view("", current(spec, &columns, answering, file)));
        views.push(view("_history", history(spec, &columns, answering, file)));
        views.push(view("_by_snapshot", by_snapshot(spec, &columns, answering)));
        views.push(view("_changes", changes::of_resource(spec, &columns, answering, file)));
    }
    let derived = |view: &DerivedView, select: &str| View {
        name: view.name.to_owned(),
        select: answering.derived(view, select),
    };
    for view in DERIVED_VIEWS {
        views.push(match kept::stored(connection, view, answering)? {
            Some(select) => View { name: view.name.to_owned(), select },
            None => derived(view, view.select),
        });
    }
    for (view, alias, parts) in [(CHANGES, "c", changed), (STALE_ROWS, "r", stale)] {
        let select = format!("{}\n{}\n) AS {alias}", view.select, parts.join("\nUNION ALL\n"));
        views.push(derived(&view, &select));
    }
    Ok(views)
}

/// Returns the `<name>_changes` of these resources, if the file has their tables.
pub(super) fn changes_of(
    connection: &Connection,
    resources: &[&'static ResourceSpec],
    answering: Answering,
) -> Result<Vec<(&'static ResourceSpec, View)>> {
    let file = File::of(connection)?;
    let mut views = Vec::new();
    for spec in resources {
        let columns = resource_columns(connection, spec.name)?;
        if !columns.is_empty() {
            let select = changes::of_resource(spec, &columns, answering, file);
            views.push((*spec, View { name: format!("{}_changes", spec.name), select }));
        }
    }
    Ok(views)
}

/// Makes the permanent views those of this program, in one transaction; does not write if they are current.
pub(super) fn make_permanent(connection: &mut Connection) -> Result<()> {
    let wanted = all(connection, Answering::Latest)?;
    let present = present(connection).doing("read the views")?;
    let stale =
        |view: &&(String, String)| !wanted.iter().any(|one| one.name == view.0 && one.create() == view.1);
    let missing = |view: &&View| !present.iter().any(|one| one.0 == view.name && one.1 == view.create());
    let drop = present.iter().filter(stale).map(|(name, _)| format!("DROP VIEW {};\n", quoted(name)));
    let create = wanted.iter().filter(missing).map(|view| format!("{};\n", view.create()));
    let script: String = drop.chain(create).collect();
    if script.is_empty() {
        return Ok(());
    }
    let mut write = || {
        let transaction = connection.transaction()?;
        transaction.execute_batch(&script)?;
        transaction.commit()
    };
    write().doing("make the views")
}

/// Returns true if the permanent views are those of this program; in a copy, those that it writes for other readers.
pub(super) fn permanent_are_current(connection: &Connection) -> Result<bool> {
    let wanted = all(connection, Answering::Latest)?;
    let present = present(connection).doing("read the views")?;
    let is_copy = portable::is_copy(connection)?;
    let text = |view: &View| if is_copy { portable::sql(&view.create()) } else { view.create() };
    Ok(wanted.iter().all(|view| present.iter().any(|one| one.0 == view.name && one.1 == text(view))))
}

/// Shadows every view by a TEMP view with this answer. Leaves out a derived view if an older file lacks one of its
/// tables, because SQLite then cannot report its columns. A file of this version lacks none.
pub(super) fn shadow(connection: &Connection, answering: Answering) -> Result<()> {
    let views = all(connection, answering)?;
    let is_current = schema::is_current(connection)?;
    let make = || -> rusqlite::Result<()> {
        for view in &views {
            let name = quoted(&view.name);
            connection.execute_batch(&format!(
                "DROP VIEW IF EXISTS temp.{name}; CREATE TEMP VIEW {name} AS\n{}",
                view.select
            ))?;
        }
        for view in views.iter().filter(|view| !is_current && !view.select.contains(OVER_A_RANGE)) {
            let name = quoted(&view.name);
            if connection.prepare(&format!("PRAGMA temp.table_info({name})")).is_err() {
                connection.execute_batch(&format!("DROP VIEW temp.{name}"))?;
            }
        }
        Ok(())
    };
    make().doing("make the views for the snapshot")
}

fn present(connection: &Connection) -> rusqlite::Result<Vec<(String, String)>> {
    connection
        .prepare("SELECT name, sql FROM main.sqlite_master WHERE type = 'view' ORDER BY rowid")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

fn answering_snapshot(answering: Answering) -> String {
    let snapshot = match answering {
        Answering::Latest => "(SELECT max(snapshot_id) FROM snapshots)".to_owned(),
        Answering::AsOf(snapshot_id) | Answering::During { to: snapshot_id, .. } => snapshot_id.to_string(),
    };
    format!("SELECT * FROM snapshots WHERE snapshot_id = {snapshot}")
}

fn snapshot_dates(answering: Answering) -> String {
    let told = match answering {
        Answering::Latest => "1".to_owned(),
        Answering::AsOf(snapshot_id) => format!("s.snapshot_id <= {snapshot_id}"),
        Answering::During { from, to } => format!("s.snapshot_id BETWEEN {from} AND {to}"),
    };
    format!("{}{told}", SNAPSHOT_DATES.select)
}

/// Runs `work` while the view, and the views that it names, answer as of a snapshot.
pub(super) fn with_view_at<T>(
    connection: &Connection,
    view: &str,
    snapshot_id: i64,
    work: impl FnOnce() -> rusqlite::Result<T>,
) -> Result<T> {
    let mut needed = BTreeSet::from([view.to_owned()]);
    let mut views = all(connection, Answering::AsOf(snapshot_id))?;
    views.reverse();
    views.retain(|one| {
        let is_needed = needed.contains(&one.name);
        if is_needed {
            let words = one.select.split(|it: char| !it.is_alphanumeric() && it != '_');
            needed.extend(words.map(str::to_owned));
        }
        is_needed
    });
    let drop: String =
        views.iter().map(|view| format!("DROP VIEW IF EXISTS temp.{};\n", quoted(&view.name))).collect();
    let create: String = views
        .iter()
        .rev()
        .map(|view| format!("CREATE TEMP VIEW {} AS\n{};\n", quoted(&view.name), view.select))
        .collect();
    let done = connection.execute_batch(&format!("{drop}{create}")).and_then(|()| work());
    let dropped = connection.execute_batch(&drop);
    let done = done.doing(&format!("read {view} of snapshot {snapshot_id}"))?;
    dropped.doing(&format!("clean up after {view}"))?;
    Ok(done)
}

/// Returns the SELECT of the rows alive; over a range, of every version alive in it, with its bounds.
fn current(spec: &ResourceSpec, columns: &[Column], answering: Answering, file: File) -> String {
    if let Answering::During { from, .. } = answering {
        return format!(
            "{} AND (v.valid_to IS NULL OR v.valid_to > {from})",
            history(spec, columns, answering, file)
        );
    }
    let (table, alive) = (quoted(&versions_table(spec.name)), alive(answering));
    let columns = match answering {
        Answering::Latest => list(columns),
        Answering::AsOf(_) | Answering::During { .. } => lasting(spec, columns),
    };
    let ids = document_ids(spec);
    format!("SELECT {columns}{ids} FROM {table} AS v WHERE {alive}")
}

/// Returns the condition that the version `v` is alive. The plus keeps SQLite from walking the index of beginnings for
/// `valid_from <= s`, which is true of nearly every version.
fn alive(answering: Answering) -> String {
    match answering {
        Answering::Latest => "v.valid_to IS NULL".to_owned(),
        Answering::AsOf(s) | Answering::During { to: s, .. } => {
            format!("+v.valid_from <= {s} AND (v.valid_to IS NULL OR v.valid_to > {s})")
        }
    }
}

/// Returns the SELECT of every version that began by the answering snapshot. A version that ended later still holds, so
/// `valid_to IS NULL` means alive at the answering snapshot; for the latest it is also the condition of the index of
/// open versions. If a wrong clock put the times of two snapshots out of order, the first one's time does not limit the
/// beginning of a row. The casts give `not_before` and `first_seen_at` the affinity of a column, without which SQLite
/// would materialize derived views.
fn history(spec: &ResourceSpec, columns: &[Column], answering: Answering, file: File) -> String {
    let (valid_to, end, began) = match answering {
        Answering::Latest => {
            ("v.valid_to".to_owned(), "coalesce(v.valid_to, 9223372036854775807)".to_owned(), String::new())
        }
        Answering::AsOf(s) | Answering::During { to: s, .. } => {
            let valid_to = format!("CASE WHEN v.valid_to <= {s} THEN v.valid_to END");
            let end = format!("coalesce({valid_to}, {})", s.saturating_add(1));
            (valid_to, end, format!(" WHERE +v.valid_from <= {s}"))
        }
    };
    let seen_before = seen_before(spec, file.knows_pruned);
    let last_seen = last_seen(&end, &hidden(spec.name, columns), &seen_before);
    format!(
        "SELECT {columns}{ids}, v.valid_from, {valid_to} AS valid_to,
    CAST((SELECT CASE WHEN s.completed_at <= (SELECT t.taken_at FROM snapshots AS t WHERE t.snapshot_id = v.valid_from)
            THEN s.taken_at END
     FROM snapshots AS s WHERE s.snapshot_id < v.valid_from AND NOT {unseen}
     ORDER BY s.snapshot_id DESC LIMIT 1) AS TEXT) AS not_before,
    CAST(coalesce({seen_before},
        (SELECT s.completed_at FROM snapshots AS s WHERE s.snapshot_id = v.valid_from)) AS TEXT) AS first_seen_at,
    {last_seen} AS last_seen_at,
    (SELECT s.completed_at FROM snapshots AS s WHERE s.snapshot_id = {valid_to}) AS gone_at
FROM {table} AS v{began}",
        columns = lasting(spec, columns),
        ids = document_ids(spec),
        unseen = unseen(spec, columns, file.knows_pruned),
        table = quoted(&versions_table(spec.name)),
    )
}

/// Returns the SELECT of one row per snapshot and row alive in it.
fn by_snapshot(spec: &ResourceSpec, columns: &[Column], answering: Answering) -> String {
    let until = match answering {
        Answering::Latest => String::new(),
        Answering::AsOf(snapshot_id) => format!(" WHERE s.snapshot_id <= {snapshot_id}"),
        Answering::During { from, to } => format!(" WHERE s.snapshot_id BETWEEN {from} AND {to}"),
    };
    format!(
        "SELECT s.snapshot_id, s.taken_at, {}{}
FROM snapshots AS s
JOIN {} AS v ON v.valid_from <= s.snapshot_id AND (v.valid_to IS NULL OR v.valid_to > s.snapshot_id){until}",
        lasting(spec, columns),
        document_ids(spec),
        quoted(&versions_table(spec.name)),
    )
}

/// Returns the SQL of the time when the version `v`, which ends at the snapshot `end`, was last seen: in the newest
/// snapshot in which no gap hid it. It was surely seen in the snapshot in which it began, or in a pruned one.
fn last_seen(end: &str, hidden: &str, seen_before: &str) -> String {
    format!(
        "coalesce((SELECT s.completed_at FROM snapshots AS s
              WHERE s.snapshot_id >= v.valid_from AND s.snapshot_id < {end} AND NOT {hidden}
              ORDER BY s.snapshot_id DESC LIMIT 1),
             {seen_before},
             (SELECT s.completed_at FROM snapshots AS s WHERE s.snapshot_id = v.valid_from))"
    )
}

/// Returns the SELECT of a resource's rows that a gap of the answering snapshot hid. It starts from the gaps, with one
/// SELECT for each set of key columns that a scope can name, so that each finds its rows by an index. If several gaps
/// cover a row, the one with the first scope is shown.
fn stale_rows(spec: &ResourceSpec, columns: &[Column], answering: Answering, file: File) -> String {
    let (table, resource, alive) = (quoted(&versions_table(spec.name)), literal(spec.name), alive(answering));
    let (covers, seen) = (covers(columns), seen_all_the_same(columns));
    let seen_before = seen_before(spec, file.knows_pruned);
    let hidden_by = |named: usize| {
        let names: String = spec
            .key
            .iter()
            .enumerate()
            .map(|(place, column)| {
                let value = format!("json_extract(n.scope, {})", literal(&format!("$.\"{column}\"")));
                match named >> place & 1 {
                    1 => format!(" AND v.{} = {value}", quoted(column)),
                    _ => format!(" AND {value} IS NULL"),
                }
            })
            .collect();
        format!(
            "SELECT v.rowid AS version, n.snapshot_id, n.scope
        FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id AND n.resource = {resource}
        CROSS JOIN {table} AS v
        WHERE {alive} AND (+v.valid_from < n.snapshot_id OR {seen_before} IS NOT NULL){names}
        AND {covers}
        AND NOT {seen}"
        )
    };
    let branches: Vec<String> = (0..1_usize << spec.key.len()).map(hidden_by).collect();
    format!(
        "SELECT CAST({resource} AS TEXT) AS resource, CAST({key} AS TEXT) AS key,
    {last_seen} AS last_seen_at,
    CAST(json_object('scope', json(g.scope), 'kind', g.kind, 'operation', g.operation, 'error_code', g.error_code) AS TEXT) AS gap
FROM (SELECT version, snapshot_id, min(scope) AS scope FROM (
        {branches}
    ) GROUP BY version) AS h
JOIN {table} AS v ON v.rowid = h.version
JOIN gaps AS g ON g.snapshot_id = h.snapshot_id AND g.resource = {resource} AND g.scope = h.scope",
        key = key_of(spec, "v"),
        last_seen = last_seen("h.snapshot_id", &hidden(spec.name, columns), &seen_before),
        branches = branches.join("\n        UNION ALL "),
    )
}
