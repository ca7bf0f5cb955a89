-- title: Administrator groups and their members
-- description: Groups that are assigned a privileged permission set, one row per member, with the number of accounts in which they are. A group without a member has one row: it has none, or its members could not be listed.
-- family: group
-- question: 39
-- not during: it compares the state of one snapshot
WITH privileged AS MATERIALIZED (SELECT DISTINCT permission_set_arn FROM privileged_permission_sets WHERE level = 'administrator' AND scope = 'any'),
administrators AS MATERIALIZED (
    SELECT principal_id AS group_id, count(DISTINCT account_id) AS accounts
    FROM account_assignments
    WHERE permission_set_arn IN (SELECT permission_set_arn FROM privileged) AND principal_type = 'GROUP'
    GROUP BY principal_id
)
SELECT
    g.display_name AS group_name,
    CASE WHEN m.user_id IS NOT NULL THEN u.user_name
        WHEN EXISTS (
            SELECT 1 FROM answering_snapshot AS s JOIN gaps AS n ON n.snapshot_id = s.snapshot_id
            WHERE n.resource = 'group_memberships' AND coalesce(json_extract(n.scope, '$.group_id'), t.group_id) = t.group_id) THEN '(members not listed)' ELSE '(nobody)' END AS user_name,
    t.accounts AS privileged_accounts,
    u.user_status,
    m.created_at AS member_since,
    u.primary_email,
    t.group_id,
    m.user_id
FROM administrators AS t
LEFT JOIN groups AS g ON g.group_id = t.group_id
LEFT JOIN group_memberships AS m ON m.group_id = t.group_id
LEFT JOIN users AS u ON u.user_id = m.user_id
ORDER BY t.accounts DESC, g.display_name, t.group_id, u.user_name, m.user_id
