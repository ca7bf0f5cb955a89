//! All that is written into one page.

use super::changes::Entry;
use super::counts::Numbers;
use super::names::Names;
use super::relations::Relations;
use super::sight::Told;
use super::{Narrowed, Part, Report};

/// What a page has.
pub struct Content<'r> {
    /// What was asked for, and what the snapshot saw.
    pub report: &'r Report,
    /// What the page counts.
    pub relations: &'r Relations,
    /// How names are written.
    pub names: &'r Names,
    /// The numbers of the first screen.
    pub numbers: &'r Numbers,
    /// What changed since the baseline; `None` without one.
    pub changes: Option<&'r [Entry]>,
    /// What it is narrowed to.
    pub narrowed: Option<&'r Narrowed>,
    /// The pages beside it.
    pub parts: &'r [Part],
    /// What the script joins; `None` where that is too large.
    pub relations_json: Option<String>,
}

impl Content<'_> {
    /// Whether the snapshot saw all that the first screen tells.
    pub fn is_complete(&self) -> bool {
        let sight = &self.report.sight;
        [Told::Access, Told::Tiers, Told::Places].into_iter().all(|told| sight.saw(told))
    }
}
