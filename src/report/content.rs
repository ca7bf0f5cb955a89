//! The content of one page.

use super::changes::Entry;
use super::counts::Numbers;
use super::names::Names;
use super::relations::Relations;
use super::sight::Told;
use super::{Narrowed, Part, Report};

/// The content of one page.
pub struct Content<'r> {
    /// The request, and the coverage of the snapshot.
    pub report: &'r Report,
    /// The relations that the page counts.
    pub relations: &'r Relations,
    /// The writer of ids and names.
    pub names: &'r Names,
    /// The numbers of the first screen.
    pub numbers: &'r Numbers,
    /// The changes since the baseline; `None` without one, or if there are too many to list.
    pub changes: Option<&'r [Entry]>,
    /// The accounts that the page is narrowed to.
    pub narrowed: Option<&'r Narrowed>,
    /// The pages next to this one.
    pub parts: &'r [Part],
    /// The JSON that the script joins; `None` if it is too large.
    pub relations_json: Option<String>,
}

impl Content<'_> {
    /// Returns true if the snapshot saw everything that the first screen shows.
    pub fn is_complete(&self) -> bool {
        let sight = &self.report.sight;
        [Told::Access, Told::Tiers, Told::Places].into_iter().all(|told| sight.saw(told))
    }
}
