-- title: People with access in both of two environments
-- description: Users with access to an account of each of two values of a tag, such as environment prod and dev: through how many groups and assignments of their own to the first, and to the second.
-- family: account
-- question: 19
-- param key (text): key of the tag; letter case does not matter
-- param value (text): one value
-- param other (text): the other value
-- example: environment prod dev
-- not during: an account has its tags in one snapshot
WITH here AS MATERIALIZED (
    SELECT resource_id AS account_id FROM tags WHERE resource_type = 'account' AND lower(key) = lower(:key) AND lower(value) = lower(:value)
),
there AS MATERIALIZED (
    SELECT resource_id AS account_id FROM tags WHERE resource_type = 'account' AND lower(key) = lower(:key) AND lower(value) = lower(:other)
),
given AS MATERIALIZED (
    SELECT a.principal_type, a.principal_id, max(a.account_id IN (SELECT account_id FROM here)) AS is_here,
        max(a.account_id IN (SELECT account_id FROM there)) AS is_there
    FROM account_assignments AS a
    WHERE a.account_id IN (SELECT account_id FROM here UNION SELECT account_id FROM there)
    GROUP BY a.principal_type, a.principal_id
),
reached AS (
    SELECT g.principal_id AS user_id, g.is_here, g.is_there
    FROM given AS g
    WHERE g.principal_type = 'USER'
    UNION ALL
    SELECT m.user_id, g.is_here, g.is_there
    FROM given AS g
    JOIN group_memberships AS m ON m.group_id = g.principal_id
    WHERE g.principal_type = 'GROUP'
),
people AS (
    SELECT user_id, sum(is_here) AS paths_here, sum(is_there) AS paths_there
    FROM reached
    GROUP BY user_id
)
SELECT
    u.user_name,
    p.paths_here,
    p.paths_there,
    u.user_status,
    u.display_name,
    u.user_id
FROM people AS p
JOIN users AS u ON u.user_id = p.user_id
WHERE p.paths_here > 0 AND p.paths_there > 0
ORDER BY u.user_name, u.user_id
