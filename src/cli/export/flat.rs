//! `export --flat FILE`: writes a SQLite file with tables in place of views.

use std::io::Write;
use std::path::Path;

use super::lake::{TableArgs, note_unknown_tags};
use crate::cli::GlobalOptions;
use crate::cli::snapshot_line::{file_size, resolve, say_answering};
use crate::error::{Error, ExitStatus, Result};
use crate::export::dataset::{DatasetOptions, datasets};
use crate::export::{datasette, flat};
use crate::output::{stderr, write_error};
use crate::query::Interruption;
use crate::store::{Census, When};

/// Writes the file.
pub fn run(
    file: &Path,
    metadata: Option<&Path>,
    tables: &TableArgs,
    global: &GlobalOptions,
) -> Result<ExitStatus> {
    let mask = tables.mask()?;
    let destination = global.destination_of(Some(file), true)?;
    let Some(partial) = destination.partial().map(ToOwned::to_owned) else {
        return Err(Error::usage("a flat file is a database, and needs a name")
            .hint("orgcensus export --flat FILE.db"));
    };
    let mut described = metadata.map(|path| global.destination_of(Some(path), true)).transpose()?;
    let mut census = global.open_census()?;
    note_unknown_tags(tables, &census)?;
    let when = global.at()?;
    let snapshot = resolve(&census, when.as_ref().unwrap_or(&When::LATEST))?;
    say_answering("", &snapshot, when.as_ref());
    if when.is_some() {
        census.answer_as_of(snapshot.snapshot_id)?;
    }
    let options = DatasetOptions {
        organization_id: snapshot.organization_id.clone(),
        tag_columns: tables.tag_column.clone(),
        all_columns: tables.all_columns,
        is_masked: mask.is_some(),
    };
    let interruption = Interruption::watch(census.connection(), None)?;
    let written = flat::write(&census, &snapshot, &partial, &options, mask.as_ref(), &|connection| {
        interruption.attend(connection)
    })
    .map_err(|error| interruption.explain(error))?;
    Census::make_room_for_copy(file)?;
    let size = file_size(&partial);
    destination.finish()?;
    if let Some(mut described) = described.take() {
        let name = file.file_stem().unwrap_or_default().to_string_lossy();
        serde_json::to_writer_pretty(
            &mut described,
            &datasette::metadata(&name, &datasets(&census, &options)?),
        )
        .map_err(std::io::Error::from)
        .and_then(|()| writeln!(described))
        .map_err(write_error)?;
        described.finish()?;
    }
    let (tables, rows) = (written.tables, written.rows);
    stderr::say(format!("{}: {tables} tables, rows: {rows}{size}", file.display()));
    Ok(ExitStatus::Done)
}
