-- title: Who can reach the accounts of an OU
-- description: Everyone with access to an account in the OU or in an OU below it, one row per user: whether by a privileged permission set, through how many groups, and whether by an assignment of the user too.
-- family: account
-- question: 13
-- param ou (ou): OU id, name or path
-- example: /Workloads/Prod
-- not during: an OU has its accounts in one snapshot
WITH RECURSIVE within (id) AS (
    SELECT :ou
    UNION
    SELECT o.ou_id FROM within AS w JOIN organizational_units AS o ON o.parent_id = w.id
),
beneath AS MATERIALIZED (SELECT account_id FROM accounts WHERE parent_id IN (SELECT id FROM within)),
privileged AS MATERIALIZED (SELECT DISTINCT permission_set_arn FROM privileged_permission_sets WHERE level = 'administrator' AND scope = 'any'),
-- By principal first: a group is assigned in many accounts, and its members are many.
given AS MATERIALIZED (
    SELECT principal_type, principal_id, max(permission_set_arn IN (SELECT permission_set_arn FROM privileged)) AS is_privileged
    FROM account_assignments
    WHERE account_id IN (SELECT account_id FROM beneath)
    GROUP BY principal_type, principal_id
),
reached AS (
    SELECT g.principal_id AS user_id, NULL AS group_id, g.is_privileged
    FROM given AS g
    WHERE g.principal_type = 'USER'
    UNION ALL
    SELECT m.user_id, m.group_id, g.is_privileged
    FROM given AS g
    JOIN group_memberships AS m ON m.group_id = g.principal_id
    WHERE g.principal_type = 'GROUP'
)
SELECT
    u.user_name,
    CASE max(r.is_privileged) WHEN 1 THEN 'yes' ELSE 'no' END AS privileged,
    count(r.group_id) AS groups,
    CASE WHEN count(*) > count(r.group_id) THEN 'yes' ELSE 'no' END AS assigned_directly,
    u.user_status,
    u.display_name,
    u.user_id
FROM reached AS r
JOIN users AS u ON u.user_id = r.user_id
GROUP BY u.user_id, u.user_name, u.user_status, u.display_name
ORDER BY privileged DESC, u.user_name, u.user_id
