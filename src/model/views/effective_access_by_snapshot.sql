-- Every path of access in each snapshot, by the names of then: a day of a large organization has millions, so that a
-- question must ask for a snapshot, an account or a user. Written as effective_access is, for the same reasons; what may be
-- a name of then is looked up for the rows of the answer alone.
SELECT
    d.snapshot_id, -- the snapshot
    d.taken_at, -- time of its first call, UTC
    w.user_id, -- id of the user
    w.user_name, -- name of the user in that snapshot
    w.user_status, -- ENABLED or DISABLED in that snapshot
    a.account_id, -- id of the account
    (SELECT c.name FROM accounts_history AS c WHERE c.account_id = a.account_id
        AND c.valid_from <= d.snapshot_id AND (c.valid_to IS NULL OR c.valid_to > d.snapshot_id)) AS account_name, -- name of the account in that snapshot
    (SELECT c.state FROM accounts_history AS c WHERE c.account_id = a.account_id
        AND c.valid_from <= d.snapshot_id AND (c.valid_to IS NULL OR c.valid_to > d.snapshot_id)) AS account_state, -- state of the account in that snapshot
    a.permission_set_arn, -- ARN of the permission set
    (SELECT p.name FROM permission_sets_history AS p WHERE p.permission_set_arn = a.permission_set_arn
        AND p.valid_from <= d.snapshot_id AND (p.valid_to IS NULL OR p.valid_to > d.snapshot_id)) AS permission_set_name, -- name of the permission set in that snapshot
    w.via, -- direct, or group when the assignment is a group's
    w.group_id, -- id of that group
    (SELECT g.display_name FROM groups_history AS g WHERE g.group_id = w.group_id
        AND g.valid_from <= d.snapshot_id AND (g.valid_to IS NULL OR g.valid_to > d.snapshot_id)) AS group_name -- name of that group in that snapshot
FROM account_assignments_history AS a
JOIN (
    SELECT 'USER' AS principal_type, u.user_id AS principal_id, u.user_id, u.user_name, u.user_status,
           CAST('direct' AS TEXT) AS via, CAST(NULL AS TEXT) AS group_id, CAST(u.valid_from AS INTEGER) AS valid_from,
           CAST(coalesce(u.valid_to, 9223372036854775807) AS INTEGER) AS valid_to
    FROM users_history AS u
    UNION ALL
    SELECT 'GROUP', m.group_id, u.user_id, u.user_name, u.user_status,
           CAST('group' AS TEXT), m.group_id, CAST(max(m.valid_from, u.valid_from) AS INTEGER),
           CAST(min(coalesce(m.valid_to, 9223372036854775807), coalesce(u.valid_to, 9223372036854775807)) AS INTEGER)
    FROM group_memberships_history AS m
    JOIN users_history AS u ON u.user_id = m.user_id
) AS w ON w.principal_id = a.principal_id AND w.principal_type = +a.principal_type
CROSS JOIN snapshot_dates AS d ON d.snapshot_id >= max(a.valid_from, w.valid_from)
    AND d.snapshot_id < min(coalesce(a.valid_to, 9223372036854775807), w.valid_to)
