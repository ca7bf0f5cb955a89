-- title: Who can reach the management account
-- description: Everyone with access to the account that owns the organization, one row per path.
-- family: account
-- question: 14
SELECT
    e.user_name,
    e.permission_set_name,
    e.via,
    e.group_name,
    e.user_status,
    e.first_seen_at,
    e.not_before,
    -- during: e.last_seen_at, e.gone_at,
    e.account_name,
    e.account_id,
    e.user_id,
    e.group_id,
    e.permission_set_arn
FROM effective_access AS e
WHERE e.account_id = (SELECT o.management_account_id FROM organization AS o ORDER BY o.organization_id LIMIT 1)
ORDER BY e.user_name, e.user_id, e.permission_set_name, e.permission_set_arn, e.via, e.group_name, e.group_id, e.first_seen_at
