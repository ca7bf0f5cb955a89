-- One row per overlap of an assignment's life with a membership's and the user's. A user's attributes never
-- split a way: a user's life is a run of versions of which each begins where the one before ends, from f to u.
-- Who was seen to be gone and came back has two. Names are the newest known (of the user, in that life).
-- 9223372036854775807 stands for a life that has not ended. Written as effective_access is, for the same reasons.
SELECT
    w.user_id, -- id of the user
    w.user_name, -- newest name of the user
    w.user_status, -- newest status, ENABLED or DISABLED
    a.account_id, -- id of the account
    c.name AS account_name, -- newest name of the account
    c.state AS account_state, -- newest state of the account
    a.permission_set_arn, -- ARN of the permission set
    p.name AS permission_set_name, -- newest name of the permission set
    w.via, -- direct, or group when the assignment is a group's
    w.group_id, -- id of that group
    g.display_name AS group_name, -- newest name of that group
    nullif(max(coalesce(a.not_before, ''), coalesce(w.not_before, '')), '') AS not_before, -- the way began after this time; NULL: before the first snapshot
    (SELECT s.completed_at FROM snapshots AS s
     WHERE s.snapshot_id = max(a.valid_from, w.valid_from)) AS first_seen_at, -- when it was first seen
    max(min(a.last_seen_at, w.last_seen_at), (SELECT s.completed_at FROM snapshots AS s
     WHERE s.snapshot_id = max(a.valid_from, w.valid_from))) AS last_seen_at, -- when it was last seen
    (SELECT s.completed_at FROM snapshots AS s
     WHERE s.snapshot_id = min(coalesce(a.valid_to, 9223372036854775807), w.valid_to)) AS gone_at -- by when it was gone; NULL while it holds
    -- during: , max(a.valid_from, w.valid_from) AS valid_from
    -- during: , nullif(min(coalesce(a.valid_to, 9223372036854775807), w.valid_to), 9223372036854775807) AS valid_to
FROM account_assignments_history AS a
LEFT JOIN accounts_history AS c ON c.account_id = a.account_id
    AND c.valid_from = (SELECT max(f.valid_from) FROM accounts_history AS f WHERE f.account_id = c.account_id)
LEFT JOIN permission_sets_history AS p ON p.permission_set_arn = a.permission_set_arn
    AND p.valid_from = (SELECT max(f.valid_from) FROM permission_sets_history AS f
                        WHERE f.permission_set_arn = p.permission_set_arn)
LEFT JOIN groups_history AS g ON g.group_id = a.principal_id AND a.principal_type = 'GROUP'
    AND g.valid_from = (SELECT max(f.valid_from) FROM groups_history AS f WHERE f.group_id = g.group_id)
JOIN (
    SELECT 'USER' AS principal_type, u.user_id AS principal_id, u.user_id, u.user_name, u.user_status,
           CAST('direct' AS TEXT) AS via, CAST(NULL AS TEXT) AS group_id, CAST(f.not_before AS TEXT) AS not_before,
           CAST(f.valid_from AS INTEGER) AS valid_from,
           CAST(coalesce(u.valid_to, 9223372036854775807) AS INTEGER) AS valid_to,
           CAST(u.last_seen_at AS TEXT) AS last_seen_at
    FROM users_history AS u
    JOIN users_history AS f ON f.user_id = u.user_id AND f.valid_from = (
        SELECT max(b.valid_from) FROM users_history AS b
        WHERE b.user_id = u.user_id AND b.valid_from <= u.valid_from AND NOT EXISTS (
            SELECT 1 FROM users_history AS e WHERE e.user_id = b.user_id AND e.valid_to = b.valid_from))
    WHERE NOT EXISTS (SELECT 1 FROM users_history AS n WHERE n.user_id = u.user_id AND n.valid_from = u.valid_to)
    UNION ALL
    SELECT 'GROUP', m.group_id, u.user_id, u.user_name, u.user_status,
           CAST('group' AS TEXT), m.group_id,
           CAST(nullif(max(coalesce(m.not_before, ''), coalesce(f.not_before, '')), '') AS TEXT),
           CAST(max(m.valid_from, f.valid_from) AS INTEGER),
           CAST(min(coalesce(m.valid_to, 9223372036854775807), coalesce(u.valid_to, 9223372036854775807))
                AS INTEGER),
           CAST(min(m.last_seen_at, u.last_seen_at) AS TEXT)
    FROM group_memberships_history AS m
    JOIN users_history AS u ON u.user_id = m.user_id
    JOIN users_history AS f ON f.user_id = u.user_id AND f.valid_from = (
        SELECT max(b.valid_from) FROM users_history AS b
        WHERE b.user_id = u.user_id AND b.valid_from <= u.valid_from AND NOT EXISTS (
            SELECT 1 FROM users_history AS e WHERE e.user_id = b.user_id AND e.valid_to = b.valid_from))
    WHERE NOT EXISTS (SELECT 1 FROM users_history AS n WHERE n.user_id = u.user_id AND n.valid_from = u.valid_to)
) AS w ON w.principal_id = a.principal_id AND w.principal_type = +a.principal_type
WHERE
    -- during: min(coalesce(a.valid_to, 9223372036854775807), w.valid_to) > {from} AND
    max(a.valid_from, w.valid_from) < min(coalesce(a.valid_to, 9223372036854775807), w.valid_to)
