-- title: What a permission set allows
-- description: The policies of the permission set: AWS managed, customer managed, inline (with its document) and the permissions boundary.
-- family: permission-set
-- question: 21
-- param permission_set (permission_set): permission set name or ARN
-- example: AdministratorAccess
SELECT
    s.name AS permission_set_name,
    p.kind,
    coalesce(p.policy_name, p.policy) AS policy_name,
    p.policy,
    p.policy_path,
    -- during: p.first_seen_at, p.not_before, p.last_seen_at, p.gone_at,
    s.session_duration,
    p.document,
    p.permission_set_arn
FROM permission_set_policies AS p
LEFT JOIN permission_sets AS s ON s.permission_set_arn = p.permission_set_arn
        -- during: AND s.valid_from = (SELECT max(n.valid_from) FROM permission_sets AS n WHERE n.permission_set_arn = s.permission_set_arn)
WHERE p.permission_set_arn = :permission_set
ORDER BY p.kind, p.policy
    -- during: , p.valid_from
