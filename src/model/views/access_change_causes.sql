-- What came and went are ways, as in effective_access, and not what they add up to: who loses one of two ways
-- still gets in (diff --access tells that). Each way is counted once, in the row of the first cause that holds:
-- of what is known to have begun its assignment, its membership, its user, then of what is unknown likewise; of
-- what ended its assignment, its group, its user, its membership. So users times assignments of the rows of one
-- snapshot that are gained or unknown and begin something are its ways that the snapshot before did not have, and
-- those that are lost are the ways that it no longer has.
--
-- Driven by what changed at a snapshot (<name>_changes): one row for each cause and principal. An assignment
-- stands where it was there before the snapshot and still is; one that began or ended has a row of its own.
SELECT
    w.snapshot_id, -- the snapshot that saw the change
    w.taken_at, -- time of its first call, UTC
    w.change, -- gained, lost, altered (the same way to something else), or unknown: a gap may have hidden before what was first seen here
    w.cause, -- assignment_granted, assignment_revoked, membership_added, membership_removed, group_deleted, user_created, user_deleted, user_enabled, user_disabled or policy_changed
    w.group_id, -- id of the group whose assignments give the ways; NULL: those of the user
    w.user_id, -- id of the one user whose ways they are; NULL: so many users of the group
    w.account_id, -- id of the account; NULL: each one of an assignment that stands
    w.permission_set_arn, -- ARN of the permission set; NULL: each one of an assignment that stands
    w.users, -- number of users who have the ways by this, or had them
    w.assignments -- number of assignments: each gives each of the users one way
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
                AND json_type(c.fields, '$.user_status') IS NOT NULL),
    -- What leads to assignments that it did not begin or end. Of those that began at the snapshot all the same, begun
    -- says which belong to it: 1 those that may have been there before, 0 only those that surely were, NULL none.
    events AS NOT MATERIALIZED (
        -- A user joined a group.
        SELECT c.snapshot_id, c.taken_at, CASE c.change WHEN 'added' THEN 'gained' ELSE 'unknown' END AS change,
            'membership_added' AS cause, c.group_id, c.user_id, 1 AS users, c.change = 'added' AS begun
        FROM group_memberships_changes AS c
        CROSS JOIN users_history AS u ON u.user_id = c.user_id
            AND +u.valid_from <= c.snapshot_id AND (u.valid_to IS NULL OR u.valid_to > c.snapshot_id)
        WHERE c.change IN ('added', 'unknown')
            AND (c.change = 'added' OR NOT EXISTS (
                SELECT 1 FROM users_changes AS x
                WHERE x.snapshot_id = c.snapshot_id AND x.user_id = c.user_id AND x.change = 'added'))

        UNION ALL
        -- A user who is still there left a group that is still there.
        SELECT c.snapshot_id, c.taken_at, 'lost', 'membership_removed', c.group_id, c.user_id, 1, NULL
        FROM group_memberships_changes AS c
        CROSS JOIN users_history AS u ON u.user_id = c.user_id
            AND +u.valid_from <= c.previous_snapshot_id AND (u.valid_to IS NULL OR u.valid_to >= c.snapshot_id)
        WHERE c.change = 'removed'
            AND NOT EXISTS (
                SELECT 1 FROM groups_changes AS x
                WHERE x.snapshot_id = c.snapshot_id AND x.group_id = c.group_id AND x.change = 'removed')
            AND NOT EXISTS (
                SELECT 1 FROM users_changes AS x
                WHERE x.snapshot_id = c.snapshot_id AND x.user_id = c.user_id AND x.change = 'removed')

        UNION ALL
        -- A group was deleted with all of its memberships; its assignments stay behind.
        SELECT c.snapshot_id, c.taken_at, 'lost', 'group_deleted', c.group_id, NULL, (
                SELECT count(*) FROM group_memberships_history AS m JOIN users_history AS u ON u.user_id = m.user_id
                WHERE m.group_id = c.group_id
                    AND +m.valid_from <= c.previous_snapshot_id AND (m.valid_to IS NULL OR m.valid_to >= c.snapshot_id)
                    AND +u.valid_from <= c.previous_snapshot_id AND (u.valid_to IS NULL OR u.valid_to >= c.snapshot_id)
                    AND NOT EXISTS (
                        SELECT 1 FROM group_memberships_history AS n JOIN users_history AS o ON o.user_id = n.user_id
                        WHERE n.group_id = m.group_id AND n.user_id = m.user_id
                            AND +n.valid_from <= c.snapshot_id AND (n.valid_to IS NULL OR n.valid_to > c.snapshot_id)
                            AND +o.valid_from <= c.snapshot_id AND (o.valid_to IS NULL OR o.valid_to > c.snapshot_id))), NULL
        FROM groups_changes AS c
        WHERE c.change = 'removed'

        UNION ALL
        -- A user came, went, was enabled or disabled.
        SELECT c.snapshot_id, c.taken_at, c.change, c.cause, NULL, c.user_id, 1, c.row_change = 'added'
        FROM user_events AS c

        UNION ALL
        -- The same through groups: the memberships of a deleted user went with the user.
        SELECT c.snapshot_id, c.taken_at, c.change, c.cause, m.group_id, c.user_id, 1, c.row_change = 'added'
        FROM user_events AS c
        CROSS JOIN group_memberships_history AS m ON m.user_id = c.user_id
            AND +m.valid_from <= CASE c.row_change WHEN 'removed' THEN c.previous_snapshot_id ELSE c.snapshot_id END
            AND (m.valid_to IS NULL OR m.valid_to > CASE c.row_change WHEN 'removed' THEN c.previous_snapshot_id ELSE c.snapshot_id END)
        WHERE NOT EXISTS (
                SELECT 1 FROM group_memberships_changes AS x
                WHERE x.snapshot_id = c.snapshot_id AND x.group_id = m.group_id AND x.user_id = m.user_id
                    AND (x.change = 'added' OR x.change = 'unknown' AND c.row_change <> 'added'))
            AND NOT (c.row_change = 'removed' AND EXISTS (
                SELECT 1 FROM groups_changes AS x
                WHERE x.snapshot_id = c.snapshot_id AND x.group_id = m.group_id AND x.change = 'removed')))

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
        END AS users, 1 AS assignments
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
        END, 1
    FROM account_assignments_changes AS c
    WHERE c.change = 'removed'

    UNION ALL
    -- The assignments that stand.
    SELECT e.snapshot_id, e.taken_at, e.change, e.cause, e.group_id, e.user_id, NULL, NULL, e.users, (
            SELECT count(*) FROM account_assignments_history AS a
            WHERE a.principal_id = coalesce(e.group_id, e.user_id)
                AND a.principal_type = CASE WHEN e.group_id IS NULL THEN 'USER' ELSE 'GROUP' END
                AND +a.valid_from < e.snapshot_id AND (a.valid_to IS NULL OR a.valid_to > e.snapshot_id))
    FROM events AS e

    UNION ALL
    -- Those that began.
    SELECT e.snapshot_id, e.taken_at, e.change, e.cause, e.group_id, e.user_id, a.account_id, a.permission_set_arn,
        e.users, 1
    FROM events AS e
    CROSS JOIN account_assignments_history AS a ON a.principal_id = coalesce(e.group_id, e.user_id)
        AND a.principal_type = CASE WHEN e.group_id IS NULL THEN 'USER' ELSE 'GROUP' END
        AND +a.valid_from = e.snapshot_id AND (a.valid_to IS NULL OR a.valid_to > e.snapshot_id)
    WHERE e.begun IS NOT NULL
        AND NOT EXISTS (
            SELECT 1 FROM account_assignments_changes AS x
            WHERE x.snapshot_id = e.snapshot_id AND x.account_id = a.account_id
                AND x.permission_set_arn = a.permission_set_arn AND x.principal_type = a.principal_type
                AND x.principal_id = a.principal_id AND (x.change = 'added' OR e.begun = 0))

    UNION ALL
    -- The policies or the session of a permission set changed: for all who had a way to it, and still have it.
    SELECT p.snapshot_id, p.taken_at,
        CASE WHEN p.is_seen THEN 'altered' ELSE 'unknown' END,
        'policy_changed', CASE p.principal_type WHEN 'GROUP' THEN p.principal_id END,
        CASE p.principal_type WHEN 'USER' THEN p.principal_id END, NULL, p.permission_set_arn,
        CASE p.principal_type WHEN 'USER' THEN EXISTS (
            SELECT 1 FROM users_history AS u
            WHERE u.user_id = p.principal_id
                AND +u.valid_from <= p.snapshot_id AND (u.valid_to IS NULL OR u.valid_to > p.snapshot_id)
                AND NOT EXISTS (
                    SELECT 1 FROM users_changes AS x
                    WHERE x.snapshot_id = p.snapshot_id AND x.user_id = u.user_id AND x.change IN ('added', 'unknown')))
        ELSE (
            SELECT count(*) FROM group_memberships_history AS m JOIN users_history AS u ON u.user_id = m.user_id
            WHERE m.group_id = p.principal_id
                AND +m.valid_from <= p.snapshot_id AND (m.valid_to IS NULL OR m.valid_to > p.snapshot_id)
                AND +u.valid_from <= p.snapshot_id AND (u.valid_to IS NULL OR u.valid_to > p.snapshot_id)
                AND NOT EXISTS (
                    SELECT 1 FROM users_changes AS x
                    WHERE x.snapshot_id = p.snapshot_id AND x.user_id = u.user_id AND x.change IN ('added', 'unknown'))
                AND NOT EXISTS (
                    SELECT 1 FROM group_memberships_changes AS x
                    WHERE x.snapshot_id = p.snapshot_id AND x.group_id = m.group_id AND x.user_id = m.user_id
                        AND x.change IN ('added', 'unknown')))
        END, p.assignments
    FROM (
        SELECT c.snapshot_id, c.taken_at, c.permission_set_arn, c.is_seen, a.principal_type, a.principal_id,
            count(*) AS assignments
        FROM (
            SELECT e.snapshot_id, e.taken_at, e.permission_set_arn, max(e.is_seen) AS is_seen
            FROM (
                SELECT snapshot_id, taken_at, permission_set_arn, change <> 'unknown' AS is_seen
                FROM permission_set_policies_changes
                UNION ALL
                SELECT snapshot_id, taken_at, permission_set_arn, 1 FROM permission_sets_changes
                WHERE json_type(fields, '$.session_duration') IS NOT NULL
                UNION ALL
                -- AWS wrote a policy anew that the set had and still has.
                SELECT m.snapshot_id, m.taken_at, s.permission_set_arn, 1
                FROM managed_policies_changes AS m
                CROSS JOIN permission_set_policies_history AS s ON s.policy = m.policy_arn
                    AND +s.valid_from < m.snapshot_id AND (s.valid_to IS NULL OR s.valid_to > m.snapshot_id)
                WHERE json_type(m.fields, '$.document') IS NOT NULL
            ) AS e
            GROUP BY e.snapshot_id, e.taken_at, e.permission_set_arn
        ) AS c
        CROSS JOIN account_assignments_history AS a ON a.permission_set_arn = c.permission_set_arn
            AND +a.valid_from < c.snapshot_id AND (a.valid_to IS NULL OR a.valid_to > c.snapshot_id)
        GROUP BY c.snapshot_id, c.taken_at, c.permission_set_arn, c.is_seen, a.principal_type, a.principal_id
    ) AS p
) AS w
WHERE w.users > 0 AND w.assignments > 0
