-- title: Accounts with most people and administrators
-- description: For each account how many users have access, and how many by a privileged permission set; the accounts with most people come first.
-- family: account
-- question: 16
-- not during: it counts the people of one snapshot
WITH privileged AS MATERIALIZED (SELECT DISTINCT permission_set_arn FROM privileged_permission_sets),
given AS MATERIALIZED (
    SELECT account_id, principal_type, principal_id,
        max(permission_set_arn IN (SELECT permission_set_arn FROM privileged)) AS is_privileged
    FROM account_assignments
    GROUP BY account_id, principal_type, principal_id
),
reached AS (
    SELECT g.account_id, u.user_id, g.is_privileged
    FROM given AS g
    JOIN users AS u ON u.user_id = g.principal_id
    WHERE g.principal_type = 'USER'
    UNION ALL
    SELECT g.account_id, u.user_id, g.is_privileged
    FROM given AS g
    JOIN group_memberships AS m ON m.group_id = g.principal_id
    JOIN users AS u ON u.user_id = m.user_id
    WHERE g.principal_type = 'GROUP'
),
counted AS MATERIALIZED (
    SELECT account_id, count(DISTINCT user_id) AS people,
        count(DISTINCT CASE WHEN is_privileged THEN user_id END) AS privileged_people
    FROM reached
    GROUP BY account_id
)
SELECT
    c.name AS account_name,
    n.people,
    n.privileged_people,
    n.account_id,
    c.state AS account_state
FROM counted AS n
LEFT JOIN accounts AS c ON c.account_id = n.account_id
ORDER BY n.people DESC, n.privileged_people DESC, c.name, n.account_id
