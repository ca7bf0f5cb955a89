-- title: What a user can reach
-- description: Every account and permission set that the user has access to, one row a way: direct, or through a group. It began after not_before and by first_seen_at.
-- family: person
-- question: 1, 2, 5
-- param user (user): user id, name or e-mail address
-- example: ana@example.com
SELECT
    account_name,
    account_id,
    permission_set_name,
    via,
    group_name,
    first_seen_at,
    not_before,
    -- during: last_seen_at, gone_at,
    account_state,
    user_name,
    user_status,
    user_id,
    group_id,
    permission_set_arn
FROM effective_access
WHERE user_id = :user
ORDER BY account_name, account_id, permission_set_name, permission_set_arn, via, group_name, group_id, first_seen_at
