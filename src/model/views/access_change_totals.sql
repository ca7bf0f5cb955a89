-- What access_change_causes tells, added up by account: an assignment that stands is counted in its account.
SELECT
    w.snapshot_id, -- the snapshot that saw the changes
    w.taken_at, -- time of its first call, UTC
    w.account_id, -- id of the account; NULL: the whole organization
    sum(CASE w.change WHEN 'gained' THEN w.paths ELSE 0 END) AS gained, -- number of paths that came
    sum(CASE w.change WHEN 'lost' THEN w.paths ELSE 0 END) AS lost, -- number of paths that went
    sum(CASE w.change WHEN 'altered' THEN w.paths ELSE 0 END) AS altered, -- number of paths that lead to something else
    sum(CASE w.change WHEN 'unknown' THEN w.paths ELSE 0 END) AS unknown, -- number of paths first seen that a gap may have hidden before
    sum(CASE WHEN w.change = 'gained' AND w.cause = 'assignment_granted' THEN w.paths ELSE 0 END) AS assignment_granted, -- of those gained: by a new assignment
    sum(CASE WHEN w.change = 'gained' AND w.cause = 'membership_added' THEN w.paths ELSE 0 END) AS membership_added, -- of those gained: by joining a group
    sum(CASE WHEN w.change = 'gained' AND w.cause = 'user_created' THEN w.paths ELSE 0 END) AS user_created, -- of those gained: by a new user
    sum(CASE WHEN w.change = 'lost' AND w.cause = 'assignment_revoked' THEN w.paths ELSE 0 END) AS assignment_revoked, -- of those lost: by the end of an assignment
    sum(CASE WHEN w.change = 'lost' AND w.cause = 'membership_removed' THEN w.paths ELSE 0 END) AS membership_removed, -- of those lost: by leaving a group
    sum(CASE WHEN w.change = 'lost' AND w.cause = 'group_deleted' THEN w.paths ELSE 0 END) AS group_deleted, -- of those lost: with a group
    sum(CASE WHEN w.change = 'lost' AND w.cause = 'user_deleted' THEN w.paths ELSE 0 END) AS user_deleted -- of those lost: with a user
FROM (
    SELECT c.snapshot_id, c.taken_at, NULL AS account_id, c.change, c.cause, c.users * c.assignments AS paths
    FROM access_change_causes AS c
    UNION ALL
    SELECT c.snapshot_id, c.taken_at, c.account_id, c.change, c.cause, c.users * c.assignments
    FROM access_change_causes AS c
    WHERE c.account_id IS NOT NULL
    UNION ALL
    -- The assignments that stand, where the cause is not of one alone.
    SELECT c.snapshot_id, c.taken_at, a.account_id, c.change, c.cause, c.users
    FROM access_change_causes AS c
    CROSS JOIN account_assignments_history AS a ON a.principal_id = coalesce(c.group_id, c.user_id)
        AND a.principal_type = CASE WHEN c.group_id IS NULL THEN 'USER' ELSE 'GROUP' END
        AND (c.permission_set_arn IS NULL OR a.permission_set_arn = c.permission_set_arn)
        AND +a.valid_from < c.snapshot_id AND (a.valid_to IS NULL OR a.valid_to > c.snapshot_id)
    WHERE c.account_id IS NULL
) AS w
GROUP BY w.snapshot_id, w.taken_at, w.account_id
