-- title: People with access in both of two OUs
-- description: Users with access to an account in each of two OUs, or in OUs below them, such as production and development: through how many groups and assignments of their own in the first, and in the second.
-- family: account
-- question: 19
-- param ou (ou): OU id, name or path
-- param other (ou): the other OU
-- example: /Workloads/Prod /Workloads/Dev
-- not during: an OU has its accounts in one snapshot
WITH RECURSIVE within_here (id) AS (
    SELECT :ou
    UNION
    SELECT o.ou_id FROM within_here AS w JOIN organizational_units AS o ON o.parent_id = w.id
),
within_there (id) AS (
    SELECT :other
    UNION
    SELECT o.ou_id FROM within_there AS w JOIN organizational_units AS o ON o.parent_id = w.id
),
here AS MATERIALIZED (SELECT account_id FROM accounts WHERE parent_id IN (SELECT id FROM within_here)),
there AS MATERIALIZED (SELECT account_id FROM accounts WHERE parent_id IN (SELECT id FROM within_there)),
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
