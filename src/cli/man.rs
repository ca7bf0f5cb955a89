//! `man`: manual pages, for packages and for reading.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use clap_mangen::Man;

use super::{GlobalOptions, parse};
use crate::error::{Error, ExitStatus, Result};
use crate::output::write_error;

/// The arguments of `man`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  orgcensus man | man -l -                    read it
  orgcensus man /usr/local/share/man/man1     install a page for each command")]
pub struct ManArgs {
    /// The folder for a page of each command, orgcensus.1, orgcensus-query.1 and so on; without one, the page of the
    /// program goes to standard output
    #[arg(value_name = "DIR", conflicts_with = "output")]
    folder: Option<PathBuf>,
}

/// Writes the pages, in the format of `man` (roff).
///
/// # Errors
///
/// Fails where the folder is missing or a page cannot be written.
pub fn run(args: ManArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let command = parse::command_to_complete().disable_help_subcommand(true);
    if let Some(folder) = args.folder {
        clap_mangen::generate_to(command, &folder).map_err(|error| {
            Error::failed(format!("cannot write manual pages into {}", folder.display()))
                .caused_by(error)
                .hint("name a folder that exists and that you may write")
        })?;
        return Ok(ExitStatus::Done);
    }
    let mut destination = global.destination()?;
    if destination.is_terminal() {
        return Err(Error::usage("a manual page cannot be written to a terminal")
            .hint("read it with orgcensus man | man -l -"));
    }
    // Into memory first: how the page is made and how it is written fail differently.
    let mut page = Vec::new();
    Man::new(command).render(&mut page).map_err(write_error)?;
    destination.write_all(&page).map_err(write_error)?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}
