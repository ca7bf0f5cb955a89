//! Values by column: a row, its key, or a gap's scope.

use std::ops::Index;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Map, Value};

/// A map of column to value, in the order of the table; as JSON it is an object. The rows of one table share the names
/// of its columns, so that a row stores only its values.
#[derive(Debug, Clone, Default)]
pub struct Record {
    columns: Arc<[String]>,
    values: Vec<Value>,
}

impl Record {
    /// Creates a record of these columns and their values, which must be equal in number.
    pub(crate) fn new(columns: &Arc<[String]>, values: Vec<Value>) -> Self {
        debug_assert_eq!(columns.len(), values.len());
        Self { columns: Arc::clone(columns), values }
    }

    /// Returns the value of a column; `None` if there is no such column.
    pub fn get(&self, column: &str) -> Option<&Value> {
        let place = self.columns.iter().position(|name| name == column)?;
        Some(&self.values[place])
    }

    /// Returns the value at a position among the columns.
    pub(crate) fn at(&self, place: usize) -> &Value {
        &self.values[place]
    }

    /// Returns true if there is such a column.
    pub fn contains_key(&self, column: &str) -> bool {
        self.get(column).is_some()
    }

    /// Returns the columns, in order.
    pub fn keys(&self) -> std::slice::Iter<'_, String> {
        self.columns.iter()
    }

    /// Returns the values, in the order of the columns.
    pub fn values(&self) -> std::slice::Iter<'_, Value> {
        self.values.iter()
    }

    /// Returns each column with its value, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.columns.iter().zip(&self.values)
    }

    /// Returns the record as a JSON object.
    pub fn to_object(&self) -> Map<String, Value> {
        self.iter().map(|(column, value)| (column.clone(), value.clone())).collect()
    }

    /// Returns true if there is no column.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

/// Compares without regard to the order of the columns.
impl PartialEq for Record {
    fn eq(&self, other: &Self) -> bool {
        if self.columns == other.columns {
            return self.values == other.values;
        }
        self.values.len() == other.values.len()
            && self.iter().all(|(column, value)| other.get(column) == Some(value))
    }
}

impl Eq for Record {}

impl Index<&str> for Record {
    type Output = Value;

    /// Returns the value of a column that must exist.
    fn index(&self, column: &str) -> &Value {
        self.get(column).unwrap_or_else(|| panic!("there is no column {column}"))
    }
}

impl FromIterator<(String, Value)> for Record {
    fn from_iter<I: IntoIterator<Item = (String, Value)>>(columns: I) -> Self {
        let (columns, values): (Vec<_>, Vec<_>) = columns.into_iter().unzip();
        Self { columns: columns.into(), values }
    }
}

impl Serialize for Record {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

impl<'de> Deserialize<'de> for Record {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Map::deserialize(deserializer)?.into_iter().collect())
    }
}

/// Returns a column's value in the form that a scope uses.
pub(crate) fn text_of(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
