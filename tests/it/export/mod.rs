//! `export`: the files equal the census, and an interrupted export misleads no reader.

mod broken_off;
mod flat;
mod lake;
pub mod masked;
mod misread;
mod reader;
