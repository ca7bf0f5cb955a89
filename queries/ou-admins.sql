-- title: Who is privileged beneath an OU
-- description: Everyone with access to an account in the OU, or in an OU below it, by a privileged permission set, one row per user and permission set, with the accounts. Service control policies are not weighed.
-- family: account
-- beside: unweighed-sets: permission sets of which a policy was not read, so that it is not certain whether they are privileged
-- question: 11
-- param ou (ou): OU id, name or path
-- param level (level) = administrator: administrator, escalation (one more thing is needed) or any
-- example: /Workloads/Prod
-- not during: an OU has its accounts in one snapshot
WITH RECURSIVE within (id) AS (
    SELECT :ou
    UNION
    SELECT o.ou_id FROM within AS w JOIN organizational_units AS o ON o.parent_id = w.id
),
beneath AS MATERIALIZED (SELECT account_id FROM accounts WHERE parent_id IN (SELECT id FROM within)),
privileged AS MATERIALIZED (SELECT DISTINCT permission_set_arn FROM privileged_permission_sets WHERE (level = :level OR :level = 'any' AND level NOT NULL) AND scope = 'any'),
given AS MATERIALIZED (
    SELECT principal_type, principal_id, permission_set_arn, account_id
    FROM account_assignments
    WHERE account_id IN (SELECT account_id FROM beneath)
      AND permission_set_arn IN (SELECT permission_set_arn FROM privileged)
),
reached AS (
    SELECT g.principal_id AS user_id, NULL AS group_id, g.permission_set_arn, g.account_id
    FROM given AS g
    WHERE g.principal_type = 'USER'
    UNION ALL
    SELECT m.user_id, m.group_id, g.permission_set_arn, g.account_id
    FROM given AS g
    JOIN group_memberships AS m ON m.group_id = g.principal_id
    WHERE g.principal_type = 'GROUP'
)
SELECT
    u.user_name,
    coalesce(s.name, r.permission_set_arn) AS permission_set_name,
    count(DISTINCT r.account_id) AS accounts,
    count(DISTINCT r.group_id) AS groups,
    CASE WHEN count(*) > count(r.group_id) THEN 'yes' ELSE 'no' END AS assigned_directly,
    u.user_status,
    u.display_name,
    u.user_id,
    r.permission_set_arn
FROM reached AS r
JOIN users AS u ON u.user_id = r.user_id
LEFT JOIN permission_sets AS s ON s.permission_set_arn = r.permission_set_arn
GROUP BY u.user_id, u.user_name, u.user_status, u.display_name, r.permission_set_arn, s.name
ORDER BY u.user_name, u.user_id, permission_set_name, r.permission_set_arn
