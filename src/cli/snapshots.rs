//! `snapshots`.

use clap::Args;

use super::GlobalOptions;
use crate::error::{ExitStatus, Result};

/// The arguments of `snapshots`.
#[derive(Debug, Args)]
pub struct SnapshotsArgs {}

/// Runs `snapshots`.
pub fn run(args: SnapshotsArgs, global: &GlobalOptions) -> Result<ExitStatus> {
    todo!("{args:?} {global:?}")
}
