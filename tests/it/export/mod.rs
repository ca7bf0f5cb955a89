//! `export`: what it writes is what the census says, and no reader is misled by what it is in the middle of.

mod broken_off;
mod flat;
mod lake;
mod masked;
mod misread;
mod reader;
