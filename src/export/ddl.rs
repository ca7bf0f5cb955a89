//! The statements that make the files of a lake tables of another engine.
//!
//! A table with a file for each day is called `<table>_daily`. A view `<table>` shows its newest day, as the census
//! does.

use super::dataset::{Dataset, Field, FieldKind};

/// An engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Engine {
    /// Amazon Athena, with partition projection.
    Athena,
    /// Trino, with its Hive connector.
    Trino,
    /// Apache Spark.
    Spark,
    /// DuckDB.
    Duckdb,
    /// Snowflake, over an external stage.
    Snowflake,
}

/// Returns the statements for an engine, each with its semicolon. `location` is the path of the lake without a final
/// slash; `first` is the first day with a file, `YYYY-MM-DD`.
pub fn statements(engine: Engine, datasets: &[Dataset], location: &str, first: &str) -> Vec<String> {
    let mut statements = Vec::new();
    let snapshots = datasets.iter().find(|dataset| dataset.name == "snapshots");
    for dataset in datasets {
        let folder = format!("{location}/{}", dataset.name);
        let is_daily = dataset.layout.is_daily();
        let name = table_name(dataset);
        statements.extend(table(engine, dataset, &name, &folder, first));
        if is_daily && name != dataset.name {
            let (daily, newest) = (engine.quoted_in_view(&name), engine.quoted_in_view(&dataset.name));
            statements.push(format!(
                "CREATE OR REPLACE VIEW {newest} AS\nSELECT * FROM {daily} WHERE snapshot_date = (SELECT max(snapshot_date) FROM {daily});"
            ));
        }
    }
    if let Some(snapshots) = snapshots {
        let (name, all) = (engine.quoted_in_view(ANSWERING_SNAPSHOT), engine.quoted_in_view(&snapshots.name));
        statements.push(format!(
            "CREATE OR REPLACE VIEW {name} AS\nSELECT * FROM {all} WHERE snapshot_id = (SELECT max(snapshot_id) FROM {all});"
        ));
    }
    statements
}

/// The name of the view with the newest snapshot, as in the census.
pub(super) const ANSWERING_SNAPSHOT: &str = "answering_snapshot";

/// Returns the engine's name for the table that holds the dataset's files.
fn table_name(dataset: &Dataset) -> String {
    match dataset.layout.is_daily() && !dataset.name.ends_with("_daily") {
        true => format!("{}_daily", dataset.name),
        false => dataset.name.clone(),
    }
}

fn table(engine: Engine, dataset: &Dataset, name: &str, folder: &str, first: &str) -> Vec<String> {
    let is_daily = dataset.layout.is_daily();
    let column = |field: &Field| engine.column(field);
    let columns: Vec<String> = dataset.fields.iter().map(column).collect();
    let (columns, comment) = (columns.join(",\n"), engine.literal(&dataset.description));
    let (name, place) = (engine.quoted(name), engine.literal(folder));
    match engine {
        Engine::Athena => {
            let (partition, projection) = match is_daily {
                false => ("", String::new()),
                true => (
                    "\nPARTITIONED BY (`snapshot_date` date)",
                    format!(
                        "\nTBLPROPERTIES (
    'projection.enabled' = 'true',
    'projection.snapshot_date.type' = 'date',
    'projection.snapshot_date.format' = 'yyyy-MM-dd',
    'projection.snapshot_date.range' = '{first},NOW',
    'projection.snapshot_date.interval' = '1',
    'projection.snapshot_date.interval.unit' = 'DAYS',
    'storage.location.template' = {}
)",
                        engine.literal(&format!("{folder}/snapshot_date=${{snapshot_date}}/"))
                    ),
                ),
            };
            let place = engine.literal(&format!("{folder}/"));
            vec![format!(
                "CREATE EXTERNAL TABLE IF NOT EXISTS {name} (\n{columns}\n)\nCOMMENT {comment}{partition}\nSTORED AS PARQUET\nLOCATION {place}{projection};"
            )]
        }
        Engine::Trino => {
            let (day, by) = match is_daily {
                false => ("", ""),
                true => (",\n    \"snapshot_date\" date", ",\n    partitioned_by = ARRAY['snapshot_date']"),
            };
            let mut made = vec![format!(
                "CREATE TABLE IF NOT EXISTS {name} (\n{columns}{day}\n)\nCOMMENT {comment}\nWITH (\n    external_location = {place},\n    format = 'PARQUET'{by}\n);"
            )];
            if is_daily {
                made.push(format!(
                    "CALL system.sync_partition_metadata(CURRENT_SCHEMA, {}, 'FULL');",
                    engine.literal(&table_name(dataset))
                ));
            }
            made
        }
        Engine::Spark => {
            let (day, by) = match is_daily {
                false => ("", ""),
                true => (",\n    `snapshot_date` DATE", "\nPARTITIONED BY (`snapshot_date`)"),
            };
            let mut made = vec![format!(
                "CREATE TABLE IF NOT EXISTS {name} (\n{columns}{day}\n)\nUSING PARQUET{by}\nLOCATION {place}\nCOMMENT {comment};"
            )];
            if is_daily {
                made.push(format!("MSCK REPAIR TABLE {name};"));
            }
            made
        }
        Engine::Duckdb => {
            let glob = match is_daily {
                false => format!("{folder}/data.parquet"),
                true => format!("{folder}/*/data.parquet"),
            };
            let glob = engine.literal(&glob);
            let from = match is_daily {
                false => format!("read_parquet({glob})"),
                true => format!(
                    "read_parquet({glob}, hive_partitioning = true, hive_types = {{'snapshot_date': DATE}})"
                ),
            };
            vec![
                format!("CREATE OR REPLACE VIEW {name} AS SELECT * FROM {from};"),
                format!("COMMENT ON VIEW {name} IS {comment};"),
            ]
        }
        Engine::Snowflake => {
            let day = match is_daily {
                false => "",
                true => {
                    ",\n    snapshot_date DATE AS (TO_DATE(SPLIT_PART(SPLIT_PART(metadata$filename, 'snapshot_date=', 2), '/', 1)))"
                }
            };
            let by = if is_daily { "\nPARTITION BY (snapshot_date)" } else { "" };
            let stage = format!("{folder}/");
            vec![format!(
                "CREATE EXTERNAL TABLE IF NOT EXISTS {name} (\n{columns}{day}\n){by}\nLOCATION = {stage}\nFILE_FORMAT = (TYPE = PARQUET)\nAUTO_REFRESH = FALSE\nCOMMENT = {comment};"
            )]
        }
    }
}

impl Engine {
    /// Returns the location of a lake in the engine's notation, for statements without a given location.
    pub fn example(self) -> &'static str {
        match self {
            Self::Athena | Self::Trino => "s3://BUCKET/lake",
            Self::Spark => "s3a://BUCKET/lake",
            Self::Duckdb => "lake",
            Self::Snowflake => "@STAGE/lake",
        }
    }

    fn quoted(self, name: &str) -> String {
        match self {
            Self::Athena | Self::Spark => format!("`{name}`"),
            Self::Trino | Self::Duckdb => format!("\"{name}\""),
            // Snowflake stores an unquoted name in upper case, and users can then type it in any case.
            Self::Snowflake => name.to_owned(),
        }
    }

    /// Quotes a name in a view. Athena uses Hive's quotes in tables and Trino's in views.
    pub(super) fn quoted_in_view(self, name: &str) -> String {
        match self {
            Self::Athena => Self::Trino.quoted(name),
            Self::Trino | Self::Spark | Self::Duckdb | Self::Snowflake => self.quoted(name),
        }
    }

    pub(super) fn literal(self, text: &str) -> String {
        match self {
            Self::Athena | Self::Spark => format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'")),
            Self::Trino | Self::Duckdb | Self::Snowflake => format!("'{}'", text.replace('\'', "''")),
        }
    }

    fn column(self, field: &Field) -> String {
        let name = self.quoted(&field.name);
        let kind = match (self, field.kind) {
            (Self::Athena | Self::Spark, FieldKind::Text | FieldKind::Json) => "string",
            (Self::Trino | Self::Duckdb | Self::Snowflake, FieldKind::Text | FieldKind::Json) => "varchar",
            (_, FieldKind::Integer) => "bigint",
            (_, FieldKind::Boolean) => "boolean",
            (_, FieldKind::Date) => "date",
            (Self::Athena | Self::Spark, FieldKind::Time) => "timestamp",
            (Self::Trino, FieldKind::Time) => "timestamp(3)",
            (Self::Duckdb, FieldKind::Time) => "timestamptz",
            (Self::Snowflake, FieldKind::Time) => "timestamp_ntz",
        };
        let comment = self.literal(&field.description);
        match self {
            Self::Snowflake => format!("    {name} {kind} AS (value:\"{}\"::{kind})", field.name),
            _ if field.description.is_empty() => format!("    {name} {kind}"),
            _ => format!("    {name} {kind} COMMENT {comment}"),
        }
    }
}
