//! The pairs that are listed after the chosen strategy, because it leaves them over.

use std::collections::{BTreeSet, HashSet};

use rusqlite::Connection;

use super::assignments::{Uncounted, spread};
use super::{Plan, select};
use crate::collect::assignments::{ListPairAssignments, ListPrincipalAssignments};
use crate::collect::collector::{Stage, Strategy};
use crate::collect::task::{Kind, Task};
use crate::error::Result;
use crate::store::{Staging, failed};

impl Plan<'_> {
    /// Queues the pairs that the strategy left over.
    pub(super) fn list_remainder(&self, staging: &mut Staging) -> Result<()> {
        let pairs = match self.chosen(staging)? {
            Some(Strategy::Principals) => self.remainder_of_principals(staging)?,
            Some(Strategy::Pairs) => self.remainder_of_pairs(staging)?,
            None => return Ok(()),
        };
        staging.add_tasks(
            pairs
                .into_iter()
                .zip(0..)
                .map(|(pair, rank)| Task::from(pair).queued_in(Stage::Remainder, rank, self.selection)),
        )
    }

    /// Returns each provisioned pair without a staged row, and each pair with an open row that was not staged and whose
    /// principal was not listed.
    fn remainder_of_principals(&self, staging: &Staging) -> Result<Vec<ListPairAssignments>> {
        let without_a_row = "WHERE NOT EXISTS (
            SELECT 1 FROM account_assignments AS row
            WHERE row.account_id = pair.account_id AND row.permission_set_arn = pair.permission_set_arn)";
        // If users or groups were left out, any pair may hold assignments of principals that were not listed.
        let which = if self.has_principals() { without_a_row } else { "" };
        let mut pairs = self.pairs_of(
            staging.connection(),
            &format!(
                "SELECT account_id, permission_set_arn FROM provisioned_permission_sets AS pair {which}"
            ),
        )?;
        pairs.extend(self.pairs_of_unlisted(staging)?);
        Ok(pairs.into_iter().map(|(account, set)| ListPairAssignments::pair(account, set)).collect())
    }

    /// Returns each pair that has an open row and is not known to be provisioned. Such assignments may still exist: a
    /// listing by principals shows them. A pair that is no longer provisioned does not prove that they ended.
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

    /// Returns the pairs of account and permission set that a statement yields.
    fn pairs_of(&self, connection: &Connection, sql: &str) -> Result<BTreeSet<(String, String)>> {
        Ok(select(connection, sql, |row| Ok((row.get(0)?, row.get(1)?)))?.into_iter().collect())
    }

    /// Decides, after *principals*, whether the remaining pairs are known to hold rows that no principal's listing has
    /// shown. `None` if pairs are listed for another reason.
    pub(in crate::collect) fn remainder_holds_some(&self, staging: &Staging) -> Result<Option<bool>> {
        if self.chosen(staging)? != Some(Strategy::Principals) || !self.has_principals() {
            return Ok(None);
        }
        Ok(Some(!self.pairs_of_unlisted(staging)?.is_empty()))
    }

    /// Returns the pairs with an open row that was not staged and whose principal was not listed.
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

    fn listed_principals(&self, staging: &Staging) -> Result<HashSet<(String, String)>> {
        let mut listed = self.listed_in_trial(staging)?;
        for body in staging.seen_bodies(ListPrincipalAssignments::KIND)? {
            match Task::of_body(&body)? {
                Task::ListPrincipalAssignments(task) => {
                    listed.insert((task.principal_type, task.principal_id))
                }
                other => unreachable!("{other:?} is queued under another kind"),
            };
        }
        Ok(listed)
    }
}
