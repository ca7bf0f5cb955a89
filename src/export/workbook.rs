//! Several canned queries as the sheets of one workbook.

use super::source::Source;
use crate::error::{Error, Result};
use crate::invocation;
use crate::output::{About, Destination, WorkbookWriter};
use crate::query::CannedQuery;
use crate::store::failed;

/// Writes a sheet for each query, after the sheet that describes them. Fails for a query with a parameter without a
/// default (exit 2) before any statement runs.
pub fn write(
    source: &Source<'_>,
    queries: &[CannedQuery],
    about: About,
    destination: &mut Destination,
) -> Result<()> {
    for query in queries {
        if let Some(missing) = query.header.parameters.iter().find(|one| one.default.is_none()) {
            let command = format!("query {} --output FILE.xlsx", query.usage());
            return Err(Error::usage(format!("{} needs a value for {}", query.name, missing.name))
                .hint(format!("{} writes a workbook of its own", invocation::command(command))));
        }
    }
    let mut workbook = WorkbookWriter::begin(about, destination)?;
    for query in queries {
        let book = &mut workbook;
        source.canned(
            query,
            |begun| {
                let mut notes = vec![query.header.title.clone()];
                notes.extend(begun.bound.iter().map(|one| format!("{}: {}", one.name, one.typed)));
                notes.extend(begun.not_covered);
                book.sheet(&query.name, begun.columns, notes).map(|()| book)
            },
            |book, row| {
                let columns = 0..row.as_ref().column_count();
                let values = columns.map(|place| row.get_ref(place)).collect::<rusqlite::Result<Vec<_>>>();
                book.row(&values.map_err(failed)?)
            },
        )?;
    }
    workbook.finish()
}
