//! Reads an export like its consumers: the manifest first, then the files that it names.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};

use chrono::DateTime;
use orgcensus::digest;
use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::{Value, json};

/// An export.
pub struct Export {
    folder: PathBuf,
    pub manifest: Value,
}

/// A row: column to value. Times are milliseconds.
pub type Row = BTreeMap<String, Value>;

impl Export {
    /// Reads the manifest, and compares every file with it.
    pub fn open(folder: &Path) -> Self {
        Self::try_open(folder).expect("there is a manifest")
    }

    /// Does the same; returns `None` if there is no manifest.
    pub fn try_open(folder: &Path) -> Option<Self> {
        let text = fs::read(folder.join("_orgcensus/manifest.json")).ok()?;
        let export = Self { folder: folder.to_owned(), manifest: serde_json::from_slice(&text).unwrap() };
        for (table, path, entry) in export.files() {
            let file = File::open(folder.join(&path)).unwrap_or_else(|_| panic!("{table}: {path}"));
            let (sha256, bytes) = digest::sha256_of(file).unwrap();
            assert_eq!(
                (json!(sha256), json!(bytes)),
                (entry["sha256"].clone(), entry["bytes"].clone()),
                "{path}"
            );
        }
        Some(export)
    }

    /// Returns the table, path and entry of every file.
    pub fn files(&self) -> Vec<(String, String, Value)> {
        let mut files = Vec::new();
        for (table, entry) in self.manifest["tables"].as_object().unwrap() {
            for (path, file) in entry["files"].as_object().unwrap() {
                files.push((table.clone(), path.clone(), file.clone()));
            }
        }
        files
    }

    /// Returns the rows of one file.
    pub fn rows(&self, path: &str) -> Vec<Row> {
        let file = File::open(self.folder.join(path)).unwrap_or_else(|error| panic!("{path}: {error}"));
        let reader = SerializedFileReader::new(file).unwrap();
        let read = |row: parquet::record::Row| {
            row.get_column_iter().map(|(name, field)| (name.clone(), parsed(value(field)))).collect()
        };
        reader.get_row_iter(None).unwrap().map(|row| read(row.unwrap())).collect()
    }

    /// Returns the types of a file's columns, in Parquet's form.
    pub fn types(&self, path: &str) -> BTreeMap<String, String> {
        let reader = SerializedFileReader::new(File::open(self.folder.join(path)).unwrap()).unwrap();
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let told = |column: &parquet::schema::types::ColumnDescPtr| {
            (column.name().to_owned(), format!("{} {:?}", column.physical_type(), column.logical_type_ref()))
        };
        schema.columns().iter().map(told).collect()
    }
}

fn value(field: &Field) -> Value {
    match field {
        Field::Null => Value::Null,
        Field::Str(text) => json!(text),
        Field::Bytes(bytes) => json!(bytes.as_utf8().unwrap()),
        Field::Long(number) => json!(number),
        Field::Bool(value) => json!(value),
        Field::Date(days) => json!(days),
        Field::TimestampMillis(time) => json!(time),
        other => panic!("{other:?}"),
    }
}

/// Parses JSON in a text, as a query prints it.
fn parsed(value: Value) -> Value {
    match value.as_str().map(serde_json::from_str::<Value>) {
        Some(Ok(json)) if json.is_object() || json.is_array() => json,
        _ => value,
    }
}

/// Returns a query's JSON output with times and booleans as in the export. `types` come from the manifest.
pub fn as_exported(rows: &str, types: &BTreeMap<String, String>) -> Vec<Row> {
    let rows: Vec<BTreeMap<String, Value>> = serde_json::from_str(rows).unwrap();
    let told = |name: &String, value: Value| match (types.get(name).map(String::as_str), &value) {
        (Some("time"), Value::String(text)) => {
            json!(DateTime::parse_from_rfc3339(text).unwrap().timestamp_millis())
        }
        (Some("boolean"), Value::Number(number)) => json!(number.as_i64() != Some(0)),
        _ => parsed(value),
    };
    rows.into_iter()
        .map(|row| row.into_iter().map(|(name, value)| (name.clone(), told(&name, value))).collect())
        .collect()
}
