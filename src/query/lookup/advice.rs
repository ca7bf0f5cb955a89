//! The messages for a name that matches nothing, or several entities.

use rusqlite::Connection;

use super::super::span::Span;
use super::Lookup;
use super::ladder::Candidate;
use super::source::NameSource;
use crate::error::{Error, Result};
use crate::invocation;
use crate::model::Entity;
use crate::nearest::{nearest_of, one_of};
use crate::store::{Census, Coverage, CoverageStatus, Snapshot};

/// The maximum number of entities listed for one name.
const LISTED: usize = 10;

/// A function that returns how to query the entities that last existed in a snapshot.
pub(super) type HowToAsk<'h> = &'h dyn Fn(i64) -> String;

/// Returns the hint "did you mean …?" from all names of entities of these kinds, up to the answering snapshot.
pub fn nearest_ever(kinds: &[Entity], typed: &str, census: &Census) -> Result<Option<String>> {
    let mut all: Vec<(&str, Candidate)> = Vec::new();
    for place in kinds.iter().map(|kind| NameSource::of(*kind)) {
        let candidates = place
            .all(census.connection(), &place.history())
            .map_err(|error| Error::failed(format!("cannot list the {}s", place.noun())).caused_by(error))?;
        all.extend(candidates.into_iter().map(|candidate| (place.noun(), candidate)));
    }
    Ok(did_you_mean(typed, &all, |(noun, candidate)| (candidate, format!("{noun} {}", candidate.marks()))))
}

/// Returns similar names, each with the marks that distinguish its entity.
fn did_you_mean<C>(typed: &str, all: &[C], of: impl Fn(&C) -> (&Candidate, String)) -> Option<String> {
    let names = all.iter().flat_map(|one| {
        let (candidate, marks) = of(one);
        candidate.names.iter().map(move |name| (name.text.as_str(), (candidate.id.as_str(), marks.clone())))
    });
    let nearest = nearest_of(typed, names.collect::<Vec<_>>(), |(id, _)| *id);
    one_of(nearest.into_iter().map(|(name, (_, marks))| format!("{name:?} ({marks})")))
}

impl Lookup<'_> {
    /// Returns the error for a name that matches several entities in a place such as `snapshot 4`.
    pub(super) fn ambiguous(&self, matches: &[&Candidate], place: &str) -> Error {
        let (noun, typed, number) = (self.source.noun(), self.typed.text(), matches.len());
        let mut error = Error::unknown(format!("{noun} {typed:?} is ambiguous in {place}: {number} match"));
        for candidate in matches.iter().take(LISTED) {
            error = error.hint(candidate.to_string());
        }
        error.hint("type the id of the one you mean")
    }

    /// Returns the error for a name that matches nothing in the answering snapshots.
    pub(super) fn unknown(&self, census: &Census, span: &Span, how_to_ask: HowToAsk<'_>) -> Result<Error> {
        self.explain(census, span, how_to_ask).map_err(|error| self.cannot_read(error))
    }

    fn explain(&self, census: &Census, span: &Span, how_to_ask: HowToAsk<'_>) -> rusqlite::Result<Error> {
        let (connection, place, typed) = (census.connection(), &self.source, self.typed.text());
        let error = Error::unknown(format!("there is no {} {typed:?} in {}", place.noun(), span.words()));
        let all = place.all(connection, &place.now())?;
        let mut error =
            error.hint_if_any(did_you_mean(typed, &all, |candidate| (candidate, candidate.marks())));
        for hint in self.other_times(connection, how_to_ask)? {
            error = error.hint(hint);
        }
        let resource = place.resource();
        let is_seen = |it: &Coverage| it.resource == resource && it.status == CoverageStatus::Complete;
        let did_not_see = |snapshot: &&Snapshot| {
            !census.coverage(snapshot.snapshot_id).unwrap_or_default().iter().any(is_seen)
        };
        if let Some(snapshot) = span.snapshots().iter().find(did_not_see) {
            error = error.hint(format!(
                "snapshot {} did not see all {resource}: unknown is not absent ({})",
                snapshot.snapshot_id,
                invocation::command(format_args!("snapshots show {}", snapshot.snapshot_id))
            ));
        }
        if error.hints().is_empty() {
            let (id, name, table) = (place.id, place.names[0].column, place.table);
            let all = format!("query \"SELECT {id}, {name} FROM {table} ORDER BY 2\"");
            error = error.hint(format!("{} lists them all", invocation::command(all)));
        }
        Ok(error)
    }

    /// Returns the snapshots in which entities of this name existed, one sentence for each id.
    fn other_times(
        &self,
        connection: &Connection,
        how_to_ask: HowToAsk<'_>,
    ) -> rusqlite::Result<Vec<String>> {
        let mut lives: Vec<(String, i64, Option<i64>)> = Vec::new();
        for candidate in self.source.best(connection, &self.source.versions(), &self.typed)?.candidates {
            let Some((from, to)) = candidate.life else { continue };
            match lives.iter_mut().find(|(id, ..)| *id == candidate.id) {
                Some((_, first, last)) => {
                    *first = from.min(*first);
                    *last = last.zip(to).map(|(a, b)| a.max(b));
                }
                None => lives.push((candidate.id, from, to)),
            }
        }
        let mut sentences = Vec::new();
        for (id, first, gone) in lives.into_iter().take(3) {
            let last: i64 = connection.query_row(
                "SELECT max(snapshot_id) FROM snapshots WHERE snapshot_id < coalesce(?1, snapshot_id + 1)",
                [gone],
                |row| row.get(0),
            )?;
            let when = if first == last {
                format!("snapshot {first}")
            } else {
                format!("snapshots {first} to {last}")
            };
            sentences.push(format!("it existed in {when} as {id}: {}", how_to_ask(last)));
        }
        Ok(sentences)
    }
}
