//! SQL that SQLite takes and a person cannot have meant: it would answer "none", and read as a finding.
//!
//! Some of it can be told from the words alone; the rest from the program that SQLite makes of them, which knows what
//! is a text and what a number. What is certainly a mistake is refused. What may be meant is answered, and what may have
//! made the answer empty is said.
//!
//! `words` what the words tell · `compared` what the program does · `column` which column a wrong name means.

mod column;
mod compared;
#[cfg(test)]
mod tests;
mod words;

pub use column::column_meant;
pub use compared::{refuse_in_program, why_empty};
pub use words::refuse_in_words;
