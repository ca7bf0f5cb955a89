//! The declarations: one macro call gives a struct, its columns and its [`ResourceSpec`](crate::model::ResourceSpec) or
//! [`FactSpec`](crate::model::FactSpec).

/// Declares a resource.
///
/// ```ignore
/// resource! {
///     /// What a row is (the operation that returns it).
///     pub struct Account in "accounts" {
///         /// the column's description in the data dictionary
///         key account_id: String = Id(&[Entity::Account]);
///         data name: Option<String> = Text, label;
///     }
///     description: "One sentence for the data dictionary.",
///     not_about: &[(&[Entity::User], "why no row concerns a user")],
///     in_access: AccessRole::Account,
///     group: Group::Organizations,
/// }
/// ```
///
/// A column's line is its role ([`Role`](super::Role), in lower case), its Rust field, its
/// [`ColumnKind`](super::ColumnKind), and the flags `label`,
/// `personal`, `mention`, `basic` and `public` (see [`ColumnSpec`](super::ColumnSpec)). The fields that follow the columns are those of
/// [`ResourceSpec`](super::ResourceSpec) that columns cannot tell; most have a default. It does not compile unless every
/// [`Entity`](super::Entity) is either in a column or in `not_about`.
macro_rules! resource {
    (
        $(#[doc = $row:literal])+
        pub struct $Resource:ident in $name:literal {
            $(
                $(#[doc = $description:literal])+
                $role:ident $column:ident: $type:ty = $kind:expr $(, $flag:ident)*;
            )+
        }
        description: $sentence:literal,
        not_about: $not_about:expr,
        in_access: $in_access:expr,
        group: $group:expr,
        $($field:ident: $value:expr,)*
    ) => {
        $(#[doc = $row])+
        #[derive(Debug, Clone, Default, serde::Serialize)]
        pub struct $Resource {
            $(
                $(#[doc = $description])+
                pub $column: $type,
            )+
        }

        const _: () = {
            #[allow(unused_imports)]
            use $crate::model::ColumnKind::*;
            use $crate::model::column::{self, ColumnSpec, Pick};
            use $crate::model::{Resource, ResourceSpec};

            const COLUMNS: &[ColumnSpec] =
                $crate::model::columns!($($(#[doc = $description])+ $role $column: $kind $(, $flag)*;)+);

            const OTHER: ResourceSpec = ResourceSpec { $($field: $value,)* ..ResourceSpec::BLANK };

            impl Resource for $Resource {
                const SPEC: ResourceSpec = ResourceSpec {
                    name: $name,
                    description: $sentence,
                    columns: COLUMNS,
                    not_about: $not_about,
                    in_access: $in_access,
                    group: $group,
                    key: &column::names::<{ column::count(COLUMNS, Pick::Key) }>(COLUMNS, Pick::Key),
                    volatile: &column::names::<{ column::count(COLUMNS, Pick::Volatile) }>(COLUMNS, Pick::Volatile),
                    label: &column::names::<{ column::count(COLUMNS, Pick::Label) }>(COLUMNS, Pick::Label),
                    documents: &column::documents::<{ column::count_documents(COLUMNS) }>(COLUMNS),
                    activity: column::activity(
                        COLUMNS,
                        &column::names::<{ column::count(COLUMNS, Pick::MovesWithUse) }>(
                            COLUMNS,
                            Pick::MovesWithUse,
                        ),
                        OTHER.activity_noun,
                    ),
                    ..OTHER
                };
            }

            assert!(
                column::takes_a_stand(COLUMNS, <$Resource as Resource>::SPEC.not_about),
                concat!("`", $name, "` does not say how its rows concern every entity: see `not_about`"),
            );
        };
    };
}

/// Declares a kind of facts: rows that belong to one snapshot (see [`FactSpec`](crate::model::FactSpec)). It is written like `resource!`, and
/// says how the facts are remembered where that is so.
macro_rules! facts {
    (
        $(#[doc = $row:literal])+
        pub struct $Fact:ident in $name:literal {
            $(
                $(#[doc = $description:literal])+
                $role:ident $column:ident: $type:ty = $kind:expr $(, $flag:ident)*;
            )+
        }
        description: $sentence:literal,
        remembered: $remembered:expr,
    ) => {
        $(#[doc = $row])+
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize)]
        pub struct $Fact {
            $(
                $(#[doc = $description])+
                pub $column: $type,
            )+
        }

        const _: () = {
            #[allow(unused_imports)]
            use $crate::model::ColumnKind::*;
            use $crate::model::column::{self, ColumnSpec, Pick};
            use $crate::model::{Fact, FactSpec};

            const COLUMNS: &[ColumnSpec] =
                $crate::model::columns!($($(#[doc = $description])+ $role $column: $kind $(, $flag)*;)+);

            impl Fact for $Fact {
                const SPEC: FactSpec = FactSpec {
                    name: $name,
                    description: $sentence,
                    columns: COLUMNS,
                    key: &column::names::<{ column::count(COLUMNS, Pick::Key) }>(COLUMNS, Pick::Key),
                    remembered: $remembered,
                };
            }
        };
    };
}

/// Declares the columns of a resource or of facts.
macro_rules! columns {
    ($($(#[doc = $description:literal])+ $role:ident $column:ident: $kind:expr $(, $flag:ident)*;)+) => {
        &[$(
            ColumnSpec {
                name: $crate::model::column::bare(stringify!($column)),
                kind: $kind,
                role: $crate::model::columns!(@role $role),
                is_label: $crate::model::columns!(@has label $($flag)*),
                is_personal: $crate::model::columns!(@has personal $($flag)*),
                is_mention: $crate::model::columns!(@has mention $($flag)*),
                is_basic: $crate::model::columns!(@has basic $($flag)*),
                is_public: $crate::model::columns!(@has public $($flag)*),
                description: concat!($($description),+).trim_ascii(),
            },
        )+]
    };

    (@role key) => { $crate::model::Role::Key };
    (@role data) => { $crate::model::Role::Data };
    (@role volatile) => { $crate::model::Role::Volatile };
    (@role activity) => { $crate::model::Role::Activity };

    (@has $wanted:ident) => { false };
    (@has label label $($rest:ident)*) => { true };
    (@has personal personal $($rest:ident)*) => { true };
    (@has mention mention $($rest:ident)*) => { true };
    (@has basic basic $($rest:ident)*) => { true };
    (@has public public $($rest:ident)*) => { true };
    (@has $wanted:ident label $($rest:ident)*) => { $crate::model::columns!(@has $wanted $($rest)*) };
    (@has $wanted:ident personal $($rest:ident)*) => { $crate::model::columns!(@has $wanted $($rest)*) };
    (@has $wanted:ident mention $($rest:ident)*) => { $crate::model::columns!(@has $wanted $($rest)*) };
    (@has $wanted:ident basic $($rest:ident)*) => { $crate::model::columns!(@has $wanted $($rest)*) };
    (@has $wanted:ident public $($rest:ident)*) => { $crate::model::columns!(@has $wanted $($rest)*) };
}

pub(super) use {columns, facts, resource};
