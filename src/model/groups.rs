//! The groups of the identity store and their members.

use super::{AccessRole, Entity, LabelPart, Parent, ParentWhen, ResourceGroup, resource};

resource! {
    /// A group of the identity store (ListGroups).
    pub struct Group in "groups" {
        /// id of the group in the identity store
        key group_id: String = Id(&[Entity::Group]);
        /// name of the group
        data display_name: Option<String> = Text, label;
        /// description
        data description: Option<String> = Text;
        /// ids in the identity source, a JSON array of {Issuer, Id}
        data external_ids: Option<String> = Json;
        /// ARN of the group
        data group_arn: Option<String> = Text;
        /// when the group was created, UTC
        data created_at: Option<String> = Time;
        /// who created the group
        data created_by: Option<String> = Text, personal;
        /// when the group was last written, UTC; makes no new version
        volatile updated_at: Option<String> = Time;
        /// who wrote the group last; makes no new version
        volatile updated_by: Option<String> = Text, personal;
        /// AWS's token for the group's last change; makes no new version
        volatile revision: Option<String> = Text;
    }
    description: "The groups of the identity store, empty ones included.",
    not_about: &[
        (&[Entity::User, Entity::Account, Entity::PermissionSet, Entity::Application], "what a group is depends on no membership and no assignment"),
        (&[Entity::Ou, Entity::Root, Entity::Policy], "groups are outside the tree of accounts"),
    ],
    in_access: AccessRole::Group,
    group: ResourceGroup::Identity,
}

resource! {
    /// One user's membership in one group (ListGroupMemberships). Identity Center has no nested groups.
    pub struct GroupMembership in "group_memberships" {
        /// id of the group
        key group_id: String = Id(&[Entity::Group]);
        /// id of the member
        key user_id: String = Id(&[Entity::User]);
        /// id of the membership
        data membership_id: Option<String> = Text;
        /// ARN of the membership
        data membership_arn: Option<String> = Text;
        /// when the user was added, UTC
        data created_at: Option<String> = Time;
        /// who added the user
        data created_by: Option<String> = Text, personal;
        /// when the membership was last written, UTC; makes no new version
        volatile updated_at: Option<String> = Time;
        /// who wrote the membership last; makes no new version
        volatile updated_by: Option<String> = Text, personal;
    }
    description: "Which user is in which group.",
    not_about: &[
        (&[Entity::Account, Entity::PermissionSet, Entity::Application], "a membership gives nothing by itself: an assignment of the group does"),
        (&[Entity::Ou, Entity::Root, Entity::Policy], "memberships are outside the tree of accounts"),
    ],
    in_access: AccessRole::Membership,
    group: ResourceGroup::Identity,
    row_label: &[LabelPart::Name("user_id"), LabelPart::Words(" in group "), LabelPart::Name("group_id")],
    parents: &[Parent {
            resource: "groups",
            columns: &[("group_id", "group_id")],
            when: ParentWhen::Always,
        }],
}
