//! Chooses the strategy for listing assignments.
//!
//! By *pairs*, every provisioned pair of account and permission set is listed, which is complete. By *principals*,
//! every user and group is listed, which is complete for living principals and often ten times cheaper. Afterwards the
//! pairs that may hold a deleted principal's assignments are listed too. Calls are counted before the choice. A full
//! pass by pairs, from time to time, shows the assignments that principals cannot show (`full_pass`).

use super::Plan;
use super::estimate::{Beyond, Counts, Estimate};
use super::full_pass::{FULL_PASS, FullPass};
use crate::aws::Operation;
use crate::collect::assignments::{ListPrincipalAssignments, SamplePrincipal};
use crate::collect::collector::{Collector, Stage, Strategy};
use crate::collect::progress::Progress;
use crate::collect::selection::StrategyChoice;
use crate::collect::task::{Kind, Task};
use crate::error::Result;
use crate::model::{AccountAssignment, Resource};
use crate::store::{GapKind, Staging};

/// The key of the staging's note with the strategy, which the snapshot records.
const STRATEGY: &str = "assignment_strategy";
/// The ratio at which pairs are so much cheaper that uncounted pages cannot change the choice.
const SURELY_CHEAPER: i64 = 2;

impl Plan<'_> {
    /// Decides whether pairs are the strategy regardless of the users that are still to be counted. If so, assignments
    /// need not wait for them.
    pub(super) fn pairs_are_certain(&mut self, staging: &Staging) -> Result<bool> {
        match self.selection.strategy {
            StrategyChoice::Principals => return Ok(false),
            StrategyChoice::Pairs => return Ok(true),
            StrategyChoice::Auto => {}
        }
        let pairs = Stage::Pairs.name();
        // Pairs that could not be counted are reached only by listing principals.
        if self.taken.contains("assignments")
            || staging.has_open(&[pairs])?
            || !staging.failures(pairs)?.is_empty()
        {
            return Ok(false);
        }
        // Counting walks all users, so it is done at growing intervals.
        self.looks += 1;
        if !self.looks.is_power_of_two() {
            return Ok(false);
        }
        let counts = Counts::of(staging)?;
        Ok(counts.pairs > 0 && self.surely_by_pairs(&counts)?)
    }

    pub(super) fn is_auto(&self) -> bool {
        self.selection.strategy == StrategyChoice::Auto
    }

    /// Returns true if no further page can make principals the choice. A full pass is assumed to need a quarter more
    /// calls.
    pub(super) fn surely_by_pairs(&self, counts: &Counts) -> Result<bool> {
        let principals = counts.principals();
        let likely = counts.pairs * 5 / 4;
        let pairs = Estimate { listings: counts.pairs, likely, least: counts.pairs, most: None };
        Ok(principals >= counts.pairs * SURELY_CHEAPER || self.makes(&self.full_pass()?, pairs, principals))
    }

    /// Chooses the strategy, once, and queues its listings.
    pub(super) fn choose_strategy(&self, staging: &mut Staging, progress: &mut dyn Progress) -> Result<()> {
        if !self.selection.has(AccountAssignment::SPEC.name) {
            return if self.dry_run { self.tell_what_is_left(staging, 0, progress) } else { Ok(()) };
        }
        let counts = Counts::of(staging)?;
        let is_counted = !staging.has_open(&[Stage::Principals.name()])?;
        let known = if is_counted { self.known(staging, &counts)? } else { Known::Nothing };
        let beyond = match &known {
            Known::Beyond(beyond) => Some(beyond),
            Known::Nothing | Known::Refused => None,
        };
        let (pairs, principals) = (counts.by_pairs(beyond), counts.by_principals(beyond));
        let full_pass = self.full_pass()?;
        let chosen = match self.selection.strategy {
            StrategyChoice::Pairs => Strategy::Pairs,
            StrategyChoice::Principals => Strategy::Principals,
            // Principals are a choice only if all of them are known and can be listed.
            StrategyChoice::Auto if !is_counted || matches!(known, Known::Refused) => Strategy::Pairs,
            StrategyChoice::Auto => self.automatic(staging, &counts, pairs, principals, &full_pass)?,
        };
        staging.set_note(STRATEGY, chosen.as_str())?;
        // An earlier choice stands, regardless of later counts.
        let chosen = self.chosen(staging)?.unwrap_or(chosen);
        let at_least = if is_counted { "" } else { "at least " };
        let is_full_pass =
            chosen == Strategy::Pairs && principals.likely < pairs.likely && full_pass != FullPass::Recent;
        let why = match is_full_pass {
            true => ", a full pass that sees assignments of deleted users and groups too",
            false => "",
        };
        progress.say(&format!(
            "assignments: {} provisioned pairs ({}) or {at_least}{} users and groups ({}): listing by {}{why}",
            pairs.listings,
            self.cost(pairs, Operation::ListAccountAssignments),
            principals.listings,
            self.cost(principals, Operation::ListAccountAssignmentsForPrincipal),
            chosen.as_str(),
        ));
        if chosen == Strategy::Principals
            && let Some(announcement) = self.announcement(&full_pass, pairs)
        {
            let announcement = staging.set_note(FULL_PASS, &announcement)?;
            // Otherwise the summary reports it, for a resumed collection too.
            if self.dry_run {
                progress.say(&announcement);
            }
        }
        let chosen_calls = match chosen {
            Strategy::Principals => principals.likely,
            Strategy::Pairs => pairs.likely,
        };
        self.tell_what_is_left(staging, chosen_calls, progress)?;
        if self.dry_run {
            return Ok(());
        }
        match chosen {
            Strategy::Principals => self.list_principals(staging),
            Strategy::Pairs => self.list_pairs(staging, &counts),
        }
    }

    /// Returns the chosen strategy, if one was chosen.
    pub(super) fn chosen(&self, staging: &Staging) -> Result<Option<Strategy>> {
        let noted = staging.note(STRATEGY)?;
        let is_noted = |strategy: &Strategy| noted.as_deref() == Some(strategy.as_str());
        Ok([Strategy::Pairs, Strategy::Principals].into_iter().find(is_noted))
    }

    /// Returns the data about further pages of each listing.
    fn known(&self, staging: &Staging, counts: &Counts) -> Result<Known> {
        let was_tried = staging.has_any(SamplePrincipal::KIND)?;
        if was_tried && staging.pages_of(SamplePrincipal::KIND)?.is_empty() {
            return Ok(Known::Refused);
        }
        if self.history_helps(staging)? {
            return Ok(Known::Beyond(Beyond::of_history(self.history, staging)?));
        }
        let beyond = if was_tried { Beyond::of_trial(staging, counts)? } else { None };
        Ok(beyond.map_or(Known::Nothing, Known::Beyond))
    }

    /// Returns the cheaper possible strategy, or pairs for a full pass.
    fn automatic(
        &self,
        staging: &Staging,
        counts: &Counts,
        pairs: Estimate,
        principals: Estimate,
        full_pass: &FullPass,
    ) -> Result<Strategy> {
        let possible = self.can_list_principals(staging)?;
        // No pair is provisioned although there are permission sets: the listing of provisioned pairs is not trusted.
        if counts.pairs == 0 && counts.permission_sets > 0 {
            let enumerable = staging.failures(Stage::Principals.name())?.is_empty() && self.has_principals();
            return Ok(if enumerable { Strategy::Principals } else { Strategy::Pairs });
        }
        // Pairs that cannot be counted cannot be listed either. Principals still can, unless there are no permission
        // sets at all.
        let sets_are_hidden = self.failures(staging, Stage::Pairs)?.iter().any(|(task, failure)| {
            matches!(task, Task::ListPermissionSets(_)) && failure.kind != GapKind::Unavailable
        });
        if possible && sets_are_hidden {
            return Ok(Strategy::Principals);
        }
        let cheaper = principals.likely.min(pairs.likely);
        let by_principals = possible && principals.likely < pairs.likely;
        Ok(match by_principals && !self.makes(full_pass, pairs, cheaper) {
            true => Strategy::Principals,
            false => Strategy::Pairs,
        })
    }

    /// Returns true if principals can be listed. Only the management account may, and only if all principals are known.
    pub(super) fn can_list_principals(&self, staging: &Staging) -> Result<bool> {
        Ok(self.context.is_management_account() == Some(true)
            && self.has_principals()
            && staging.failures(Stage::Principals.name())?.is_empty())
    }

    pub(super) fn has_principals(&self) -> bool {
        let principals = ListPrincipalAssignments::FOR_EACH.resources();
        principals.iter().all(|resource| self.selection.has(resource.name))
    }
}

/// The data about further pages of each listing.
enum Known {
    Beyond(Beyond),
    /// No listing was tried, and no snapshot is similar.
    Nothing,
    /// None of the tried principals could be listed.
    Refused,
}
