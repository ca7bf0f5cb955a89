-- title: Who can use a permission set, and where
-- description: Everyone with access by this permission set, one row for each account and way.
-- family: permission-set
-- question: 20
-- param permission_set (permission_set): permission set name or ARN
-- example: AdministratorAccess
SELECT
    account_name,
    user_name,
    via,
    group_name,
    user_status,
    first_seen_at,
    not_before,
    -- during: last_seen_at, gone_at,
    account_id,
    account_state,
    user_id,
    group_id,
    permission_set_name,
    permission_set_arn
FROM effective_access
WHERE permission_set_arn = :permission_set
ORDER BY account_name, account_id, user_name, user_id, via, group_name, group_id, first_seen_at
