SELECT p.permission_set_arn, p.kind, p.policy, p.policy_name, p.policy_path, p.document
FROM permission_set_policies AS p
ORDER BY p.permission_set_arn, p.kind, p.policy
