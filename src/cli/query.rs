//! `query`.

use clap::Args;

use super::GlobalOptions;
use crate::error::{ExitStatus, Result};

/// The arguments of `query`.
#[derive(Debug, Args)]
pub struct QueryArgs {}

/// Runs `query`.
pub fn run(args: QueryArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    todo!("{args:?} {global:?}")
}
