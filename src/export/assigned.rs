//! The assignments of a snapshot, with what the forms that create them again need.

use std::collections::BTreeSet;

use super::folder::Skipped;
use super::permission_sets::PermissionSets;
use super::principals::{Name, Principals, optional, text};
use super::source::Source;
use crate::error::Result;
use crate::store::failed;

/// An assignment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Assigned {
    /// Id of the account.
    pub account_id: String,
    /// The state of the account; `None` if the snapshot has no such account.
    pub account_state: Option<String>,
    /// True if the account is the management account; `None` if that is not known.
    pub is_management_account: Option<bool>,
    /// ARN of the permission set.
    pub permission_set_arn: String,
    /// Name of the permission set, if it is known.
    pub permission_set_name: Option<String>,
    /// USER or GROUP.
    pub principal_type: String,
    /// Id of the user or group.
    pub principal_id: String,
    /// The name of the user or group.
    pub principal: Name,
}

impl Assigned {
    /// Returns the reason why no assignment can be created in the account; `None` if one can.
    pub fn not_active(&self) -> Option<&'static str> {
        match self.account_state.as_deref() {
            Some("ACTIVE") => None,
            Some(_) => Some("the account is not active"),
            None => Some(NOT_LISTED),
        }
    }
}

const NOT_LISTED: &str = "the account was not seen in the organization";

/// Leaves out assignments in accounts that the snapshot does not have, such as one that left the organization. Nothing
/// can be created or imported there.
pub fn keep_listed(assigned: &mut Vec<Assigned>, skipped: &mut Skipped) {
    assigned.retain(|one| {
        let is_listed = one.account_state.is_some();
        if !is_listed {
            let set = one.permission_set_name.as_deref().unwrap_or(&one.permission_set_arn);
            let what = format!("{} {set} {} {}", one.account_id, one.principal_type, one.principal_id);
            skipped.add("assignment", what, NOT_LISTED);
        }
        is_listed
    });
}

/// Reads the assignments that the filters keep. `form` is the name in the error for a filter that cannot narrow them.
pub fn read(source: &Source<'_>, form: &str) -> Result<Vec<Assigned>> {
    let principals = Principals::read(source)?;
    let mut all = Vec::new();
    source.narrowed(form, include_str!("sql/assignments.sql"), |row| {
        let (kind, id) = (text(row, 6)?, text(row, 7)?);
        all.push(Assigned {
            account_id: text(row, 0)?,
            account_state: optional(row, 2)?,
            is_management_account: row.get(3).map_err(failed)?,
            permission_set_arn: text(row, 4)?,
            permission_set_name: optional(row, 5)?,
            principal: principals.name(&kind, &id, optional(row, 8)?, row.get(9).map_err(failed)?),
            principal_type: kind,
            principal_id: id,
        });
        Ok(())
    })?;
    Ok(all)
}

/// If filters narrow the assignments, keeps only the permission sets that the remaining ones name. A request for one
/// account does not ask for the sets of other accounts.
pub fn keep_named(source: &Source<'_>, sets: &mut PermissionSets, assigned: &[Assigned]) {
    if source.is_narrowed() {
        let named: BTreeSet<&str> = assigned.iter().map(|one| one.permission_set_arn.as_str()).collect();
        sets.whole.retain(|arn, _| named.contains(arn.as_str()));
        sets.unseen.retain(|arn, _| named.contains(arn.as_str()));
    }
}
