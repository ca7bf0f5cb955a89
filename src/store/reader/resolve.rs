//! Which snapshot a WHEN names.

use chrono::{DateTime, Utc};

use super::Census;
use crate::error::{Error, Result};
use crate::invocation;
use crate::nearest::did_you_mean;
use crate::store::snapshot::{self, Snapshot};
use crate::store::when::{When, not_understood};

impl Census {
    /// The snapshot that `when` names: exit 2 with the known ones for an unknown id or label, and for a time
    /// before the first snapshot an error that names the first. Order is by id: a time names the highest id
    /// completed by then, whatever a wrong clock said of others.
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
                None => Err(self.no_snapshot(*id)?.hint(known)),
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
            When::Label { text, is_explicit } => labelled(&snapshots, text, *is_explicit),
            When::By { instant, typed, .. } => completed_by(&snapshots, *instant).cloned().ok_or_else(|| {
                Error::unknown(format!(
                    "no snapshot was completed by {typed}: the first, {}, was completed at {}",
                    first.snapshot_id, first.completed_at
                ))
                .hint(known)
            }),
        }
    }

    /// The first snapshot, where `when` is a time before it.
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

    /// Why there is no snapshot of this number.
    fn no_snapshot(&self, id: i64) -> Result<Error> {
        let message = match snapshot::pruned_at(&self.connection, id)? {
            Some(pruned_at) => format!("snapshot {id} was pruned on {pruned_at}"),
            None => format!("there is no snapshot {id}"),
        };
        let error = Error::unknown(message);
        Ok(match id {
            // Perhaps a year was meant; guessing a snapshot of it could answer for the wrong day.
            1970..=2999 => {
                error.hint(format!("the year {id} is {id}-01-01..{id}-12-31, and its last day {id}-12-31"))
            }
            _ => error,
        })
    }
}

/// The highest id completed by then.
fn completed_by(snapshots: &[Snapshot], instant: DateTime<Utc>) -> Option<&Snapshot> {
    let completed = |one: &&Snapshot| {
        DateTime::parse_from_rfc3339(&one.completed_at).is_ok_and(|time| time.with_timezone(&Utc) <= instant)
    };
    snapshots.iter().rev().find(completed)
}

/// The one snapshot with this label, exact or ignoring case.
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

/// The words that are misspelt most easily.
const WORDS: [&str; 4] = ["latest", "first", "today", "yesterday"];
