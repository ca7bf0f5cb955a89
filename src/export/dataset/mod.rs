//! The tables of an export: their columns with types that every engine has, and the SELECTs that read them.
//!
//! `catalog` derives them from what the census says of its own tables, and `calendar` has those of days; `view_column` says
//! what a column of a view is by its name, `cell` reads a value as its column's type, and `rows` reads them all.

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
    /// Its name, as in the census wherever the census has it.
    pub name: String,
    /// One sentence.
    pub description: String,
    /// Its columns, in order.
    pub fields: Vec<Field>,
    /// Which snapshots a file of it tells of.
    pub layout: Layout,
    /// The resources that its rows are made from.
    pub resources: Vec<&'static ResourceSpec>,
    /// The FROM clause and what stands before it and after it.
    select: Select,
}

/// Which snapshots a file of a table tells of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// One file for each day, with the rows of the last snapshot of that day.
    Daily,
    /// The same, of a view that has to be made for each of the days.
    DailyView,
    /// One file, of the newest snapshot.
    Newest,
    /// One file, of every snapshot that is kept.
    All,
}

impl Layout {
    /// Whether there is a file for each day.
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
    /// Its name.
    pub name: String,
    /// The type of its values.
    pub kind: FieldKind,
    /// A fragment without a full stop; empty where there is nothing to say.
    pub description: String,
    /// Whether it is one of the columns that identify a row.
    pub in_key: bool,
    /// Its part in a masked export.
    pub privacy: Privacy,
    /// The entity whose id it has; `None` where it has none, or of several kinds.
    pub entity: Option<Entity>,
    /// The SQL that reads it.
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
    /// Its name in the manifest.
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

/// What follows the list of columns in a SELECT.
#[derive(Debug, Clone)]
struct Select {
    /// What stands after WITH; empty where nothing does.
    with: String,
    /// From FROM on, without ORDER BY.
    from: String,
    /// The condition by which rows of one snapshot are asked for; `None` where the view answers for one.
    snapshot: Option<&'static str>,
}

impl Dataset {
    /// The statement that reads the rows, columns in the order of the fields, in an order that depends on the rows alone.
    /// `snapshot_id` narrows a table with rows of several snapshots to one of them.
    pub fn sql(&self, snapshot_id: Option<i64>) -> String {
        let columns: Vec<&str> = self.fields.iter().map(|field| field.expression.as_str()).collect();
        let within = match (self.select.snapshot, snapshot_id) {
            (Some(column), Some(id)) => format!("\nWHERE {column} = {id}"),
            _ => String::new(),
        };
        let keys = self.fields.iter().enumerate().filter(|(_, field)| field.in_key);
        let mut order: Vec<String> = keys.map(|(place, _)| (place + 1).to_string()).collect();
        // A view has no key: then the whole row decides.
        let others = self.fields.iter().enumerate().filter(|(_, field)| !field.in_key);
        order.extend(others.map(|(place, _)| (place + 1).to_string()));
        let with = match self.select.with.as_str() {
            "" => String::new(),
            with => format!("WITH {with}\n"),
        };
        let (columns, from, order) = (columns.join(", "), &self.select.from, order.join(", "));
        format!("{with}SELECT {columns}\n{from}{within}\nORDER BY {order}")
    }

    /// The same table as a file for each day, whose rows are read while the census answers for that day.
    pub fn daily(&self) -> Self {
        Self { name: format!("{}_daily", self.name), layout: Layout::DailyView, ..self.clone() }
    }
}
