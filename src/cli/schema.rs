//! `schema`.

use clap::Args;

use super::GlobalOptions;
use crate::error::{ExitStatus, Result};

/// The arguments of `schema`.
#[derive(Debug, Args)]
pub struct SchemaArgs {}

/// Runs `schema`.
pub fn run(args: SchemaArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    todo!("{args:?} {global:?}")
}
