//! `export --ddl ENGINE`: writes the statements that turn a lake's files into tables.

use std::io::Write;

use super::lake::{TableArgs, note_unknown_tags};
use crate::cli::GlobalOptions;
use crate::error::{ExitStatus, Result};
use crate::export::dataset::{Dataset, DatasetOptions, Layout, datasets};
use crate::export::ddl::{Engine, statements};
use crate::export::query_views::query_views;
use crate::output::write_error;
use crate::store::Census;

/// The first day of the partitions, if there is no census to ask.
const FIRST: &str = "2020-01-01";

/// Writes the statements.
pub fn run(
    engine: Engine,
    location: Option<&str>,
    daily: bool,
    tables: &TableArgs,
    global: &GlobalOptions,
) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    let census = if global.db.exists() { global.open_census()? } else { Census::blank()? };
    if global.db.exists() {
        note_unknown_tags(tables, &census)?;
    }
    let options = DatasetOptions {
        organization_id: None,
        tag_columns: tables.tag_column.clone(),
        all_columns: tables.all_columns,
        is_masked: tables.mask()?.is_some(),
    };
    let mut found = datasets(&census, &options)?;
    if daily {
        let views = found.iter().filter(|dataset| dataset.layout == Layout::Newest);
        let views: Vec<Dataset> = views.map(Dataset::daily).collect();
        found.extend(views);
    }
    let completed = census.snapshots()?.into_iter().map(|snapshot| snapshot.completed_at).min();
    let first = completed.and_then(|time| time.get(..10).map(str::to_owned)).unwrap_or(FIRST.to_owned());
    let location = location.unwrap_or(engine.example()).trim_end_matches('/');
    let views = query_views(engine, &found);
    for statement in statements(engine, &found, location, &first).into_iter().chain(views) {
        writeln!(destination, "{statement}\n").map_err(write_error)?;
    }
    destination.finish()?;
    Ok(ExitStatus::Done)
}
