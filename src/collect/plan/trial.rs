//! The steps that try a few listings of each kind, if the choice of a strategy is open and no snapshot helps.
//!
//! Groups are listed first. *Principals* needs them anyway, and with the memberships they tell how many rows of groups
//! a user's answer repeats. The direct assignments of users are extrapolated from a few users and pairs.

use std::cmp::Reverse;

use super::assignments::provisioned_pairs;
use super::estimate::{Beyond, Counts, RowsOfPrincipals};
use super::{Plan, select};
use crate::collect::assignments::SamplePrincipal;
use crate::collect::collector::Stage;
use crate::collect::selection::Selection;
use crate::collect::services::sso_admin::PAGE;
use crate::collect::task::Task;
use crate::error::Result;
use crate::store::Staging;

/// The key of the staging's note that there is a trial.
const TRIAL: &str = "trial";
/// The number of pairs below which a trial costs more than a wrong choice.
const WORTH_A_TRIAL: i64 = 250;
/// The ratio of users and pairs to the ones that are tried.
const SHARE: i64 = 100;
/// The limits of the number of tried users and pairs.
const FEWEST: i64 = 40;
const MOST: i64 = 400;
/// The number of tried users among those with the most rows of groups. Only they may have several pages.
const TELL_TALES: usize = 2;
/// The page limit for these users. A second page proves that users' answers repeat the rows of their groups.
const PAGES_OF_TELL_TALES: u32 = 2;
/// The page limit for other users. Further pages come from groups, whose rows are known, and so are not worth a call.
const PAGES_OF_USERS: u32 = 3;

impl Plan<'_> {
    /// Begins the trial, if the choice is open.
    pub(super) fn begin_trial(&self, staging: &mut Staging) -> Result<()> {
        let counts = Counts::of(staging)?;
        if !self.is_open(staging, &counts)? {
            return Ok(());
        }
        if self.history_helps(staging)? {
            let beyond = Beyond::of_history(self.history, staging)?;
            if counts.by_principals(Some(&beyond)).least >= counts.by_pairs(Some(&beyond)).likely {
                return Ok(());
            }
            let rows = RowsOfPrincipals::of_history(self.history)?;
            return self.try_tell_tales(staging, &rows, 1);
        }
        staging.set_note(TRIAL, "groups, and some users and pairs")?;
        let few = |all: i64| usize::try_from((all / SHARE).clamp(FEWEST, MOST)).unwrap_or_default();
        let groups = select(staging.connection(), "SELECT group_id FROM groups", |row| {
            Ok(trying("GROUP", row.get(0)?, u32::MAX))
        })?;
        let users = select(
            staging.connection(),
            // Ordered by the end of the id, because ids created in succession begin alike.
            &format!(
                "SELECT user_id FROM users ORDER BY substr(user_id, -4), user_id LIMIT {}",
                few(counts.users)
            ),
            |row| Ok(trying("USER", row.get(0)?, PAGES_OF_USERS)),
        )?;
        let pairs = provisioned_pairs(staging)?.into_iter().take(few(counts.pairs)).map(Task::from);
        // The listings that show whether principals may be listed at all come first.
        add(staging, users.into_iter().chain(groups).chain(pairs), self.selection)
    }

    /// Returns true if the choice waits for the memberships, without which the rows in users' answers are unknown.
    pub(super) fn waits_for_memberships(&self, staging: &Staging) -> Result<bool> {
        Ok(staging.note(TRIAL)?.is_some())
    }

    /// Tries the users whose pages show whether answers repeat the rows of groups.
    pub(super) fn end_trial(&self, staging: &mut Staging) -> Result<()> {
        if staging.note(TRIAL)?.is_none() {
            return Ok(());
        }
        let rows = RowsOfPrincipals::staged(staging)?;
        self.try_tell_tales(staging, &rows, 0)
    }

    /// Tries the users with the most rows of groups, and at least `at_least` users. They also show whether principals
    /// may be listed at all.
    fn try_tell_tales(&self, staging: &mut Staging, rows: &RowsOfPrincipals, at_least: usize) -> Result<()> {
        let listed = "SELECT user_id FROM users ORDER BY user_id";
        let mut users: Vec<String> = select(staging.connection(), listed, |row| row.get(0))?;
        users.sort_by_cached_key(|user| Reverse(rows.of_groups(user)));
        let telling = users.iter().take_while(|user| rows.of_groups(user) > i64::from(PAGE)).count();
        users.truncate(telling.min(TELL_TALES).max(at_least));
        let tasks = users.into_iter().map(|user| trying("USER", user, PAGES_OF_TELL_TALES));
        add(staging, tasks, self.selection)
    }

    fn is_open(&self, staging: &Staging, counts: &Counts) -> Result<bool> {
        Ok(self.selection.has("account_assignments")
            && self.is_auto()
            && !self.dry_run
            && counts.pairs >= WORTH_A_TRIAL
            && !self.surely_by_pairs(counts)?
            && self.can_list_principals(staging)?)
    }

    /// Returns true if the last snapshot had similar counts, so that its rows predict the cost of listings.
    pub(super) fn history_helps(&self, staging: &Staging) -> Result<bool> {
        if !Counts::of(staging)?.resemble(&Counts::of_history(self.history)?) {
            return Ok(false);
        }
        let rows = RowsOfPrincipals::of_history(self.history)?;
        let has_members = !self.selection.has("group_memberships") || !rows.of_groups.is_empty();
        Ok(!rows.own.is_empty() && has_members)
    }
}

fn trying(principal_type: &str, principal_id: String, most_pages: u32) -> Task {
    SamplePrincipal { principal_type: principal_type.to_owned(), principal_id, most_pages }.into()
}

fn add(staging: &mut Staging, tasks: impl IntoIterator<Item = Task>, selection: &Selection) -> Result<()> {
    let ranked = tasks.into_iter().zip(0..);
    staging.add_tasks(ranked.map(|(task, rank)| task.queued_in(Stage::Sample, rank, selection)))
}
