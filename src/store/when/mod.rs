//! The forms in which a user names a snapshot: by id, `latest`, `latest-3`, `first`, a label, a date, a time, "7 days
//! ago", a quarter.
//!
//! This module only parses the words; [`Census::resolve`](super::Census) finds the snapshot. All times are UTC unless
//! the text says otherwise. `period` parses times.

mod period;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::{Error, Result};
use period::{Period, period, relative_future};

/// A point of the census's history, as typed after `--at` or `diff`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// A snapshot id: `12`.
    Id(i64),
    /// A number of steps back: `latest` (0 back) or `latest-3`.
    Latest {
        /// The number of kept snapshots to step back from the newest.
        back: u32,
    },
    /// The oldest kept snapshot.
    First,
    /// The only snapshot with a label; several with it are an error.
    Label {
        /// The label, without the white space around it.
        text: String,
        /// True if it was typed as `label:…`; otherwise the text has no other meaning.
        is_explicit: bool,
    },
    /// The last snapshot completed by an instant: a date stands for the end of that day, a quarter (`2026-Q3`) or a
    /// minute (`2026-09-30T10:00Z`) for its end.
    By {
        /// The instant, inclusive.
        instant: DateTime<Utc>,
        /// The first instant of a day or a longer period; `None` for a shorter one.
        begins: Option<DateTime<Utc>>,
        /// The user's own words, without the white space around them.
        typed: String,
    },
}

impl FromStr for When {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        Self::parse(text, Utc::now())
    }
}

impl When {
    /// The newest snapshot: the default.
    pub const LATEST: Self = Self::Latest { back: 0 };

    /// Parses the text that a user typed. "ago", "today" and weekdays count from `now`.
    pub fn parse(text: &str, now: DateTime<Utc>) -> Result<Self> {
        let typed = text.trim();
        let word = typed.to_ascii_lowercase();
        if !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_digit()) {
            return word.parse().map(Self::Id).map_err(|_| not_understood(text));
        }
        if word == "first" {
            return Ok(Self::First);
        }
        if let Some(back) = word.strip_prefix("latest") {
            return match back.strip_prefix(['~', '-']) {
                None if back.is_empty() => Ok(Self::Latest { back: 0 }),
                Some(back) => {
                    back.parse().map(|back| Self::Latest { back }).map_err(|_| not_understood(text))
                }
                None => Err(not_understood(text)),
            };
        }
        if word.starts_with("label:") {
            let label = typed["label:".len()..].trim().to_owned();
            return Ok(Self::Label { text: label, is_explicit: true });
        }
        if let Some(Period { first, last }) = period(typed, now) {
            let begins = (last - first >= A_DAY).then_some(first);
            return Ok(Self::By { instant: last, begins, typed: typed.to_owned() });
        }
        if let Some(error) = in_the_future(typed, now) {
            return Err(error);
        }
        match typed {
            "" => Err(not_understood(text)),
            _ => Ok(Self::Label { text: typed.to_owned(), is_explicit: false }),
        }
    }

    /// Returns the resolved date of a text that does not state it: `tuesday is 2026-11-17`.
    pub fn resolved(&self) -> Option<String> {
        let Self::By { instant, begins, typed } = self else { return None };
        let day = |time: &DateTime<Utc>| time.format("%Y-%m-%d").to_string();
        match begins {
            _ if says_its_day(typed) => None,
            Some(first) if day(first) == day(instant) => Some(format!("{typed} is {}", day(instant))),
            Some(_) => Some(format!("{typed} ends {}", day(instant))),
            None => Some(format!("{typed} is {}", instant.format("%Y-%m-%dT%H:%MZ"))),
        }
    }
}

/// Just less than a day, because a period ends with its last instant.
const A_DAY: TimeDelta = TimeDelta::hours(23);

/// Fails for a text that [`When`] would not read as a label, or would read as a range of two.
pub fn check_label(text: &str) -> Result<()> {
    if text.contains("..") {
        let without =
            text.trim().split("..").filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" to ");
        return Err(Error::usage(format!(
            "{text:?} cannot be a label: diff and --during read .. as a range"
        ))
        .hint(format!("write it without .., e.g. {without:?}")));
    }
    match text.parse() {
        Ok(When::Label { is_explicit: false, .. }) => Ok(()),
        _ => Err(Error::usage(format!("{text:?} cannot be a label: it names a snapshot by its id or time"))
            .hint(format!("add a word to it, e.g. {:?}", format!("review of {}", text.trim())))),
    }
}

/// Returns the first instant of the time that a user typed: a starting date includes that day. Fails if the text is no
/// time; `what` names it in the error.
pub fn beginning(what: &str, text: &str, now: DateTime<Utc>) -> Result<DateTime<Utc>> {
    if let Some(Period { first, .. }) = period(text.trim(), now) {
        return Ok(first);
    }
    Err(in_the_future(text.trim(), now).unwrap_or_else(|| {
        Error::usage(format!("{what} {text:?} is not a date"))
            .hint("write a date (2026-09-30), a time (2026-09-30T12:00:00Z), 90d or \"90 days ago\"")
    }))
}

/// Returns the error for a text such as "7 days": it means a week from now, and a census has no future.
fn in_the_future(typed: &str, now: DateTime<Utc>) -> Option<Error> {
    let past = relative_future(typed, now)?;
    let error = Error::usage(format!("\"{typed}\" is in the future, and a census has none"));
    Some(match past {
        Some(past) => error.hint(format!("did you mean \"{past}\"?")),
        None => error.hint("write a date, or \"7 days ago\""),
    })
}

/// Returns the error for a text that names no snapshot, with the accepted forms.
pub(super) fn not_understood(text: &str) -> Error {
    Error::usage(format!("\"{text}\" names no snapshot")).hint(
        "give a snapshot id (12), latest, latest-3, first, a label, a date (2026-09-30), an RFC 3339 time, 7d, \
         \"7 days ago\", tuesday, a week (2026-W47) or a quarter (2026-Q3)",
    )
}

/// Returns true for a date, or a text that begins with one.
fn says_its_day(typed: &str) -> bool {
    typed.get(..10).is_some_and(|day| chrono::NaiveDate::parse_from_str(day, "%Y-%m-%d").is_ok())
}
