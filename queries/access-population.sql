-- title: Everybody with access, for an audit
-- description: Every user with access, one row per account and permission set, with the status of the user and since when: what a reviewer takes a sample from.
-- family: evidence
-- question: 83
-- param account (account): account id, name or e-mail address
-- example: prod
-- not during: user-access and account-access --during have the bounds of a range
WITH paths AS MATERIALIZED (
    SELECT user_id, user_name, user_status, account_id, account_name, account_state, permission_set_arn,
        permission_set_name, first_seen_at
    FROM effective_access
    WHERE account_id = :account
)
SELECT
    user_name,
    account_name,
    permission_set_name,
    min(first_seen_at) AS first_seen_at,
    count(*) AS paths,
    user_status,
    account_state,
    account_id,
    user_id,
    permission_set_arn
FROM paths
GROUP BY user_id, user_name, user_status, account_id, account_name, account_state, permission_set_arn, permission_set_name
ORDER BY user_name, user_id, permission_set_name, permission_set_arn
