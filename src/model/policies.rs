//! The policies of the organization: service control policies, resource control policies and all other types.

use super::{AccessRole, Entity, Grammar, LabelPart, Parent, ParentWhen, ResourceGroup, resource};

/// The reason why no row about a policy concerns people and their assignments.
const NOT_ABOUT_PEOPLE: (&[Entity], &str) = (
    &[Entity::User, Entity::Group, Entity::PermissionSet, Entity::Application],
    "a policy of the organization holds for accounts, whoever uses them",
);

resource! {
    /// One policy of the organization (ListPolicies, DescribePolicy).
    pub struct OrganizationPolicy in "organization_policies" {
        /// id of the policy, p-…
        key policy_id: String = Id(&[Entity::Policy]);
        /// ARN of the policy
        data arn: Option<String> = Text;
        /// name of the policy
        data name: Option<String> = Text, label;
        /// description of the policy
        data description: Option<String> = Text;
        /// its type as AWS calls it, e.g. SERVICE_CONTROL_POLICY; AWS adds types
        data r#type: Option<String> = Text, public;
        /// 1 where AWS maintains it
        data aws_managed: Option<bool> = Boolean;
        /// the policy, JSON
        data document: Option<String> = Document { hash_column: "document_hash", grammar: Grammar::IamPolicyOrJson };
    }
    description: "The policies of the organization, of every type, with their documents.",
    not_about: &[
        NOT_ABOUT_PEOPLE,
        (&[Entity::Account, Entity::Ou, Entity::Root], "what it is attached to stands in organization_policy_targets"),
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::Policies,
    is_added: true,
}

resource! {
    /// What a policy is attached to (ListTargetsForPolicy).
    pub struct OrganizationPolicyTarget in "organization_policy_targets" {
        /// id of the policy
        key policy_id: String = Id(&[Entity::Policy]);
        /// id of the root, OU or account that it is attached to
        key target_id: String = IdByType {
            type_column: "target_type",
            entities: &[
                ("ACCOUNT", Entity::Account),
                ("ORGANIZATIONAL_UNIT", Entity::Ou),
                ("ROOT", Entity::Root),
            ],
        };
        /// ROOT, ORGANIZATIONAL_UNIT or ACCOUNT
        data target_type: Option<String> = Text, public;
    }
    description: "What each policy of the organization is attached to. It holds for all that is beneath, too.",
    not_about: &[NOT_ABOUT_PEOPLE],
    in_access: AccessRole::None,
    group: ResourceGroup::Policies,
    is_added: true,
    row_label: &[LabelPart::Name("policy_id"), LabelPart::Words(" on "), LabelPart::NounAndName("target_id")],
    parents: &[Parent {
        resource: "organization_policies",
        columns: &[("policy_id", "policy_id")],
        when: ParentWhen::Always,
    }],
}

resource! {
    /// The resource policy of the organization (DescribeResourcePolicy).
    pub struct OrganizationResourcePolicy in "organization_resource_policies" {
        /// id of the resource policy, rp-…
        key resource_policy_id: String = Text, label;
        /// ARN of the resource policy
        data arn: Option<String> = Text;
        /// the policy, JSON
        data document: Option<String> = Document { hash_column: "document_hash", grammar: Grammar::IamPolicy };
    }
    description: "The policy that lets member accounts manage policies of the organization: one row, or none.",
    not_about: &[
        (&Entity::ALL, "it is the organization's: whom it names, its document tells"),
    ],
    in_access: AccessRole::None,
    group: ResourceGroup::Policies,
    is_added: true,
}
