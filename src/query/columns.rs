//! The columns of an answer, each with the kind of its values if it is an unchanged declared column.

use rusqlite::Statement;

use crate::error::{Error, Result};
use crate::model::{ColumnKind, ColumnSpec, FACTS, RESOURCES};
use crate::nearest::did_you_mean;
use crate::output::OutputColumn;
use crate::store::versions_table;

/// Returns the columns of the statement's rows. Those named in `as_json` hold JSON, whatever their declaration. Fails
/// (exit 2) if a named column is missing.
pub fn columns(statement: &Statement<'_>, as_json: &[String]) -> Result<Vec<OutputColumn>> {
    let mut columns: Vec<OutputColumn> = statement
        .columns_with_metadata()
        .iter()
        .map(|column| OutputColumn {
            name: column.name().to_owned(),
            kind: declared(column.table_name(), column.origin_name()).map(|declared| declared.kind),
        })
        .collect();
    for name in as_json {
        let found = columns.iter_mut().filter(|column| column.name == *name).map(|column| {
            column.kind = Some(ColumnKind::Json);
        });
        if found.count() == 0 {
            return Err(no_column(&columns, name, "--json"));
        }
    }
    Ok(columns)
}

/// Returns the error for a column that an option names and the answer does not have.
pub(super) fn no_column(columns: &[OutputColumn], name: &str, option: &str) -> Error {
    let names = columns.iter().map(|column| column.name.as_str());
    Error::usage(format!("the answer has no column {name:?}, which {option} names"))
        .hint_if_any(did_you_mean(name, names))
}

/// Returns the declaration of a table's column. SQLite looks through views: a column that they only pass on is the
/// table's.
fn declared(table: Option<&str>, column: Option<&str>) -> Option<&'static ColumnSpec> {
    let (table, column) = (table?, column?);
    let of_resources = RESOURCES.iter().map(|spec| (versions_table(spec.name), spec.columns));
    let of_facts = FACTS.iter().map(|spec| (spec.name.to_owned(), spec.columns));
    let (_, columns) = of_resources.chain(of_facts).find(|(name, _)| name == table)?;
    columns.iter().find(|declared| declared.name == column)
}
