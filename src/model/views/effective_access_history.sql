-- One row per overlap of an assignment's life with a membership's and the user's. A user's attributes never
-- split a way: u is the user's newest version, and the user's life goes from the first one to its end. Names
-- are the newest known. 9223372036854775807 stands for a life that has not ended.
SELECT
    u.user_id, -- id of the user
    u.user_name, -- newest name of the user
    u.user_status, -- newest status, ENABLED or DISABLED
    a.account_id, -- id of the account
    c.name AS account_name, -- newest name of the account
    c.state AS account_state, -- newest state of the account
    a.permission_set_arn, -- ARN of the permission set
    p.name AS permission_set_name, -- newest name of the permission set
    'direct' AS via, -- direct, or group when the assignment is a group's
    NULL AS group_id, -- id of that group
    NULL AS group_name, -- newest name of that group
    a.not_before AS not_before, -- the way began after this time; NULL: before the first snapshot
    (SELECT s.completed_at FROM snapshots AS s
     WHERE s.snapshot_id = max(a.valid_from, (SELECT min(f.valid_from) FROM users_history AS f
                                              WHERE f.user_id = a.principal_id))) AS first_seen_at, -- and was there at this time
    min(a.last_seen_at, u.last_seen_at) AS last_seen_at, -- when it was last seen
    (SELECT s.completed_at FROM snapshots AS s
     WHERE s.snapshot_id = min(coalesce(a.valid_to, 9223372036854775807),
                               coalesce(u.valid_to, 9223372036854775807))) AS gone_at -- by when it was gone; NULL while it holds
FROM account_assignments_history AS a
JOIN users_history AS u ON u.user_id = a.principal_id
    AND u.valid_from = (SELECT max(f.valid_from) FROM users_history AS f WHERE f.user_id = a.principal_id)
LEFT JOIN accounts_history AS c ON c.account_id = a.account_id
    AND c.valid_from = (SELECT max(f.valid_from) FROM accounts_history AS f WHERE f.account_id = a.account_id)
LEFT JOIN permission_sets_history AS p ON p.permission_set_arn = a.permission_set_arn
    AND p.valid_from = (SELECT max(f.valid_from) FROM permission_sets_history AS f
                        WHERE f.permission_set_arn = a.permission_set_arn)
WHERE a.principal_type = 'USER'
  AND max(a.valid_from, (SELECT min(f.valid_from) FROM users_history AS f WHERE f.user_id = a.principal_id))
      < min(coalesce(a.valid_to, 9223372036854775807), coalesce(u.valid_to, 9223372036854775807))
UNION ALL
SELECT u.user_id, u.user_name, u.user_status, a.account_id, c.name, c.state, a.permission_set_arn, p.name,
       'group', a.principal_id, g.display_name,
       nullif(max(coalesce(a.not_before, ''), coalesce(m.not_before, '')), ''),
       (SELECT s.completed_at FROM snapshots AS s
        WHERE s.snapshot_id = max(a.valid_from, m.valid_from,
                                  (SELECT min(f.valid_from) FROM users_history AS f WHERE f.user_id = m.user_id))),
       min(a.last_seen_at, m.last_seen_at, u.last_seen_at),
       (SELECT s.completed_at FROM snapshots AS s
        WHERE s.snapshot_id = min(coalesce(a.valid_to, 9223372036854775807),
                                  coalesce(m.valid_to, 9223372036854775807),
                                  coalesce(u.valid_to, 9223372036854775807)))
FROM account_assignments_history AS a
JOIN group_memberships_history AS m ON m.group_id = a.principal_id
JOIN users_history AS u ON u.user_id = m.user_id
    AND u.valid_from = (SELECT max(f.valid_from) FROM users_history AS f WHERE f.user_id = m.user_id)
LEFT JOIN groups_history AS g ON g.group_id = a.principal_id
    AND g.valid_from = (SELECT max(f.valid_from) FROM groups_history AS f WHERE f.group_id = a.principal_id)
LEFT JOIN accounts_history AS c ON c.account_id = a.account_id
    AND c.valid_from = (SELECT max(f.valid_from) FROM accounts_history AS f WHERE f.account_id = a.account_id)
LEFT JOIN permission_sets_history AS p ON p.permission_set_arn = a.permission_set_arn
    AND p.valid_from = (SELECT max(f.valid_from) FROM permission_sets_history AS f
                        WHERE f.permission_set_arn = a.permission_set_arn)
WHERE a.principal_type = 'GROUP'
  AND max(a.valid_from, m.valid_from,
          (SELECT min(f.valid_from) FROM users_history AS f WHERE f.user_id = m.user_id))
      < min(coalesce(a.valid_to, 9223372036854775807), coalesce(m.valid_to, 9223372036854775807),
            coalesce(u.valid_to, 9223372036854775807))
