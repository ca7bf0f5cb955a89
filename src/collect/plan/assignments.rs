//! The steps that choose how assignments are listed, and list what the choice leaves over.
//!
//! By *pairs* every provisioned pair of account and permission set is listed: complete. By *principals* every
//! user and group is: complete for living principals, and often ten times cheaper; afterwards the pairs that
//! may hold a deleted principal's assignments are listed too. Calls are counted before the choice.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use clap::ValueEnum;
use rusqlite::Connection;

use super::estimate::{Beyond, Counts, Estimate};
use super::{Plan, duration, gap};
use crate::aws::{Operation, Service};
use crate::collect::access_report;
use crate::collect::assignments::{ListPairAssignments, ListPrincipalAssignments, SamplePrincipal};
use crate::collect::identity_store::{DescribeGroup, DescribeUser};
use crate::collect::progress::Progress;
use crate::collect::provisioning::{ListOutdatedAccounts, ListProvisionedAccounts};
use crate::collect::task::{Stage, Task};
use crate::error::{Error, Result};
use crate::model::{AccountAssignment, Scope};
use crate::store::{Failure, GapKind, Staging, failed};

/// The note under which the staging keeps the strategy; the snapshot records it.
const STRATEGY: &str = "assignment_strategy";
/// One in so many of the calls that sso-admin gets anyway may be spent on trying pairs, and as many on users.
const SAMPLE_SHARE: i64 = 250;
/// What a permission set costs by any strategy: six details and two listings of its accounts.
const CALLS_OF_A_SET: i64 = 8;
/// With fewer pairs than this, trying first costs more than a wrong choice.
const WORTH_A_SAMPLE: i64 = 250;
/// Of pairs so much cheaper no page that is not counted yet changes the choice.
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
        if self.taken.contains("assignments") || staging.has_open(&[Stage::Pairs.name()])? {
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
        staging.add_tasks(pairs.chain(users).zip(0..).map(|(task, rank)| task.queued_in(Stage::Sample, rank)))
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

    fn has_principals(&self) -> bool {
        self.selection.has("users") && self.selection.has("groups")
    }

    fn list_pairs(&self, staging: &mut Staging, counts: &Counts) -> Result<()> {
        if counts.pairs == 0 && counts.permission_sets > 0 && self.selection.strategy == StrategyChoice::Auto
        {
            let reason = "no permission set is provisioned anywhere, and principals cannot be listed";
            staging.add_gap(&Scope::all::<AccountAssignment>(), &gap(GapKind::Failed, reason))?;
        }
        // Pairs that could not be counted hide their assignments.
        let counted = self.counted_permission_sets(staging)?;
        for (task, failure) in self.failures(staging, Stage::Pairs)? {
            let all = Scope::all::<AccountAssignment>();
            let scope = match task {
                Task::ListPermissionSets(_) => all,
                Task::ListOutdatedAccounts(ListOutdatedAccounts { permission_set_arn })
                | Task::ListProvisionedAccounts(ListProvisionedAccounts { permission_set_arn, .. })
                    if !counted.contains(&permission_set_arn) =>
                {
                    all.with("permission_set_arn", &permission_set_arn)
                }
                _ => continue,
            };
            staging.add_gap(&scope, &failure)?;
        }
        let pairs = provisioned_pairs(staging)?;
        self.queue(staging, pairs.into_iter().map(Into::into))
    }

    fn list_principals(&self, staging: &mut Staging) -> Result<()> {
        for (task, failure) in self.failures(staging, Stage::Principals)? {
            let principal_type = match task {
                Task::ListUsers(_) => "USER",
                Task::ListGroups(_) => "GROUP",
                _ => continue,
            };
            staging.add_gap(
                &Scope::all::<AccountAssignment>().with("principal_type", principal_type),
                &failure,
            )?;
        }
        let tasks = select(
            staging.connection(),
            "SELECT 'GROUP', group_id FROM groups UNION ALL SELECT 'USER', user_id FROM users",
            |row| {
                Ok(ListPrincipalAssignments { principal_type: row.get(0)?, principal_id: row.get(1)? }.into())
            },
        )?;
        self.queue(staging, tasks)
    }

    /// After *principals*: each provisioned pair without a staged row, and each pair that holds an open row
    /// which was not staged and whose principal was not listed.
    pub(super) fn list_remainder(&self, staging: &mut Staging) -> Result<()> {
        if staging.note(STRATEGY)?.as_deref() != Some("principals") {
            return Ok(());
        }
        let without_a_row = "WHERE NOT EXISTS (
            SELECT 1 FROM account_assignments AS row
            WHERE row.account_id = pair.account_id AND row.permission_set_arn = pair.permission_set_arn)";
        // Where users or groups were left out, any pair may hold assignments of those that nobody listed.
        let which = if self.has_principals() { without_a_row } else { "" };
        let mut pairs: BTreeSet<(String, String)> = select(
            staging.connection(),
            &format!(
                "SELECT account_id, permission_set_arn FROM provisioned_permission_sets AS pair {which}"
            ),
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?
        .into_iter()
        .collect();
        let listed = self.listed_principals(staging)?;
        let mut is_staged = staging
            .connection()
            .prepare(
                "SELECT EXISTS (SELECT 1 FROM account_assignments
                 WHERE account_id = ?1 AND permission_set_arn = ?2 AND principal_type = ?3 AND principal_id = ?4)",
            )
            .map_err(failed)?;
        let mut open = self
            .history
            .prepare(
                "SELECT account_id, permission_set_arn, principal_type, principal_id
                 FROM account_assignments_versions WHERE valid_to IS NULL",
            )
            .map_err(failed)?;
        let mut rows = open.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            let mut key: [String; 4] = Default::default();
            for (index, value) in key.iter_mut().enumerate() {
                *value = row.get(index).map_err(failed)?;
            }
            let [account_id, permission_set_arn, principal_type, principal_id] = key;
            if listed.contains(&(principal_type.clone(), principal_id.clone())) {
                continue;
            }
            let staged: bool = is_staged
                .query_row([&account_id, &permission_set_arn, &principal_type, &principal_id], |row| {
                    row.get(0)
                })
                .map_err(failed)?;
            if !staged {
                pairs.insert((account_id, permission_set_arn));
            }
        }
        drop(rows);
        drop((open, is_staged));
        staging.add_tasks(pairs.into_iter().zip(0..).map(|((account_id, permission_set_arn), rank)| {
            Task::from(ListPairAssignments { account_id, permission_set_arn })
                .queued_in(Stage::Remainder, rank)
        }))
    }

    /// In a store that cannot be listed: describes the principals that assignments name.
    pub(super) fn name_principals(&self, staging: &mut Staging) -> Result<()> {
        for (task, failure) in self.failures(staging, Stage::Principals)? {
            if failure.kind != GapKind::Unavailable {
                continue;
            }
            let principal_type = match task {
                Task::ListUsers(_) => "USER",
                Task::ListGroups(_) => "GROUP",
                _ => continue,
            };
            let ids: Vec<String> = select(
                staging.connection(),
                &format!(
                    "SELECT DISTINCT principal_id FROM account_assignments WHERE principal_type = '{principal_type}'"
                ),
                |row| row.get(0),
            )?;
            let tasks: Vec<Task> = ids
                .into_iter()
                .map(|id| match principal_type {
                    "USER" => DescribeUser { user_id: id }.into(),
                    _ => DescribeGroup { group_id: id }.into(),
                })
                .collect();
            self.queue(staging, tasks)?;
        }
        Ok(())
    }

    fn has_history(&self) -> Result<bool> {
        let open = "SELECT EXISTS (SELECT 1 FROM account_assignments_versions WHERE valid_to IS NULL)";
        Ok(count(self.history, open)? > 0)
    }

    fn listed_principals(&self, staging: &Staging) -> Result<HashSet<(String, String)>> {
        staging
            .seen_bodies("list_principal_assignments")?
            .into_iter()
            .map(|body| match parse(&body)? {
                Task::ListPrincipalAssignments(task) => Ok((task.principal_type, task.principal_id)),
                other => unreachable!("{other:?} is queued under another kind"),
            })
            .collect()
    }

    /// The permission sets of which every provisioned account is known.
    fn counted_permission_sets(&self, staging: &Staging) -> Result<HashSet<String>> {
        staging
            .seen_bodies("list_provisioned_accounts")?
            .into_iter()
            .map(|body| match parse(&body)? {
                Task::ListProvisionedAccounts(task) => Ok(task.permission_set_arn),
                other => unreachable!("{other:?} is queued under another kind"),
            })
            .collect()
    }

    fn failures(&self, staging: &Staging, stage: Stage) -> Result<Vec<(Task, Failure)>> {
        staging
            .failures(stage.name())?
            .into_iter()
            .map(|(body, failure)| Ok((parse(&body)?, failure)))
            .collect()
    }
}

/// A task as the queue stored it.
fn parse(body: &str) -> Result<Task> {
    serde_json::from_str(body)
        .map_err(|error| Error::failed("the staging holds a task that cannot be read").caused_by(error))
}

fn provisioned_pairs(staging: &Staging) -> Result<Vec<ListPairAssignments>> {
    let mut pairs = select(
        staging.connection(),
        "SELECT account_id, permission_set_arn FROM provisioned_permission_sets ORDER BY account_id, permission_set_arn",
        |row| Ok(ListPairAssignments { account_id: row.get(0)?, permission_set_arn: row.get(1)? }),
    )?;
    spread(&mut pairs);
    Ok(pairs)
}

/// Brings pairs into an order of no meaning, the same each time: neighbours are of different accounts and sets.
/// Where one account or set may not be read, its refusals do not come in a row then, which would end the listing
/// of all.
fn spread(pairs: &mut [ListPairAssignments]) {
    pairs.sort_by_cached_key(|pair| {
        let mut hasher = DefaultHasher::new();
        (&pair.account_id, &pair.permission_set_arn).hash(&mut hasher);
        hasher.finish()
    });
}

fn select<T>(
    connection: &Connection,
    sql: &str,
    read: impl FnMut(&rusqlite::Row<'_>) -> rusqlite::Result<T>,
) -> Result<Vec<T>> {
    let mut statement = connection.prepare(sql).map_err(failed)?;
    let rows = statement.query_map([], read).map_err(failed)?;
    rows.collect::<Result<_, _>>().map_err(failed)
}

pub(super) fn count(connection: &Connection, sql: &str) -> Result<i64> {
    connection.query_row(sql, [], |row| row.get(0)).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_one_account_or_set_do_not_come_in_a_row() {
        let pair = |account: usize, set: usize| ListPairAssignments {
            account_id: format!("{account:012}"),
            permission_set_arn: format!("arn:aws:sso:::permissionSet/ssoins-1/ps-{set:016}"),
        };
        let mut pairs: Vec<_> =
            (0..40).flat_map(|account| (0..40).map(move |set| pair(account, set))).collect();
        spread(&mut pairs);
        let row_of = |same: fn(&ListPairAssignments, &ListPairAssignments) -> bool| {
            pairs.chunk_by(same).map(<[_]>::len).max().unwrap()
        };
        assert!(row_of(|a, b| a.account_id == b.account_id) < 5);
        assert!(row_of(|a, b| a.permission_set_arn == b.permission_set_arn) < 5);
    }
}
