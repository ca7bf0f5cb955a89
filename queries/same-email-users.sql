-- title: One e-mail address, several users
-- description: Users who share an e-mail address, ignoring case, and so may be one person twice, with in how many groups each is.
-- family: hygiene
-- question: 49
-- not during: it compares the state of one snapshot
WITH addresses AS MATERIALIZED (
    SELECT u.user_id, lower(u.primary_email) AS email FROM users AS u WHERE u.primary_email IS NOT NULL
    UNION
    SELECT n.user_id, lower(n.email)
    FROM (
        SELECT u.user_id, CASE WHEN json_valid(m.value) THEN json_extract(m.value, '$.Value') END AS email
        FROM users AS u, json_each(CASE WHEN json_valid(u.emails) THEN u.emails ELSE '[]' END) AS m
    ) AS n
    WHERE n.email IS NOT NULL
),
shared AS MATERIALIZED (SELECT email FROM addresses GROUP BY email HAVING count(*) > 1)
SELECT
    a.email,
    u.user_name,
    u.display_name,
    u.user_status,
    (SELECT count(*) FROM group_memberships AS m WHERE m.user_id = u.user_id) AS groups,
    u.created_at,
    u.user_id
FROM shared AS s
JOIN addresses AS a ON a.email = s.email
JOIN users AS u ON u.user_id = a.user_id
ORDER BY a.email, u.user_name, u.user_id
