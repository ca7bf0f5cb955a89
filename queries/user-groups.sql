-- title: Which groups a user is in
-- description: The groups of the user, with how many accounts each gives access to.
-- family: person
-- question: 3
-- param user (user): user id, name or e-mail address
-- example: ana@example.com
SELECT
    g.display_name AS group_name,
    g.description,
    m.created_at AS member_since,
    -- during: m.first_seen_at, m.not_before, m.last_seen_at, m.gone_at,
    (SELECT count(DISTINCT a.account_id)
     FROM account_assignments AS a
     WHERE a.principal_id = m.group_id AND a.principal_type = 'GROUP'
        -- during: AND a.valid_from < coalesce(m.valid_to, 9223372036854775807)
        -- during: AND m.valid_from < coalesce(a.valid_to, 9223372036854775807)
    ) AS accounts,
    m.group_id
FROM group_memberships AS m
LEFT JOIN groups AS g ON g.group_id = m.group_id
        -- during: AND g.valid_from = (SELECT max(n.valid_from) FROM groups AS n WHERE n.group_id = g.group_id)
WHERE m.user_id = :user
ORDER BY g.display_name, m.group_id
    -- during: , m.valid_from
