//! The steps that close the tree of OUs, and find the accounts' parents if ListAccounts does not send them.

use super::{Plan, count, gap, select, staged_rows};
use crate::collect::accounts::ListAccountsForParent;
use crate::collect::collector::{Collector, Stage};
use crate::collect::task::Task;
use crate::error::Result;
use crate::model::{Account, Entity, OrganizationalUnit, Resource, ServiceLastAccessed};
use crate::store::{GapKind, Staging};

impl Plan<'_> {
    /// Marks all OUs as seen once the children of every OU were listed. An OU that was not found is deleted, wherever
    /// it was.
    pub(super) fn close_tree(&self, staging: &mut Staging) -> Result<()> {
        let units = OrganizationalUnit::SPEC;
        let listed = self.selection.has(units.name) && staging.failures(Stage::Tree.name())?.is_empty();
        if listed { staging.add_seen(&units.all()) } else { Ok(()) }
    }

    /// Lists the accounts of each parent, if any account came without its path.
    pub(super) fn ask_parents(&self, staging: &mut Staging) -> Result<()> {
        if count(staging.connection(), "SELECT count(*) FROM accounts WHERE NOT whole")? == 0 {
            return Ok(());
        }
        if !staging.failures(Stage::Tree.name())?.is_empty() {
            let reason = "AWS sent no paths, and the tree of OUs could not be listed: the accounts' parents \
                          are not known";
            let failure = gap(GapKind::Failed, reason);
            staging.add_gap(&Account::SPEC.all(), &failure)?;
            staging.add_gap(&ServiceLastAccessed::SPEC.all_about(Entity::Account), &failure)?;
        }
        let parents = self.parents(staging)?;
        self.queue(staging, parents)
    }

    /// Records gaps for accounts that were in none of the parents: each was moved or deleted during the run.
    pub(super) fn give_up_on_parents(&self, staging: &mut Staging) -> Result<()> {
        let pathless = "SELECT account_id FROM accounts WHERE NOT whole";
        let lost: Vec<String> = select(staging.connection(), pathless, |row| row.get(0))?;
        for account_id in lost {
            let failure = gap(GapKind::Failed, "the account was under none of the OUs when they were listed");
            staging.add_gap(&ServiceLastAccessed::SPEC.all().with("entity_id", &account_id), &failure)?;
            staging.add_gap(&Account::SPEC.all().about(Entity::Account, &account_id), &failure)?;
        }
        Ok(())
    }

    fn parents(&self, staging: &Staging) -> Result<Vec<Task>> {
        let mut tasks = Vec::new();
        for parents in ListAccountsForParent::FOR_EACH.resources() {
            let of = |row| ListAccountsForParent::of(row, self.context).map(Task::from);
            tasks.extend(staged_rows(staging, parents)?.iter().filter_map(of));
        }
        Ok(tasks)
    }
}
