-- title: Who is in a group
-- description: The members of the group. A member without a name is a user that could not be read.
-- family: group
-- question: 34
-- param group (group): group id or name
-- example: platform-admins
SELECT
    u.user_name,
    u.display_name,
    u.primary_email,
    u.user_status,
    m.created_at AS member_since,
    -- during: m.first_seen_at, m.not_before, m.last_seen_at, m.gone_at,
    m.user_id,
    (SELECT g.display_name FROM groups AS g WHERE g.group_id = m.group_id
        -- during: ORDER BY g.valid_from DESC LIMIT 1
    ) AS group_name,
    m.group_id
FROM group_memberships AS m
LEFT JOIN users AS u ON u.user_id = m.user_id
        -- during: AND u.valid_from = (SELECT max(n.valid_from) FROM users AS n WHERE n.user_id = u.user_id)
WHERE m.group_id = :group
ORDER BY u.user_name, m.user_id
    -- during: , m.valid_from
