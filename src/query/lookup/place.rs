//! Resolves a typed name, path or id to one place of the tree: the root, an OU or an account.

use super::ladder::Best;
use super::{Found, Lookup, one_snapshot_only};
use crate::error::{Error, Result};
use crate::model::{Entity, NameRung};
use crate::query::span::Span;
use crate::store::Census;

/// The kinds of places. A root also has a path among the OUs, and an id of its own if no tree is known.
const KINDS: [Entity; 3] = [Entity::Ou, Entity::Account, Entity::Root];

/// Finds the place that `typed` means in the answering snapshot. An id or a path is more reliable than a name, which an
/// OU and an account may share; a shared name is ambiguous.
pub(in crate::query) fn resolve_place(typed: &str, census: &Census, span: &Span) -> Result<Found<String>> {
    let mut found: Vec<(Lookup<'_>, Best)> = Vec::new();
    for kind in KINDS {
        let lookup = Lookup::new(kind, typed);
        one_snapshot_only(&lookup, span)?;
        let best = lookup.in_answering(census)?;
        if best.rank.is_some() {
            found.push((lookup, best));
        }
    }
    let is_sure = |best: &Best| best.rank.is_some_and(|rank| rank.rung <= NameRung::UniqueName);
    if found.iter().any(|(_, best)| is_sure(best)) {
        found.retain(|(_, best)| is_sure(best));
    }
    let mut things: Vec<_> = found.iter().flat_map(|(_, best)| best.things()).collect();
    things.sort_by(|one, other| one.id.cmp(&other.id));
    things.dedup_by(|one, other| one.id == other.id);
    match (things.as_slice(), found.first()) {
        ([one], Some((lookup, best))) => Ok(Found { id: one.id.clone(), echo: lookup.echo(best) }),
        (several, Some((lookup, _))) if !several.is_empty() => Err(lookup.ambiguous(several, &span.words())),
        _ => Err(unknown(typed, census, span)?),
    }
}

fn unknown(typed: &str, census: &Census, span: &Span) -> Result<Error> {
    let mut error = Error::unknown(format!("there is no root, OU or account {typed:?} in {}", span.words()));
    for kind in [Entity::Ou, Entity::Account] {
        let of_kind =
            Lookup::new(kind, typed).unknown(census, span, &|last| format!("--at {last} asks there"))?;
        for hint in of_kind.hints() {
            if !error.hints().contains(hint) {
                error = error.hint(hint.clone());
            }
        }
    }
    Ok(error)
}
