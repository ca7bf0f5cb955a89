//! The tags of accounts, OUs, the root, permission sets, policies of the organization, applications, the Identity Center
//! instance and the token issuers that it trusts.

use super::{AccessRole, Entity, ImplicitGap, LabelPart, Parent, ParentWhen, ResourceGroup, resource};

resource! {
    /// One tag of one thing (ListTagsForResource).
    pub struct Tag in "tags" {
        /// root, organizational_unit, account, permission_set, policy, application, identity_center_instance or trusted_token_issuer
        key resource_type: &'static str = Text, public;
        /// id of what is tagged; the ARN of what Identity Center has
        key resource_id: String = IdByType {
            type_column: "resource_type",
            entities: &[
                (Entity::Account.as_str(), Entity::Account),
                (Entity::Ou.as_str(), Entity::Ou),
                (Entity::Root.as_str(), Entity::Root),
                (Entity::PermissionSet.as_str(), Entity::PermissionSet),
                (Entity::Policy.as_str(), Entity::Policy),
                (Entity::Application.as_str(), Entity::Application),
            ],
        };
        /// key of the tag
        key key: String = Text, label;
        /// value of the tag; may be empty
        data value: Option<String> = Text;
    }
    description: "The tags of accounts, OUs, the root, policies of the organization, permission sets, applications, the instance and token issuers.",
    not_about: &[
        (&[Entity::User, Entity::Group], "the identity store has no tags"),
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::Organizations,
    row_label: &[LabelPart::Value("key"), LabelPart::Words(" of "), LabelPart::NounAndName("resource_id")],
    parents: &[
        Parent {
            resource: "roots",
            columns: &[("resource_id", "root_id")],
            when: ParentWhen::Column("resource_type", "root"),
        },
        Parent {
            resource: "organizational_units",
            columns: &[("resource_id", "ou_id")],
            when: ParentWhen::Column("resource_type", "organizational_unit"),
        },
        Parent {
            resource: "accounts",
            columns: &[("resource_id", "account_id")],
            when: ParentWhen::Column("resource_type", "account"),
        },
        Parent {
            resource: "permission_sets",
            columns: &[("resource_id", "permission_set_arn")],
            when: ParentWhen::Column("resource_type", "permission_set"),
        },
        Parent {
            resource: "organization_policies",
            columns: &[("resource_id", "policy_id")],
            when: ParentWhen::Column("resource_type", "policy"),
        },
        Parent {
            resource: "applications",
            columns: &[("resource_id", "application_arn")],
            when: ParentWhen::Column("resource_type", "application"),
        },
        Parent {
            resource: "identity_center_instances",
            columns: &[("resource_id", "instance_arn")],
            when: ParentWhen::Column("resource_type", Tag::INSTANCE),
        },
        Parent {
            resource: "trusted_token_issuers",
            columns: &[("resource_id", "trusted_token_issuer_arn")],
            when: ParentWhen::Column("resource_type", Tag::TOKEN_ISSUER),
        },
    ],
    implicit_gaps: &[BEFORE_POLICIES, BEFORE_APPLICATIONS, BEFORE_INSTANCES],
}

impl Tag {
    /// The type of the Identity Center instance. It is not an entity, because no other row has its id.
    pub const INSTANCE: &'static str = "identity_center_instance";
    /// The type of a token issuer that the instance trusts, which is not an entity either.
    pub const TOKEN_ISSUER: &'static str = "trusted_token_issuer";
}

/// Tags of policies are unknown in snapshots of a version of this program that did not collect policies.
const BEFORE_POLICIES: ImplicitGap = ImplicitGap {
    listed_so: "NOT EXISTS (SELECT 1 FROM coverage AS c
        WHERE c.snapshot_id = s.snapshot_id AND c.resource = 'organization_policies')",
    missing_on: "v.resource_type = 'policy'",
    message: "the policies of the organization were not collected yet",
    ..BEFORE
};

/// Tags of applications are unknown in snapshots of a version that did not collect applications.
const BEFORE_APPLICATIONS: ImplicitGap = ImplicitGap {
    listed_so: "NOT EXISTS (SELECT 1 FROM coverage AS c
        WHERE c.snapshot_id = s.snapshot_id AND c.resource = 'applications')",
    missing_on: "v.resource_type = 'application'",
    message: "applications were not collected yet",
    ..BEFORE
};

/// Tags of the instance and of its token issuers are unknown in snapshots of a version that did not ask for them. That
/// version did not collect assignment requests either, which is what the condition tests.
const BEFORE_INSTANCES: ImplicitGap = ImplicitGap {
    listed_so: "NOT EXISTS (SELECT 1 FROM coverage AS c
        WHERE c.snapshot_id = s.snapshot_id AND c.resource = 'assignment_requests')",
    missing_on: "v.resource_type IN ('identity_center_instance', 'trusted_token_issuer')",
    message: "the tags of the instance and of its token issuers were not collected yet",
    ..BEFORE
};

/// The common part of the gaps in snapshots of versions that did not ask for the tags of one type.
const BEFORE: ImplicitGap = ImplicitGap {
    listed_so: "",
    and_only_if: None,
    missing_on: "",
    scope: &["resource_type"],
    unless_seen: &[],
    hides_ends: false,
    message: "",
    limits: None,
};
