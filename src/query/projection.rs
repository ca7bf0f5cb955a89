//! The shown part of an answer: a choice of its columns, and a maximum number of its rows.

use super::columns::no_column;
use crate::error::Result;
use crate::output::OutputColumn;

/// The wanted columns and rows of an answer.
#[derive(Debug)]
pub struct Projection {
    /// The shown columns, in order.
    pub columns: Vec<OutputColumn>,
    /// The position of each shown column in the answer.
    pub places: Vec<usize>,
    /// The maximum number of rows shown.
    pub limit: Option<u64>,
}

impl Projection {
    /// Selects the columns with these names, or all of them if none is named. An unknown name is an error (exit 2).
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
