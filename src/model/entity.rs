//! The entities: things with an identity of their own, which people name and rows refer to.
//!
//! Each entity is declared once, in this file. A column with ids of an entity declares that
//! ([`ColumnKind`](super::ColumnKind)). The lookup of names, `history`, `diff --account`, `-p name:account=`, labels
//! and "did you mean" derive from these two.

use serde::{Deserialize, Serialize};

use super::{AccessRole, resource};

/// A kind of thing that has an id.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Entity {
    /// A user of the identity store.
    User,
    /// A group of the identity store.
    Group,
    /// An AWS account.
    #[default]
    Account,
    /// A permission set of the Identity Center instance.
    PermissionSet,
    /// An organizational unit (OU).
    #[serde(rename = "organizational_unit")]
    Ou,
    /// The root of the organization's tree.
    Root,
    /// A policy of the organization, such as a service control policy.
    Policy,
    /// An application of the Identity Center instance.
    Application,
}

/// The declaration of an entity.
#[derive(Debug)]
pub struct EntitySpec {
    /// The noun for one entity, e.g. `permission set`.
    pub noun: &'static str,
    /// The noun for narrow output, e.g. `OU`.
    pub short: &'static str,
    /// The type of a query's parameter, as in `-p name:permission_set=`; `None` if no query takes such an id.
    pub word: Option<&'static str>,
    /// The name of the option, as in `--kind permission-set`.
    pub option: &'static str,
    /// The value of a type column such as `tags.resource_type`.
    pub value: &'static str,
    /// The name of the resource with one row for each entity.
    pub resource: &'static str,
    /// The key column of that resource.
    pub id: &'static str,
    /// The columns by which an entity is found. The first one is its name.
    pub names: &'static [NameColumn],
    /// The path in a tree, by which an entity is found too.
    pub path: Option<PathColumn>,
    /// The column of the resource that distinguishes two entities of the same name.
    pub state: Option<&'static str>,
    /// The reason why `history` does not show it; `None` if it does.
    pub no_life: Option<&'static str>,
    /// The option that narrows `diff` to one entity; `None` if there is none.
    pub narrows: Option<Narrows>,
    /// Its position among the groupings of `diff --by`; `None` if it is not one of them.
    pub groups: Option<u8>,
    /// The entities below it in the tree, which concern it too; empty if it is not a place in the tree.
    pub beneath: &'static [Entity],
    /// The way to recognize an entity that was deleted and created again with another id; `None` if that is impossible.
    pub recreated: Option<RecreatedBy>,
}

/// The option of `diff` that narrows the result to one entity. Its name is the entity's `option`.
#[derive(Debug)]
pub struct Narrows {
    /// Its position among the options.
    pub place: u8,
    /// The name of its value in the help.
    pub value: &'static str,
    /// The part of the result that remains, and how an entity is named, for the help.
    pub to: &'static str,
}

/// A column by which an entity is found.
#[derive(Debug, Clone, Copy)]
pub struct NameColumn {
    /// A column of the entity's resource.
    pub column: &'static str,
    /// The certainty of a match.
    pub rung: NameRung,
    /// The form of the names in the column.
    pub form: NameForm,
}

/// The certainty of a match. A match on an earlier rung wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameRung {
    /// The id.
    Id,
    /// A name that AWS keeps unique: of a user, a group or a permission set; or the path of an OU.
    UniqueName,
    /// The name of an account. Several accounts may share it.
    AccountName,
    /// A display name. Several entities may share it.
    DisplayName,
    /// An e-mail address.
    Email,
}

/// The form of the names in a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameForm {
    /// One name.
    Plain,
    /// A JSON array of objects with a `Value`.
    JsonValues,
    /// Names from the root of the tree down, joined by slashes: see [`PathColumn`].
    Path,
}

/// The path of names of an entity in a tree. It is derived from the state of one snapshot, so there is none over a
/// range of snapshots.
#[derive(Debug)]
pub struct PathColumn {
    /// The derived view with the path, which lists everything that a path can name.
    pub view: &'static str,
    /// The view's column with the id.
    pub id: &'static str,
    /// The view's column with the path: names from the root down, joined by slashes.
    pub column: &'static str,
    /// The condition that selects the rows of this entity.
    pub only: &'static str,
}

/// The way to recognize an entity with another id: by its name, and by its ids in the identity source.
#[derive(Debug)]
pub struct RecreatedBy {
    /// The column with external ids, a JSON array; `None` if there is none.
    pub external_ids: Option<&'static str>,
}

const fn name(column: &'static str, rung: NameRung) -> NameColumn {
    NameColumn { column, rung, form: NameForm::Plain }
}

/// The entities below a place in the tree.
const PLACES: &[Entity] = &[Entity::Ou, Entity::Account];

const USER: EntitySpec = EntitySpec {
    noun: "user",
    short: "user",
    word: Some("user"),
    option: "user",
    value: "user",
    resource: "users",
    id: "user_id",
    names: &[
        name("user_name", NameRung::UniqueName),
        name("display_name", NameRung::DisplayName),
        name("primary_email", NameRung::Email),
        NameColumn { column: "emails", rung: NameRung::Email, form: NameForm::JsonValues },
    ],
    path: None,
    state: Some("user_status"),
    no_life: None,
    narrows: Some(Narrows { place: 4, value: "USER", to: "this user: an id, a name or an e-mail address" }),
    groups: Some(2),
    beneath: &[],
    recreated: Some(RecreatedBy { external_ids: Some("external_ids") }),
};

const GROUP: EntitySpec = EntitySpec {
    noun: "group",
    short: "group",
    word: Some("group"),
    option: "group",
    value: "group",
    resource: "groups",
    id: "group_id",
    names: &[name("display_name", NameRung::UniqueName)],
    path: None,
    state: None,
    no_life: None,
    narrows: Some(Narrows {
        place: 5,
        value: "GROUP",
        to: "this group, and access through it: an id or a name",
    }),
    groups: Some(4),
    beneath: &[],
    recreated: Some(RecreatedBy { external_ids: Some("external_ids") }),
};

const ACCOUNT: EntitySpec = EntitySpec {
    noun: "account",
    short: "account",
    word: Some("account"),
    option: "account",
    value: "account",
    resource: "accounts",
    id: "account_id",
    names: &[name("name", NameRung::AccountName), name("email", NameRung::Email)],
    path: None,
    state: Some("state"),
    no_life: None,
    narrows: Some(Narrows { place: 1, value: "ACCOUNT", to: "this account: an id or a name" }),
    groups: Some(1),
    beneath: &[],
    recreated: None,
};

const PERMISSION_SET: EntitySpec = EntitySpec {
    noun: "permission set",
    short: "permission set",
    word: Some("permission_set"),
    option: "permission-set",
    value: "permission_set",
    resource: "permission_sets",
    id: "permission_set_arn",
    names: &[name("name", NameRung::UniqueName)],
    path: None,
    state: None,
    no_life: None,
    narrows: Some(Narrows { place: 6, value: "SET", to: "this permission set: an ARN or a name" }),
    groups: Some(3),
    beneath: &[],
    recreated: Some(RecreatedBy { external_ids: None }),
};

const OU: EntitySpec = EntitySpec {
    noun: "organizational unit",
    short: "OU",
    word: Some("ou"),
    option: "ou",
    value: "organizational_unit",
    resource: "organizational_units",
    id: "ou_id",
    names: &[name("name", NameRung::DisplayName)],
    path: Some(PathColumn {
        view: "organization_tree",
        id: "id",
        column: "ou_path",
        only: "type <> 'account'",
    }),
    state: None,
    no_life: Some("it is a place: what moves into it and out of it has a life"),
    narrows: Some(Narrows {
        place: 2,
        value: "PATH",
        to: "the accounts beneath this OU: an id, a name or a path such as /Workloads/Prod",
    }),
    groups: None,
    beneath: PLACES,
    recreated: None,
};

const ROOT: EntitySpec = EntitySpec {
    noun: "root",
    short: "root",
    // There is only one root, and it is looked up among the OUs.
    word: None,
    option: "root",
    value: "root",
    resource: "roots",
    id: "root_id",
    names: &[name("name", NameRung::DisplayName)],
    path: None,
    state: None,
    no_life: Some("it is a place: what moves into it and out of it has a life"),
    // `--ou` narrows to it.
    narrows: None,
    groups: None,
    beneath: PLACES,
    recreated: None,
};

const POLICY: EntitySpec = EntitySpec {
    noun: "policy",
    short: "policy",
    word: Some("policy"),
    option: "policy",
    value: "policy",
    resource: "organization_policies",
    id: "policy_id",
    names: &[name("name", NameRung::UniqueName)],
    path: None,
    state: Some("type"),
    no_life: None,
    narrows: Some(Narrows {
        place: 7,
        value: "POLICY",
        to: "this policy of the organization: an id or a name",
    }),
    groups: None,
    beneath: &[],
    recreated: Some(RecreatedBy { external_ids: None }),
};

const APPLICATION: EntitySpec = EntitySpec {
    noun: "application",
    short: "application",
    word: Some("application"),
    option: "application",
    value: "application",
    resource: "applications",
    id: "application_arn",
    names: &[name("name", NameRung::DisplayName)],
    path: None,
    state: Some("status"),
    no_life: None,
    narrows: Some(Narrows { place: 8, value: "APPLICATION", to: "this application: an ARN or a name" }),
    groups: None,
    beneath: &[],
    // Several may share one name, so a new one cannot be recognized.
    recreated: None,
};

impl Entity {
    /// Every entity, in the order in which a name is looked up.
    pub const ALL: [Self; 8] = [
        Self::User,
        Self::Group,
        Self::Account,
        Self::PermissionSet,
        Self::Ou,
        Self::Root,
        Self::Policy,
        Self::Application,
    ];

    /// Returns the declaration.
    pub const fn spec(self) -> &'static EntitySpec {
        match self {
            Self::User => &USER,
            Self::Group => &GROUP,
            Self::Account => &ACCOUNT,
            Self::PermissionSet => &PERMISSION_SET,
            Self::Ou => &OU,
            Self::Root => &ROOT,
            Self::Policy => &POLICY,
            Self::Application => &APPLICATION,
        }
    }

    /// Returns the value of a type column such as `tags.resource_type`.
    pub const fn as_str(self) -> &'static str {
        self.spec().value
    }

    /// Returns the entities that `history` can show, in the order in which a name is looked up.
    pub fn with_lives() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|entity| entity.spec().no_life.is_none())
    }

    /// Returns the entities that `diff` can be narrowed to, each with its option, in the order of the options.
    pub fn narrowing() -> Vec<(Self, &'static Narrows)> {
        let narrows = |entity: Self| Some((entity, entity.spec().narrows.as_ref()?));
        let mut narrowing: Vec<_> = Self::ALL.into_iter().filter_map(narrows).collect();
        narrowing.sort_by_key(|(_, narrows)| narrows.place);
        narrowing
    }

    /// Returns the entities that the details of a diff can be grouped by, in their order in the help.
    pub fn grouping() -> Vec<Self> {
        let mut grouping: Vec<_> =
            Self::ALL.into_iter().filter(|entity| entity.spec().groups.is_some()).collect();
        grouping.sort_by_key(|entity| entity.spec().groups);
        grouping
    }

    /// Returns its part in the access of users, which is that of its own rows.
    pub fn in_access(self) -> AccessRole {
        resource(self.spec().resource).map_or(AccessRole::None, |spec| spec.in_access)
    }

    /// Returns the entity for a value of a type column.
    pub fn of_value(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.as_str() == value)
    }

    /// Returns the entity that the resource has a row for, if there is one.
    pub fn of_resource(resource: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.spec().resource == resource)
    }

    /// Returns the entity of an id in the tree, or of the ARN of a permission set or an application, for a scope with
    /// an id alone. (AWS: a root is `r-…`, an OU `ou-…`, a policy `p-…`, an account twelve digits.)
    pub fn of_id(id: &str) -> Self {
        match id {
            _ if id.starts_with("r-") => Self::Root,
            _ if id.starts_with("ou-") => Self::Ou,
            _ if id.starts_with("p-") => Self::Policy,
            _ if id.starts_with("arn:") && id.contains(":application/") => Self::Application,
            _ if id.starts_with("arn:") => Self::PermissionSet,
            _ => Self::Account,
        }
    }

    /// Returns the noun with its article: `an account`.
    pub fn with_article(self) -> String {
        let noun = self.spec().noun;
        let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        format!("{article} {noun}")
    }
}
