//! `completions`: writes a script with the commands and options for a shell.

use std::io::Write;

use clap::Args;
use clap_complete::Shell;

use super::{GlobalOptions, collect, parse, query};
use crate::error::{ExitStatus, Result};
use crate::output::write_error;

/// The arguments of `completions`.
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  orgcensus completions bash > ~/.local/share/bash-completion/completions/orgcensus
  orgcensus completions zsh > ~/.zfunc/_orgcensus
  orgcensus completions fish > ~/.config/fish/completions/orgcensus.fish")]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

/// Writes the script.
pub fn run(args: CompletionsArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    let mut destination = global.destination()?;
    // Writes into memory first, because the generator panics when it cannot write.
    let mut script = Vec::new();
    let mut command = parse::command_to_complete().mut_subcommand("query", query::with_names);
    for selects in ["collect", "doctor", "iam-policy"] {
        command = command.mut_subcommand(selects, collect::with_names);
    }
    clap_complete::generate(args.shell, &mut command, "orgcensus", &mut script);
    if args.shell == Shell::Fish {
        script.extend(query::fish_names().into_bytes());
    }
    destination.write_all(&script).map_err(write_error)?;
    destination.finish()?;
    Ok(ExitStatus::Done)
}
