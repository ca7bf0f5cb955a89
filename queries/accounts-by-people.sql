-- title: Accounts with most people and administrators
-- description: How many users have access to each account, and how many by a privileged permission set; the accounts with most people come first. People are counted for so many accounts: for those whose groups have most members, of which people_at_most is the sum.
-- family: account
-- question: 16
-- param limit (number) = 20: for how many accounts
-- not during: it counts the people of one snapshot
WITH privileged AS MATERIALIZED (SELECT DISTINCT permission_set_arn FROM privileged_permission_sets WHERE level = 'administrator' AND scope = 'any'),
given AS MATERIALIZED (
    SELECT account_id, principal_type, principal_id,
        max(CASE WHEN permission_set_arn IN (SELECT permission_set_arn FROM privileged) THEN 1 ELSE 0 END) AS is_privileged
    FROM account_assignments
    GROUP BY account_id, principal_type, principal_id
),
sizes AS MATERIALIZED (SELECT group_id, count(*) AS members FROM group_memberships GROUP BY group_id),
-- One by one is slow: all accounts of a large organization have tens of millions of paths.
largest AS MATERIALIZED (
    SELECT g.account_id, sum(CASE g.principal_type WHEN 'USER' THEN 1 ELSE coalesce(n.members, 0) END) AS people_at_most
    FROM given AS g
    LEFT JOIN sizes AS n ON n.group_id = g.principal_id
    GROUP BY g.account_id
    ORDER BY people_at_most DESC, g.account_id
    LIMIT CAST(:limit AS INTEGER)
),
reached AS (
    SELECT g.account_id, g.principal_id AS user_id, g.is_privileged
    FROM given AS g
    WHERE g.principal_type = 'USER' AND g.account_id IN (SELECT account_id FROM largest)
    UNION ALL
    SELECT g.account_id, m.user_id, g.is_privileged
    FROM given AS g
    CROSS JOIN group_memberships AS m
    WHERE m.group_id = g.principal_id AND g.principal_type = 'GROUP' AND g.account_id IN (SELECT account_id FROM largest)
),
people AS (SELECT account_id, user_id, max(is_privileged) AS is_privileged FROM reached GROUP BY account_id, user_id),
counted AS MATERIALIZED (
    SELECT p.account_id, count(*) AS people, sum(p.is_privileged) AS privileged_people
    FROM people AS p
    WHERE p.user_id IN (SELECT u.user_id FROM users AS u)
    GROUP BY p.account_id
)
SELECT
    c.name AS account_name,
    coalesce(n.people, 0) AS people,
    coalesce(n.privileged_people, 0) AS privileged_people,
    l.people_at_most,
    l.account_id,
    c.state AS account_state
FROM largest AS l
LEFT JOIN counted AS n ON n.account_id = l.account_id
LEFT JOIN accounts AS c ON c.account_id = l.account_id
ORDER BY people DESC, privileged_people DESC, c.name, l.account_id
