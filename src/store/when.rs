//! How a user names a snapshot: by id, `latest`, `latest~3`, a date, a time, "7 days ago", a quarter.

use std::str::FromStr;

use crate::error::{Error, Result};

/// A point of the census's history, as typed after `--at` or `diff`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// `12`.
    Id(i64),
    /// `latest` (0 back) or `latest~3`.
    Latest { back: u32 },
    /// The last snapshot completed by this instant (inclusive): a date stands for the end of that day, a
    /// quarter (`2026-Q3`) for its end. `typed` is what the user wrote.
    By { instant: chrono::DateTime<chrono::Utc>, typed: String },
}

impl FromStr for When {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        todo!("{text}")
    }
}
