//! `export`: what it writes is what the census says, and no reader is misled by what it is in the middle of.

mod lake;
mod reader;
