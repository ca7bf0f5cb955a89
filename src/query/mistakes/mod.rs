//! SQL that SQLite accepts although it is a mistake: it would return no rows, which reads as a finding.
//!
//! Some mistakes are visible in the words alone, others in the program that SQLite compiles, which knows texts from
//! numbers. A certain mistake is refused. A possible one is answered, with a note if it may have made the answer empty.
//!
//! `words` checks the words, `compared` checks the program, and `column` finds the column that a wrong name means.

mod column;
mod compared;
#[cfg(test)]
mod tests;
mod words;

pub use column::column_meant;
pub use compared::{refuse_in_program, why_empty};
pub use words::refuse_in_words;
