//! The steps that list assignments with the chosen strategy. `remainder` lists the pairs that it leaves over.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::estimate::Counts;
use super::{Plan, count, gap, select};
use crate::collect::assignments::{
    ListPairAssignments, ListPrincipalAssignments, SamplePrincipal, assignments_of,
};
use crate::collect::collector::Stage;
use crate::collect::graph;
use crate::collect::provisioning::{ListOutdatedAccounts, ListProvisionedAccounts};
use crate::collect::selection::StrategyChoice;
use crate::collect::task::{Kind, Task};
use crate::error::Result;
use crate::model::{AccountAssignment, Entity, Resource, Row};
use crate::store::{Failure, GapKind, Staging};

impl Plan<'_> {
    /// Queues every provisioned pair, and records gaps for the pairs that could not be counted.
    pub(super) fn list_pairs(&self, staging: &mut Staging, counts: &Counts) -> Result<()> {
        let all = AccountAssignment::SPEC.all();
        if counts.pairs == 0 && counts.permission_sets > 0 && self.selection.strategy == StrategyChoice::Auto
        {
            let reason = "no permission set is provisioned anywhere, and principals cannot be listed";
            staging.add_gap(&all, &gap(GapKind::Failed, reason))?;
        }
        // Pairs that could not be counted hide their assignments.
        let counted = self.counted_permission_sets(staging)?;
        for (uncounted, failure) in self.uncounted(staging, &counted)? {
            let scope = match uncounted {
                Uncounted::AllSets => all.clone(),
                Uncounted::Set(arn) => all.clone().about(Entity::PermissionSet, &arn),
            };
            staging.add_gap(&scope, &failure)?;
        }
        let pairs = provisioned_pairs(staging)?;
        self.queue(staging, pairs.into_iter().map(Into::into))
    }

    /// Queues every user and group, and records gaps for the principals that could not be listed.
    pub(super) fn list_principals(&self, staging: &mut Staging) -> Result<()> {
        for (task, failure) in self.failures(staging, Stage::Principals)? {
            if let Some(entity) = Entity::of_resource(task.spec().rows.name) {
                staging.add_gap(&AccountAssignment::SPEC.all_about(entity), &failure)?;
            }
        }
        let listed = self.listed_in_trial(staging)?;
        for (principal_type, principal_id) in &listed {
            staging.add_seen(&assignments_of(principal_type, principal_id))?;
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

    /// Returns the principals that the trial listed completely. A principal whose listing showed no row is listed again
    /// if the last snapshot has a row of it, or if the answer omitted the list, because the trial trusts every answer.
    pub(super) fn listed_in_trial(&self, staging: &Staging) -> Result<HashSet<(String, String)>> {
        let mut listed = HashSet::new();
        let left_out: HashSet<_> = staging.left_out_bodies(SamplePrincipal::KIND)?.into_iter().collect();
        for (body, pages) in staging.pages_of(SamplePrincipal::KIND)? {
            if left_out.contains(&body) {
                continue;
            }
            let Task::SamplePrincipal(SamplePrincipal { principal_type, principal_id, most_pages }) =
                Task::of_body(&body)?
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

    /// Describes the principals that assignments name, in a store that cannot be listed.
    pub(super) fn name_principals(&self, staging: &mut Staging) -> Result<()> {
        for (task, failure) in self.failures(staging, Stage::Principals)? {
            if failure.kind != GapKind::Unavailable {
                continue;
            }
            let named = self.named_principals(staging, task.spec().rows.name)?;
            for spec in graph::instead_of(task.operation()) {
                self.queue(staging, named.iter().flat_map(|row| (spec.of)(row, self.context)))?;
            }
        }
        Ok(())
    }

    /// Returns assignments of users, or of groups, one for each principal.
    fn named_principals(&self, staging: &Staging, resource: &str) -> Result<Vec<Row>> {
        let assignments = AccountAssignment::SPEC;
        let entity = Entity::of_resource(resource);
        let Some(principal) = entity.and_then(|entity| assignments.about(entity).next()) else {
            return Ok(Vec::new());
        };
        let Some((type_column, principal_type)) = principal.of else { return Ok(Vec::new()) };
        let sql = format!(
            "SELECT DISTINCT {id} FROM {table} WHERE {type_column} = '{principal_type}'",
            id = principal.id,
            table = assignments.name,
        );
        select(staging.connection(), &sql, |row| {
            let named = AccountAssignment {
                principal_type: principal_type.to_owned(),
                principal_id: row.get(0)?,
                ..AccountAssignment::default()
            };
            Ok(Row::key_only(&named))
        })
    }

    /// Returns the failures that keep permission sets from being counted, except for the sets that are counted.
    pub(super) fn uncounted(
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

    /// Returns the permission sets whose provisioned accounts are all known.
    pub(super) fn counted_permission_sets(&self, staging: &Staging) -> Result<HashSet<String>> {
        staging
            .seen_bodies(ListProvisionedAccounts::KIND)?
            .into_iter()
            .map(|body| match Task::of_body(&body)? {
                Task::ListProvisionedAccounts(task) => Ok(task.permission_set_arn),
                other => unreachable!("{other:?} is queued under another kind"),
            })
            .collect()
    }

    pub(super) fn failures(&self, staging: &Staging, stage: Stage) -> Result<Vec<(Task, Failure)>> {
        staging
            .failures(stage.name())?
            .into_iter()
            .map(|(body, failure)| Ok((Task::of_body(&body)?, failure)))
            .collect()
    }
}

/// Permission sets whose provisioned accounts are not all known.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Uncounted {
    AllSets,
    Set(String),
}

impl Uncounted {
    pub(super) fn set(&self) -> Option<&str> {
        match self {
            Self::AllSets => None,
            Self::Set(permission_set_arn) => Some(permission_set_arn),
        }
    }
}

pub(super) fn provisioned_pairs(staging: &Staging) -> Result<Vec<ListPairAssignments>> {
    let mut pairs = select(
        staging.connection(),
        "SELECT account_id, permission_set_arn FROM provisioned_permission_sets ORDER BY account_id, permission_set_arn",
        |row| Ok(ListPairAssignments::pair(row.get(0)?, row.get(1)?)),
    )?;
    spread(&mut pairs);
    Ok(pairs)
}

/// Sorts pairs into a pseudo-random but stable order, so that neighbours belong to different accounts and permission
/// sets. If one account or set is denied, its refusals do not follow each other then. Consecutive refusals would stop
/// the whole listing.
pub(super) fn spread(pairs: &mut [ListPairAssignments]) {
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
            ListPairAssignments::pair(format!("{account:012}"), permission_set_arn)
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
