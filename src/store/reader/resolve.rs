//! Resolves a WHEN to a snapshot.

use chrono::{DateTime, Utc};

use super::Census;
use crate::error::{Error, Result};
use crate::invocation;
use crate::nearest::did_you_mean;
use crate::store::snapshot::{self, PrunedSnapshot, Snapshot};
use crate::store::when::{When, not_understood};

impl Census {
    /// Returns the snapshot that `when` names. An unknown id or label exits 2 with the known ones, and a time before
    /// the first snapshot is an error that names the first. The order is by id: a time names the highest id completed
    /// by then, even if a wrong clock gave other snapshots odd times.
    pub fn resolve(&self, when: &When) -> Result<Snapshot> {
        let snapshots = self.snapshots()?;
        let (first, last) = self.ends(&snapshots)?;
        let known = match (first.snapshot_id, last.snapshot_id) {
            (first, last) if first == last => format!("the only snapshot is {first}"),
            (first, last) => format!("the snapshots are {first} to {last}"),
        };
        let known = format!("{known}: see {}", invocation::command("snapshots"));
        match when {
            When::Id(id) => match snapshots.iter().find(|one| one.snapshot_id == *id) {
                Some(one) => Ok(one.clone()),
                None => Err(self.no_snapshot(*id, &snapshots)?.hint(known)),
            },
            When::First => Ok(first.clone()),
            When::Latest { back } => {
                let index = snapshots.len().checked_sub(1 + *back as usize);
                index.map(|index| snapshots[index].clone()).ok_or_else(|| {
                    Error::unknown(format!(
                        "latest-{back} is before the first of {} snapshots",
                        snapshots.len()
                    ))
                    .hint(known)
                })
            }
            When::Label { text, is_explicit } => labelled(&snapshots, text, *is_explicit)
                .map_err(|error| error.hint_if_any(self.labels_are_gone())),
            When::By { instant, typed, .. } => match completed_by(&snapshots, *instant) {
                Some(found) => Ok(found.clone()),
                None => Err(self.none_by(*instant, typed, first)?.hint(known)),
            },
        }
    }

    /// Returns the first snapshot if `when` is a time before it.
    pub fn begins_after(&self, when: &When) -> Result<Option<Snapshot>> {
        let snapshots = self.snapshots()?;
        let (first, _) = self.ends(&snapshots)?;
        Ok(match when {
            When::By { instant, .. } if completed_by(&snapshots, *instant).is_none() => Some(first.clone()),
            _ => None,
        })
    }

    fn ends<'s>(&self, snapshots: &'s [Snapshot]) -> Result<(&'s Snapshot, &'s Snapshot)> {
        snapshots.first().zip(snapshots.last()).ok_or_else(|| {
            Error::unknown(format!("\"{}\" has no snapshot yet", self.path.display()))
                .hint(format!("take the first with: {}", invocation::command("collect")))
        })
    }

    /// Returns a note about a pruned snapshot that was completed by the requested time and is nearer to it than the one
    /// found: `snapshot 4 was pruned on 2026-11-01T00:00:00Z (it was completed at 2026-09-30T02:01:00Z)`.
    pub fn passed_over(&self, when: &When, found: &Snapshot) -> Result<Option<String>> {
        let When::By { instant, .. } = when else { return Ok(None) };
        let nearer = self.pruned_by(*instant)?.filter(|gone| gone.snapshot_id > found.snapshot_id);
        Ok(nearer.map(|gone| self.gone_in_words(&gone)))
    }

    /// Returns the error for a number without a snapshot.
    fn no_snapshot(&self, id: i64, snapshots: &[Snapshot]) -> Result<Error> {
        let gone = snapshot::pruned(&self.connection)?.into_iter().find(|gone| gone.snapshot_id == id);
        if let Some(gone) = gone {
            return Ok(Error::unknown(self.gone_in_words(&gone)).hint_if_any(nearest(snapshots, id)));
        }
        let error = Error::unknown(format!("there is no snapshot {id}"));
        Ok(match id {
            // The user may have meant a year. Guessing one of its snapshots could answer for the wrong day.
            1970..=2999 => {
                error.hint(format!("the year {id} is {id}-01-01..{id}-12-31, and its last day {id}-12-31"))
            }
            _ => error,
        })
    }

    /// Returns the error for a time by which no snapshot was completed.
    fn none_by(&self, instant: DateTime<Utc>, typed: &str, first: &Snapshot) -> Result<Error> {
        let begins = format!("{}, was completed at {}", first.snapshot_id, first.completed_at);
        Ok(match self.pruned_by(instant)? {
            Some(gone) => Error::unknown(format!(
                "no kept snapshot was completed by {typed}: {}; the first, {begins}",
                self.gone_in_words(&gone)
            )),
            None => Error::unknown(format!("no snapshot was completed by {typed}: the first, {begins}")),
        })
    }

    /// Returns the newest pruned snapshot completed by then.
    fn pruned_by(&self, instant: DateTime<Utc>) -> Result<Option<PrunedSnapshot>> {
        let gone = snapshot::pruned(&self.connection)?.into_iter().rev();
        Ok(gone.into_iter().find(|gone| is_by(&gone.completed_at, instant)))
    }

    /// Returns the note that a snapshot is gone. A copy may have been made without it, which counts as pruned only
    /// there.
    fn gone_in_words(&self, gone: &PrunedSnapshot) -> String {
        let PrunedSnapshot { snapshot_id, completed_at, pruned_at } = gone;
        match self.is_copy {
            true => {
                format!("snapshot {snapshot_id} is not in this copy (it was completed at {completed_at})")
            }
            false => format!(
                "snapshot {snapshot_id} was pruned on {pruned_at} (it was completed at {completed_at})"
            ),
        }
    }

    /// Returns a note that a label may have been pruned with its snapshot: the record of a pruned snapshot has no
    /// label.
    fn labels_are_gone(&self) -> Option<String> {
        let ids: Vec<_> =
            snapshot::pruned(&self.connection).ok()?.iter().map(|gone| gone.snapshot_id).collect();
        let (first, last) = (ids.first()?, ids.last()?);
        let gone = if self.is_copy { "are not in this copy" } else { "were pruned" };
        let which = match ids.len() {
            1 => format!("snapshot {first}, which {}", gone.replace("are", "is").replace("were", "was")),
            more => format!("one of the {more} snapshots between {first} and {last} that {gone}"),
        };
        Some(format!("it may be the label of {which}: their labels went with them"))
    }
}

/// Returns the kept snapshots on both sides of a number.
fn nearest(snapshots: &[Snapshot], id: i64) -> Option<String> {
    let before = snapshots.iter().rev().find(|one| one.snapshot_id < id);
    let after = snapshots.iter().find(|one| one.snapshot_id > id);
    let words = |one: &Snapshot| format!("{} (completed at {})", one.snapshot_id, one.completed_at);
    let near: Vec<_> = [before, after].into_iter().flatten().map(words).collect();
    (!near.is_empty()).then(|| format!("the nearest kept: {}", near.join(" and ")))
}

fn is_by(completed_at: &str, instant: DateTime<Utc>) -> bool {
    DateTime::parse_from_rfc3339(completed_at).is_ok_and(|time| time.with_timezone(&Utc) <= instant)
}

/// Returns the snapshot with the highest id completed by then.
fn completed_by(snapshots: &[Snapshot], instant: DateTime<Utc>) -> Option<&Snapshot> {
    snapshots.iter().rev().find(|one| is_by(&one.completed_at, instant))
}

/// Returns the only snapshot with this label, exact or ignoring case.
fn labelled(snapshots: &[Snapshot], text: &str, is_explicit: bool) -> Result<Snapshot> {
    let labels = || snapshots.iter().filter_map(|one| Some((one, one.label.as_deref()?)));
    let found = |same: &dyn Fn(&str) -> bool| -> Vec<&Snapshot> {
        labels().filter(|(_, label)| same(label)).map(|(one, _)| one).collect()
    };
    let mut named = found(&|label| label == text);
    if named.is_empty() {
        named = found(&|label| label.trim().to_lowercase() == text.to_lowercase());
    }
    match named.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let near = did_you_mean(text, labels().map(|(_, label)| label).chain(WORDS.iter().copied()));
            Err(match is_explicit {
                true => Error::unknown(format!("no snapshot is labelled {text:?}")).hint_if_any(near),
                false => not_understood(text).hint_if_any(near),
            }
            .hint(format!("{} lists the snapshots with their labels", invocation::command("snapshots"))))
        }
        several => {
            let ids: Vec<_> = several.iter().map(|one| one.snapshot_id.to_string()).collect();
            Err(Error::unknown(format!("{} snapshots are labelled {text:?}: {}", ids.len(), ids.join(", ")))
                .hint("name one of them by its id"))
        }
    }
}

/// The words for which a misspelling gets a suggestion.
const WORDS: [&str; 4] = ["latest", "first", "today", "yesterday"];
