-- title: Assignments that lead nowhere
-- description: Assignments of deleted users and groups, and those in accounts that are not active. Reason principal_not_listed, members_not_listed and member_users_not_listed: the principal or its people could not be read, so it is not known whether they exist.
-- not during: what leads nowhere is judged by one snapshot and its gaps
WITH findings AS (
    SELECT account_id, permission_set_arn, principal_type, principal_id, reason
    FROM effective_access_unknown
    UNION ALL
    SELECT a.account_id, a.permission_set_arn, a.principal_type, a.principal_id, 'account_' || lower(c.state)
    -- Few accounts are not active: they lead the way (CROSS JOIN).
    FROM accounts AS c
    CROSS JOIN account_assignments AS a ON a.account_id = c.account_id
    WHERE c.state <> 'ACTIVE'
)
SELECT
    f.reason,
    c.name AS account_name,
    f.account_id,
    c.state AS account_state,
    s.name AS permission_set_name,
    f.principal_type,
    f.principal_id,
    coalesce(u.user_name, g.display_name) AS principal_name,
    f.permission_set_arn
FROM findings AS f
LEFT JOIN accounts AS c ON c.account_id = f.account_id
LEFT JOIN permission_sets AS s ON s.permission_set_arn = f.permission_set_arn
LEFT JOIN users AS u ON u.user_id = f.principal_id AND f.principal_type = 'USER'
LEFT JOIN groups AS g ON g.group_id = f.principal_id AND f.principal_type = 'GROUP'
ORDER BY f.reason, c.name, f.account_id, s.name, f.permission_set_arn, f.principal_type, f.principal_id
