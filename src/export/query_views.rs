//! The canned queries as views of another engine.

use rusqlite::Connection;

use super::dataset::Dataset;
use super::ddl::{ANSWERING_SNAPSHOT, Engine};
use super::dialect::{portable, translated};
use crate::query::{CannedQuery, catalog};

/// Returns a view `query_<name>`, with `_` for `-`, for each canned query that the engine can run: the query is
/// portable, and every parameter has a default. A query on a column that the tables lack becomes a comment.
pub fn query_views(engine: Engine, datasets: &[Dataset]) -> Vec<String> {
    let tables = empty_tables(datasets);
    let view = |query: &CannedQuery| {
        let sql = portable(query)?;
        let name = format!("query_{}", query.name.replace('-', "_"));
        if let Err(error) = tables.prepare(&query.sql) {
            return Some(format!("-- {name} is left out: {error}"));
        }
        let (quoted, title, sql) =
            (engine.quoted_in_view(&name), engine.literal(&query.header.title), translated(&sql, engine));
        Some(match engine {
            Engine::Athena => format!("CREATE OR REPLACE VIEW {quoted} AS\n{sql};"),
            Engine::Trino | Engine::Spark => {
                format!("CREATE OR REPLACE VIEW {quoted} COMMENT {title} AS\n{sql};")
            }
            Engine::Duckdb => {
                format!("CREATE OR REPLACE VIEW {quoted} AS\n{sql};\n\nCOMMENT ON VIEW {quoted} IS {title};")
            }
            Engine::Snowflake => format!("CREATE OR REPLACE VIEW {quoted} COMMENT = {title} AS\n{sql};"),
        })
    };
    catalog().iter().filter_map(view).collect()
}

/// Creates the export's tables without rows. Preparing a query against them shows whether they have its columns.
pub(super) fn empty_tables(datasets: &[Dataset]) -> Connection {
    let made = || -> rusqlite::Result<Connection> {
        let tables = Connection::open_in_memory()?;
        for dataset in datasets {
            let columns: Vec<_> = dataset.fields.iter().map(|field| format!("\"{}\"", field.name)).collect();
            tables.execute_batch(&format!("CREATE TABLE \"{}\" ({})", dataset.name, columns.join(", ")))?;
        }
        tables.execute_batch(&format!("CREATE VIEW {ANSWERING_SNAPSHOT} AS SELECT * FROM snapshots"))?;
        Ok(tables)
    };
    made().expect("names of tables and columns are quoted, and no two are equal")
}
