//! The steps that list assignments by the strategy chosen, and then what it leaves over.

use std::collections::{BTreeSet, HashSet};
use std::hash::{DefaultHasher, Hash, Hasher};

use rusqlite::Connection;

use super::estimate::Counts;
use super::strategy::{STRATEGY, StrategyChoice};
use super::{Plan, count, gap, select};
use crate::collect::assignments::{ListPairAssignments, ListPrincipalAssignments, SamplePrincipal};
use crate::collect::identity_store::{DescribeGroup, DescribeUser};
use crate::collect::provisioning::{ListOutdatedAccounts, ListProvisionedAccounts};
use crate::collect::task::{Stage, Task};
use crate::error::{Error, Result};
use crate::model::{AccountAssignment, Scope};
use crate::store::{Failure, GapKind, Staging, failed};

impl Plan<'_> {
    /// Queues every provisioned pair, and notes which could not be counted.
    pub(super) fn list_pairs(&self, staging: &mut Staging, counts: &Counts) -> Result<()> {
        if counts.pairs == 0 && counts.permission_sets > 0 && self.selection.strategy == StrategyChoice::Auto
        {
            let reason = "no permission set is provisioned anywhere, and principals cannot be listed";
            staging.add_gap(&Scope::all::<AccountAssignment>(), &gap(GapKind::Failed, reason))?;
        }
        // Pairs that could not be counted hide their assignments.
        let counted = self.counted_permission_sets(staging)?;
        for (uncounted, failure) in self.uncounted(staging, &counted)? {
            let all = Scope::all::<AccountAssignment>();
            let scope = match uncounted {
                Uncounted::AllSets => all,
                Uncounted::Set(permission_set_arn) => all.with("permission_set_arn", &permission_set_arn),
            };
            staging.add_gap(&scope, &failure)?;
        }
        let pairs = provisioned_pairs(staging)?;
        self.queue(staging, pairs.into_iter().map(Into::into))
    }

    /// Queues every user and group, and notes which could not be counted.
    pub(super) fn list_principals(&self, staging: &mut Staging) -> Result<()> {
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
        let listed = self.listed_in_trial(staging)?;
        for (principal_type, principal_id) in &listed {
            let scope = Scope::all::<AccountAssignment>()
                .with("principal_type", principal_type)
                .with("principal_id", principal_id);
            staging.add_seen(&scope)?;
        }
        let principals: Vec<(String, String)> = select(
            staging.connection(),
            "SELECT 'GROUP', group_id FROM groups UNION ALL SELECT 'USER', user_id FROM users",
            |row| Ok((row.get(0)?, row.get(1)?)),
        )?;
        let left = principals.into_iter().filter(|principal| !listed.contains(principal));
        let tasks = left.map(|(principal_type, principal_id)| {
            ListPrincipalAssignments { principal_type, principal_id }.into()
        });
        self.queue(staging, tasks)
    }

    /// The principals that the trial listed to the end. One that showed nothing is listed once more where the last
    /// snapshot knows of something, or where its answer left the list out: an answer to the trial was not doubted.
    fn listed_in_trial(&self, staging: &Staging) -> Result<HashSet<(String, String)>> {
        let mut listed = HashSet::new();
        let left_out: HashSet<_> = staging.left_out_bodies(SamplePrincipal::KIND)?.into_iter().collect();
        for (body, pages) in staging.pages_of(SamplePrincipal::KIND)? {
            if left_out.contains(&body) {
                continue;
            }
            let Task::SamplePrincipal(SamplePrincipal { principal_type, principal_id, most_pages }) =
                parse(&body)?
            else {
                continue;
            };
            if pages < i64::from(most_pages) {
                listed.insert((principal_type, principal_id));
            }
        }
        let open = "SELECT count(*) FROM account_assignments_versions WHERE valid_to IS NULL";
        if listed.is_empty() || count(self.history, open)? == 0 {
            return Ok(listed);
        }
        let of = |connection, sql: &str| -> Result<HashSet<(String, String)>> {
            Ok(select(connection, sql, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
        };
        let shown = of(
            staging.connection(),
            "SELECT DISTINCT principal_type, principal_id FROM account_assignments",
        )?;
        let known = of(
            self.history,
            "SELECT DISTINCT principal_type, principal_id FROM account_assignments_versions
             WHERE valid_to IS NULL",
        )?;
        listed.retain(|principal| shown.contains(principal) || !known.contains(principal));
        Ok(listed)
    }

    /// Queues the pairs that the strategy left over.
    pub(super) fn list_remainder(&self, staging: &mut Staging) -> Result<()> {
        let pairs = match staging.note(STRATEGY)?.as_deref() {
            Some("principals") => self.remainder_of_principals(staging)?,
            Some("pairs") => self.remainder_of_pairs(staging)?,
            _ => return Ok(()),
        };
        staging.add_tasks(
            pairs
                .into_iter()
                .zip(0..)
                .map(|(pair, rank)| Task::from(pair).queued_in(Stage::Remainder, rank, self.selection)),
        )
    }

    /// Each provisioned pair without a staged row, and each pair that holds an open row which was not staged and
    /// whose principal was not listed.
    fn remainder_of_principals(&self, staging: &Staging) -> Result<Vec<ListPairAssignments>> {
        let without_a_row = "WHERE NOT EXISTS (
            SELECT 1 FROM account_assignments AS row
            WHERE row.account_id = pair.account_id AND row.permission_set_arn = pair.permission_set_arn)";
        // Where users or groups were left out, any pair may hold assignments of those that nobody listed.
        let which = if self.has_principals() { without_a_row } else { "" };
        let mut pairs = self.pairs_of(
            staging.connection(),
            &format!(
                "SELECT account_id, permission_set_arn FROM provisioned_permission_sets AS pair {which}"
            ),
        )?;
        pairs.extend(self.pairs_of_unlisted(staging)?);
        Ok(pairs.into_iter().map(|(account, set)| ListPairAssignments::of(account, set)).collect())
    }

    /// Each pair that holds an open row and is not provisioned, as far as that was seen. By principals such rows are
    /// shown where they still exist: that a pair is no longer provisioned does not end them.
    fn remainder_of_pairs(&self, staging: &Staging) -> Result<Vec<ListPairAssignments>> {
        let mut pairs = self.pairs_of(
            self.history,
            "SELECT DISTINCT account_id, permission_set_arn FROM account_assignments_versions
             WHERE valid_to IS NULL",
        )?;
        if pairs.is_empty() {
            return Ok(Vec::new());
        }
        let provisioned = self.pairs_of(
            staging.connection(),
            "SELECT account_id, permission_set_arn FROM provisioned_permission_sets",
        )?;
        let counted = self.counted_permission_sets(staging)?;
        let uncounted = self.uncounted(staging, &counted)?;
        let hides_all = uncounted.iter().any(|(one, _)| *one == Uncounted::AllSets);
        let hidden: HashSet<&str> = uncounted.iter().filter_map(|(one, _)| one.set()).collect();
        pairs.retain(|pair| {
            let set = pair.1.as_str();
            !provisioned.contains(pair) && (counted.contains(set) || !hides_all && !hidden.contains(set))
        });
        let unprovisioned = |(account_id, permission_set_arn)| ListPairAssignments {
            account_id,
            permission_set_arn,
            is_unprovisioned: true,
        };
        let mut pairs: Vec<_> = pairs.into_iter().map(unprovisioned).collect();
        spread(&mut pairs);
        Ok(pairs)
    }

    /// The pairs of account and permission set that a statement yields.
    fn pairs_of(&self, connection: &Connection, sql: &str) -> Result<BTreeSet<(String, String)>> {
        Ok(select(connection, sql, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
    }

    /// After *principals*: whether the remaining pairs hold rows that no principal's listing has shown, as far as is
    /// known. `None` where pairs are listed for another reason.
    pub(in crate::collect) fn remainder_holds_some(&self, staging: &Staging) -> Result<Option<bool>> {
        if staging.note(STRATEGY)?.as_deref() != Some("principals") || !self.has_principals() {
            return Ok(None);
        }
        Ok(Some(!self.pairs_of_unlisted(staging)?.is_empty()))
    }

    /// The pairs that hold an open row which was not staged and whose principal was not listed.
    fn pairs_of_unlisted(&self, staging: &Staging) -> Result<BTreeSet<(String, String)>> {
        let mut pairs = BTreeSet::new();
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
        Ok(pairs)
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

    fn listed_principals(&self, staging: &Staging) -> Result<HashSet<(String, String)>> {
        let mut listed = self.listed_in_trial(staging)?;
        for body in staging.seen_bodies("list_principal_assignments")? {
            match parse(&body)? {
                Task::ListPrincipalAssignments(task) => {
                    listed.insert((task.principal_type, task.principal_id))
                }
                other => unreachable!("{other:?} is queued under another kind"),
            };
        }
        Ok(listed)
    }

    /// What keeps permission sets from being counted, besides those that are.
    fn uncounted(
        &self,
        staging: &Staging,
        counted: &HashSet<String>,
    ) -> Result<Vec<(Uncounted, Failure)>> {
        let mut uncounted = Vec::new();
        for (task, failure) in self.failures(staging, Stage::Pairs)? {
            match task {
                Task::ListPermissionSets(_) => uncounted.push((Uncounted::AllSets, failure)),
                Task::ListOutdatedAccounts(ListOutdatedAccounts { permission_set_arn })
                | Task::ListProvisionedAccounts(ListProvisionedAccounts { permission_set_arn, .. })
                    if !counted.contains(&permission_set_arn) =>
                {
                    uncounted.push((Uncounted::Set(permission_set_arn), failure));
                }
                _ => {}
            }
        }
        Ok(uncounted)
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

    pub(super) fn failures(&self, staging: &Staging, stage: Stage) -> Result<Vec<(Task, Failure)>> {
        staging
            .failures(stage.name())?
            .into_iter()
            .map(|(body, failure)| Ok((parse(&body)?, failure)))
            .collect()
    }
}

/// Permission sets of which it is not known where they are provisioned.
#[derive(Debug, PartialEq, Eq)]
enum Uncounted {
    AllSets,
    Set(String),
}

impl Uncounted {
    fn set(&self) -> Option<&str> {
        match self {
            Self::AllSets => None,
            Self::Set(permission_set_arn) => Some(permission_set_arn),
        }
    }
}

/// A task as the queue stored it.
pub(super) fn parse(body: &str) -> Result<Task> {
    serde_json::from_str(body)
        .map_err(|error| Error::failed("the staging holds a task that cannot be read").caused_by(error))
}

pub(super) fn provisioned_pairs(staging: &Staging) -> Result<Vec<ListPairAssignments>> {
    let mut pairs = select(
        staging.connection(),
        "SELECT account_id, permission_set_arn FROM provisioned_permission_sets ORDER BY account_id, permission_set_arn",
        |row| Ok(ListPairAssignments::of(row.get(0)?, row.get(1)?)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_one_account_or_set_do_not_come_in_a_row() {
        let pair = |account: usize, set: usize| {
            let permission_set_arn = format!("arn:aws:sso:::permissionSet/ssoins-1/ps-{set:016}");
            ListPairAssignments::of(format!("{account:012}"), permission_set_arn)
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
