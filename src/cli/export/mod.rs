//! `export`: the census as files for other programs.

mod lake;

use std::path::PathBuf;

use clap::Args;

use super::GlobalOptions;
use crate::error::{Error, ExitStatus, Result};

/// The arguments of `export`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  orgcensus export lake                every day, history and fact as Parquet
  orgcensus export lake --daily        with who had access on every day
  orgcensus export lake --tag-column Environment=environment
  orgcensus export lake --mirror       and no day that the census has no more

DIR/TABLE/snapshot_date=YYYY-MM-DD/data.parquet has the rows of the last snapshot of a day (UTC), \
DIR/TABLE_history/data.parquet every version, and DIR/TABLE/data.parquet what is told of all snapshots. \
DIR/_orgcensus/manifest.json is written last and names every file, with what was not completely seen: read that first. \
Run it again after each collection: only what changed is written.")]
pub struct ExportArgs {
    /// The folder; it is made, or has an export of the same organization
    #[arg(value_name = "DIR")]
    folder: Option<PathBuf>,

    /// The options of the folder.
    #[command(flatten)]
    lake: lake::LakeArgs,
}

/// Exports the census.
pub fn run(args: ExportArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    match &args.folder {
        Some(folder) => lake::run(folder, &args.lake, global),
        None => Err(Error::usage("export writes to a folder, and none is named")
            .hint("orgcensus export DIR")
            .hint("orgcensus export --help")),
    }
}
