//! The paths of access into an account in the two snapshots, by keyed lookups.
//!
//! Access is defined by the view `effective_access`: an assignment to an existing user, or to a group with an existing
//! user as a member. The group, the account and the permission set need not be known. Everything here is looked up for
//! one user, group, principal or pair at a time and cached. Nothing walks users times accounts.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use rusqlite::{Connection, Row};

use crate::diff::lookup_cache::{LookupCache, OnBoth, add};
use crate::diff::rows::RowChange;
use crate::diff::snapshot_pair::{Side, Sides, SnapshotPair};
use crate::error::Result;
use crate::model::AccessRole;
use crate::store::{text_of, unreadable, versions_table};

/// An account and a permission set in it, which an assignment grants.
pub(in crate::diff) type AccountRole = (Arc<str>, Arc<str>);

/// A path of access, by ids.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::diff) enum AccessPathIds {
    Direct,
    Group(Arc<str>),
}

/// A cache of the rows that paths of access run through, each looked up once by key.
pub(in crate::diff) struct AccessPaths<'c> {
    connection: &'c Connection,
    pair: SnapshotPair,
    users: LookupCache<'c, Arc<str>, Arc<str>>,
    groups: LookupCache<'c, Arc<str>, Arc<str>>,
    all_groups: RefCell<Option<Rc<BTreeSet<Arc<str>>>>>,
    groups_of: LookupCache<'c, Arc<str>, Arc<str>>,
    members_of: LookupCache<'c, Arc<str>, Arc<str>>,
    entries_of: LookupCache<'c, Principal, AccountRole>,
    owners_of: LookupCache<'c, AccountRole, Principal>,
}

/// A user whose paths are looked up one entry after the other.
pub(in crate::diff) struct Person {
    user_id: Arc<str>,
    user: OnBoth<Arc<str>>,
    groups: OnBoth<Arc<str>>,
}

/// The principal of an assignment.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(in crate::diff) enum Principal {
    User(Arc<str>),
    Group(Arc<str>),
}

impl Principal {
    /// Creates a principal from its type and id; `None` for a type that gives nobody access.
    pub fn new(principal_type: &str, principal_id: Arc<str>) -> Option<Self> {
        match principal_type {
            "USER" => Some(Self::User(principal_id)),
            "GROUP" => Some(Self::Group(principal_id)),
            _ => None,
        }
    }

    /// Returns the type, as an assignment writes it, and the id.
    pub fn parts(&self) -> (&'static str, &Arc<str>) {
        match self {
            Self::User(id) => ("USER", id),
            Self::Group(id) => ("GROUP", id),
        }
    }
}

impl<'c> AccessPaths<'c> {
    pub fn new(connection: &'c Connection, pair: SnapshotPair) -> Result<Self> {
        let found_by = |id: &str, found: &str, role: AccessRole| {
            let table = versions_table(role.resource().name);
            let sql = format!(
                "SELECT valid_from, valid_to, {found} FROM {table}
                 WHERE {id} = ?1 AND +valid_from <= ?2 AND (valid_to IS NULL OR valid_to > ?3)"
            );
            LookupCache::new(connection, pair, &sql, |row| row.get(2).map(Some))
        };
        Ok(Self {
            connection,
            pair,
            users: found_by("user_id", "user_id", AccessRole::User)?,
            groups: found_by("group_id", "group_id", AccessRole::Group)?,
            all_groups: RefCell::default(),
            groups_of: found_by("user_id", "group_id", AccessRole::Membership)?,
            members_of: found_by("group_id", "user_id", AccessRole::Membership)?,
            entries_of: LookupCache::new(connection, pair, ENTRIES_OF, |row| {
                Ok(Some((row.get(2)?, row.get(3)?)))
            })?,
            owners_of: LookupCache::new(connection, pair, OWNERS_OF, |row| owner_at(row, 2))?,
        })
    }

    /// Returns the user, with the rows that the paths need.
    pub fn person(&self, user_id: &Arc<str>) -> Result<Person> {
        let (user, groups) = (self.user(user_id)?, self.groups_of(user_id)?);
        Ok(Person { user_id: Arc::clone(user_id), user, groups })
    }

    /// Returns the user's paths to the permission set in the account, in each snapshot, in order.
    pub fn ways(&self, person: &Person, entry: &AccountRole) -> Result<Sides<Vec<AccessPathIds>>> {
        let owners = self.owners_of(entry)?;
        let on = |side: Side| {
            let of_owner = |owner: &Principal| match owner {
                Principal::User(id) => (*id == person.user_id).then_some(AccessPathIds::Direct),
                Principal::Group(id) => {
                    person.groups.on(side).contains(id).then(|| AccessPathIds::Group(Arc::clone(id)))
                }
            };
            match person.user.on(side).is_empty() {
                true => Vec::new(),
                false => owners.on(side).iter().filter_map(of_owner).collect(),
            }
        };
        Ok(Sides { from: on(Side::From), to: on(Side::To) })
    }

    /// Returns the groups of the user.
    pub fn groups_of(&self, user_id: &Arc<str>) -> Result<OnBoth<Arc<str>>> {
        self.groups_of.of_id(user_id)
    }

    /// Returns the members of the group.
    pub fn members_of(&self, group_id: &Arc<str>) -> Result<OnBoth<Arc<str>>> {
        self.members_of.of_id(group_id)
    }

    /// Returns the assignments to the user or group itself.
    pub fn entries_of(&self, owner: &Principal) -> Result<OnBoth<AccountRole>> {
        let (principal_type, principal_id) = owner.parts();
        self.entries_of.of(owner, (principal_id, principal_type, self.pair.later(), self.pair.earlier()))
    }

    /// Returns the principals of each of these permission sets, in each account, in either snapshot.
    ///
    /// The key begins with the account, so this hops from account to account instead of walking the table. The result
    /// equals that of single calls of [`Self::owners_of`].
    pub fn assignments_of_sets(
        &self,
        sets: &BTreeSet<String>,
    ) -> Result<Vec<(AccountRole, OnBoth<Principal>)>> {
        if sets.is_empty() {
            return Ok(Vec::new());
        }
        let sets = serde_json::to_string(sets).expect("a set of strings is always JSON");
        let mut statement = self.connection.prepare_cached(ASSIGNMENTS_OF_SETS).map_err(unreadable)?;
        let mut rows = statement.query((sets, self.pair.later(), self.pair.earlier())).map_err(unreadable)?;
        let mut found: BTreeMap<AccountRole, Sides<BTreeSet<Principal>>> = BTreeMap::new();
        while let Some(row) = rows.next().map_err(unreadable)? {
            let entry = row.get(4).and_then(|account_id| Ok((account_id, row.get(5)?)));
            let owners = found.entry(entry.map_err(unreadable)?).or_default();
            add(owners, self.pair, row, &|row| owner_at(row, 2)).map_err(unreadable)?;
        }
        Ok(found
            .into_iter()
            .map(|(entry, owners)| (entry.clone(), self.owners_of.keep(entry, owners)))
            .collect())
    }

    /// Returns the permission sets that attach each changed managed policy in both snapshots.
    pub fn sets_that_attach(&self, rows: &[RowChange]) -> Result<BTreeMap<String, BTreeSet<String>>> {
        let of_policy = |row: &&RowChange| row.spec.in_access == AccessRole::ManagedPolicy;
        let policies: BTreeSet<String> =
            rows.iter().filter(of_policy).map(|row| text_of(&row.key["policy_arn"])).collect();
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        if policies.is_empty() {
            return Ok(found);
        }
        let policies = serde_json::to_string(&policies).expect("a set of strings is always JSON");
        let alive = "valid_from <= {day} AND (valid_to IS NULL OR valid_to > {day})";
        let sql = format!(
            "SELECT policy, permission_set_arn FROM {table}
             WHERE policy IN (SELECT value FROM json_each(?1)) AND {}
             INTERSECT
             SELECT policy, permission_set_arn FROM {table} WHERE {}",
            alive.replace("{day}", "?2"),
            alive.replace("{day}", "?3"),
            table = versions_table(AccessRole::Policy.resource().name),
        );
        let mut statement = self.connection.prepare_cached(&sql).map_err(unreadable)?;
        let mut sets = statement.query((policies, self.pair.from, self.pair.to)).map_err(unreadable)?;
        while let Some(row) = sets.next().map_err(unreadable)? {
            let policy = row.get(0).map_err(unreadable)?;
            found.entry(policy).or_default().insert(row.get(1).map_err(unreadable)?);
        }
        Ok(found)
    }

    /// Returns the principals to which the permission set is assigned in the account.
    pub fn owners_of(&self, entry: &AccountRole) -> Result<OnBoth<Principal>> {
        self.owners_of.of(entry, (&entry.0, &entry.1, self.pair.later(), self.pair.earlier()))
    }

    /// Returns the group itself, if it exists.
    pub fn group(&self, group_id: &Arc<str>) -> Result<OnBoth<Arc<str>>> {
        self.groups.of_id(group_id)
    }

    /// Returns every group of any snapshot.
    pub fn all_groups(&self) -> Result<Rc<BTreeSet<Arc<str>>>> {
        if let Some(known) = self.all_groups.borrow().as_ref() {
            return Ok(Rc::clone(known));
        }
        let table = versions_table(AccessRole::Group.resource().name);
        let groups: BTreeSet<Arc<str>> = self
            .connection
            .prepare_cached(&format!("SELECT DISTINCT group_id FROM {table}"))
            .and_then(|mut statement| statement.query_map([], |row| row.get(0))?.collect())
            .map_err(unreadable)?;
        let groups = Rc::new(groups);
        self.all_groups.borrow_mut().replace(Rc::clone(&groups));
        Ok(groups)
    }

    /// Returns the user, if it exists.
    pub fn user(&self, user_id: &Arc<str>) -> Result<OnBoth<Arc<str>>> {
        self.users.of_id(user_id)
    }
}

const ENTRIES_OF: &str = "
    SELECT valid_from, valid_to, account_id, permission_set_arn FROM account_assignments_versions
    WHERE principal_id = ?1 AND principal_type = ?2
      AND +valid_from <= ?3 AND (valid_to IS NULL OR valid_to > ?4)";

/// The statement that finds the principals of an assignment. The plus hides valid_from from the planner: its condition
/// is true of nearly every row, and an index of the permission set and valid_from would look as good as the key.
pub(in crate::diff) const OWNERS_OF: &str = "
    SELECT valid_from, valid_to, principal_type, principal_id FROM account_assignments_versions
    WHERE account_id = ?1 AND permission_set_arn = ?2
      AND +valid_from <= ?3 AND (valid_to IS NULL OR valid_to > ?4)";

pub(in crate::diff) const ASSIGNMENTS_OF_SETS: &str = "
    WITH RECURSIVE assigned_account (account_id) AS (
        SELECT min(account_id) FROM account_assignments_versions
        UNION ALL
        SELECT (SELECT min(next.account_id) FROM account_assignments_versions AS next
                WHERE next.account_id > assigned_account.account_id)
        FROM assigned_account WHERE assigned_account.account_id IS NOT NULL)
    SELECT valid_from, valid_to, principal_type, principal_id, assignment.account_id, permission_set_arn
    FROM assigned_account CROSS JOIN account_assignments_versions AS assignment
    WHERE assignment.account_id = assigned_account.account_id
      AND assignment.permission_set_arn IN (SELECT value FROM json_each(?1))
      AND +assignment.valid_from <= ?2 AND (assignment.valid_to IS NULL OR assignment.valid_to > ?3)";

/// Reads a principal with its type in this column and its id in the next.
fn owner_at(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<Principal>> {
    let principal_type = row.get_ref(column)?.as_str()?;
    Ok(Principal::new(principal_type, row.get(column + 1)?))
}
