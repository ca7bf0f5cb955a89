//! The entities: things with an identity of their own, which people name and rows refer to.
//!
//! Each is declared once, here. Columns that hold an entity's id say so ([`ColumnKind`](super::ColumnKind)). The lookup
//! of names, `history`, `diff --account`, `-p name:account=`, labels and "did you mean" are derived from the two.

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
    /// The noun for one, e.g. `permission set`.
    pub noun: &'static str,
    /// The noun where space is short, e.g. `OU`.
    pub short: &'static str,
    /// The type of a query's parameter, as in `-p name:permission_set=`; `None` where nothing is asked by such an id.
    pub word: Option<&'static str>,
    /// The word of an option, as in `--kind permission-set`.
    pub option: &'static str,
    /// The value of a type column such as `tags.resource_type`.
    pub value: &'static str,
    /// The name of the resource that has one row for each.
    pub resource: &'static str,
    /// The key column of that resource.
    pub id: &'static str,
    /// The columns by which one is found. The first one is its name.
    pub names: &'static [NameColumn],
    /// The place in a tree, by which one is found too.
    pub path: Option<PathColumn>,
    /// The column of the resource that tells two of one name apart.
    pub state: Option<&'static str>,
    /// Why its life is not told (`history`); `None` where it is.
    pub no_life: Option<&'static str>,
    /// How `diff` is narrowed to one; `None` where it cannot be.
    pub narrows: Option<Narrows>,
    /// Where it stands among what `diff --by` groups by; `None` where nothing is grouped by it.
    pub groups: Option<u8>,
    /// What is beneath one in the tree and concerns it, too; nothing of what is no place.
    pub beneath: &'static [Entity],
    /// How one is recognized that was deleted and created again under another id; `None` where that cannot be told.
    pub recreated: Option<RecreatedBy>,
}

/// The option of `diff` that narrows an answer to one entity. It is called as the entity's `option`.
#[derive(Debug)]
pub struct Narrows {
    /// Where it stands among the options.
    pub place: u8,
    /// What the option's help calls its value.
    pub value: &'static str,
    /// To what it narrows, and how that is named, for the option's help.
    pub to: &'static str,
}

/// A column by which an entity is found.
#[derive(Debug, Clone, Copy)]
pub struct NameColumn {
    /// A column of the entity's resource.
    pub column: &'static str,
    /// How surely a match is meant.
    pub rung: NameRung,
    /// How the column holds names.
    pub form: NameForm,
}

/// How surely a name is meant: a match on an earlier rung wins.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum NameRung {
    /// The id itself.
    Id,
    /// A name that AWS keeps unique: of a user, a group or a permission set; or the path of an OU.
    UniqueName,
    /// The name of an account, which several may have.
    AccountName,
    /// A display name, which several may have.
    DisplayName,
    /// An e-mail address.
    Email,
}

/// How a column holds names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NameForm {
    /// One name.
    Plain,
    /// A JSON array of objects with a `Value`.
    JsonValues,
    /// Names from the root of the tree on, with slashes between them: see [`PathColumn`].
    Path,
}

/// The path of names of an entity in a tree. It is derived from one snapshot's state, so that none has one over a range.
#[derive(Debug)]
pub struct PathColumn {
    /// The derived view with the path, which lists all that may be named by one.
    pub view: &'static str,
    /// The view's column with the id.
    pub id: &'static str,
    /// The view's column with the path: names from the root on, with slashes between them.
    pub column: &'static str,
    /// The rows of the view that count, a condition.
    pub only: &'static str,
}

/// How an entity is recognized under another id: by its name, and by its ids in the identity source.
#[derive(Debug)]
pub struct RecreatedBy {
    /// The column with external ids, a JSON array, if there is one.
    pub external_ids: Option<&'static str>,
}

const fn name(column: &'static str, rung: NameRung) -> NameColumn {
    NameColumn { column, rung, form: NameForm::Plain }
}

/// What is beneath a place of the tree.
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
    // There is one, and it is found among the OUs.
    word: None,
    option: "root",
    value: "root",
    resource: "roots",
    id: "root_id",
    names: &[name("name", NameRung::DisplayName)],
    path: None,
    state: None,
    no_life: Some("it is a place: what moves into it and out of it has a life"),
    // It is narrowed to by `--ou`.
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
    // Several may have one name.
    recreated: None,
};

impl Entity {
    /// Every entity, in the order in which a name is looked for.
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

    /// The declaration.
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

    /// The value of a type column such as `tags.resource_type`.
    pub const fn as_str(self) -> &'static str {
        self.spec().value
    }

    /// The entities whose lives can be told, in the order in which a name is looked for.
    pub fn with_lives() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|entity| entity.spec().no_life.is_none())
    }

    /// The entities that `diff` can be narrowed to, each with how, in the order of the options.
    pub fn narrowing() -> Vec<(Self, &'static Narrows)> {
        let narrows = |entity: Self| Some((entity, entity.spec().narrows.as_ref()?));
        let mut narrowing: Vec<_> = Self::ALL.into_iter().filter_map(narrows).collect();
        narrowing.sort_by_key(|(_, narrows)| narrows.place);
        narrowing
    }

    /// The entities that the details of a diff are grouped by, in the order in which they are named.
    pub fn grouping() -> Vec<Self> {
        let mut grouping: Vec<_> =
            Self::ALL.into_iter().filter(|entity| entity.spec().groups.is_some()).collect();
        grouping.sort_by_key(|entity| entity.spec().groups);
        grouping
    }

    /// The part that it has in the access of users, as its own rows do.
    pub fn in_access(self) -> AccessRole {
        resource(self.spec().resource).map_or(AccessRole::None, |spec| spec.in_access)
    }

    /// The entity of this value of a type column.
    pub fn of_value(value: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.as_str() == value)
    }

    /// The entity whose rows the resource has, if it is the resource of one.
    pub fn of_resource(resource: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.spec().resource == resource)
    }

    /// The entity that an id in the tree, or the ARN of a permission set or an application, is of: for a scope that names
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

    /// The noun with its article: `an account`.
    pub fn with_article(self) -> String {
        let noun = self.spec().noun;
        let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
        format!("{article} {noun}")
    }
}
