-- title: What must go so that a user loses a set
-- description: How the user loses the permission set in the account. Each row of must go is a path, and all of them keep the access until the last is gone: an assignment to delete, or a group to leave; others_who_lose_it counts those who lose it too if the assignment of the group is deleted instead. Rows of also lost are what the user loses by leaving these groups, and rows of kept what they give and something else keeps.
-- family: person
-- question: 8
-- param user (user): user id, name or e-mail address
-- param permission_set (permission_set): permission set name or ARN
-- param account (account): account id, name or e-mail address
-- example: ana@example.com PowerUser prod
-- not during: it compares the state of one snapshot
WITH mine AS MATERIALIZED (
    SELECT account_id, account_name, permission_set_arn, permission_set_name, via, group_id, group_name
    FROM effective_access
    WHERE user_id = :user
),
leaving AS MATERIALIZED (
    SELECT group_id FROM mine
    WHERE account_id = :account AND permission_set_arn = :permission_set AND via = 'group'
),
everybody AS MATERIALIZED (
    SELECT u.user_id, NULL AS group_id
    FROM account_assignments AS a
    JOIN users AS u ON u.user_id = a.principal_id
    WHERE a.account_id = :account AND a.permission_set_arn = :permission_set AND a.principal_type = 'USER'
    UNION ALL
    SELECT u.user_id, m.group_id
    FROM account_assignments AS a
    CROSS JOIN group_memberships AS m ON m.group_id = a.principal_id
    CROSS JOIN users AS u ON u.user_id = m.user_id
    WHERE a.account_id = :account AND a.permission_set_arn = :permission_set AND a.principal_type = 'GROUP'
),
paths AS MATERIALIZED (SELECT user_id, count(*) AS paths FROM everybody GROUP BY user_id),
given AS MATERIALIZED (
    SELECT DISTINCT m.account_id, m.account_name, m.permission_set_arn, m.permission_set_name, m.group_id, m.group_name
    FROM mine AS m
    WHERE m.group_id IN (SELECT group_id FROM leaving)
      AND NOT (m.account_id = :account AND m.permission_set_arn = :permission_set)
),
plan AS (
    SELECT 1 AS place, 'must go' AS part,
        CASE m.via WHEN 'direct' THEN 'delete the assignment to the user' ELSE 'leave the group' END AS step,
        m.group_name, m.account_name, m.permission_set_name,
        CASE m.via WHEN 'group' THEN (
            SELECT count(*) FROM everybody AS o JOIN paths AS p ON p.user_id = o.user_id
            WHERE o.group_id = m.group_id AND o.user_id <> :user AND p.paths = 1) END AS others_who_lose_it,
        CAST(NULL AS TEXT) AS kept_by, m.account_id, m.permission_set_arn, m.group_id
    FROM mine AS m
    WHERE m.account_id = :account AND m.permission_set_arn = :permission_set
    UNION ALL
    SELECT 2, 'also lost', 'by leaving the group', g.group_name, g.account_name, g.permission_set_name, NULL, NULL,
        g.account_id, g.permission_set_arn, g.group_id
    FROM given AS g
    WHERE NOT EXISTS (
        SELECT 1 FROM mine AS k
        WHERE k.account_id = g.account_id AND k.permission_set_arn = g.permission_set_arn
          AND (k.via = 'direct' OR k.group_id NOT IN (SELECT group_id FROM leaving)))
    UNION ALL
    SELECT 3, 'kept', 'by another path', g.group_name, g.account_name, g.permission_set_name, NULL,
        CASE k.via WHEN 'direct' THEN 'an assignment to the user' ELSE 'group ' || coalesce(k.group_name, k.group_id) END,
        g.account_id, g.permission_set_arn, g.group_id
    FROM given AS g
    JOIN mine AS k ON k.account_id = g.account_id AND k.permission_set_arn = g.permission_set_arn
        AND (k.via = 'direct' OR k.group_id NOT IN (SELECT group_id FROM leaving))
)
SELECT part, step, group_name, account_name, permission_set_name, others_who_lose_it, kept_by, account_id, group_id,
    permission_set_arn
FROM plan
ORDER BY place, group_name, group_id, account_name, account_id, permission_set_name, permission_set_arn, kept_by
