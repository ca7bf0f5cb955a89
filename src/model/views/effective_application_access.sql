-- An application that requires no assignment is open to everybody: that is a row, and so is that it is not known. Who is
-- assigned is there as well, whatever is required: users must exist, and a group gives access to its members. An assigned
-- principal of which a gap hides who it is, or who is in it, is a row of its own.
SELECT
    p.application_arn, -- ARN of the application
    p.name AS application_name, -- name of the application; NULL where only its assignments are known
    p.status AS application_status, -- ENABLED or DISABLED
    CAST(CASE p.assignment_required WHEN 0 THEN 'everybody' ELSE 'unknown' END AS TEXT) AS access, -- assigned; everybody: it is open to all users, assigned or not; unknown: whether it is, or who is assigned, is not known
    CAST(NULL AS TEXT) AS via, -- direct, or group when the assignment is a group's; NULL of everybody
    CAST(NULL AS TEXT) AS user_id, -- id of the user who is assigned; NULL of everybody, and where nobody is known
    CAST(NULL AS TEXT) AS user_name, -- name of the user
    CAST(NULL AS TEXT) AS user_status, -- ENABLED or DISABLED
    CAST(NULL AS TEXT) AS group_id, -- id of that group
    CAST(NULL AS TEXT) AS group_name -- name of that group
FROM applications AS p
WHERE p.assignment_required = 0 OR p.assignment_required IS NULL
UNION ALL
SELECT DISTINCT a.application_arn, NULL, NULL, CAST('unknown' AS TEXT), NULL, NULL, NULL, NULL, NULL, NULL
FROM application_assignments AS a
WHERE NOT EXISTS (SELECT 1 FROM applications AS p WHERE p.application_arn = a.application_arn)
UNION ALL
SELECT a.application_arn, p.name, p.status, CAST('assigned' AS TEXT), 'direct', u.user_id, u.user_name, u.user_status, NULL, NULL
FROM application_assignments AS a
JOIN users AS u ON u.user_id = a.principal_id
LEFT JOIN applications AS p ON p.application_arn = a.application_arn
WHERE a.principal_type = 'USER'
UNION ALL
SELECT a.application_arn, p.name, p.status, CAST('assigned' AS TEXT), 'group', u.user_id, u.user_name, u.user_status,
       a.principal_id, g.display_name
FROM application_assignments AS a
JOIN group_memberships AS m ON m.group_id = a.principal_id
JOIN users AS u ON u.user_id = m.user_id
LEFT JOIN groups AS g ON g.group_id = a.principal_id
LEFT JOIN applications AS p ON p.application_arn = a.application_arn
WHERE a.principal_type = 'GROUP'
UNION ALL
SELECT a.application_arn, p.name, p.status, CAST('unknown' AS TEXT), 'direct', a.principal_id, NULL, NULL, NULL, NULL
FROM application_assignments AS a
LEFT JOIN applications AS p ON p.application_arn = a.application_arn
WHERE a.principal_type = 'USER'
  AND NOT EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = a.principal_id)
  AND EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
              WHERE n.resource = 'users' AND n.scope IN ('{}', json_object('user_id', a.principal_id))
                AND (n.scope <> '{}' OR NOT EXISTS (
                    SELECT 1 FROM seen_under_gaps AS x
                    WHERE x.snapshot_id = n.snapshot_id AND x.resource = 'users'
                      AND x.scope = json_object('user_id', a.principal_id))))
UNION ALL
SELECT a.application_arn, p.name, p.status, CAST('unknown' AS TEXT), 'group', NULL, NULL, NULL, a.principal_id, g.display_name
FROM application_assignments AS a
LEFT JOIN groups AS g ON g.group_id = a.principal_id
LEFT JOIN applications AS p ON p.application_arn = a.application_arn
WHERE a.principal_type = 'GROUP'
  AND EXISTS (SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
              WHERE n.resource = 'group_memberships'
                AND n.scope IN ('{}', json_object('group_id', a.principal_id))
                AND (n.scope <> '{}' OR NOT EXISTS (
                    SELECT 1 FROM seen_under_gaps AS x
                    WHERE x.snapshot_id = n.snapshot_id AND x.resource = 'group_memberships'
                      AND x.scope = json_object('group_id', a.principal_id))))
