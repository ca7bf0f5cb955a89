-- Driven by assignments: a user must exist, a name may be missing. Of the versions alive (valid_to IS NULL)
-- the histories know since when: a way began when the later of its assignment and its membership did.
--
-- How it is written decides how it is found; SQLite begins at whatever end a question filters because
-- - direct and group ways part in w, below the joins: a question that counts walks the memberships at most,
--   and never all ways; every column of w has one affinity (hence the casts), or w would be made first;
-- - the outer joins stand before the inner one, which leaves the order of the tables open;
-- - a plus before valid_to and principal_type hides them from the planner: one is true of nearly every row,
--   the other of half of them, and an index over either would look better than it is. So the plan of today
--   is the plan of any other day;
-- - the likelihoods make the users and the accounts of assignments look somewhat rarer than they are: a filter
--   that SQLite cannot weigh, such as lower(user_name) = 'ann' or account_state <> 'ACTIVE', is then tried on
--   the users or on the assignments, and not on every way. A test holds the plans;
-- - a LEFT JOIN onto it, and a question that groups it joined to another table, make all people of groups or
--   all ways first: SQLite joins no compound there. NOT EXISTS and IN find by index.
SELECT
    w.user_id, -- id of the user
    w.user_name, -- name of the user
    w.user_status, -- ENABLED or DISABLED
    a.account_id, -- id of the account
    c.name AS account_name, -- name of the account; NULL where accounts were not read, or it is not in the organization's list
    c.state AS account_state, -- state of the account
    a.permission_set_arn, -- ARN of the permission set
    p.name AS permission_set_name, -- name of the permission set
    w.via, -- direct, or group when the assignment is a group's
    w.group_id, -- id of that group
    g.display_name AS group_name, -- name of that group
    nullif(max(coalesce(a.not_before, ''), coalesce(w.not_before, '')), '') AS not_before, -- the way began after this time; NULL: before the first snapshot
    CASE WHEN w.valid_from > a.valid_from THEN w.first_seen_at ELSE a.first_seen_at END AS first_seen_at -- when it was first seen
FROM account_assignments_history AS a
LEFT JOIN accounts_history AS c ON c.account_id = a.account_id AND likelihood(+c.valid_to IS NULL, 0.85)
LEFT JOIN permission_sets_history AS p ON p.permission_set_arn = a.permission_set_arn AND +p.valid_to IS NULL
LEFT JOIN groups_history AS g
    ON g.group_id = a.principal_id AND a.principal_type = 'GROUP' AND +g.valid_to IS NULL
JOIN (
    SELECT 'USER' AS principal_type, u.user_id AS principal_id, u.user_id, u.user_name, u.user_status,
           CAST('direct' AS TEXT) AS via, CAST(NULL AS TEXT) AS group_id, CAST(NULL AS INTEGER) AS valid_from,
           CAST(NULL AS TEXT) AS not_before, CAST(NULL AS TEXT) AS first_seen_at
    FROM users_history AS u
    WHERE +u.valid_to IS NULL
    UNION ALL
    SELECT 'GROUP', m.group_id, u.user_id, u.user_name, u.user_status,
           CAST('group' AS TEXT), m.group_id, m.valid_from, m.not_before, m.first_seen_at
    FROM group_memberships_history AS m
    JOIN users_history AS u ON u.user_id = m.user_id
    WHERE +m.valid_to IS NULL AND likelihood(+u.valid_to IS NULL, 0.6)
) AS w ON w.principal_id = a.principal_id AND w.principal_type = +a.principal_type
WHERE likelihood(+a.valid_to IS NULL, 0.8)
