//! Writes the whole data dictionary with its relations: as one JSON object, for a wiki, and as dbt sources.

use std::io::{self, Write};

use serde_json::{Value, json};

use super::kind;
use crate::store::{Reference, Table, TableColumn};

/// The remark about relations, in every form of the dictionary.
const NOT_ENFORCED: &str = "No relation is enforced: what a row names may not exist, or may not have been seen (orphan_assignments).";

/// Returns the dictionary as one object.
pub fn object(tables: &[Table]) -> Value {
    let reference = |one: &Reference| {
        json!({
            "columns": one.columns, "table": one.table, "to": one.to,
            "when": one.when.as_ref().map(|(column, value)| json!({"column": column, "value": value})),
        })
    };
    let column = |one: &TableColumn| {
        json!({
            "name": one.name, "type": some(&one.sql_type), "key": one.in_key, "description": some(&one.description),
        })
    };
    let table = |one: &Table| {
        json!({
            "name": one.name,
            "kind": kind(one.kind),
            "description": one.description,
            "columns": one.columns.iter().map(column).collect::<Vec<_>>(),
            "references": one.references.iter().map(reference).collect::<Vec<_>>(),
        })
    };
    json!({ "tables": tables.iter().map(table).collect::<Vec<_>>() })
}

/// Writes a section for each table.
pub fn write_markdown(out: &mut dyn Write, tables: &[Table]) -> io::Result<()> {
    writeln!(out, "# Data dictionary\n\n{NOT_ENFORCED}")?;
    for table in tables {
        writeln!(out, "\n## {}\n\n{} ({})\n", table.name, cell(&table.description), kind(table.kind))?;
        writeln!(out, "| column | type | key | description | refers to |\n| --- | --- | --- | --- | --- |")?;
        for column in &table.columns {
            let refers: Vec<String> = of_column(table, column).map(Reference::to_string).collect();
            writeln!(
                out,
                "| {} | {} | {} | {} | {} |",
                column.name,
                column.sql_type,
                if column.in_key { "yes" } else { "" },
                cell(&column.description),
                cell(&refers.join("; ")),
            )?;
        }
    }
    Ok(())
}

/// Writes the tables as a dbt source, with a test of each single-column relation and of each single-column key.
pub fn write_dbt(out: &mut dyn Write, tables: &[Table]) -> io::Result<()> {
    writeln!(out, "version: 2\n\nsources:\n  - name: orgcensus\n    description: {}", text(NOT_ENFORCED))?;
    writeln!(out, "    tables:")?;
    for table in tables {
        writeln!(out, "      - name: {}\n        description: {}", table.name, text(&table.description))?;
        writeln!(out, "        columns:")?;
        let only_key = table.columns.iter().filter(|column| column.in_key).count() == 1;
        for column in &table.columns {
            writeln!(out, "          - name: {}", text(&column.name))?;
            if !column.description.is_empty() {
                writeln!(out, "            description: {}", text(&column.description))?;
            }
            if !column.sql_type.is_empty() {
                writeln!(out, "            data_type: {}", column.sql_type.to_lowercase())?;
            }
            let mut tests = Vec::new();
            if column.in_key {
                tests.push("              - not_null".to_owned());
            }
            if column.in_key && only_key && table.has_one_row_per_key() {
                tests.push("              - unique".to_owned());
            }
            tests.extend(of_column(table, column).filter(|one| one.columns.len() == 1).map(relationship));
            if !tests.is_empty() {
                writeln!(out, "            data_tests:\n{}", tests.join("\n"))?;
            }
        }
    }
    Ok(())
}

/// Returns the test of a relation. A violated relation is a finding, not a failed build.
fn relationship(reference: &Reference) -> String {
    let condition = reference.when.as_ref().map(|(column, value)| {
        let condition = format!("{column} = '{value}'");
        format!("\n                    where: {}", text(&condition))
    });
    format!(
        "              - relationships:\n                  arguments:\n                    to: source('orgcensus', '{}')\n                    field: {}\n                  config:\n                    severity: warn{}",
        reference.table,
        reference.to.join(", "),
        condition.unwrap_or_default()
    )
}

fn of_column<'t>(table: &'t Table, column: &'t TableColumn) -> impl Iterator<Item = &'t Reference> {
    table.references.iter().filter(|one| one.columns.contains(&column.name))
}

fn some(text: &str) -> Option<&str> {
    (!text.is_empty()).then_some(text)
}

/// Returns a cell of Markdown.
fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

/// Returns a YAML scalar: every JSON string is one.
fn text(text: &str) -> String {
    Value::from(text).to_string()
}
