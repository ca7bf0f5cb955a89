-- Driven by assignments: a user must exist, a name may be missing. Of the versions alive (valid_to IS NULL)
-- the histories know since when: a way began when the later of its assignment and its membership did.
SELECT
    u.user_id, -- id of the user
    u.user_name, -- name of the user
    u.user_status, -- ENABLED or DISABLED
    a.account_id, -- id of the account
    c.name AS account_name, -- name of the account; NULL where accounts were not read
    c.state AS account_state, -- state of the account
    a.permission_set_arn, -- ARN of the permission set
    p.name AS permission_set_name, -- name of the permission set
    'direct' AS via, -- direct, or group when the assignment is a group's
    NULL AS group_id, -- id of that group
    NULL AS group_name, -- name of that group
    a.not_before AS not_before, -- the way began after this time; NULL: before the first snapshot
    a.first_seen_at AS first_seen_at -- and was there at this time
FROM account_assignments_history AS a
JOIN users AS u ON u.user_id = a.principal_id
LEFT JOIN accounts AS c ON c.account_id = a.account_id
LEFT JOIN permission_sets AS p ON p.permission_set_arn = a.permission_set_arn
WHERE a.valid_to IS NULL AND a.principal_type = 'USER'
UNION ALL
SELECT u.user_id, u.user_name, u.user_status, a.account_id, c.name, c.state, a.permission_set_arn, p.name,
       'group', a.principal_id, g.display_name,
       nullif(max(coalesce(a.not_before, ''), coalesce(m.not_before, '')), ''),
       CASE WHEN m.valid_from > a.valid_from THEN m.first_seen_at ELSE a.first_seen_at END
FROM account_assignments_history AS a
JOIN group_memberships_history AS m ON m.group_id = a.principal_id
JOIN users AS u ON u.user_id = m.user_id
LEFT JOIN groups AS g ON g.group_id = a.principal_id
LEFT JOIN accounts AS c ON c.account_id = a.account_id
LEFT JOIN permission_sets AS p ON p.permission_set_arn = a.permission_set_arn
WHERE a.valid_to IS NULL AND m.valid_to IS NULL AND a.principal_type = 'GROUP'
