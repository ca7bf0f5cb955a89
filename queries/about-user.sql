-- title: Everything about a user on one page
-- description: What is known of the user, the groups, the permission sets in each account with the groups that give them, and what stands out: assignments to the user instead of a group, privileged access, access of a disabled user.
-- family: person
-- question: 9
-- param user (user): user id, name or e-mail address
-- example: ana@example.com
-- not during: a page is the state of one snapshot; orgcensus history tells the life of a user
WITH mine AS MATERIALIZED (
    SELECT account_id, account_name, permission_set_arn, permission_set_name, via, group_id, group_name, first_seen_at
    FROM effective_access
    WHERE user_id = :user
),
sets AS MATERIALIZED (
    SELECT DISTINCT account_id, account_name, permission_set_arn, permission_set_name FROM mine
),
page (place, part, name, detail, since) AS (
    SELECT 1, 'user', 'user name', u.user_name, NULL FROM users AS u WHERE u.user_id = :user
    UNION ALL SELECT 2, 'user', 'display name', u.display_name, NULL FROM users AS u WHERE u.user_id = :user
    UNION ALL SELECT 3, 'user', 'e-mail', u.primary_email, NULL FROM users AS u WHERE u.user_id = :user
    UNION ALL SELECT 4, 'user', 'status', u.user_status, NULL FROM users AS u WHERE u.user_id = :user
    UNION ALL SELECT 5, 'user', 'title', u.title, NULL FROM users AS u WHERE u.user_id = :user AND u.title IS NOT NULL
    UNION ALL SELECT 6, 'user', 'created by', u.created_by, u.created_at FROM users AS u WHERE u.user_id = :user
    UNION ALL
    SELECT 8, 'stands out', 'disabled, and still has access', count(*) || CASE count(*) WHEN 1 THEN ' permission set' ELSE ' permission sets' END, NULL FROM sets
    WHERE EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = :user AND u.user_status = 'DISABLED')
    HAVING count(*) > 0
    UNION ALL
    SELECT 9, 'stands out', 'privileged access', 'in ' || count(DISTINCT account_id) || CASE count(DISTINCT account_id) WHEN 1 THEN ' account' ELSE ' accounts' END, NULL FROM sets
    WHERE permission_set_arn IN (SELECT p.permission_set_arn FROM privileged_permission_sets AS p WHERE p.level = 'administrator' AND p.scope = 'any')
    HAVING count(*) > 0
    UNION ALL
    SELECT 10, 'stands out', 'assigned directly', count(*) || CASE count(*) WHEN 1 THEN ' assignment' ELSE ' assignments' END, NULL FROM mine WHERE via = 'direct'
    HAVING count(*) > 0
    UNION ALL
    SELECT 11, 'group', coalesce(g.display_name, m.group_id), (
            SELECT 'access to ' || count(DISTINCT a.account_id) || CASE count(DISTINCT a.account_id) WHEN 1 THEN ' account' ELSE ' accounts' END
            FROM mine AS a WHERE a.group_id = m.group_id),
        m.created_at
    FROM group_memberships AS m
    LEFT JOIN groups AS g ON g.group_id = m.group_id
    WHERE m.user_id = :user
    UNION ALL
    SELECT 12, 'access', coalesce(c.account_name, c.account_id), (
            SELECT group_concat(s.held, ', ')
            FROM (SELECT coalesce(o.permission_set_name, o.permission_set_arn) || ' ('
                      || group_concat(CASE o.via WHEN 'direct' THEN 'direct' ELSE coalesce(o.group_name, o.group_id) END, ', '
                          ORDER BY o.via, o.group_name, o.group_id) || ')' AS held
                  FROM mine AS o WHERE o.account_id = c.account_id
                  GROUP BY o.permission_set_arn, o.permission_set_name ORDER BY 1) AS s),
        min(c.first_seen_at)
    FROM mine AS c
    GROUP BY c.account_id, c.account_name
)
SELECT part, name, detail, since, :user AS user_id
FROM page
ORDER BY place, name, detail, since
