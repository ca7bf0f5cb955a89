//! `schema`: shows the data dictionary, from the census itself, or from an empty one if there is none yet.

mod dictionary;

use std::io::Write;

use clap::Args;
use rusqlite::types::Value;

use super::GlobalOptions;
use super::snapshot_line::{resolve, say_answering};
use crate::error::{Error, ExitStatus, Result};
use crate::nearest::did_you_mean;
use crate::output::{Format, RowWriter, write_error};
use crate::store::{Census, Table, TableKind};

/// The arguments of `schema`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus schema                     every table and view, one a line
  orgcensus schema effective_access    its columns and what they mean
  orgcensus schema --all --format markdown
                                       everything with its relations, for a wiki
  orgcensus schema --all --format dbt --output sources.yml
                                       as a source of dbt

Every resource has four views: NAME as of the snapshot that answers, NAME_history with every version and \
when it was seen, NAME_by_snapshot with one row per snapshot and row, and NAME_changes with what changed at each \
snapshot.")]
pub struct SchemaArgs {
    /// A table or view, to list its columns
    #[arg(value_name = "NAME")]
    table: Option<String>,

    /// Every column of every table and view, with its relations; also as --format dbt
    #[arg(long, conflicts_with = "table")]
    all: bool,
}

/// Writes the tables, or one table's columns.
pub fn run(args: SchemaArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    let format = global.format_for(&destination, Format::Csv)?;
    // A user without a census can look at its tables too.
    let census = if global.db.exists() { global.open_census()? } else { Census::blank()? };
    if let Some(when) = global.at()?.filter(|_| global.db.exists()) {
        // Every snapshot has the same tables, but naming one that does not exist is an error.
        say_answering("", &resolve(&census, &when)?, Some(&when));
    }
    let tables = census.tables()?;
    if args.all {
        let written = match format {
            Format::Json => {
                destination.speak_json();
                serde_json::to_writer_pretty(&mut destination, &dictionary::object(&tables))
                    .map_err(std::io::Error::from)
                    .and_then(|()| writeln!(destination))
            }
            Format::Markdown => dictionary::write_markdown(&mut destination, &tables),
            Format::Dbt => dictionary::write_dbt(&mut destination, &tables),
            Format::Table
            | Format::Csv
            | Format::CsvCrlf
            | Format::CsvForExcel
            | Format::Jsonl
            | Format::Xlsx
            | Format::Raw
            | Format::Vertical => {
                let mut writer = RowWriter::begin(format, ALL_COLUMNS, &mut destination)?;
                for row in all(&tables) {
                    writer.values(&row)?;
                }
                writer.finish()?;
                Ok(())
            }
        };
        written.map_err(write_error)?;
        destination.finish()?;
        return Ok(ExitStatus::Done);
    }
    let (columns, rows) = match &args.table {
        None => overview(&tables),
        Some(name) => one(find(&tables, name)?),
    };
    let mut writer = RowWriter::begin(format, columns, &mut destination)?;
    for row in rows {
        writer.values(&row)?;
    }
    writer.finish()?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}

/// The columns of the whole dictionary as rows.
const ALL_COLUMNS: [&str; 6] = ["table", "column", "type", "key", "description", "refers_to"];

fn all(tables: &[Table]) -> impl Iterator<Item = [Value; 6]> {
    let of_table = |table: &'_ Table| {
        let row = |column: &crate::store::TableColumn| {
            let refers = table.references.iter().filter(|one| one.columns.contains(&column.name));
            let refers: Vec<String> = refers.map(ToString::to_string).collect();
            [
                Value::Text(table.name.clone()),
                Value::Text(column.name.clone()),
                optional(&column.sql_type),
                Value::Integer(column.in_key.into()),
                optional(&column.description),
                optional(&refers.join("; ")),
            ]
        };
        table.columns.iter().map(row).collect::<Vec<_>>()
    };
    tables.iter().flat_map(of_table)
}

fn overview(tables: &[Table]) -> (Vec<String>, Vec<Vec<Value>>) {
    let rows = tables.iter().map(|table| {
        vec![
            Value::Text(table.name.clone()),
            // The description stands where the narrowest terminal shows it.
            Value::Text(table.description.clone()),
            Value::Text(kind(table.kind).to_owned()),
            Value::Integer(table.columns.len().try_into().unwrap_or(i64::MAX)),
        ]
    });
    (["name", "description", "kind", "columns"].map(str::to_owned).to_vec(), rows.collect())
}

fn one(table: &Table) -> (Vec<String>, Vec<Vec<Value>>) {
    let rows = table.columns.iter().map(|column| {
        vec![
            Value::Text(column.name.clone()),
            optional(&column.sql_type),
            Value::Integer(column.in_key.into()),
            optional(&column.description),
        ]
    });
    (["column", "type", "key", "description"].map(str::to_owned).to_vec(), rows.collect())
}

fn find<'a>(tables: &'a [Table], name: &str) -> Result<&'a Table> {
    tables.iter().find(|table| table.name.eq_ignore_ascii_case(name)).ok_or_else(|| {
        Error::unknown(format!("there is no table or view {name:?}"))
            .hint_if_any(did_you_mean(name, tables.iter().map(|table| table.name.as_str())))
            .hint("orgcensus schema lists them all")
    })
}

fn kind(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Resource => "resource",
        TableKind::Derived => "derived view",
        TableKind::SnapshotFact => "snapshot facts",
        TableKind::History => "history",
        TableKind::BySnapshot => "by snapshot",
        TableKind::Changes => "changes",
        TableKind::Versions => "versions",
    }
}

fn optional(text: &str) -> Value {
    if text.is_empty() { Value::Null } else { Value::Text(text.to_owned()) }
}
