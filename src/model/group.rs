//! The groups of resources, as `--only`, `--skip` and `--require` name them.

use super::{RESOURCES, ResourceSpec};

/// A group of resources that are collected for one purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResourceGroup {
    /// The organization, its tree and its accounts, and to which services and accounts it delegates.
    Organizations,
    /// The Identity Center instance, and who is in its identity store.
    Identity,
    /// Permission sets, what they hold and where they are provisioned.
    PermissionSets,
    /// Who is assigned what.
    Assignments,
    /// Applications, who may use them, and how they are set up.
    Applications,
    /// The policies of the organization with what they are attached to, and the text of AWS's own that sets attach.
    Policies,
    /// The users, groups, roles and policies of accounts themselves.
    Iam,
    /// When services were last used.
    AccessReport,
}

impl ResourceGroup {
    /// Every group, in the order in which they are named.
    pub const ALL: [Self; 8] = [
        Self::Organizations,
        Self::Identity,
        Self::PermissionSets,
        Self::Assignments,
        Self::Applications,
        Self::Policies,
        Self::Iam,
        Self::AccessReport,
    ];

    /// The group as people write it, e.g. `@permission-sets`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organizations => "@organizations",
            Self::Identity => "@identity",
            Self::PermissionSets => "@permission-sets",
            Self::Assignments => "@assignments",
            Self::Applications => "@applications",
            Self::Policies => "@policies",
            Self::Iam => "@iam",
            Self::AccessReport => "@access-report",
        }
    }

    /// Returns the names of resources for a sentence: the name of a group stands for all of its resources, where it has several.
    pub fn shortened(names: &[&'static str]) -> Vec<&'static str> {
        let mut short: Vec<&'static str> = Vec::new();
        for name in names {
            let is_all = |group: &Self| {
                let mut of_group = group.resources().map(|spec| spec.name);
                group.resources().count() > 1 && of_group.all(|one| names.contains(&one))
            };
            let group = super::resource(name).map(|spec| spec.group).filter(is_all);
            let shown = group.map_or(*name, Self::as_str);
            if !short.contains(&shown) {
                short.push(shown);
            }
        }
        short
    }

    /// The names of all groups, as a sentence lists them.
    pub fn names() -> String {
        Self::ALL.map(Self::as_str).join(", ")
    }

    /// The resources in it, parents before their children.
    pub fn resources(self) -> impl Iterator<Item = &'static ResourceSpec> {
        RESOURCES.iter().copied().filter(move |spec| spec.group == self)
    }
}
