//! The time of a question: the latest snapshot, another one, or a range.

use super::super::GlobalOptions;
use super::super::range::Range;
use super::super::snapshot_line::{resolve, say_answering};
use super::QueryArgs;
use crate::error::{Error, Result};
use crate::query::{Header, Span, sql_during};
use crate::store::{Census, When};

/// The value of `--at` or `--during`.
#[derive(Debug)]
pub(super) enum Asked {
    /// One snapshot; `None` is the latest.
    At(Option<When>),
    /// All snapshots from one to another.
    During(Range),
}

impl Asked {
    pub fn of(args: &QueryArgs, global: &GlobalOptions) -> Result<Self> {
        let [from, to @ ..] = args.during.as_slice() else { return global.at().map(Self::At) };
        Range::with_beginning(from, to.first().map(String::as_str)).map(Self::During)
    }

    /// Finds the snapshots that answer, and makes the census answer as of them. A `proved` answer is always of a
    /// snapshot by its number, because it must be the same when it is repeated.
    pub fn answered_by(&self, census: &mut Census, proved: bool) -> Result<Span> {
        match self {
            Self::At(when) => {
                let snapshot = resolve(census, when.as_ref().unwrap_or(&When::LATEST))?;
                if when.is_some() || proved {
                    census.answer_as_of(snapshot.snapshot_id)?;
                }
                Ok(Span::at(snapshot))
            }
            Self::During(range) => {
                // A range with a beginning needs no snapshot before its end.
                let (from, to) = range.resolve(census, |_, to| Ok(to.clone()))?;
                let span = Span::during(census, &from, &to)?;
                census.answer_during(from.snapshot_id, to.snapshot_id)?;
                Ok(span)
            }
        }
    }

    /// Returns the SQL that answers the question. A question without an answer over a range is refused.
    pub fn sql(&self, name: &str, header: &Header, sql: &str) -> Result<String> {
        match (self, &header.not_during) {
            (Self::At(_), _) => Ok(sql.to_owned()),
            (Self::During(_), None) => Ok(sql_during(sql)),
            (Self::During(_), Some(why)) => {
                Err(Error::usage(format!("{name} has no answer over a range: {why}"))
                    .hint("ask as of one snapshot: --at WHEN")
                    .hint("orgcensus query --list shows which queries have one"))
            }
        }
    }

    /// Names the snapshots that answer, after the name of the census if there are several.
    pub fn say(&self, span: &Span, of: &str) {
        match self {
            Self::At(when) => say_answering(of, span.to(), when.as_ref()),
            Self::During(range) => {
                say_answering(&format!("{of}from "), span.from(), range.from());
                say_answering(&format!("{of}to "), span.to(), Some(range.to()));
            }
        }
    }
}
