-- title: Since when a user has access, and why
-- description: Every path of access of the user, the newest first: it began after not_before and by first_seen_at, and granted_by says what completed it. AWS itself tells when and by whom a membership was made, but not an assignment.
-- family: person
-- question: 4
-- param user (user): user id, name or e-mail address
-- example: ana@example.com
-- not during: since when is asked as of one snapshot; user-access has the bounds of a range
SELECT
    e.account_name,
    e.permission_set_name,
    e.first_seen_at,
    CASE
        WHEN e.via = 'direct' THEN 'assignment to the user'
        WHEN m.valid_from > a.valid_from THEN 'joining the group'
        WHEN m.valid_from < a.valid_from THEN 'assignment to the group'
        ELSE 'assignment and membership'
    END AS granted_by,
    e.group_name,
    e.not_before,
    m.created_at AS member_since,
    m.created_by AS member_added_by,
    e.account_id,
    e.user_name,
    e.user_id,
    e.group_id,
    e.permission_set_arn
FROM effective_access AS e
LEFT JOIN account_assignments_history AS a ON a.principal_id = coalesce(e.group_id, e.user_id)
    AND a.principal_type = CASE e.via WHEN 'direct' THEN 'USER' ELSE 'GROUP' END
    AND a.account_id = e.account_id AND a.permission_set_arn = e.permission_set_arn AND a.valid_to IS NULL
LEFT JOIN group_memberships_history AS m ON m.group_id = e.group_id AND m.user_id = e.user_id AND m.valid_to IS NULL
WHERE e.user_id = :user
ORDER BY e.first_seen_at DESC, e.account_name, e.account_id, e.permission_set_name, e.permission_set_arn, e.via, e.group_name, e.group_id
