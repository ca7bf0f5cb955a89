-- What came and went are ways, as in effective_access, and not what they add up to: who loses one of two ways
-- still gets in (diff --access tells that). Each way is counted once, in the row of the first cause that holds:
-- of what is known to have begun its assignment, its membership, its user, then of what is unknown likewise; of
-- what ended its assignment, its group, its user, its membership. So the users of the rows of one snapshot that
-- are gained or unknown and begin something are its ways that the snapshot before did not have, and those that
-- are lost are the ways that it no longer has.
--
-- An assignment and a deleted group are one row for all of their people, whoever they are; a membership or a
-- user is one row for each assignment that it leads to. Driven by what changed at a snapshot (<name>_changes):
-- old below is what was there before and still is.
SELECT
    w.snapshot_id, -- the snapshot that saw the change
    w.taken_at, -- time of its first call, UTC
    w.change, -- gained, lost, altered (the same way to something else), or unknown: a gap may have hidden before what was first seen here
    w.cause, -- assignment_granted, assignment_revoked, membership_added, membership_removed, group_deleted, user_created, user_deleted, user_enabled, user_disabled or policy_changed
    CASE WHEN w.group_id IS NULL THEN 'direct' ELSE 'group' END AS via, -- direct, or group when the assignment is a group's
    w.group_id, -- id of that group
    (SELECT h.display_name FROM groups_history AS h WHERE h.group_id = w.group_id
        AND h.valid_from <= w.snapshot_id ORDER BY h.valid_from DESC LIMIT 1) AS group_name, -- name of that group
    w.user_id, -- id of the one user whose way it is; NULL: so many users of the group
    (SELECT h.user_name FROM users_history AS h WHERE h.user_id = w.user_id
        AND h.valid_from <= w.snapshot_id ORDER BY h.valid_from DESC LIMIT 1) AS user_name, -- name of that user
    w.account_id, -- id of the account
    (SELECT h.name FROM accounts_history AS h WHERE h.account_id = w.account_id
        AND h.valid_from <= w.snapshot_id ORDER BY h.valid_from DESC LIMIT 1) AS account_name, -- name of the account
    w.permission_set_arn, -- ARN of the permission set
    (SELECT h.name FROM permission_sets_history AS h WHERE h.permission_set_arn = w.permission_set_arn
        AND h.valid_from <= w.snapshot_id ORDER BY h.valid_from DESC LIMIT 1) AS permission_set_name, -- name of the permission set
    w.users -- number of users who have the way by this, or had it
FROM (
    WITH user_events AS NOT MATERIALIZED (
        SELECT c.snapshot_id, c.taken_at, c.previous_snapshot_id, c.user_id, c.change AS row_change,
            CASE c.change WHEN 'added' THEN 'gained' WHEN 'removed' THEN 'lost' WHEN 'changed' THEN 'altered' ELSE c.change END
                AS change,
            CASE WHEN c.change = 'removed' THEN 'user_deleted' WHEN c.change <> 'changed' THEN 'user_created'
                WHEN c.user_status IS 'DISABLED' THEN 'user_disabled' ELSE 'user_enabled' END AS cause
        FROM users_changes AS c
        WHERE c.change <> 'changed'
            OR (c.user_status IS 'DISABLED') <> (json_extract(c.fields, '$.user_status.old') IS 'DISABLED')
                AND json_type(c.fields, '$.user_status') IS NOT NULL)
    -- An assignment was granted: to those who did not come by themselves where it may have been there before.
    SELECT c.snapshot_id, c.taken_at, CASE c.change WHEN 'added' THEN 'gained' ELSE 'unknown' END AS change,
        'assignment_granted' AS cause, CASE c.principal_type WHEN 'GROUP' THEN c.principal_id END AS group_id,
        CASE c.principal_type WHEN 'USER' THEN c.principal_id END AS user_id, c.account_id, c.permission_set_arn,
        CASE c.principal_type WHEN 'USER' THEN (
            SELECT count(*) FROM users_history AS u
            WHERE u.user_id = c.principal_id
                AND +u.valid_from <= c.snapshot_id AND (u.valid_to IS NULL OR u.valid_to > c.snapshot_id)
                AND (c.change = 'added' OR NOT EXISTS (
                    SELECT 1 FROM users_changes AS x
                    WHERE x.snapshot_id = c.snapshot_id AND x.user_id = u.user_id AND x.change = 'added')))
        ELSE (
            SELECT count(*) FROM group_memberships_history AS m JOIN users_history AS u ON u.user_id = m.user_id
            WHERE m.group_id = c.principal_id
                AND +m.valid_from <= c.snapshot_id AND (m.valid_to IS NULL OR m.valid_to > c.snapshot_id)
                AND +u.valid_from <= c.snapshot_id AND (u.valid_to IS NULL OR u.valid_to > c.snapshot_id)
                AND (c.change = 'added' OR NOT EXISTS (
                    SELECT 1 FROM group_memberships_changes AS x
                    WHERE x.snapshot_id = c.snapshot_id AND x.group_id = m.group_id AND x.user_id = m.user_id
                        AND x.change = 'added') AND NOT EXISTS (
                    SELECT 1 FROM users_changes AS x
                    WHERE x.snapshot_id = c.snapshot_id AND x.user_id = u.user_id AND x.change = 'added')))
        END AS users
    FROM account_assignments_changes AS c
    WHERE c.change IN ('added', 'unknown')

    UNION ALL
    -- An assignment was revoked: from all who had a way by it.
    SELECT c.snapshot_id, c.taken_at, 'lost', 'assignment_revoked',
        CASE c.principal_type WHEN 'GROUP' THEN c.principal_id END,
        CASE c.principal_type WHEN 'USER' THEN c.principal_id END, c.account_id, c.permission_set_arn,
        CASE c.principal_type WHEN 'USER' THEN (
            SELECT count(*) FROM users_history AS u
            WHERE u.user_id = c.principal_id
                AND +u.valid_from <= c.previous_snapshot_id AND (u.valid_to IS NULL OR u.valid_to >= c.snapshot_id))
        ELSE (
            SELECT count(*) FROM group_memberships_history AS m JOIN users_history AS u ON u.user_id = m.user_id
            WHERE m.group_id = c.principal_id
                AND +m.valid_from <= c.previous_snapshot_id AND (m.valid_to IS NULL OR m.valid_to >= c.snapshot_id)
                AND +u.valid_from <= c.previous_snapshot_id AND (u.valid_to IS NULL OR u.valid_to >= c.snapshot_id))
        END
    FROM account_assignments_changes AS c
    WHERE c.change = 'removed'

    UNION ALL
    -- A user joined a group: what it is assigned of old, or may have been.
    SELECT c.snapshot_id, c.taken_at, CASE c.change WHEN 'added' THEN 'gained' ELSE 'unknown' END,
        'membership_added', c.group_id, c.user_id, a.account_id, a.permission_set_arn, 1
    FROM group_memberships_changes AS c
    CROSS JOIN users_history AS u ON u.user_id = c.user_id
        AND +u.valid_from <= c.snapshot_id AND (u.valid_to IS NULL OR u.valid_to > c.snapshot_id)
    CROSS JOIN account_assignments_history AS a ON a.principal_id = c.group_id AND a.principal_type = 'GROUP'
        AND +a.valid_from <= c.snapshot_id AND (a.valid_to IS NULL OR a.valid_to > c.snapshot_id)
    WHERE c.change IN ('added', 'unknown')
        AND NOT EXISTS (
            SELECT 1 FROM account_assignments_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.account_id = a.account_id
                AND x.permission_set_arn = a.permission_set_arn AND x.principal_type = a.principal_type
                AND x.principal_id = a.principal_id AND x.change IN ('added', c.change))
        AND (c.change = 'added' OR NOT EXISTS (
            SELECT 1 FROM users_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.user_id = c.user_id AND x.change = 'added'))

    UNION ALL
    -- A user who is still there left a group that is still there.
    SELECT c.snapshot_id, c.taken_at, 'lost', 'membership_removed', c.group_id, c.user_id,
        a.account_id, a.permission_set_arn, 1
    FROM group_memberships_changes AS c
    CROSS JOIN users_history AS u ON u.user_id = c.user_id
        AND +u.valid_from <= c.previous_snapshot_id AND (u.valid_to IS NULL OR u.valid_to >= c.snapshot_id)
    CROSS JOIN account_assignments_history AS a ON a.principal_id = c.group_id AND a.principal_type = 'GROUP'
        AND +a.valid_from <= c.previous_snapshot_id AND (a.valid_to IS NULL OR a.valid_to > c.snapshot_id)
    WHERE c.change = 'removed'
        AND NOT EXISTS (
            SELECT 1 FROM groups_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.group_id = c.group_id AND x.change = 'removed')
        AND NOT EXISTS (
            SELECT 1 FROM users_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.user_id = c.user_id AND x.change = 'removed')

    UNION ALL
    -- A group was deleted with all of its memberships; its assignments stay behind.
    SELECT c.snapshot_id, c.taken_at, 'lost', 'group_deleted', c.group_id, NULL, a.account_id, a.permission_set_arn, (
            SELECT count(*) FROM group_memberships_history AS m JOIN users_history AS u ON u.user_id = m.user_id
            WHERE m.group_id = c.group_id
                AND +m.valid_from <= c.previous_snapshot_id AND (m.valid_to IS NULL OR m.valid_to >= c.snapshot_id)
                AND +u.valid_from <= c.previous_snapshot_id AND (u.valid_to IS NULL OR u.valid_to >= c.snapshot_id)
                AND NOT EXISTS (
                    SELECT 1 FROM group_memberships_history AS n JOIN users_history AS o ON o.user_id = n.user_id
                    WHERE n.group_id = m.group_id AND n.user_id = m.user_id
                        AND +n.valid_from <= c.snapshot_id AND (n.valid_to IS NULL OR n.valid_to > c.snapshot_id)
                        AND +o.valid_from <= c.snapshot_id AND (o.valid_to IS NULL OR o.valid_to > c.snapshot_id)))
    FROM groups_changes AS c
    CROSS JOIN account_assignments_history AS a ON a.principal_id = c.group_id AND a.principal_type = 'GROUP'
        AND +a.valid_from <= c.previous_snapshot_id AND (a.valid_to IS NULL OR a.valid_to > c.snapshot_id)
    WHERE c.change = 'removed'

    UNION ALL
    -- A user came, went, was enabled or disabled: what is assigned to the user of old, or may have been.
    SELECT c.snapshot_id, c.taken_at, c.change, c.cause,
        NULL, c.user_id, a.account_id, a.permission_set_arn, 1
    FROM user_events AS c
    CROSS JOIN account_assignments_history AS a ON a.principal_id = c.user_id AND a.principal_type = 'USER'
        AND +a.valid_from <= c.snapshot_id AND (a.valid_to IS NULL OR a.valid_to > c.snapshot_id)
    WHERE NOT EXISTS (
            SELECT 1 FROM account_assignments_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.account_id = a.account_id
                AND x.permission_set_arn = a.permission_set_arn AND x.principal_type = a.principal_type
                AND x.principal_id = a.principal_id AND (x.change = 'added' OR c.row_change <> 'added'))

    UNION ALL
    -- The same through groups: the memberships of a deleted user went with the user.
    SELECT c.snapshot_id, c.taken_at, c.change, c.cause,
        m.group_id, c.user_id, a.account_id, a.permission_set_arn, 1
    FROM user_events AS c
    CROSS JOIN group_memberships_history AS m ON m.user_id = c.user_id
        AND +m.valid_from <= CASE c.row_change WHEN 'removed' THEN c.previous_snapshot_id ELSE c.snapshot_id END
        AND (m.valid_to IS NULL OR m.valid_to > CASE c.row_change WHEN 'removed' THEN c.previous_snapshot_id ELSE c.snapshot_id END)
    CROSS JOIN account_assignments_history AS a ON a.principal_id = m.group_id AND a.principal_type = 'GROUP'
        AND +a.valid_from <= c.snapshot_id AND (a.valid_to IS NULL OR a.valid_to > c.snapshot_id)
    WHERE NOT EXISTS (
            SELECT 1 FROM account_assignments_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.account_id = a.account_id
                AND x.permission_set_arn = a.permission_set_arn AND x.principal_type = a.principal_type
                AND x.principal_id = a.principal_id AND (x.change = 'added' OR c.row_change <> 'added'))
        AND NOT EXISTS (
            SELECT 1 FROM group_memberships_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.group_id = m.group_id AND x.user_id = m.user_id
                AND (x.change = 'added' OR x.change = 'unknown' AND c.row_change <> 'added'))
        AND NOT (c.row_change = 'removed' AND EXISTS (
            SELECT 1 FROM groups_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.group_id = m.group_id AND x.change = 'removed'))

    UNION ALL
    -- The policies or the session of a permission set changed: for all who had a way to it, and still have it.
    SELECT c.snapshot_id, c.taken_at,
        CASE WHEN EXISTS (
            SELECT 1 FROM permission_set_policies_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.permission_set_arn = c.permission_set_arn
                AND x.change <> 'unknown') OR EXISTS (
            SELECT 1 FROM permission_sets_changes AS x
            WHERE x.snapshot_id = c.snapshot_id AND x.permission_set_arn = c.permission_set_arn
                AND json_type(x.fields, '$.session_duration') IS NOT NULL)
        THEN 'altered' ELSE 'unknown' END,
        'policy_changed', CASE a.principal_type WHEN 'GROUP' THEN a.principal_id END,
        CASE a.principal_type WHEN 'USER' THEN a.principal_id END, a.account_id, a.permission_set_arn,
        CASE a.principal_type WHEN 'USER' THEN EXISTS (
            SELECT 1 FROM users_history AS u
            WHERE u.user_id = a.principal_id
                AND +u.valid_from <= c.snapshot_id AND (u.valid_to IS NULL OR u.valid_to > c.snapshot_id)
                AND NOT EXISTS (
                    SELECT 1 FROM users_changes AS x
                    WHERE x.snapshot_id = c.snapshot_id AND x.user_id = u.user_id AND x.change IN ('added', 'unknown')))
        ELSE (
            SELECT count(*) FROM group_memberships_history AS m JOIN users_history AS u ON u.user_id = m.user_id
            WHERE m.group_id = a.principal_id
                AND +m.valid_from <= c.snapshot_id AND (m.valid_to IS NULL OR m.valid_to > c.snapshot_id)
                AND +u.valid_from <= c.snapshot_id AND (u.valid_to IS NULL OR u.valid_to > c.snapshot_id)
                AND NOT EXISTS (
                    SELECT 1 FROM users_changes AS x
                    WHERE x.snapshot_id = c.snapshot_id AND x.user_id = u.user_id AND x.change IN ('added', 'unknown'))
                AND NOT EXISTS (
                    SELECT 1 FROM group_memberships_changes AS x
                    WHERE x.snapshot_id = c.snapshot_id AND x.group_id = m.group_id AND x.user_id = m.user_id
                        AND x.change IN ('added', 'unknown')))
        END
    FROM (
        SELECT snapshot_id, taken_at, previous_snapshot_id, permission_set_arn FROM permission_set_policies_changes
        UNION
        SELECT snapshot_id, taken_at, previous_snapshot_id, permission_set_arn FROM permission_sets_changes
        WHERE json_type(fields, '$.session_duration') IS NOT NULL
    ) AS c
    CROSS JOIN account_assignments_history AS a ON a.permission_set_arn = c.permission_set_arn
        AND +a.valid_from <= c.previous_snapshot_id AND (a.valid_to IS NULL OR a.valid_to > c.snapshot_id)
) AS w
WHERE w.users > 0
