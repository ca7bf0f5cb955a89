//! The nouns: one struct a resource, each the single declaration of its table's meaning.
//!
//! `resource!` (in `declare`) declares a resource: its columns in the order of its table `<name>_versions` in
//! `migrations/` (a test holds the two together), what each holds and is for, and which resource is its parent.
//! `facts!` declares what belongs to one snapshot alone (see [`FactSpec`]).
//! [`Entity`] declares what has an id that rows refer to. The store, the diff, the history, the lookup of names and the
//! data dictionary derive everything else. The derived views (`effective_access` and its companions) are SQL files in
//! `views/`.
//!
//! Nothing here knows AWS's wire format (see `collect`) or SQLite (see `store`).

mod declare;

mod accounts;
mod applications;
mod assignment_requests;
mod assignments;
mod column;
mod delegation;
mod entity;
mod exports;
mod facts;
mod group;
mod groups;
mod iam;
mod iam_credentials;
mod identity_center;
mod managed_policies;
mod metrics;
mod organization;
mod permission_sets;
mod policies;
mod service_last_accessed;
mod subject;
mod tags;
#[cfg(test)]
mod tests;
mod users;
mod views;

use serde::Serialize;
use serde_json::{Map, Value};

use crate::amounts::{counted, counted_as};
use crate::error::{Error, Result};
use crate::nearest::did_you_mean;

pub use accounts::Account;
pub use applications::{
    Application, ApplicationAccessScope, ApplicationAssignment, ApplicationAuthenticationMethod,
    ApplicationGrant, ExhaustedBudget,
};
pub use assignment_requests::{AssignmentRequest, RequestKind};
pub use assignments::AccountAssignment;
pub use column::{ColumnKind, ColumnSpec, EntityColumn, Role};
use declare::{columns, facts, resource};
pub use delegation::{
    DelegatedAdministrator, DelegatedAdministratorAccount, OrganizationFeature, TrustedService,
};
pub use entity::{Entity, EntitySpec, NameColumn, NameForm, NameRung, Narrows, PathColumn, RecreatedBy};
pub use exports::{ADDED_COLUMNS, AddedColumn, AddedColumns, PUBLIC_IN_VIEWS, TAGS, account_tag};
pub use facts::{FACTS, Fact, FactRow, FactSpec, Remembered};
pub use group::ResourceGroup;
pub use groups::{Group, GroupMembership};
pub use iam::{IamGroup, IamGroupMember, IamPolicy, IamPolicyAttachment, IamRole, IamRoleActivity, IamUser};
pub use iam_credentials::{IamCredential, IamCredentialActivity, IamCredentialReport};
pub use identity_center::{AccessControlAttribute, IdentityCenterInstance, TrustedTokenIssuer};
pub use managed_policies::ManagedPolicy;
pub use metrics::{METRIC_SOURCES, Metric, MetricSources};
pub use organization::{Organization, OrganizationalUnit, Root};
pub use permission_sets::{PermissionSet, PermissionSetPolicy, PolicyKind, ProvisionedPermissionSet};
pub use policies::{OrganizationPolicy, OrganizationPolicyTarget, OrganizationResourcePolicy};
pub use service_last_accessed::{AccessReportJob, ServiceLastAccessed};
pub use subject::SubjectKind;
pub use tags::Tag;
pub use users::User;
pub use views::{DERIVED_VIEWS, DerivedView, OverRange};

/// The declaration of a resource: see `resource!` in `declare`.
#[derive(Debug, PartialEq, Eq)]
pub struct ResourceSpec {
    /// The table's name as users write it, e.g. `accounts`.
    pub name: &'static str,
    /// One sentence for the data dictionary.
    pub description: &'static str,
    /// The columns, in the order of the table.
    pub columns: &'static [ColumnSpec],
    /// The entities that no row is about, with the reason.
    pub not_about: &'static [(&'static [Entity], &'static str)],
    /// The part that its rows have in the access of users.
    pub in_access: AccessRole,
    /// The group with which it is collected.
    pub group: ResourceGroup,
    /// Whether it came later than the core: a census may have been made without the permission to see it. While it has
    /// never been seen, a denial of it is no failure, unless it was asked for by name.
    pub is_added: bool,
    /// How a person would name a row; nothing where its label columns do.
    pub row_label: &'static [LabelPart],
    /// The columns that identify a row within a snapshot.
    pub key: &'static [&'static str],
    /// The columns that AWS touches without the row meaning anything new.
    pub volatile: &'static [&'static str],
    /// The columns that tell of use; `None` where there are none.
    pub activity: Option<Activity>,
    /// What one use is called, where columns tell of use.
    pub activity_noun: Option<&'static str>,
    /// Whether a newer use is stored only where it is newer by the step of `collect --activity-step`, or the first one: of
    /// very many rows of which little else is known.
    pub keeps_activity_in_steps: bool,
    /// The columns by which a person recognises a row, e.g. the name.
    pub label: &'static [&'static str],
    /// Which answers a limited coverage of the resource concerns.
    pub limit: LimitConcerns,
    /// The columns that hold documents, of which two may say the same in other words.
    pub documents: &'static [DocumentColumn],
    /// Why the life of an entity that a row is about (`history`) leaves the row out; `None` where it tells it.
    pub not_in_lives: Option<&'static str>,
    /// Why `diff` leaves the resource out, and why no number of rows that are gone makes a snapshot suspect; `None` where
    /// neither is so. AWS keeps such rows for some time, whatever they are about: their end says nothing.
    pub not_compared: Option<&'static str>,
    /// The resources without whose row a row of this one cannot exist.
    pub parents: &'static [Parent],
    /// The rows of another resource by which its own are found; `None` where AWS lists them.
    pub named_by: Option<NamedBy>,
    /// The ways of listing it that leave rows out without a gap.
    pub implicit_gaps: &'static [ImplicitGap],
}

/// The columns of a row that move when something is used again. They are stored like any other; `diff` does not
/// count a row as changed where nothing else of it differs and the use is newer. A first use is a change.
#[derive(Debug, PartialEq, Eq)]
pub struct Activity {
    /// The column with the time of the newest use, RFC 3339; NULL where none was seen.
    pub newest_at: &'static str,
    /// The columns that say more of that use, or count uses.
    pub moves_with_it: &'static [&'static str],
    /// What one use is called.
    pub noun: &'static str,
}

impl Activity {
    /// Whether the column tells of use.
    pub fn has(&self, column: &str) -> bool {
        self.newest_at == column || self.moves_with_it.contains(&column)
    }
}

/// The part that a row of a resource has in the access of users. A path of access runs from a user, for a group through a
/// membership and the group, over an assignment to a permission set in an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessRole {
    /// It is the user.
    User,
    /// It is the group that the path runs through.
    Group,
    /// It is the membership that the path runs through.
    Membership,
    /// It is the assignment.
    Assignment,
    /// It is the permission set.
    PermissionSet,
    /// It says what the permission set allows.
    Policy,
    /// It says what a policy allows that permission sets attach.
    ManagedPolicy,
    /// It is the account. Access does not depend on that row: accounts are known by their assignments too.
    Account,
    /// None: no path of access depends on it.
    None,
}

impl AccessRole {
    /// The resource whose rows have this part. There is one for each but [`AccessRole::None`], which has no part.
    pub fn resource(self) -> &'static ResourceSpec {
        let mut resources = RESOURCES.iter().copied();
        resources.find(|spec| spec.in_access == self).expect("a test finds one resource for each part")
    }

    /// Whether a row that was not seen may hide access, or what it allows.
    pub fn may_hide_access(self) -> bool {
        match self {
            Self::User
            | Self::Group
            | Self::Membership
            | Self::Assignment
            | Self::PermissionSet
            | Self::Policy
            | Self::ManagedPolicy => true,
            Self::Account | Self::None => false,
        }
    }
}

/// A part of what a person calls a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelPart {
    /// These words.
    Words(&'static str),
    /// The value of the column.
    Value(&'static str),
    /// The name of the entity that the column has the id of.
    Name(&'static str),
    /// The words and that name; nothing where the column is empty.
    NameIfAny {
        /// The words before the name.
        words: &'static str,
        /// The column.
        column: &'static str,
    },
    /// The same after its noun: `group Platform`.
    NounAndName(&'static str),
    /// What a policy of a permission set is called.
    Policy {
        /// The column with its [`PolicyKind`].
        kind: &'static str,
        /// The column with its ARN, or its path and name.
        policy: &'static str,
        /// The column with its name, where AWS returns it.
        name: &'static str,
    },
}

/// Which answers that read a resource are concerned where its coverage is limited: all that was asked for was seen,
/// but only parts were asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LimitConcerns {
    /// Those that ask for a scope which was not seen. An answer that names by `=` only scopes that were seen is
    /// complete.
    UnseenScopes,
    /// The same, where each entity has one access report, which holds until there is another: a report that was
    /// carried forward is known, and its age is told.
    UntakenReports {
        /// The column with the id of the entity that the report is about.
        entity: &'static str,
        /// The column with the id of what the report was narrowed to on request; empty for the entity's own.
        narrowed_to: &'static str,
        /// The facts that tell which reports were taken.
        jobs: &'static FactSpec,
    },
    /// Those that show what users and groups have who were deleted. An answer about those who exist is complete.
    Deleted,
}

impl ResourceSpec {
    /// What holds where a declaration says nothing else.
    const BLANK: Self = Self {
        name: "",
        description: "",
        columns: &[],
        not_about: &[],
        in_access: AccessRole::None,
        group: ResourceGroup::Organizations,
        is_added: false,
        row_label: &[],
        key: &[],
        volatile: &[],
        activity: None,
        activity_noun: None,
        keeps_activity_in_steps: false,
        label: &[],
        limit: LimitConcerns::UnseenScopes,
        documents: &[],
        not_in_lives: None,
        not_compared: None,
        parents: &[],
        named_by: None,
        implicit_gaps: &[],
    };

    /// The column of this name, if there is one.
    pub fn column(&self, name: &str) -> Option<&'static ColumnSpec> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The column with the OU, or the root, that a row is in; of OUs, the OU itself.
    pub fn ou_column(&self) -> Option<&'static str> {
        match Entity::of_resource(self.name) {
            Some(Entity::Ou) => Some(Entity::Ou.spec().id),
            _ => self.parent_column(),
        }
    }

    /// The column with the OU, or the root, that a row is in.
    pub fn parent_column(&self) -> Option<&'static str> {
        let is_place =
            |column: &&ColumnSpec| matches!(column.kind, ColumnKind::Id(ids) if ids.contains(&Entity::Ou));
        let own = |column: &&ColumnSpec| Role::Key == column.role;
        self.columns.iter().find(|column| is_place(column) && !own(column)).map(|column| column.name)
    }

    /// The columns by which a row is about the entity; none where the declaration says why no row is.
    pub fn about(&self, entity: Entity) -> impl Iterator<Item = EntityColumn> {
        self.columns.iter().filter_map(move |column| column.of_entity(entity))
    }

    /// The scope of all rows.
    pub fn all(&self) -> Scope {
        Scope { resource: self.name.to_owned(), columns: Default::default() }
    }

    /// The scope of the rows about entities of this kind, whichever they are: all rows, where no column tells.
    pub fn all_about(&self, entity: Entity) -> Scope {
        match self.about(entity).next().and_then(|column| column.of) {
            Some((type_column, value)) => self.all().with(type_column, value),
            None => self.all(),
        }
    }

    /// The document that the column holds; `None` for any other column.
    pub fn document(&self, column: &str) -> Option<&'static DocumentColumn> {
        self.documents.iter().find(|held| held.column == column)
    }

    /// Whether the column holds policies with IAM's grammar.
    pub fn is_policy(&self, column: &str) -> bool {
        self.document(column).is_some_and(|held| held.grammar != Grammar::Json)
    }

    /// Whether the column of the table follows from another one: it is no column of the resource.
    pub fn is_derived(&self, column: &str) -> bool {
        self.documents.iter().any(|held| held.hash_column == column)
    }
}

/// A column that holds a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DocumentColumn {
    /// The column.
    pub column: &'static str,
    /// The column of the table that keeps the hash of what the document says.
    pub hash_column: &'static str,
    /// Decides when two spellings of a document say the same.
    pub grammar: Grammar,
}

impl DocumentColumn {
    /// The column of the views with the document's id in `policy_documents`; `None` of what is never a policy.
    pub fn id_column(&self) -> Option<String> {
        (self.grammar != Grammar::Json).then(|| format!("{}_id", self.column))
    }
}

/// By which rules two documents say the same; `document` knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// A policy as IAM reads it.
    IamPolicy,
    /// A policy as IAM reads it; where it is none, such as a tag policy, JSON.
    IamPolicyOrJson,
    /// JSON: only the order of keys and white space have no meaning.
    Json,
}

impl Grammar {
    /// Every grammar.
    pub const ALL: [Self; 3] = [Self::IamPolicy, Self::IamPolicyOrJson, Self::Json];

    /// Its name in SQL.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::IamPolicy => "iam_policy",
            Self::IamPolicyOrJson => "iam_policy_or_json",
            Self::Json => "json",
        }
    }
}

/// A resource whose rows own rows of another: where the parent is seen not to exist, the child's scope
/// counts as seen and empty.
#[derive(Debug, PartialEq, Eq)]
pub struct Parent {
    /// The parent resource's name.
    pub resource: &'static str,
    /// Pairs of (child column, parent key column); together they are the parent's whole key.
    pub columns: &'static [(&'static str, &'static str)],
    /// When the relation holds.
    pub when: ParentWhen,
}

/// The rows of another resource that name rows of this one: what none of them names is no longer looked at, and has left
/// the census, unless a gap hides it.
#[derive(Debug, PartialEq, Eq)]
pub struct NamedBy {
    /// The other resource.
    pub resource: &'static str,
    /// Its column that names a row.
    pub column: &'static str,
    /// The column of the row that is named.
    pub key: &'static str,
}

/// When a [`Parent`] relation holds.
#[derive(Debug, PartialEq, Eq)]
pub enum ParentWhen {
    /// For every row.
    Always,
    /// For the child rows whose column has this value.
    Column(&'static str, &'static str),
    /// For the child rows whose column is not empty.
    Filled(&'static str),
}

/// A struct that is one resource's row.
pub trait Resource: Serialize {
    /// The declaration of the resource.
    const SPEC: ResourceSpec;
}

/// Every resource, parents before their children: the order in which they are published and shown.
pub const RESOURCES: &[&ResourceSpec] = &[
    &Organization::SPEC,
    &Root::SPEC,
    &OrganizationalUnit::SPEC,
    &Account::SPEC,
    &OrganizationPolicy::SPEC,
    &OrganizationPolicyTarget::SPEC,
    &OrganizationResourcePolicy::SPEC,
    &DelegatedAdministratorAccount::SPEC,
    &DelegatedAdministrator::SPEC,
    &TrustedService::SPEC,
    &OrganizationFeature::SPEC,
    &IdentityCenterInstance::SPEC,
    &AccessControlAttribute::SPEC,
    &TrustedTokenIssuer::SPEC,
    &User::SPEC,
    &Group::SPEC,
    &GroupMembership::SPEC,
    &PermissionSet::SPEC,
    &PermissionSetPolicy::SPEC,
    &ManagedPolicy::SPEC,
    &ProvisionedPermissionSet::SPEC,
    &AccountAssignment::SPEC,
    &AssignmentRequest::SPEC,
    &Application::SPEC,
    &ApplicationAssignment::SPEC,
    &ApplicationGrant::SPEC,
    &ApplicationAccessScope::SPEC,
    &ApplicationAuthenticationMethod::SPEC,
    &IamUser::SPEC,
    &IamGroup::SPEC,
    &IamGroupMember::SPEC,
    &IamRole::SPEC,
    &IamRoleActivity::SPEC,
    &IamPolicy::SPEC,
    &IamPolicyAttachment::SPEC,
    &IamCredential::SPEC,
    &IamCredentialActivity::SPEC,
    &ServiceLastAccessed::SPEC,
    &Tag::SPEC,
];

/// The resource of this name, if there is one.
pub fn resource(name: &str) -> Option<&'static ResourceSpec> {
    RESOURCES.iter().copied().find(|spec| spec.name == name)
}

/// Returns so many rows of a table in words: `2 accounts`, `1 organization policy`, `3 rows of service_last_accessed`.
pub fn counted_rows(table: &str, rows: i64) -> String {
    let many = table.replace('_', " ");
    match (many.strip_suffix("ies"), many.strip_suffix('s')) {
        (Some(stem), _) => counted_as(rows, &format!("{stem}y"), &many),
        (None, Some(one)) => counted(rows, one),
        (None, None) => format!("{} of {table}", counted(rows, "row")),
    }
}

/// The resource that a user named; an unknown name is an error that suggests the nearest.
pub fn named(name: &str) -> Result<&'static ResourceSpec> {
    resource(name).ok_or_else(|| {
        let names = RESOURCES.iter().map(|spec| spec.name);
        Error::unknown(format!("there is no resource {name:?}"))
            .hint_if_any(did_you_mean(name, names))
            .hint(format!("the resources are: {}", self::names()))
    })
}

/// The resources that a user named: one, or all of a group such as `@policies`; an unknown name is an error that suggests
/// the nearest.
pub fn all_named(name: &str) -> Result<Vec<&'static ResourceSpec>> {
    if !name.starts_with('@') {
        return Ok(vec![named(name)?]);
    }
    let group = ResourceGroup::ALL.into_iter().find(|group| group.as_str() == name).ok_or_else(|| {
        let groups = ResourceGroup::ALL.map(ResourceGroup::as_str);
        Error::unknown(format!("there is no group of resources {name:?}"))
            .hint_if_any(did_you_mean(name, groups))
            .hint(format!("the groups are: {}", ResourceGroup::names()))
    })?;
    Ok(group.resources().collect())
}

/// The resources of which snapshots are compared, parents before their children.
pub fn compared() -> impl Iterator<Item = &'static ResourceSpec> {
    RESOURCES.iter().copied().filter(|spec| spec.not_compared.is_none())
}

/// The resource that a user named for a comparison of snapshots; of one that is not compared, the error says why.
pub fn compared_named(name: &str) -> Result<&'static ResourceSpec> {
    let spec = named(name)?;
    match spec.not_compared {
        None => Ok(spec),
        Some(why) => Err(Error::usage(format!("{name} is not compared: {why}"))
            .hint(format!("orgcensus query \"SELECT * FROM {name}_history\""))),
    }
}

/// The names of all resources, as a sentence lists them.
pub fn names() -> String {
    RESOURCES.iter().map(|spec| spec.name).collect::<Vec<_>>().join(", ")
}

/// A way of listing a resource that leaves rows out without a gap. It keeps a snapshot that listed so from seeing that such
/// a row is not there; `store::visibility` says how.
#[derive(Debug, PartialEq, Eq)]
pub struct ImplicitGap {
    /// That the snapshot `s` listed so, in SQL.
    pub listed_so: &'static str,
    /// What else has to hold of the snapshot `s`, in SQL, unless nothing has.
    pub and_only_if: Option<&'static str>,
    /// That the snapshot `{day}` does not know what the row of the version `v` is listed by, in SQL. One that is known to
    /// the snapshot, or to the other one that it is compared with, is listed.
    pub missing_on: &'static str,
    /// The columns of the scope that is then not listed, in the order of their names.
    pub scope: &'static [&'static str],
    /// The columns of the scopes, in the order of their names, that prove that the row was looked for all the same, where the
    /// snapshot says that it saw them in spite of a gap.
    pub unless_seen: &'static [&'static [&'static str]],
    /// Whether a row may be gone without that being seen, and not only not there yet.
    pub hides_ends: bool,
    /// What is said of such a scope.
    pub message: &'static str,
    /// Why the snapshot's coverage of the resource is limited, where it is.
    pub limits: Option<&'static str>,
}

/// One row as a task staged it, with its type erased.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// The resource's name.
    pub resource: &'static str,
    /// Column to value; a missing column is NULL. Booleans are stored as 0 and 1.
    pub columns: Map<String, Value>,
    /// How much the row says.
    pub completeness: Completeness,
}

/// How much a staged row says, against another of the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// All of it, in place of whatever was staged before.
    Full,
    /// All of it, unless a whole row was staged before: that one knows more.
    FullUnlessStaged,
    /// All of it, together with the columns of the row that was staged before with its key alone: without such a row it is
    /// known by its key alone too.
    FullWithStaged,
    /// Only that the key lives: publishing keeps an open version open because of it, and adds or changes
    /// nothing.
    KeyOnly,
}

impl Row {
    /// A whole row.
    pub fn whole<R: Resource>(resource: &R) -> Self {
        Self { resource: R::SPEC.name, columns: columns_of(resource), completeness: Completeness::Full }
    }

    /// A row of which only the key is known so far; its other columns are not looked at.
    pub fn key_only<R: Resource>(resource: &R) -> Self {
        Self { completeness: Completeness::KeyOnly, ..Self::whole(resource) }
    }

    /// The row as one of which only the key is known so far.
    #[must_use]
    pub fn with_key_alone(self) -> Self {
        Self { completeness: Completeness::KeyOnly, ..self }
    }

    /// Whether the row has every value of the scope.
    pub fn is_in(&self, scope: &Scope) -> bool {
        self.resource == scope.resource
            && scope.columns.iter().all(|(column, value)| self.text(column) == Some(value.as_str()))
    }

    /// The text in a column; `None` where it has none.
    pub fn text(&self, column: &str) -> Option<&str> {
        self.columns.get(column)?.as_str()
    }

    /// Whether a column of truth values holds a 1.
    pub fn is_true(&self, column: &str) -> bool {
        self.columns.get(column).is_some_and(|value| value == &Value::Bool(true) || value == 1)
    }

    /// The entity whose own row this is, and its id; `None` for the row of a resource that is none of an entity.
    pub fn entity(&self) -> Option<(Entity, &str)> {
        let entity = Entity::of_resource(self.resource)?;
        Some((entity, self.text(entity.spec().id)?))
    }

    /// A row that is whole together with what was staged of it before.
    pub fn whole_with_staged<R: Resource>(resource: &R) -> Self {
        Self { completeness: Completeness::FullWithStaged, ..Self::whole(resource) }
    }

    /// A whole row that gives way to a whole one staged before it.
    pub fn whole_unless_staged<R: Resource>(resource: &R) -> Self {
        Self { completeness: Completeness::FullUnlessStaged, ..Self::whole(resource) }
    }
}

fn columns_of(row: &impl Serialize) -> Map<String, Value> {
    match serde_json::to_value(row) {
        Ok(Value::Object(columns)) => columns,
        other => unreachable!("a resource or a fact is a struct of plain values, not {other:?}"),
    }
}

/// What a task covers: a resource and the values that select its rows. It covers a row when every named
/// column has the value; no column at all covers every row.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, serde::Deserialize)]
pub struct Scope {
    /// The resource's name.
    pub resource: String,
    /// Column to value, sorted by column so that equal scopes are equal text.
    pub columns: std::collections::BTreeMap<String, String>,
}

impl Scope {
    /// The scope of all rows of a resource.
    pub fn all<R: Resource>() -> Self {
        R::SPEC.all()
    }

    /// Narrows the scope to the rows about this entity, by the column with its id and by the one that tells its kind.
    #[must_use]
    pub fn about(mut self, entity: Entity, id: &str) -> Self {
        let spec = resource(&self.resource);
        if let Some(EntityColumn { id: column, of }) = spec.and_then(|spec| spec.about(entity).next()) {
            self.columns.insert(column.to_owned(), id.to_owned());
            if let Some((type_column, value)) = of {
                self.columns.insert(type_column.to_owned(), value.to_owned());
            }
        }
        self
    }

    /// Narrows the scope to the rows whose `column` is `value`.
    #[must_use]
    pub fn with(mut self, column: &str, value: &str) -> Self {
        self.columns.insert(column.to_owned(), value.to_owned());
        self
    }

    /// The scope of the entity's own row.
    pub fn of_entity(entity: Entity, id: &str) -> Self {
        let spec = entity.spec();
        Self { resource: spec.resource.to_owned(), columns: Default::default() }.with(spec.id, id)
    }

    /// The columns as the JSON object that the `gaps` table and `diff` show.
    pub fn json(&self) -> String {
        serde_json::to_string(&self.columns).expect("a map of strings is always JSON")
    }
}
