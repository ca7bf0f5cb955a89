//! Who has which ways into an account on the two days, by keyed lookups.
//!
//! Access is what the view `effective_access` says: an assignment to a user who exists, or to a group that a
//! user who exists is in; the group, the account and the permission set need not be known. Everything here is
//! asked for one user, group, principal or pair at a time and kept for the next question: nothing walks users
//! times accounts.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::hash::Hash;
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::{Connection, Params, Row};

use super::days::{Days, Sides};
use super::unreadable;
use crate::error::Result;

/// An account and a permission set in it: what an assignment gives.
pub(super) type Entry = (Arc<str>, Arc<str>);

/// A way by ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum WayIds {
    Direct,
    Group(Arc<str>),
}

/// What exists on each of the two days.
type OnDays<T> = Rc<Sides<BTreeSet<T>>>;
type Kept<K, T> = RefCell<HashMap<K, OnDays<T>>>;

/// Answers by key, each key once.
pub(super) struct Reach<'c> {
    connection: &'c Connection,
    days: Days,
    users: Kept<Arc<str>, Arc<str>>,
    groups: Kept<Arc<str>, Arc<str>>,
    all_groups: RefCell<Option<Rc<BTreeSet<Arc<str>>>>>,
    groups_of: Kept<Arc<str>, Arc<str>>,
    members_of: Kept<Arc<str>, Arc<str>>,
    entries_of: Kept<Owner, Entry>,
    owners_of: Kept<Entry, Owner>,
}

/// Whom an assignment is for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Owner {
    User(Arc<str>),
    Group(Arc<str>),
}

impl Owner {
    /// Of a principal type and id; `None` of a type that gives nobody access.
    pub fn new(principal_type: &str, principal_id: Arc<str>) -> Option<Self> {
        match principal_type {
            "USER" => Some(Self::User(principal_id)),
            "GROUP" => Some(Self::Group(principal_id)),
            _ => None,
        }
    }

    /// Its type, as an assignment says it, and its id.
    pub fn parts(&self) -> (&'static str, &Arc<str>) {
        match self {
            Self::User(id) => ("USER", id),
            Self::Group(id) => ("GROUP", id),
        }
    }
}

impl<'c> Reach<'c> {
    pub fn new(connection: &'c Connection, days: Days) -> Self {
        Self {
            connection,
            days,
            users: Kept::default(),
            groups: Kept::default(),
            all_groups: RefCell::default(),
            groups_of: Kept::default(),
            members_of: Kept::default(),
            entries_of: Kept::default(),
            owners_of: Kept::default(),
        }
    }

    /// The user's ways to the permission set in the account, on each day.
    pub fn ways(&self, user_id: &Arc<str>, entry: &Entry) -> Result<Sides<BTreeSet<WayIds>>> {
        let owners = self.owners_of(entry)?;
        let groups = self.groups_of(user_id)?;
        let exists = self.user(user_id)?;
        let on = |exists: &BTreeSet<Arc<str>>, owners: &BTreeSet<Owner>, groups: &BTreeSet<Arc<str>>| {
            let of_owner = |owner: &Owner| match owner {
                Owner::User(id) => (id == user_id).then_some(WayIds::Direct),
                Owner::Group(id) => groups.contains(id).then(|| WayIds::Group(Arc::clone(id))),
            };
            if exists.is_empty() { BTreeSet::new() } else { owners.iter().filter_map(of_owner).collect() }
        };
        Ok(Sides {
            from: on(&exists.from, &owners.from, &groups.from),
            to: on(&exists.to, &owners.to, &groups.to),
        })
    }

    /// The groups that the user is in.
    pub fn groups_of(&self, user_id: &Arc<str>) -> Result<OnDays<Arc<str>>> {
        self.of_id(
            &self.groups_of,
            user_id,
            "SELECT valid_from, valid_to, group_id FROM group_memberships_versions
             WHERE user_id = ?1 AND +valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?3)",
        )
    }

    /// The users in the group.
    pub fn members_of(&self, group_id: &Arc<str>) -> Result<OnDays<Arc<str>>> {
        self.of_id(
            &self.members_of,
            group_id,
            "SELECT valid_from, valid_to, user_id FROM group_memberships_versions
             WHERE group_id = ?1 AND +valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?3)",
        )
    }

    /// What is assigned to the user or group itself.
    pub fn entries_of(&self, owner: &Owner) -> Result<OnDays<Entry>> {
        let (principal_type, principal_id) = owner.parts();
        self.kept(
            &self.entries_of,
            owner,
            "SELECT valid_from, valid_to, account_id, permission_set_arn FROM account_assignments_versions
             WHERE principal_id = ?1 AND principal_type = ?2
               AND +valid_from <= ?3 AND (valid_to IS NULL OR valid_to > ?4)",
            (principal_id, principal_type, self.days.later(), self.days.earlier()),
            |row| Ok(Some((row.get(2)?, row.get(3)?))),
        )
    }

    /// The assignments of any of these permission sets on either day.
    ///
    /// The key begins with the account, so this hops from account to account instead of walking the table.
    pub fn assignments_of_sets(&self, sets: &BTreeSet<String>) -> Result<Vec<(Entry, Owner)>> {
        if sets.is_empty() {
            return Ok(Vec::new());
        }
        let sets = serde_json::to_string(sets).expect("a set of strings is always JSON");
        let mut statement = self.connection.prepare_cached(ASSIGNMENTS_OF_SETS).map_err(unreadable)?;
        let rows = statement
            .query_map((sets, self.days.later(), self.days.earlier()), |row| {
                let alive = self.days.alive(row.get(0)?, row.get(1)?);
                let entry = (row.get(2)?, row.get(3)?);
                let owner = owner_at(row, 4)?.filter(|_| alive.from || alive.to);
                Ok(owner.map(|owner| (entry, owner)))
            })
            .and_then(Iterator::collect::<rusqlite::Result<Vec<_>>>)
            .map_err(unreadable)?;
        Ok(rows.into_iter().flatten().collect())
    }

    /// Whom the permission set is assigned to in the account.
    pub fn owners_of(&self, entry: &Entry) -> Result<OnDays<Owner>> {
        self.kept(
            &self.owners_of,
            entry,
            OWNERS_OF,
            (&entry.0, &entry.1, self.days.later(), self.days.earlier()),
            |row| owner_at(row, 2),
        )
    }

    /// The group itself, where it exists.
    pub fn group(&self, group_id: &Arc<str>) -> Result<OnDays<Arc<str>>> {
        self.of_id(
            &self.groups,
            group_id,
            "SELECT valid_from, valid_to, group_id FROM groups_versions
             WHERE group_id = ?1 AND +valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?3)",
        )
    }

    /// Every group that there ever was.
    pub fn all_groups(&self) -> Result<Rc<BTreeSet<Arc<str>>>> {
        if let Some(known) = self.all_groups.borrow().as_ref() {
            return Ok(Rc::clone(known));
        }
        let groups: BTreeSet<Arc<str>> = self
            .connection
            .prepare_cached("SELECT DISTINCT group_id FROM groups_versions")
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
            .map_err(unreadable)?;
        let groups = Rc::new(groups);
        self.all_groups.borrow_mut().replace(Rc::clone(&groups));
        Ok(groups)
    }

    /// The user, where one exists.
    pub fn user(&self, user_id: &Arc<str>) -> Result<OnDays<Arc<str>>> {
        self.of_id(
            &self.users,
            user_id,
            "SELECT valid_from, valid_to, user_id FROM users_versions
             WHERE user_id = ?1 AND +valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?3)",
        )
    }

    /// What a statement finds by one id.
    fn of_id(&self, kept: &Kept<Arc<str>, Arc<str>>, id: &Arc<str>, sql: &str) -> Result<OnDays<Arc<str>>> {
        let parameters = (id, self.days.later(), self.days.earlier());
        self.kept(kept, id, sql, parameters, |row| row.get(2).map(Some))
    }

    fn kept<K: Hash + Eq + Clone, T: Ord + Clone>(
        &self,
        kept: &Kept<K, T>,
        key: &K,
        sql: &str,
        parameters: impl Params,
        value_of: fn(&Row<'_>) -> rusqlite::Result<Option<T>>,
    ) -> Result<OnDays<T>> {
        if let Some(found) = kept.borrow().get(key) {
            return Ok(Rc::clone(found));
        }
        let mut found = Sides { from: BTreeSet::new(), to: BTreeSet::new() };
        let mut statement = self.connection.prepare_cached(sql).map_err(unreadable)?;
        let mut rows = statement.query(parameters).map_err(unreadable)?;
        while let Some(row) = rows.next().map_err(unreadable)? {
            let alive = self.days.alive(row.get(0).map_err(unreadable)?, row.get(1).map_err(unreadable)?);
            let Some(value) = value_of(row).map_err(unreadable)? else { continue };
            if alive.from {
                found.from.insert(value.clone());
            }
            if alive.to {
                found.to.insert(value);
            }
        }
        let found = Rc::new(found);
        kept.borrow_mut().insert(key.clone(), Rc::clone(&found));
        Ok(found)
    }
}

/// The plus hides valid_from from the planner: it is true of nearly every row, and an index of the permission
/// set and valid_from would look as good as the key.
pub(super) const OWNERS_OF: &str = "
    SELECT valid_from, valid_to, principal_type, principal_id FROM account_assignments_versions
    WHERE account_id = ?1 AND permission_set_arn = ?2
      AND +valid_from <= ?3 AND (valid_to IS NULL OR valid_to > ?4)";

pub(super) const ASSIGNMENTS_OF_SETS: &str = "
    WITH RECURSIVE assigned_account (account_id) AS (
        SELECT min(account_id) FROM account_assignments_versions
        UNION ALL
        SELECT (SELECT min(next.account_id) FROM account_assignments_versions AS next
                WHERE next.account_id > assigned_account.account_id)
        FROM assigned_account WHERE assigned_account.account_id IS NOT NULL)
    SELECT valid_from, valid_to, assignment.account_id, permission_set_arn, principal_type, principal_id
    FROM assigned_account CROSS JOIN account_assignments_versions AS assignment
    WHERE assignment.account_id = assigned_account.account_id
      AND assignment.permission_set_arn IN (SELECT value FROM json_each(?1))
      AND +assignment.valid_from <= ?2 AND (assignment.valid_to IS NULL OR assignment.valid_to > ?3)";

/// The owner whose type stands in this column and whose id stands in the next.
fn owner_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Owner>> {
    let principal_type = row.get_ref(column)?.as_str()?;
    Ok(Owner::new(principal_type, row.get(column + 1)?))
}
