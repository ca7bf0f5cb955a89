//! What is shown of an answer: some of its columns, and so many of its rows.

use super::columns::no_column;
use crate::error::Result;
use crate::output::OutputColumn;

/// The columns and rows of an answer that are wanted.
#[derive(Debug)]
pub struct Projection {
    /// The columns that are shown, in their order.
    pub columns: Vec<OutputColumn>,
    /// Where each of them stands in the answer.
    pub places: Vec<usize>,
    /// How many rows are shown at most.
    pub limit: Option<u64>,
}

impl Projection {
    /// The columns of these names, or all of them where none is named. A name that no column has is an error (exit 2).
    pub fn of(columns: Vec<OutputColumn>, named: &[String], limit: Option<u64>) -> Result<Self> {
        if named.is_empty() {
            return Ok(Self { places: (0..columns.len()).collect(), columns, limit });
        }
        let place = |name: &String| {
            let exact = columns.iter().position(|column| column.name == *name);
            let found =
                exact.or_else(|| columns.iter().position(|column| column.name.eq_ignore_ascii_case(name)));
            found.ok_or_else(|| {
                let names: Vec<_> = columns.iter().map(|column| column.name.as_str()).collect();
                no_column(&columns, name, "--columns").hint(format!("the columns are: {}", names.join(", ")))
            })
        };
        let places = named.iter().map(place).collect::<Result<Vec<_>>>()?;
        let columns = places.iter().map(|place| columns[*place].clone()).collect();
        Ok(Self { columns, places, limit })
    }
}
