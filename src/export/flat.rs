//! A SQLite file with tables in place of views, for tools that read SQLite but do not know the census: ODBC, Power BI,
//! Tableau, Metabase, Grafana, DuckDB.
//!
//! Every column has a type, and resources have primary keys and foreign keys. Nothing in the file needs a recent
//! SQLite: no STRICT, no WITHOUT ROWID, no partial index, no view. Times are `YYYY-MM-DD HH:MM:SS.mmm` in UTC, as such
//! tools expect.

use std::path::Path;

use chrono::{DateTime, NaiveDate, TimeDelta};
use rusqlite::types::Value;
use rusqlite::{Connection, params_from_iter};

use super::dataset::{Cell, Dataset, DatasetOptions, Field, FieldKind, Layout, datasets, each_row};
use super::mask::{Mask, Privacy};
use crate::error::Result;
use crate::store::{Census, CoverageStatus, Snapshot, Watch, failed, quoted};

/// The counts of a written file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Flattened {
    /// Number of tables.
    pub tables: usize,
    /// Number of rows in all tables.
    pub rows: u64,
}

/// Writes the census as of the snapshot into the empty file `target`. The census's views must answer for that snapshot.
/// After a failure the file is incomplete.
pub fn write(
    census: &Census,
    snapshot: &Snapshot,
    target: &Path,
    options: &DatasetOptions,
    mask: Option<&Mask>,
    watch: Watch<'_>,
) -> Result<Flattened> {
    let file = Connection::open(target).map_err(failed)?;
    watch(&file)?;
    watch(census.connection())?;
    // No other process reads the file before it is finished, so it needs no journal. Orphans are real, so a foreign key
    // tells tools what to join, and is not enforced.
    file.execute_batch(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA foreign_keys = OFF; BEGIN",
    )
    .map_err(failed)?;
    let datasets = datasets(census, options)?;
    let mut flattened = Flattened { tables: datasets.len() + 1, rows: 0 };
    for dataset in &datasets {
        file.execute_batch(&create(dataset, &datasets)).map_err(failed)?;
        let places = vec!["?"; dataset.fields.len()].join(", ");
        let insert = format!("INSERT INTO {} VALUES ({places})", quoted(&dataset.name));
        let mut insert = file.prepare(&insert).map_err(failed)?;
        let snapshot_id = (dataset.layout == Layout::Daily).then_some(snapshot.snapshot_id);
        each_row(census.connection(), dataset, snapshot_id, mask, |cells| {
            flattened.rows += 1;
            insert.execute(params_from_iter(cells.iter().map(value))).map(|_| ()).map_err(failed)
        })?;
    }
    about(&file, census, snapshot, options, mask)?;
    census.check_unwritten()?;
    file.execute_batch("COMMIT; PRAGMA synchronous = FULL").map_err(failed)?;
    file.close().map_err(|(_, error)| failed(error))?;
    Ok(flattened)
}

/// Writes a table that describes the file: its snapshot, and the resources that were not completely seen.
fn about(
    file: &Connection,
    census: &Census,
    snapshot: &Snapshot,
    options: &DatasetOptions,
    mask: Option<&Mask>,
) -> Result<()> {
    let mut rows = vec![
        ("snapshot_id".to_owned(), Some(snapshot.snapshot_id.to_string())),
        ("taken_at".to_owned(), Some(snapshot.taken_at.clone())),
        ("completed_at".to_owned(), Some(snapshot.completed_at.clone())),
        ("status".to_owned(), Some(snapshot.status.as_str().to_owned())),
        ("program".to_owned(), Some(format!("orgcensus {}", env!("CARGO_PKG_VERSION")))),
    ];
    let organization = options.organization_id.as_deref().map(|id| match mask {
        Some(mask) => mask.pseudonym(Privacy::Id, id),
        None => id.to_owned(),
    });
    rows.push(("organization_id".to_owned(), organization));
    for coverage in census.coverage(snapshot.snapshot_id)? {
        if coverage.status != CoverageStatus::Complete {
            let name = format!("not complete: {}", coverage.resource);
            rows.push((name, Some(coverage.status.as_str().to_owned())));
        }
    }
    file.execute_batch("CREATE TABLE about (name TEXT NOT NULL PRIMARY KEY, value TEXT)").map_err(failed)?;
    for row in rows {
        file.execute("INSERT INTO about VALUES (?1, ?2)", row).map_err(failed)?;
    }
    Ok(())
}

/// Returns the statements that create the table and the indexes for joins.
fn create(dataset: &Dataset, all: &[Dataset]) -> String {
    let name = quoted(&dataset.name);
    let mut lines: Vec<String> = dataset.fields.iter().map(column).collect();
    // A wrong clock may give two versions the same start, so a history has no primary key.
    let is_history = dataset.fields.iter().any(|field| field.name == "valid_from_at");
    let keys: Vec<String> = dataset
        .fields
        .iter()
        .filter(|field| field.in_key && !is_history)
        .map(|field| quoted(&field.name))
        .collect();
    if !keys.is_empty() {
        lines.push(format!("    PRIMARY KEY ({})", keys.join(", ")));
    }
    let mut indexes = String::new();
    for field in &dataset.fields {
        let Some(parent) = field.entity.and_then(|entity| {
            let spec = entity.spec();
            (spec.resource != dataset.name).then_some(spec)
        }) else {
            continue;
        };
        if all.iter().any(|one| one.name == parent.resource) {
            let (column, table) = (quoted(&field.name), quoted(parent.resource));
            lines.push(format!("    FOREIGN KEY ({column}) REFERENCES {table} ({})", quoted(parent.id)));
        }
        let index = quoted(&format!("{}_by_{}", dataset.name, field.name));
        indexes.push_str(&format!("CREATE INDEX {index} ON {name} ({});\n", quoted(&field.name)));
    }
    format!("CREATE TABLE {name} ( -- {}\n{}\n);\n{indexes}", dataset.description, lines.join(",\n"))
}

fn column(field: &Field) -> String {
    let kind = match field.kind {
        FieldKind::Text | FieldKind::Json => "TEXT",
        FieldKind::Integer => "INTEGER",
        FieldKind::Boolean => "BOOLEAN",
        FieldKind::Time => "DATETIME",
        FieldKind::Date => "DATE",
    };
    format!("    {} {kind}", quoted(&field.name))
}

fn value(cell: &Cell<'_>) -> Value {
    match *cell {
        Cell::Null => Value::Null,
        Cell::Text(text) => Value::Text(text.to_owned()),
        Cell::Integer(number) => Value::Integer(number),
        Cell::Boolean(value) => Value::Integer(i64::from(value)),
        Cell::Time(millis) => DateTime::from_timestamp_millis(millis)
            .map_or(Value::Null, |time| Value::Text(time.format("%Y-%m-%d %H:%M:%S%.3f").to_string())),
        Cell::Date(days) => {
            let date = NaiveDate::default().checked_add_signed(TimeDelta::days(days.into()));
            date.map_or(Value::Null, |date| Value::Text(date.to_string()))
        }
    }
}
