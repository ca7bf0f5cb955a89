-- title: Who can reach an account
-- description: Everyone with access to the account, one row a way: direct, or through a group. It began after not_before and by first_seen_at.
-- family: account
-- question: 10, 14
-- param account (account): account id, name or e-mail address
-- example: prod
SELECT
    e.user_name,
    e.permission_set_name,
    e.via,
    e.group_name,
    e.user_status,
    e.first_seen_at,
    e.not_before,
    -- during: e.last_seen_at, e.gone_at,
    (SELECT u.display_name FROM users_history AS u WHERE u.user_id = e.user_id ORDER BY u.valid_from DESC LIMIT 1) AS display_name,
    (SELECT u.primary_email FROM users_history AS u WHERE u.user_id = e.user_id ORDER BY u.valid_from DESC LIMIT 1) AS primary_email,
    e.account_name,
    e.account_id,
    e.user_id,
    e.group_id,
    e.permission_set_arn
FROM effective_access AS e
WHERE e.account_id = :account
ORDER BY e.user_name, e.user_id, e.permission_set_name, e.permission_set_arn, e.via, e.group_name, e.group_id, e.first_seen_at
