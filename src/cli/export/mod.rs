//! `export`: writes the census as files for other programs.

mod assignments;
mod ddl;
mod flat;
mod folders;
mod forms;
mod lake;
mod opened;
mod workbook;

use std::path::{Path, PathBuf};

use clap::Args;

use super::GlobalOptions;
use crate::error::{Error, ExitStatus, Result};
use crate::export::ddl::Engine;
use crate::export::mask::Mask;
use crate::nearest::did_you_mean;
use crate::output::stderr;

/// The arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus export xlsx access.xlsx    canned queries as a workbook
  orgcensus export lake                every day, history and fact as Parquet
  orgcensus export lake --daily        with who had access on every day
  orgcensus export lake --tag-column Environment=environment
  orgcensus export lake --mirror       and no day that the census has no more
  orgcensus export --flat census-flat.db       tables for ODBC and BI tools
  orgcensus export --ddl athena --location s3://bucket/lake
                                       the statements that make tables of it
  orgcensus export --new-mask-key key.txt
  orgcensus export shared --mask key.txt       pseudonyms for names and ids

DIR/TABLE/snapshot_date=YYYY-MM-DD/data.parquet has the rows of the last snapshot of a day (UTC), \
DIR/TABLE_history/data.parquet every version, and DIR/TABLE/data.parquet the facts about all snapshots. \
DIR/_orgcensus/manifest.json is written last and names every file, with what was not completely seen: read that first. \
Run it again after each collection: only what changed is written.")]
pub struct ExportArgs {
    /// The folder: a new one, or one with an export of the same organization
    #[arg(value_name = "DIR", conflicts_with_all = ["flat", "ddl", "new_mask_key"])]
    folder: Option<PathBuf>,

    /// Write one SQLite file instead, with typed tables in place of views, as of --at
    #[arg(long, value_name = "FILE", conflicts_with_all = ["ddl", "new_mask_key", "daily", "mirror"])]
    flat: Option<PathBuf>,

    /// Write metadata for Datasette beside the file: descriptions, facets and the canned queries
    #[arg(long, value_name = "METADATA.json", requires = "flat")]
    datasette: Option<PathBuf>,

    /// Print the statements that create tables over the folder in an engine
    #[arg(long, value_name = "ENGINE", value_enum, conflicts_with_all = ["new_mask_key", "mirror"])]
    ddl: Option<Engine>,

    /// Where the folder is for that engine, e.g. s3://bucket/lake
    #[arg(long, value_name = "PLACE", requires = "ddl")]
    location: Option<String>,

    /// Make a file with a new key for --mask, readable by its owner only
    #[arg(long, value_name = "FILE")]
    new_mask_key: Option<PathBuf>,

    /// The options of the folder.
    #[command(flatten)]
    lake: lake::LakeArgs,

    /// The options of the tables.
    #[command(flatten)]
    tables: lake::TableArgs,

    /// A form of its own, in place of a folder of tables.
    #[command(subcommand)]
    form: Option<forms::Form>,
}

impl ExportArgs {
    /// Names `answer` as the file to write, in place of the typed one. Returns false, because a form is of one snapshot.
    /// Fails for what has no evidence: a folder, and a flat file, whose facts are about every snapshot.
    pub fn pin(&mut self, answer: &Path) -> Result<bool> {
        match &mut self.form {
            Some(form) => form.pin(answer).map(|()| false),
            None => Err(forms::without_evidence()),
        }
    }
}

/// Exports the census.
pub fn run(args: ExportArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let is_of_tables = args.folder.is_some()
        || args.flat.is_some()
        || args.ddl.is_some()
        || args.new_mask_key.is_some()
        || args.lake.is_said()
        || args.tables.is_said();
    match &args.form {
        None => {}
        Some(_) if is_of_tables => {
            return Err(Error::usage("options before the name of a form apply to the tables only")
                .hint("put the options of a form behind its name: orgcensus export xlsx FILE --query NAME"));
        }
        Some(form) => return forms::run(form, global),
    }
    if global.csv_for.is_some() {
        return Err(Error::usage("--csv-for is only for CSV"));
    }
    if let Some(file) = &args.new_mask_key {
        Mask::make(file)?;
        stderr::say(format!(
            "{}: a new key; whoever has it can identify the people behind pseudonyms",
            file.display()
        ));
        return Ok(ExitStatus::Done);
    }
    if args.flat.is_none() && global.at.is_some() {
        return Err(Error::usage("--at is for --flat: a folder has every day")
            .hint("leave out --at, and read DIR/TABLE/snapshot_date=YYYY-MM-DD"));
    }
    if args.ddl.is_none() {
        refuse_of_answers(global)?;
    }
    match (&args.folder, &args.flat, args.ddl) {
        (Some(folder), ..) if is_misspelt(folder) => {
            let name = folder.display();
            Err(Error::usage(format!("export has no form {name}"))
                .hint_if_any(did_you_mean(&name.to_string(), forms::names().iter().map(String::as_str)))
                .hint(format!("for a folder of tables with that name: orgcensus export ./{name}")))
        }
        (Some(_), ..) if global.force => {
            Err(Error::usage("--force is for a file that is there already, and this is a folder")
                .hint("leave it out: what changed is written, and nothing else is touched"))
        }
        (Some(folder), ..) => lake::run(folder, &args.lake, &args.tables, global),
        (None, Some(file), _) => flat::run(file, args.datasette.as_deref(), &args.tables, global),
        (None, None, Some(engine)) => {
            ddl::run(engine, args.location.as_deref(), args.lake.daily(), &args.tables, global)
        }
        (None, None, None) => Err(Error::usage("export writes to a folder, and none is named")
            .hint("orgcensus export DIR")
            .hint("orgcensus export --help")),
    }
}

/// Refuses `--output` where tables are written, because it would be ignored.
fn refuse_of_answers(global: &GlobalOptions) -> Result<()> {
    if let Some(output) = &global.output {
        return Err(Error::usage(format!(
            "--output {} is for an answer, and these are tables",
            output.display()
        ))
        .hint("orgcensus export DIR")
        .hint("orgcensus export --flat FILE"));
    }
    Ok(())
}

/// Returns true if the name resembles that of a form, and there is no folder with that name.
fn is_misspelt(folder: &Path) -> bool {
    let Some(name) = folder.to_str().filter(|name| !name.contains('/')) else { return false };
    !folder.exists() && did_you_mean(name, forms::names().iter().map(String::as_str)).is_some()
}
