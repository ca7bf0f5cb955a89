//! The tables of an export: their columns, with types that every engine has, and the SELECTs that read them.
//!
//! `catalog` derives the tables from the census's description of its own tables, and `calendar` adds those about days.
//! `view_column` derives the meaning of a view's column from its name, `cell` reads a value in the type of its column,
//! and `rows` reads all rows.

mod calendar;
mod catalog;
mod cell;
mod rows;
mod view_column;

use super::mask::Privacy;
use crate::model::{Entity, ResourceSpec};

pub use catalog::{DatasetOptions, TagColumn, datasets};
pub use cell::Cell;
pub use rows::each_row;

/// A table of an export.
#[derive(Debug, Clone)]
pub struct Dataset {
    /// The table's name: that of the census's table if there is one.
    pub name: String,
    /// The description of the table, in one sentence.
    pub description: String,
    /// The columns, in order.
    pub fields: Vec<Field>,
    /// The snapshots that one file of the table covers.
    pub layout: Layout,
    /// The resources that its rows are made from.
    pub resources: Vec<&'static ResourceSpec>,
    /// The FROM clause, and the SQL before and after it.
    select: Select,
}

/// The snapshots that one file of a table covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One file for each day, with the rows of the last snapshot of the day.
    Daily,
    /// One file for each day, of a view that has to be built for that day.
    DailyView,
    /// One file, with the rows of the newest snapshot.
    Newest,
    /// One file, with the rows of every snapshot that is kept.
    All,
}

impl Layout {
    /// Returns true if there is a file for each day.
    pub fn is_daily(self) -> bool {
        match self {
            Self::Daily | Self::DailyView => true,
            Self::Newest | Self::All => false,
        }
    }
}

/// A column of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// The column's name.
    pub name: String,
    /// The type of its values.
    pub kind: FieldKind,
    /// A fragment without a full stop; empty if there is no description.
    pub description: String,
    /// True if the column is part of the table's key.
    pub in_key: bool,
    /// The treatment of the column's values in a masked export.
    pub privacy: Privacy,
    /// The entity whose ids the column has; `None` if it has no ids, or ids of several entities.
    pub entity: Option<Entity>,
    /// The SQL expression that reads the column.
    expression: String,
}

/// The type of a column's values.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// Text; every id is text.
    Text,
    /// Text that is JSON.
    Json,
    /// A whole number of 64 bits.
    Integer,
    /// True or false.
    Boolean,
    /// A time in UTC, to the millisecond.
    Time,
    /// A day.
    Date,
}

impl FieldKind {
    /// Returns the type's name in the manifest.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Time => "time",
            Self::Date => "date",
        }
    }
}

/// The parts of a SELECT that follow its list of columns.
#[derive(Debug, Clone)]
struct Select {
    /// The text after WITH; empty if there is no WITH clause.
    with: String,
    /// The text from FROM on, without ORDER BY.
    from: String,
    /// The column that selects the rows of one snapshot; `None` if the view answers for one snapshot.
    snapshot: Option<&'static str>,
}

impl Dataset {
    /// Returns the statement that reads the rows, with the columns in the order of the fields. The order of the rows
    /// depends on the rows alone. `snapshot_id` narrows a table over several snapshots to one of them.
    pub fn sql(&self, snapshot_id: Option<i64>) -> String {
        let columns: Vec<&str> = self.fields.iter().map(|field| field.expression.as_str()).collect();
        let within = match (self.select.snapshot, snapshot_id) {
            (Some(column), Some(id)) => format!("\nWHERE {column} = {id}"),
            _ => String::new(),
        };
        let keys = self.fields.iter().enumerate().filter(|(_, field)| field.in_key);
        let mut order: Vec<String> = keys.map(|(place, _)| (place + 1).to_string()).collect();
        // A view has no key, so the whole row decides the order.
        let others = self.fields.iter().enumerate().filter(|(_, field)| !field.in_key);
        order.extend(others.map(|(place, _)| (place + 1).to_string()));
        let with = match self.select.with.as_str() {
            "" => String::new(),
            with => format!("WITH {with}\n"),
        };
        let (columns, from, order) = (columns.join(", "), &self.select.from, order.join(", "));
        format!("{with}SELECT {columns}\n{from}{within}\nORDER BY {order}")
    }

    /// Returns the same table with a file for each day. Its rows are read while the census answers for that day.
    pub fn daily(&self) -> Self {
        Self { name: format!("{}_daily", self.name), layout: Layout::DailyView, ..self.clone() }
    }
}
