-- The members of each group, by name.
SELECT m.group_id, m.user_id, u.user_name, u.user_status, u.primary_email
FROM group_memberships AS m
LEFT JOIN users AS u ON u.user_id = m.user_id
ORDER BY m.group_id, u.user_name, m.user_id
