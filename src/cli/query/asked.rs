//! When a question is asked for: as of the latest snapshot, of another one, or over a range.

use super::super::answering::say_answering;
use super::super::{GlobalOptions, range};
use super::QueryArgs;
use crate::error::{Error, Result};
use crate::output::words;
use crate::query::{Header, Span, sql_during};
use crate::store::{Census, When};

/// What `--at` or `--during` says.
#[derive(Debug)]
pub(super) enum Asked {
    /// As of one snapshot: the latest where nothing is said.
    At(Option<When>),
    /// Over all snapshots from one to another.
    During { from: When, to: When },
}

impl Asked {
    pub fn of(args: &QueryArgs, global: &GlobalOptions) -> Result<Self> {
        let [from, to @ ..] = args.during.as_slice() else { return global.at().map(Self::At) };
        if let (Some(other), true) = (to.first(), from.contains("..")) {
            return Err(Error::usage(format!(
                "--during {from} has both ends already, and {other:?} is none"
            ))
            .hint("put --during after the question and its values"));
        }
        let (from, to) = range::ends(Some(from), to.first().map(String::as_str));
        let from = from.ok_or_else(|| {
            Error::usage("--during has no beginning").hint("write it as --during FROM TO, or FROM..TO")
        })?;
        let to = to.map_or(Ok(When::LATEST), |to| {
            to.parse::<When>().map_err(|error| error.hint("put --during after the question and its values"))
        })?;
        Ok(Self::During { from: from.parse()?, to })
    }

    /// Finds the snapshots that answer, and makes the census answer as of them. An answer that is `proved` is one of a
    /// snapshot by its number, also where nothing is said: it must be the same when it is asked again.
    pub fn answered_by(&self, census: &mut Census, proved: bool) -> Result<Span> {
        match self {
            Self::At(when) => {
                let snapshot = census.resolve(when.as_ref().unwrap_or(&When::LATEST))?;
                if when.is_some() || proved {
                    census.answer_as_of(snapshot.snapshot_id)?;
                }
                Ok(Span::at(snapshot))
            }
            Self::During { from, to } => {
                let span = Span::during(census, from, to)?;
                census.answer_during(span.from().snapshot_id, span.to().snapshot_id)?;
                Ok(span)
            }
        }
    }

    /// The SQL that answers the question; one that says that it has no answer over a range is refused.
    pub fn sql(&self, name: &str, header: &Header, sql: &str) -> Result<String> {
        match (self, &header.not_during) {
            (Self::At(_), _) => Ok(sql.to_owned()),
            (Self::During { .. }, None) => Ok(sql_during(sql)),
            (Self::During { .. }, Some(why)) => {
                Err(Error::usage(format!("{name} has no answer over a range: {why}"))
                    .hint("ask as of one snapshot: --at WHEN")
                    .hint("orgcensus query --list says which questions have"))
            }
        }
    }

    /// Says which snapshots answer.
    pub fn say(&self, span: &Span) {
        match self {
            Self::At(when) => say_answering("", span.to(), when.as_ref()),
            Self::During { from, to } => {
                say_answering("from ", span.from(), Some(from));
                say_answering("to ", span.to(), Some(to));
                if let (When::By { .. }, [one]) = (from, span.snapshots()) {
                    words::warn(format!(
                        "the range is snapshot {} alone: a day, month or quarter stands for its end, so that \
                         2026-Q2..2026-Q3 is all of the third quarter",
                        one.snapshot_id
                    ));
                }
            }
        }
    }
}
