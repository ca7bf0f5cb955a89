//! The steps that try listings of each kind where the choice of a strategy is open and no snapshot helps.
//!
//! Groups are listed first: *principals* needs them anyway, and with the memberships they tell how many rows of
//! groups a user's answer repeats. What is assigned to users themselves is scaled up from a few.

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

/// The note under which the staging keeps that there is a trial.
const TRIAL: &str = "trial";
/// With fewer pairs than this, trying first costs more than a wrong choice.
const WORTH_A_TRIAL: i64 = 250;
/// One in so many users and pairs is tried.
const SHARE: i64 = 100;
/// At least so many are, and at most so many.
const FEWEST: i64 = 40;
const MOST: i64 = 400;
/// So many users of those with the most rows of groups are tried: only they may have several pages.
const TELL_TALES: usize = 2;
/// A second page tells that users' answers repeat what is their groups'.
const PAGES_OF_TELL_TALES: u32 = 2;
/// A user with more pages has them from groups, whose rows are known: no more than these are worth a call.
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
            // By the end of an id: ids that were given one after another begin alike.
            &format!(
                "SELECT user_id FROM users ORDER BY substr(user_id, -4), user_id LIMIT {}",
                few(counts.users)
            ),
            |row| Ok(trying("USER", row.get(0)?, PAGES_OF_USERS)),
        )?;
        let pairs = provisioned_pairs(staging)?.into_iter().take(few(counts.pairs)).map(Task::from);
        // Those that tell whether principals may be listed at all come first.
        add(staging, users.into_iter().chain(groups).chain(pairs), self.selection)
    }

    /// Whether the choice waits for the memberships: without them nothing tells how many rows users' answers have.
    pub(super) fn waits_for_memberships(&self, staging: &Staging) -> Result<bool> {
        Ok(staging.note(TRIAL)?.is_some())
    }

    /// Tries those users whose pages tell whether answers repeat the rows of groups.
    pub(super) fn end_trial(&self, staging: &mut Staging) -> Result<()> {
        if staging.note(TRIAL)?.is_none() {
            return Ok(());
        }
        let rows = RowsOfPrincipals::staged(staging)?;
        self.try_tell_tales(staging, &rows, 0)
    }

    /// Tries the users with the most rows of groups, and at least so many: whether principals may be listed at all
    /// is told too.
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

    /// Whether the last snapshot held about as much, so that it tells what listings cost.
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
