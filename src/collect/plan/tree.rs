//! The steps that close the tree of OUs and find the accounts' parents where ListAccounts does not say.

use super::{Plan, count, gap, select};
use crate::collect::accounts::ListAccountsForParent;
use crate::collect::organization::organization_of_arn;
use crate::collect::task::{Stage, Task};
use crate::error::Result;
use crate::model::{Account, OrganizationalUnit, Scope, ServiceLastAccessed};
use crate::store::{GapKind, Staging};

impl Plan<'_> {
    /// Every OU's children were listed: whatever was not found is gone, wherever it was.
    pub(super) fn close_tree(&self, staging: &mut Staging) -> Result<()> {
        let listed =
            self.selection.has("organizational_units") && staging.failures(Stage::Tree.name())?.is_empty();
        if listed { staging.add_seen(&Scope::all::<OrganizationalUnit>()) } else { Ok(()) }
    }

    /// Asks each parent for its accounts, if any account came without its path.
    pub(super) fn ask_parents(&self, staging: &mut Staging) -> Result<()> {
        if count(staging.connection(), "SELECT count(*) FROM accounts WHERE NOT whole")? == 0 {
            return Ok(());
        }
        if !staging.failures(Stage::Tree.name())?.is_empty() {
            let reason = "AWS sent no paths, and the tree of OUs could not be listed: the accounts' parents \
                          are not known";
            let failure = gap(GapKind::Failed, reason);
            staging.add_gap(&Scope::all::<Account>(), &failure)?;
            staging.add_gap(&Scope::all::<ServiceLastAccessed>().with("entity_type", "account"), &failure)?;
        }
        let parents = self.parents(staging)?;
        self.queue(staging, parents)
    }

    /// An account that was under none of the parents when they were asked: moved, or gone, in mid-run.
    pub(super) fn give_up_on_parents(&self, staging: &mut Staging) -> Result<()> {
        let pathless = "SELECT account_id FROM accounts WHERE NOT whole";
        let lost: Vec<String> = select(staging.connection(), pathless, |row| row.get(0))?;
        for account_id in lost {
            let failure = gap(GapKind::Failed, "the account was under none of the OUs when they were listed");
            staging.add_gap(&Scope::all::<ServiceLastAccessed>().with("entity_id", &account_id), &failure)?;
            staging.add_gap(&Scope::all::<Account>().with("account_id", &account_id), &failure)?;
        }
        Ok(())
    }

    fn parents(&self, staging: &Staging) -> Result<Vec<Task>> {
        let parents = "SELECT root_id, NULL, arn FROM roots
                       UNION ALL SELECT ou_id, entity_path, NULL FROM organizational_units";
        select(staging.connection(), parents, |row| {
            let parent_id: String = row.get(0)?;
            let path: Option<String> = row.get(1)?;
            let arn: Option<String> = row.get(2)?;
            let organization =
                self.context.organization_id().or_else(|| arn.as_deref().and_then(organization_of_arn));
            let parent_path =
                path.or_else(|| organization.map(|organization| format!("{organization}/{parent_id}")));
            Ok(ListAccountsForParent { parent_id, parent_path }.into())
        })
    }
}
