-- title: Assignments to users instead of groups
-- description: Every assignment whose principal is a user. A user without a name was deleted, or could not be read.
-- family: hygiene
-- question: 42
SELECT
    u.user_name,
    u.display_name,
    u.user_status,
    c.name AS account_name,
    a.account_id,
    s.name AS permission_set_name,
    -- during: a.first_seen_at, a.not_before, a.last_seen_at, a.gone_at,
    a.principal_id AS user_id,
    a.permission_set_arn
FROM account_assignments AS a
LEFT JOIN users AS u ON u.user_id = a.principal_id
        -- during: AND u.valid_from = (SELECT max(n.valid_from) FROM users AS n WHERE n.user_id = u.user_id)
LEFT JOIN accounts AS c ON c.account_id = a.account_id
        -- during: AND c.valid_from = (SELECT max(n.valid_from) FROM accounts AS n WHERE n.account_id = c.account_id)
LEFT JOIN permission_sets AS s ON s.permission_set_arn = a.permission_set_arn
        -- during: AND s.valid_from = (SELECT max(n.valid_from) FROM permission_sets AS n WHERE n.permission_set_arn = s.permission_set_arn)
WHERE a.principal_type = 'USER'
ORDER BY u.user_name, a.principal_id, c.name, a.account_id, s.name, a.permission_set_arn
    -- during: , a.valid_from
