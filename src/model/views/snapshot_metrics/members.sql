-- Whom an assignment to a principal gives access: the user, or the users who exist and are in the group.
SELECT 'USER ' || u.user_id, u.user_id, u.valid_from AS valid_from, u.valid_to AS valid_to
FROM users_versions AS u
UNION ALL
SELECT 'GROUP ' || m.group_id, m.user_id, max(m.valid_from, u.valid_from),
    nullif(min(coalesce(m.valid_to, 9223372036854775807), coalesce(u.valid_to, 9223372036854775807)), 9223372036854775807)
FROM group_memberships_versions AS m
CROSS JOIN users_versions AS u ON u.user_id = m.user_id
    AND +u.valid_from < coalesce(m.valid_to, 9223372036854775807)
    AND coalesce(u.valid_to, 9223372036854775807) > m.valid_from
