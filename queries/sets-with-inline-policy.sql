-- title: Permission sets with an inline policy
-- description: Permission sets with a policy written into them, and its document.
-- family: permission-set
-- question: 26
SELECT
    s.name AS permission_set_name,
    p.document,
    -- during: p.first_seen_at, p.not_before, p.last_seen_at, p.gone_at,
    p.permission_set_arn
FROM permission_set_policies AS p
LEFT JOIN permission_sets AS s ON s.permission_set_arn = p.permission_set_arn
        -- during: AND s.valid_from = (SELECT max(n.valid_from) FROM permission_sets AS n WHERE n.permission_set_arn = s.permission_set_arn)
WHERE p.kind = 'inline'
ORDER BY s.name, p.permission_set_arn
    -- during: , p.valid_from
