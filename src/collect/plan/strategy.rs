//! The choice of how assignments are listed.
//!
//! By *pairs* every provisioned pair of account and permission set is listed: complete. By *principals* every
//! user and group is: complete for living principals, and often ten times cheaper; afterwards the pairs that
//! may hold a deleted principal's assignments are listed too. Calls are counted before the choice.

use std::collections::BTreeMap;
use std::time::Duration;

use clap::ValueEnum;

use super::assignments::provisioned_pairs;
use super::estimate::{Beyond, Counts, Estimate};
use super::{Plan, count, duration, select};
use crate::aws::{Operation, Service};
use crate::collect::access_report;
use crate::collect::assignments::SamplePrincipal;
use crate::collect::progress::Progress;
use crate::collect::task::{Stage, Task};
use crate::error::Result;
use crate::store::{GapKind, Staging};

/// The note under which the staging keeps the strategy; the snapshot records it.
pub(super) const STRATEGY: &str = "assignment_strategy";
/// One in so many of the calls that sso-admin gets anyway may be spent on trying pairs, and as many on users.
const SAMPLE_SHARE: i64 = 250;
/// What a permission set costs by any strategy: six details and two listings of its accounts.
const CALLS_OF_A_SET: i64 = 8;
/// With fewer pairs than this, trying first costs more than a wrong choice.
const WORTH_A_SAMPLE: i64 = 250;
/// Where pairs are this many times cheaper, pages not counted yet cannot change the choice.
const SURELY_CHEAPER: i64 = 2;

/// How assignments are to be listed: `--assignments`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StrategyChoice {
    /// Count, then take the cheaper.
    Auto,
    /// Every provisioned pair of account and permission set.
    Pairs,
    /// Every user and group; management account only.
    Principals,
}

impl Plan<'_> {
    /// Whether pairs are the strategy however many users are still to be counted: assignments need not wait for
    /// them then.
    pub(super) fn pairs_are_certain(&mut self, staging: &Staging) -> Result<bool> {
        match self.selection.strategy {
            StrategyChoice::Principals => return Ok(false),
            StrategyChoice::Pairs => return Ok(true),
            StrategyChoice::Auto => {}
        }
        let pairs = Stage::Pairs.name();
        // Pairs that could not be counted can be reached only by listing principals.
        if self.taken.contains("assignments")
            || staging.has_open(&[pairs])?
            || !staging.failures(pairs)?.is_empty()
        {
            return Ok(false);
        }
        // Counting walks all users, so it is done ever more rarely.
        self.looks += 1;
        if !self.looks.is_power_of_two() {
            return Ok(false);
        }
        let counts = Counts::of(staging)?;
        Ok(counts.pairs > 0 && counts.principals() >= counts.pairs * SURELY_CHEAPER)
    }

    /// Tries a few listings of either kind where the choice is open and no former snapshot helps.
    pub(super) fn sample(&self, staging: &mut Staging) -> Result<()> {
        let counts = Counts::of(staging)?;
        let is_open = self.selection.has("account_assignments")
            && self.selection.strategy == StrategyChoice::Auto
            && !self.dry_run
            && counts.pairs >= WORTH_A_SAMPLE
            && counts.principals() < counts.pairs
            && self.can_list_principals(staging)?
            && !self.has_history()?;
        if !is_open {
            return Ok(());
        }
        let either_way = CALLS_OF_A_SET * counts.permission_sets + counts.principals();
        let few = usize::try_from(either_way / SAMPLE_SHARE).unwrap_or_default().max(2);
        // Where users have so many pages, pairs are cheaper whatever the others have.
        let most_pages =
            u32::try_from(2 * counts.pairs / counts.principals().max(1)).unwrap_or(u32::MAX).max(2);
        let users = select(
            staging.connection(),
            // By the end of an id: ids that were given one after another begin alike.
            &format!("SELECT user_id FROM users ORDER BY substr(user_id, -4), user_id LIMIT {few}"),
            |row| {
                let (principal_type, principal_id) = ("USER".to_owned(), row.get(0)?);
                Ok(SamplePrincipal { principal_type, principal_id, most_pages }.into())
            },
        )?;
        let pairs = provisioned_pairs(staging)?.into_iter().take(few).map(Task::from);
        staging.add_tasks(
            pairs
                .chain(users)
                .zip(0..)
                .map(|(task, rank)| task.queued_in(Stage::Sample, rank, self.selection)),
        )
    }

    /// Chooses the strategy, once, and queues its listings.
    pub(super) fn choose_strategy(&self, staging: &mut Staging, progress: &mut dyn Progress) -> Result<()> {
        if !self.selection.has("account_assignments") {
            return Ok(());
        }
        let counts = Counts::of(staging)?;
        let beyond = self.beyond(staging, &counts)?;
        let known = beyond.unwrap_or_default();
        let (pairs, principals) = (counts.by_pairs(&known), counts.by_principals(&known));
        let is_counted = !staging.has_open(&[Stage::Principals.name()])?;
        let chosen = match self.selection.strategy {
            StrategyChoice::Pairs => "pairs",
            StrategyChoice::Principals => "principals",
            // Only principals that are all known, and can be listed, are a choice.
            StrategyChoice::Auto if beyond.is_none() || !is_counted => "pairs",
            StrategyChoice::Auto => self.cheaper(staging, &counts, principals.calls < pairs.calls)?,
        };
        let chosen = staging.set_note(STRATEGY, chosen)?;
        let at_least = if is_counted { "" } else { "at least " };
        progress.say(&format!(
            "assignments: {} provisioned pairs ({}) or {at_least}{} users and groups ({}): listing by {chosen}",
            pairs.listings,
            self.cost(pairs, Operation::ListAccountAssignments),
            principals.listings,
            self.cost(principals, Operation::ListAccountAssignmentsForPrincipal),
        ));
        let chosen_calls = if chosen == "principals" { principals.calls } else { pairs.calls };
        self.tell_what_is_left(staging, chosen_calls, progress)?;
        if self.dry_run {
            return Ok(());
        }
        if chosen == "principals" { self.list_principals(staging) } else { self.list_pairs(staging, &counts) }
    }

    /// What listings cost beyond a call each. `None` where principals were tried, and none could be listed.
    fn beyond(&self, staging: &Staging, counts: &Counts) -> Result<Option<Beyond>> {
        if self.has_history()? {
            return Beyond::of_history(self.history).map(Some);
        }
        if staging.pages(SamplePrincipal::KIND)?.0 == 0 && staging.failures(Stage::Sample.name())?.is_empty()
        {
            return Ok(Some(Beyond::default()));
        }
        Beyond::sampled(staging, counts)
    }

    /// Says how much is left of the whole collection, beside how long the credentials still last.
    fn tell_what_is_left(&self, staging: &Staging, calls: i64, progress: &mut dyn Progress) -> Result<()> {
        let assignments = Service::SsoAdmin.name();
        let mut lanes: BTreeMap<String, i64> = BTreeMap::from([(assignments.to_owned(), calls)]);
        for counts in staging.task_counts()?.into_iter().filter(|counts| counts.lane != access_report::LANE) {
            *lanes.entry(counts.lane).or_default() += i64::try_from(counts.open).unwrap_or(i64::MAX);
        }
        let longest =
            lanes.iter().map(|(lane, calls)| *calls as f64 / self.context.rate_of(lane)).fold(0.0, f64::max);
        let reports = match self.expected_reports(staging)? {
            Some(0) => String::new(),
            Some(1) => ", and 1 access report beside them, 2 to 11 s".to_owned(),
            Some(reports) => format!(", and {reports} access reports beside them, 2 to 11 s each"),
            None => ", and access reports beside them, 2 to 11 s each".to_owned(),
        };
        progress.say(&format!(
            "about {} more calls {}, {}{reports}; the credentials {}",
            lanes.values().sum::<i64>(),
            if self.dry_run { "would follow" } else { "follow" },
            duration(Duration::from_secs_f64(longest)),
            self.context.credentials.end()
        ));
        Ok(())
    }

    fn cost(&self, estimate: Estimate, operation: Operation) -> String {
        let seconds = estimate.calls as f64 / self.context.aws.pacer(operation).rate();
        format!("{} calls, {}", estimate.calls, duration(Duration::from_secs_f64(seconds)))
    }

    fn cheaper(
        &self,
        staging: &Staging,
        counts: &Counts,
        principals_cost_less: bool,
    ) -> Result<&'static str> {
        let possible = self.can_list_principals(staging)?;
        // Nothing provisioned while there are permission sets: the provisioning is not to be believed.
        if counts.pairs == 0 && counts.permission_sets > 0 {
            let enumerable = staging.failures(Stage::Principals.name())?.is_empty() && self.has_principals();
            return Ok(if enumerable { "principals" } else { "pairs" });
        }
        // Pairs that cannot be counted cannot be listed either; principals still can, where there are permission
        // sets at all.
        let sets_are_hidden = self.failures(staging, Stage::Pairs)?.iter().any(|(task, failure)| {
            matches!(task, Task::ListPermissionSets(_)) && failure.kind != GapKind::Unavailable
        });
        if possible && sets_are_hidden {
            return Ok("principals");
        }
        Ok(if possible && principals_cost_less { "principals" } else { "pairs" })
    }

    /// Only the management account may list by principal, and only principals that can be enumerated.
    fn can_list_principals(&self, staging: &Staging) -> Result<bool> {
        Ok(self.context.is_management_account() == Some(true)
            && self.has_principals()
            && staging.failures(Stage::Principals.name())?.is_empty())
    }

    pub(super) fn has_principals(&self) -> bool {
        self.selection.has("users") && self.selection.has("groups")
    }

    fn has_history(&self) -> Result<bool> {
        let open = "SELECT EXISTS (SELECT 1 FROM account_assignments_versions WHERE valid_to IS NULL)";
        Ok(count(self.history, open)? > 0)
    }
}
