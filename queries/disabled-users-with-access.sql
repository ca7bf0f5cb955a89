-- title: Disabled users that still have access
-- description: What disabled users could reach again as soon as somebody enables them, one row a way.
-- family: hygiene
-- question: 45
SELECT
    user_name,
    account_name,
    account_id,
    permission_set_name,
    via,
    group_name,
    not_before,
    first_seen_at,
    -- during: last_seen_at, gone_at,
    user_id,
    group_id,
    permission_set_arn
FROM effective_access
-- By IN, not by effective_access.user_status: SQLite cannot know that few are disabled.
WHERE user_id IN (SELECT user_id FROM users WHERE user_status = 'DISABLED')
-- during: AND EXISTS (SELECT 1 FROM users AS u WHERE u.user_id = effective_access.user_id AND u.user_status = 'DISABLED'
-- during:     AND u.valid_from < coalesce(effective_access.valid_to, 9223372036854775807)
-- during:     AND effective_access.valid_from < coalesce(u.valid_to, 9223372036854775807))
ORDER BY user_name, user_id, account_name, account_id, permission_set_name, permission_set_arn, via, group_name, group_id, first_seen_at
