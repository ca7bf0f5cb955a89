//! When a question is asked for: as of the latest snapshot, of another one, or over a range.

use super::super::GlobalOptions;
use super::super::range::Range;
use super::super::snapshot_line::{resolve, say_answering};
use super::QueryArgs;
use crate::error::{Error, Result};
use crate::query::{Header, Span, sql_during};
use crate::store::{Census, When};

/// What `--at` or `--during` says.
#[derive(Debug)]
pub(super) enum Asked {
    /// As of one snapshot: the latest where nothing is said.
    At(Option<When>),
    /// Over all snapshots from one to another.
    During(Range),
}

impl Asked {
    pub fn of(args: &QueryArgs, global: &GlobalOptions) -> Result<Self> {
        let [from, to @ ..] = args.during.as_slice() else { return global.at().map(Self::At) };
        Range::with_beginning(from, to.first().map(String::as_str)).map(Self::During)
    }

    /// Finds the snapshots that answer, and makes the census answer as of them. An answer that is `proved` is one of a
    /// snapshot by its number, also where nothing is said: it must be the same when it is asked again.
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

    /// The SQL that answers the question; one that says that it has no answer over a range is refused.
    pub fn sql(&self, name: &str, header: &Header, sql: &str) -> Result<String> {
        match (self, &header.not_during) {
            (Self::At(_), _) => Ok(sql.to_owned()),
            (Self::During(_), None) => Ok(sql_during(sql)),
            (Self::During(_), Some(why)) => {
                Err(Error::usage(format!("{name} has no answer over a range: {why}"))
                    .hint("ask as of one snapshot: --at WHEN")
                    .hint("orgcensus query --list says which questions have"))
            }
        }
    }

    /// Says which snapshots answer, after the name of the census where there are several.
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
