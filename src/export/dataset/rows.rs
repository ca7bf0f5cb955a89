//! Reading the rows of a table, one after another.

use rusqlite::Connection;

use super::{Cell, Dataset, FieldKind};
use crate::error::{Error, Result};
use crate::export::mask::{Mask, Privacy};
use crate::invocation;
use crate::store::failed;

/// Passes each row of the table to `write`, masked if there is a mask. `snapshot_id` narrows the rows to one snapshot
/// (see [`Dataset::sql`]). Fails for a value that does not have its column's type.
pub fn each_row(
    connection: &Connection,
    dataset: &Dataset,
    snapshot_id: Option<i64>,
    mask: Option<&Mask>,
    mut write: impl FnMut(&[Cell<'_>]) -> Result<()>,
) -> Result<()> {
    let mut statement = connection.prepare(&dataset.sql(snapshot_id)).map_err(failed)?;
    let mut rows = statement.query([]).map_err(failed)?;
    while let Some(row) = rows.next().map_err(failed)? {
        let mut cells = Vec::with_capacity(dataset.fields.len());
        for (place, field) in dataset.fields.iter().enumerate() {
            let value = row.get_ref(place).map_err(failed)?;
            cells.push(Cell::read(value, field.kind).ok_or_else(|| {
                let kind = field.kind.as_str();
                Error::failed(format!("a value of {}.{} is not of the type {kind}", dataset.name, field.name))
                    .hint(format!(
                        "check whether the file was changed: {}",
                        invocation::command("snapshots verify")
                    ))
            })?);
        }
        match mask {
            None => write(&cells)?,
            Some(mask) => {
                let masked: Vec<Option<String>> = cells
                    .iter()
                    .zip(&dataset.fields)
                    .map(|(cell, field)| masked(mask, *cell, field))
                    .collect();
                let cells: Vec<Cell<'_>> = cells
                    .iter()
                    .zip(&masked)
                    .map(|(cell, masked)| masked.as_deref().map_or(*cell, Cell::Text))
                    .collect();
                write(&cells)?;
            }
        }
    }
    Ok(())
}

/// Returns the text that replaces a value that is not public; `None` for a public value.
fn masked(mask: &Mask, cell: Cell<'_>, field: &super::Field) -> Option<String> {
    match (cell, field.privacy, field.kind) {
        (Cell::Text(_), Privacy::Public, _) => None,
        (Cell::Text(text), privacy, FieldKind::Json) => Some(mask.json(privacy, text)),
        (Cell::Text(text), privacy, _) => Some(mask.pseudonym(privacy, text)),
        (Cell::Null | Cell::Integer(_) | Cell::Boolean(_) | Cell::Time(_) | Cell::Date(_), ..) => None,
    }
}
