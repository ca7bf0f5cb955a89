//! A typed range of snapshots: `FROM TO`, `FROM..TO`, one end of it, or one period.

use chrono::{DateTime, Utc};

use super::snapshot_line::{minute, resolve};
use crate::error::{Error, Result};
use crate::output::stderr;
use crate::store::{Census, Snapshot, When};

/// The typed range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Range {
    /// A single day, week, month or quarter: from the state at its beginning to its end.
    Period { begins: DateTime<Utc>, when: When },
    /// Two ends. Without a first one, it begins with the snapshot before the last. A period stands for its end.
    Ends { from: Option<When>, to: When },
}

impl Range {
    /// Parses the typed ends.
    pub fn parse(from: Option<&str>, to: Option<&str>) -> Result<Self> {
        let typed = |end: &str| Some(end.trim()).filter(|end| !end.is_empty()).map(str::parse).transpose();
        let (from, to) = match (from, to) {
            (Some(range), None) if !range.contains("..") => match range.parse()? {
                when @ When::By { begins: Some(begins), .. } => return Ok(Self::Period { begins, when }),
                from => (Some(from), None),
            },
            (Some(range), None) => {
                let (from, to) = range.split_once("..").expect("it contains them");
                (typed(from)?, typed(to)?)
            }
            // A label from before labels were checked may contain them.
            (Some(range), Some(to)) if range.contains("..") && !range.trim_start().starts_with("label:") => {
                return Err(Error::usage(format!("unexpected {to:?}: {range} is already a range")));
            }
            (from, to) => (from.map_or(Ok(None), typed)?, to.map_or(Ok(None), typed)?),
        };
        Ok(Self::Ends { from, to: to.unwrap_or(When::LATEST) })
    }

    /// Parses a range that names its beginning.
    pub fn with_beginning(from: &str, to: Option<&str>) -> Result<Self> {
        match Self::parse(Some(from), to)? {
            Self::Ends { from: None, .. } => Err(Error::usage("--during has no beginning")
                .hint("write it as --during FROM..TO, first..TO or a period such as 2026-Q3")),
            range => Ok(range),
        }
    }

    /// Returns the first end; `None` for a period, and if it was not typed.
    pub fn from(&self) -> Option<&When> {
        match self {
            Self::Period { .. } => None,
            Self::Ends { from, .. } => from.as_ref(),
        }
    }

    /// Returns true if the first end is the snapshot before the last.
    pub fn begins_before_its_end(&self) -> bool {
        matches!(self, Self::Ends { from: None, .. })
    }

    /// Returns the last end.
    pub fn to(&self) -> &When {
        match self {
            Self::Period { when: to, .. } | Self::Ends { to, .. } => to,
        }
    }

    /// Returns the snapshots at both ends. A range that begins before the first snapshot begins with it, and a note
    /// says so. `before` returns the first snapshot if no first end was typed.
    pub fn resolve(
        &self,
        census: &Census,
        before: impl FnOnce(&Census, &Snapshot) -> Result<Snapshot>,
    ) -> Result<(Snapshot, Snapshot)> {
        let to = resolve(census, self.to())?;
        let from = match self {
            Self::Period { begins, when } => {
                if *begins > Utc::now() {
                    return Err(Error::usage(format!("{} has not begun yet", typed(when)))
                        .hint("write a period that has begun, or FROM..TO"));
                }
                let last_before = When::By {
                    instant: *begins - chrono::TimeDelta::nanoseconds(1),
                    begins: None,
                    typed: typed(when).to_owned(),
                };
                match census.begins_after(&last_before)? {
                    Some(first) => clamped(first, when),
                    None => census.resolve(&last_before)?,
                }
            }
            Self::Ends { from: Some(from), .. } => match census.begins_after(from)? {
                Some(first) => clamped(first, from),
                None => resolve(census, from)?,
            },
            Self::Ends { from: None, .. } => before(census, &to)?,
        };
        if let Self::Period { begins, when: When::By { instant, typed, .. } } = self {
            let day = |time: &DateTime<Utc>| time.format("%Y-%m-%d").to_string();
            let days = match (day(begins), day(instant)) {
                (first, last) if first == last => first,
                (first, last) => format!("{first} to {last}"),
            };
            let days = if days == *typed { days } else { format!("{typed} is {days}") };
            stderr::say(format!("{days}, from the last snapshot before it to the last one in it"));
            if from.snapshot_id == to.snapshot_id {
                stderr::warn(format!(
                    "no other snapshot was completed in {typed}: the answer is from snapshot {} alone",
                    to.snapshot_id
                ));
            }
        }
        Ok((from, to))
    }
}

fn typed(when: &When) -> &str {
    match when {
        When::By { typed, .. } => typed,
        _ => "it",
    }
}

/// Returns the first snapshot in place of an earlier one, with a note.
fn clamped(first: Snapshot, asked: &When) -> Snapshot {
    stderr::note(format!(
        "note: there is no snapshot from before {}: the range begins with the first, snapshot {}, completed at {}",
        match asked {
            When::By { begins: Some(begins), .. } => begins.format("%Y-%m-%d").to_string(),
            _ => typed(asked).to_owned(),
        },
        first.snapshot_id,
        minute(&first.completed_at)
    ));
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ends(from: Option<&str>, to: &str) -> Range {
        Range::Ends { from: from.map(|from| from.parse().unwrap()), to: to.parse().unwrap() }
    }

    #[test]
    fn a_range_is_typed_in_one_word_or_in_two() {
        for (from, to) in [(Some("1..4"), None), (Some("1"), Some("4"))] {
            assert_eq!(Range::parse(from, to).unwrap(), ends(Some("1"), "4"));
        }
        assert_eq!(Range::parse(Some("1.."), None).unwrap(), ends(Some("1"), "latest"));
        assert_eq!(Range::parse(Some("..4"), None).unwrap(), ends(None, "4"));
        assert_eq!(Range::parse(Some("1"), None).unwrap(), ends(Some("1"), "latest"));
        assert_eq!(Range::parse(None, None).unwrap(), ends(None, "latest"));
        assert_eq!(Range::parse(Some("2026-Q2"), Some("2026-Q3")).unwrap(), ends(Some("2026-Q2"), "2026-Q3"));
        assert_eq!(Range::parse(Some("2026-Q2.."), None).unwrap(), ends(Some("2026-Q2"), "latest"));
        assert!(Range::parse(Some("1..4"), Some("5")).is_err());
    }

    #[test]
    fn one_period_is_that_period() {
        for text in ["2026-Q3", "2026-09", "2026-W39", "2026-09-30", "yesterday", "tuesday"] {
            let range = Range::parse(Some(text), None).unwrap();
            assert!(matches!(range, Range::Period { .. }), "{text}");
        }
        for text in ["7d", "7 days ago", "2026-09-30T10:00Z", "latest-3", "first", "q3-review"] {
            let range = Range::parse(Some(text), None).unwrap();
            assert!(matches!(range, Range::Ends { from: Some(_), .. }), "{text}");
        }
    }
}
