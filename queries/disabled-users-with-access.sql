-- title: Disabled users that still have access
-- description: What disabled users could reach again as soon as somebody enables them, one row a way.
SELECT
    user_name,
    account_name,
    account_id,
    permission_set_name,
    via,
    group_name,
    not_before,
    first_seen_at,
    user_id,
    group_id,
    permission_set_arn
FROM effective_access
-- By IN, not by effective_access.user_status: SQLite cannot know that few are disabled.
WHERE user_id IN (SELECT user_id FROM users WHERE user_status = 'DISABLED')
ORDER BY user_name, user_id, account_name, account_id, permission_set_name, permission_set_arn, via, group_name, group_id
