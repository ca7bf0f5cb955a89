-- The policies of permission sets, and the texts of those that AWS maintains.
SELECT p.permission_set_arn, p.kind, p.policy, p.document, p.valid_from, p.valid_to
FROM permission_set_policies_versions AS p
UNION ALL
SELECT NULL, NULL, m.policy_arn, m.document, m.valid_from, m.valid_to
FROM managed_policies_versions AS m
