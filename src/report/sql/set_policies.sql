SELECT
    p.permission_set_arn,
    p.kind,
    p.policy,
    coalesce(p.document, m.document) AS document,
    CASE WHEN p.policy LIKE 'arn:%' OR p.kind = 'inline' THEN 'the document was not read'
        ELSE 'each account has its own document, which was not read' END AS unread
FROM permission_set_policies AS p
LEFT JOIN managed_policies AS m ON m.policy_arn = p.policy
ORDER BY p.permission_set_arn, p.kind, p.policy
