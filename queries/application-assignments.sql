-- title: Who is assigned to which application
-- description: Each assignment of an application to a user or a group, with how many users are in the group; those of users and groups that are in no table are left over. Where no assignment is required, others may use the application too.
-- family: application
-- question: 73
-- not during: who is assigned is the state of one snapshot
SELECT
    p.name AS application_name,
    CASE WHEN p.assignment_required THEN 'assigned' WHEN NOT p.assignment_required THEN 'everybody' ELSE 'unknown' END AS open_to,
    a.principal_type,
    coalesce(u.user_name, g.display_name) AS principal_name,
    CASE WHEN u.user_id IS NULL AND g.group_id IS NULL THEN 'in no table' WHEN u.user_status = 'DISABLED' THEN 'disabled' END AS stands_out,
    CASE a.principal_type
        WHEN 'GROUP' THEN (SELECT count(*) FROM group_memberships AS m WHERE m.group_id = a.principal_id)
    END AS members,
    p.status AS application_status,
    a.application_arn,
    a.principal_id
FROM application_assignments AS a
LEFT JOIN applications AS p ON p.application_arn = a.application_arn
LEFT JOIN users AS u ON u.user_id = a.principal_id AND a.principal_type = 'USER'
LEFT JOIN groups AS g ON g.group_id = a.principal_id AND a.principal_type = 'GROUP'
ORDER BY p.name, a.application_arn, a.principal_type, principal_name, a.principal_id
