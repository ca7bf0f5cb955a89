//! The bare command: the state of the census.

use super::GlobalOptions;
use crate::error::{ExitStatus, Result};

/// Shows the state of the census.
pub fn run(global: &GlobalOptions) -> Result<ExitStatus> {
    todo!("{global:?}")
}
