-- title: Users who reach no account
-- description: Users without a permission set in any account, and how many groups they are in all the same. They may use applications. Where assignments or memberships could not all be listed, the finding says that it is not known.
-- family: hygiene
-- question: 43
-- not during: it compares the state of one snapshot
WITH granting AS MATERIALIZED (SELECT DISTINCT principal_id FROM account_assignments),
reaching AS MATERIALIZED (
    SELECT principal_id AS user_id FROM granting
    UNION
    SELECT m.user_id FROM granting AS g JOIN group_memberships AS m ON m.group_id = g.principal_id
),
unknown AS MATERIALIZED (
    SELECT count(*) AS gaps FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
    WHERE n.resource IN ('account_assignments', 'group_memberships')
)
SELECT
    u.user_name,
    CASE WHEN (SELECT gaps FROM unknown) > 0 THEN 'not known: assignments or members were not listed'
        ELSE 'no access' END AS finding,
    u.user_status,
    (SELECT count(*) FROM group_memberships AS m WHERE m.user_id = u.user_id) AS groups,
    u.display_name,
    u.primary_email,
    u.created_at,
    u.user_id
FROM users AS u
WHERE u.user_id NOT IN (SELECT user_id FROM reaching)
ORDER BY u.user_status, u.user_name, u.user_id
