//! The identity of a database: the organization and the instance that it was collected from.

use std::path::Path;

use rusqlite::{Connection, OptionalExtension};

use super::file::Doing;
use super::now;
use crate::error::{Error, Result};

/// The organization and Identity Center instance that a database belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// The organization id `o-…`; `None` for an instance outside an organization, or if it may not be read.
    pub organization_id: Option<String>,
    /// The ARN of the Identity Center instance; `None` if there is none.
    pub instance_arn: Option<String>,
}

/// Returns the identity of the census; `None` until it is claimed.
pub(super) fn read(connection: &Connection) -> Result<Option<Identity>> {
    connection
        .query_row("SELECT organization_id, instance_arn FROM main.census", [], |row| {
            Ok(Identity { organization_id: row.get(0)?, instance_arn: row.get(1)? })
        })
        .optional()
        .doing("read whose census this is")
}

/// Claims the database at `path`; see [`Database::claim`](super::Database::claim).
pub(super) fn claim(connection: &Connection, path: &Path, identity: &Identity) -> Result<()> {
    let Some(owner) = read(connection)? else {
        if identity.organization_id.is_none() && identity.instance_arn.is_none() {
            return Ok(());
        }
        connection
            .execute(
                "INSERT INTO census (only_row, organization_id, instance_arn, created_at) VALUES (1, ?1, ?2, ?3)",
                (&identity.organization_id, &identity.instance_arn, now()),
            )
            .doing("claim the database for the organization")?;
        return Ok(());
    };
    let parts =
        [(&owner.organization_id, &identity.organization_id), (&owner.instance_arn, &identity.instance_arn)];
    let differs = parts.iter().any(|(mine, theirs)| mine.is_some() && theirs.is_some() && mine != theirs);
    let agrees = parts.iter().any(|(mine, theirs)| mine.is_some() && mine == theirs);
    if differs && owner.organization_id.is_some() && owner.organization_id == identity.organization_id {
        return Err(other_instance(path, &owner, identity));
    }
    if differs || !agrees {
        return Err(Error::failed(format!(
            "\"{}\" is the census of {}, and these credentials see {}",
            path.display(),
            described(&owner),
            described(identity)
        ))
        .hint("use one database per organization: name another file with --db")
        .hint("or use the credentials of the organization that this database belongs to (--profile)"));
    }
    let completes = parts.iter().any(|(mine, theirs)| mine.is_none() && theirs.is_some());
    if !completes {
        return Ok(());
    }
    connection
        .execute(
            "UPDATE census SET organization_id = coalesce(organization_id, ?1),
                 instance_arn = coalesce(instance_arn, ?2)",
            (&identity.organization_id, &identity.instance_arn),
        )
        .doing("complete the database's identity")?;
    Ok(())
}

/// Returns the error for the same organization with another instance. A new instance has new ids for everything, so in
/// one census all users, groups and permission sets would seem to be removed and others added.
fn other_instance(path: &Path, owner: &Identity, identity: &Identity) -> Error {
    let arn = |identity: &Identity| identity.instance_arn.clone().unwrap_or_default();
    let (old, new) = (arn(owner), arn(identity));
    let id = new.rsplit('/').next().unwrap_or(&new).to_owned();
    let organization = owner.organization_id.as_deref().unwrap_or("this organization");
    Error::failed(format!(
        "\"{}\" is the census of instance {old} of {organization}, whose instance is now {new}",
        path.display(),
    ))
    .hint(format!(
        "if IAM Identity Center was deleted and enabled again, keep this file as the old instance's history and \
         begin a new census: --db {id}.db"
    ))
    .hint(format!("if the organization has several instances, name this census's own: --instance-arn {old}"))
}

fn described(identity: &Identity) -> String {
    match (&identity.organization_id, &identity.instance_arn) {
        (Some(organization), Some(instance)) => {
            format!("organization {organization} with instance {instance}")
        }
        (Some(organization), None) => format!("organization {organization}"),
        (None, Some(instance)) => format!("instance {instance}"),
        (None, None) => "no organization and no instance".to_owned(),
    }
}
