//! The names of principals in forms. A deleted principal and an unknown one are written differently.

use std::collections::HashMap;

use rusqlite::Row;

use super::source::{Source, Unseen};
use crate::error::Result;
use crate::store::failed;

/// The name of a principal with an assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Name {
    /// The principal exists, and has this name. A principal without a name is known by its id.
    Known(String),
    /// The principal with this id was not seen, which does not mean that it was deleted.
    NotSeen(String),
    /// The principal was deleted.
    Gone,
}

impl Name {
    /// Returns the name in a report: empty for a deleted principal, and only for that.
    pub fn in_report(&self) -> Option<String> {
        match self {
            Self::Known(name) => Some(name.clone()),
            Self::NotSeen(id) => Some(format!("(not seen: {id})")),
            Self::Gone => None,
        }
    }
}

/// The principals whose identity or members are unknown.
pub struct Principals {
    reasons: HashMap<(String, String), String>,
}

impl Principals {
    /// Reads the principals of the snapshot.
    pub fn read(source: &Source<'_>) -> Result<Self> {
        let mut reasons = HashMap::new();
        // The statement reads the list of unseen principals. It bypasses `source`, so it adds nothing to what the form
        // reports as unseen.
        let mut statement = source
            .census()
            .connection()
            .prepare(include_str!("sql/unseen_principals.sql"))
            .map_err(failed)?;
        let mut rows = statement.query([]).map_err(failed)?;
        while let Some(row) = rows.next().map_err(failed)? {
            reasons.insert((text(row, 0)?, text(row, 1)?), text(row, 2)?);
        }
        Ok(Self { reasons })
    }

    /// Returns the principal's name.
    pub fn name(&self, kind: &str, id: &str, name: Option<String>, is_known: bool) -> Name {
        match name {
            Some(name) => Name::Known(name),
            None if is_known => Name::Known(id.to_owned()),
            None if self.reason(kind, id) == Some("principal_not_listed") => Name::NotSeen(id.to_owned()),
            None => Name::Gone,
        }
    }

    /// Returns true if the members of the group were not seen.
    pub fn members_are_unseen(&self, group_id: &str) -> bool {
        matches!(self.reason("GROUP", group_id), Some("members_not_listed" | "principal_not_listed"))
    }

    fn reason(&self, kind: &str, id: &str) -> Option<&str> {
        self.reasons.get(&(kind.to_owned(), id.to_owned())).map(String::as_str)
    }
}

/// A member of a group.
#[derive(Debug, Clone)]
pub struct Member {
    /// Id of the user.
    pub user_id: String,
    /// The user's name. A deleted user has no access and is not listed.
    pub name: Name,
    /// ENABLED or DISABLED.
    pub status: Option<String>,
    /// The user's primary e-mail address.
    pub email: Option<String>,
}

/// Reads the members of every group.
pub fn members(source: &Source<'_>) -> Result<HashMap<String, Vec<Member>>> {
    let mut members: HashMap<String, Vec<Member>> = HashMap::new();
    let users: Unseen = source.unseen("users")?;
    source.all(include_str!("sql/members.sql"), |row| {
        let user_id = text(row, 1)?;
        let name = match optional(row, 2)? {
            Some(name) => Name::Known(name),
            None if users.may_hide(&[("user_id", &user_id)])? => Name::NotSeen(user_id.clone()),
            None => return Ok(()),
        };
        let member = Member { user_id, name, status: optional(row, 3)?, email: optional(row, 4)? };
        members.entry(text(row, 0)?).or_default().push(member);
        Ok(())
    })?;
    Ok(members)
}

/// Returns the text of a column that is never NULL.
pub fn text(row: &Row<'_>, column: usize) -> Result<String> {
    row.get(column).map_err(failed)
}

/// Returns the text of a column; `None` for NULL.
pub fn optional(row: &Row<'_>, column: usize) -> Result<Option<String>> {
    row.get(column).map_err(failed)
}
