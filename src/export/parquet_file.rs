//! One table as one Parquet file.
//!
//! Rows are gathered column by column and written as a row group when there are enough of them, so memory does not grow
//! with the number of rows. The same rows give the same bytes: the file contains no time and no program version.

use std::fs::File;
use std::sync::Arc;

use parquet::basic::{Compression, LogicalType, Repetition, TimeUnit, Type as PhysicalType, ZstdLevel};
use parquet::data_type::{BoolType, ByteArray, ByteArrayType, DataType, Int32Type, Int64Type};
use parquet::errors::Result;
use parquet::file::metadata::KeyValue;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use super::dataset::{Cell, Field, FieldKind};

/// The maximum number of rows in a row group.
const GROUP_ROWS: usize = 128 * 1024;

/// The maximum number of bytes of memory for the texts of a row group.
const GROUP_BYTES: usize = 48 * 1024 * 1024;

/// The memory that a text takes besides its bytes: its entry in the column, and the overhead of its allocation.
const TEXT_BYTES: usize = 80;

/// A Parquet file that is being written.
pub(super) struct ParquetFile {
    writer: SerializedFileWriter<File>,
    columns: Vec<Column>,
    rows_in_group: usize,
    bytes_in_group: usize,
    rows: u64,
}

impl ParquetFile {
    /// Begins a file with these columns. `notes` are written as its metadata, as name and value.
    pub(super) fn begin(file: File, fields: &[Field], notes: Vec<(String, String)>) -> Result<Self> {
        let notes = notes.into_iter().map(|(name, value)| KeyValue::new(name, value)).collect();
        let properties = WriterProperties::builder()
            .set_created_by("orgcensus".to_owned())
            .set_compression(Compression::ZSTD(ZstdLevel::default()))
            .set_key_value_metadata(Some(notes))
            .build();
        Ok(Self {
            writer: SerializedFileWriter::new(file, schema(fields)?, Arc::new(properties))?,
            columns: fields.iter().map(|field| Column::of(field.kind)).collect(),
            rows_in_group: 0,
            bytes_in_group: 0,
            rows: 0,
        })
    }

    /// Adds a row with a value for every column.
    pub(super) fn row(&mut self, cells: &[Cell<'_>]) -> Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            if let Cell::Text(text) = cell {
                self.bytes_in_group += text.len() + TEXT_BYTES;
            }
            column.push(*cell);
        }
        self.rows_in_group += 1;
        self.rows += 1;
        match self.rows_in_group >= GROUP_ROWS || self.bytes_in_group >= GROUP_BYTES {
            true => self.write_group(),
            false => Ok(()),
        }
    }

    /// Writes the last row group. Returns the number of rows and the file.
    pub(super) fn finish(mut self) -> Result<(u64, File)> {
        if self.rows_in_group > 0 {
            self.write_group()?;
        }
        Ok((self.rows, self.writer.into_inner()?))
    }

    fn write_group(&mut self) -> Result<()> {
        let mut group = self.writer.next_row_group()?;
        for column in &mut self.columns {
            column.write(&mut group)?;
        }
        group.close()?;
        (self.rows_in_group, self.bytes_in_group) = (0, 0);
        Ok(())
    }
}

/// The values of one column in the current row group: those that are not NULL, and 1 or 0 for each row.
struct Column {
    values: Values,
    is_there: Vec<i16>,
}

enum Values {
    Text(Vec<ByteArray>),
    Long(Vec<i64>),
    Int(Vec<i32>),
    Boolean(Vec<bool>),
}

impl Column {
    fn of(kind: FieldKind) -> Self {
        let values = match kind {
            FieldKind::Text | FieldKind::Json => Values::Text(Vec::new()),
            FieldKind::Integer | FieldKind::Time => Values::Long(Vec::new()),
            FieldKind::Boolean => Values::Boolean(Vec::new()),
            FieldKind::Date => Values::Int(Vec::new()),
        };
        Self { values, is_there: Vec::new() }
    }

    fn push(&mut self, cell: Cell<'_>) {
        match (&mut self.values, cell) {
            (Values::Text(values), Cell::Text(text)) => values.push(text.into()),
            (Values::Long(values), Cell::Integer(number) | Cell::Time(number)) => values.push(number),
            (Values::Int(values), Cell::Date(days)) => values.push(days),
            (Values::Boolean(values), Cell::Boolean(value)) => values.push(value),
            (_, Cell::Null) => return self.is_there.push(0),
            (_, other) => unreachable!("{other:?} was read as the type of its column"),
        }
        self.is_there.push(1);
    }

    fn write(&mut self, group: &mut SerializedRowGroupWriter<'_, File>) -> Result<()> {
        match &mut self.values {
            Values::Text(values) => write::<ByteArrayType>(group, values, &self.is_there)?,
            Values::Long(values) => write::<Int64Type>(group, values, &self.is_there)?,
            Values::Int(values) => write::<Int32Type>(group, values, &self.is_there)?,
            Values::Boolean(values) => write::<BoolType>(group, values, &self.is_there)?,
        }
        self.is_there.clear();
        Ok(())
    }
}

fn write<T: DataType>(
    group: &mut SerializedRowGroupWriter<'_, File>,
    values: &mut Vec<T::T>,
    is_there: &[i16],
) -> Result<()> {
    let mut column = group.next_column()?.expect("the schema has as many columns as the table");
    column.typed::<T>().write_batch(values, Some(is_there), None)?;
    column.close()?;
    values.clear();
    Ok(())
}

/// Returns the schema. Every column may be NULL, so that a table of a later version can be read together with this one.
fn schema(fields: &[Field]) -> Result<TypePtr> {
    let column = |field: &Field| {
        let (physical, logical) = match field.kind {
            FieldKind::Text => (PhysicalType::BYTE_ARRAY, Some(LogicalType::String)),
            FieldKind::Json => (PhysicalType::BYTE_ARRAY, Some(LogicalType::Json)),
            FieldKind::Integer => (PhysicalType::INT64, None),
            FieldKind::Boolean => (PhysicalType::BOOLEAN, None),
            FieldKind::Time => (PhysicalType::INT64, Some(LogicalType::timestamp(true, TimeUnit::MILLIS))),
            FieldKind::Date => (PhysicalType::INT32, Some(LogicalType::Date)),
        };
        let built = Type::primitive_type_builder(&field.name, physical)
            .with_repetition(Repetition::OPTIONAL)
            .with_logical_type(logical)
            .build()?;
        Ok(Arc::new(built))
    };
    let columns = fields.iter().map(column).collect::<Result<Vec<_>>>()?;
    Ok(Arc::new(Type::group_type_builder("orgcensus").with_fields(columns).build()?))
}
