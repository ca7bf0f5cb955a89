-- title: All assignments of the organization
-- description: Every assignment: account, permission set, and the user or group with its name. What has no name was deleted, or could not be read.
-- family: steps
-- question: 93
SELECT
    c.name AS account_name,
    s.name AS permission_set_name,
    a.principal_type,
    CASE a.principal_type
        WHEN 'GROUP' THEN (SELECT g.display_name FROM groups AS g WHERE g.group_id = a.principal_id
            -- during: ORDER BY g.valid_from DESC LIMIT 1
        )
        ELSE (SELECT u.user_name FROM users AS u WHERE u.user_id = a.principal_id
            -- during: ORDER BY u.valid_from DESC LIMIT 1
        )
    END AS principal_name,
    -- during: a.first_seen_at, a.not_before, a.last_seen_at, a.gone_at,
    a.account_id,
    a.principal_id,
    a.permission_set_arn
FROM account_assignments AS a
LEFT JOIN accounts AS c ON c.account_id = a.account_id
        -- during: AND c.valid_from = (SELECT max(n.valid_from) FROM accounts AS n WHERE n.account_id = c.account_id)
LEFT JOIN permission_sets AS s ON s.permission_set_arn = a.permission_set_arn
        -- during: AND s.valid_from = (SELECT max(n.valid_from) FROM permission_sets AS n WHERE n.permission_set_arn = s.permission_set_arn)
ORDER BY a.account_id, a.permission_set_arn, a.principal_type, a.principal_id
    -- during: , a.valid_from
