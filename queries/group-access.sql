-- title: What a group reaches
-- description: The accounts and permission sets that the group is assigned, and since when.
-- family: group
-- question: 35
-- param group (group): group id or name
-- example: Developers
SELECT
    c.name AS account_name,
    s.name AS permission_set_name,
    CASE WHEN a.permission_set_arn IN (SELECT r.permission_set_arn FROM privileged_permission_sets AS r WHERE r.level = 'administrator' AND r.scope = 'any')
        THEN 'yes' ELSE 'no' END AS privileged,
    c.state AS account_state,
    -- during: a.first_seen_at, a.not_before, a.last_seen_at, a.gone_at,
    a.account_id,
    a.permission_set_arn
FROM account_assignments AS a
LEFT JOIN accounts AS c ON c.account_id = a.account_id
        -- during: AND c.valid_from = (SELECT max(n.valid_from) FROM accounts AS n WHERE n.account_id = c.account_id)
LEFT JOIN permission_sets AS s ON s.permission_set_arn = a.permission_set_arn
        -- during: AND s.valid_from = (SELECT max(n.valid_from) FROM permission_sets AS n WHERE n.permission_set_arn = s.permission_set_arn)
WHERE a.principal_id = :group AND a.principal_type = 'GROUP'
ORDER BY c.name, a.account_id, s.name, a.permission_set_arn
    -- during: , a.valid_from
