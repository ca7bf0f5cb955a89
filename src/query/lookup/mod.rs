//! Resolves a typed name, e-mail address or id to the one id that it means.
//!
//! A misspelt name must never read as "no access". A name that matches nothing is an error with the nearest names and
//! the snapshots in which it existed; one that matches several entities is an error that lists them. Ids are resolved
//! before the statement runs, because only lookups by id are fast.
//!
//! - `source`: the tables and columns in which entities of a kind are looked up.
//! - `ladder`: ranks several matches, the most reliable first.
//! - `place`: a name of the root, an OU or an account.
//! - `advice`: the messages for a name that matches nothing, or several entities.

mod advice;
mod ladder;
mod place;
mod source;

use std::collections::HashSet;

use super::span::Span;
use crate::error::{Error, Result};
use crate::model::{Entity, NameRung};
use crate::store::{Census, Snapshot};
pub use advice::nearest_ever;
use ladder::{Best, Candidate, Likeness, Rank, Typed};
pub(super) use place::resolve_place;
use source::NameSource;

/// The result of resolving a name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found<I> {
    /// One id, or several.
    pub id: I,
    /// The note for the user, if the typed name is not exactly that of the chosen entity.
    pub echo: Option<String>,
}

/// Finds the id that `typed` means in any of the answering snapshots of a query, for a kind that has ids.
pub(super) fn resolve_in(kind: Entity, typed: &str, census: &Census, span: &Span) -> Result<Found<String>> {
    let lookup = Lookup::new(kind, typed);
    one_snapshot_only(&lookup, span)?;
    let best = lookup.in_answering(census)?;
    match best.things().as_slice() {
        [] => match lookup.by_last_name(census)?.things().as_slice() {
            [one] => Ok(Found { id: one.id.clone(), echo: Some(lookup.last_known(one, span)) }),
            _ => Err(lookup.unknown(census, span, &|last| format!("--at {last} asks there"))?),
        },
        [one] => Ok(Found { id: one.id.clone(), echo: lookup.echo(&best) }),
        several => Err(lookup.ambiguous(several, &span.words())),
    }
}

/// Refuses a lookup over a range for a kind with paths.
fn one_snapshot_only(lookup: &Lookup<'_>, span: &Span) -> Result<()> {
    if span.from() != span.to() && lookup.source.is_of_one_snapshot() {
        return Err(Error::usage(
            "the path of an organizational unit belongs to one snapshot, and is not defined over a range",
        )
        .hint("ask as of one snapshot: --at WHEN"));
    }
    Ok(())
}

/// Finds the ids that `typed` means in either of the two snapshots that a diff compares, and with `between` also in the
/// snapshots between them. An entity may be gone in one, or recreated under another id.
pub fn resolve_at_ends(
    kind: Entity,
    typed: &str,
    census: &mut Census,
    ends: [&Snapshot; 2],
    between: bool,
) -> Result<Found<HashSet<String>>> {
    let lookup = Lookup::new(kind, typed);
    let mut all: Vec<(String, Best)> = Vec::new();
    for end in ends {
        census.answer_as_of(end.snapshot_id)?;
        all.push((Span::at(end.clone()).words(), lookup.in_answering(census)?));
    }
    if between {
        let [from, to] = ends.map(|end| end.snapshot_id);
        let (first, last) = (from.min(to), from.max(to));
        let versions = format!(
            "{} WHERE valid_from <= {last} AND (valid_to IS NULL OR valid_to > {first})",
            lookup.source.versions()
        );
        let best = lookup.source.best(census.connection(), &versions, &lookup.typed);
        all.push((format!("snapshots {first} to {last}"), best.map_err(|error| lookup.cannot_read(error))?));
    }
    let Some(rank) = all.iter().filter_map(|(_, best)| best.rank).min() else {
        let compared = |_| "a diff from or to one of them finds it, or one over them with --steps".to_owned();
        census.answer_as_of(ends[0].snapshot_id)?;
        return Err(lookup.unknown(census, &Span::at(ends[0].clone()), &compared)?);
    };
    all.retain(|(_, best)| best.rank == Some(rank));
    for (place, best) in &all {
        let at_once = best.at_once();
        if !at_once.is_empty() {
            return Err(lookup.ambiguous(&at_once, place));
        }
    }
    let ids = all.iter().flat_map(|(_, best)| best.things()).map(|one| one.id.clone()).collect();
    Ok(Found { id: ids, echo: all.first().and_then(|(_, best)| lookup.echo(best)) })
}

/// The entities that had a name at any time up to the answering snapshot.
#[derive(Debug)]
pub enum Ever {
    /// No snapshot up to the answering one knows the name.
    Nothing,
    /// Entities of one kind, in the order in which they appeared.
    Things {
        /// The kind of the entities.
        kind: Entity,
        /// Their ids, with the note for a name that is not exactly theirs.
        found: Found<Vec<String>>,
        /// The kinds of entities that match the name less reliably.
        others: Vec<Entity>,
    },
    /// Entities of several kinds that match equally well.
    Several(Vec<(Entity, Vec<String>)>),
}

/// Finds all entities of these kinds that ever had this id, name or e-mail address. Several of one kind that had it at
/// the same time are ambiguous.
pub fn find_ever(kinds: &[Entity], typed: &str, census: &Census) -> Result<Ever> {
    let mut all = Vec::new();
    for kind in kinds {
        let lookup = Lookup::new(*kind, typed);
        let best = lookup.among_all(census)?;
        all.extend(best.rank.map(|rank| (rank, *kind, lookup, best)));
    }
    let Some(rank) = all.iter().map(|(rank, ..)| *rank).min() else { return Ok(Ever::Nothing) };
    let (mut surest, others): (Vec<_>, Vec<_>) = all.into_iter().partition(|(of, ..)| *of == rank);
    let ids = |best: &Best| best.things().into_iter().map(|one| one.id.clone()).collect::<Vec<_>>();
    let (_, kind, lookup, best) = match surest.len() {
        1 => surest.remove(0),
        _ => return Ok(Ever::Several(surest.iter().map(|(_, kind, _, best)| (*kind, ids(best))).collect())),
    };
    match best.at_once().as_slice() {
        [] => {
            let found = Found { id: ids(&best), echo: lookup.echo(&best) };
            Ok(Ever::Things { kind, found, others: others.into_iter().map(|(_, kind, ..)| kind).collect() })
        }
        several => Err(lookup.ambiguous(several, "the snapshots so far")),
    }
}

/// The lookup of one name.
struct Lookup<'t> {
    source: NameSource,
    typed: Typed<'t>,
}

impl<'t> Lookup<'t> {
    fn new(entity: Entity, typed: &'t str) -> Self {
        Self { source: NameSource::of(entity), typed: Typed::new(typed) }
    }

    /// Returns the matches in the answering snapshots.
    fn in_answering(&self, census: &Census) -> Result<Best> {
        self.look_up(census, &self.source.now(), "")
    }

    /// Returns the matches that had it as their last name, are missing from their own table, and are still named by
    /// other rows.
    fn by_last_name(&self, census: &Census) -> Result<Best> {
        let Some(source) = self.source.missing() else { return Ok(Best::default()) };
        self.source.best(census.connection(), &source, &self.typed).map_err(|error| self.cannot_read(error))
    }

    fn last_known(&self, taken: &Candidate, span: &Span) -> String {
        let (noun, typed) = (self.source.noun(), self.typed.text());
        format!(
            "{noun} {typed:?} is not listed in {}: it is the last known name of {taken}, to which others still refer",
            span.words()
        )
    }

    /// Returns the matches at any time up to the answering snapshot.
    fn among_all(&self, census: &Census) -> Result<Best> {
        self.look_up(census, &self.source.history(), "_history")
    }

    fn look_up(&self, census: &Census, source: &str, view: &str) -> Result<Best> {
        let connection = census.connection();
        let look_up = || -> rusqlite::Result<Best> {
            if let Some(id) = self.source.by_id(connection, self.typed.text(), view)? {
                return Ok(Best::of_id(id, Rank::ID));
            }
            let best = self.source.best(connection, source, &self.typed)?;
            if best.rank.is_some() {
                return Ok(best);
            }
            let like = self.source.by_like_id(connection, &self.typed, view)?;
            let rank = Rank { rung: NameRung::Id, likeness: Likeness::IgnoringCase };
            Ok(like.map(|id| Best::of_id(id, rank)).unwrap_or_default())
        };
        look_up().map_err(|error| self.cannot_read(error))
    }

    fn echo(&self, best: &Best) -> Option<String> {
        best.echo(self.source.noun(), &self.typed)
    }

    fn cannot_read(&self, error: rusqlite::Error) -> Error {
        Error::failed(format!("cannot look up the {} {:?}", self.source.noun(), self.typed.text()))
            .caused_by(error)
    }
}
