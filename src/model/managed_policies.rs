//! The managed policies that permission sets attach, with their documents.

use super::{AccessRole, Entity, Grammar, NamedBy, ResourceGroup, resource};

resource! {
    /// One managed policy (GetPolicy, GetPolicyVersion).
    pub struct ManagedPolicy in "managed_policies" {
        /// ARN of the policy
        key policy_arn: String = Text;
        /// name of the policy
        data name: Option<String> = Text, label;
        /// path of the policy, e.g. / or /job-function/
        data path: Option<String> = Text;
        /// the version that is in force, e.g. v5
        data version_id: Option<String> = Text;
        /// the policy, JSON
        data document: Option<String> = Document { hash_column: "document_hash", grammar: Grammar::IamPolicy };
        /// when the policy was created, UTC
        data created_at: Option<String> = Time;
        /// when its version in force was made, UTC
        data updated_at: Option<String> = Time;
        /// 1 where AWS maintains it
        data is_aws_managed: Option<bool> = Boolean;
        /// AWS's id of the policy, ANPA…
        data policy_id: Option<String> = Text;
        /// description of the policy
        data description: Option<String> = Text;
        /// to how many entities of the account of the credentials it is attached; makes no new version
        volatile attachment_count: Option<i64> = Integer;
        /// for how many entities of that account it is the permissions boundary; makes no new version
        volatile boundary_usage_count: Option<i64> = Integer;
        /// 1 where it can be attached in that account; makes no new version
        volatile is_attachable: Option<bool> = Boolean;
        /// its tags, a JSON array of {Key, Value}; makes no new version
        volatile tags: Option<String> = Json;
    }
    description: "The text of every AWS managed policy that a permission set attaches, as a policy or as its boundary.",
    not_about: &[(&Entity::ALL, "it is AWS's: which sets attach it stands in permission_set_policies")],
    in_access: AccessRole::ManagedPolicy,
    group: ResourceGroup::Policies,
    is_added: true,
    named_by: Some(NamedBy { resource: "permission_set_policies", column: "policy", key: "policy_arn" }),
}
