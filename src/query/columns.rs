//! The columns of an answer, each with what it holds where it is a declared column as it stands.

use rusqlite::Statement;

use crate::error::{Error, Result};
use crate::model::{ColumnKind, ColumnSpec, FACTS, RESOURCES};
use crate::nearest::did_you_mean;
use crate::output::OutputColumn;
use crate::store::versions_table;

/// Returns the columns of the statement's rows; those named in `as_json` hold JSON, whatever they are. Fails where there
/// is no such column (exit 2).
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

/// The refusal of a column that the answer does not have and that an option names.
pub(super) fn no_column(columns: &[OutputColumn], name: &str, option: &str) -> Error {
    let names = columns.iter().map(|column| column.name.as_str());
    Error::usage(format!("the answer has no column {name:?}, which {option} names"))
        .hint_if_any(did_you_mean(name, names))
}

/// The declaration of a table's column. SQLite looks through views: what they only pass on is of the table.
fn declared(table: Option<&str>, column: Option<&str>) -> Option<&'static ColumnSpec> {
    let (table, column) = (table?, column?);
    let of_resources = RESOURCES.iter().map(|spec| (versions_table(spec.name), spec.columns));
    let of_facts = FACTS.iter().map(|spec| (spec.name.to_owned(), spec.columns));
    let (_, columns) = of_resources.chain(of_facts).find(|(name, _)| name == table)?;
    columns.iter().find(|declared| declared.name == column)
}
