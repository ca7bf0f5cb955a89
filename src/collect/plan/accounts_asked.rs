//! The step that decides, once the accounts are known, which of them are asked themselves.

use std::collections::BTreeSet;

use super::{Plan, not_asked, staged_rows};
use crate::collect::accounts_asked::NotAsked;
use crate::collect::collector::Asked;
use crate::collect::task::CollectorSpec;
use crate::error::Result;
use crate::model::{Entity, Scope};
use crate::store::Staging;

impl Plan<'_> {
    /// Asks the accounts whose place was not known when they were listed, and records gaps for those that are not asked
    /// because of their state.
    pub(super) fn close_accounts(&self, staging: &mut Staging) -> Result<()> {
        if self.context.accounts.role().is_none() {
            return Ok(());
        }
        let mut tasks = Vec::new();
        let mut rows = Vec::new();
        let mut resources: Vec<_> = self
            .selection
            .asked_in_accounts()
            .flat_map(|spec| spec.for_each.resources().iter().copied())
            .collect();
        resources.sort_by_key(|resource| resource.name);
        resources.dedup_by_key(|resource| resource.name);
        for resource in resources {
            rows.extend(staged_rows(staging, resource)?);
        }
        for row in rows {
            let Some((_, account_id)) = row.entity() else { continue };
            match self.context.accounts.decide(&row, self.context.is_own_account(account_id)) {
                Ok(()) => {
                    let asked =
                        self.selection.asked_in_accounts().filter(|spec| spec.asked == Asked::AsListed);
                    tasks.extend(asked.flat_map(|spec| (spec.of)(&row, self.context)));
                }
                // One gap stands for all of these.
                Err(NotAsked::OtherAccount | NotAsked::OtherPlace) => {}
                Err(why @ NotAsked::NotActive) => {
                    for scope in self.scopes_in_accounts() {
                        staging
                            .add_gap(&scope.about(Entity::Account, account_id), &not_asked(why.reason()))?;
                    }
                }
            }
        }
        self.queue(staging, tasks)
    }

    /// Returns the scopes of all that is asked in accounts.
    pub(super) fn scopes_in_accounts(&self) -> BTreeSet<Scope> {
        self.selection.asked_in_accounts().map(CollectorSpec::whole).collect()
    }
}
