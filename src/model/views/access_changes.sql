-- The rows of access_change_causes, assignment by assignment: an assignment and a deleted group are one row for all
-- of their people, whoever they are; a membership or a user is one row for each assignment that it leads to.
-- Who only counts ways asks access_change_causes, which has a row for all of them.
SELECT
    w.snapshot_id, -- the snapshot that saw the change
    w.taken_at, -- time of its first call, UTC
    w.change, -- gained, lost, altered (the same way to something else), or unknown: a gap may have hidden before what was first seen here
    w.cause, -- assignment_granted, assignment_revoked, membership_added, membership_removed, group_deleted, user_created, user_deleted, user_enabled, user_disabled or policy_changed
    CAST(CASE WHEN w.group_id IS NULL THEN 'direct' ELSE 'group' END AS TEXT) AS via, -- direct, or group when the assignment is a group's
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
    SELECT c.snapshot_id, c.taken_at, c.change, c.cause, c.group_id, c.user_id,
        CAST(coalesce(c.account_id, a.account_id) AS TEXT) AS account_id,
        CAST(coalesce(c.permission_set_arn, a.permission_set_arn) AS TEXT) AS permission_set_arn, c.users
    FROM access_change_causes AS c
    -- The assignments that stand, where the cause is not of one alone.
    LEFT JOIN account_assignments_history AS a ON c.account_id IS NULL
        AND a.principal_id = coalesce(c.group_id, c.user_id)
        AND a.principal_type = CASE WHEN c.group_id IS NULL THEN 'USER' ELSE 'GROUP' END
        AND (c.permission_set_arn IS NULL OR a.permission_set_arn = c.permission_set_arn)
        AND +a.valid_from < c.snapshot_id AND (a.valid_to IS NULL OR a.valid_to > c.snapshot_id)
    WHERE coalesce(c.account_id, a.account_id) IS NOT NULL
) AS w
